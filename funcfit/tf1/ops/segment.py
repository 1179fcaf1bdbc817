"""Reductions of rows that share a segment id: sorted ids, unsorted ids, and ids for chosen rows."""

import jax.numpy as jnp
import numpy as np

from funcfit.errors import InvalidArgumentError
from funcfit.kernels.segments import counts, sorted_segments, unsorted_segments
from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import INDICES, NUMBERS, REAL, Check, api, op, raw, tf


def _lowest(dtype):
    return np.iinfo(dtype).min if np.issubdtype(dtype, np.integer) else jnp.finfo(dtype).min


def _highest(dtype):
    return np.iinfo(dtype).max if np.issubdtype(dtype, np.integer) else jnp.finfo(dtype).max


# -- sorted ids: they say how many segments there are, so these run on the host ----------------------------------------


def _some_rows(node):
    """As the data, with a first size that only the ids know."""
    data = node.inputs[0].shape
    if data.ndims == 0:
        raise shapes.misfit(node, "Shape must be at least rank 1 but is rank 0")
    shapes.with_rank(node, 1, 1)
    return shapes.UNKNOWN if data.ndims is None else TensorShape((None, *data.dims_or_none[1:]))


_SORTED = {"Tindices": INDICES, "host": True, "out": _some_rows}


def _segments(data, segment_ids, reduce, empty=0):
    try:
        return sorted_segments(data, segment_ids, reduce, empty)
    except ValueError as error:
        raise InvalidArgumentError(None, None, str(error)) from None


@api("segment_sum", "math.segment_sum")
@op("data: T, segment_ids: Tindices -> output: T", T=NUMBERS, **_SORTED)
def SegmentSum(data, segment_ids):
    return _segments(data, segment_ids, np.add)


@SegmentSum.gradient
def _(node, dy):
    return [tf.gather(dy, node.inputs[1]), None]


@api("segment_mean", "math.segment_mean")
@op("data: T, segment_ids: Tindices -> output: T", T=REAL, **_SORTED)
def SegmentMean(data, segment_ids):
    total = _segments(data, segment_ids, np.add)
    size = np.maximum(counts(segment_ids), 1).astype(data.dtype).reshape(-1, *[1] * (data.ndim - 1))
    return raw.TruncateDiv.lower(total, size)


@SegmentMean.gradient
def _(node, dy):
    x, ids = node.inputs
    rank = tf.rank(x)
    one_a_row = tf.concat([tf.shape(ids), tf.fill(tf.expand_dims(rank - 1, 0), 1)], 0)
    ones = tf.fill(one_a_row, tf.constant(1, dtype=dy.dtype))
    return [tf.gather(tf.div(dy, tf.segment_sum(ones, ids)), ids), None]


@api("segment_prod", "math.segment_prod")
@op("data: T, segment_ids: Tindices -> output: T", T=NUMBERS, gradient="unregistered", **_SORTED)
def SegmentProd(data, segment_ids):
    return _segments(data, segment_ids, np.multiply, 1)


@api("segment_max", "math.segment_max")
@op("data: T, segment_ids: Tindices -> output: T", T=REAL, **_SORTED)
def SegmentMax(data, segment_ids):
    return _segments(data, segment_ids, np.maximum)


@api("segment_min", "math.segment_min")
@op("data: T, segment_ids: Tindices -> output: T", T=REAL, **_SORTED)
def SegmentMin(data, segment_ids):
    return _segments(data, segment_ids, np.minimum)


@SegmentMax.gradient
@SegmentMin.gradient
def _(node, dy):
    """Equal extremes share the gradient."""
    x, ids = node.inputs
    zeros = tf.zeros(tf.shape(x), dtype=x.dtype)
    chosen = tf.equal(x, tf.gather(node.outputs[0], ids))
    count = tf.segment_sum(tf.cast(chosen, dy.dtype), ids)
    share = tf.gather(tf.div(dy, count), ids)
    return [tf.where(chosen, share, zeros), None]


# -- unsorted ids, and their number ------------------------------------------------------------------------------------


def _counted_rows(node):
    data, ids, _ = (x.shape for x in node.inputs)
    shapes.with_rank(node, 2, 0)
    if data.ndims is None or ids.ndims is None:
        return shapes.UNKNOWN
    if ids.ndims > data.ndims or not data[: ids.ndims].is_compatible_with(ids):
        raise ValueError(f"data.shape = {data} does not start with segment_ids.shape = {ids} for '{node.name}'")
    count = shapes.constant_value(node.inputs[2])
    return TensorShape((None if count is None else int(count), *data.dims_or_none[ids.ndims :]))


def _in_range(data, segment_ids, num_segments):
    if num_segments.ndim:
        shape = list(num_segments.shape)
        raise InvalidArgumentError(None, None, f"num_segments should be a scalar, not shape {shape}")

    def message(bad):
        flat = np.ravel(bad)
        position = int(np.flatnonzero(flat >= num_segments)[0])
        where = "".join(f"[{i}]" if np.ndim(bad) == 1 else f",{i}" for i in np.unravel_index(position, np.shape(bad)))
        where = where if np.ndim(bad) == 1 else "[" + where.lstrip(",") + "]"
        return f"segment_ids{where} = {flat[position]} is out of range [0, {int(num_segments)})"

    return [Check(segment_ids < num_segments, InvalidArgumentError, message, [segment_ids])]


_UNSORTED = {
    "Tindices": INDICES,
    "Tnumsegments": INDICES,
    "later": ("Tnumsegments",),
    "fixed": ("num_segments",),
    "out": _counted_rows,
    "checks": _in_range,
    "padding": ("segment_ids", "num_segments"),
}


@op("data: T, segment_ids: Tindices, num_segments: Tnumsegments=int32 -> output: T", T=NUMBERS, **_UNSORTED)
def UnsortedSegmentSum(data, segment_ids, num_segments):
    return unsorted_segments(data, segment_ids, int(num_segments), "add", 0)


@op("data: T, segment_ids: Tindices, num_segments: Tnumsegments=int32 -> output: T", T=NUMBERS, **_UNSORTED)
def UnsortedSegmentProd(data, segment_ids, num_segments):
    return unsorted_segments(data, segment_ids, int(num_segments), "multiply", 1)


@op("data: T, segment_ids: Tindices, num_segments: Tnumsegments=int32 -> output: T", T=REAL, **_UNSORTED)
def UnsortedSegmentMax(data, segment_ids, num_segments):
    return unsorted_segments(data, segment_ids, int(num_segments), "max", _lowest(data.dtype))


@op("data: T, segment_ids: Tindices, num_segments: Tnumsegments=int32 -> output: T", T=REAL, **_UNSORTED)
def UnsortedSegmentMin(data, segment_ids, num_segments):
    return unsorted_segments(data, segment_ids, int(num_segments), "min", _highest(data.dtype))


@UnsortedSegmentSum.gradient
def _(node, dy):
    return [_gathered(dy, node.inputs[1]), None, None]


@UnsortedSegmentMax.gradient
@UnsortedSegmentMin.gradient
def _(node, dy):
    x, ids, count = node.inputs
    zeros = tf.zeros(tf.shape(x), dtype=x.dtype)
    chosen = tf.equal(x, _gathered(node.outputs[0], ids))
    selected = raw.UnsortedSegmentSum(tf.cast(chosen, dy.dtype), ids, count)
    share = _gathered(tf.div(dy, selected), ids)
    return [tf.where(chosen, share, zeros), None, None]


def _gathered(rows, ids):
    """rows[ids], with zeros where an id is negative. Where ids are known to be good, that is TF 1.1's one Gather."""
    known = shapes.constant_value(ids)
    if known is not None and (known >= 0).all():
        return tf.gather(rows, ids)
    found = tf.gather(rows, tf.maximum(ids, tf.zeros_like(ids)))
    used = tf.greater_equal(ids, 0)
    for _ in range(found.shape.ndims - used.shape.ndims):
        used = tf.expand_dims(used, -1)
    used = used & tf.ones_like(found, dtype=dtypes.bool_)
    return tf.where(used, found, tf.zeros_like(found))


@UnsortedSegmentProd.gradient
def _(node, dy):
    """The product of the others: by division, except where a factor is zero."""
    x, ids, count = node.inputs
    is_zero = tf.equal(x, 0)
    zeros = raw.UnsortedSegmentSum(tf.cast(is_zero, dtypes.int32), ids, count)
    dy = tf.where(tf.greater(zeros, 1), tf.zeros_like(dy), dy)
    without_zeros = raw.UnsortedSegmentProd(tf.where(is_zero, tf.ones_like(x), x), ids, count)
    rows = tf.maximum(ids, tf.zeros_like(ids))
    by_division = tf.gather(node.outputs[0], rows) / x
    others = tf.where(is_zero, tf.gather(without_zeros, rows), by_division)
    return [_gathered(dy, ids) * others, None, None]


api("unsorted_segment_sum", "math.unsorted_segment_sum")(UnsortedSegmentSum)
api("unsorted_segment_prod", "math.unsorted_segment_prod")(UnsortedSegmentProd)
api("unsorted_segment_max", "math.unsorted_segment_max")(UnsortedSegmentMax)
api("unsorted_segment_min", "math.unsorted_segment_min")(UnsortedSegmentMin)


@api("unsorted_segment_mean", "math.unsorted_segment_mean")
def unsorted_segment_mean(data, segment_ids, num_segments, name=None):
    """The means of the rows of `data` with each id; zero for an id that no row has."""
    with name_scope(name, "UnsortedSegmentMean"):
        data, segment_ids = convert_to_tensor(data), convert_to_tensor(segment_ids)
        size = _sizes(data, segment_ids, num_segments)
        return tf.unsorted_segment_sum(data, segment_ids, num_segments) / size


@api("unsorted_segment_sqrt_n", "math.unsorted_segment_sqrt_n")
def unsorted_segment_sqrt_n(data, segment_ids, num_segments, name=None):
    """The sums of the rows of `data` with each id, divided by the root of how many they are."""
    with name_scope(name, "UnsortedSegmentSqrtN"):
        data, segment_ids = convert_to_tensor(data), convert_to_tensor(segment_ids)
        size = _sizes(data, segment_ids, num_segments)
        return tf.unsorted_segment_sum(data, segment_ids, num_segments) / tf.sqrt(size)


def _sizes(data, segment_ids, num_segments):
    """How many rows each segment has, at least one, shaped to divide the sums by."""
    ones = tf.ones(tf.shape(segment_ids), dtype=data.dtype)
    size = tf.unsorted_segment_sum(ones, segment_ids, num_segments)
    size = tf.reshape(size, [num_segments] + [1] * (data.shape.ndims - segment_ids.shape.ndims))
    return tf.maximum(size, 1)


# -- sorted ids of chosen rows -----------------------------------------------------------------------------------------


def _chosen_rows(node):
    shapes.with_rank(node, 1, 1)
    shapes.with_rank(node, 2, 1)
    shapes.merged_into(node, node.inputs[1].shape, node.inputs[2].shape)
    data = node.inputs[0].shape
    if len(node.inputs) == 3:
        return _rows(None, data)
    shapes.with_rank(node, 3, 0)
    count = shapes.constant_value(node.inputs[3])
    if count is not None and count < 0:
        raise shapes.misfit(node, "Cannot specify a negative value for num_segments")
    return (
        shapes.UNKNOWN
        if data.ndims is None
        else TensorShape((None if count is None else int(count), *data.dims_or_none[1:]))
    )


def _rows(count, data):
    """`count` rows like those of `data`."""
    if data.ndims is None:
        return shapes.UNKNOWN
    return TensorShape((None if count is None else int(count), *data.dims_or_none[1:]))


_SPARSE = {"Tidx": INDICES, "host": True, "out": _chosen_rows}


def _chosen(data, indices, segment_ids, divisor, num_segments=None):
    """Sums over segments of data[indices], divided by `divisor` of how many rows they are; `num_segments` of them."""
    bad = (indices < 0) | (indices >= len(data))
    if len(indices) != len(segment_ids):
        raise InvalidArgumentError(None, None, "segment_ids and indices should have same size.")
    if num_segments is not None and len(segment_ids) and segment_ids[-1] >= num_segments:
        raise InvalidArgumentError(None, None, "segment ids must be < num_segments")
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        raise InvalidArgumentError(None, None, f"Bad: indices[{at}] == {indices[at]} out of range [0, {len(data)})")
    total = _segments(data[indices], segment_ids, np.add)
    if divisor is not None:
        size = divisor(np.maximum(counts(segment_ids), 1)).astype(data.dtype)
        total = total / size.reshape(-1, *[1] * (data.ndim - 1))
    if num_segments is None:
        return total
    return np.concatenate([total, np.zeros((int(num_segments) - len(total), *data.shape[1:]), data.dtype)])


def _itself(count):
    return count


_FLOAT = "float32 float64"
_COUNTED = "data: T, indices: Tidx=int32, segment_ids: int32, num_segments: Tnumsegments=int32 -> output: T"


@op("data: T, indices: Tidx=int32, segment_ids: int32 -> output: T", T=REAL, **_SPARSE)
def SparseSegmentSum(data, indices, segment_ids):
    return _chosen(data, indices, segment_ids, None)


@op("data: T, indices: Tidx=int32, segment_ids: int32 -> output: T", T=_FLOAT, **_SPARSE)
def SparseSegmentMean(data, indices, segment_ids):
    return _chosen(data, indices, segment_ids, _itself)


@op("data: T, indices: Tidx=int32, segment_ids: int32 -> output: T", T=_FLOAT, **_SPARSE)
def SparseSegmentSqrtN(data, indices, segment_ids):
    return _chosen(data, indices, segment_ids, np.sqrt)


@op(
    _COUNTED,
    T=REAL,
    Tnumsegments=INDICES,
    **_SPARSE,
)
def SparseSegmentSumWithNumSegments(data, indices, segment_ids, num_segments):
    return _chosen(data, indices, segment_ids, None, num_segments)


@op(
    _COUNTED,
    T=_FLOAT,
    Tnumsegments=INDICES,
    **_SPARSE,
)
def SparseSegmentMeanWithNumSegments(data, indices, segment_ids, num_segments):
    return _chosen(data, indices, segment_ids, _itself, num_segments)


@op(
    _COUNTED,
    T=_FLOAT,
    Tnumsegments=INDICES,
    **_SPARSE,
)
def SparseSegmentSqrtNWithNumSegments(data, indices, segment_ids, num_segments):
    return _chosen(data, indices, segment_ids, np.sqrt, num_segments)


@SparseSegmentSum.gradient
@SparseSegmentSumWithNumSegments.gradient
def _(node, dy):
    x, indices, ids = node.inputs[:3]
    rows = tf.shape(x)[0]
    return _only_data(node, raw.UnsortedSegmentSum(tf.gather(dy, ids), indices, rows))


@SparseSegmentMean.gradient
@SparseSegmentMeanWithNumSegments.gradient
def _(node, dy):
    x, indices, ids = node.inputs[:3]
    return _only_data(node, raw.SparseSegmentMeanGrad(dy, indices, ids, tf.shape(x)[0]))


@SparseSegmentSqrtN.gradient
@SparseSegmentSqrtNWithNumSegments.gradient
def _(node, dy):
    x, indices, ids = node.inputs[:3]
    return _only_data(node, raw.SparseSegmentSqrtNGrad(dy, indices, ids, tf.shape(x)[0]))


def _only_data(node, dx):
    return [dx] + [None] * (len(node.inputs) - 1)


def _rows_of_data(node):
    grad = node.inputs[0].shape
    rows = shapes.constant_value(node.inputs[3])
    if rows is not None and rows < 0:
        raise shapes.misfit(node, "Cannot specify a negative value for output_dim0")
    return (
        shapes.UNKNOWN
        if grad.ndims is None
        else TensorShape((None if rows is None else int(rows), *grad.dims_or_none[1:]))
    )


def _spread(grad, indices, segment_ids, output_dim0, divisor):
    """Each chosen row gets its segment's gradient, divided by `divisor` of how many rows the segment has."""
    size = jnp.zeros(grad.shape[0], grad.dtype).at[segment_ids].add(1)
    scaled = grad / divisor(jnp.maximum(size, 1)).reshape(-1, *[1] * (grad.ndim - 1))
    out = jnp.zeros((int(output_dim0), *grad.shape[1:]), grad.dtype)
    return out.at[indices].add(scaled[segment_ids])


_SPARSE_GRAD = {
    "T": _FLOAT,
    "Tidx": INDICES,
    "fixed": ("output_dim0",),
    "out": _rows_of_data,
    "gradient": "unregistered",
}


@op("grad: T, indices: Tidx=int32, segment_ids: int32, output_dim0: int32 -> output: T", **_SPARSE_GRAD)
def SparseSegmentMeanGrad(grad, indices, segment_ids, output_dim0):
    return _spread(grad, indices, segment_ids, output_dim0, _itself)


@op("grad: T, indices: Tidx=int32, segment_ids: int32, output_dim0: int32 -> output: T", **_SPARSE_GRAD)
def SparseSegmentSqrtNGrad(grad, indices, segment_ids, output_dim0):
    return _spread(grad, indices, segment_ids, output_dim0, jnp.sqrt)


def _public_sparse(card, counted, what):
    def segments(data, indices, segment_ids, name=None, num_segments=None):
        if num_segments is None:
            return card(data, indices, segment_ids, name=name)
        return counted(data, indices, segment_ids, num_segments, name=name)

    segments.__doc__ = f"{what} over segments of the rows of `data` that `indices` names; `segment_ids` [n] must rise."
    return segments


api("sparse_segment_sum", "sparse.segment_sum")(
    _public_sparse(SparseSegmentSum, SparseSegmentSumWithNumSegments, "Sums")
)
api("sparse_segment_mean", "sparse.segment_mean")(
    _public_sparse(SparseSegmentMean, SparseSegmentMeanWithNumSegments, "Means")
)
api("sparse_segment_sqrt_n", "sparse.segment_sqrt_n")(
    _public_sparse(SparseSegmentSqrtN, SparseSegmentSqrtNWithNumSegments, "Sums divided by the root of their number")
)
