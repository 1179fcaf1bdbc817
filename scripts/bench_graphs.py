#!/usr/bin/env python3
"""Whether building, planning and tracing a graph take time in the number of its nodes, or more.

    python scripts/bench_graphs.py [--sizes 1000,3000,10000] [--cases chain,gradients] [--tensorflow PYTHON]
    python scripts/bench_graphs.py --json FILE

Microseconds a node, in the same process for all sizes: to build the graph; to plan its first run (order, stages, which
reads see which writes); to trace the first stage for XLA, whose own time to compile is not counted. Below, what
building the same takes in the TensorFlow of the environment that PYTHON belongs to. Even numbers in a row are linear.
Python's garbage collector is off: its passes over all that is there are part of no one node's cost.
"""

import argparse
import gc
import json
import os
import subprocess
import time

from bench.choices import some_of
from bench.graph_cases import CASES
from bench.providers import provided


def measured(provider, case, size):
    """Microseconds a node by part."""
    import numpy as np

    tf, _ = provided(provider)
    gc.collect()
    gc.disable()
    try:
        with tf.Graph().as_default() as graph:
            start = time.process_time()
            fetches = CASES[case](tf, np, size)
            found = {"build": time.process_time() - start}
            if provider == "funcfit":
                found.update(first_run(graph, fetches))
    finally:
        gc.enable()
    nodes = len(graph.get_operations())
    return {"nodes": nodes, **{part: 1e6 * seconds / nodes for part, seconds in found.items()}}


def first_run(graph, fetches):
    """Seconds that the plan and the trace take."""
    import jax

    from funcfit.tf1.run.plan import plan
    from funcfit.tf1.run.trace import stage_function

    feeds = [node.outputs[0] for node in graph.get_operations() if node.type == "Placeholder"]
    start = time.process_time()
    made = plan(fetches, feeds)
    planned = time.process_time()
    stage = made.stages[0]
    function, _ = stage_function(made, stage, frozenset(), {})
    tensors = [*(cell.outputs[0] for cell in (*stage.writes, *stage.reads)), *stage.feeds]
    jax.make_jaxpr(function)(*(jax.ShapeDtypeStruct(x.shape.as_list(), x.dtype.as_numpy_dtype) for x in tensors))
    return {"plan": planned - start, "trace": time.process_time() - planned}


def in_another(interpreter, case, sizes):
    """What `measured` gives in another environment, by size."""
    command = [interpreter, os.path.abspath(__file__), "--contend", "--cases", case, "--sizes", sizes]
    ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return json.loads(ended.stdout.decode().splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,3000,10000")
    parser.add_argument("--cases", type=some_of(CASES), default=list(CASES))
    parser.add_argument("--tensorflow", metavar="PYTHON")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--contend", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    sizes, held = [int(size) for size in options.sizes.split(",")], {}
    if options.contend:
        (case,) = options.cases
        print(json.dumps([measured("tensorflow", case, size) for size in sizes]))
        return
    print(f"{'us a node':26}" + "".join(f"{f'n = {size:,}':>14}" for size in sizes))
    for case in options.cases:
        measured("funcfit", case, 50)  # imports, and what the first call of everything costs
        held[case] = {"funcfit": [measured("funcfit", case, size) for size in sizes]}
        if options.tensorflow:
            held[case]["tensorflow"] = in_another(options.tensorflow, case, options.sizes)
        for provider, found in held[case].items():
            for part in list(found[0])[1:]:
                label = f"{case}: {part}" if provider == "funcfit" else f"{case}: {part}, TensorFlow"
                print(f"{label:26}" + "".join(f"{one[part]:14.1f}" for one in found), flush=True)
    if options.json:
        with open(options.json, "w") as f:
            json.dump(held, f, indent=1)


if __name__ == "__main__":
    main()
