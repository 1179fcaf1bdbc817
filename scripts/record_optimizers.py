"""Record where TensorFlow 1.15.5's optimizers go in five steps: tests/fixtures/optimizers.json.

PATH/TO/tf1.15/bin/python scripts/record_optimizers.py
"""

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
FIXTURES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "fixtures")
sys.path.insert(0, FIXTURES)
import optimizers  # noqa: E402
import tensorflow as tf  # noqa: E402


def short(value):
    """Eight digits, which give a float32 back nearly always."""
    return [short(item) for item in value] if isinstance(value, list) else float(f"{value:.8g}")


lines = []
for optimizer in optimizers.OPTIMIZERS:
    for loss in optimizers.LOSSES:
        reached = {name: short(values) for name, values in optimizers.trajectory(tf, optimizer, loss).items()}
        lines.append(f"{json.dumps(optimizer + '/' + loss)}: {json.dumps(reached)}")
with open(os.path.join(FIXTURES, "optimizers.json"), "w", encoding="utf-8") as file:
    file.write("{\n" + ",\n".join(lines) + "\n}\n")
