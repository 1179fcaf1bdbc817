"""Memory of training: what XLA sets aside for a session's step or for a `program`, and for the same by hand in JAX.

    python scripts/bench_memory.py [--cases mlp_adam,lstm_adam,mlp,cnn]

A session's step is held against a compiled step, a program against a scan over as many steps as a program takes at
once. The figures are XLA's own (`memory_analysis` of the compiled program), in KiB: arguments and results that are no
donated arguments, and temporary buffers at their peak.
"""

import argparse
from functools import partial

import jax
import numpy as np
from bench import cases_by_hand, session_cases, training_cases

import funcfit.tf1 as tf
from funcfit import program


def of_program(compiled):
    """(arguments and results, temporary buffers) of a compiled program, in bytes."""
    memory = compiled.memory_analysis()
    kept = memory.argument_size_in_bytes + memory.output_size_in_bytes - memory.alias_size_in_bytes
    return kept, memory.temp_size_in_bytes


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
    (session,) = seen
    (program,) = (p for p in session._programs.values() if p.tensors)
    (executable,) = program.executables.values()
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
    return of_program(train.compile(state)._compiled), of_program(by_hand.compile())


def of_case(case):
    if case in training_cases.CASES:
        return of_fit(training_cases.CASES[case])
    run = cases_by_hand.CASES[case]()
    run()
    return of_session(case), of_program(run.lowered().compile())


def main():
    cases = ["mlp_adam", "lstm_adam", *training_cases.CASES]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default=",".join(cases))
    print(f"{'case':12}{'':10}{'arguments':>12}{'temporary':>12}{'peak':>12}")
    for case in parser.parse_args().cases.split(","):
        peaks = []
        for name, (kept, temporary) in zip(("funcfit", "jax"), of_case(case)):
            peaks.append(kept + temporary)
            print(f"{case:12}{name:10}{kept / 1024:12.0f}{temporary / 1024:12.0f}{peaks[-1] / 1024:12.0f}")
        print(f"{case:12}{'ratio':10}{'':24}{peaks[0] / peaks[1]:12.2f}")


if __name__ == "__main__":
    main()
