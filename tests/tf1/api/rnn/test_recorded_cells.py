"""Cells give what TensorFlow's give: a step and a sequence of each, with gradients, and variables of the same names.

The cells are in tests/fixtures/recurrence.py; the .json beside it was recorded from TensorFlow 1.15.5 by
scripts/record_recurrence.py.
"""

import json
import pathlib

import numpy as np
import pytest

import funcfit.tf1 as tf
from tests.fixtures.recurrence import CELLS, results

RECORDED = json.loads((pathlib.Path(__file__).parents[3] / "fixtures" / "recurrence.json").read_text())


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_gives_what_tensorflows_gives(name):
    recorded, found = RECORDED[name], results(tf, name)
    assert found["variables"] == recorded["variables"]
    for part in ("step", "sequence"):
        assert len(found[part]) == len(recorded[part])
        for i, (value, expected) in enumerate(zip(found[part], recorded[part])):
            np.testing.assert_allclose(value, expected, rtol=2e-5, atol=3e-6, err_msg=f"{part} {i}")
