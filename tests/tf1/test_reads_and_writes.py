"""A read beside a write gives what it gives in TensorFlow: a read is an alias of its cell, not a value.

The programs are in tests/fixtures/reads_and_writes.py; the .json beside it, what TensorFlow 1.1 and 1.15 both gave in
40 runs each, was written by scripts/record_reads_and_writes.py.
"""

import json
import pathlib

import numpy as np
import pytest

import funcfit.tf1 as tf
from tests.fixtures.reads_and_writes import programs

PROGRAMS = programs()
RECORDED = json.loads((pathlib.Path(__file__).parents[1] / "fixtures" / "reads_and_writes.json").read_text())


@pytest.mark.parametrize("name", RECORDED)
def test_reads_and_writes_give_what_tensorflow_gives(name):
    with tf.Graph().as_default() as graph:
        fetches = PROGRAMS[name](tf)
        initializer = tf.global_variables_initializer()
        variables = tf.global_variables()
    with tf.Session(graph=graph) as session:
        session.run(initializer)
        for fetch, expected in zip(fetches, RECORDED[name]["runs"], strict=True):
            assert_same(session.run(fetch), expected)
        assert_same({v.op.name: session.run(v) for v in variables}, RECORDED[name]["variables"])


def test_a_loss_that_its_step_does_not_need_is_the_loss_before_the_step():
    """TensorFlow orders the two as its threads happen to run; here a read precedes every write it does not wait for."""
    with tf.Graph().as_default():
        w = tf.Variable(3.0)
        loss = tf.square(w)
        train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
        with tf.Session() as session:
            session.run(w.initializer)
            assert session.run([train, loss])[1] == pytest.approx(9.0)
            assert session.run([loss, train])[0] == pytest.approx(2.4**2)


def assert_same(ours, expected):
    """Equal to the six digits recorded, in the same structure; None where an operation was fetched."""
    if expected is None:
        assert ours is None
    elif isinstance(expected, dict):
        assert sorted(ours) == sorted(expected)
        for name, value in expected.items():
            assert_same(ours[name], value)
    elif isinstance(ours, (list, tuple)):
        assert len(ours) == len(expected)
        for one, value in zip(ours, expected):
            assert_same(one, value)
    else:
        np.testing.assert_allclose(ours, expected, rtol=2e-6)
