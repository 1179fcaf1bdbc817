"""Record what TensorFlow 1.1 and 1.15 give for reads beside writes: tests/fixtures/reads_and_writes.json.

Run with any Python, naming the interpreters that have TensorFlow:

    python scripts/record_reads_and_writes.py PATH/TO/tf1.1/bin/python PATH/TO/tf1.15/bin/python

Each program of tests/fixtures/reads_and_writes.py runs 40 times under each interpreter, every time in a fresh
session. A program is kept when all its runs under both releases agree to six digits.
"""

import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FIXTURES = os.path.join(ROOT, "tests", "fixtures")
RUNS = 40


def outcome(tf, graph, fetches, initializer):
    """What one fresh session gives: the fetched values of each run, and every variable's value afterwards."""
    with tf.Session(graph=graph) as session:
        session.run(initializer)
        runs = [plain(session.run(fetch)) for fetch in fetches]
        variables = {v.op.name: plain(session.run(v)) for v in graph.get_collection("variables")}
    return {"runs": runs, "variables": variables}


def plain(value):
    """Lists and numbers to six digits, for JSON; an operation's None stays."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def outcomes_of_this_interpreter():
    """{program: [outcome, ...]}, one for each of the runs."""
    import tensorflow as tf

    sys.path.insert(0, FIXTURES)
    import reads_and_writes

    found = {}
    for name, program in reads_and_writes.programs().items():
        with tf.Graph().as_default() as graph:
            fetches = program(tf)
            initializer = tf.global_variables_initializer()
        found[name] = [outcome(tf, graph, fetches, initializer) for _ in range(RUNS)]
    return found


def record(interpreters):
    outcomes = {}
    for interpreter in interpreters:
        command = [interpreter, os.path.abspath(__file__), "--here"]
        environment = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="2")
        output = subprocess.check_output(command, env=environment, stderr=subprocess.DEVNULL)
        for name, runs in json.loads(output.decode("utf-8")).items():
            outcomes.setdefault(name, set()).update(json.dumps(run, sort_keys=True) for run in runs)
    stable = [f'"{name}": {found.pop()}' for name, found in sorted(outcomes.items()) if len(found) == 1]
    with open(os.path.join(FIXTURES, "reads_and_writes.json"), "w", encoding="utf-8") as file:
        file.write("{\n" + ",\n".join(stable) + "\n}\n")
    print(len(stable), "programs kept; these vary:", [name for name, found in outcomes.items() if len(found) > 1])


if __name__ == "__main__":
    if sys.argv[1:] == ["--here"]:
        print(json.dumps(outcomes_of_this_interpreter()))
    else:
        record(sys.argv[1:])
