"""Record what TensorFlow 1.15.5's recurrent cells give: tests/fixtures/recurrence.json, one line a cell.

PATH/TO/tf1.15/bin/python scripts/record_recurrence.py
"""

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
FIXTURES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "fixtures")
sys.path.insert(0, FIXTURES)
import recurrence  # noqa: E402
import tensorflow as tf  # noqa: E402

assert tf.__version__ == "1.15.5", tf.__version__
tf.logging.set_verbosity(tf.logging.ERROR)


def short(value):
    """Six digits."""
    return [short(item) for item in value] if isinstance(value, list) else float(f"{value:.6g}")


lines = []
for name in recurrence.CELLS:
    try:
        found = recurrence.results(tf, name)
    except Exception as error:
        sys.exit(f"{name}: {type(error).__name__}: {error}")
    found["step"], found["sequence"] = short(found["step"]), short(found["sequence"])
    lines.append(f"{json.dumps(name)}: {json.dumps(found)}")
with open(os.path.join(FIXTURES, "recurrence.json"), "w", encoding="utf-8") as file:
    file.write("{\n" + ",\n".join(lines) + "\n}\n")
print(len(lines), "cells")
