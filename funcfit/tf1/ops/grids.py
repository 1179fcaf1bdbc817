"""Tensors made of positions: one-hot rows, masks of lengths, grids of coordinates."""

import numpy as np

from funcfit.errors import InvalidArgumentError
from funcfit.kernels.module import numpy_or_jax
from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import api, op, raw, tf


def _one_hot_shape(node):
    axis, depth = node.attrs["axis"], shapes.constant_value(node.inputs[1])
    if axis < -1:
        raise shapes.misfit(node, "axis must be >= -1")
    if depth is not None and depth < 0:
        raise shapes.misfit(node, f"Dimension size, given by scalar input 1, must be non-negative but is {depth}", [1])
    sizes = node.inputs[0].shape.dims_or_none
    if sizes is None:
        return shapes.UNKNOWN
    axis = (axis + len(sizes) + 1) % (len(sizes) + 1)
    return TensorShape((*sizes[:axis], None if depth is None else int(depth), *sizes[axis:]))


@op(
    "indices: TI=int64, depth: int32, on_value: T, off_value: T -> output: T",
    TI="uint8 int32 int64",
    fixed=("depth",),
    gradient=None,
    out=_one_hot_shape,
)
def OneHot(indices, depth, on_value, off_value, *, axis=-1):
    if not -1 <= axis <= indices.ndim:
        text = f"Expected axis to be -1 or between [0, {indices.ndim + 1}).  But received: {axis}"
        raise InvalidArgumentError(None, None, text)
    if depth.ndim or depth < 0:
        problem = f"a scalar, but got: {list(depth.shape)}" if depth.ndim else f"non-negative, got: {depth}"
        raise InvalidArgumentError(None, None, f"depth must be {problem}")
    for name, value in (("on_value", on_value), ("off_value", off_value)):
        if value.ndim:
            raise InvalidArgumentError(None, None, f"{name} must be a scalar, but got: {list(value.shape)}")
    xp = numpy_or_jax(indices, on_value, off_value)
    axis = indices.ndim if axis == -1 else axis
    indices = indices.astype(np.int32) if indices.dtype == np.uint8 else indices
    classes = xp.arange(int(depth), dtype=indices.dtype).reshape((-1,) + (1,) * (indices.ndim - axis))
    return xp.where(xp.expand_dims(indices, axis) == classes, on_value, off_value)


@api("one_hot")
def one_hot(indices, depth, on_value=None, off_value=None, axis=None, dtype=None, name=None):
    """`on_value` (1) at position `indices[...]` of a new axis of size `depth`, `off_value` (0) elsewhere.

    Indices out of range give rows of `off_value`. TypeError when the values' dtypes differ from each other or from
    `dtype`.
    """
    with name_scope(name, "one_hot", [indices, depth, on_value, off_value]) as scope:
        dtype = None if dtype is None else dtypes.as_dtype(dtype)
        on_dtype, off_dtype = (
            None if v is None else convert_to_tensor(v).dtype.base_dtype for v in (on_value, off_value)
        )
        if dtype is not None:
            for what, came in (("on_value", on_dtype), ("off_value", off_dtype)):
                if came is not None and came != dtype:
                    raise TypeError(f"dtype {came} of {what} does not match dtype parameter {dtype}")
        dtype = dtype or on_dtype or off_dtype or dtypes.float32
        if on_value is None:
            on_value, on_dtype = convert_to_tensor(1, dtype, name="on_value"), dtype
        if off_value is None:
            off_value, off_dtype = convert_to_tensor(0, dtype, name="off_value"), dtype
        if on_dtype != off_dtype:
            raise TypeError(f"dtype {on_dtype} of on_value does not match dtype {off_dtype} of off_value")
        return raw.OneHot(indices, depth, on_value, off_value, axis=axis, name=scope)


@api("sequence_mask")
def sequence_mask(lengths, maxlen=None, dtype=dtypes.bool_, name=None):
    """Truths: row i begins with `lengths[i]` that hold; rows have `maxlen` elements (the longest length)."""
    with name_scope(name, "SequenceMask", [lengths, maxlen]):
        lengths = convert_to_tensor(lengths)
        if maxlen is None:
            rank = lengths.shape.ndims
            maxlen = raw.Max(lengths, tf.range(tf.rank(lengths)) if rank is None else list(range(rank)))
        else:
            maxlen = convert_to_tensor(maxlen)
        if maxlen.shape.ndims not in (None, 0):
            raise ValueError("maxlen must be scalar for sequence_mask")
        row = raw.Range(tf.constant(0, maxlen.dtype), maxlen, tf.constant(1, maxlen.dtype))
        column = raw.Cast(tf.expand_dims(lengths, 1 if lengths.shape.ndims == 1 else -1), DstT=maxlen.dtype)
        mask = row < column
        if dtype is None or mask.dtype.base_dtype == dtypes.as_dtype(dtype).base_dtype:
            return mask
        return raw.Cast(mask, DstT=dtype)


@api("meshgrid")
def meshgrid(*args, **kwargs):
    """Grids of the vectors' coordinates, one tensor a vector: `indexing` "xy" (rows are the second vector's) or
    "ij".
    """
    indexing, name = kwargs.pop("indexing", "xy"), kwargs.pop("name", "meshgrid")
    if kwargs:
        raise TypeError(f"'{next(iter(kwargs))}' is an invalid keyword argument for this function")
    if indexing not in ("xy", "ij"):
        raise ValueError("indexing parameter must be either 'xy' or 'ij'")
    with name_scope(name, "meshgrid", args):
        rank = len(args)
        ones = (1,) * rank
        grids = [tf.reshape(tf.stack(x), (*ones[:i], -1, *ones[i + 1 :])) for i, x in enumerate(args)]
        sizes = [tf.size(x) for x in args]
        dtype = convert_to_tensor(args[0]).dtype.base_dtype
        if indexing == "xy" and rank > 1:
            grids[0] = tf.reshape(grids[0], (1, -1) + (1,) * (rank - 2))
            grids[1] = tf.reshape(grids[1], (-1, 1) + (1,) * (rank - 2))
            sizes[0], sizes[1] = sizes[1], sizes[0]
        all_ones = tf.ones(sizes, dtype)
        return [grid * all_ones for grid in grids]
