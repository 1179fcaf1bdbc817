"""Linear algebra on batches of matrices [..., n, n], with TensorFlow's conventions where they differ from NumPy's."""

import jax
import jax.numpy as jnp


def adjoint(a):
    return jnp.conj(jnp.swapaxes(a, -1, -2))


def cholesky(a):
    """The lower factor; only the lower triangle of `a` is read. NaN when `a` is not positive definite."""
    return jnp.tril(jax.lax.linalg.cholesky(jnp.asarray(a), symmetrize_input=False))


def cholesky_gradient(factor, gradient):
    """The gradient of `cholesky` at the matrix whose factor is `factor`: symmetric.

    Murray 2016, "Differentiation of the Cholesky decomposition", equation 10.
    """
    inverse = solve_triangular(factor, jnp.eye(factor.shape[-1], dtype=factor.dtype), lower=True, adjoint=False)
    middle = jnp.tril(adjoint(factor) @ gradient)
    half = 1 - 0.5 * jnp.eye(factor.shape[-1], dtype=factor.dtype)
    out = adjoint(inverse) @ (middle * half) @ inverse
    return 0.5 * (out + adjoint(out))


def solve_triangular(a, b, lower, adjoint):
    """x with a x = b, or with adjoint(a) x = b; the other triangle of `a` is not read. a [..., n, n], b [..., n, k]."""
    batch = jnp.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, b = (jnp.broadcast_to(x, batch + x.shape[-2:]) for x in (a, b))
    return jax.lax.linalg.triangular_solve(a, b, left_side=True, lower=lower, transpose_a=adjoint, conjugate_a=adjoint)


def is_singular(a):
    """Whether elimination meets a zero on the diagonal, one truth a matrix."""
    upper = jax.lax.linalg.lu(jnp.asarray(a))[0]
    return jnp.any(jnp.diagonal(upper, axis1=-2, axis2=-1) == 0, axis=-1)


def least_squares(a, b, regularizer):
    """The x [..., n, k] that minimizes |a x - b|^2 + regularizer |x|^2, by the normal equations.

    a [..., m, n], b [..., m, k].
    """
    rows, columns = a.shape[-2:]
    tall = rows >= columns
    gram = adjoint(a) @ a if tall else a @ adjoint(a)
    factor = cholesky(gram + jnp.asarray(regularizer, gram.dtype) * jnp.eye(min(rows, columns), dtype=gram.dtype))
    middle = solve_triangular(factor, adjoint(a) @ b if tall else b, lower=True, adjoint=False)
    x = solve_triangular(factor, middle, lower=True, adjoint=True)
    return x if tall else adjoint(a) @ x
