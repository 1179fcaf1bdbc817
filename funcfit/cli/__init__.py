"""The command line: `funcfit run|bench|check` for TensorFlow 1 programs, `fit|info|plot|verify|replay|diff` for
training runs.

run.py         a program as Python would run it, with the parts around it:
  sources.py     scripts and notebooks as cells      magics.py    IPython's shorthands
  past.py        names removed since 2016            python2.py   what makes a program Python 2
  scipy_misc.py  scipy.misc as it was
  figures.py     plots saved                         report.py    the end in an error
  indentation.py programs that a web page squeezed   status.py    the line that tells it is running
  imports.py     standing beside `import`
bench.py       where the time of its runs went
check.py       the TF symbols that a program uses and whether they are there; symbols.py reads and resolves them
live.py        %load_ext funcfit
fits.py        a function of a program, with its arguments from the command line
runs.py        what is in the directories of runs
replays.py     one of their steps, taken again
"""

import argparse
from argparse import REMAINDER, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from . import runs as directories
from .bench import bench
from .check import check
from .figures import display_there
from .fits import fit
from .replays import replay_step
from .run import run


class Command(NamedTuple):
    """`arguments` are what argparse is told of each; `call` gives the exit status."""

    says: str
    arguments: dict[str, dict[str, Any]]
    call: Callable[[Namespace], int]


RUN = {"run": dict(type=Path, metavar="RUN")}
PROGRAM = {
    "--plots": dict(type=Path, metavar="DIR", help="save plots there (default where no display: plots)"),
    "file": dict(type=Path, metavar="FILE", help="a script, or a notebook (.ipynb)"),
    "arguments": dict(nargs=REMAINDER, metavar="...", help="the program's own arguments"),
}

COMMANDS = {
    "run": Command(
        "run a TensorFlow 1 script or notebook on JAX",
        PROGRAM,
        lambda given: run(given.file, given.arguments, plots(given)),
    ),
    "bench": Command(
        "run it, and tell plan by plan where the time of its session's runs went",
        PROGRAM,
        lambda given: bench(given.file, given.arguments, plots(given)),
    ),
    "check": Command(
        "list the TF symbols that programs use, and which are there",
        {
            "paths": dict(nargs="+", type=Path, metavar="PATH", help="scripts, notebooks, folders"),
            "--json": dict(action="store_true", help="print JSON"),
        },
        lambda given: check(given.paths, given.json),
    ),
    "fit": Command(
        "call a function of a program, with its arguments as options",
        {
            "target": dict(metavar="FILE.py:FUNCTION"),
            "arguments": dict(nargs=REMAINDER, metavar="...", help="the function's arguments: --lr 1e-3"),
        },
        lambda given: fit(given.target, given.arguments),
    ),
    "info": Command("what made a run and how far it is", RUN, lambda given: directories.info(given.run)),
    "verify": Command("whether its checkpoints are whole", RUN, lambda given: directories.verify(given.run)),
    "replay": Command(
        "take a step of a run again: is it the same, where does NaN come from",
        {
            **RUN,
            "step": dict(type=int, metavar="STEP", help="steps taken before it"),
            "program": dict(
                nargs=REMAINDER, metavar="...", help="FILE.py or FILE.py:FUNCTION and its arguments, if moved"
            ),
        },
        lambda given: replay_step(given.run, given.step, given.program),
    ),
    "diff": Command(
        "in what the newest checkpoints of two runs differ",
        {"runs": dict(nargs=2, type=Path, metavar="RUN")},
        lambda given: directories.diff(*given.runs),
    ),
    "plot": Command(
        "draw the course of a metric in some runs",
        {
            "runs": dict(nargs="+", type=Path, metavar="RUN"),
            "--metric": dict(default="loss", help="default loss"),
            "--file": dict(type=Path, default=Path("runs.png"), help="default runs.png"),
        },
        lambda given: directories.plot(given.runs, given.metric, given.file),
    ),
}


def plots(given: Namespace) -> Path | None:
    return given.plots or (None if display_there() else Path("plots"))


def main(argv: list[str] | None = None) -> int:
    """The `funcfit` command; gives the exit status."""
    parser = argparse.ArgumentParser(prog="funcfit", description="TensorFlow 1 programs on JAX, and training runs.")
    parsers = parser.add_subparsers(dest="command", required=True)
    for name, command in COMMANDS.items():
        own = parsers.add_parser(name, help=command.says)
        for argument, told in command.arguments.items():
            own.add_argument(argument, **told)
    given = parser.parse_args(argv)
    return COMMANDS[given.command].call(given)
