"""Optimizers go where TensorFlow's go: five steps of each, dense and sparse, variables and slots.

The optimizers are in tests/fixtures/optimizers.py; the .json beside it was recorded from TensorFlow 1.15.5 by
scripts/record_optimizers.py.
"""

import itertools
import json
import pathlib

import numpy as np
import pytest

import funcfit.tf1 as tf
from tests.fixtures.optimizers import LOSSES, OPTIMIZERS, trajectory

RECORDED = json.loads((pathlib.Path(__file__).parents[1] / "fixtures" / "optimizers.json").read_text())


@pytest.mark.parametrize(("optimizer", "loss"), list(itertools.product(OPTIMIZERS, LOSSES)))
def test_an_optimizer_goes_where_tensorflows_goes(optimizer, loss):
    recorded = RECORDED.get(f"{optimizer}/{loss}")
    assert recorded is not None, "not recorded yet: scripts/record_optimizers.py"
    reached = trajectory(tf, optimizer, loss)
    assert sorted(reached) == sorted(recorded)
    for variable, expected in recorded.items():
        # Five steps, each rounded; small differences of the sums come back magnified where an update divides by a root.
        np.testing.assert_allclose(reached[variable], expected, rtol=2e-5, atol=2e-6, err_msg=variable)


def test_every_optimizer_is_among_them():
    classes = {c for c in vars(tf.train).values() if isinstance(c, type) and issubclass(c, tf.train.Optimizer)}
    with tf.Graph().as_default():
        step = tf.Variable(0, dtype=tf.int64)
        tested = {type(make(tf, step)) for make in OPTIMIZERS.values()}
    assert classes - tested == {tf.train.Optimizer, tf.train.SyncReplicasOptimizer}
