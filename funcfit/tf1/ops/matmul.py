"""Products of matrices, and of batches of matrices."""

import jax.numpy as jnp

from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.node import Tensor
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import COMPLEX, FLOATS, api, op, raw, tf

_TYPES = FLOATS + " bfloat16 int32 " + COMPLEX


@op("a: T, b: T -> product: T", T=_TYPES + " int64", out=shapes.matmul)
def MatMul(a, b, *, transpose_a=False, transpose_b=False):
    return jnp.matmul(a.T if transpose_a else a, b.T if transpose_b else b)


@MatMul.gradient
def _(node, dy):
    a, b = (tf.conj(x) for x in node.inputs)
    match node.attrs["transpose_a"], node.attrs["transpose_b"]:
        case False, False:
            return [tf.matmul(dy, b, transpose_b=True), tf.matmul(a, dy, transpose_a=True)]
        case False, True:
            return [tf.matmul(dy, b), tf.matmul(dy, a, transpose_a=True)]
        case True, False:
            return [tf.matmul(b, dy, transpose_b=True), tf.matmul(a, dy)]
        case _:
            return [
                tf.matmul(b, dy, transpose_a=True, transpose_b=True),
                tf.matmul(dy, a, transpose_a=True, transpose_b=True),
            ]


def _batch_shape(node):
    x, y = (t.shape for t in node.inputs)
    for shape in (x, y):
        if shape.ndims is not None and shape.ndims < 2:
            raise shapes.misfit(node, f"Shape must be at least rank 2 but is rank {shape.ndims}")
    if x.ndims is None or y.ndims is None:
        return shapes.UNKNOWN
    (*batch_x, rows, inner), (*batch_y, inner_y, columns) = x.dims_or_none, y.dims_or_none
    if node.attrs["adj_x"]:
        rows, inner = inner, rows
    if node.attrs["adj_y"]:
        inner_y, columns = columns, inner_y
    if node.type == "BatchMatMulV2":
        batch = shapes.broadcast_shape(TensorShape(batch_x), TensorShape(batch_y))
        if batch is None:
            raise shapes.misfit(node, f"Batch shapes {batch_x} and {batch_y} do not broadcast")
    else:
        batch = shapes.merged_into(node, TensorShape(batch_x), TensorShape(batch_y))
    if None not in (inner, inner_y) and inner != inner_y:
        raise shapes.misfit(node, f"Dimensions must be equal, but are {inner} and {inner_y}")
    return batch.concatenate(TensorShape((rows, columns)))


@op("x: T, y: T -> output: T", T=_TYPES + " int64", out=_batch_shape)
def BatchMatMul(x, y, *, adj_x=False, adj_y=False):
    return jnp.matmul(_adjoint(x) if adj_x else x, _adjoint(y) if adj_y else y)


def _adjoint(x):
    return jnp.conj(jnp.swapaxes(x, -1, -2))


@BatchMatMul.gradient
def _(node, dz):
    return _batch_gradients(node, dz)


def _batch_gradients(node, dz):
    x, y = node.inputs
    match node.attrs["adj_x"], node.attrs["adj_y"]:
        case False, False:
            return [tf.matmul(dz, y, adjoint_b=True), tf.matmul(x, dz, adjoint_a=True)]
        case False, True:
            return [tf.matmul(dz, y), tf.matmul(dz, x, adjoint_a=True)]
        case True, False:
            return [tf.matmul(y, dz, adjoint_b=True), tf.matmul(x, dz)]
        case _:
            return [tf.matmul(y, dz, adjoint_a=True, adjoint_b=True), tf.matmul(dz, x, adjoint_a=True, adjoint_b=True)]


@op("x: T, y: T -> output: T", T=_TYPES + " int64", out=_batch_shape)
def BatchMatMulV2(x, y, *, adj_x=False, adj_y=False):
    """As BatchMatMul, with batch dimensions that broadcast (1.14 and later)."""
    return BatchMatMul.lower(x, y, adj_x=adj_x, adj_y=adj_y)


@BatchMatMulV2.gradient
def _(node, dz):
    sizes = [tf.shape(x) for x in node.inputs]
    axes = raw.BroadcastGradientArgs(*(size[:-2] for size in sizes))
    products = _batch_gradients(node, dz)
    return [tf.reshape(tf.reduce_sum(p, a), s) for p, a, s in zip(products, axes, sizes)]


@api("sparse_matmul")
@op("a: Ta, b: Tb -> product: float32", Ta="float32 bfloat16", Tb="float32 bfloat16", out=shapes.matmul)
def SparseMatMul(a, b, *, transpose_a=False, transpose_b=False, a_is_sparse=False, b_is_sparse=False):
    """A product of matrices of which one may be mostly zeros; here it is an ordinary one."""
    a, b = (jnp.asarray(x, jnp.float32) for x in (a, b))
    return jnp.matmul(a.T if transpose_a else a, b.T if transpose_b else b)


@SparseMatMul.gradient
def _(node, dy):
    a, b = node.inputs
    sparse = {a: node.attrs["a_is_sparse"], b: node.attrs["b_is_sparse"], dy: dy.op.type == "ReluGrad"}

    def product(x, y, dtype, transpose_a=False, transpose_b=False):
        y_sparse = sparse[y]
        if transpose_b:
            y = tf.transpose(y)
        out = tf.matmul(x, y, transpose_a=transpose_a, a_is_sparse=sparse[x], b_is_sparse=y_sparse)
        return out if out.dtype.base_dtype is dtype else tf.cast(out, dtype)

    ta, tb = a.dtype.base_dtype, b.dtype.base_dtype
    match node.attrs["transpose_a"], node.attrs["transpose_b"]:
        case False, False:
            return [product(dy, b, ta, transpose_b=True), product(a, dy, tb, transpose_a=True)]
        case False, True:
            return [product(dy, b, ta), product(dy, a, tb, transpose_a=True)]
        case True, False:
            return [product(b, dy, ta, transpose_b=True), product(a, dy, tb)]
        case _:
            return [
                product(b, dy, ta, transpose_a=True, transpose_b=True),
                product(dy, a, tb, transpose_a=True, transpose_b=True),
            ]


@api("matmul", "linalg.matmul")
def matmul(
    a,
    b,
    transpose_a=False,
    transpose_b=False,
    adjoint_a=False,
    adjoint_b=False,
    a_is_sparse=False,
    b_is_sparse=False,
    name=None,
):
    """The product of two matrices, or of the matrices in the last two dimensions of two tensors."""
    with name_scope(name, "MatMul", [a, b]) as scope:
        if transpose_a and adjoint_a:
            raise ValueError("Only one of transpose_a and adjoint_a can be True.")
        if transpose_b and adjoint_b:
            raise ValueError("Only one of transpose_b and adjoint_b can be True.")
        a = convert_to_tensor(a, name="a")
        b = convert_to_tensor(
            b, dtype=a.dtype.base_dtype if not isinstance(b, Tensor) and not hasattr(b, "dtype") else None, name="b"
        )
        batches = [x.shape.ndims is None or x.shape.ndims > 2 for x in (a, b)]
        if not a_is_sparse and not b_is_sparse and (all(batches) or any((x.shape.ndims or 0) > 2 for x in (a, b))):
            a, b = (tf.conj(x) if transposed else x for x, transposed in ((a, transpose_a), (b, transpose_b)))
            card = raw.BatchMatMul if all(batches) and _same_batch(a, b) else raw.BatchMatMulV2
            return card(a, b, adj_x=adjoint_a or transpose_a, adj_y=adjoint_b or transpose_b, name=scope)
        a, b = (tf.conj(x) if adjoint else x for x, adjoint in ((a, adjoint_a), (b, adjoint_b)))
        transposes = {"transpose_a": transpose_a or adjoint_a, "transpose_b": transpose_b or adjoint_b}
        if _by_sparse_kernel(a, b, a_is_sparse, b_is_sparse):
            return raw.SparseMatMul(a, b, **transposes, a_is_sparse=a_is_sparse, b_is_sparse=b_is_sparse, name=scope)
        return raw.MatMul(a, b, **transposes, name=scope)


def _same_batch(a, b):
    """Whether the batch dimensions can be equal: then 1.1's op type does."""
    return a.shape.ndims is None or b.shape.ndims is None or a.shape[:-2].is_compatible_with(b.shape[:-2])


def _by_sparse_kernel(a, b, a_is_sparse, b_is_sparse):
    kinds = a.dtype.base_dtype, b.dtype.base_dtype
    if dtypes.bfloat16 in kinds:
        return True
    return set(kinds) <= {dtypes.float32} and (a_is_sparse or b_is_sparse)


@api("batch_matmul")
def batch_matmul(x, y, adj_x=False, adj_y=False, name=None):
    """The name that the product of batches of matrices had before 1.0."""
    return raw.BatchMatMul(x, y, adj_x=bool(adj_x), adj_y=bool(adj_y), name=name)


def _operator(x, y):
    with name_scope(None, "matmul", [x, y]) as scope:
        return matmul(x, convert_to_tensor(y, dtype=x.dtype.base_dtype, name="y"), name=scope)


def _right_operator(y, x):
    with name_scope(None, "matmul", [x, y]) as scope:
        return matmul(convert_to_tensor(x, dtype=y.dtype.base_dtype, name="x"), y, name=scope)


Tensor._override_operator("__matmul__", _operator)
Tensor._override_operator("__rmatmul__", _right_operator)
