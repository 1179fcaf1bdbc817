"""Sparse tensors beside dense ones: made and fed, made dense, multiplied, added, summed."""

import jax.numpy as jnp
import numpy as np

from funcfit.errors import InvalidArgumentError
from funcfit.kernels.module import numpy_or_jax
from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.node import SparseTensor, SparseTensorValue, Tensor, as_sparse
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import INDICES, NUMBERS, Check, api, op, place, raw, tf

place("sparse.SparseTensor", SparseTensor)


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
    """A SparseTensor to be fed: with a SparseTensorValue, or an (indices, values, shape) tuple.

    `shape` is that of the dense tensor.
    """
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


@SparseToDense.gradient
def _(node, dy):
    values = tf.gather_nd(dy, node.inputs[0])
    return [None, None, values, tf.reduce_sum(dy) - tf.reduce_sum(values)]


@api("sparse_to_dense")
def sparse_to_dense(sparse_indices, output_shape, sparse_values, default_value=0, validate_indices=True, name=None):
    """A tensor of `output_shape` that is `default_value` but for `sparse_values` at `sparse_indices`.

    InvalidArgumentError for indices out of bounds, and for indices not in order or repeated unless `validate_indices`
    is False.
    """
    return raw.SparseToDense(
        sparse_indices, output_shape, sparse_values, default_value, validate_indices=validate_indices, name=name
    )


@api("sparse_tensor_to_dense", "sparse.to_dense")
def sparse_tensor_to_dense(sp_input, default_value=0, validate_indices=True, name=None):
    """The dense tensor of a SparseTensor, `default_value` where it has no entry."""
    indices, values, shape = as_sparse(sp_input).parts
    if default_value is None or default_value == 0 and values.dtype.base_dtype == dtypes.string:
        default_value = "" if values.dtype.base_dtype == dtypes.string else 0
    return tf.sparse_to_dense(indices, shape, values, default_value, validate_indices, name)


# -- products and sums with dense tensors ----------------------------------------------------------------------------


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
        text = (
            f"Cannot multiply A and B because inner dimension does not match: {a_shape[1 - adjoint_a]} vs. {b.shape[0]}"
        )
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
    sp_a = as_sparse(sp_a)
    with name_scope(name, "SparseTensorDenseMatMul", [sp_a.indices, sp_a.values, b]):
        b = convert_to_tensor(b, name="b")
        return raw.SparseTensorDenseMatMul(*sp_a.parts, b, adjoint_a=adjoint_a, adjoint_b=adjoint_b)


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
    return raw.SparseReduceSum(*as_sparse(sp_input).parts, axis, keep_dims=keep)
