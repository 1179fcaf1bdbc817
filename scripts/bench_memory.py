"""Memory of training: what XLA sets aside for a session's step or for a `program`, and for the same by hand in JAX.

    python scripts/bench_memory.py [--cases mlp_adam,cnn_adam,lstm_adam,mlp,cnn]
    python scripts/bench_memory.py --held 1024

A session's step is held against a compiled step, a program against a scan over as many steps as a program takes at
once. The figures are XLA's own (`memory_analysis` of the compiled program), in KiB: arguments and results that are no
donated arguments, and temporary buffers at their peak.

With --held what a session with so many MiB of variables (four) makes its process hold: resident memory over that of one
that has run a small session, in MiB, now and at its peak so far in that part (Linux only). Each row is a process of its
own, whose variables begin as constants, as draws or as NumPy arrays, which the graph keeps.
"""

import argparse
import gc
import json
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import jax
import numpy as np
from bench import cases_by_hand, session_cases, training_cases
from bench.choices import some_of
from bench.processes import as_any_user

import funcfit.tf1 as tf
from funcfit import program


def of_program(compiled):
    """(arguments and results, temporary buffers) of a compiled program, in bytes."""
    memory = compiled.memory_analysis()
    kept = memory.argument_size_in_bytes + memory.output_size_in_bytes - memory.alias_size_in_bytes
    return kept, memory.temp_size_in_bytes


def executable_of(session):
    """What a session has made of the only step that it ran. Like `compiled_of`, this is nothing that a user sees."""
    (program,) = (p for p in session._programs.values() if p.tensors)
    (executable,) = program.executables.values()
    return executable


def compiled_of(train, state):
    return train.compile(state)._compiled


def of_session(case):
    """The same of the program that a session makes of a case's step, found when it runs."""
    seen = []

    class Watched(tf.Session):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            seen.append(self)

    watching = {"__getattr__": lambda _, name: Watched if name == "Session" else getattr(tf, name)}
    run = session_cases.CASES[case](type("provider", (), watching)(), np)
    run()
    executable = executable_of(*seen)
    compiled, shapes = executable.compiled, []

    def called(*arguments):
        shapes.extend(jax.ShapeDtypeStruct(x.shape, x.dtype) for x in arguments)
        return compiled(*arguments)

    executable.compiled = called
    run()
    return of_program(compiled.lower(*shapes).compile())


def of_fit(case):
    """The same of `program`, and of the hand-written scan."""
    train = program(case.loss, training_cases.OPTIMIZER, case.data())
    state, case = train.init(case.params()), case._replace(steps=train.span)
    scan = jax.jit(partial(training_cases.scanned, case), donate_argnums=0)
    by_hand = scan.lower(training_cases.begun(case), case.arrays(), case.order())
    return of_program(compiled_of(train, state)), of_program(by_hand.compile())


def of_case(case):
    if case in training_cases.CASES:
        return of_fit(training_cases.CASES[case])
    run = cases_by_hand.CASES[case]()
    run()
    return of_session(case), of_program(run.lowered().compile())


STARTS = {
    "zeros": lambda shape: tf.zeros(shape),
    "truncated normal": lambda shape: tf.truncated_normal(shape, stddev=0.1),
    "NumPy array": lambda shape: np.full(shape, 0.1, np.float32),
}


def holding(start, mebibytes):
    """Prints, part by part, how many MiB the process holds more than before, now and at its peak."""
    with tf.Graph().as_default():
        training(start, 16)[0]()
    gc.collect()
    before, parts = resident()[0], {}

    def note(part):
        gc.collect()
        parts[part] = [now - before for now in resident()]
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew

    with tf.Graph().as_default():
        begin, step = training(start, mebibytes << 18)
        note("graph")
        begin()
        note("initialized")
        for _ in range(3):
            step()
        note("three steps")
    print(json.dumps(parts))


def training(start, numbers):
    """Two functions of a session with four variables of so many numbers in all: one initializes, one takes a step."""
    variables = [tf.Variable(STARTS[start]([numbers // 4])) for _ in range(4)]
    seen = [v[0] for v in variables]
    train = tf.train.GradientDescentOptimizer(0.1).minimize(sum(tf.nn.l2_loss(v) for v in variables))
    session, first = tf.Session(), tf.global_variables_initializer()

    def ran(op):
        session.run(op)
        session.run(seen)  # waits

    return partial(ran, first), partial(ran, train)


def resident():
    """MiB of resident memory: now, and at its peak."""
    status = Path("/proc/self/status").read_text()
    return [int(re.search(rf"{key}:\s+(\d+)", status)[1]) / 1024 for key in ("VmRSS", "VmHWM")]


def report_held(mebibytes):
    print(f"{'MiB':18}{'graph':>18}{'initialized':>18}{'three steps':>18}   (now, peak)")
    for start in STARTS:
        command = [sys.executable, __file__, "--holding", start, str(mebibytes)]
        ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=as_any_user())
        parts = json.loads(ended.stdout.splitlines()[-1])
        print(f"{start:18}" + "".join(f"{f'{now:,.0f}, {peak:,.0f}':>18}" for now, peak in parts.values()))


def main():
    cases = ["mlp_adam", "cnn_adam", "lstm_adam", *training_cases.CASES]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=some_of(cases), default=cases)
    parser.add_argument("--held", type=int, metavar="MIB")
    parser.add_argument("--holding", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.holding:
        holding(options.holding[0], int(options.holding[1]))
        return
    if options.held:
        report_held(options.held)
        return
    print(f"{'case':12}{'':10}{'arguments':>12}{'temporary':>12}{'peak':>12}")
    for case in options.cases:
        peaks = []
        for name, (kept, temporary) in zip(("funcfit", "jax"), of_case(case)):
            peaks.append(kept + temporary)
            print(f"{case:12}{name:10}{kept / 1024:12.0f}{temporary / 1024:12.0f}{peaks[-1] / 1024:12.0f}")
        print(f"{case:12}{'ratio':10}{'':24}{peaks[0] / peaks[1]:12.2f}")


if __name__ == "__main__":
    main()
