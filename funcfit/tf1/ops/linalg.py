"""Factorizations, determinants, inverses and solutions of batches of matrices."""

import jax
import jax.numpy as jnp

from funcfit.errors import InvalidArgumentError
from funcfit.kernels import linear
from funcfit.tf1 import shapes
from funcfit.tf1.graph.graph import control_dependencies, name_scope
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import Check, also, api, op, raw, tf

_FIELD = "float64 float32 complex64 complex128"


# -- shapes ------------------------------------------------------------------------------------------------------------


def _matrix(node, index=0):
    """(batch, rows, columns) of an input, all None when its rank is not known."""
    sizes = node.inputs[index].shape.dims_or_none
    if sizes is None:
        return None, None, None
    if len(sizes) < 2:
        raise shapes.misfit(node, f"Shape must be at least rank 2 but is rank {len(sizes)}")
    return TensorShape(sizes[:-2]), *sizes[-2:]


def _square_sizes(node):
    batch, rows, columns = _matrix(node)
    return batch, _equal(node, rows, columns)


def _equal(node, a, b):
    if None not in (a, b) and a != b:
        raise shapes.misfit(node, f"Dimensions must be equal, but are {a} and {b}")
    return b if a is None else a


def _shape(batch, *sizes):
    return shapes.UNKNOWN if batch is None else batch.concatenate(TensorShape(sizes))


def _square(node):
    batch, size = _square_sizes(node)
    return _shape(batch, size, size)


def _batch_of_square(node):
    batch, _ = _square_sizes(node)
    return shapes.UNKNOWN if batch is None else batch


def _solution(square):
    def rule(node):
        batch, rows, columns = _matrix(node)
        if square:
            rows = columns = _equal(node, rows, columns)
        batch_b, rows_b, columns_b = _matrix(node, 1)
        rows = _equal(node, rows, rows_b)
        if batch is None or batch_b is None:
            return shapes.UNKNOWN
        return _shape(shapes.merged_into(node, batch, batch_b), rows if square else columns, columns_b)

    return rule


# -- determinants and inverses -----------------------------------------------------------------------------------------


def _invertible(a, *_, **__):
    """The check that a matrix has an inverse; `Input matrix is not invertible` is how the solvers say it."""
    return [Check(~linear.is_singular(a), InvalidArgumentError, lambda: "Input matrix is not invertible.")]


def _input_invertible(input, *, adjoint):
    return [Check(~linear.is_singular(input), InvalidArgumentError, lambda: "Input is not invertible.")]


@api("matrix_inverse", "linalg.inv")
@op("input: T -> output: T", T=_FIELD, out=_square, checks=_input_invertible)
def MatrixInverse(input, *, adjoint=False):
    return jnp.linalg.inv(linear.adjoint(input) if adjoint else input)


@MatrixInverse.gradient
def _(node, dy):
    inverse = node.outputs[0]
    return [-tf.matmul(inverse, tf.matmul(dy, inverse, adjoint_b=True), adjoint_a=True)]


also(MatrixInverse, "BatchMatrixInverse")


@api("matrix_determinant", "linalg.det")
@op("input: T -> output: T", T=_FIELD, out=_batch_of_square)
def MatrixDeterminant(input):
    return jnp.linalg.det(input)


@MatrixDeterminant.gradient
def _(node, dy):
    a, det = node.inputs[0], node.outputs[0]
    inverse = tf.matrix_inverse(a, adjoint=True)
    return [tf.reshape(dy * det, tf.concat([tf.shape(det), [1, 1]], 0)) * inverse]


also(MatrixDeterminant, "BatchMatrixDeterminant")


@api("linalg.slogdet")
@op(
    "input: T -> sign: T, log_abs_determinant: T",
    T=_FIELD,
    out=lambda node: [_batch_of_square(node)] * 2,
)
def LogMatrixDeterminant(input):
    return tuple(jnp.linalg.slogdet(input))


@LogMatrixDeterminant.gradient
def _(node, _, dy):
    inverse = tf.matrix_inverse(node.inputs[0], adjoint=True)
    factors = tf.reshape(dy, tf.concat([tf.shape(node.outputs[0]), [1, 1]], 0))
    return [factors * inverse]


# -- Cholesky ----------------------------------------------------------------------------------------------------------


def _positive_definite(input):
    good = jnp.isfinite(linear.cholesky(input)).all(axis=(-1, -2)) | ~jnp.isfinite(input).all(axis=(-1, -2))
    message = "Cholesky decomposition was not successful. The input might not be valid."
    return [Check(good, InvalidArgumentError, lambda: message)]


@api("cholesky", "linalg.cholesky")
@op("input: T -> output: T", T=_FIELD, out=_square, checks=_positive_definite)
def Cholesky(input):
    return linear.cholesky(input)


@Cholesky.gradient
def _(node, dy):
    return [raw.CholeskyGrad(node.outputs[0], dy)]


@api("cholesky_grad")
@op("l: T, grad: T -> output: T", T="float32 float64", out=_square)
def CholeskyGrad(l, grad):
    return linear.cholesky_gradient(l, grad)


also(Cholesky, "BatchCholesky")
also(CholeskyGrad, "BatchCholeskyGrad")


@api("cholesky_solve", "linalg.cholesky_solve")
def cholesky_solve(chol, rhs, name=None):
    """The solution of A x = rhs, where `chol` is the lower Cholesky factor of A."""
    with name_scope(name, "cholesky_solve", [chol, rhs]):
        y = tf.matrix_triangular_solve(chol, rhs, adjoint=False, lower=True)
        return tf.matrix_triangular_solve(chol, y, adjoint=True, lower=True)


# -- solutions ---------------------------------------------------------------------------------------------------------


@api("matrix_solve", "linalg.solve")
@op("matrix: T, rhs: T -> output: T", T=_FIELD, out=_solution(square=True), checks=_invertible)
def MatrixSolve(matrix, rhs, *, adjoint=False):
    return jnp.linalg.solve(linear.adjoint(matrix) if adjoint else matrix, rhs)


@MatrixSolve.gradient
def _(node, dy):
    a, adjoint = node.inputs[0], node.attrs["adjoint"]
    db = tf.matrix_solve(a, dy, adjoint=not adjoint)
    return [_solve_gradient(node, db, adjoint), db]


def _solve_gradient(node, db, adjoint):
    x = node.outputs[0]
    return -tf.matmul(x, db, adjoint_b=True) if adjoint else -tf.matmul(db, x, adjoint_b=True)


def _nonzero_diagonal(matrix, rhs, *, lower, adjoint):
    good = (jnp.diagonal(matrix, axis1=-2, axis2=-1) != 0).all(axis=-1)
    return [Check(good, InvalidArgumentError, lambda: "Input matrix is not invertible.")]


@api("matrix_triangular_solve", "linalg.triangular_solve")
@op("matrix: T, rhs: T -> output: T", T=_FIELD, out=_solution(square=True), checks=_nonzero_diagonal)
def MatrixTriangularSolve(matrix, rhs, *, lower=True, adjoint=False):
    return linear.solve_triangular(matrix, rhs, lower=lower, adjoint=adjoint)


@MatrixTriangularSolve.gradient
def _(node, dy):
    a, adjoint, lower = node.inputs[0], node.attrs["adjoint"], node.attrs["lower"]
    db = tf.matrix_triangular_solve(a, dy, lower=lower, adjoint=not adjoint)
    da = _solve_gradient(node, db, adjoint)
    return [tf.matrix_band_part(da, -1, 0) if lower else tf.matrix_band_part(da, 0, -1), db]


@op(
    "matrix: T, rhs: T, l2_regularizer: float64 -> output: T",
    T=_FIELD,
    out=_solution(square=False),
)
def MatrixSolveLs(matrix, rhs, l2_regularizer, *, fast=True):
    if fast:
        return linear.least_squares(matrix, rhs, l2_regularizer)
    return jnp.linalg.pinv(matrix) @ rhs


@MatrixSolveLs.gradient
def _(node, dy):
    if not node.attrs["fast"]:
        raise ValueError("Gradient not defined for fast=False")
    a = node.inputs[0]
    sizes = a.shape[-2:]
    if sizes.is_fully_defined():
        return (_tall_gradient if sizes[0].value >= sizes[1].value else _wide_gradient)(node, dy)
    sizes = tf.shape(a)[-2:]
    return tf.cond(sizes[-2] >= sizes[-1], lambda: _tall_gradient(node, dy), lambda: _wide_gradient(node, dy))


def _regularized(node, size_at, gram):
    """The Cholesky factor of the gram matrix plus the regularizer times the identity."""
    a = node.inputs[0]
    regularizer = tf.cast(node.inputs[2], a.dtype.base_dtype)
    shape = tf.shape(a)
    batch, size = shape[:-2], shape[size_at]
    identity = tf.eye(size, batch_shape=batch, dtype=a.dtype)
    return tf.cholesky(gram(a) + regularizer * identity)


def _tall_gradient(node, dy):
    """Of x = (a' a + l)^-1 a' b."""
    a, b, x = node.inputs[0], node.inputs[1], node.outputs[0]
    factor = _regularized(node, -1, lambda a: tf.matmul(a, a, adjoint_a=True))
    z = tf.cholesky_solve(factor, dy)
    xz = tf.matmul(x, z, adjoint_b=True)
    symmetric = xz + tf.matrix_transpose(xz)
    da = -tf.matmul(a, symmetric) + tf.matmul(b, z, adjoint_b=True)
    return [da, tf.matmul(a, z), None]


def _wide_gradient(node, dy):
    """Of x = a' (a a' + l)^-1 b."""
    a, b = node.inputs[0], node.inputs[1]
    factor = _regularized(node, -2, lambda a: tf.matmul(a, a, adjoint_b=True))
    db = tf.cholesky_solve(factor, tf.matmul(a, dy))
    tmp = tf.cholesky_solve(factor, b)
    a1 = -tf.matmul(db, tf.matmul(tmp, a, adjoint_a=True))
    a2 = dy - tf.matmul(a, db, adjoint_a=True)
    return [a1 + tf.matmul(tmp, a2, adjoint_b=True), db, None]


@api("matrix_solve_ls", "linalg.lstsq")
def matrix_solve_ls(matrix, rhs, l2_regularizer=0.0, fast=True, name=None):
    """The least-squares solutions of matrix x = rhs: by Cholesky, regularized, when `fast`; else of smallest norm."""
    return raw.MatrixSolveLs(matrix, rhs, l2_regularizer, fast=fast, name=name)


# -- eigenvalues, singular values, QR, LU ------------------------------------------------------------------------------


def _eigen_shapes(node):
    batch, size = _square_sizes(node)
    vectors = _shape(batch, size, size) if node.attrs["compute_v"] else TensorShape((0,))
    return [_shape(batch, size), vectors]


@op("input: T -> e: T, v: T", T=_FIELD, out=_eigen_shapes)
def SelfAdjointEigV2(input, *, compute_v=True):
    vectors, values = jax.lax.linalg.eigh(jnp.asarray(input), lower=True, symmetrize_input=False)
    return values, vectors if compute_v else jnp.zeros(0, input.dtype)


@SelfAdjointEigV2.gradient
def _(node, de, dv):
    e = node.outputs[0]
    with control_dependencies([de.op, dv.op]):
        if node.attrs["compute_v"]:
            v = node.outputs[1]
            gaps = tf.reciprocal(tf.expand_dims(e, -2) - tf.expand_dims(e, -1))
            f = tf.matrix_set_diag(gaps, tf.zeros_like(e))
            inner = tf.matrix_diag(de) + f * tf.matmul(v, dv, adjoint_a=True)
        else:
            v = tf.self_adjoint_eig(node.inputs[0])[1]
            inner = tf.matrix_diag(de)
        da = tf.matmul(v, tf.matmul(inner, v, adjoint_b=True))
        da = tf.matrix_band_part(da + tf.conj(tf.matrix_transpose(da)), -1, 0)
        return [tf.matrix_set_diag(da, 0.5 * tf.matrix_diag_part(da))]


@api("self_adjoint_eig", "linalg.eigh")
def self_adjoint_eig(tensor, name=None):
    """(eigenvalues, rising; eigenvectors, in columns) of self-adjoint matrices, of which the lower triangle is read."""
    e, v = raw.SelfAdjointEigV2(tensor, compute_v=True, name=name)
    return e, v


@api("self_adjoint_eigvals", "linalg.eigvalsh")
def self_adjoint_eigvals(tensor, name=None):
    """The eigenvalues, rising, of self-adjoint matrices, of which the lower triangle is read."""
    return raw.SelfAdjointEigV2(tensor, compute_v=False, name=name).e


def _singular_shapes(node):
    batch, rows, columns = _matrix(node)
    least = None if rows is None or columns is None else min(rows, columns)
    if not node.attrs["compute_uv"]:
        return [_shape(batch, least), TensorShape((0,)), TensorShape((0,))]
    full = node.attrs["full_matrices"]
    return [
        _shape(batch, least),
        _shape(batch, rows, rows if full else least),
        _shape(batch, columns, columns if full else least),
    ]


@op("input: T -> s: T, u: T, v: T", T=_FIELD, out=_singular_shapes)
def Svd(input, *, compute_uv=True, full_matrices=False):
    if not compute_uv:
        return jnp.linalg.svd(input, compute_uv=False), *[jnp.zeros(0, input.dtype)] * 2
    u, s, vh = jnp.linalg.svd(input, full_matrices=full_matrices)
    return s, u, linear.adjoint(vh)


@api("svd", "linalg.svd")
def svd(tensor, full_matrices=False, compute_uv=True, name=None):
    """(s, u, v) with tensor = u diag(s) adjoint(v), s falling; s alone without `compute_uv`."""
    s, u, v = raw.Svd(tensor, compute_uv=compute_uv, full_matrices=full_matrices, name=name)
    return (tf.real(s), u, v) if compute_uv else tf.real(s)


def _qr_shapes(node):
    batch, rows, columns = _matrix(node)
    least = None if rows is None or columns is None else min(rows, columns)
    inner = rows if node.attrs["full_matrices"] else least
    return [_shape(batch, rows, inner), _shape(batch, inner, columns)]


@api("qr", "linalg.qr")
@op("input: T -> q: T, r: T", T=_FIELD, out=_qr_shapes)
def Qr(input, *, full_matrices=False):
    return tuple(jnp.linalg.qr(input, mode="complete" if full_matrices else "reduced"))


@api("linalg.lu")
@op(
    "input: T -> lu: T, p: output_idx_type",
    T=_FIELD,
    output_idx_type="int32 int64",
    out=lambda node: [_square(node), _shape(*_square_sizes(node))],
    checks=_invertible,
    gradient="unregistered",
)
def Lu(input, *, output_idx_type="int32"):
    factors, _, order = jax.lax.linalg.lu(jnp.asarray(input))
    return factors, order


@api("linalg.expm")
@op("input: T -> output: T", T=_FIELD + " float16", out=_square)
def MatrixExponential(input):
    return jax.scipy.linalg.expm(input)


@api("matrix_square_root", "linalg.sqrtm")
@op("input: T -> output: T", T=_FIELD, out=_square)
def MatrixSquareRoot(input):
    root = jnp.vectorize(jax.scipy.linalg.sqrtm, signature="(n,n)->(n,n)")(input)
    return root if jnp.iscomplexobj(input) else root.real


@MatrixSquareRoot.gradient
def _(node, dy):
    """The solution X of S' X + X S' = dy for the root S: a linear system of n^2 unknowns."""
    root = node.outputs[0]
    shape = tf.shape(root)
    batch, n = shape[:-2], shape[-1]
    transposed = tf.matrix_transpose(root)
    identity = tf.eye(n, batch_shape=batch, dtype=root.dtype)
    system = _kronecker(identity, transposed, batch, n) + _kronecker(root, identity, batch, n)
    columns = tf.reshape(tf.matrix_transpose(dy), tf.concat([batch, [n * n, 1]], 0))
    solution = tf.reshape(tf.matrix_solve(system, columns), tf.concat([batch, [n, n]], 0))
    return [tf.matrix_transpose(solution)]


def _kronecker(a, b, batch, n):
    """The Kronecker product of two batches of n by n matrices."""
    products = tf.expand_dims(tf.expand_dims(a, -1), -3) * tf.expand_dims(tf.expand_dims(b, -2), -4)
    return tf.reshape(products, tf.concat([batch, [n * n, n * n]], 0))
