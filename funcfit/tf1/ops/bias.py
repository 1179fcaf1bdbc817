"""Biases added to the channels of a batch, and the layers that end in one."""

import jax.numpy as jnp

from funcfit.tf1 import shapes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import NUMBERS, api, op, raw, tf


def channel_axis(data_format, rank):
    """The axis of channels, counted from the end: the last, or in NCHW the third from the end of images."""
    return -3 if data_format == "NCHW" and rank > 2 else -1


def _biased(node):
    value, bias = (x.shape for x in node.inputs)
    shapes.with_rank(node, 1, 1)
    if value.ndims is None:
        return value
    if value.ndims < 2:
        raise ValueError(
            f"Shape must be at least rank 2 but is rank {value.ndims} for '{node.name}' (op: '{node.type}') "
            f"with input shapes: {shapes.cpp_text(value)}, {shapes.cpp_text(bias)}."
        )
    axis = channel_axis(node.attrs.get("data_format"), value.ndims) % value.ndims
    sizes = list(value.dims_or_none)
    size = None if bias.ndims is None else bias.dims_or_none[0]
    if None not in (size, sizes[axis]) and size != sizes[axis]:
        raise ValueError(
            f"Dimensions must be equal, but are {sizes[axis]} and {size} for '{node.name}' (op: '{node.type}') "
            f"with input shapes: {shapes.cpp_text(value)}, {shapes.cpp_text(bias)}."
        )
    sizes[axis] = size if sizes[axis] is None else sizes[axis]
    return TensorShape(sizes)


@op("value: T, bias: T -> output: T", T=NUMBERS, out=_biased)
def BiasAdd(value, bias, *, data_format="NHWC"):
    axis = channel_axis(data_format, value.ndim)
    return value + bias.reshape(bias.shape + (1,) * (-1 - axis))


@BiasAdd.gradient
def _(node, dy):
    return [dy, raw.BiasAddGrad(dy, data_format=node.get_attr("data_format"))]


def _bias_of(node):
    shape = node.inputs[0].shape
    if shape.ndims is None:
        return TensorShape((None,))
    if shape.ndims < 2:
        raise ValueError(
            f"Shape must be at least rank 2 but is rank {shape.ndims} for '{node.name}' (op: '{node.type}') "
            f"with input shapes: {shapes.cpp_text(shape)}."
        )
    return TensorShape((shape.dims_or_none[channel_axis(node.attrs["data_format"], shape.ndims)],))


@op("out_backprop: T -> output: T", T=NUMBERS, out=_bias_of)
def BiasAddGrad(out_backprop, *, data_format="NHWC"):
    channels = channel_axis(data_format, out_backprop.ndim) % out_backprop.ndim
    return jnp.sum(out_backprop, axis=tuple(i for i in range(out_backprop.ndim) if i != channels))


@BiasAddGrad.gradient
def _(node, dy):
    shape = tf.shape(node.inputs[0])
    tf.rank(node.inputs[0])  # 1.1 makes this node and does not use it
    bias_shape = tf.shape(dy)
    if node.get_attr("data_format") == b"NCHW":
        expanded = tf.concat([tf.ones_like(shape[:-3]), bias_shape, tf.ones_like(shape[-2:])], 0)
        repeats = tf.concat([shape[:-3], [1], shape[-2:]], 0)
    else:
        expanded = tf.concat([tf.ones_like(shape[:-1]), bias_shape], 0)
        repeats = tf.concat([shape[:-1], [1]], 0)
    return [tf.tile(tf.reshape(dy, expanded), repeats)]


@op("value: T, bias: T -> output: T", T=NUMBERS, out=_biased)
def BiasAddV1(value, bias):
    return value + bias


@BiasAddV1.gradient
def _(node, dy):
    axes = tf.range(tf.rank(dy) - 1)
    return [dy, tf.reduce_sum(dy, axes)]


@api("nn.bias_add")
def bias_add(value, bias, data_format=None, name=None):
    """`value` plus the vector `bias` along the channels: the last axis, or in "NCHW" the one before the images'."""
    with name_scope(name, "BiasAdd", [value, bias]) as scope:
        value = convert_to_tensor(value, name="input")
        bias = convert_to_tensor(bias, dtype=value.dtype, name="bias")
        return raw.BiasAdd(value, bias, data_format=_image_format(data_format), name=scope)


def _image_format(data_format):
    """1.15 takes the formats of any rank here: NWC and NDHWC are as good as NHWC."""
    if data_format is None:
        return None
    if data_format.startswith("NC"):
        return "NCHW"
    if data_format.startswith("N") and data_format.endswith("C"):
        return "NHWC"
    raise ValueError(f"data_format must be of the form `N...C` or `NC...`, got {data_format!r}")


api("nn.bias_add_grad")(BiasAddGrad)


@api("nn.bias_add_v1")
def bias_add_v1(value, bias, name=None):
    """As `bias_add`, for channels last, in the op type of GraphDefs from before 2016."""
    with name_scope(name, "BiasAddV1", [value, bias]) as scope:
        value = convert_to_tensor(value, name="input")
        bias = convert_to_tensor(bias, dtype=value.dtype, name="bias")
        return raw.BiasAddV1(value, bias, name=scope)


@api("nn.xw_plus_b")
def xw_plus_b(x, weights, biases, name=None):
    """matmul(x, weights) + biases."""
    with name_scope(name, "xw_plus_b", [x, weights, biases]) as scope:
        product = _product(x, weights, biases)
        return bias_add(*product, name=scope)


@api("nn.xw_plus_b_v1")
def xw_plus_b_v1(x, weights, biases, name=None):
    """matmul(x, weights) + biases, in the op type of GraphDefs from before 2016."""
    with name_scope(name, "xw_plus_b_v1", [x, weights, biases]) as scope:
        product = _product(x, weights, biases)
        return bias_add_v1(*product, name=scope)


@api("nn.relu_layer")
def relu_layer(x, weights, biases, name=None):
    """relu(matmul(x, weights) + biases)."""
    with name_scope(name, "relu_layer", [x, weights, biases]) as scope:
        return raw.Relu(bias_add(*_product(x, weights, biases)), name=scope)


def _product(x, weights, biases):
    x = convert_to_tensor(x, name="x")
    weights = convert_to_tensor(weights, name="weights")
    biases = convert_to_tensor(biases, name="biases")
    return tf.matmul(x, weights), biases
