"""Linear algebra made of other functions: norms, log-determinants, pseudo-inverses, ranks."""

import numpy as np

from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.opdef import api, tf


@api("norm", "linalg.norm")
def norm(tensor, ord="euclidean", axis=None, keepdims=None, name=None, keep_dims=None):
    """The norm of vectors along `axis` (an int), of matrices along a pair of axes, or of all elements (None).

    Vectors: any positive `ord`, np.inf too; matrices: "euclidean" or "fro", 1, np.inf. ValueError for others.
    """
    if keepdims is not None and keep_dims is not None:
        raise ValueError("Cannot specify both 'keepdims' and 'keep_dims'.")
    keep = bool(keep_dims if keepdims is None else keepdims)
    axis = _norm_axes(ord, axis)
    with name_scope(name, "norm", [tensor]):
        x = convert_to_tensor(tensor)
        out = _norm(x, ord, axis)
        return out if keep else tf.squeeze(out, axis)


def _norm_axes(ord, axis):
    """`axis` as a tuple, or None."""
    if isinstance(axis, (list, tuple)) and len(axis) == 2:
        axis = tuple(axis)
        if not all(isinstance(a, int) for a in axis) or axis[0] == axis[1]:
            raise ValueError("'axis' must be None, an integer, or a tuple of 2 unique integers")
        supported = ["euclidean", "fro", 1, np.inf]
        if ord not in supported:
            raise ValueError(f"'ord' must be a supported matrix norm in {supported}, got {ord}")
        return axis
    if axis is not None and not isinstance(axis, int):
        raise ValueError("'axis' must be None, an integer, or a tuple of 2 unique integers")
    if ord != "euclidean" and (isinstance(ord, str) or not np.isreal(ord) or ord <= 0):
        raise ValueError(f"'ord' must be a supported vector norm, got {ord}")
    return None if axis is None else (axis,)


def _norm(x, ord, axis):
    """The norm with its dimensions kept."""
    if ord in ("fro", "euclidean", 2, 2.0):
        squares = x * tf.conj(x) if x.dtype.is_complex else tf.square(x)
        total = tf.reduce_sum(squares, axis, keep_dims=True)
        return tf.sqrt(tf.real(total) if x.dtype.is_complex else total)
    sizes = tf.abs(x)
    first = None if axis is None else axis[0]
    of_matrix = axis is not None and len(axis) == 2
    if ord == 1:
        total = tf.reduce_sum(sizes, first, keep_dims=True)
        return tf.reduce_max(total, axis[-1], keep_dims=True) if of_matrix else total
    if ord == np.inf:
        if of_matrix:
            sizes = tf.reduce_sum(sizes, axis[1], keep_dims=True)
        return tf.reduce_max(sizes, first, keep_dims=True)
    return tf.pow(tf.reduce_sum(tf.pow(sizes, ord), axis, keep_dims=True), 1.0 / ord)


@api("linalg.normalize")
def normalize(tensor, ord="euclidean", axis=None, name=None):
    """(the tensor divided by its norm along `axis`, that norm with its dimensions kept)."""
    with name_scope(name, "normalize", [tensor]):
        x = convert_to_tensor(tensor)
        size = tf.cast(norm(x, ord, axis, keepdims=True), x.dtype)
        return x / size, size


@api("linalg.logdet")
def logdet(matrix, name=None):
    """The logarithm of the determinant of a positive definite matrix, from its Cholesky factor."""
    with name_scope(name, "logdet", [matrix]):
        factor = tf.cholesky(matrix)
        return 2.0 * tf.reduce_sum(tf.log(tf.real(tf.matrix_diag_part(factor))), axis=[-1])


def _checked_matrix(a):
    a = convert_to_tensor(a, name="a", preferred_dtype=dtypes.float32)
    if not a.dtype.is_floating:
        raise TypeError(f"Input `a` must have `float`-like `dtype` (saw {a.dtype.name}).")
    if a.shape.ndims is not None and a.shape.ndims < 2:
        raise ValueError(f"Input `a` must have at least 2 dimensions (saw: {a.shape.ndims}).")
    return a


@api("linalg.matrix_rank")
def matrix_rank(a, tol=None, validate_args=False, name=None):
    """How many singular values are larger than `tol`: by default eps times the larger size times the largest."""
    with name_scope(name or "matrix_rank"):
        a = _checked_matrix(a)
        s = tf.svd(a, compute_uv=False)
        if tol is None:
            larger = tf.cast(tf.reduce_max(tf.shape(a)[-2:]), a.dtype)
            tol = np.finfo(a.dtype.as_numpy_dtype).eps * larger * tf.reduce_max(s, axis=-1, keepdims=True)
        return tf.reduce_sum(tf.cast(s > tol, dtypes.int32), axis=-1)


@api("linalg.pinv")
def pinv(a, rcond=None, validate_args=False, name=None):
    """The Moore-Penrose pseudo-inverse; singular values below `rcond` times the largest count as zero."""
    with name_scope(name or "pinv"):
        a = _checked_matrix(a)
        dtype = a.dtype.as_numpy_dtype
        if rcond is None:
            larger = tf.cast(tf.reduce_max(tf.shape(a)[-2:]), a.dtype)
            rcond = 10.0 * np.finfo(dtype).eps * larger
        rcond = convert_to_tensor(rcond, dtype=a.dtype, name="rcond")
        s, u, v = tf.svd(a, full_matrices=False, compute_uv=True)
        cutoff = tf.expand_dims(rcond * tf.reduce_max(s, axis=-1), -1)
        # An infinite singular value has the inverse 0, with a gradient that is 0 and not NaN.
        s = tf.where(s > cutoff + tf.zeros_like(s), s, tf.fill(tf.shape(s), tf.constant(np.inf, a.dtype)))
        inverse = tf.matmul(v / tf.expand_dims(s, -2), u, adjoint_b=True)
        if a.shape.ndims is not None:
            inverse.set_shape(a.shape[:-2].concatenate([a.shape[-1], a.shape[-2]]))
        return inverse
