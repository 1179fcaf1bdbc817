#!/usr/bin/env python3
"""Training steps by `program` against the same steps by hand and by other libraries, in one process, round by round.

    python scripts/bench_fit.py                          all models
    python scripts/bench_fit.py --rounds 9 mlp cnn       some
    python scripts/bench_fit.py --json FILE
    python scripts/bench_fit.py --first --rounds 5       from the start of a process to its first step

Keras 3 (on JAX), Flax NNX and Equinox are measured where they can be imported; none is a dependency. For each model:
microseconds a step (median) by each way, then the ratios round by round (median, spread): of a hand-written loop over
a jitted step and of `program` to a hand-written lax.scan, and of `program` to each library. All ways begin with the
same parameters and take the same batches in the same order, made before the clock starts except for `program`, which
shuffles and gathers inside; that all learn the same is checked first.

With --first every measurement is a process of its own that calls `fit` with a run's directory: the first begins the run
with nothing compiled, the second goes on with it. Printed are the seconds until the first step is done, in all and in
parts (imports; making the model's parameters; from the call of `fit`), and the second's ratio to the first. Below, what
importing funcfit takes, over importing jax.
"""

import argparse
import importlib
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import jax
import numpy as np
from bench.choices import one_of
from bench.processes import as_any_user, import_time
from bench.tables import heads, spread
from bench.training_cases import CASES, OPTIMIZER, Way, by_hand, by_program
from bench.turns import in_turns, seconds

from funcfit import Every, fit, on

IMPORTED = time.time()

PARTS = ("in all", "imports", "parameters", "fit")
LIBRARIES = {"keras": "bench.by_keras", "flax": "bench.by_nnx", "equinox": "bench.by_equinox"}


def libraries() -> tuple[dict, list[str]]:
    """The modules that train by a library which is installed, and the names of those that are not."""
    there, missing = {}, []
    for name, module in LIBRARIES.items():
        try:
            there[name] = importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
            missing.append(name)
    return there, missing


def check_alike(case: str, ways: dict[str, Way]) -> None:
    """Every way begins and ends with the same loss, over as many parameters. Warms them up.

    Raises ValueError naming what differs.
    """
    facts = {}
    for name, way in ways.items():
        state = way.begin()
        size, before = sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(way.params(state))), float(way.loss(state))
        facts[name] = size, before, float(way.loss(way.train(state)))
    size, before, after = facts["scan"]
    for name, (other, begun, ended) in facts.items():
        like = other == size and np.isclose(begun, before, rtol=1e-4) and abs(ended - after) < 0.02 * (before - after)
        if not like:
            raise ValueError(
                f"{case} by {name} is another training: {other} parameters, loss {begun} to {ended}; "
                f"by hand {size} parameters, loss {before} to {after}"
            )


def taken_by(way: Way) -> float:
    """Seconds of all steps."""
    state = jax.block_until_ready(way.begin())
    return seconds(lambda: jax.block_until_ready(way.train(state)))


def compare(names: list[str], rounds: int) -> dict:
    """Print a row for each model, and give all that was measured."""
    there, missing = libraries()
    versions = {name: importlib.import_module(name).__version__ for name in ("jax", *there)}
    columns = ["scan", "loop", "program", *there]
    against = [("loop", "scan"), *(("program", name) for name in ("scan", *there))]
    print(", ".join(f"{name} {version}" for name, version in versions.items()), end=f"; {os.cpu_count()} cores")
    print(f"; not installed: {', '.join(missing)}" if missing else "")
    heads(f"{columns[0]}, us/step", *columns[1:], *(f"{a} / {b}" for a, b in against))
    times = {}
    for name in names:
        case = CASES[name]
        ways = {**by_hand(case), "program": by_program(case), **{n: m.way(name, case) for n, m in there.items()}}
        check_alike(name, ways)
        times[name] = taken = in_turns(ways, rounds, lambda way, steps=case.steps: 1e6 * taken_by(way) / steps)
        medians = [f"{statistics.median(taken[way]):,.1f}" for way in columns]
        ratios = [spread([a / b for a, b in zip(taken[one], taken[other])]) for one, other in against]
        print(f"| {name} | {' | '.join(medians + ratios)} |", flush=True)
    return {"versions": versions, "microseconds": times}


def compare_first(names: list[str], rounds: int) -> dict:
    """Print a row for each model, and give all that was measured."""
    newcomer(names[0])  # writes the byte code
    heads(
        *(f"{which}: {part}" for which in ("first", "second") for part in PARTS),
        "second / first, in all",
        "without imports",
        "fit",
    )
    times = {}
    for name in names:
        both = [newcomer(name) for _ in range(rounds)]
        times[name] = {
            which: {p: [pair[n][p] for pair in both] for p in PARTS} for n, which in ((0, "first"), (1, "second"))
        }
        medians = [f"{statistics.median(times[name][which][part]):.2f}" for which in times[name] for part in PARTS]
        own = [{**part, "own": part["in all"] - part["imports"]} for pair in both for part in pair]
        ratios = [spread([b[p] / a[p] for a, b in zip(own[::2], own[1::2])]) for p in ("in all", "own", "fit")]
        print(f"| {name} | {' | '.join(medians + ratios)} |", flush=True)
    taken = [import_time(sys.executable, "import jax; from funcfit import fit", "import jax") for _ in range(rounds)]
    print(f"from funcfit import fit: {statistics.median(taken):.2f} s over jax ({min(taken):.2f}-{max(taken):.2f})")
    return {"seconds": times, "import": taken}


def newcomer(model: str) -> list[dict[str, float]]:
    """Seconds by part of a process that begins a run, and of one that goes on with it."""
    taken = []
    with tempfile.TemporaryDirectory() as folder:
        settings = as_any_user(FUNCFIT_CACHE=f"{folder}/cache")
        for steps in (2, 4):
            command = [sys.executable, __file__, "--newcomer", model, f"{folder}/run", str(steps), str(time.time())]
            said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=settings).stdout
            taken.append(json.loads(said.splitlines()[-1]))
    return taken


def first_step(model: str, folder: str, steps: str, since: str) -> None:
    """Print the seconds by part until the first step of a run is done."""
    params = CASES[model].params()
    made, marks = time.time(), [float(since), IMPORTED]
    fit(
        CASES[model].loss,
        params,
        CASES[model].data(),
        OPTIMIZER,
        steps=int(steps),
        run=Path(folder),
        events=[on(Every(steps=1), lambda event: marks.append(time.time()))],
    )
    start, imported, done, *_ = marks
    print(json.dumps(dict(zip(PARTS, (done - start, imported - start, made - imported, done - made)))))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", type=one_of(CASES), help=f"of {', '.join(CASES)}; default all")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--first", action="store_true")
    parser.add_argument("--newcomer", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.newcomer:
        first_step(*options.newcomer)
        return 0
    measured = (compare_first if options.first else compare)(options.models or list(CASES), options.rounds)
    if options.json:
        Path(options.json).write_text(json.dumps(measured, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
