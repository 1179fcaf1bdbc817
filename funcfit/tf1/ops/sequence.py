"""Evenly spaced numbers: Range and LinSpace."""

import numpy as np

from funcfit.errors import InvalidArgumentError
from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import INDICES, api, op, raw, tf


def _range_size(start, limit, delta):
    """How many numbers lie in the range; ValueError when there is no way from `start` to `limit`."""
    if delta == 0:
        raise ValueError("Requires delta != 0")
    if start > limit and delta > 0:
        raise ValueError(f"Requires start <= limit when delta > 0: {start}/{limit}")
    if start < limit and delta < 0:
        raise ValueError(f"Requires start >= limit when delta < 0: {start}/{limit}")
    if np.issubdtype(np.asarray(start).dtype, np.integer):
        return -((int(limit) - int(start)) // -int(delta))
    return int(np.ceil(np.abs((limit - start) / delta)))


def _range_shape(node):
    values = []
    for x, which in zip(node.inputs, ("start", "limit", "delta")):
        if x.shape.ndims not in (None, 0):
            raise shapes.misfit(node, f"Shape must be rank 0 but is rank {x.shape.ndims} for '{which}'")
        values.append(shapes.constant_value(x))
    if any(v is None for v in values):
        return TensorShape((None,))
    try:
        return TensorShape((_range_size(*values),))
    except ValueError as error:
        raise shapes.misfit(node, str(error)) from None


@op(
    "start: Tidx, limit: Tidx, delta: Tidx -> output: Tidx",
    Tidx="float32 float64 int32 int64 bfloat16",
    fixed=("start", "limit", "delta"),
    folds=True,
    at_build=True,
    out=_range_shape,
    gradient=None,
)
def Range(start, limit, delta):
    start, limit, delta = (np.asarray(x) for x in (start, limit, delta))
    for x, which in ((start, "start"), (limit, "limit"), (delta, "delta")):
        if x.ndim:
            raise InvalidArgumentError(None, None, f"{which} must be a scalar, not shape {list(x.shape)}")
    try:
        size = _range_size(start, limit, delta)
    except ValueError as error:
        raise InvalidArgumentError(None, None, str(error)) from None
    # TF adds the step again and again, in the dtype of the range.
    return np.add.accumulate(np.concatenate([start[None], np.full(max(size - 1, 0), delta)]), dtype=start.dtype)[:size]


_BY_WIDTH = [dtypes.int32, dtypes.int64, dtypes.float32, dtypes.float64]


@api("range")
def range_(start, limit=None, delta=1, dtype=None, name="range"):
    """Numbers from `start` (0 without it) up to `limit`, which is left out, in steps of `delta`.

    They have the widest dtype of the three.
    """
    if limit is None:
        start, limit = 0, start
    with name_scope(name, "Range", [start, limit, delta]) as scope:
        given = {"start": start, "limit": limit, "delta": delta}
        ends = [convert_to_tensor(value, dtype=dtype, name=key) for key, value in given.items()]
        if dtype is None:
            for x in ends:
                if x.dtype.base_dtype not in _BY_WIDTH:
                    raise TypeError(f"tf.range takes int32, int64, float32 or float64, not {x.dtype.name}")
            widest = max((x.dtype.base_dtype for x in ends), key=_BY_WIDTH.index)
            ends = [tf.cast(x, widest) for x in ends]
        return raw.Range(*ends, name=scope)


def _linspace_shape(node):
    for x, which in zip(node.inputs, ("start", "stop", "num")):
        if x.shape.ndims not in (None, 0):
            raise shapes.misfit(node, f"Shape must be rank 0 but is rank {x.shape.ndims} for '{which}'")
    num = shapes.constant_value(node.inputs[2])
    if num is None:
        return TensorShape((None,))
    if num <= 0:
        raise shapes.misfit(node, f"Requires num > 0: {num}")
    return TensorShape((int(num),))


@api("linspace", "lin_space")
@op(
    "start: T, stop: T, num: Tidx=int32 -> output: T",
    T="float32 float64 bfloat16",
    Tidx=INDICES,
    fixed=("num",),
    folds=True,
    out=_linspace_shape,
    gradient=None,
)
def LinSpace(start, stop, num):
    """`num` numbers from `start` to `stop`, both among them."""
    for x, which in ((start, "start"), (stop, "stop"), (num, "num")):
        if x.ndim:
            raise InvalidArgumentError(None, None, f"{which} must be a scalar, not shape {list(x.shape)}")
    if num <= 0:
        raise InvalidArgumentError(None, None, f"Requires num > 0: {num}")
    if num == 1:
        return start.reshape(1)
    step = (stop - start) / start.dtype.type(num - 1)
    return start + step * np.arange(num).astype(start.dtype)
