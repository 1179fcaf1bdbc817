"""Dropout keeps what it should, and scales it."""

import numpy as np
import pytest

import funcfit.tf1 as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def run(fetch, feeds=None):
    with tf.Session() as session:
        return session.run(fetch, feeds)


@pytest.mark.parametrize("how", [{"keep_prob": 0.8}, {"rate": 0.2}])
def test_elements_are_kept_at_the_rate_asked_for_and_scaled(how):
    y = run(tf.nn.dropout(tf.ones([10_000]), seed=1, **how))
    assert set(np.unique(y)) == {0, np.float32(1.25)}
    assert abs((y > 0).mean() - 0.8) < 0.02


def test_the_gradient_goes_through_what_was_kept():
    x = tf.ones([100])
    y = tf.nn.dropout(x, 0.5, seed=1)
    value, slope = run([y, tf.gradients(y, x)[0]])
    np.testing.assert_array_equal(value, slope)


def test_a_probability_of_one_changes_nothing_and_may_be_fed():
    x = tf.ones([3])
    assert tf.nn.dropout(x, 1.0) is x
    keep = tf.placeholder(tf.float32, [])
    assert run(tf.nn.dropout(x, keep), {keep: 1.0}).tolist() == [1, 1, 1]


def test_elements_may_share_their_fate():
    y = run(tf.nn.dropout(tf.ones([20, 4]), 0.5, noise_shape=[20, 1], seed=1))
    assert (y == y[:, :1]).all() and len(np.unique(y)) == 2


def test_what_is_no_probability_is_refused():
    for wrong in (0.0, 1.5, -0.1):
        with pytest.raises(ValueError, match=r"keep_prob must be a scalar tensor or a float in the range \(0, 1\]"):
            tf.nn.dropout(tf.ones([3]), wrong)
    with pytest.raises(ValueError, match="rate must be a scalar tensor or a float"):
        tf.nn.dropout(tf.ones([3]), rate=1.0)
    with pytest.raises(ValueError, match="You must provide a rate"):
        tf.nn.dropout(tf.ones([3]))
    with pytest.raises(ValueError, match="Only one of"):
        tf.nn.dropout(tf.ones([3]), 0.5, rate=0.5)
    with pytest.raises(ValueError, match="x has to be a floating point tensor"):
        tf.nn.dropout(tf.constant([1, 2]), 0.5)
