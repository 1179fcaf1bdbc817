"""What every op gives, as a table: a row a public function (or a use of one), a case a set of inputs.

    inputs      the arrays that rows share, and the helpers that make cases
    elementwise, combining, reductions, arrays, indexing, linear_algebra, networks, pooling, losses, images, rates, raw
                one family each: its ROWS

TensorFlow 1.15.5 recorded each case's outputs, and the gradients of its float inputs, in
tests/fixtures/values/FAMILY.jsonl (scripts/record_values.py); test_values.py replays them. To add an op, add a row and
run the script for it. That TensorFlow's Python 3.7 reads these modules, and they import numpy alone.
"""

import importlib

FAMILIES = [
    "elementwise",
    "combining",
    "reductions",
    "arrays",
    "indexing",
    "linear_algebra",
    "networks",
    "pooling",
    "losses",
    "images",
    "rates",
    "raw",
]


def tables(package=__name__):
    """{family: {row name: row}}."""
    found = {}
    for family in FAMILIES:
        rows = importlib.import_module(package + "." + family).ROWS
        found[family] = {row.name: row for row in rows}
        assert len(found[family]) == len(rows), [row.name for row in rows if found[family][row.name] is not row]
    return found
