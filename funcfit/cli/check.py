"""`funcfit check`: which TensorFlow symbols programs use, which of them are there, and where the others stand."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from .sources import Trouble, prepared, read
from .symbols import nearest, there, uses


class Row(NamedTuple):
    """A symbol in a file; `places` are lines, in a notebook 'CELL:LINE'."""

    file: str
    symbol: str
    places: list[str]
    there: bool
    nearest: list[str]


def check(paths: list[Path], as_json: bool) -> int:
    """Print what the programs use; the exit status is 1 when something is missing or could not be read."""
    rows: list[Row] = []
    unread: dict[str, str] = {}
    for path in files(paths):
        try:
            rows += symbols_of(path)
        except Trouble as trouble:
            unread[str(path)] = str(trouble)
    if as_json:
        print(json.dumps({"symbols": [row._asdict() for row in rows], "unread": unread}, indent=1))
    else:
        print_rows(rows, unread)
    return int(bool(unread) or not all(row.there for row in rows))


def files(paths: list[Path]) -> Iterator[Path]:
    """The programs under the paths, without what lies in hidden folders."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for file in sorted(path.rglob("*")):
            hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
            if file.suffix in (".py", ".ipynb") and file.is_file() and not hidden:
                yield file


def symbols_of(path: Path) -> list[Row]:
    """The symbols of one program, in the order of their first use; raises Trouble for what Python cannot read."""
    notebook = path.suffix == ".ipynb"
    try:
        cells, _ = prepared(read(path), notebook)
    except SyntaxError as error:
        raise Trouble(f"{error.filename}, line {error.lineno}: {error.msg}") from None
    lines, place_of = [], []
    for number, cell in enumerate(cells, start=1):
        lines += cell.source.split("\n")
        place_of += [f"{number}:{n}" if notebook else str(n) for n, _ in enumerate(cell.source.split("\n"), start=1)]
    places: dict[str, list[str]] = {}
    for symbol, line in uses(ast.parse("\n".join(lines))):
        places.setdefault(symbol, []).append(place_of[line - 1])
    # An internal module that is imported for what is in it is no symbol by itself.
    symbols = [s for s in places if not (s.startswith("tf.python.") and any(o.startswith(f"{s}.") for o in places))]
    return [Row(str(path), s, places[s], there(s), [] if there(s) else nearest(s)) for s in symbols]


def print_rows(rows: list[Row], unread: dict[str, str]) -> None:
    for file in dict.fromkeys(row.file for row in rows):
        print(file)
        for row in sorted((row for row in rows if row.file == file), key=lambda row: row.there):
            near = f"   nearest: {', '.join(row.nearest)}" if row.nearest else ""
            print(f"  {'there  ' if row.there else 'MISSING'} {row.symbol:45} {shortened(row.places)}{near}")
    for trouble in unread.values():
        print(trouble)
    symbols = {row.symbol: row.there for row in rows}
    missing = [symbol for symbol, is_there in symbols.items() if not is_there]
    print(f"{len(symbols)} symbols, {len(symbols) - len(missing)} there, {len(missing)} missing")


def shortened(places: list[str]) -> str:
    more = f" and {len(places) - 6} more" if len(places) > 6 else ""
    return f"line{'s' if len(places) > 1 else ''} {', '.join(places[:6])}{more}"
