"""Diagonals and bands of matrices: taking them out, putting them in, identity matrices, traces, transposes."""

import jax.numpy as jnp
import numpy as np

from funcfit.kernels.module import numpy_or_jax
from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import colocate_with, name_scope
from funcfit.tf1.graph.shape import TensorShape, unknown_shape
from funcfit.tf1.opdef import api, op, raw, tf

_WIDE = "bfloat16 float16 float32 float64 int32 int64 complex64 complex128"


def _at_least(node, index, rank):
    """The sizes of an input, None when its rank is not known."""
    sizes = node.inputs[index].shape.dims_or_none
    if sizes is not None and len(sizes) < rank:
        raise shapes.misfit(node, f"Shape must be at least rank {rank} but is rank {len(sizes)}")
    return sizes


def _smaller(a, b):
    """The smaller of two sizes, None when that is not known."""
    if a == 0 or b == 0:
        return 0
    return None if a is None or b is None else min(a, b)


# -- of tensors of any rank --------------------------------------------------------------------------------------------


def _doubled(node):
    sizes = _at_least(node, 0, 1)
    return shapes.UNKNOWN if sizes is None else TensorShape(sizes + sizes)


@api("diag", "linalg.tensor_diag")
@op("diagonal: T -> output: T", T=_WIDE, out=_doubled)
def Diag(diagonal):
    flat = jnp.ravel(diagonal)
    return jnp.diag(flat).reshape(diagonal.shape * 2)


@Diag.gradient
def _(node, dy):
    return [tf.diag_part(dy)]


def _halved(node):
    shape = node.inputs[0].shape
    if shape.ndims is None:
        return shapes.UNKNOWN
    if shape.ndims % 2 or not shape.ndims:
        raise shapes.misfit(node, f"Input must have even and non-zero rank, input rank is {shape.ndims}")
    half = shape.ndims // 2
    return shapes.merged_into(node, shape[:half], shape[half:])


@api("diag_part", "linalg.tensor_diag_part")
@op("input: T -> diagonal: T", T=_WIDE, out=_halved)
def DiagPart(input):
    sizes = input.shape[: input.ndim // 2]
    count = int(np.prod(sizes, dtype=np.int64))
    return jnp.diagonal(input.reshape(count, count)).reshape(sizes)


@DiagPart.gradient
def _(node, dy):
    return [tf.diag(dy)]


# -- of batches of matrices --------------------------------------------------------------------------------------------


def _squared(node):
    sizes = _at_least(node, 0, 1)
    return shapes.UNKNOWN if sizes is None else TensorShape((*sizes, sizes[-1]))


@op("diagonal: T -> output: T", out=_squared, folds=True)
def MatrixDiag(diagonal):
    xp = numpy_or_jax(diagonal)
    on = np.eye(diagonal.shape[-1], dtype=np.bool_)
    return xp.where(on, diagonal[..., None], xp.zeros((), diagonal.dtype))


@MatrixDiag.gradient
def _(node, dy):
    return [raw.MatrixDiagPart(dy)]


def _diagonal_shape(node):
    sizes = _at_least(node, 0, 2)
    return shapes.UNKNOWN if sizes is None else TensorShape((*sizes[:-2], _smaller(*sizes[-2:])))


@op("input: T -> diagonal: T", out=_diagonal_shape)
def MatrixDiagPart(input):
    return jnp.diagonal(input, axis1=-2, axis2=-1)


@MatrixDiagPart.gradient
def _(node, dy):
    x = node.inputs[0]
    sizes = x.shape[-2:]
    if sizes.is_fully_defined() and sizes[0] == sizes[1]:
        return [raw.MatrixDiag(dy)]
    return [raw.MatrixSetDiag(tf.zeros_like(x), dy)]


def _with_diagonal(node):
    matrix, diagonal = _at_least(node, 0, 2), _at_least(node, 1, 1)
    if matrix is None:
        return shapes.UNKNOWN if diagonal is None else unknown_shape(len(diagonal) + 1)
    if diagonal is None:
        return TensorShape(matrix)
    if len(diagonal) != len(matrix) - 1:
        raise shapes.misfit(node, f"Shape must be rank {len(matrix) - 1} but is rank {len(diagonal)}")
    length = _smaller(*matrix[-2:])
    if None not in (length, diagonal[-1]) and length != diagonal[-1]:
        raise shapes.misfit(node, f"Dimensions must be equal, but are {length} and {diagonal[-1]}")
    return shapes.merged_into(node, TensorShape(matrix), TensorShape((*diagonal[:-1], None, None)))


@op("input: T, diagonal: T -> output: T", out=_with_diagonal)
def MatrixSetDiag(input, diagonal):
    i = np.arange(min(input.shape[-2:]))
    return jnp.asarray(input).at[..., i, i].set(diagonal)


@MatrixSetDiag.gradient
def _(node, dy):
    x, diagonal = (t.shape for t in node.inputs)
    x = x.merge_with(dy.shape)
    batch, matrix = x[:-2].merge_with(diagonal[:-1]), x[-2:]
    if batch.is_fully_defined() and matrix.is_fully_defined():
        size = [*batch.as_list(), min(matrix.as_list())]
    else:
        with colocate_with(dy):
            shape, rank = tf.shape(dy), tf.rank(dy)
            batch, matrix = tf.slice(shape, [0], [rank - 2]), tf.slice(shape, [rank - 2], [2])
            size = tf.concat([batch, [tf.reduce_min(matrix)]], 0)
    dx = raw.MatrixSetDiag(dy, tf.zeros(size, dtype=dy.dtype))
    return [dx, raw.MatrixDiagPart(dy)]


@api("matrix_band_part", "linalg.band_part")
@op("input: T, num_lower: int64, num_upper: int64 -> band: T", out=shapes.same)
def MatrixBandPart(input, num_lower, num_upper):
    below = np.arange(input.shape[-2], dtype=np.int32)[:, None] - np.arange(input.shape[-1], dtype=np.int32)
    keep = ((num_lower < 0) | (below <= num_lower)) & ((num_upper < 0) | (-below <= num_upper))
    return jnp.where(keep, input, jnp.zeros((), input.dtype))


@MatrixBandPart.gradient
def _(node, dy):
    return [raw.MatrixBandPart(dy, *node.inputs[1:]), None, None]


def _only_main(k, **others):
    """Refuses the other diagonals of later signatures, which 1.15.5 takes and ignores."""
    given = {"k": k, **others}
    defaults = {"k": 0, "num_rows": -1, "num_cols": -1, "padding_value": 0}
    for key, value in given.items():
        if not isinstance(value, (int, float)) or value != defaults[key]:
            raise NotImplementedError(f"only the main diagonal is provided: {key}={value!r} must be {defaults[key]}")


@api("matrix_diag", "linalg.diag")
def matrix_diag(diagonal, name=None, k=0, num_rows=-1, num_cols=-1, padding_value=0):
    """Square matrices with the last dimension of `diagonal` on their main diagonal, zeros elsewhere."""
    _only_main(k, num_rows=num_rows, num_cols=num_cols, padding_value=padding_value)
    return raw.MatrixDiag(diagonal, name=name)


@api("matrix_diag_part", "linalg.diag_part")
def matrix_diag_part(input, name=None, k=0, padding_value=0):
    """The main diagonals of the matrices in the last two dimensions."""
    _only_main(k, padding_value=padding_value)
    return raw.MatrixDiagPart(input, name=name)


@api("matrix_set_diag", "linalg.set_diag")
def matrix_set_diag(input, diagonal, name=None, k=0):
    """`input` with the main diagonals of its matrices replaced."""
    _only_main(k)
    return raw.MatrixSetDiag(input, diagonal, name=name)


@api("eye", "linalg.eye")
def eye(num_rows, num_columns=None, batch_shape=None, dtype=dtypes.float32, name=None):
    """The identity matrix, `batch_shape` times over."""
    with name_scope(name, "eye", [num_rows, num_columns, batch_shape]):
        batch_shape = convert_to_tensor([] if batch_shape is None else batch_shape, name="shape", dtype=dtypes.int32)
        size = num_rows if num_columns is None else tf.minimum(num_rows, num_columns)
        ones = tf.ones(tf.concat((batch_shape, [size]), 0), dtype=dtype)
        if num_columns is None:
            return raw.MatrixDiag(ones)
        shape = tf.concat((batch_shape, [num_rows, num_columns]), 0)
        return raw.MatrixSetDiag(tf.zeros(shape, dtype=dtype), ones)


@api("trace", "linalg.trace")
def trace(x, name=None):
    """The sums of the main diagonals of the matrices in the last two dimensions."""
    with name_scope(name, "Trace", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        return tf.reduce_sum(raw.MatrixDiagPart(x), [-1], name=scope)


@api("matrix_transpose", "linalg.transpose", "linalg.matrix_transpose")
def matrix_transpose(a, name="matrix_transpose", conjugate=False):
    """The last two dimensions exchanged. ValueError for less than two."""
    with name_scope(name, values=[a]):
        a = convert_to_tensor(a, name="a")
        rank = a.shape.ndims
        if rank is None:
            at_run_time = tf.rank(a)
            order = tf.concat((tf.range(0, at_run_time - 2, 1), [at_run_time - 1, at_run_time - 2]), 0)
        elif rank < 2:
            raise ValueError(f"Argument 'a' should be a (batch) matrix, with rank >= 2.  Found: {a.shape}")
        else:
            order = [*range(rank - 2), rank - 1, rank - 2]
        return tf.transpose(a, perm=order, conjugate=True) if conjugate else tf.transpose(a, perm=order)


@api("linalg.adjoint")
def adjoint(matrix, name=None):
    """The conjugate transpose of the matrices in the last two dimensions."""
    with name_scope(name, "adjoint", [matrix]):
        return matrix_transpose(convert_to_tensor(matrix, name="matrix"), conjugate=True)


def _of_triples(node):
    shape = node.inputs[0].shape
    if shape.ndims == 0 or node.inputs[1].shape.ndims == 0:
        raise shapes.misfit(node, "Shape must be at least rank 1 but is rank 0")
    shape = shapes.merged_into(node, shape, node.inputs[1].shape)
    if shape.ndims is not None and shape.dims_or_none[-1] not in (None, 3):
        raise shapes.misfit(node, f"Dimension must be 3 but is {shape.dims_or_none[-1]}")
    return shape


@api("cross", "linalg.cross")
@op("a: T, b: T -> product: T", T="float32 float64 int32 int64 uint8 int16 int8 uint16 float16", out=_of_triples)
def Cross(a, b):
    """The cross products of the vectors of three in the last dimension."""
    return jnp.cross(a, b)


@Cross.gradient
def _(node, dy):
    a, b = node.inputs
    return [tf.cross(b, dy), tf.cross(dy, a)]
