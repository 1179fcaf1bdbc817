"""Programs as they lie on disk, scripts and notebooks, and as Python can read them."""

import ast
import importlib.util
import json
from pathlib import Path
from typing import NamedTuple

from . import indentation, magics, python2


class Trouble(Exception):
    """What keeps a program from starting, as a sentence for the user."""


class Cell(NamedTuple):
    """Code under the name by which tracebacks call it; a script is one cell."""

    name: str
    source: str


def read(path: Path) -> list[Cell]:
    """The code of a script or a notebook; raises Trouble when there is none."""
    if path.is_dir():
        raise Trouble(f"{path} is a folder; name the program in it")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Trouble(f"cannot open {path}: {error.strerror}") from None
    if path.suffix == ".ipynb":
        return [
            Cell(f"{path}, cell {number}", source) for number, source in enumerate(notebook(path, content), start=1)
        ]
    try:
        return [Cell(str(path.absolute()), importlib.util.decode_source(content))]
    except (UnicodeDecodeError, SyntaxError) as error:
        raise Trouble(f"{path} is not text in the encoding that it names: {error}") from None


def notebook(path: Path, content: bytes) -> list[str]:
    """The sources of the code cells; format 3, of 2013-2015, kept them on worksheets."""
    try:
        book = json.loads(content)
        cells = book["cells"] if "cells" in book else [c for sheet in book["worksheets"] for c in sheet["cells"]]
        sources = [cell.get("source", cell.get("input", "")) for cell in cells if cell["cell_type"] == "code"]
        language = book.get("metadata", {}).get("language_info", {}).get("name", "python")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Trouble(f"{path} is not a notebook: {error!r}") from None
    if language not in ("python", "ipython"):
        raise Trouble(f"{path} is a notebook in {language}, not in Python")
    return ["".join(source) for source in sources]


def prepared(cells: list[Cell], in_notebook: bool) -> tuple[list[Cell], list[str]]:
    """The cells as Python reads them, and a sentence on every guess that went into this.

    Raises Trouble for Python 2, telling for all cells what to change and where, and SyntaxError for other mistakes.
    """
    ready, guesses, troubles = [], [], []
    for cell in cells:
        try:
            source, choices = readable(cell, in_notebook)
        except Trouble as trouble:
            troubles.append(str(trouble))
        else:
            ready.append(Cell(cell.name, source))
            guesses += [f"{cell.name}: {choice}" for choice in choices]
    if troubles:
        raise Trouble("\n".join(troubles))
    return ready, guesses


def readable(cell: Cell, in_notebook: bool) -> indentation.Reading:
    source = magics.translated(cell.source) if in_notebook else cell.source
    try:
        ast.parse(source, cell.name)
    except IndentationError:
        reading = indentation.put_back(source)
        if reading is None or not magics.is_python(reading.source):
            raise
        return reading
    except SyntaxError:
        found = python2.findings(source)
        if not found:
            raise
        lines = [f"  line {line}: {text}\n      {change}" for line, text, change in found]
        raise Trouble(f"{cell.name} is Python 2; Python 3 needs these changes:\n" + "\n".join(lines)) from None
    return indentation.Reading(source, [])
