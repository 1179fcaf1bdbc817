"""Penalties on weights."""

import pytest

import funcfit.tf1 as tf

layers = tf.contrib.layers


def value(penalty):
    with tf.Session() as session:
        return session.run(penalty)


def test_penalties_are_sums_of_powers():
    with tf.Graph().as_default():
        weights = tf.constant([[1.0, -2.0], [3.0, 0.0]])
        assert value(layers.l1_regularizer(0.5)(weights)) == pytest.approx(3.0)
        assert value(layers.l2_regularizer(0.5)(weights)) == pytest.approx(3.5)
        assert value(layers.l1_l2_regularizer(0.5, 0.5)(weights)) == pytest.approx(6.5)
        assert value(layers.l1_l2_regularizer(0.0, 0.5)(weights)) == pytest.approx(3.5)
        summed = layers.sum_regularizer([layers.l1_regularizer(0.5), None, layers.l2_regularizer(0.0)])
        assert value(summed(weights)) == pytest.approx(3.0)


def test_a_scale_of_zero_is_no_penalty_and_other_scales_must_be_positive_floats():
    assert layers.l1_regularizer(0.0)(None) is None
    assert layers.sum_regularizer([]) is None
    for regularizer in (layers.l1_regularizer, layers.l2_regularizer):
        with pytest.raises(ValueError, match="less than 0"):
            regularizer(-0.1)
        with pytest.raises(ValueError, match="cannot be an integer"):
            regularizer(1)


def test_a_collection_is_penalized_at_once():
    with tf.Graph().as_default():
        with pytest.raises(ValueError, match="No weights to regularize"):
            layers.apply_regularization(layers.l1_regularizer(1.0))
        for weights in ([1.0, 2.0], [-3.0]):
            tf.add_to_collection(tf.GraphKeys.WEIGHTS, tf.constant(weights))
        total = layers.apply_regularization(layers.l1_regularizer(1.0))
        assert tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES) == [total]
        assert value(total) == 6.0
        with pytest.raises(ValueError, match="must return a scalar Tensor"):
            layers.apply_regularization(tf.abs, [tf.constant([1.0])])
