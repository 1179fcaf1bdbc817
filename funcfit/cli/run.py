"""`funcfit run`: a TensorFlow 1 program, unmodified, as Python would run it."""

import ast
import builtins
import contextlib
import linecache
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from funcfit import tf1

from . import magics, past
from .figures import Figures
from .report import print_error
from .sources import Cell, Trouble, prepared, read
from .status import status_line


def tell(sentence: str) -> None:
    print(f"funcfit: {sentence}", file=sys.stderr, flush=True)


def run(path: Path, arguments: list[str], plots: Path | None) -> int:
    """Run the program; the exit status is the program's own, or 1 after an error, which is printed.

    Plots go to the folder `plots`; None leaves them to matplotlib and its windows.
    """
    try:
        cells = read(path)
    except Trouble as trouble:
        tell(str(trouble))
        return 2
    start, figures = time.monotonic(), Figures(plots or Path("plots"), path.stem, tell)
    with contextlib.ExitStack() as stack:
        tf1.install()
        stack.enter_context(past.restored())
        if plots is not None:
            stack.enter_context(figures.instead_of_windows())
        main = stack.enter_context(as_main(path, arguments))
        stack.enter_context(status_line(path.name))
        status = Runner(main.__dict__, figures).run(cells, notebook=path.suffix == ".ipynb")
        figures.finish()
    drawn = f", {len(figures.paths)} plots in {figures.folder}" if figures.paths else ""
    ended = "ended well" if status == 0 else f"ended with status {status}"
    tell(f"{path.name} {ended} after {time.monotonic() - start:.1f} s{drawn}")
    return status


@contextlib.contextmanager
def as_main(path: Path, arguments: list[str]) -> Iterator[ModuleType]:
    """A new `__main__`, with `sys.argv` and `sys.path[0]` as Python sets them for a program."""
    main = ModuleType("__main__")
    main.__dict__.update(__file__=str(path.absolute()), __builtins__=builtins, __cached__=None)
    before = sys.modules["__main__"], sys.argv, sys.path
    sys.modules["__main__"] = main
    sys.argv = [str(path), *arguments]
    sys.path = [str(path.absolute().parent), *sys.path[1:]]
    try:
        yield main
    finally:
        sys.modules["__main__"], sys.argv, sys.path = before


class Runner:
    """Runs cells in one namespace, which is what changes."""

    def __init__(self, namespace: dict[str, Any], figures: Figures):
        self.namespace, self.figures = namespace, figures
        self.files: set[str] = set()

    def run(self, cells: list[Cell], notebook: bool) -> int:
        if notebook:
            shell = magics.Shell(self.run_magic, tell)
            self.namespace.update(get_ipython=lambda: shell, display=lambda *values: print(*map(repr, values)))
        try:
            ready, guesses = prepared(cells, notebook)
            for guess in guesses:
                tell(guess)
            for cell in ready:
                value = self.execute(cell, notebook)
                if notebook:
                    if value is not None:
                        print(repr(value))
                    self.figures.save_open()
        except SystemExit as end:
            return exit_status(end)
        except Trouble as trouble:
            tell(str(trouble))
            return 1
        except KeyboardInterrupt:
            tell("interrupted")
            return 130
        except BaseException as error:
            print_error(error, self.files)
            return 1
        return 0

    def run_magic(self, text: str) -> Any:
        """Run what a magic is applied to."""
        (cell,), _ = prepared([Cell("<magic>", text)], in_notebook=True)
        return self.execute(cell, notebook=True)

    def execute(self, cell: Cell, notebook: bool) -> Any:
        """Run a cell; a notebook's has a value when it ends in an expression."""
        source = cell.source
        self.files.add(cell.name)
        linecache.cache[cell.name] = (len(source), None, source.splitlines(keepends=True), cell.name)
        tree = ast.parse(source, cell.name)
        last = tree.body[-1] if notebook and tree.body and not source.rstrip().endswith(";") else None
        if not isinstance(last, ast.Expr):
            exec(compile(tree, cell.name, "exec", dont_inherit=True), self.namespace)
            return None
        tree.body.pop()
        exec(compile(tree, cell.name, "exec", dont_inherit=True), self.namespace)
        return eval(compile(ast.Expression(last.value), cell.name, "eval", dont_inherit=True), self.namespace)


def exit_status(end: SystemExit) -> int:
    """The status that Python would give for `sys.exit(...)`."""
    if end.code is None or isinstance(end.code, int):
        return end.code or 0
    print(end.code, file=sys.stderr)
    return 1
