"""Record the operation listings of tests/listings/programs with genuine TensorFlow 1.1.0.

Run with the Python that has it; each program becomes tests/listings/FAMILY.PROGRAM.txt:

    PATH/TO/tf1.1/bin/python scripts/record_listings.py [PATTERN ...]

A PATTERN (`optimizers.*`) limits the run to matching programs. Every program is also run: whatever may be fetched is
fetched after initialisation, twice, so that a recorded graph is known to be one that works; tensors of branches not
taken, which TensorFlow refuses to fetch, are named in lines `# not valid: NAME` at the end, and what nothing consumes
has its mean and mean magnitude there, `# result: NAME MEAN MAGNITUDE`. A listing that depends on Python's hash seed
is refused: the script starts itself once more with another seed and compares.
"""

import contextlib
import fnmatch
import os
import re
import subprocess
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
from tests.listings.programs import programs  # noqa: E402
from tests.listings.render import everything, listing, summary  # noqa: E402

LISTINGS = os.path.join(os.path.dirname(HERE), "tests", "listings")


def recorded(patterns):
    """{program: lines} as TensorFlow builds them now."""
    import tensorflow as tf

    assert tf.__version__ == "1.1.0", tf.__version__
    listings, failed = {}, []
    for name, program in programs().items():
        if not any(fnmatch.fnmatch(name, pattern) for pattern in patterns):
            continue
        later = later_names if name.startswith("recurrence.") else str
        with tf.Graph().as_default() as graph:
            try:
                feeds = program(tf)
                listings[name] = [later(line) for line in listing(graph)]
                dead = dead_tensors(tf, graph, feeds)
                listings[name] += [later(line) for line in dead + results(tf, graph, feeds, dead)]
            except Exception as error:
                failed.append(f"{name}: {type(error).__name__}: {error}")
    if failed:
        sys.exit("\n\n".join(failed))
    return listings


def later_names(line):
    """A line with the names that the variables of recurrent cells have had since 1.2."""
    return re.sub("(?<!projection_)weights", "kernel", line).replace("biases", "bias")


def dead_tensors(tf, graph, feeds):
    """What raises when fetched because no branch that was taken made it; all the rest is fetched twice, in one run."""
    fetches = everything(graph)
    initializers = [tf.global_variables_initializer(), tf.local_variables_initializer()]
    dead = []
    with tf.Session(graph=graph) as session:
        session.run(initializers, feeds)
        if any(fetch.op.type == "Switch" for fetch in fetches if hasattr(fetch, "op")):
            for fetch in fetches:
                try:
                    session.run(fetch, feeds)
                except tf.errors.InvalidArgumentError as error:
                    if "was not valid" not in str(error):
                        raise
                    dead.append(fetch)
        fetches = [fetch for fetch in fetches if fetch not in dead]
        session.run(fetches, feeds)
        session.run(fetches, feeds)
    return ["# not valid: " + tensor.name for tensor in dead]


ALIASES = ("Identity", "Reshape", "Squeeze", "ExpandDims", "StopGradient", "Merge")
UP_TO_SIGN = ("Svd", "Qr", "SelfAdjointEigV2")
WRITERS = ("Assign", "Scatter", "Apply", "SparseApply", "ResourceApply", "CountUpTo")


def results(tf, graph, feeds, dead):
    """Mean and mean magnitude of what nothing consumes, where it is settled and two sessions agree on it."""
    leaves = []
    for op in graph.get_operations():
        for tensor in op.outputs:
            shown = graph.is_fetchable(tensor) and "# not valid: " + tensor.name not in dead
            if shown and not tensor.consumers() and tensor.dtype.base_dtype == tensor.dtype and settled(op):
                leaves += [tensor] if tensor.dtype != tf.string else []
    values = []
    for _ in range(2):
        with tf.Session(graph=graph) as session:
            session.run([tf.global_variables_initializer(), tf.local_variables_initializer()], feeds)
            values.append([summary(value) for value in session.run(leaves, feeds)])
    return [
        f"# result: {tensor.name} {one}"
        for tensor, one, other in zip(leaves, *values)
        if one == other and "nan" not in one and "inf" not in one
    ]


def settled(op):
    """True when nothing that the operation depends on writes to a variable, or draws without a seed.

    An alias of a variable is not settled: fetched beside writes, it shows the last of them. The flow out of a new
    TensorArray is a number that nobody wrote.
    """
    source = op
    while source.type in ALIASES:
        source = source.inputs[0].op
    if source.type in ("VariableV2", "TensorArrayV3", "TensorArrayGradV3") or op.type in UP_TO_SIGN:
        return False
    seen, todo = set(), [op]
    while todo:
        op = todo.pop()
        attr = op.node_def.attr
        if op.type.startswith(WRITERS) or ("seed2" in attr and not attr["seed"].i and not attr["seed2"].i):
            return False
        if op not in seen:
            seen.add(op)
            todo += [tensor.op for tensor in op.inputs] + op.control_inputs
    return True


def as_text(listings):
    return "\n".join("\n".join(["# " + name, *lines]) for name, lines in sorted(listings.items()))


def main():
    patterns = sys.argv[1:] or ["*"]
    with contextlib.redirect_stdout(sys.stderr):  # 1.1 prints while it differentiates a split
        listings = recorded(patterns)
    if os.environ.get("PYTHONHASHSEED") == "1":
        sys.stdout.write(as_text(listings))
        return
    command = [sys.executable, os.path.abspath(__file__), *patterns]
    again = subprocess.check_output(command, env=dict(os.environ, PYTHONHASHSEED="1"), stderr=subprocess.DEVNULL)
    if again.decode("utf-8") != as_text(listings):
        sys.exit("two Python processes list a program differently")
    for name, lines in listings.items():
        with open(os.path.join(LISTINGS, name + ".txt"), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    print(len(listings), "listings,", sum(map(len, listings.values())), "operations")


if __name__ == "__main__":
    main()
