"""Optimizers go where TensorFlow's go: five steps of each, dense and sparse, variables and slots.

The optimizers are in tests/fixtures/optimizers.py; the .json beside it was recorded from TensorFlow 1.15.5 by
scripts/record_optimizers.py.
"""

import json
import pathlib

import numpy as np
import pytest

import funcfit.tf1 as tf
from tests.fixtures.optimizers import trajectory

RECORDED = json.loads((pathlib.Path(__file__).parents[1] / "fixtures" / "optimizers.json").read_text())


@pytest.mark.parametrize("name", RECORDED)
def test_an_optimizer_goes_where_tensorflows_goes(name):
    optimizer, loss = name.split("/")
    reached = trajectory(tf, optimizer, loss)
    assert sorted(reached) == sorted(RECORDED[name])
    for variable, expected in RECORDED[name].items():
        # Five steps, each rounded; small differences of the sums come back magnified where an update divides by a root.
        np.testing.assert_allclose(reached[variable], expected, rtol=2e-5, atol=2e-6, err_msg=variable)
