"""`funcfit replay RUN STEP`: a step of a run, taken again by the program that made the run."""

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np

from funcfit.checkpoint import saved_steps
from funcfit.train.history import chunks_in
from funcfit.train.replay import Reached, held, replay
from funcfit.tree import described, own

from .fits import Unknown, called
from .run import as_main


def replay_step(run: Path, step: int, program: list[str]) -> int:
    """Print what step `step` measures, whether that is what the run measured to the bit, and where NaN comes from.

    The program of the run is started again (or `program`, FILE.py or FILE.py:FUNCTION and its arguments) and stopped at
    its first step in this directory, of which nothing is changed. The exit status is 1 when the numbers are others or
    not finite, 2 when the step cannot be had.
    """
    run = run.absolute()
    facts = json.loads((run / "run.json").read_text())
    target, *arguments = program or facts["arguments"]
    with contextlib.chdir("." if program else facts.get("folder", ".")):
        try:
            with held(run), contextlib.suppress(SystemExit):
                start(target, arguments)
        except Reached as reached:
            return told_step(run, step, reached)
        except Unknown as error:
            return refused(str(error))
        return refused(f"{target} ended and took no step in {run}: give the program that does, and its arguments")


def start(target: str, arguments: list[str]) -> None:
    """The program as it was started: a script, or a function of one."""
    if ":" in target:
        called(target, arguments)
        return
    path = Path(target)
    if not path.is_file() or path.suffix == ".ipynb" or "kernel_launcher" in path.name:
        raise Unknown(f"{target!r} is no program that can be started: give one, FILE.py or FILE.py:FUNCTION")
    with as_main(path, arguments) as main:
        exec(compile(path.read_bytes(), str(path), "exec", dont_inherit=True), main.__dict__)


def told_step(run: Path, step: int, reached: Reached) -> int:
    train = reached.program
    try:
        found = replay(train, run, reached.state, step)
    except (FileNotFoundError, ValueError) as error:
        return refused(str(error))
    after, metrics = train(own(found.state))
    row = {name: np.asarray(rows[0]) for name, rows in metrics.items()}
    recorded = row_of(run / "metrics.jsonl", step + 1)
    saved = max(number for number, _ in saved_steps(run / "checkpoints") if number <= step)
    print(f"step {step}{'' if recorded else ', which the run did not take'}, from the checkpoint of step {saved}:")
    differ = False
    for name, value in row.items():
        before = recorded.get(name)
        same = before is None or np.array_equal(before, value.astype(before.dtype), equal_nan=value.dtype.kind == "f")
        differ |= not same
        said = "" if before is None else ", to the bit what it was" if same else f", and it was {shown(before)}"
        print(f"  {name} {shown(value)}{said}")
    sound = all(np.isfinite(x).all() for x in floats((row, after)))
    if not sound or after.extra.get("halted", False):
        print(f"  not finite: {found.first_nonfinite() or 'what the step begins with, its state or its batch'}")
        return 1
    if differ:
        print("  another program, or a callback changed the state since the checkpoint, which is not repeated")
    return int(differ)


def row_of(log: Path, step: int) -> dict[str, np.ndarray]:
    chunks = chunks_in(log, step)[0] if log.exists() else []
    row = {name: column[-1] for name, column in chunks[-1].items()} if chunks else {}
    return row if row.pop("step", None) == step else {}


def floats(tree: Any) -> Iterator[np.ndarray]:
    for leaf in jax.tree.leaves(tree):
        if jax.numpy.issubdtype(leaf.dtype, np.floating):
            yield np.asarray(leaf, np.float64)


def shown(value: np.ndarray) -> str:
    return f"{value:.8g}" if value.ndim == 0 else described(value)


def refused(why: str) -> int:
    print(f"funcfit: {why}", file=sys.stderr)
    return 2
