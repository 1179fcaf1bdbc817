"""Convolutions over two and three spatial axes, plain and channel by channel; their gradients are op types too."""

import math

from funcfit.errors import InvalidArgumentError
from funcfit.kernels import conv as kernels
from funcfit.kernels.windows import places
from funcfit.tf1 import shapes
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import FLOATS, api, op, raw, tf

ONES4 = (1, 1, 1, 1)
ONES5 = (1, 1, 1, 1, 1)


def _how(strides, padding, data_format, dilations, explicit_paddings=()):
    """(strides, padding, dilations, channels_first) as the kernels take them, from the attrs."""
    if padding == "EXPLICIT":
        pairs = list(zip(explicit_paddings[::2], explicit_paddings[1::2]))
        padding = shapes.spatial(pairs, data_format)
    spatial = (shapes.spatial(sizes, data_format) for sizes in (strides, dilations))
    strides, dilations = (tuple(sizes) for sizes in spatial)
    return strides, padding, dilations, data_format.startswith("NC")


def _check_spatial(attrs, data_format):
    for what in ("strides", "dilations"):
        sizes = attrs.get(what, ())
        if math.prod(sizes) != math.prod(shapes.spatial(sizes, data_format)):
            raise InvalidArgumentError(
                None, None, f"Current implementation does not yet support {what} in the batch and depth dimensions."
            )


# Shapes -------------------------------------------------------------------------------------------------------------


def _convolved(node, depthwise=False):
    data_format = node.attrs.get("data_format", "NDHWC")
    _check_spatial(node.attrs, data_format)
    rank = len(node.attrs["strides"])
    x, filter = (shapes.with_rank(node, i, rank) for i in (0, 1))
    *window, filter_in, out = filter
    batch, channels = x[0], x[1 if data_format.startswith("NC") else -1]
    if None not in (channels, filter_in) and channels != filter_in:
        raise shapes.misfit(node, f"Dimensions must be equal, but are {channels} and {filter_in}")
    if depthwise:
        channels = filter_in if channels is None else channels
        out = None if None in (channels, out) else channels * out
    return shapes.images(batch, _walked(node, shapes.spatial(x, data_format), window, data_format), out, data_format)


def _walked(node, sizes, window, data_format):
    """The spatial sizes that come out; None where one is unknown."""
    strides = shapes.spatial(node.attrs["strides"], data_format)
    dilations = node.attrs.get("dilations")
    dilations = [1] * len(sizes) if dilations is None else shapes.spatial(dilations, data_format)
    padding = node.attrs["padding"]
    if padding == "EXPLICIT":
        margins = list(zip(node.attrs["explicit_paddings"][::2], node.attrs["explicit_paddings"][1::2]))
        margins = shapes.spatial(margins, data_format)
        sizes = [None if n is None else n + sum(m) for n, m in zip(sizes, margins)]
        padding = "VALID"
    if None in window:
        return [None] * len(sizes)
    return [shapes.places(node, n, k, s, padding, d) for n, k, s, d in zip(sizes, window, strides, dilations)]


def _depthwise(node):
    return _convolved(node, depthwise=True)


def _sizes_given(position, partly=False):
    """The output has the shape that an input's value spells, and the rank of the filter.

    1.1 looks at a value that is known in part for volumes, and for images only at one that is known as a whole.
    """

    def rule(node):
        unknown = TensorShape([None] * len(node.attrs["strides"]))
        if not partly and shapes.constant_value(node.inputs[position]) is None:
            return unknown
        return shapes.constant_value_as_shape(node.inputs[position]).merge_with(unknown)

    return rule


# Two spatial axes ---------------------------------------------------------------------------------------------------

_LATER = ("dilations", "explicit_paddings")


@op("input: T, filter: T -> output: T", T=FLOATS, out=_convolved, later=_LATER)
def Conv2D(
    input, filter, *, strides, padding, use_cudnn_on_gpu=True, data_format="NHWC", dilations=ONES4, explicit_paddings=()
):
    return kernels.convolution(input, filter, *_how(strides, padding, data_format, dilations, explicit_paddings))


@op(
    "input_sizes: int32, filter: T, out_backprop: T -> output: T",
    T=FLOATS,
    out=_sizes_given(0),
    fixed=("input_sizes",),
    later=_LATER,
)
def Conv2DBackpropInput(
    input_sizes,
    filter,
    out_backprop,
    *,
    strides,
    padding,
    use_cudnn_on_gpu=True,
    data_format="NHWC",
    dilations=ONES4,
    explicit_paddings=(),
):
    how = _how(strides, padding, data_format, dilations, explicit_paddings)
    _check_walk("Conv2DBackpropInput", input_sizes, filter.shape, out_backprop, how)
    return kernels.convolution_input_gradient(input_sizes.tolist(), filter, out_backprop, *how)


@op(
    "input: T, filter_sizes: int32, out_backprop: T -> output: T",
    T=FLOATS,
    out=_sizes_given(1),
    fixed=("filter_sizes",),
    later=_LATER,
)
def Conv2DBackpropFilter(
    input,
    filter_sizes,
    out_backprop,
    *,
    strides,
    padding,
    use_cudnn_on_gpu=True,
    data_format="NHWC",
    dilations=ONES4,
    explicit_paddings=(),
):
    how = _how(strides, padding, data_format, dilations, explicit_paddings)
    _check_walk("Conv2DBackpropFilter", input.shape, filter_sizes, out_backprop, how)
    return kernels.convolution_filter_gradient(input, filter_sizes.tolist(), out_backprop, *how)


def _check_walk(op_type, input_sizes, filter_sizes, out_backprop, how):
    """InvalidArgumentError when the gradient that arrives has not the size that the convolution would give."""
    strides, padding, dilations, channels_first = how
    if not isinstance(padding, str):
        return
    sizes = [int(n) for n in (input_sizes[2:] if channels_first else input_sizes[1:-1])]
    came = out_backprop.shape[2:] if channels_first else out_backprop.shape[1:-1]
    for i, (n, k, s, d, actual) in enumerate(zip(sizes, filter_sizes, strides, dilations, came)):
        computed = places(n, int(k), s, padding, d)
        if computed != actual:
            raise InvalidArgumentError(
                None,
                None,
                f"{op_type}: Size of out_backprop doesn't match computed: actual = {actual}, computed = {computed}"
                f"spatial_dim: {i + 1} input: {n} filter: {int(k)} output: {actual} stride: {s} dilation: {d}",
            )


def _attrs(node, *names):
    return {name: node.attrs[name] for name in names if name in node.attrs}


def _attrs2d(node):
    return _attrs(node, "strides", "padding", "use_cudnn_on_gpu", "data_format", "dilations", "explicit_paddings")


@Conv2D.gradient
def _(node, dy):
    x, filter = node.inputs
    how = _attrs2d(node)
    return [
        raw.Conv2DBackpropInput(tf.shape(x), filter, dy, **how),
        raw.Conv2DBackpropFilter(x, tf.shape(filter), dy, **how),
    ]


@Conv2DBackpropInput.gradient
def _(node, dx):
    _, filter, dy = node.inputs
    how = _attrs2d(node)
    return [None, raw.Conv2DBackpropFilter(dx, tf.shape(filter), dy, **how), raw.Conv2D(dx, filter, **how)]


@Conv2DBackpropFilter.gradient
def _(node, dfilter):
    x, _, dy = node.inputs
    how = _attrs2d(node)
    return [raw.Conv2DBackpropInput(tf.shape(x), dfilter, dy, **how), None, raw.Conv2D(x, dfilter, **how)]


# Channel by channel -------------------------------------------------------------------------------------------------


@op("input: T, filter: T -> output: T", T=FLOATS, out=_depthwise, later=("dilations",))
def DepthwiseConv2dNative(input, filter, *, strides, padding, data_format="NHWC", dilations=ONES4):
    return kernels.depthwise_convolution(input, filter, *_how(strides, padding, data_format, dilations))


@op(
    "input_sizes: int32, filter: T, out_backprop: T -> output: T",
    T=FLOATS,
    out=_sizes_given(0),
    fixed=("input_sizes",),
    later=("dilations",),
)
def DepthwiseConv2dNativeBackpropInput(
    input_sizes, filter, out_backprop, *, strides, padding, data_format="NHWC", dilations=ONES4
):
    how = _how(strides, padding, data_format, dilations)
    return kernels.depthwise_input_gradient(input_sizes.tolist(), filter, out_backprop, *how)


@op(
    "input: T, filter_sizes: int32, out_backprop: T -> output: T",
    T=FLOATS,
    out=_sizes_given(1),
    fixed=("filter_sizes",),
    later=("dilations",),
)
def DepthwiseConv2dNativeBackpropFilter(
    input, filter_sizes, out_backprop, *, strides, padding, data_format="NHWC", dilations=ONES4
):
    how = _how(strides, padding, data_format, dilations)
    return kernels.depthwise_filter_gradient(input, filter_sizes.tolist(), out_backprop, *how)


@DepthwiseConv2dNative.gradient
def _(node, dy):
    x, filter = node.inputs
    how = _attrs2d(node)
    return [
        raw.DepthwiseConv2dNativeBackpropInput(tf.shape(x), filter, dy, **how),
        raw.DepthwiseConv2dNativeBackpropFilter(x, tf.shape(filter), dy, **how),
    ]


@DepthwiseConv2dNativeBackpropInput.gradient
def _(node, dx):
    _, filter, dy = node.inputs
    how = _attrs2d(node)
    return [
        None,
        raw.DepthwiseConv2dNativeBackpropFilter(dx, tf.shape(filter), dy, **how),
        raw.DepthwiseConv2dNative(dx, filter, **how),
    ]


@DepthwiseConv2dNativeBackpropFilter.gradient
def _(node, dfilter):
    x, _, dy = node.inputs
    how = _attrs2d(node)
    return [
        raw.DepthwiseConv2dNativeBackpropInput(tf.shape(x), dfilter, dy, **how),
        None,
        raw.DepthwiseConv2dNative(x, dfilter, **how),
    ]


# Three spatial axes -------------------------------------------------------------------------------------------------

_LATER3D = ("data_format", "dilations")


@op("input: T, filter: T -> output: T", T=FLOATS, out=_convolved, later=_LATER3D)
def Conv3D(input, filter, *, strides, padding, data_format="NDHWC", dilations=ONES5):
    return kernels.convolution(input, filter, *_how(strides, padding, data_format, dilations))


@op(
    "input_sizes: int32, filter: T, out_backprop: T -> output: T",
    T=FLOATS,
    out=_sizes_given(0, partly=True),
    fixed=("input_sizes",),
    later=_LATER3D,
)
def Conv3DBackpropInputV2(input_sizes, filter, out_backprop, *, strides, padding, data_format="NDHWC", dilations=ONES5):
    how = _how(strides, padding, data_format, dilations)
    _check_walk("Conv3DBackpropInputOpV2", input_sizes, filter.shape, out_backprop, how)
    return kernels.convolution_input_gradient(input_sizes.tolist(), filter, out_backprop, *how)


@op(
    "input: T, filter_sizes: int32, out_backprop: T -> output: T",
    T=FLOATS,
    out=_sizes_given(1, partly=True),
    fixed=("filter_sizes",),
    later=_LATER3D,
)
def Conv3DBackpropFilterV2(
    input, filter_sizes, out_backprop, *, strides, padding, data_format="NDHWC", dilations=ONES5
):
    how = _how(strides, padding, data_format, dilations)
    _check_walk("Conv3DBackpropFilterOpV2", input.shape, filter_sizes, out_backprop, how)
    return kernels.convolution_filter_gradient(input, filter_sizes.tolist(), out_backprop, *how)


def _attrs3d(node):
    return _attrs(node, "strides", "padding", "data_format", "dilations")


@Conv3D.gradient
def _(node, dy):
    x, filter = node.inputs
    how = _attrs3d(node)
    return [
        raw.Conv3DBackpropInputV2(tf.shape(x), filter, dy, **how),
        raw.Conv3DBackpropFilterV2(x, tf.shape(filter), dy, **how),
    ]


@Conv3DBackpropInputV2.gradient
def _(node, dx):
    _, filter, dy = node.inputs
    how = _attrs3d(node)
    return [None, raw.Conv3DBackpropFilterV2(dx, tf.shape(filter), dy, **how), raw.Conv3D(dx, filter, **how)]


@Conv3DBackpropFilterV2.gradient
def _(node, dfilter):
    x, _, dy = node.inputs
    how = _attrs3d(node)
    return [raw.Conv3DBackpropInputV2(tf.shape(x), dfilter, dy, **how), None, raw.Conv3D(x, dfilter, **how)]


# Public names -------------------------------------------------------------------------------------------------------


def _options(op_type, rank, strides, padding, data_format, dilations, use_cudnn_on_gpu=None):
    """Attrs from what callers write: strides for all axes or for spatial ones, a padding or pairs of margins (1.14)."""
    default = "NHWC" if rank == 4 else "NDHWC"
    data_format = data_format or default
    options = {"strides": shapes.window_sizes(strides, rank, data_format, "strides", op_type)}
    if isinstance(padding, (list, tuple)):
        options["explicit_paddings"] = tuple(int(n) for pair in padding for n in pair)
        padding = "EXPLICIT"
    options |= {"padding": padding, "data_format": data_format}
    if dilations is not None:
        options["dilations"] = tuple(shapes.window_sizes(dilations, rank, data_format, "dilations", op_type))
    if use_cudnn_on_gpu is not None:
        options["use_cudnn_on_gpu"] = use_cudnn_on_gpu
    return options


@api("nn.conv2d")
def conv2d(
    input,
    filter=None,
    strides=None,
    padding=None,
    use_cudnn_on_gpu=True,
    data_format="NHWC",
    dilations=(1, 1, 1, 1),
    name=None,
    filters=None,
):
    """Images [batch, height, width, in] under a filter [height, width, in, out]; in "NCHW", channels come second.

    SAME padding is split evenly, the odd pixel after; `padding` may be pairs of margins, one pair an axis.
    """
    filter = filters if filter is None else filter
    how = _options("Conv2D", 4, strides, padding, data_format, dilations, use_cudnn_on_gpu)
    return raw.Conv2D(input, filter, name=name, **how)


@api("nn.conv2d_backprop_input")
def conv2d_backprop_input(
    input_sizes,
    filter=None,
    out_backprop=None,
    strides=None,
    padding=None,
    use_cudnn_on_gpu=True,
    data_format="NHWC",
    dilations=(1, 1, 1, 1),
    name=None,
    filters=None,
):
    """The gradient of conv2d's input, which has shape `input_sizes`, from that of its output."""
    filter = filters if filter is None else filter
    how = _options("Conv2DBackpropInput", 4, strides, padding, data_format, dilations, use_cudnn_on_gpu)
    return raw.Conv2DBackpropInput(input_sizes, filter, out_backprop, name=name, **how)


@api("nn.conv2d_backprop_filter")
def conv2d_backprop_filter(
    input,
    filter_sizes,
    out_backprop,
    strides,
    padding,
    use_cudnn_on_gpu=True,
    data_format="NHWC",
    dilations=(1, 1, 1, 1),
    name=None,
):
    """The gradient of conv2d's filter, which has shape `filter_sizes`, from that of its output."""
    how = _options("Conv2DBackpropFilter", 4, strides, padding, data_format, dilations, use_cudnn_on_gpu)
    return raw.Conv2DBackpropFilter(input, filter_sizes, out_backprop, name=name, **how)


@api("nn.depthwise_conv2d_native")
def depthwise_conv2d_native(input, filter, strides, padding, data_format="NHWC", dilations=(1, 1, 1, 1), name=None):
    """Each channel under filters of its own, [height, width, in, multiplier]: in * multiplier channels come out."""
    how = _options("DepthwiseConv2dNative", 4, strides, padding, data_format, dilations)
    return raw.DepthwiseConv2dNative(input, filter, name=name, **how)


@api("nn.depthwise_conv2d_native_backprop_input", "nn.depthwise_conv2d_backprop_input")
def depthwise_conv2d_native_backprop_input(
    input_sizes, filter, out_backprop, strides, padding, data_format="NHWC", dilations=(1, 1, 1, 1), name=None
):
    """The gradient of depthwise_conv2d_native's input, which has shape `input_sizes`."""
    how = _options("DepthwiseConv2dNativeBackpropInput", 4, strides, padding, data_format, dilations)
    return raw.DepthwiseConv2dNativeBackpropInput(input_sizes, filter, out_backprop, name=name, **how)


@api("nn.depthwise_conv2d_native_backprop_filter", "nn.depthwise_conv2d_backprop_filter")
def depthwise_conv2d_native_backprop_filter(
    input, filter_sizes, out_backprop, strides, padding, data_format="NHWC", dilations=(1, 1, 1, 1), name=None
):
    """The gradient of depthwise_conv2d_native's filter, which has shape `filter_sizes`."""
    how = _options("DepthwiseConv2dNativeBackpropFilter", 4, strides, padding, data_format, dilations)
    return raw.DepthwiseConv2dNativeBackpropFilter(input, filter_sizes, out_backprop, name=name, **how)


@api("nn.conv3d")
def conv3d(
    input,
    filter=None,
    strides=None,
    padding=None,
    data_format="NDHWC",
    dilations=(1, 1, 1, 1, 1),
    name=None,
    filters=None,
):
    """Volumes [batch, depth, height, width, in] under a filter [depth, height, width, in, out]."""
    filter = filters if filter is None else filter
    return raw.Conv3D(input, filter, name=name, **_options("Conv3D", 5, strides, padding, data_format, dilations))


@api("nn.conv3d_backprop_input_v2")
def conv3d_backprop_input_v2(
    input_sizes, filter, out_backprop, strides, padding, data_format="NDHWC", dilations=(1, 1, 1, 1, 1), name=None
):
    """The gradient of conv3d's input, which has shape `input_sizes`."""
    how = _options("Conv3DBackpropInputV2", 5, strides, padding, data_format, dilations)
    return raw.Conv3DBackpropInputV2(input_sizes, filter, out_backprop, name=name, **how)


@api("nn.conv3d_backprop_filter_v2", "nn.conv3d_backprop_filter")
def conv3d_backprop_filter_v2(
    input, filter_sizes, out_backprop, strides, padding, data_format="NDHWC", dilations=(1, 1, 1, 1, 1), name=None
):
    """The gradient of conv3d's filter, which has shape `filter_sizes`."""
    how = _options("Conv3DBackpropFilterV2", 5, strides, padding, data_format, dilations)
    return raw.Conv3DBackpropFilterV2(input, filter_sizes, out_backprop, name=name, **how)
