"""Tensors of one value: Fill, zeros, ones and what is shaped like another tensor."""

import numpy as np

from funcfit.errors import InvalidArgumentError
from funcfit.kernels.module import numpy_or_jax
from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.node import Tensor
from funcfit.tf1.graph.shape import as_shape
from funcfit.tf1.opdef import INDICES, api, op, raw, tf


def _filled(node):
    shapes.with_rank(node, 0, 1)
    shapes.with_rank(node, 1, 0)
    sizes = shapes.constant_value(node.inputs[0])
    if sizes is not None and (sizes < 0).any():
        raise shapes.misfit(node, "Fill dimensions must be >= 0", [0])
    return shapes.constant_value_as_shape(node.inputs[0])


@op(
    "dims: index_type=int32, value: T -> output: T",
    index_type=INDICES,
    later=("index_type",),
    fixed=("dims",),
    folds=True,
    out=_filled,
)
def Fill(dims, value):
    if dims.ndim != 1:
        raise InvalidArgumentError(None, None, f"dims must be a vector of int32, got shape {list(dims.shape)}")
    sizes = tuple(int(d) for d in dims)
    for i, d in enumerate(sizes):
        if d < 0:
            raise InvalidArgumentError(None, None, f"Fill: dimension {i} must be >= 0, got {d}")
    return numpy_or_jax(value).full(sizes, value, dtype=value.dtype)


@Fill.gradient
def _(node, dy):
    return [None, tf.reduce_sum(dy)]


@api("fill")
def fill(dims, value, name=None):
    """A tensor of shape `dims` with `value` everywhere."""
    return raw.Fill(dims, value, name=name)


def _constant_or_fill(value, shape, dtype, name):
    try:
        shape = as_shape(shape)
        shape.assert_is_fully_defined()
    except (TypeError, ValueError):
        wide = isinstance(shape, Tensor) and shape.dtype is dtypes.int64
        shape = convert_to_tensor(shape, dtype=dtypes.int64 if wide else dtypes.int32, name="shape")
        return tf.fill(shape, tf.constant(value, dtype=dtype), name=name)
    return tf.constant(value, shape=shape, dtype=dtype, name=name)


@api("zeros")
def zeros(shape, dtype=dtypes.float32, name=None):
    """Zeros (False, empty strings) of shape `shape`: a constant when the shape is known now, else a Fill."""
    dtype = dtypes.as_dtype(dtype).base_dtype
    with name_scope(name, "zeros", [shape]) as scope:
        zero = False if dtype is dtypes.bool_ else "" if dtype is dtypes.string else 0
        return _constant_or_fill(zero, shape, dtype, scope)


@api("ones")
def ones(shape, dtype=dtypes.float32, name=None):
    """Ones (True) of shape `shape`: a constant when the shape is known now, else a Fill."""
    dtype = dtypes.as_dtype(dtype).base_dtype
    with name_scope(name, "ones", [shape]) as scope:
        return _constant_or_fill(True if dtype is dtypes.bool_ else 1, shape, dtype, scope)


@op("x: T -> y: T", folds=True, gradient=None, out=shapes.same)
def ZerosLike(x):
    xp = numpy_or_jax(x)
    if x.dtype == np.object_:
        return np.full(x.shape, b"", np.object_)
    return xp.zeros(x.shape, x.dtype)


@api("zeros_like")
def zeros_like(tensor, dtype=None, name=None, optimize=True):
    """Zeros in the shape of `tensor`, of its dtype or of `dtype`."""
    with name_scope(name, "zeros_like", [tensor]) as scope:
        tensor = convert_to_tensor(tensor, name="tensor")
        if dtype is None or tensor.dtype == dtypes.as_dtype(dtype):
            return raw.ZerosLike(tensor, name=scope)
        found = tf.zeros(tf.shape(tensor, optimize=optimize), dtype, name=scope)
        found.set_shape(tensor.shape)
        return found


@op("x: T -> y: T", folds=True, gradient=None, out=shapes.same)
def OnesLike(x):
    return numpy_or_jax(x).ones(x.shape, x.dtype)


@api("ones_like")
def ones_like(tensor, dtype=None, name=None, optimize=True):
    """Ones in the shape of `tensor`, of its dtype or of `dtype`."""
    with name_scope(name, "ones_like", [tensor]) as scope:
        tensor = convert_to_tensor(tensor, name="tensor")
        found = tf.ones(tf.shape(tensor, optimize=optimize), tensor.dtype if dtype is None else dtype, name=scope)
        found.set_shape(tensor.shape)
        return found


@op("input: T, shape: Tidx=int32 -> output: T", Tidx="int32 int64", fixed=("shape",), out=shapes.from_input(1))
def BroadcastTo(input, shape):
    try:
        return numpy_or_jax(input).broadcast_to(input, tuple(int(d) for d in shape))
    except ValueError:
        text = f"Incompatible shapes: {list(input.shape)} vs. {shape.tolist()}"
        raise InvalidArgumentError(None, None, text) from None


@BroadcastTo.gradient
def _(node, dy):
    x, wanted = node.inputs
    x_shape = raw.Shape(x, out_type=wanted.dtype)
    _, axes = raw.BroadcastGradientArgs(raw.Shape(dy, out_type=wanted.dtype), x_shape)
    return [tf.reshape(tf.reduce_sum(dy, axis=axes, keepdims=True), x_shape), None]


@api("broadcast_to")
def broadcast_to(input, shape, name=None):
    """`input` repeated along its axes of size 1, and along new first axes, to the shape `shape`."""
    return raw.BroadcastTo(input, shape, name=name)
