"""Convolution and pooling layers: shapes as announced, channels first as last, values as the ops'."""

import numpy as np
import pytest

import funcfit.tf1 as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        tf.set_random_seed(1)
        yield graph


CONVOLUTIONS = {
    "Conv1D": 1,
    "Conv2D": 2,
    "Conv3D": 3,
    "SeparableConv1D": 1,
    "SeparableConv2D": 2,
    "Conv2DTranspose": 2,
    "Conv3DTranspose": 3,
}
POOLS = {f"{kind}Pooling{rank}D": rank for kind in ("Max", "Average") for rank in (1, 2, 3)}


def random_inputs(rank):
    return np.random.default_rng(0).random((2, *range(5, 5 + rank), 4), np.float32)


def moved(array, rank, first):
    """Channels last to channels first, or back."""
    return np.moveaxis(array, -1, 1) if first else np.moveaxis(array, 1, -1)


def value(*tensors):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(tensors)


@pytest.mark.parametrize("padding", ["valid", "SAME"])
@pytest.mark.parametrize("name", [*CONVOLUTIONS, *POOLS])
def test_channels_first_gives_what_channels_last_gives(name, padding):
    rank = CONVOLUTIONS.get(name) or POOLS[name]
    x = random_inputs(rank)
    outputs = []
    for data_format in ("channels_last", "channels_first"):
        options = dict(strides=2, padding=padding, data_format=data_format)
        if name in POOLS:
            layer = getattr(tf.layers, name)(2, **options)
        else:
            fixed = dict(use_bias=True, bias_initializer=tf.random_uniform_initializer(seed=5), _reuse=tf.AUTO_REUSE)
            layer = getattr(tf.layers, name)(3, 2, **options, **fixed, _scope="same")
        first = data_format == "channels_first"
        given = moved(x, rank, True) if first else x
        y = layer(tf.constant(given))
        assert y.get_shape() == layer.compute_output_shape(given.shape)
        outputs.append((y, first))
    last, first = value(*(y for y, _ in outputs))
    np.testing.assert_allclose(moved(first, rank, False), last, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", [name for name in CONVOLUTIONS if "Transpose" not in name])
def test_dilated_outputs_have_the_announced_shape(name):
    x = tf.constant(random_inputs(CONVOLUTIONS[name]))
    layer = getattr(tf.layers, name)(3, 2, dilation_rate=2)
    assert layer(x).get_shape() == layer.compute_output_shape(x.get_shape())


def test_unknown_sizes_stay_unknown():
    x = tf.placeholder(tf.float32, [None, None, 6, 3])
    assert tf.layers.conv2d(x, 2, 3).get_shape().as_list() == [None, None, 4, 2]
    assert tf.layers.conv2d_transpose(x, 2, 3, strides=2).get_shape().as_list() == [None, None, 13, 2]
    assert tf.layers.max_pooling2d(x, 2, 2).get_shape().as_list() == [None, None, 3, 3]
    assert tf.layers.flatten(x).get_shape().as_list() == [None, None]


def test_a_convolution_is_its_op_with_bias_and_activation():
    x = tf.constant(random_inputs(2))
    layer = tf.layers.Conv2D(3, (2, 3), strides=(1, 2), activation=tf.nn.relu, bias_initializer=tf.ones_initializer())
    y = layer(x)
    expected = tf.nn.relu(tf.nn.conv2d(x, layer.kernel, [1, 1, 2, 1], "VALID") + layer.bias)
    ours, theirs = value(y, expected)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_a_layer_may_do_without_a_bias():
    layer = tf.layers.SeparableConv2D(3, 2, depth_multiplier=2, use_bias=False)
    layer(tf.constant(random_inputs(2)))
    assert [v.get_shape().as_list() for v in layer.weights] == [[2, 2, 4, 2], [1, 1, 8, 3]]
    assert layer.bias is None


def test_wrong_arguments_are_named():
    x = tf.constant(random_inputs(2))
    for options in (dict(strides=(1, 2, 3)), dict(padding="full"), dict(data_format="NHWC"), dict(kernel_size=None)):
        with pytest.raises(ValueError, match=next(iter(options))):
            tf.layers.conv2d(x, 3, **{"kernel_size": 2, **options})
    with pytest.raises(ValueError, match="channel dimension of the inputs should be defined"):
        tf.layers.conv2d(tf.placeholder(tf.float32, [1, 4, 4, None]), 3, 2)
