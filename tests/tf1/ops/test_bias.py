"""Biases land on channels, wherever the data format has them."""

import numpy as np
import pytest

import funcfit.tf1 as tf


def run(fetch):
    with tf.Session() as session:
        return session.run(fetch)


@pytest.mark.parametrize(
    "shape, data_format, axis",
    [
        ([2, 3], None, 1),
        ([2, 4, 3], "NHWC", 2),
        ([2, 4, 5, 3], "NHWC", 3),
        ([2, 3, 4, 5], "NCHW", 1),
        ([2, 3, 4], "NCW", 0),
    ],
)
def test_a_bias_is_added_to_each_channel(shape, data_format, axis):
    count = shape[axis]
    with tf.Graph().as_default():
        bias = tf.constant(np.arange(count, dtype=np.float32))
        y = tf.nn.bias_add(tf.zeros(shape), bias, data_format=data_format)
        slope = tf.gradients(y, bias)[0]
        got, dbias = run([y, slope])
    along = [1] * len(shape)
    along[axis] = count
    np.testing.assert_array_equal(got, np.broadcast_to(np.arange(count).reshape(along), shape))
    assert dbias.tolist() == [np.prod(shape) // count] * count


@pytest.mark.parametrize("shape, data_format", [([2, 3], "NHWC"), ([2, 4, 5, 3], "NHWC"), ([2, 3, 4, 5], "NCHW")])
def test_the_gradient_of_the_gradient_spreads_over_the_batch(shape, data_format):
    with tf.Graph().as_default():
        bias = tf.zeros([3])
        upstream = tf.ones(shape)
        slope = tf.gradients(tf.nn.bias_add(tf.zeros(shape), bias, data_format), bias, upstream)[0]
        twice = run(tf.gradients(slope, upstream)[0])
    np.testing.assert_array_equal(twice, np.ones(shape))


def test_a_bias_that_does_not_fit_says_so():
    with tf.Graph().as_default(), pytest.raises(ValueError, match="Dimensions must be equal, but are 3 and 2"):
        tf.nn.bias_add(tf.zeros([2, 3]), tf.zeros([2]))


def test_a_vector_has_no_channels():
    with tf.Graph().as_default(), pytest.raises(ValueError, match="Shape must be at least rank 2 but is rank 1"):
        tf.nn.bias_add(tf.zeros([3]), tf.zeros([3]))


def test_old_and_composed_biases_are_the_same_sum():
    x, w, b = np.ones([2, 3], np.float32), np.full([3, 2], 2, np.float32), np.array([1, -7], np.float32)
    with tf.Graph().as_default():
        plain, old = tf.nn.xw_plus_b(x, w, b), tf.nn.xw_plus_b_v1(x, w, b)
        rectified = tf.nn.relu_layer(x, w, b)
        for got, expected in zip(run([plain, old, rectified]), [[7, -1], [7, -1], [7, 0]]):
            assert got.tolist() == [expected] * 2
