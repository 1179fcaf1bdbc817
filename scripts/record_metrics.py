"""Record what TensorFlow 1.15.5's metrics give after each of two batches: tests/fixtures/metrics.json.

PATH/TO/tf1.15/bin/python scripts/record_metrics.py
"""

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
FIXTURES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "fixtures")
sys.path.insert(0, FIXTURES)
import metrics  # noqa: E402
import tensorflow as tf  # noqa: E402

lines = [f"{json.dumps(case)}: {json.dumps(metrics.run(tf, case))}" for case in metrics.CASES]
with open(os.path.join(FIXTURES, "metrics.json"), "w", encoding="utf-8") as file:
    file.write("{\n" + ",\n".join(lines) + "\n}\n")
