"""Convolution nodes: static shapes, data formats, second derivatives, and what is refused when they are made."""

import numpy as np
import pytest

import funcfit.tf1 as tf

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2, 7, 6, 4)).astype(np.float32)
FILTER = RNG.normal(size=(3, 2, 4, 3)).astype(np.float32)
DEPTHWISE = RNG.normal(size=(3, 2, 4, 2)).astype(np.float32)
VOLUME = RNG.normal(size=(2, 4, 5, 3, 2)).astype(np.float32)
FILTER3D = RNG.normal(size=(2, 3, 2, 2, 3)).astype(np.float32)


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def run(fetch, feeds=None):
    with tf.Session() as session:
        return session.run(fetch, feeds)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("strides", [[1, 1, 1, 1], [1, 2, 3, 1]])
def test_static_shapes_are_those_of_the_values(strides, padding):
    y = tf.nn.conv2d(X, FILTER, strides, padding)
    z = tf.nn.depthwise_conv2d_native(X, DEPTHWISE, [1, 2, 2, 1], padding)
    volumes = tf.nn.conv3d(VOLUME, FILTER3D, [1, *strides[:3], 1][:5], padding)
    for tensor, value in zip((y, z, volumes), run([y, z, volumes])):
        assert tuple(tensor.shape.as_list()) == value.shape


def test_sizes_that_are_not_known_stay_open():
    x = tf.placeholder(tf.float32, [None, None, 8, 4])
    y = tf.nn.conv2d(x, FILTER, [1, 2, 2, 1], "SAME")
    assert y.shape.as_list() == [None, None, 4, 3]
    assert run(y, {x: np.zeros([3, 5, 8, 4])}).shape == (3, 3, 4, 3)
    assert tf.nn.conv2d(tf.placeholder(tf.float32), FILTER, [1, 1, 1, 1], "SAME").shape.as_list() == [
        None,
        None,
        None,
        3,
    ]


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_channels_first_gives_the_same(padding):
    last = tf.nn.conv2d(X, FILTER, [1, 2, 1, 1], padding)
    first = tf.nn.conv2d(X.transpose(0, 3, 1, 2), FILTER, [1, 1, 2, 1], padding, data_format="NCHW")
    assert first.shape.as_list() == [2, 3, *last.shape.as_list()[1:3]]
    a, b = run([last, first])
    np.testing.assert_allclose(b.transpose(0, 2, 3, 1), a, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("strides", [2, [2], [2, 2], [1, 2, 2, 1]])
def test_strides_may_be_given_for_spatial_axes_alone(strides):
    a, b = run([tf.nn.conv2d(X, FILTER, [1, 2, 2, 1], "SAME"), tf.nn.conv2d(X, FILTER, strides, "SAME")])
    np.testing.assert_array_equal(a, b)


def test_margins_may_be_given():
    pairs = [[0, 0], [2, 0], [0, 1], [0, 0]]
    by_hand = tf.nn.conv2d(np.pad(X, pairs), FILTER, [1, 1, 1, 1], "VALID")
    padded = tf.nn.conv2d(X, FILTER, [1, 1, 1, 1], pairs)
    assert padded.shape == by_hand.shape
    a, b = run([by_hand, padded])
    np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_dilations_are_holes_in_the_filter():
    holes = np.zeros([5, 2, 4, 3], np.float32)
    holes[::2] = FILTER
    dilated = tf.nn.conv2d(X, FILTER, [1, 1, 1, 1], "VALID", dilations=[1, 2, 1, 1])
    plain = tf.nn.conv2d(X, holes, [1, 1, 1, 1], "VALID")
    assert dilated.shape == plain.shape
    a, b = run([dilated, plain])
    np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_attrs_that_1_1_does_not_have_are_there_only_when_they_matter():
    plain = tf.nn.conv2d(X, FILTER, [1, 1, 1, 1], "SAME")
    assert sorted(plain.op.attrs) == ["T", "data_format", "padding", "strides", "use_cudnn_on_gpu"]
    dilated = tf.nn.conv2d(X, FILTER, [1, 1, 1, 1], "SAME", dilations=[1, 2, 2, 1])
    assert dilated.op.attrs["dilations"] == (1, 2, 2, 1)


CONVOLUTIONS = [
    (lambda x, w: tf.nn.conv2d(x, w, [1, 2, 1, 1], "SAME"), X, FILTER),
    (lambda x, w: tf.nn.depthwise_conv2d_native(x, w, [1, 1, 1, 1], "VALID"), X, DEPTHWISE),
    (lambda x, w: tf.nn.conv3d(x, w, [1, 1, 2, 1, 1], "SAME"), VOLUME, FILTER3D),
]


@pytest.mark.parametrize("convolution, x, filter", CONVOLUTIONS, ids=["images", "depthwise", "volumes"])
def test_a_convolution_is_linear_in_either_argument(convolution, x, filter):
    """So the gradient's gradient is the convolution again, and mixed derivatives agree."""
    a, w = tf.constant(x), tf.constant(filter)
    y = convolution(a, w)
    dy = tf.ones_like(y) * 0.5
    da, dw = tf.gradients(y, [a, w], dy)
    again = tf.gradients(da, dy, a)[0]
    for derivative in (again, tf.gradients(dw, dy, w)[0]):
        got, expected = run([derivative, y])
        np.testing.assert_allclose(got, expected, rtol=1e-3, atol=1e-4)
    mixed = run([tf.gradients(da, w, a)[0], dw])
    np.testing.assert_allclose(*mixed, rtol=1e-3, atol=1e-4)


def test_what_cannot_fit_is_refused_when_it_is_made():
    with pytest.raises(ValueError, match="Dimensions must be equal, but are 4 and 3 for 'Conv2D'"):
        tf.nn.conv2d(X, FILTER[:, :, :3], [1, 1, 1, 1], "SAME")
    with pytest.raises(ValueError, match="Negative dimension size caused by subtracting 3 from 2"):
        tf.nn.conv2d(X[:, :2], FILTER, [1, 1, 1, 1], "VALID")
    with pytest.raises(ValueError, match="Shape must be rank 4 but is rank 3"):
        tf.nn.conv2d(X[0], FILTER, [1, 1, 1, 1], "VALID")
    with pytest.raises(tf.errors.InvalidArgumentError, match="strides in the batch and depth"):
        tf.nn.conv2d(X, FILTER, [2, 1, 1, 1], "VALID")
    with pytest.raises(ValueError, match="padding"):
        tf.nn.conv2d(X, FILTER, [1, 1, 1, 1], "FULL")
    with pytest.raises(TypeError, match="Expected list for 'strides' argument to 'Conv2D' Op"):
        tf.nn.conv2d(X, FILTER, "2", "SAME")


def test_a_gradient_of_another_size_is_an_error():
    dx = tf.nn.conv2d_backprop_input([2, 9, 9, 4], FILTER, tf.zeros([2, 3, 3, 3]), [1, 1, 1, 1], "SAME")
    with pytest.raises(tf.errors.InvalidArgumentError, match="Size of out_backprop doesn't match computed"):
        run(dx)
