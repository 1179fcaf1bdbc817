"""Record what TensorFlow 1.15.5 gives for the rows of tests/tf1/op_table: tests/fixtures/values/FAMILY.jsonl.

Run with the Python that has it:

    PATH/TO/tf1.15/bin/python scripts/record_values.py [PATTERN ...]

A PATTERN (`nn.conv2d*`) limits the run to matching rows; the others keep what they have. One line a case: its outputs,
and the gradients of its inputs, as text (op_table/evaluation.py). Where TensorFlow has no gradient the line has none; a
case that it refuses has no line. Both are named while recording.
"""

import fnmatch
import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, ROOT)
import tensorflow as tf  # noqa: E402

from tests.tf1.op_table import tables  # noqa: E402
from tests.tf1.op_table.evaluation import Case, as_text  # noqa: E402

VALUES = os.path.join(ROOT, "tests", "fixtures", "values")


def recorded(row, inputs, differentiate=True):
    """The outputs' and the gradients' texts of one case."""
    with tf.Graph().as_default() as graph:
        case = Case(tf, row, inputs, differentiate)
    with tf.Session(graph=graph) as session:
        outputs = session.run(case.outputs, case.feeds)
        feeds = {**case.feeds, **case.weight_feeds(outputs)}
        present = [dx for dx in case.gradients if dx is not None]
        values = iter(session.run(present, feeds))
    if not differentiate:
        return {"outputs": [as_text(output) for output in outputs]}
    gradients = [None if dx is None else as_text(next(values)) for dx in case.gradients]
    return {"outputs": [as_text(output) for output in outputs], "gradients": gradients}


def line_of(name, row, inputs):
    """The line of a case; without gradients where TensorFlow has none; None where it refuses the inputs."""
    for differentiate in (True, False):
        try:
            return json.dumps({"case": name, **recorded(row, inputs, differentiate)})
        except Exception as error:
            what = "gradient" if differentiate else "case"
            print(f"no {what}: {name}: {type(error).__name__}: {str(error).splitlines()[0][:100]}")
    return None


def record(patterns):
    assert tf.__version__ == "1.15.5", tf.__version__
    for family, rows in tables().items():
        path = os.path.join(VALUES, family + ".jsonl")
        lines = {}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                lines = {json.loads(line)["case"]: line.strip() for line in file}
        for row in rows.values():
            if any(fnmatch.fnmatch(row.name, pattern) for pattern in patterns):
                for word, inputs in row.cases.items():
                    lines[row.name + "/" + word] = line_of(row.name + "/" + word, row, inputs)
        cases = [row.name + "/" + word for row in rows.values() for word in row.cases]
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(lines[case] + "\n" for case in cases if lines.get(case)))


if __name__ == "__main__":
    record(sys.argv[1:] or ["*"])
