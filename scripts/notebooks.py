#!/usr/bin/env python3
"""Writes examples/*/NAME.ipynb from NAME.py, cell for cell: `# %%` begins a cell, `# %% [markdown]` one of text.

python scripts/notebooks.py            writes the notebooks
python scripts/notebooks.py --check    says which ones differ from their scripts, and ends with status 1 if any do
"""

import json
import re
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"


def notebook(script: str) -> str:
    """The notebook of a script, as JSON text.

    >>> [cell["cell_type"] for cell in json.loads(notebook("# %% [markdown]\\n# # A\\n\\n# %%\\nx = 1\\n"))["cells"]]
    ['markdown', 'code']
    """
    _, *parts = re.split(r"^# %%(.*)\n", script, flags=re.MULTILINE)
    cells = [cell(number, kind, text) for number, (kind, text) in enumerate(zip(parts[::2], parts[1::2], strict=True))]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    book = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, indent=1, ensure_ascii=False) + "\n"


def cell(number: int, kind: str, text: str) -> dict:
    common = {"id": f"cell-{number}", "metadata": {}}
    if "[markdown]" in kind:
        text = re.sub(r"^# ?", "", text, flags=re.MULTILINE)
        return {"cell_type": "markdown", **common, "source": text.strip().splitlines(keepends=True)}
    source = text.strip().splitlines(keepends=True)
    return {"cell_type": "code", "execution_count": None, **common, "outputs": [], "source": source}


def main() -> int:
    stale = []
    for script in sorted(EXAMPLES.glob("*/*.py")):
        path, made = script.with_suffix(".ipynb"), notebook(script.read_text())
        if not path.exists() or path.read_text() != made:
            stale.append(path.relative_to(EXAMPLES))
            if "--check" not in sys.argv:
                path.write_text(made)
    print("differs from its script:" if "--check" in sys.argv else "written:", *stale)
    return int("--check" in sys.argv and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
