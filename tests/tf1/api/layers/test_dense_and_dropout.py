"""Dense, Dropout, Flatten and MaxOut."""

import inspect

import numpy as np
import pytest

import funcfit.tf1 as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def value(tensors, feeds=None):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(tensors, feeds)


@pytest.mark.parametrize("shape", [(2, 4), (2, 3, 4), (2, 1, 3, 4)])
def test_dense_multiplies_the_last_axis(shape):
    x = np.random.default_rng(0).random(shape, np.float32)
    layer = tf.layers.Dense(3, activation=tf.tanh, bias_initializer=tf.ones_initializer())
    y = layer(tf.constant(x))
    assert y.get_shape() == layer.compute_output_shape(shape) == (*shape[:-1], 3)
    ours, kernel, bias = value([y, layer.kernel, layer.bias])
    np.testing.assert_allclose(ours, np.tanh(x @ kernel + bias), rtol=1e-5)


def test_dense_of_doubles_has_double_variables():
    layer = tf.layers.Dense(3)
    assert layer(tf.zeros([1, 2], tf.float64)).dtype == tf.float64
    assert layer.kernel.dtype.base_dtype == tf.float64
    assert layer.dtype == "float64"


def test_dense_needs_to_know_its_features():
    with pytest.raises(ValueError, match="last dimension of the inputs to `Dense` should be defined"):
        tf.layers.dense(tf.placeholder(tf.float32, [3, None]), 2)


def test_dropout_keeps_the_mean_and_only_drops_in_training():
    x = tf.ones([100, 100])
    training = tf.placeholder(tf.bool, [])
    dropped = tf.layers.dropout(x, 0.25, training=training, seed=3)
    trained = value(dropped, {training: True})
    assert set(np.unique(trained)) == {0.0, np.float32(1 / 0.75)}
    assert abs(trained.mean() - 1) < 0.03
    np.testing.assert_array_equal(value(dropped, {training: False}), np.ones([100, 100]))
    assert tf.layers.dropout(x, 0.25).op.type == "Identity"


def test_dropout_drops_together_what_shares_a_place_of_the_noise():
    x = tf.placeholder(tf.float32, [None, 50, 7])
    dropped = tf.layers.dropout(x, 0.5, noise_shape=(None, 50, 1), training=True, seed=1)
    rows = value(dropped, {x: np.ones([3, 50, 7])})
    assert (rows == rows[:, :, :1]).all()
    assert len(np.unique(rows)) == 2


def test_flatten_keeps_the_batch_and_puts_channels_last():
    x = np.arange(24.0, dtype=np.float32).reshape(2, 3, 2, 2)
    last, first = value([tf.layers.flatten(x), tf.layers.flatten(x, data_format="channels_first")])
    np.testing.assert_array_equal(last, x.reshape(2, -1))
    np.testing.assert_array_equal(first, np.moveaxis(x, 1, -1).reshape(2, -1))


def test_maxout_takes_the_largest_of_each_group():
    x = np.array([[1.0, 5.0, 2.0, 3.0], [4.0, 0.0, -1.0, -2.0]], np.float32)
    np.testing.assert_array_equal(value(tf.contrib.layers.maxout(x, 2)), [[5, 3], [4, -1]])
    with pytest.raises(ValueError, match="not a multiple"):
        tf.contrib.layers.maxout(x, 3)


def test_functions_take_the_arguments_of_their_classes():
    given = lambda name: list(inspect.signature(getattr(tf.layers, name)).parameters)
    assert given("dropout") == ["inputs", "rate", "noise_shape", "seed", "training", "name"]
    assert given("max_pooling2d") == ["inputs", "pool_size", "strides", "padding", "data_format", "name"]
    assert given("dense")[:4] == ["inputs", "units", "activation", "use_bias"]
    assert given("dense")[-3:] == ["trainable", "name", "reuse"]
    with pytest.raises(TypeError, match="unit"):
        tf.layers.dense(tf.zeros([1, 1]), unit=3)
