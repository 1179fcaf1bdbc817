#!/usr/bin/env bash
# The quick tests on the newest JAX: bash scripts/newest_jax.sh PYTHON, where PYTHON is 3.12 or newer.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${1:?usage: bash scripts/newest_jax.sh PYTHON (3.12 or newer)}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 12) and "the newest JAX needs Python 3.12")'

[ -x .venv-newest/bin/pip ] || "$python" -m venv .venv-newest
.venv-newest/bin/pip install --quiet --disable-pip-version-check --upgrade --upgrade-strategy eager --editable '.[test]'
.venv-newest/bin/python -c 'import jax, sys; print("jax", jax.__version__, "on Python", sys.version.split()[0])'
.venv-newest/bin/python -m pytest -n auto -m "not slow" "${@:2}"
