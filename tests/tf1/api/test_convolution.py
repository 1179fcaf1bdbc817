"""Convolutions composed of op types equal the plain ones they stand for."""

import numpy as np
import pytest

import funcfit.tf1 as tf

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 9, 8, 3)).astype(np.float32)
FILTER = RNG.normal(size=(3, 2, 3, 4)).astype(np.float32)
SERIES = RNG.normal(size=(2, 9, 3)).astype(np.float32)
FILTER1D = RNG.normal(size=(3, 3, 4)).astype(np.float32)


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def same(a, b):
    with tf.Session() as session:
        a, b = session.run([a, b])
    np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def with_holes(filter, rates):
    """The filter with zeros between its elements."""
    down, across = rates
    height, width = ((n - 1) * rate + 1 for n, rate in zip(filter.shape, rates))
    spread = np.zeros((height, width, *filter.shape[2:]), np.float32)
    spread[::down, ::across] = filter
    return spread


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("rates", [[1, 1], [2, 3]])
def test_holes_are_zeros_in_the_filter(padding, rates):
    plain = tf.nn.conv2d(X, with_holes(FILTER, rates), [1, 1, 1, 1], padding)
    same(tf.nn.convolution(X, FILTER, padding, dilation_rate=rates), plain)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("rate", [1, 2])
def test_atrous_convolution_has_holes_both_ways(padding, rate):
    plain = tf.nn.conv2d(X, with_holes(FILTER, [rate, rate]), [1, 1, 1, 1], padding)
    same(tf.nn.atrous_conv2d(X, FILTER, rate, padding), plain)
    unknown = tf.placeholder_with_default(X, [None, None, None, 3])
    same(tf.nn.atrous_conv2d(unknown, FILTER, rate, padding), plain)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("rate", [1, 2])
def test_atrous_transposes_are_gradients(padding, rate):
    x = tf.constant(X)
    y = tf.nn.atrous_conv2d(x, FILTER, rate, padding)
    dy = tf.constant(RNG.normal(size=y.shape.as_list()).astype(np.float32))
    same(tf.nn.atrous_conv2d_transpose(dy, FILTER, list(X.shape), rate, padding), tf.gradients(y, x, dy)[0])


def test_a_series_is_an_image_one_pixel_high():
    image = tf.nn.conv2d(SERIES[:, None], FILTER1D[None], [1, 1, 2, 1], "SAME")
    series = tf.nn.conv1d(SERIES, FILTER1D, 2, "SAME")
    assert series.shape.as_list() == [2, 5, 4]
    same(series, tf.squeeze(image, [1]))
    first = tf.nn.conv1d(SERIES.transpose(0, 2, 1), FILTER1D, 2, "SAME", data_format="NCW")
    same(tf.transpose(first, [0, 2, 1]), series)
    same(tf.nn.convolution(SERIES, FILTER1D, "SAME", strides=[2]), series)


def transposes():
    volume, filter3d = RNG.normal(size=(1, 4, 5, 6, 2)), RNG.normal(size=(2, 2, 3, 2, 3))
    yield tf.nn.conv1d, tf.nn.conv1d_transpose, SERIES, FILTER1D, 2
    yield tf.nn.conv2d, tf.nn.conv2d_transpose, X, FILTER, [1, 2, 1, 1]
    yield tf.nn.conv3d, tf.nn.conv3d_transpose, volume.astype(np.float32), filter3d.astype(np.float32), [1, 1, 2, 2, 1]


@pytest.mark.parametrize("forward, transposed, x, filter, strides", list(transposes()), ids=["1", "2", "3"])
def test_transposed_convolutions_are_gradients(forward, transposed, x, filter, strides):
    x = tf.constant(x)
    y = forward(x, filter, strides, "SAME")
    dy = tf.ones_like(y)
    got = transposed(dy, filter, x.shape.as_list(), strides, "SAME")
    same(got, tf.gradients(y, x, dy)[0])
    same(tf.nn.conv_transpose(dy, filter, x.shape.as_list(), strides, "SAME"), got)


def test_a_transposed_convolution_may_learn_its_shape_at_the_run():
    dy = tf.placeholder_with_default(np.ones([2, 5, 8, 4], np.float32), [None, 5, 8, 4])
    x = tf.nn.conv2d_transpose(dy, FILTER, tf.stack([tf.shape(dy)[0], 9, 8, 3]), [1, 2, 1, 1])
    with tf.Session() as session:
        assert session.run(x).shape == (2, 9, 8, 3)


def test_separable_convolution_mixes_what_depthwise_gives():
    depthwise, pointwise = RNG.normal(size=(3, 2, 3, 2)).astype("f"), RNG.normal(size=(1, 1, 6, 5)).astype("f")
    for rate in ([1, 1], [2, 1]):
        between = tf.nn.depthwise_conv2d(X, with_holes(depthwise, rate), [1, 1, 1, 1], "SAME")
        mixed = tf.nn.conv2d(between, pointwise, [1, 1, 1, 1], "VALID")
        same(tf.nn.separable_conv2d(X, depthwise, pointwise, [1, 1, 1, 1], "SAME", rate=rate), mixed)


@pytest.mark.parametrize("kind, named", [("MAX", "max_pool"), ("AVG", "avg_pool")])
def test_pools_of_any_rank(kind, named):
    image_pool = getattr(tf.nn, named)
    same(tf.nn.pool(X, [2, 3], kind, "SAME", strides=[2, 1]), image_pool(X, [1, 2, 3, 1], [1, 2, 1, 1], "SAME"))
    row = image_pool(SERIES[:, None], [1, 1, 2, 1], [1, 1, 1, 1], "VALID")
    same(tf.nn.pool(SERIES, [2], kind, "VALID"), tf.squeeze(row, [1]))
    every_other = image_pool(X[:, ::2], [1, 2, 1, 1], [1, 1, 1, 1], "VALID")
    same(tf.nn.pool(X, [2, 1], kind, "VALID", dilation_rate=[2, 1])[:, ::2], every_other)


def test_what_does_not_go_together_is_refused():
    with pytest.raises(ValueError, match="number of input channels does not match"):
        tf.nn.convolution(X, FILTER[:, :, :2], "SAME")
    with pytest.raises(ValueError, match="strides > 1 not supported in conjunction with dilation_rate > 1"):
        tf.nn.convolution(X, FILTER, "SAME", strides=[2, 2], dilation_rate=[2, 2])
    with pytest.raises(ValueError, match="Invalid padding method"):
        tf.nn.convolution(X, FILTER, "FULL", dilation_rate=[2, 2])
    with pytest.raises(ValueError, match=r"len\(strides\)=1 but should be 2"):
        tf.nn.convolution(X, FILTER, "SAME", strides=[2])
    with pytest.raises(ValueError, match="rate 0 cannot be less than one"):
        tf.nn.atrous_conv2d(X, FILTER, 0, "SAME")
    with pytest.raises(ValueError, match="strides > window_shape not supported"):
        tf.nn.pool(X, [1, 1], "MAX", "SAME", strides=[2, 2])
    with pytest.raises(ValueError, match="input channels does not match filter's input channels"):
        tf.nn.conv2d_transpose(X, FILTER, [2, 9, 8, 3], [1, 1, 1, 1])
    with pytest.raises(ValueError, match="output_shape does not match filter's output channels"):
        tf.nn.conv2d_transpose(tf.zeros([2, 9, 8, 4]), FILTER, [2, 9, 8, 5], [1, 1, 1, 1])
