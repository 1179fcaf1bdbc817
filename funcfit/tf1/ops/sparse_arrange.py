"""From sparse tensors to sparse tensors: put in order, reshaped, cut, joined, added, filled up."""

import math
import numbers

import jax.numpy as jnp
import numpy as np

from funcfit.errors import InvalidArgumentError
from funcfit.kernels.module import numpy_or_jax
from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.node import IndexedSlices, SparseTensor, SparseTensorValue, Tensor, as_sparse
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import NUMBERS, api, op, raw, tf

# -- order and shape -------------------------------------------------------------------------------------------------


def _ordered(indices):
    """The permutation that puts rows of indices in row-major order."""
    return numpy_or_jax(indices).lexsort(indices.T[::-1])


@op(
    "input_indices: int64, input_values: T, input_shape: int64 -> output_indices: int64, output_values: T",
    out=lambda node: [node.inputs[0].shape, node.inputs[1].shape],
)
def SparseReorder(input_indices, input_values, input_shape):
    xp = numpy_or_jax(input_indices, input_values)
    order = _ordered(xp.asarray(input_indices))
    return xp.asarray(input_indices)[order], xp.asarray(input_values)[order]


@SparseReorder.gradient
def _(node, _, dvalues):
    indices, _, shape = node.inputs
    numbers = tf.range(tf.shape(indices)[0])
    ordered = tf.sparse_reorder(SparseTensor(indices, numbers, shape))
    return [None, tf.gather(dvalues, tf.invert_permutation(ordered.values)), None]


@api("sparse_reorder", "sparse.reorder")
def sparse_reorder(sp_input, name=None):
    """The same entries in row-major order."""
    sp_input = as_sparse(sp_input)
    indices, values = raw.SparseReorder(*sp_input.parts, name=name)
    return SparseTensor(indices, values, tf.identity(sp_input.dense_shape))


def _reshaped(node):
    (rank,) = shapes.with_rank(node, 2, 1)
    return [TensorShape((shapes.with_rank(node, 0, 2)[0], rank)), TensorShape((rank,))]


@op(
    "input_indices: int64, input_shape: int64, new_shape: int64 -> output_indices: int64, output_shape: int64",
    fixed=("input_shape", "new_shape"),
    folds=True,
    gradient=None,
    out=_reshaped,
)
def SparseReshape(input_indices, input_shape, new_shape):
    count, sizes = math.prod(input_shape.tolist()), new_shape.tolist()
    if -1 in sizes:
        known = math.prod(d for d in sizes if d != -1)
        if sizes.count(-1) > 1:
            raise InvalidArgumentError(None, None, "only one output shape size may be -1, not both 0 and 1")
        if not known or count % known:
            text = (
                f"Input to reshape is a SparseTensor with {count} dense values, but the requested shape "
                f"requires a multiple of {known}. input_shape={input_shape.tolist()} output_shape={sizes}"
            )
            raise InvalidArgumentError(None, None, text)
        sizes[sizes.index(-1)] = count // known
    if math.prod(sizes) != count:
        text = (
            f"Input to reshape is a tensor with {count} dense values, but the requested shape has "
            f"{math.prod(sizes)}. input_shape={input_shape.tolist()} output_shape={sizes}"
        )
        raise InvalidArgumentError(None, None, text)
    xp = numpy_or_jax(input_indices)
    flat = xp.zeros(len(input_indices), input_indices.dtype)
    for i, size in enumerate(input_shape.tolist()):
        flat = flat * size + input_indices[:, i]
    columns = []
    for size in reversed(sizes):
        columns.append(flat % max(size, 1))
        flat = flat // max(size, 1)
    return xp.stack(columns[::-1], 1), np.array(sizes, np.int64)


@api("sparse_reshape", "sparse.reshape")
def sparse_reshape(sp_input, shape, name=None):
    """The same entries in a tensor of another shape, elements counted in row-major order; one size may be -1."""
    sp_input = as_sparse(sp_input)
    shape = shape if isinstance(shape, Tensor) else np.array(shape, np.int64)
    with name_scope(name, "SparseReshape", [sp_input.values]) as scope:
        indices, shape = raw.SparseReshape(sp_input.indices, sp_input.dense_shape, shape, name=scope)
        return SparseTensor(indices, tf.identity(sp_input.values), shape)


@api("sparse_transpose", "sparse.transpose")
def sparse_transpose(sp_input, perm=None, name=None):
    """A SparseTensor with its axes in the order `perm`, turned around without it."""
    with name_scope(name, "SparseTranspose", [sp_input.values]):
        if perm is None:
            rank = tf.rank(sp_input)
            perm = (rank - 1) - tf.range(0, rank, 1)
        indices = tf.transpose(tf.gather(tf.transpose(sp_input.indices), perm))
        return sparse_reorder(SparseTensor(indices, sp_input.values, tf.gather(sp_input.dense_shape, perm)))


@api("sparse_retain", "sparse.retain")
def sparse_retain(sp_input, to_retain):
    """Those entries for which the vector of truths `to_retain` holds."""
    sp_input = as_sparse(sp_input)
    to_retain = convert_to_tensor(to_retain)
    to_retain.shape.assert_has_rank(1)
    sp_input.values.shape[0].merge_with(to_retain.shape[0])
    kept = tf.reshape(tf.where(to_retain), [-1])
    indices, values = tf.gather(sp_input.indices, kept), tf.gather(sp_input.values, kept)
    return SparseTensor(indices, values, tf.identity(sp_input.dense_shape))


def _concat_shapes(node):
    count = node.attrs["N"]
    indices = [shapes.with_rank(node, i, 2) for i in range(count)]
    rows = [rows for rows, _ in indices]
    rank = next((r for _, r in indices if r is not None), None)
    total = None if None in rows else sum(rows)
    return [TensorShape((total, rank)), TensorShape((total,)), TensorShape((rank,))]


@op(
    "indices: N*int64, values: N*T, shapes: N*int64 -> output_indices: int64, output_values: T, output_shape: int64",
    fixed=("shapes",),
    gradient=None,
    out=_concat_shapes,
)
def SparseConcat(indices, values, shapes, *, concat_dim):
    axis = concat_dim % len(shapes[0])
    rest = [np.delete(s, axis).tolist() for s in shapes]
    if any(r != rest[0] for r in rest):
        raise InvalidArgumentError(
            None, None, f"Input shapes must match: got {' and '.join(str(s.tolist()) for s in shapes)}"
        )
    xp = numpy_or_jax(*indices, *values)
    starts = np.cumsum([0, *(s[axis] for s in shapes[:-1])])
    column = np.arange(len(shapes[0])) == axis
    joined = xp.concatenate([i + column * start for i, start in zip(indices, starts)])
    order = _ordered(joined)
    total = shapes[0].copy()
    total[axis] = sum(s[axis] for s in shapes)
    return joined[order], xp.concatenate(values)[order], total


@api("sparse_concat", "sparse.concat")
def sparse_concat(axis, sp_inputs, name=None, expand_nonconcat_dim=False, concat_dim=None, expand_nonconcat_dims=None):
    """SparseTensors one after the other along `axis`; with `expand_nonconcat_dim` their other sizes may differ."""
    axis = concat_dim if axis is None else axis
    sp_inputs = [as_sparse(x) for x in sp_inputs]
    if len(sp_inputs) == 1:
        return sp_inputs[0]
    sizes = [x.dense_shape for x in sp_inputs]
    if expand_nonconcat_dim or expand_nonconcat_dims:
        largest = tf.reduce_max(tf.concat([tf.reshape(s, [1, -1]) for s in sizes], 0), 0)
        after = [] if axis == -1 else [largest[axis + 1 :]]
        sizes = [tf.concat([largest[:axis], s[-1:] if axis == -1 else s[axis : axis + 1], *after], 0) for s in sizes]
    parts = [x.indices for x in sp_inputs], [x.values for x in sp_inputs]
    return SparseTensor(*raw.SparseConcat(*parts, sizes, concat_dim=axis, name=name))


@op(
    "a_indices: int64, a_values: T, a_shape: int64, b_indices: int64, b_values: T, b_shape: int64, thresh: Treal "
    "-> sum_indices: int64, sum_values: T, sum_shape: int64",
    T=NUMBERS,
    host=True,
    out=lambda node: [
        TensorShape((None, node.inputs[2].shape.num_elements())),
        TensorShape((None,)),
        node.inputs[2].shape,
    ],
)
def SparseAdd(a_indices, a_values, a_shape, b_indices, b_values, b_shape, thresh):
    if not np.array_equal(a_shape, b_shape):
        text = f"Operands do not have the same ranks or sizes: {a_shape.tolist()} and {b_shape.tolist()}"
        raise InvalidArgumentError(None, None, text)
    rows, inverse = np.unique(np.concatenate([a_indices, b_indices]), axis=0, return_inverse=True)
    sums = np.zeros(len(rows), a_values.dtype)
    np.add.at(sums, inverse.ravel(), np.concatenate([a_values, b_values]))
    kept = np.abs(sums) >= thresh
    return rows[kept], sums[kept], a_shape


@SparseAdd.gradient
def _(node, _, dvalues, __):
    a_indices, b_indices = node.inputs[0], node.inputs[3]
    da, db = raw.SparseAddGrad(dvalues, a_indices, b_indices, node.outputs[0])
    da.set_shape(node.inputs[1].shape)
    db.set_shape(node.inputs[4].shape)
    return [None, da, None, None, db, None, None]


def _found(rows, among, values):
    """values[j] for each of `rows` that is among[j]; zero for the others."""
    place_of = {tuple(row): j for j, row in enumerate(among.tolist())}
    places = np.array([place_of.get(tuple(row), -1) for row in rows.tolist()], np.int64)
    out = np.zeros(len(rows), values.dtype)
    out[places >= 0] = values[places[places >= 0]]
    return out


@op(
    "backprop_val_grad: T, a_indices: int64, b_indices: int64, sum_indices: int64 -> a_val_grad: T, b_val_grad: T",
    T=NUMBERS,
    host=True,
    gradient=None,
    out=lambda node: [TensorShape((x.shape.dims_or_none and x.shape.dims_or_none[0],)) for x in node.inputs[1:3]],
)
def SparseAddGrad(backprop_val_grad, a_indices, b_indices, sum_indices):
    return tuple(_found(rows, sum_indices, backprop_val_grad) for rows in (a_indices, b_indices))


@api("sparse_add", "sparse.add")
def sparse_add(a, b, threshold=None, thresh=None):
    """The sum of two SparseTensors (sums below `thresh` are left out), or of one and a dense tensor, which is dense."""
    kinds = (SparseTensor, SparseTensorValue)
    if not isinstance(a, kinds) and not isinstance(b, kinds):
        raise TypeError("At least one input should be SparseTensor; do you mean to use tf.add()?")
    if isinstance(a, kinds) and isinstance(b, kinds):
        a, b = as_sparse(a), as_sparse(b)
        least = next((t for t in (threshold, thresh) if t is not None), 0)
        least = convert_to_tensor(least, dtype=a.values.dtype.real_dtype.base_dtype, name="thresh")
        return SparseTensor(*raw.SparseAdd(*a.parts, *b.parts, least))
    if isinstance(b, kinds):
        a, b = b, a
    return raw.SparseTensorDenseAdd(*as_sparse(a).parts, b)


@api("sparse_fill_empty_rows", "sparse.fill_empty_rows")
def sparse_fill_empty_rows(sp_input, default_value, name=None):
    """A SparseTensor whose empty rows have `default_value` in the first column, and a vector that says which rows
    were empty.
    """
    sp_input = as_sparse(sp_input)
    with name_scope(name, "SparseFillEmptyRows", [sp_input.values]):
        default_value = convert_to_tensor(default_value, dtype=sp_input.values.dtype.base_dtype)
        rows = tf.cast(sp_input.dense_shape[0], dtypes.int32)
        empty, _ = tf.setdiff1d(tf.cast(tf.range(rows), dtypes.int64), sp_input.indices[:, 0])
        was_empty = tf.sparse_to_dense(empty, tf.expand_dims(sp_input.dense_shape[0], -1), True, False)
        column = tf.reshape(empty, [-1, 1])
        indices = tf.concat([sp_input.indices, tf.concat([column, tf.zeros_like(column)], 1)], 0)
        values = tf.concat([sp_input.values, tf.fill(tf.shape(empty), default_value)], 0)
        return sparse_reorder(SparseTensor(indices, values, sp_input.dense_shape)), was_empty


@api("sparse_mask", "sparse.mask")
def sparse_mask(a, mask_indices, name=None):
    """IndexedSlices without the rows that `mask_indices` name."""
    with name_scope(name, "sparse_mask", [a, mask_indices]) as scope:
        indices, kept = tf.setdiff1d(a.indices, mask_indices)
        return IndexedSlices(tf.gather(a.values, kept, name=scope), indices, a.dense_shape)


# -- parts -----------------------------------------------------------------------------------------------------------


@op(
    "split_dim: int64, indices: int64, values: T, shape: int64 "
    "-> output_indices: num_split*int64, output_values: num_split*T, output_shape: num_split*int64",
    host=True,
    gradient=None,
    out=lambda node: [
        TensorShape(s)
        for s in ((None, node.inputs[3].shape.num_elements()), (None,), (node.inputs[3].shape.num_elements(),))
        for _ in range(node.attrs["num_split"])
    ],
)
def SparseSplit(split_dim, indices, values, shape, *, num_split):
    axis = int(split_dim)
    if not -len(shape) <= axis < len(shape):
        raise InvalidArgumentError(
            None, None, f"Input split_dim should be between [{-len(shape)}, {len(shape)}), got {axis}"
        )
    size = int(shape[axis])
    if not 1 <= num_split <= size:
        raise InvalidArgumentError(
            None,
            None,
            f"Input num_split should be between 1 and the splitting dimension size ({size}), got {num_split}",
        )
    # The first parts are one longer when the size is no multiple of their number.
    lengths = [size // num_split + (i < size % num_split) for i in range(num_split)]
    parts, start = [], 0
    for length in lengths:
        low, sizes = np.zeros(len(shape), np.int64), shape.copy()
        low[axis], sizes[axis] = start, length
        parts.append(_cut(indices, values, low, sizes))
        start += length
    return [part[i] for i in range(3) for part in parts]


def _cut(indices, values, start, sizes):
    inside = ((indices >= start) & (indices < start + sizes)).all(1)
    return indices[inside] - start, values[inside], sizes


@api("sparse_split", "sparse.split")
def sparse_split(keyword_required=None, sp_input=None, num_split=None, axis=None, name=None, split_dim=None):
    """`num_split` SparseTensors, one after the other along `axis`. Arguments are given by name."""
    if keyword_required is not None:
        raise ValueError("Keyword arguments are required for this function.")
    axis = split_dim if axis is None else axis
    for what, value in (("sp_input", sp_input), ("num_split", num_split), ("axis", axis)):
        if value is None:
            raise ValueError(f"{what} is required")
    indices, values, shape = as_sparse(sp_input).parts
    parts = raw.SparseSplit(axis, indices, values, shape, num_split=num_split, name=name)
    return [SparseTensor(*part) for part in zip(*parts)]


@op(
    "indices: int64, values: T, shape: int64, start: int64, size: int64 -> output_indices: int64, output_values: "
    "T, output_shape: int64",
    host=True,
    out=lambda node: [
        TensorShape((None, node.inputs[2].shape.num_elements())),
        TensorShape((None,)),
        node.inputs[2].shape,
    ],
)
def SparseSlice(indices, values, shape, start, size):
    return _cut(indices, values, start, np.minimum(size, np.maximum(shape - start, 0)))


@SparseSlice.gradient
def _(node, _, dvalues, __):
    indices, values, _, start, _ = node.inputs
    dx = raw.SparseSliceGrad(dvalues, indices, start, node.outputs[0])
    dx.set_shape(values.shape)
    return [None, dx, None, None, None]


@op(
    "backprop_val_grad: T, input_indices: int64, input_start: int64, output_indices: int64 -> val_grad: T",
    T=NUMBERS,
    host=True,
    gradient=None,
    out=shapes.vector,
)
def SparseSliceGrad(backprop_val_grad, input_indices, input_start, output_indices):
    return _found(input_indices - input_start, output_indices, backprop_val_grad)


@api("sparse_slice", "sparse.slice")
def sparse_slice(sp_input, start, size, name=None):
    """The entries inside the block that begins at `start` and has `size`, counted from its begin."""
    sp_input = as_sparse(sp_input)
    start, size = (convert_to_tensor(x, dtypes.int64) for x in (start, size))
    with name_scope(name, "SparseSlice", [sp_input.values]) as scope:
        return SparseTensor(*raw.SparseSlice(*sp_input.parts, start, size, name=scope))


# -- two with one shape ----------------------------------------------------------------------------------------------


def _of_both(a_indices, a_values, a_shape, b_indices, b_values, b_shape, choose):
    """An entry wherever either has one: `choose` of both values, zero standing for a missing one."""
    if not np.array_equal(a_shape, b_shape):
        text = f"Operands' shapes do not match: got {a_shape.tolist()} and {b_shape.tolist()}"
        raise InvalidArgumentError(None, None, text)
    rows = np.unique(np.concatenate([a_indices, b_indices]), axis=0)
    return rows, choose(_found(rows, a_indices, a_values), _found(rows, b_indices, b_values))


_BOTH = (
    "a_indices: int64, a_values: T, a_shape: int64, b_indices: int64, b_values: T, b_shape: int64 "
    "-> output_indices: int64, output_values: T"
)


def _union_shapes(node):
    return [TensorShape((None, node.inputs[2].shape.num_elements())), TensorShape((None,))]


@op(_BOTH, T=NUMBERS, host=True, gradient="unregistered", out=_union_shapes)
def SparseSparseMaximum(*parts):
    return _of_both(*parts, np.maximum)


@op(_BOTH, T=NUMBERS, host=True, gradient="unregistered", out=_union_shapes)
def SparseSparseMinimum(*parts):
    return _of_both(*parts, np.minimum)


def _choose(sp_a, sp_b, make, scope_name, name):
    sp_a, sp_b = as_sparse(sp_a), as_sparse(sp_b)
    with name_scope(name, scope_name, [sp_a.values, sp_b.values]) as scope:
        indices, values = make(*sp_a.parts, *sp_b.parts, name=scope)
        return SparseTensor(indices, values, sp_a.dense_shape)


@api("sparse_maximum", "sparse.maximum")
def sparse_maximum(sp_a, sp_b, name=None):
    """The larger of both, element by element."""
    return _choose(sp_a, sp_b, raw.SparseSparseMaximum, "SparseSparseMaximum", name)


@api("sparse_minimum", "sparse.minimum")
def sparse_minimum(sp_a, sp_b, name=None):
    """The smaller of both, element by element."""
    return _choose(sp_a, sp_b, raw.SparseSparseMinimum, "SparseSparseMinimum", name)


# -- values ----------------------------------------------------------------------------------------------------------


@op(
    "sp_indices: int64, sp_values: T, sp_shape: int64 -> output: T",
    T="float32 float64",
    fixed=("sp_shape",),
    out=lambda node: node.inputs[1].shape,
)
def SparseSoftmax(sp_indices, sp_values, sp_shape):
    """Softmax of the entries that differ in the last coordinate only."""
    sizes = sp_shape[:-1].tolist()
    rows = jnp.zeros(len(sp_values), sp_indices.dtype)
    for i, size in enumerate(sizes):
        rows = rows * size + sp_indices[:, i]
    count = math.prod(sizes)
    largest = jnp.full(count, -jnp.inf, sp_values.dtype).at[rows].max(sp_values)
    grown = jnp.exp(sp_values - largest[rows])
    return grown / jnp.zeros(count, grown.dtype).at[rows].add(grown)[rows]


@SparseSoftmax.gradient
def _(node, dy):
    indices, _, shape = node.inputs
    product = SparseTensor(indices, node.outputs[0] * dy, shape)
    summed = -tf.sparse_reduce_sum(product, [-1], keep_dims=True)
    return [None, raw.SparseDenseCwiseAdd(indices, dy, shape, summed) * node.outputs[0], None]


@api("sparse_softmax", "sparse.softmax")
def sparse_softmax(sp_input, name=None):
    """Softmax along the last axis, over the entries that are there."""
    sp_input = as_sparse(sp_input)
    with name_scope(name, "SparseSoftmax", [sp_input.indices, sp_input.values]):
        return SparseTensor(sp_input.indices, raw.SparseSoftmax(*sp_input.parts), sp_input.dense_shape)


@api("sparse_merge", "sparse.merge")
def sparse_merge(sp_ids, sp_values, vocab_size, name=None, already_sorted=False):
    """`sp_values` at the places that `sp_ids`'s values say: the last axis becomes one of size `vocab_size`."""
    if isinstance(sp_ids, (SparseTensor, SparseTensorValue)):
        sp_ids = [sp_ids]
        if not isinstance(vocab_size, (Tensor, numbers.Integral)):
            raise TypeError(f"vocab_size has to be a Tensor or Python int. Found {type(vocab_size)}")
        vocab_size = [vocab_size]
    elif not isinstance(sp_ids, (list, tuple)):
        raise TypeError(f"sp_ids has to be a SparseTensor or list thereof. Found {type(sp_ids)}")
    if not isinstance(vocab_size, (list, tuple)) or not all(
        isinstance(d, (Tensor, numbers.Integral)) for d in vocab_size
    ):
        raise TypeError(f"vocab_size has to be a list of Tensors or Python ints. Found {vocab_size!r}")
    if len(sp_ids) != len(vocab_size):
        raise ValueError("sp_ids and vocab_size have to have equal lengths.")
    with name_scope(name, "SparseMerge", [x.values for x in (*sp_ids, sp_values)]):
        sp_ids, sp_values = [as_sparse(x) for x in sp_ids], as_sparse(sp_values)
        ids = [tf.expand_dims(tf.cast(x.values, dtypes.int64), axis=1) for x in sp_ids]
        indices = tf.concat([sp_ids[0].indices[:, :-1], *ids], 1)
        shape = tf.concat([sp_ids[0].dense_shape[:-1], [tf.cast(d, dtypes.int64) for d in vocab_size]], 0)
        merged = SparseTensor(indices, sp_values.values, shape)
        return merged if already_sorted else sparse_reorder(merged)


@api("sparse_to_indicator", "sparse.to_indicator")
def sparse_to_indicator(sp_input, vocab_size, name=None):
    """Truths [..., vocab_size]: which of the ids 0, 1, ... are among a row's values."""
    sp_input = as_sparse(sp_input)
    with name_scope(name, "SparseToIndicator", [sp_input.values]) as scope:
        count = tf.shape(sp_input.indices)[0]
        truths = SparseTensor(sp_input.indices, tf.fill(tf.expand_dims(count, 0), True), sp_input.dense_shape)
        merged = sparse_merge(sp_input, truths, vocab_size, scope)
        return tf.sparse_tensor_to_dense(merged, default_value=False, validate_indices=False, name=scope)


@api("sparse_reset_shape", "sparse.reset_shape")
def sparse_reset_shape(sp_input, new_shape=None):
    """The same entries in a tensor of another shape, at least as large: the smallest that holds them without
    `new_shape`.
    """
    sp_input = as_sparse(sp_input)
    indices, values, shape = (tf.identity(x) for x in sp_input.parts)
    if new_shape is None:
        return SparseTensor(indices, values, tf.add(tf.reduce_max(indices, 0), tf.ones_like(shape)))
    wanted = convert_to_tensor(new_shape)
    wanted.shape.assert_has_rank(1)
    wanted = tf.cast(wanted, dtypes.int64)
    wanted.shape[0].merge_with(shape.shape[0])
    wanted = tf.contrib.framework.with_dependencies([tf.assert_equal(tf.shape(shape), tf.shape(wanted))], wanted)
    wanted = tf.contrib.framework.with_dependencies([tf.assert_less_equal(shape, wanted)], wanted)
    return SparseTensor(indices, values, wanted)
