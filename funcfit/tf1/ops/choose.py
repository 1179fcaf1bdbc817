"""Elements by condition: where and select, masks, partitions and their way back, unique values and sets."""

import numpy as np

from funcfit.errors import InvalidArgumentError
from funcfit.kernels import rows
from funcfit.kernels.module import numpy_or_jax
from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.node import IndexedSlices
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import INDICES, api, op, raw, tf

# -- where -----------------------------------------------------------------------------------------------------------


@op(
    "input: T=bool -> index: int64",
    later=("T",),
    host=True,
    gradient=None,
    out=lambda node: TensorShape((None, node.inputs[0].shape.ndims)),
)
def Where(input):
    return np.argwhere(input)


def _selected(node):
    condition, t, e = (x.shape for x in node.inputs)
    data = shapes.merged_into(node, t, e)
    if None in (condition.ndims, data.ndims) or condition.ndims == 0:
        return data
    if condition.ndims == 1 and data.ndims > 1:
        shapes.merged_into(node, data[:1], condition)
        return data
    return shapes.merged_into(node, data, condition)


@op("condition: bool, t: T, e: T -> output: T", folds=True, out=_selected)
def Select(condition, t, e):
    """A vector chooses rows, a scalar chooses all."""
    if t.shape != e.shape:
        text = f"Inputs to operation Select must have the same shape, got {list(t.shape)} and {list(e.shape)}"
        raise InvalidArgumentError(None, None, text)
    if condition.ndim and condition.shape != t.shape[: condition.ndim]:
        text = f"'then' must have the same size as 'cond', but received: {list(t.shape)} vs. {list(condition.shape)}"
        raise InvalidArgumentError(None, None, text)
    condition = condition.reshape(condition.shape + (1,) * (t.ndim - condition.ndim))
    return numpy_or_jax(condition, t, e).where(condition, t, e)


@Select.gradient
def _(node, dy):
    condition, t, _ = node.inputs
    zeros = tf.zeros_like(t)
    return [None, tf.where(condition, dy, zeros), tf.where(condition, zeros, dy)]


@api("where")
def where(condition, x=None, y=None, name=None):
    """Elements of `x` where `condition` holds, else of `y`; without both, the coordinates of what holds (or is not
    zero), as int64 rows.
    """
    if x is None and y is None:
        return raw.Where(condition, name=name)
    if x is None or y is None:
        raise ValueError("x and y must both be non-None or both be None.")
    return raw.Select(condition, x, y, name=name)


@api("select")
def select(condition, t, e, name=None):
    """`where` with three arguments, as it was called before 1.0."""
    return raw.Select(condition, t, e, name=name)


def _selected_v2(node):
    condition, t, e = (x.shape for x in node.inputs)
    data = shapes.broadcast_shape(t, e)
    found = None if data is None else shapes.broadcast_shape(condition, data)
    if found is None:
        raise shapes.misfit(node, "Incompatible shapes")
    return found


@op("condition: bool, t: T, e: T -> output: T", folds=True, out=_selected_v2)
def SelectV2(condition, t, e):
    return numpy_or_jax(condition, t, e).where(condition, t, e)


@api("where_v2")
def where_v2(condition, x=None, y=None, name=None):
    """`where` that broadcasts its three arguments."""
    if x is None and y is None:
        return tf.where(condition, name=name)
    return raw.SelectV2(condition, x, y, name=name)


@api("boolean_mask")
def boolean_mask(tensor, mask, name="boolean_mask", axis=None):
    """The parts of `tensor` where `mask` holds, along `axis` (the first, and as many as the mask has)."""
    with name_scope(name, values=[tensor, mask]):
        tensor = convert_to_tensor(tensor, name="tensor")
        mask = convert_to_tensor(mask, name="mask")
        masked = mask.shape.ndims
        if masked == 0:
            raise ValueError("mask cannot be scalar.")
        if masked is None:
            raise ValueError(
                "Number of mask dimensions must be specified, even if some dimensions are None."
                "  E.g. shape=[None] is ok, but shape=None is not."
            )
        axis = 0 if axis is None else axis
        static = tensor.shape
        static[axis : axis + masked].assert_is_compatible_with(mask.shape)
        size = tf.reduce_prod(tf.shape(tensor)[axis or None : axis + masked], [0])
        if axis == 0:
            wanted = tf.concat([[size], tf.shape(tensor)[masked:]], 0)
        else:
            wanted = tf.concat([tf.shape(tensor)[:axis], [size], tf.shape(tensor)[axis + masked :]], 0)
        tensor = tf.reshape(tensor, wanted)
        flat = static[axis : axis + masked].num_elements()
        tensor.set_shape(static[:axis].concatenate([flat]).concatenate(static[axis + masked :]))
        mask = tf.reshape(mask, [-1])
        return tf.gather(tensor, tf.squeeze(tf.where(mask), squeeze_dims=[1]), axis=axis)


# -- partitions ------------------------------------------------------------------------------------------------------


def _partitioned(node):
    data, partitions = (x.shape for x in node.inputs)
    if partitions.ndims is None:
        return shapes.unknown(node)
    if data.ndims is not None:
        shapes.merged_into(node, data[: partitions.ndims], partitions)
    rest = shapes.UNKNOWN if data.ndims is None else TensorShape((None,)).concatenate(data[partitions.ndims :])
    return [rest] * node.attrs["num_partitions"]


@api("dynamic_partition")
@op("data: T, partitions: int32 -> outputs: num_partitions*T", host=True, out=_partitioned)
def DynamicPartition(data, partitions, *, num_partitions):
    if data.shape[: partitions.ndim] != partitions.shape:
        text = (
            f"data.shape must start with partitions.shape, got data.shape = {list(data.shape)}, "
            f"partitions.shape = {list(partitions.shape)}"
        )
        raise InvalidArgumentError(None, None, text)
    flat = partitions.ravel()
    bad = np.flatnonzero((flat < 0) | (flat >= num_partitions))
    if bad.size:
        where_ = ",".join(str(i) for i in np.unravel_index(bad[0], partitions.shape))
        where_ = f"[{where_}]" if partitions.ndim else ""
        text = f"partitions{where_} = {flat[bad[0]]} is not in [0, {num_partitions})"
        raise InvalidArgumentError(None, None, text)
    return [data[partitions == i] for i in range(num_partitions)]


@DynamicPartition.gradient
def _(node, *dys):
    data, partitions = node.inputs
    shape = tf.shape(partitions)
    numbers = tf.reshape(tf.range(tf.reduce_prod(shape)), shape)
    parts = tf.dynamic_partition(numbers, partitions, node.attrs["num_partitions"])
    return [tf.reshape(tf.dynamic_stitch(parts, list(dys)), tf.shape(data)), None]


def _stitched(node):
    count, rest = node.attrs["N"], shapes.UNKNOWN
    for indices, data in zip(node.inputs[:count], node.inputs[count:]):
        if None in (indices.shape.ndims, data.shape.ndims):
            continue
        if not data.shape[: indices.shape.ndims].is_compatible_with(indices.shape):
            raise shapes.misfit(node, f"Shapes {indices.shape} and {data.shape} are not compatible")
        rest = shapes.merged_into(node, rest, data.shape[indices.shape.ndims :])
    # 1.1 leaves the number of rows open even where the indices are constants.
    return TensorShape((None,)).concatenate(rest)


@api("dynamic_stitch")
@op("indices: N*int32, data: N*T -> merged: T", fixed=("indices",), host="unless known", folds=True, out=_stitched)
def DynamicStitch(indices, data):
    """Rows of several tensors put in the places that `indices` say; the last of several rows for one place counts."""
    rest = data[0].shape[indices[0].ndim :]
    for i, (where_, part) in enumerate(zip(indices, data)):
        if part.shape != where_.shape + rest:
            text = (
                f"data[{i}].shape must start with indices[{i}].shape, got data[{i}].shape = "
                f"{list(part.shape)}, indices[{i}].shape = {list(where_.shape)}"
            )
            raise InvalidArgumentError(None, None, text)
    rows = max((int(k.max()) + 1 for k in indices if k.size), default=0)
    flat = np.concatenate([k.ravel() for k in indices])
    if (flat < 0).any():
        raise InvalidArgumentError(None, None, f"indices[{np.flatnonzero(flat < 0)[0]}] is out of range")
    xp = numpy_or_jax(*data)
    values = xp.concatenate([part.reshape((-1, *rest)) for part in data])
    # The last writer of each row wins; rows that nobody writes are zeros.
    source = np.full(rows, -1, np.int64)
    source[flat] = np.arange(flat.size)
    merged = values[np.maximum(source, 0)] if flat.size else xp.zeros((rows, *rest), values.dtype)
    if (source >= 0).all():
        return merged
    return xp.where((source >= 0).reshape((-1,) + (1,) * len(rest)), merged, xp.zeros((), values.dtype))


@DynamicStitch.gradient
def _(node, dy):
    count = node.attrs["N"]
    if isinstance(dy, IndexedSlices):
        dy = tf.unsorted_segment_sum(dy.values, dy.indices, tf.shape(node.outputs[0])[0])
    return [None] * count + [tf.gather(dy, indices) for indices in node.inputs[:count]]


# -- unique values and sets --------------------------------------------------------------------------------------------


def _in_order(x):
    """Distinct elements in the order in which they first come, each element's number among them, and how often each
    comes.
    """
    values, first, inverse, counts = np.unique(
        x, return_index=True, return_inverse=True, return_counts=True, equal_nan=False
    )
    order = np.argsort(first, kind="stable")
    number = np.empty_like(order)
    number[order] = np.arange(order.size)
    return values[order], number[inverse.ravel()], counts[order]


def _vector_only(x):
    if x.ndim != 1:
        raise InvalidArgumentError(None, None, "unique expects a 1D vector.")


def _unique_shapes(node):
    found = [TensorShape((None,)), node.inputs[0].shape, TensorShape((None,))]
    return found[: len(node.outputs)]


@api("unique")
@op("x: T -> y: T, idx: out_idx", out_idx=INDICES, host=True, gradient="unregistered", out=_unique_shapes)
def Unique(x, *, out_idx=dtypes.int32):
    """Distinct elements in the order they first come, and which of them each element is."""
    _vector_only(x)
    return _in_order(x)[:2]


@Unique.padded
def _(x, *, out_idx):
    return rows.distinct(x)


@api("unique_with_counts")
@op(
    "x: T -> y: T, idx: out_idx, count: out_idx",
    out_idx=INDICES,
    host=True,
    gradient="unregistered",
    out=_unique_shapes,
)
def UniqueWithCounts(x, *, out_idx=dtypes.int32):
    """`unique`, and how often each distinct element comes."""
    _vector_only(x)
    return _in_order(x)


@op(
    "x: T, y: T -> out: T, idx: out_idx",
    out_idx=INDICES,
    fixed=("x", "y"),
    host="unless known",
    folds=True,
    gradient="unregistered",
    out=lambda node: [TensorShape((None,))] * 2,
)
def ListDiff(x, y, *, out_idx=dtypes.int32):
    """The elements of x that are not in y, in order, and where in x they stand."""
    for name, value in (("x", x), ("y", y)):
        if value.ndim != 1:
            raise InvalidArgumentError(None, None, f"{name} should be a 1D vector.")
    where_ = np.flatnonzero(~np.isin(x, y))
    return x[where_], where_


@api("setdiff1d")
def setdiff1d(x, y, index_dtype=dtypes.int32, name=None):
    """The elements of `x` that are not in `y`, in order, and their positions in `x`."""
    return raw.ListDiff(x, y, out_idx=index_dtype, name=name)


@api("listdiff")
def listdiff(x, y, out_idx=None, name=None):
    """`setdiff1d`, as it was called before 1.0."""
    return raw.ListDiff(x, y, out_idx=out_idx, name=name)
