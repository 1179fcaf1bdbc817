"""Sparse tensors: made, made dense, multiplied with dense matrices, put in order, reshaped, joined and reduced."""

import math

import jax.numpy as jnp
import numpy as np

from funcfit.errors import InvalidArgumentError
from funcfit.kernels.module import numpy_or_jax
from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.node import IndexedSlices, SparseTensor, SparseTensorValue, Tensor
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import INDICES, NUMBERS, Check, api, op, place, raw, tf

place("sparse.SparseTensor", SparseTensor)


def _sparse(value):
    """`value` as a SparseTensor; TypeError when it is none."""
    if isinstance(value, SparseTensorValue):
        return SparseTensor.from_value(value)
    if not isinstance(value, SparseTensor):
        raise TypeError("Input must be a SparseTensor.")
    return value


def _parts(sparse):
    return sparse.indices, sparse.values, sparse.dense_shape


@api("convert_to_tensor_or_sparse_tensor")
def convert_to_tensor_or_sparse_tensor(value, dtype=None, name=None):
    """Like convert_to_tensor, but a SparseTensor passes as it is, and a SparseTensorValue becomes one."""
    if isinstance(value, SparseTensorValue):
        value = SparseTensor.from_value(value)
    if not isinstance(value, SparseTensor):
        return convert_to_tensor(value, dtype=dtype, name=name)
    if dtype is not None and dtypes.as_dtype(dtype) != value.dtype.base_dtype:
        raise RuntimeError(f"Sparse dtype: requested = {dtypes.as_dtype(dtype).name}, actual = {value.dtype.name}")
    return value


@api("sparse_placeholder", "sparse.placeholder")
def sparse_placeholder(dtype, shape=None, name=None):
    """A SparseTensor to be fed: with a SparseTensorValue, or an (indices, values, shape) tuple. `shape` is that of the dense tensor."""
    part = (lambda what: None) if name is None else (lambda what: f"{name}/{what}")
    if shape is not None and not isinstance(shape, Tensor):
        sizes = list(shape)
        shape = None if any(getattr(d, "value", d) is None for d in sizes) else np.array(sizes, np.int64)
    if shape is None:
        shape = tf.placeholder(dtypes.int64, shape=[None], name=part("shape"))
    else:
        shape = convert_to_tensor(shape, name=part("shape"))
    values = tf.placeholder(dtype, shape=[None], name=part("values"))
    indices = tf.placeholder(dtypes.int64, shape=[None, None], name=part("indices"))
    return SparseTensor(indices, values, shape)


# -- to dense tensors ------------------------------------------------------------------------------------------------


def _rows(indices):
    """Indices of any of the three forms that SparseToDense takes as a matrix [n, rank]."""
    return indices.reshape(-1, 1) if indices.ndim < 2 else indices


def _valid_indices(sparse_indices, output_shape, sparse_values, default_value, validate_indices):
    sizes = tuple(output_shape.tolist())
    indices = _rows(sparse_indices)
    if indices.shape[1] != len(sizes):
        return []
    xp = numpy_or_jax(indices)
    bound = np.array(sizes, np.int64).astype(indices.dtype)
    inside = ((indices >= 0) & (indices < bound)).all(1)

    def out_of_bounds(rows):
        bad = np.flatnonzero(((rows < 0) | (rows >= bound)).any(1))[0]
        place_ = ",".join(map(str, rows[bad]))
        return f"indices[{bad}] = [{place_}] is out of bounds: need 0 <= index < [{','.join(map(str, sizes))}]"

    checks = [Check(inside, InvalidArgumentError, out_of_bounds, [indices])]
    if validate_indices and len(indices) > 1:
        scale = np.cumprod([1, *sizes[:0:-1]])[::-1].astype(indices.dtype)
        flat = (indices * scale).sum(1)

        def disordered(rows, flat):
            bad = np.flatnonzero(flat[1:] <= flat[:-1])[0] + 1
            problem = "is repeated" if flat[bad] == flat[bad - 1] else "is out of order"
            return f"indices[{bad}] = [{','.join(map(str, rows[bad]))}] {problem}"

        checks.append(Check(flat[1:] > flat[:-1], InvalidArgumentError, disordered, [indices, xp.asarray(flat)]))
    return checks


@op(
    "sparse_indices: Tindices, output_shape: Tindices, sparse_values: T, default_value: T -> dense: T",
    Tindices=INDICES,
    fixed=("output_shape",),
    checks=_valid_indices,
    gradient=None,
    out=shapes.from_input(1),
)
def SparseToDense(sparse_indices, output_shape, sparse_values, default_value, *, validate_indices=True):
    indices = _rows(sparse_indices)
    if sparse_indices.ndim > 2:
        text = f"sparse_indices should be a scalar, vector, or matrix, got shape {list(sparse_indices.shape)}"
        raise InvalidArgumentError(None, None, text)
    count, rank = indices.shape
    if output_shape.shape != (rank,):
        text = f"output_shape has incorrect number of elements: {output_shape.size} should be: {rank}"
        raise InvalidArgumentError(None, None, text)
    if sparse_values.shape not in ((), (count,)):
        text = f"sparse_values has incorrect shape {list(sparse_values.shape)}, should be [] or [{count}]"
        raise InvalidArgumentError(None, None, text)
    if default_value.ndim:
        raise InvalidArgumentError(None, None, "default_value should be a scalar.")
    sizes = tuple(output_shape.tolist())
    if numpy_or_jax(indices, sparse_values, default_value) is np:
        dense = np.full(sizes, default_value, default_value.dtype)
        dense[tuple(indices.T)] = sparse_values
        return dense
    return jnp.full(sizes, default_value).at[tuple(jnp.asarray(indices).T)].set(sparse_values, mode="drop")


@api("sparse_to_dense")
def sparse_to_dense(sparse_indices, output_shape, sparse_values, default_value=0, validate_indices=True, name=None):
    """A tensor of `output_shape` that is `default_value` but for `sparse_values` at `sparse_indices`.

    InvalidArgumentError for indices out of bounds, and for indices not in order or repeated unless `validate_indices` is False.
    """
    return raw.SparseToDense(
        sparse_indices, output_shape, sparse_values, default_value, validate_indices=validate_indices, name=name
    )


@api("sparse_tensor_to_dense", "sparse.to_dense")
def sparse_tensor_to_dense(sp_input, default_value=0, validate_indices=True, name=None):
    """The dense tensor of a SparseTensor, `default_value` where it has no entry."""
    indices, values, shape = _parts(_sparse(sp_input))
    default_value = ("" if values.dtype.base_dtype == dtypes.string else 0) if default_value in (None, 0) else default_value
    return tf.sparse_to_dense(indices, shape, values, default_value, validate_indices, name)


def _product_shape(node):
    shapes.with_rank(node, 0, 2)
    shapes.with_rank(node, 1, 1)
    (rank,) = shapes.with_rank(node, 2, 1)
    a = shapes.constant_value_as_shape(node.inputs[2]).dims_or_none or (None, None)
    b = shapes.with_rank(node, 3, 2)
    if rank not in (2, None):
        raise shapes.misfit(node, f"Dimension must be 2 but is {rank}")
    left, inner = reversed(a) if node.attrs["adjoint_a"] else a
    inner_b, right = reversed(b) if node.attrs["adjoint_b"] else b
    if None not in (inner, inner_b) and inner != inner_b:
        raise shapes.misfit(node, f"Dimensions must be equal, but are {inner} and {inner_b}", partial=[2])
    return TensorShape((left, right))


def _inner_in_bounds(a_indices, a_values, a_shape, b, adjoint_a, adjoint_b):
    inner, size = a_indices[:, 1 - adjoint_a], b.shape[int(adjoint_b)]

    def message(k):
        bad = np.flatnonzero((k < 0) | (k >= size))[0]
        return f"k ({k[bad]}) from index[{bad},{int(not adjoint_a)}] out of bounds (>={size})"

    return [Check((inner >= 0) & (inner < size), InvalidArgumentError, message, [inner])]


@op(
    "a_indices: int64, a_values: T, a_shape: int64, b: T -> product: T",
    fixed=("a_shape",),
    checks=_inner_in_bounds,
    out=_product_shape,
)
def SparseTensorDenseMatMul(a_indices, a_values, a_shape, b, *, adjoint_a=False, adjoint_b=False):
    if adjoint_b:
        b = jnp.conj(b).T
    if a_shape[1 - adjoint_a] != b.shape[1 - 1]:
        text = f"Cannot multiply A and B because inner dimension does not match: {a_shape[1 - adjoint_a]} vs. {b.shape[0]}"
        raise InvalidArgumentError(None, None, text)
    rows, columns = a_indices[:, int(adjoint_a)], a_indices[:, 1 - adjoint_a]
    values = jnp.conj(a_values) if adjoint_a else a_values
    zeros = jnp.zeros((int(a_shape[int(adjoint_a)]), b.shape[1]), b.dtype)
    return zeros.at[rows].add(values[:, None] * jnp.asarray(b)[columns], mode="drop")


@SparseTensorDenseMatMul.gradient
def _(node, dy):
    indices, values, shape, b = node.inputs
    adjoint_a, adjoint_b = node.attrs["adjoint_a"], node.attrs["adjoint_b"]
    a = SparseTensor(indices, values, shape)
    if values.dtype.is_complex:
        raise NotImplementedError("SparseTensorDenseMatMul op does not support complex gradients.")
    db = tf.sparse_tensor_dense_matmul(a, dy, adjoint_a=not adjoint_a)
    if adjoint_b:
        db = tf.transpose(db)
    rows, columns = indices[:, 0], indices[:, 1]
    left = tf.gather(dy, columns if adjoint_a else rows)
    right = tf.gather(tf.transpose(b) if adjoint_b else b, rows if adjoint_a else columns)
    return [None, tf.reduce_sum(left * right, reduction_indices=1), None, db]


@api("sparse_tensor_dense_matmul", "sparse.matmul", "sparse.sparse_dense_matmul")
def sparse_tensor_dense_matmul(sp_a, b, adjoint_a=False, adjoint_b=False, name=None):
    """The matrix product of a sparse and a dense matrix, either of them transposed and conjugated when asked."""
    sp_a = _sparse(sp_a)
    with name_scope(name, "SparseTensorDenseMatMul", [sp_a.indices, sp_a.values, b]):
        b = convert_to_tensor(b, name="b")
        return raw.SparseTensorDenseMatMul(*_parts(sp_a), b, adjoint_a=adjoint_a, adjoint_b=adjoint_b)


@op(
    "a_indices: Tindices, a_values: T, a_shape: Tindices, b: T -> output: T",
    T=NUMBERS,
    Tindices=INDICES,
    out=lambda node: node.inputs[3].shape,
)
def SparseTensorDenseAdd(a_indices, a_values, a_shape, b):
    return jnp.asarray(b).at[tuple(jnp.asarray(a_indices).T)].add(a_values)


@SparseTensorDenseAdd.gradient
def _(node, dy):
    return [None, tf.gather_nd(dy, node.inputs[0]), None, dy]


@op(
    "input_indices: int64, input_values: T, input_shape: int64, reduction_axes: int32 -> output: T",
    T=NUMBERS,
    fixed=("input_shape", "reduction_axes"),
    out=shapes.unknown,
)
def SparseReduceSum(input_indices, input_values, input_shape, reduction_axes, *, keep_dims=False):
    dense = jnp.zeros(tuple(input_shape.tolist()), input_values.dtype)
    dense = dense.at[tuple(jnp.asarray(input_indices).T)].add(input_values)
    return dense.sum(tuple(reduction_axes.ravel().tolist()), keepdims=keep_dims)


@SparseReduceSum.gradient
def _(node, dy):
    indices, _, shape, axes = node.inputs
    kept = tf.scatter_nd(tf.expand_dims(tf.mod(axes, tf.size(shape)), -1), tf.ones_like(axes), [tf.size(shape)])
    kept = tf.where(kept > 0, tf.ones_like(shape), shape)
    return [None, tf.gather_nd(tf.reshape(dy, kept), indices // (shape // kept)), None, None]


@api("sparse_reduce_sum", "sparse.reduce_sum")
def sparse_reduce_sum(sp_input, axis=None, keepdims=None, reduction_axes=None, keep_dims=None):
    """Sums of a SparseTensor over `axis` (all of them), as a dense tensor."""
    axis = reduction_axes if axis is None else axis
    if axis is None:
        axis = tf.range(tf.rank(sp_input))
    keep = bool(keepdims if keepdims is not None else keep_dims)
    return raw.SparseReduceSum(*_parts(sp_input), axis, keep_dims=keep)


# -- from sparse to sparse -------------------------------------------------------------------------------------------


def _ordered(indices):
    """The permutation that puts rows of indices in row-major order."""
    return numpy_or_jax(indices).lexsort(indices.T[::-1])


@op(
    "input_indices: int64, input_values: T, input_shape: int64 -> output_indices: int64, output_values: T",
    out=lambda node: [node.inputs[0].shape, node.inputs[1].shape],
)
def SparseReorder(input_indices, input_values, input_shape):
    order = _ordered(input_indices)
    return input_indices[order], input_values[order]


@SparseReorder.gradient
def _(node, _, dvalues):
    indices, _, shape = node.inputs
    numbers = tf.range(tf.shape(indices)[0])
    ordered = tf.sparse_reorder(SparseTensor(indices, numbers, shape))
    return [None, tf.gather(dvalues, tf.invert_permutation(ordered.values)), None]


@api("sparse_reorder", "sparse.reorder")
def sparse_reorder(sp_input, name=None):
    """The same entries in row-major order."""
    sp_input = _sparse(sp_input)
    indices, values = raw.SparseReorder(*_parts(sp_input), name=name)
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
            text = f"Input to reshape is a SparseTensor with {count} dense values, but the requested shape requires a multiple of {known}. input_shape={input_shape.tolist()} output_shape={sizes}"
            raise InvalidArgumentError(None, None, text)
        sizes[sizes.index(-1)] = count // known
    if math.prod(sizes) != count:
        text = f"Input to reshape is a tensor with {count} dense values, but the requested shape has {math.prod(sizes)}. input_shape={input_shape.tolist()} output_shape={sizes}"
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
    sp_input = _sparse(sp_input)
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
    sp_input = _sparse(sp_input)
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
    out=_concat_shapes,
)
def SparseConcat(indices, values, shapes, *, concat_dim):
    axis = concat_dim % len(shapes[0])
    rest = [np.delete(s, axis).tolist() for s in shapes]
    if any(r != rest[0] for r in rest):
        raise InvalidArgumentError(None, None, f"Input shapes must match: got {' and '.join(str(s.tolist()) for s in shapes)}")
    xp = numpy_or_jax(*indices, *values)
    starts = np.cumsum([0, *(s[axis] for s in shapes[:-1])])
    column = np.arange(len(shapes[0])) == axis
    joined = xp.concatenate([i + column * start for i, start in zip(indices, starts)])
    order = _ordered(joined)
    total = shapes[0].copy()
    total[axis] = sum(s[axis] for s in shapes)
    return joined[order], xp.concatenate(values)[order], total


@api("sparse_concat", "sparse.concat")
def sparse_concat(
    axis, sp_inputs, name=None, expand_nonconcat_dim=False, concat_dim=None, expand_nonconcat_dims=None
):
    """SparseTensors one after the other along `axis`; with `expand_nonconcat_dim` their other sizes may differ."""
    axis = concat_dim if axis is None else axis
    sp_inputs = [_sparse(x) for x in sp_inputs]
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
    gradient="unregistered",
    out=lambda node: [TensorShape((None, node.inputs[2].shape.num_elements())), TensorShape((None,)), node.inputs[2].shape],
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


@api("sparse_add", "sparse.add")
def sparse_add(a, b, threshold=None, thresh=None):
    """The sum of two SparseTensors (sums below `thresh` are left out), or of one and a dense tensor, which is dense."""
    kinds = (SparseTensor, SparseTensorValue)
    if not isinstance(a, kinds) and not isinstance(b, kinds):
        raise TypeError("At least one input should be SparseTensor; do you mean to use tf.add()?")
    if isinstance(a, kinds) and isinstance(b, kinds):
        a, b = _sparse(a), _sparse(b)
        least = next((t for t in (threshold, thresh) if t is not None), 0)
        least = convert_to_tensor(least, dtype=a.values.dtype.real_dtype.base_dtype, name="thresh")
        return SparseTensor(*raw.SparseAdd(*_parts(a), *_parts(b), least))
    if isinstance(b, kinds):
        a, b = b, a
    return raw.SparseTensorDenseAdd(*_parts(_sparse(a)), b)


@api("sparse_fill_empty_rows", "sparse.fill_empty_rows")
def sparse_fill_empty_rows(sp_input, default_value, name=None):
    """A SparseTensor whose empty rows have `default_value` in the first column, and a vector that says which rows were empty."""
    sp_input = _sparse(sp_input)
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
