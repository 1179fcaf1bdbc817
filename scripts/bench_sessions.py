#!/usr/bin/env python3
"""Times session-style programs on funcfit, on a TensorFlow, and the same by hand in JAX, in turns within one run.

    python scripts/bench_sessions.py --tensorflow PYTHON [--cases linear_update,mlp_adam] [--rounds 7] [--json FILE]
    python scripts/bench_sessions.py --first --tensorflow PYTHON [--cases mlp_adam] [--rounds 7] [--json FILE]

PYTHON is the interpreter of an environment that holds a TensorFlow (1.x, or 2.x, whose compat.v1 is used). Without it
only funcfit and JAX run. Each contender is a process of its own that waits for its turn: a round runs every case on
every contender once, so that the machine's moods meet all alike. Prints the median of a case and, round by round, its
ratio to the others (median; spread in brackets). JSON holds all.

With --first every measurement is a process of its own, from the import of the provider to the end of the first
step: in all, and in parts; of "fundamentals", the cells of examples/fundamentals/session.py, all are run. funcfit and
JAX are measured without a cache of compiled programs (cold) and with one that an earlier process has filled (warm).
"""

import argparse
import contextlib
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial

from bench.choices import some_of
from bench.processes import as_any_user, import_time
from bench.providers import provided
from bench.session_cases import CASES
from bench.tables import spread
from bench.turns import seconds, turned

FUNDAMENTALS = os.path.join(os.path.dirname(__file__), os.pardir, "examples", "fundamentals", "session.py")
FIRST = ["fundamentals", "linear_update", "mlp_adam", "cnn_adam", "lstm_adam"]

# ---------------------------------------------------------------------------------------------------------------------
# A contender: a process that builds a case when first asked, and times a burst of it when it is its turn.


def cases_of(provider):
    """The version of a provider and its cases, each a function of nothing that gives what is to be timed."""
    if provider == "jax":
        import jax
        from bench import cases_by_hand

        return jax.__version__, cases_by_hand.CASES
    import numpy as np

    tf, version = provided(provider)

    def in_its_graph(make):
        with tf.Graph().as_default():
            return make(tf, np)

    cases = {name: partial(in_its_graph, make) for name, make in CASES.items()}
    return version, {**cases, "fundamentals": lambda: partial(run_cells, tf)}


def run_cells(tf):
    """All cells of the fundamentals notebook, its plot drawn to nowhere; TensorFlow 1.15 refuses one of them."""
    import matplotlib

    matplotlib.use("Agg")
    with open(FUNDAMENTALS) as f:
        cells = f.read().replace("import funcfit.tf1 as tf\n", "").split("\n# %%")
    names = {"tf": tf}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in cells:
            with contextlib.suppress(TypeError):
                exec(compile("# %%" + cell, FUNDAMENTALS, "exec"), names)


def finish(provider, run):
    """Waits for what a run has left under way. A session of funcfit's returns before a step without fetches is done."""
    if provider == "funcfit":
        import jax

        jax.block_until_ready(jax.live_arrays())
    getattr(run, "wait", lambda: None)()


def contend(provider):
    version, makers = cases_of(provider)
    print(json.dumps({"version": version}), flush=True)
    ready = {}
    for line in sys.stdin:
        name = line.strip()
        if name not in makers:
            print(json.dumps({"us": None}), flush=True)
            continue
        count = CASES[name].burst
        if name not in ready:
            ready[name] = makers[name]()
            burst(provider, ready[name], min(count, 3))
        taken = seconds(partial(burst, provider, ready[name], count))
        print(json.dumps({"us": taken / count * 1e6}), flush=True)


def burst(provider, run, count):
    for _ in range(count):
        run()
    finish(provider, run)


def first_step(provider, name):
    """Prints the seconds that the provider's import, the building of a case and its first step take."""
    start = time.perf_counter()
    _, makers = cases_of(provider)
    imported = time.perf_counter()
    if name not in makers:
        print("{}")
        return
    run = makers[name]()
    built = time.perf_counter()
    run()
    finish(provider, run)
    ran = time.perf_counter()
    print(json.dumps({"import": imported - start, "build and initialize": built - imported, "first step": ran - built}))


class Contender:
    def __init__(self, name, interpreter):
        self.name, self.interpreter = name, interpreter
        self.process = subprocess.Popen(
            [interpreter, os.path.abspath(__file__), "--contend", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            universal_newlines=True,
        )
        self.version = self._answer()["version"]

    def _answer(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise SystemExit(
            f"{self.name} ended early; run `{self.interpreter} {__file__} --contend {self.name}` to see why"
        )

    def turn(self, case):
        if case == "import":
            module = {"funcfit": "funcfit.tf1", "jax": "jax"}.get(self.name, "tensorflow")
            return import_time(self.interpreter, f"import {module}") * 1e6
        self.process.stdin.write(case + "\n")
        self.process.stdin.flush()
        return self._answer()["us"]

    def leave(self):
        self.process.stdin.close()
        self.process.wait()


class Newcomer:
    """A contender whose every turn is a process of its own, which sees a case's first step."""

    def __init__(self, name, provider, interpreter, **settings):
        self.name, self.provider, self.interpreter, self.settings = name, provider, interpreter, settings

    def parts(self, case):
        """Seconds by part; None for a case that the provider does not have."""
        command = [self.interpreter, os.path.abspath(__file__), "--first", "--contend", self.provider, "--cases", case]
        ended = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=as_any_user(**self.settings)
        )
        if ended.returncode:
            raise SystemExit(f"{self.name} failed; run `{' '.join(command)}` to see why")
        return json.loads(ended.stdout.decode().splitlines()[-1])


def newcomers(tensorflow, folder):
    """All who can be new: both with no cache, and both with one in `folder`."""
    at_once = {"JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0", "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1"}
    ours, by_hand = os.path.join(folder, "funcfit"), os.path.join(folder, "jax")
    yield Newcomer("funcfit cold", "funcfit", sys.executable, FUNCFIT_CACHE="off")
    yield Newcomer("jax cold", "jax", sys.executable)
    yield Newcomer("funcfit warm", "funcfit", sys.executable, FUNCFIT_CACHE=ours)
    yield Newcomer("jax warm", "jax", sys.executable, JAX_COMPILATION_CACHE_DIR=by_hand, **at_once)
    if tensorflow:
        yield Newcomer("tensorflow", "tensorflow", tensorflow)


def compare(contenders, cases, rounds):
    times = {case: {c.name: [] for c in contenders} for case in cases}
    for number in range(rounds):
        for case in cases:
            for contender in turned(contenders, number):
                times[case][contender.name].append(contender.turn(case))
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return times


def compare_first(contenders, cases, rounds):
    """Seconds by case, part and contender."""
    times = {}
    for number in range(rounds + 1):
        for case in cases:
            for contender in turned(contenders, number):
                parts = contender.parts(case)
                if number == 0 or not parts:
                    continue  # the first round fills the caches, and writes the byte code
                parts["in all"] = sum(parts.values())
                for part, took in parts.items():
                    by_name = times.setdefault(f"{case}: {part}", {})
                    by_name.setdefault(contender.name, []).append(took * 1e6)
        print(f"round {number} of {rounds}", file=sys.stderr)
    return times


def report(times, names, against):
    """Prints medians and, for each pair in `against`, the ratio round by round."""
    wide = max(map(len, times)) + 2
    print(f"{'us':{wide}}" + "".join(f"{n:>14}" for n in names) + "".join(f"{f'{a}/{b}':>30}" for a, b in against))
    for case, by_name in times.items():

        def there(n, by_name=by_name):
            return by_name.get(n, [None])[0] is not None

        row = f"{case:{wide}}"
        for n in names:
            row += f"{statistics.median(by_name[n]):14.1f}" if there(n) else f"{'-':>14}"
        for a, b in against:
            if not there(b):
                row += f"{'-':>30}"
                continue
            row += f"{spread([x / y for x, y in zip(by_name[a], by_name[b])]):>30}"
        print(row)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tensorflow", metavar="PYTHON")
    parser.add_argument("--cases", type=some_of([*CASES, "fundamentals", "import"]))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--first", action="store_true")
    parser.add_argument("--contend", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contend:
        first_step(options.contend, *options.cases) if options.first else contend(options.contend)
        return
    print(f"python {sys.version.split()[0]}, {os.cpu_count()} cores", end="")
    cases = options.cases or (FIRST if options.first else [*CASES, "import"])
    if options.first:
        with tempfile.TemporaryDirectory() as folder:
            contenders = list(newcomers(options.tensorflow, folder))
            print()
            times = compare_first(contenders, cases, options.rounds)
        against = [("funcfit cold", "jax cold"), ("funcfit warm", "jax warm")]
        if options.tensorflow:
            against += [("funcfit cold", "tensorflow"), ("funcfit warm", "tensorflow")]
        held = {"microseconds": times}
    else:
        contenders = [Contender("funcfit", sys.executable), Contender("jax", sys.executable)]
        if options.tensorflow:
            contenders.append(Contender("tensorflow", options.tensorflow))
        versions = {c.name: c.version for c in contenders}
        print("".join(f", {name} {version}" for name, version in versions.items()))
        times = compare(contenders, cases, options.rounds)
        for contender in contenders:
            contender.leave()
        against = [("funcfit", c.name) for c in contenders[1:]]
        held = {"versions": versions, "microseconds": times}
    report(times, [c.name for c in contenders], against)
    if options.json:
        with open(options.json, "w") as f:
            json.dump(held, f, indent=1)


if __name__ == "__main__":
    main()
