"""Tensors one after the other, and cut apart: concat and split."""

import numpy as np

from funcfit.errors import InvalidArgumentError
from funcfit.kernels.module import numpy_or_jax
from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.node import IndexedSlices, Tensor
from funcfit.tf1.graph.shape import TensorShape, unknown_shape
from funcfit.tf1.opdef import INDICES, api, op, raw, tf


def _concatenated(node, tensors, axis_input):
    axis = shapes.constant_value(node.inputs[axis_input])
    shapes.with_rank(node, axis_input, 0)
    ranks = [x.shape.ndims for x in tensors if x.shape.ndims is not None]
    if not ranks:
        return shapes.UNKNOWN
    rank = ranks[0]
    for other in ranks:
        if other != rank:
            raise shapes.misfit(node, f"Shape must be rank {rank} but is rank {other}", [axis_input])
    if rank == 0:
        raise shapes.misfit(node, "Can't concatenate scalars (use tf.stack instead)", [axis_input])
    if axis is None:
        return unknown_shape(rank)
    axis = int(axis)
    if not -rank <= axis < rank:
        raise shapes.misfit(
            node, f"Shape must be at least rank {axis + 1 if axis >= 0 else -axis} but is rank {rank}", [axis_input]
        )
    merged, total = unknown_shape(rank), 0
    for i, x in enumerate(tensors):
        if x.shape.dims_or_none is None:
            total = None
            continue
        sizes = list(x.shape.dims_or_none)
        total = None if None in (total, sizes[axis]) else total + sizes[axis]
        sizes[axis] = None
        merged = shapes.merged_into(
            node, merged, TensorShape(tuple(sizes)), f"From merging shape {i} with other shapes."
        )
    sizes = list(merged.dims_or_none)
    sizes[axis] = total
    return TensorShape(tuple(sizes))


def _joined(values, axis):
    axis, rank = int(axis), values[0].ndim
    if not -rank <= axis < rank:
        text = f"ConcatOp : Expected concatenating dimensions in the range [{-rank}, {rank}), but got {axis}"
        raise InvalidArgumentError(None, None, text)
    axis %= rank
    for i, value in enumerate(values):
        shape, first = list(value.shape), list(values[0].shape)
        if len(shape) != rank or shape[:axis] + shape[axis + 1 :] != first[:axis] + first[axis + 1 :]:
            what = (
                "Ranks of all input tensors should match" if len(shape) != rank else "Dimensions of inputs should match"
            )
            text = f"ConcatOp : {what}: shape[0] = {_bracketed(first)} vs. shape[{i}] = {_bracketed(shape)}"
            raise InvalidArgumentError(None, None, text)
    return numpy_or_jax(*values).concatenate(values, axis)


def _bracketed(sizes):
    return "[" + ",".join(map(str, sizes)) + "]"


@op(
    "concat_dim: int32, values: N*T -> output: T",
    fixed=("concat_dim",),
    folds=True,
    at_build=True,
    out=lambda node: _concatenated(node, node.inputs[1:], 0),
)
def Concat(concat_dim, values):
    return _joined(values, concat_dim)


@op(
    "values: N*T, axis: Tidx=int32 -> output: T",
    Tidx=INDICES,
    fixed=("axis",),
    folds=True,
    at_build=True,
    out=lambda node: _concatenated(node, node.inputs[:-1], len(node.inputs) - 1),
)
def ConcatV2(values, axis):
    return _joined(values, axis)


@Concat.gradient
def _(node, dy):
    return [None, *_concat_gradients(dy, node.inputs[0], node.inputs[1:])]


@ConcatV2.gradient
def _(node, dy):
    return [*_concat_gradients(dy, node.inputs[-1], node.inputs[:-1]), None]


def _concat_gradients(dy, axis, parts):
    """The pieces of `dy` (a Tensor or IndexedSlices) that belong to `parts`, in the nodes that TF 1.1 makes of it."""
    if len(parts) == 1:
        return [dy]
    axis_from_left = axis % tf.rank(parts[0])
    if isinstance(dy, IndexedSlices):
        return _slices_of_slices(dy, axis, axis_from_left, parts)
    sizes = _shapes_of(parts)
    if len(sizes) > 16:
        # One SplitV is cheaper than many slices, and TF changes over at 16 (1.1 array_grad.py).
        lengths = tf.squeeze(tf.slice(tf.stack(sizes, axis=1), [axis_from_left, 0], [1, -1]))
        return tf.split(dy, lengths, axis_from_left)
    starts = raw.ConcatOffset(axis_from_left, sizes)
    return [tf.slice(dy, start, size) for start, size in zip(starts, sizes)]


def _shapes_of(parts):
    sizes = []
    for x in parts:
        size = tf.shape(x)
        if size.op.type != "Const":
            return raw.ShapeN(parts)
        sizes.append(size)
    return sizes


def _slices_of_slices(dy, axis, axis_from_left, parts):
    static = shapes.constant_value(axis)
    if static is None:
        raise ValueError("Can only compute IndexedSlices gradient with statically-known concat_dim")
    if static < 0:
        rank = shapes.constant_value(tf.rank(parts[0]))
        if rank is None:
            raise ValueError(
                "Can only compute IndexedSlices gradient with negative concat_dim when first value rank is "
                "statically-known."
            )
        static = int(static) % int(rank)
    sizes = [tf.shape(x) for x in parts]
    if static > 0:
        return list(_columns_of_slices(dy, axis_from_left, sizes))
    return list(_rows_of_slices(dy, axis_from_left, sizes))


def _columns_of_slices(dy, axis, sizes):
    rank = tf.shape(sizes[0])
    mask = tf.concat([tf.fill(tf.expand_dims(axis, 0), 0), [1], tf.fill(rank - axis - 1, 0)], 0)
    begin = tf.fill(rank, 0)
    for size in sizes:
        values = tf.slice(dy.values, begin, tf.concat([[-1], tf.slice(size, [1], [-1])], 0))
        yield IndexedSlices(values, dy.indices, size)
        begin = tf.add(begin, size * mask)


def _rows_of_slices(dy, axis, sizes):
    start = tf.constant(0, dtype=dy.indices.dtype)
    for size in sizes:
        length = tf.gather(size, axis)
        if length.dtype != dy.indices.dtype:
            length = tf.cast(length, dtype=dy.indices.dtype)
        end = start + length
        mine = tf.squeeze(tf.where(tf.logical_and(dy.indices >= start, dy.indices < end)), squeeze_dims=[1])
        indices = tf.gather(dy.indices, mine) - start
        yield IndexedSlices(tf.gather(dy.values, mine), indices, size)
        start = end


@api("concat")
def concat(values=None, axis=None, name="concat", concat_dim=None):
    """Tensors one after the other along `axis`.

    Before 1.0 the axis came first, and `concat(0, [x, y])` is understood too.
    """
    parts = values
    if concat_dim is not None:
        parts, axis = axis if values is None else values, concat_dim
    elif isinstance(axis, (list, tuple)) and not isinstance(values, (list, tuple)):
        parts, axis = axis, values
    if not isinstance(parts, (list, tuple)):
        parts = [parts]
    if not parts:
        raise ValueError("List argument 'values' to 'ConcatV2' Op with length 0 shorter than minimum length 2.")
    if len(parts) == 1:
        with name_scope(name) as scope:
            dim = convert_to_tensor(axis, name="concat_dim", dtype=dtypes.int32)
            dim.shape.assert_is_compatible_with(TensorShape(()))
            return tf.identity(parts[0], name=scope)
    return raw.ConcatV2(parts, axis, name=name)


@api("concat_v2")
def concat_v2(values, axis, name="concat_v2"):
    """`concat` with the axis last, as the releases just before 1.0 called it."""
    return concat(values, axis, name)


def _is_number(value):
    return isinstance(value, (int, np.integer)) or isinstance(value, (np.ndarray, Tensor)) and value.shape == ()


@op(
    "concat_dim: int32, shape: N*int32 -> offset: N*int32",
    folds=True,
    gradient=None,
    out=lambda node: [x.shape for x in node.inputs[1:]],
)
def ConcatOffset(concat_dim, shape):
    """Where each of tensors with these shapes begins in their concatenation."""
    xp = numpy_or_jax(concat_dim, *shape)
    rank = shape[0].shape[0]
    if xp is np:
        _check_offsets(int(concat_dim), shape)
    along = xp.arange(rank) == concat_dim % rank
    starts = xp.cumsum(xp.stack([xp.zeros_like(shape[0]), *shape[:-1]]), axis=0)
    return [xp.where(along, start, 0).astype(np.int32) for start in starts]


def _check_offsets(axis, shape):
    rank = len(shape[0])
    if not -rank <= axis < rank:
        raise InvalidArgumentError(None, None, f"Concat dim is out of range: {axis} vs. {rank}")
    for i, sizes in enumerate(shape):
        if len(sizes) != rank:
            raise InvalidArgumentError(None, None, f"input {i} should contain {rank} elements, but got {len(sizes)}")
        for j in range(rank):
            if j != axis % rank and sizes[j] != shape[0][j]:
                text = (
                    f"All dimensions except {axis % rank} must match. Input {i} has shape "
                    f"[{' '.join(map(str, sizes))}] and doesn't match input 0 with shape "
                    f"[{' '.join(map(str, shape[0]))}]."
                )
                raise InvalidArgumentError(None, None, text)


def _split_shapes(node):
    sizes, num = node.inputs[1].shape.dims_or_none, node.attrs["num_split"]
    axis = shapes.constant_value(node.inputs[0])
    if sizes is None:
        return [shapes.UNKNOWN] * num
    if axis is None:
        return [unknown_shape(len(sizes))] * num
    axis = _split_axis(node, int(axis), len(sizes), 0)
    if sizes[axis] is not None and sizes[axis] % num:
        text = (
            f"Dimension size must be evenly divisible by {num} but is {sizes[axis]}\n\tNumber of ways to "
            "split should evenly divide the split dimension"
        )
        raise shapes.misfit(node, text, [0])
    part = None if sizes[axis] is None else sizes[axis] // num
    return [TensorShape((*sizes[:axis], part, *sizes[axis + 1 :]))] * num


def _split_axis(node, axis, rank, position):
    if not -rank <= axis < rank:
        raise shapes.misfit(
            node, f"Dimension size, given by scalar input {axis}, must be in range [{-rank}, {rank})", [position]
        )
    return axis % rank


@op("split_dim: int32, value: T -> output: num_split*T", fixed=("split_dim",), folds=True, out=_split_shapes)
def Split(split_dim, value, *, num_split):
    axis, rank = int(split_dim), value.ndim
    if not -rank <= axis < rank:
        text = f"-input rank(-{rank}) <= split_dim < input rank ({rank}), but got {axis}"
        raise InvalidArgumentError(None, None, text)
    if value.shape[axis] % num_split:
        text = (
            f"Number of ways to split should evenly divide the split dimension, but got split_dim {axis} "
            f"(size = {value.shape[axis]}) and num_split {num_split}"
        )
        raise InvalidArgumentError(None, None, text)
    return numpy_or_jax(value).split(value, num_split, axis)


@Split.gradient
def _(node, *dys):
    return [None, tf.concat(list(dys), node.inputs[0])]


def _split_v_shapes(node):
    sizes, num = node.inputs[0].shape.dims_or_none, node.attrs["num_split"]
    lengths, axis = shapes.constant_value(node.inputs[1]), shapes.constant_value(node.inputs[2])
    if sizes is None:
        return [shapes.UNKNOWN] * num
    if not sizes:
        raise shapes.misfit(node, "Can't split scalars")
    if axis is None:
        return [unknown_shape(len(sizes))] * num
    axis = _split_axis(node, int(axis), len(sizes), 2)
    if lengths is None:
        parts = [None] * num
    else:
        if len(lengths) != num:
            raise shapes.misfit(node, "Length of size_splits should be equal to num_outputs", [1, 2])
        parts = _lengths(node, lengths.tolist(), sizes[axis])
    return [TensorShape((*sizes[:axis], part, *sizes[axis + 1 :])) for part in parts]


def _lengths(node, lengths, total):
    known = sum(d for d in lengths if d != -1)
    if lengths.count(-1) > 1:
        raise shapes.misfit(node, "size_splits can only have one -1", [1, 2])
    if total is not None and (known > total or -1 not in lengths and known != total):
        text = f"can't split axis of size {total} into pieces of size [{','.join(map(str, lengths))}]"
        raise shapes.misfit(node, text, [1, 2])
    return [(None if total is None else total - known) if d == -1 else d for d in lengths]


@op(
    "value: T, size_splits: Tlen=int64, split_dim: int32 -> output: num_split*T",
    Tlen=INDICES,
    fixed=("size_splits", "split_dim"),
    folds=True,
    out=_split_v_shapes,
)
def SplitV(value, size_splits, split_dim, *, num_split):
    axis, rank = int(split_dim), value.ndim
    if size_splits.shape != (num_split,):
        text = f"size_splits should have {num_split} elements, but it has shape {list(size_splits.shape)}"
        raise InvalidArgumentError(None, None, text)
    if not -rank <= axis < rank:
        text = f"-input rank(-{rank}) <= split_dim < input rank ({rank}), but got {axis}"
        raise InvalidArgumentError(None, None, text)
    lengths, total = size_splits.tolist(), value.shape[axis]
    known = sum(d for d in lengths if d != -1)
    if known > total or -1 not in lengths and known != total:
        text = (
            "Determined shape must either match input shape along split_dim exactly if fully specified, "
            f"or be less than the size of the input along split_dim if not fully specified.  Got: {known}"
        )
        raise InvalidArgumentError(None, None, text)
    lengths = [total - known if d == -1 else d for d in lengths]
    return numpy_or_jax(value).split(value, np.cumsum(lengths)[:-1], axis)


@SplitV.gradient
def _(node, *dys):
    return [tf.concat(list(dys), node.inputs[2]), None, None]


@api("split")
def split(value=None, num_or_size_splits=None, axis=0, num=None, name="split", split_dim=None, num_split=None):
    """`value` cut along `axis`: into so many equal parts, or into parts of the sizes given.

    Before 1.0 the order was `split(split_dim, num_split, value)`, and that is understood too. ValueError when the
    number of sizes is not known.
    """
    if not isinstance(axis, (int, np.integer)) and axis is not None and _is_number(value):
        value, axis = axis, value
    axis = axis if split_dim is None else split_dim
    splits = num_or_size_splits if num_split is None else num_split
    if isinstance(splits, (int, np.integer)):
        return raw.Split(axis, value, num_split=splits, name=name)
    splits = convert_to_tensor(splits)
    if num is None:
        num = splits.shape.dims_or_none and splits.shape.dims_or_none[0]
        if num is None:
            raise ValueError(f"Cannot infer num from shape {splits}")
    return raw.SplitV(value, splits, axis, num_split=num, name=name)


@api("split_v")
def split_v(value, size_splits, split_dim=0, num=None, name="split_v"):
    """`split` into parts of the sizes given, as the releases just before 1.0 called it."""
    return split(value, size_splits, split_dim, num, name)
