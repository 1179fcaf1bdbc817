#!/usr/bin/env python3
"""Training steps by `program` against the same steps by hand and by other libraries, in one process, round by round.

    python scripts/bench_fit.py                          all models
    python scripts/bench_fit.py --rounds 9 mlp cnn       some
    python scripts/bench_fit.py --json FILE

Keras 3 (on JAX), Flax NNX and Equinox are measured where they can be imported; none is a dependency. For each model:
microseconds a step (median) by each way, then the ratios round by round (median, spread): of a hand-written loop over
a jitted step and of `program` to a hand-written lax.scan, and of `program` to each library. All ways begin with the
same parameters and take the same batches in the same order, made before the clock starts except for `program`, which
shuffles and gathers inside; that all learn the same is checked first.
"""

import argparse
import importlib
import json
import math
import os
import statistics
import sys
import time

import jax
import numpy as np
from bench.training_cases import CASES, Way, by_hand, by_program

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


def seconds(way: Way) -> float:
    state = jax.block_until_ready(way.begin())
    begun = time.perf_counter()
    jax.block_until_ready(way.train(state))
    return time.perf_counter() - begun


def spread(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", help=f"of {', '.join(CASES)}; default all")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    there, missing = libraries()
    versions = {name: importlib.import_module(name).__version__ for name in ("jax", *there)}
    names = ["scan", "loop", "program", *there]
    against = [("loop", "scan"), *(("program", name) for name in ("scan", *there))]
    print(", ".join(f"{name} {version}" for name, version in versions.items()), end=f"; {os.cpu_count()} cores")
    print(f"; not installed: {', '.join(missing)}" if missing else "")
    heads = [f"{names[0]}, us/step", *names[1:], *(f"{a} / {b}" for a, b in against)]
    print(f"| model | {' | '.join(heads)} |")
    print("|---|" + "---:|" * len(heads))
    times = {}
    for name in options.models or CASES:
        case = CASES[name]
        ways = {**by_hand(case), "program": by_program(case), **{n: m.way(name, case) for n, m in there.items()}}
        check_alike(name, ways)
        times[name] = taken = {way: [] for way in ways}
        for _ in range(options.rounds):
            for way, how in ways.items():
                taken[way].append(1e6 * seconds(how) / case.steps)
        medians = [f"{statistics.median(taken[way]):,.1f}" for way in names]
        ratios = [spread([a / b for a, b in zip(taken[one], taken[other])]) for one, other in against]
        print(f"| {name} | {' | '.join(medians + ratios)} |", flush=True)
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"versions": versions, "microseconds": times}, file, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
