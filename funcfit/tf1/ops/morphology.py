"""Dilation and erosion of images by a filter, and their gradients, which are op types too."""

from funcfit.kernels import morphology as kernels
from funcfit.tf1 import shapes
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import FLOATS, api, op, raw, tf


def _dilated(node):
    batch, *sizes, channels = shapes.with_rank(node, 0, 4)
    *window, filter_channels = shapes.with_rank(node, 1, 3)
    if None not in (channels, filter_channels) and channels != filter_channels:
        raise shapes.misfit(node, f"Dimensions must be equal, but are {channels} and {filter_channels}")
    walk = zip(sizes, window, node.attrs["strides"][1:3], node.attrs["rates"][1:3])
    padding = node.attrs["padding"]
    out = [None if k is None else shapes.places(node, n, k, s, padding, r) for n, k, s, r in walk]
    return TensorShape([batch, *out, filter_channels if channels is None else channels])


@op("input: T, filter: T -> output: T", T=FLOATS, out=_dilated)
def Dilation2D(input, filter, *, strides, rates, padding):
    return kernels.dilation(input, filter, strides, padding, rates)


@Dilation2D.gradient
def _(node, dy):
    how = {name: node.attrs[name] for name in ("strides", "rates", "padding")}
    return [
        raw.Dilation2DBackpropInput(*node.inputs, dy, **how),
        raw.Dilation2DBackpropFilter(*node.inputs, dy, **how),
    ]


@op("input: T, filter: T, out_backprop: T -> in_backprop: T", T=FLOATS, out=shapes.same, gradient="unregistered")
def Dilation2DBackpropInput(input, filter, out_backprop, *, strides, rates, padding):
    return kernels.dilation_gradients(input, filter, out_backprop, strides, padding, rates)[0]


@op(
    "input: T, filter: T, out_backprop: T -> filter_backprop: T",
    T=FLOATS,
    out=lambda node: node.inputs[1].shape,
    gradient="unregistered",
)
def Dilation2DBackpropFilter(input, filter, out_backprop, *, strides, rates, padding):
    return kernels.dilation_gradients(input, filter, out_backprop, strides, padding, rates)[1]


api("nn.dilation2d_backprop_input")(Dilation2DBackpropInput)
api("nn.dilation2d_backprop_filter")(Dilation2DBackpropFilter)


@api("nn.dilation2d")
def dilation2d(input, filter=None, strides=None, rates=None, padding=None, name=None, filters=None, dilations=None):
    """The largest sum of a window and the filter [height, width, channels], whose elements are `rates` apart."""
    filter = filters if filter is None else filter
    rates = dilations if rates is None else rates
    return raw.Dilation2D(input, filter, strides=strides, rates=rates, padding=padding, name=name)


@api("nn.erosion2d")
def erosion2d(value, kernel, strides, rates, padding, name=None):
    """The smallest difference of what the window covers and the kernel: dilation's dual."""
    with name_scope(name, "erosion2d", [value, kernel]) as scope:
        value, kernel = tf.negative(value), tf.reverse_v2(kernel, [0, 1])
        return tf.negative(dilation2d(value, kernel, strides, rates, padding, name=scope))
