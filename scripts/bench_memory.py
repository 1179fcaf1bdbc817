"""Memory of one training step: what XLA sets aside for a session's step, and for the same step by hand in JAX.

    python scripts/bench_memory.py [--cases mlp_adam,lstm_adam]

The figures are XLA's own (`memory_analysis` of the compiled program), in KiB: arguments and results that are no
donated arguments, and temporary buffers at their peak.
"""

import argparse

import jax
import numpy as np
from bench import cases_by_hand, session_cases

import funcfit.tf1 as tf


def of_program(lowered):
    """(arguments and results, temporary buffers) of a compiled program, in bytes."""
    memory = lowered.compile().memory_analysis()
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
    session_cases.CASES[case](type("provider", (), watching)(), np)()
    (session,) = seen
    (program,) = (p for p in session._programs.values() if p.tensors)
    (executable,) = program.executables.values()
    state = session._state
    fed = [jax.ShapeDtypeStruct((128, *x.shape.as_list()[1:]), x.dtype.as_numpy_dtype) for x in executable.stage.feeds]
    cells = [[state[c] for c in executable.written], [state[c] for c in executable.read]]
    return of_program(executable.compiled.lower(*cells, [], fed))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default="mlp_adam,lstm_adam")
    print(f"{'case':12}{'':10}{'arguments':>12}{'temporary':>12}{'peak':>12}")
    for case in parser.parse_args().cases.split(","):
        run = cases_by_hand.CASES[case]()
        run()
        peaks = []
        for name, (kept, temporary) in (("funcfit", of_session(case)), ("jax", of_program(run.lowered()))):
            peaks.append(kept + temporary)
            print(f"{case:12}{name:10}{kept / 1024:12.0f}{temporary / 1024:12.0f}{peaks[-1] / 1024:12.0f}")
        print(f"{case:12}{'ratio':10}{'':24}{peaks[0] / peaks[1]:12.2f}")


if __name__ == "__main__":
    main()
