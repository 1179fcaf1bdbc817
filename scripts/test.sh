#!/usr/bin/env bash
# All tests, in the pinned environment; arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/environment.sh

python -m pytest -n auto "$@"
