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
from pathlib import Path

from . import runs as directories
from .bench import bench
from .check import check
from .figures import display_there
from .fits import fit
from .replays import replay_step
from .run import run


def main(argv: list[str] | None = None) -> int:
    """The `funcfit` command; gives the exit status."""
    parser = argparse.ArgumentParser(prog="funcfit", description="TensorFlow 1 programs on JAX, and training runs.")
    commands = parser.add_subparsers(dest="command", required=True)

    for command, says in (
        ("run", "run a TensorFlow 1 script or notebook on JAX"),
        ("bench", "run it, and tell plan by plan where the time of its session's runs went"),
    ):
        runs = commands.add_parser(command, help=says)
        runs.add_argument(
            "--plots", type=Path, metavar="DIR", help="save plots there (default where no display: plots)"
        )
        runs.add_argument("file", type=Path, metavar="FILE", help="a script, or a notebook (.ipynb)")
        runs.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="the program's own arguments")

    checks = commands.add_parser("check", help="list the TF symbols that programs use, and which are there")
    checks.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="scripts, notebooks, folders")
    checks.add_argument("--json", action="store_true", help="print JSON")

    fits = commands.add_parser("fit", help="call a function of a program, with its arguments as options")
    fits.add_argument("target", metavar="FILE.py:FUNCTION")
    fits.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="the function's arguments: --lr 1e-3")

    for command, says in (
        ("info", "what made a run and how far it is"),
        ("verify", "whether its checkpoints are whole"),
    ):
        commands.add_parser(command, help=says).add_argument("run", type=Path, metavar="RUN")
    replays = commands.add_parser("replay", help="take a step of a run again: is it the same, where does NaN come from")
    replays.add_argument("run", type=Path, metavar="RUN")
    replays.add_argument("step", type=int, metavar="STEP", help="steps taken before it")
    replays.add_argument(
        "program",
        nargs=argparse.REMAINDER,
        metavar="...",
        help="FILE.py or FILE.py:FUNCTION and its arguments, if moved",
    )
    diffs = commands.add_parser("diff", help="in what the newest checkpoints of two runs differ")
    diffs.add_argument("runs", nargs=2, type=Path, metavar="RUN")
    plots = commands.add_parser("plot", help="draw the course of a metric in some runs")
    plots.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    plots.add_argument("--metric", default="loss", help="default loss")
    plots.add_argument("--file", type=Path, default=Path("runs.png"), help="default runs.png")

    options = parser.parse_args(argv)
    match options.command:
        case "check":
            return check(options.paths, options.json)
        case "fit":
            return fit(options.target, options.arguments)
        case "info":
            return directories.info(options.run)
        case "verify":
            return directories.verify(options.run)
        case "replay":
            return replay_step(options.run, options.step, options.program)
        case "diff":
            return directories.diff(*options.runs)
        case "plot":
            return directories.plot(options.runs, options.metric, options.file)
    start = bench if options.command == "bench" else run
    return start(options.file, options.arguments, options.plots or (None if display_there() else Path("plots")))
