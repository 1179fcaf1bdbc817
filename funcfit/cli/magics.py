"""IPython's shorthands in notebook cells: what they mean to a notebook that runs without IPython."""

import contextlib
import io
import os
import re
import time
from collections.abc import Callable
from typing import Any

CELL_MAGIC = re.compile(r"\s*%%(\w+)[ \t]*([^\n]*)\n?(.*)", re.DOTALL)
LINE_MAGIC = re.compile(r"^(\s*(?:[\w, ]+=\s*)?)%(\w+)\s*(.*)$")
SHELL = re.compile(r"^(\s*)([\w, ]+=\s*)?!(.*)$")
HELP = re.compile(r"^\s*(\?+[\w.]+|[\w.]+\?+)\s*$")

# Settings of a display that is not there, or of an IPython that is not there.
SETTINGS = {"matplotlib", "config", "load_ext", "reload_ext", "autoreload", "precision", "reset", "alias", "colors"}
OTHER_LANGUAGES = {"bash", "sh", "html", "javascript", "js", "latex", "svg", "markdown"}


def translated(source: str) -> str:
    """The cell as Python, line for line; `%name x` becomes `get_ipython().run_line_magic('name', 'x')`, and so on.

    >>> translated("%matplotlib inline")
    "get_ipython().run_line_magic('matplotlib', 'inline')"
    """
    if is_python(source):
        return source
    if match := CELL_MAGIC.fullmatch(source):
        return "get_ipython().run_cell_magic({!r}, {!r}, {!r})".format(*match.groups())
    return "\n".join(map(translated_line, source.split("\n")))


def translated_line(line: str) -> str:
    if match := LINE_MAGIC.match(line):
        before, name, rest = match.groups()
        return f"{before}get_ipython().run_line_magic({name!r}, {rest!r})"
    if match := SHELL.match(line):
        indent, target, command = match.groups()
        return f"{indent}{target or ''}get_ipython().{'getoutput' if target else 'system'}({command!r})"
    return "pass" if HELP.match(line) else line


def is_python(source: str) -> bool:
    try:
        compile(source, "", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


class Shell:
    """What `get_ipython()` gives. `run` executes a cell's text; `tell` says a line to the user beside the program."""

    def __init__(self, run: Callable[[str], Any], tell: Callable[[str], None]):
        self.run, self.tell = run, tell

    def run_line_magic(self, name: str, line: str) -> Any:
        if name in SETTINGS:
            return None
        if name in ("time", "timeit"):
            return self.timed(re.sub(r"^(-\w+\s*\d*\s+)*", "", line))
        if name == "pylab":
            return self.run("import numpy as np\nimport matplotlib.pyplot as plt\nfrom matplotlib.pylab import *")
        if name == "cd":
            return os.chdir(os.path.expanduser(line.strip()))
        if name in ("env", "set_env") and (match := re.fullmatch(r"(\w+)[ =]+(.*)", line.strip())):
            os.environ[match[1]] = match[2]
            return None
        raise NotImplementedError(f"%{name} {line}: funcfit run does not know this magic")

    def run_cell_magic(self, name: str, line: str, cell: str) -> Any:
        if name in ("time", "timeit"):
            return self.timed(cell)
        if name == "capture":
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                return self.run(cell)
        if name in OTHER_LANGUAGES:
            return self.tell(f"a cell in {name} is not run")
        raise NotImplementedError(f"%%{name}: funcfit run does not know this magic")

    def magic(self, text: str) -> Any:
        name, _, line = text.lstrip("%").partition(" ")
        return self.run_line_magic(name, line)

    def system(self, command: str) -> None:
        self.tell(f"not run, since it is a command for the shell: !{command.strip()}")

    def getoutput(self, command: str) -> Any:
        raise NotImplementedError(
            f"funcfit run runs no shell commands, and the program wants what this prints: !{command}"
        )

    def timed(self, code: str) -> Any:
        start = time.perf_counter()
        value = self.run(code)
        print(f"Wall time: {time.perf_counter() - start:.3g} s")
        return value
