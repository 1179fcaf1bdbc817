"""The command line: `funcfit run FILE` and `funcfit check PATH`.

run.py         a program as Python would run it, with the parts around it:
  sources.py     scripts and notebooks as cells      magics.py    IPython's shorthands
  past.py        names removed since 2016            python2.py   what makes a program Python 2
  scipy_misc.py  scipy.misc as it was
  figures.py     plots saved                         report.py    the end in an error
  indentation.py programs that a web page squeezed   status.py    the line that tells it is running
  imports.py     standing beside `import`
check.py       the TF symbols that a program uses and whether they are there; symbols.py reads and resolves them
live.py        %load_ext funcfit
"""

import argparse
from pathlib import Path

from .check import check
from .figures import display_there
from .run import run


def main(argv: list[str] | None = None) -> int:
    """The `funcfit` command; gives the exit status."""
    parser = argparse.ArgumentParser(prog="funcfit", description="TensorFlow 1 programs on JAX.")
    commands = parser.add_subparsers(dest="command", required=True)

    runs = commands.add_parser("run", help="run a TensorFlow 1 script or notebook on JAX")
    runs.add_argument("--plots", type=Path, metavar="DIR", help="save plots there (default where no display: plots)")
    runs.add_argument("file", type=Path, metavar="FILE", help="a script, or a notebook (.ipynb)")
    runs.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="the program's own arguments")

    checks = commands.add_parser("check", help="list the TF symbols that programs use, and which are there")
    checks.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="scripts, notebooks, folders")
    checks.add_argument("--json", action="store_true", help="print JSON")

    options = parser.parse_args(argv)
    if options.command == "check":
        return check(options.paths, options.json)
    return run(options.file, options.arguments, options.plots or (None if display_there() else Path("plots")))
