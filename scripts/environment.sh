# To be sourced in the repository's root: makes .venv from the pins in tests/requirements.txt, unless it is there, and enters it.

python_of() {  # the first Python that is new enough; $PYTHON, if given, is the only candidate
    local candidate
    for candidate in ${PYTHON:-python3.11 python3.12 python3.13 python3.14 python3 python}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "funcfit needs Python 3.11 or newer: set PYTHON to one" >&2
    return 1
}

if ! cmp -s tests/requirements.txt .venv/requirements.txt; then
    python=$(python_of)
    echo "Making .venv with $("$python" --version); this takes a minute, once." >&2
    rm -rf .venv
    "$python" -m venv .venv
    .venv/bin/pip install --quiet --disable-pip-version-check -r tests/requirements.txt
    .venv/bin/pip install --quiet --disable-pip-version-check --no-deps --editable .
    cp tests/requirements.txt .venv/requirements.txt
fi
export PATH="$PWD/.venv/bin:$PATH"
