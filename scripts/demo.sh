#!/usr/bin/env bash
# TensorFlow 1 programs training on JAX: a linear regression from its first principles, and the fundamentals notebook.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/environment.sh

funcfit run --plots plots/linear_regression examples/linear_regression/session.py
funcfit run --plots plots/fundamentals examples/fundamentals/session.ipynb

plot="$PWD/plots/linear_regression/session-1.png"
echo "The line, three ways: $plot"
if [ "$(uname)" = Darwin ]; then
    open "$plot"
elif [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && command -v xdg-open >/dev/null; then
    xdg-open "$plot"
fi
