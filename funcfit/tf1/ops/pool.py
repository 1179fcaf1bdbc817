"""Pooling over images of two and three spatial axes, and its gradients, which are op types too."""

from funcfit.errors import InvalidArgumentError
from funcfit.kernels import pool as kernels
from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import FLOATS, REAL, api, op, raw, tf


def _pooled(node):
    sizes = shapes.with_rank(node, 0, len(node.attrs["ksize"]))
    walk = zip(sizes, node.attrs["ksize"], node.attrs["strides"])
    return TensorShape([shapes.places(node, n, k, s, node.attrs["padding"]) for n, k, s in walk])


def _pooled_twice(node):
    return [_pooled(node)] * 2


def _like_first(node):
    return TensorShape(shapes.with_rank(node, 0, len(node.attrs["ksize"])))


def _like_last(node):
    """The shape of the pooled tensor, which a node that differentiates a gradient gets as its second input."""
    return node.inputs[1].shape.with_rank(len(node.attrs["ksize"]))


def _given(node):
    """The shape that the first input spells; of images 1.1 wants to know all of it, of volumes it takes a part."""
    unknown = TensorShape([None] * len(node.attrs["ksize"]))
    if len(unknown) == 4 and shapes.constant_value(node.inputs[0]) is None:
        return unknown
    return shapes.constant_value_as_shape(node.inputs[0]).merge_with(unknown)


def _check_batch(ksize, strides):
    if ksize[0] != 1 or strides[0] != 1:
        raise InvalidArgumentError(None, None, "Pooling is not yet supported on the batch dimension.")


def _attrs(node):
    names = ("ksize", "strides", "padding", "data_format")
    return {name: node.attrs[name] for name in names if name in node.attrs}


def _zeros(x):
    return tf.zeros(shape=tf.shape(x), dtype=x.dtype)


# Maxima -------------------------------------------------------------------------------------------------------------


@op("input: T -> output: T", T=REAL, out=_pooled)
def MaxPool(input, *, ksize, strides, padding, data_format="NHWC"):
    _check_batch(ksize, strides)
    return kernels.max_pool(input, ksize, strides, padding)


@MaxPool.gradient
def _(node, dy):
    return [raw.MaxPoolGrad(node.inputs[0], node.outputs[0], dy, **_attrs(node))]


@op("orig_input: T, orig_output: T, grad: T -> output: T", T=REAL, out=_like_first)
def MaxPoolGrad(orig_input, orig_output, grad, *, ksize, strides, padding, data_format="NHWC"):
    return kernels.max_pool_gradient(orig_input, grad, ksize, strides, padding)


@MaxPoolGrad.gradient
def _(node, dy):
    x, y, _ = node.inputs
    return [_zeros(x), _zeros(y), raw.MaxPoolGradGrad(x, y, dy, **_attrs(node))]


@op("orig_input: T, orig_output: T, grad: T -> output: T", T=REAL, out=_like_last)
def MaxPoolGradGrad(orig_input, orig_output, grad, *, ksize, strides, padding, data_format="NHWC"):
    return kernels.max_pool_picked(orig_input, grad, ksize, strides, padding)


@MaxPoolGradGrad.gradient
def _(node, dy):
    x, y, _ = node.inputs
    return [_zeros(x), _zeros(y), raw.MaxPoolGrad(x, y, dy, **_attrs(node))]


@op("input: T -> output: T", T=REAL, out=_pooled, later=("data_format",))
def MaxPool3D(input, *, ksize, strides, padding, data_format="NDHWC"):
    return kernels.max_pool(input, ksize, strides, padding)


@MaxPool3D.gradient
def _(node, dy):
    return [raw.MaxPool3DGrad(node.inputs[0], node.outputs[0], dy, **_attrs(node))]


@op("orig_input: T, orig_output: T, grad: T -> output: T", T=REAL, out=_like_first, later=("data_format",))
def MaxPool3DGrad(orig_input, orig_output, grad, *, ksize, strides, padding, data_format="NDHWC"):
    return kernels.max_pool_gradient(orig_input, grad, ksize, strides, padding)


@MaxPool3DGrad.gradient
def _(node, dy):
    x, y, _ = node.inputs
    return [_zeros(x), _zeros(y), raw.MaxPool3DGradGrad(x, y, dy, **_attrs(node))]


@op("orig_input: T, orig_output: T, grad: T -> output: T", T=REAL, out=_like_last, later=("data_format",))
def MaxPool3DGradGrad(orig_input, orig_output, grad, *, ksize, strides, padding, data_format="NDHWC"):
    return kernels.max_pool_picked(orig_input, grad, ksize, strides, padding)


@MaxPool3DGradGrad.gradient
def _(node, dy):
    x, y, _ = node.inputs
    return [_zeros(x), _zeros(y), raw.MaxPool3DGrad(x, y, dy, **_attrs(node))]


@op(
    "input: T -> output: T, argmax: Targmax",
    T=REAL,
    Targmax="int32 int64",
    out=_pooled_twice,
    later=("include_batch_in_index",),
)
def MaxPoolWithArgmax(input, *, ksize, strides, Targmax=dtypes.int64, padding, include_batch_in_index=False):
    return kernels.max_pool_with_argmax(input, ksize, strides, padding, include_batch_in_index)


@MaxPoolWithArgmax.gradient
def _(node, dy, _):
    how = {
        name: node.attrs[name]
        for name in ("ksize", "strides", "padding", "include_batch_in_index")
        if name in node.attrs
    }
    return [raw.MaxPoolGradWithArgmax(node.inputs[0], dy, node.outputs[1], **how)]


@op(
    "input: T, grad: T, argmax: Targmax -> output: T",
    T=REAL,
    Targmax="int32 int64",
    out=_like_first,
    later=("include_batch_in_index",),
    gradient="unregistered",
)
def MaxPoolGradWithArgmax(input, grad, argmax, *, ksize, strides, padding, include_batch_in_index=False):
    return kernels.scattered_by_argmax(input.shape, grad, argmax, include_batch_in_index)


# Means --------------------------------------------------------------------------------------------------------------


@op("value: T -> output: T", T=FLOATS, out=_pooled)
def AvgPool(value, *, ksize, strides, padding, data_format="NHWC"):
    _check_batch(ksize, strides)
    return kernels.avg_pool(value, ksize, strides, padding)


@AvgPool.gradient
def _(node, dy):
    return [raw.AvgPoolGrad(tf.shape(node.inputs[0]), dy, **_attrs(node))]


@op("orig_input_shape: int32, grad: T -> output: T", T=FLOATS, out=_given, fixed=("orig_input_shape",))
def AvgPoolGrad(orig_input_shape, grad, *, ksize, strides, padding, data_format="NHWC"):
    return kernels.avg_pool_gradient(orig_input_shape.tolist(), grad, ksize, strides, padding)


@AvgPoolGrad.gradient
def _(node, dy):
    return [None, raw.AvgPool(dy, **_attrs(node))]


@op("input: T -> output: T", T=FLOATS, out=_pooled, later=("data_format",))
def AvgPool3D(input, *, ksize, strides, padding, data_format="NDHWC"):
    return kernels.avg_pool(input, ksize, strides, padding)


@AvgPool3D.gradient
def _(node, dy):
    return [raw.AvgPool3DGrad(tf.shape(node.inputs[0]), dy, **_attrs(node))]


@op(
    "orig_input_shape: int32, grad: T -> output: T",
    T=FLOATS,
    out=_given,
    fixed=("orig_input_shape",),
    later=("data_format",),
)
def AvgPool3DGrad(orig_input_shape, grad, *, ksize, strides, padding, data_format="NDHWC"):
    return kernels.avg_pool_gradient(orig_input_shape.tolist(), grad, ksize, strides, padding)


@AvgPool3DGrad.gradient
def _(node, dy):
    return [None, raw.AvgPool3D(dy, **_attrs(node))]


# Public names -------------------------------------------------------------------------------------------------------


def _options(op_type, rank, ksize, strides, padding, data_format):
    """Attrs from what callers write: sizes for all axes or, since 1.14, for spatial ones."""
    data_format = data_format or ("NHWC" if rank == 4 else "NDHWC")
    return {
        "ksize": shapes.window_sizes(ksize, rank, data_format, "ksize", op_type),
        "strides": shapes.window_sizes(strides, rank, data_format, "strides", op_type),
        "padding": padding,
        "data_format": data_format,
    }


@api("nn.max_pool", "nn.max_pool2d")
def max_pool(value=None, ksize=None, strides=None, padding=None, data_format="NHWC", name=None, input=None):
    """The largest element under each window: images [batch, height, width, channels], or "NCHW"."""
    value = input if value is None else value
    with name_scope(name, "MaxPool", [value]) as scope:
        value = convert_to_tensor(value, name="input")
        return raw.MaxPool(value, name=scope, **_options("MaxPool", 4, ksize, strides, padding, data_format))


@api("nn.avg_pool", "nn.avg_pool2d")
def avg_pool(value=None, ksize=None, strides=None, padding=None, data_format="NHWC", name=None, input=None):
    """The mean of the elements under each window, padding not counted: [batch, height, width, channels], or "NCHW"."""
    value = input if value is None else value
    with name_scope(name, "AvgPool", [value]) as scope:
        value = convert_to_tensor(value, name="input")
        return raw.AvgPool(value, name=scope, **_options("AvgPool", 4, ksize, strides, padding, data_format))


@api("nn.max_pool3d")
def max_pool3d(input, ksize, strides, padding, data_format="NDHWC", name=None):
    """The largest element under each window of volumes [batch, depth, height, width, channels]."""
    return raw.MaxPool3D(input, name=name, **_options("MaxPool3D", 5, ksize, strides, padding, data_format))


@api("nn.avg_pool3d")
def avg_pool3d(input, ksize, strides, padding, data_format="NDHWC", name=None):
    """The mean of the elements under each window of volumes [batch, depth, height, width, channels]."""
    return raw.AvgPool3D(input, name=name, **_options("AvgPool3D", 5, ksize, strides, padding, data_format))


@api("nn.max_pool3d_grad")
def max_pool3d_grad(orig_input, orig_output, grad, ksize, strides, padding, name=None):
    how = _options("MaxPool3DGrad", 5, ksize, strides, padding, None)
    return raw.MaxPool3DGrad(orig_input, orig_output, grad, name=name, **how)


@api("nn.avg_pool3d_grad")
def avg_pool3d_grad(orig_input_shape, grad, ksize, strides, padding, name=None):
    how = _options("AvgPool3DGrad", 5, ksize, strides, padding, None)
    return raw.AvgPool3DGrad(orig_input_shape, grad, name=name, **how)


@api("nn.max_pool_with_argmax")
def max_pool_with_argmax(
    input,
    ksize,
    strides,
    padding,
    data_format="NHWC",
    Targmax=None,
    name=None,
    output_dtype=None,
    include_batch_in_index=False,
):
    """Maxima, and the index of each in its image laid flat: (y * width + x) * channels + channel."""
    if data_format != "NHWC":
        raise ValueError("Data formats other than 'NHWC' are not yet supported")
    how = _options("MaxPoolWithArgmax", 4, ksize, strides, padding, data_format)
    del how["data_format"]
    dtype = next((each for each in (Targmax, output_dtype) if each is not None), dtypes.int64)
    return raw.MaxPoolWithArgmax(input, Targmax=dtype, include_batch_in_index=include_batch_in_index, name=name, **how)


def _pool1d(pool, op_type, input, ksize, strides, padding, data_format, name):
    """1.15's pooling of [batch, width, channels]: an image one pixel high."""
    data_format = data_format or "NWC"
    with name_scope(name, op_type, [input]) as scope:
        input = convert_to_tensor(input, name="input")
        axis = 2 if data_format.startswith("NC") else 1
        sizes = [
            shapes.window_sizes(each, 3, data_format, what, op_type)
            for each, what in ((ksize, "ksize"), (strides, "strides"))
        ]
        ksize, strides = ([*each[:axis], 1, *each[axis:]] for each in sizes)
        image = tf.expand_dims(input, axis)
        result = pool(image, ksize, strides, padding, "NCHW" if data_format.startswith("NC") else "NHWC")
        return tf.squeeze(result, [axis], name=scope)


@api("nn.max_pool1d")
def max_pool1d(input, ksize, strides, padding, data_format="NWC", name=None):
    """The largest element under each window of [batch, width, channels]."""
    return _pool1d(max_pool, "MaxPool1d", input, ksize, strides, padding, data_format, name)


@api("nn.avg_pool1d")
def avg_pool1d(input, ksize, strides, padding, data_format="NWC", name=None):
    """The mean of the elements under each window of [batch, width, channels]."""
    return _pool1d(avg_pool, "AvgPool1D", input, ksize, strides, padding, data_format, name)


@api("nn.max_pool_v2")
def max_pool_v2(input, ksize, strides, padding, data_format=None, name=None):
    """max_pool1d, max_pool or max_pool3d, by the rank of `input`."""
    return _of_rank(input, max_pool1d, max_pool, max_pool3d)(input, ksize, strides, padding, data_format, name=name)


@api("nn.avg_pool_v2")
def avg_pool_v2(input, ksize, strides, padding, data_format=None, name=None):
    """avg_pool1d, avg_pool or avg_pool3d, by the rank of `input`."""
    return _of_rank(input, avg_pool1d, avg_pool, avg_pool3d)(input, ksize, strides, padding, data_format, name=name)


def _of_rank(input, *functions):
    rank = convert_to_tensor(input).shape.ndims
    if rank not in (3, 4, 5):
        raise ValueError(f"`input` must have rank 3, 4 or 5, not {rank}")
    return functions[rank - 3]
