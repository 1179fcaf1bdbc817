"""A SparseTensor times, over or plus a dense tensor that is broadcast to it; the operators of SparseTensor."""

import jax.numpy as jnp

from funcfit.tf1 import shapes
from funcfit.tf1.broadcasting import as_quotients
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.node import SparseTensor
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import NUMBERS, op, raw, tf


def _as_values(node):
    shapes.with_rank(node, 0, 2)
    return TensorShape((node.inputs[0].shape.dims_or_none[0] if node.inputs[0].shape.ndims else None,))


def _dense_values(indices, dense):
    """The elements of `dense`, broadcast, at `indices` [n, rank]."""
    columns = indices[:, indices.shape[1] - dense.ndim :]
    at = tuple(columns[:, i] if size > 1 else 0 * columns[:, i] for i, size in enumerate(dense.shape))
    return dense[at] if at else jnp.broadcast_to(dense, indices.shape[:1])


_SIGNATURE = "sp_indices: int64, sp_values: T, sp_shape: int64, dense: T -> output: T"


@op(_SIGNATURE, T=NUMBERS, out=_as_values)
def SparseDenseCwiseMul(sp_indices, sp_values, sp_shape, dense):
    return sp_values * _dense_values(sp_indices, jnp.asarray(dense))


@op(_SIGNATURE, T=NUMBERS, out=_as_values)
def SparseDenseCwiseDiv(sp_indices, sp_values, sp_shape, dense):
    return raw.Div.lower(sp_values, _dense_values(sp_indices, jnp.asarray(dense)))


@op(_SIGNATURE, T=NUMBERS, out=_as_values, gradient="unregistered")
def SparseDenseCwiseAdd(sp_indices, sp_values, sp_shape, dense):
    return sp_values + _dense_values(sp_indices, jnp.asarray(dense))


@SparseDenseCwiseMul.gradient
def _(node, dz):
    x, dense, add_to_dense = _sparse_and_dense(node)
    return [None, dz * dense, None, add_to_dense(dz * x)]


@SparseDenseCwiseDiv.gradient
def _(node, dz):
    x, dense, add_to_dense = _sparse_and_dense(node)
    return [None, dz / dense, None, add_to_dense(dz * (-x / tf.square(dense)))]


def _sparse_and_dense(node):
    """(the sparse values, the dense elements beside them, a function from gradients of these to the dense gradient)."""
    indices, x, shape, dense = node.inputs
    dense_shape = tf.cast(tf.shape(dense), dtypes.int64)
    added = tf.expand_dims(tf.size(shape) - tf.size(dense_shape), 0)
    full_shape = tf.concat([tf.ones(added, dtypes.int64), dense_shape], 0)
    scaling = shape // full_shape
    places = tf.slice(indices // scaling, tf.concat([[0], added], 0), [-1, -1])

    def add_to_dense(gradient):
        return tf.sparse_add(tf.zeros_like(dense), SparseTensor(places, gradient, dense_shape))

    return x, tf.gather_nd(dense, places), add_to_dense


# -- operators ---------------------------------------------------------------------------------------------------------


def _operator(name, make):
    """`sparse OP dense`: a SparseTensor with the same indices."""

    def apply(x, y):
        with name_scope(None, name, [x, y]) as scope:
            y = convert_to_tensor(y, dtype=x.dtype.base_dtype, name="y")
            return SparseTensor(x.indices, make(x, y, scope), x.dense_shape)

    setattr(SparseTensor, f"__{name}__", apply)


def _quotient(x, y, scope):
    """As `/` of Python 3: integers are divided as floats."""
    values, y = as_quotients(x.values, y)
    return raw.SparseDenseCwiseDiv(x.indices, values, x.dense_shape, y, name=scope)


_operator("mul", lambda x, y, scope: raw.SparseDenseCwiseMul(x.indices, x.values, x.dense_shape, y, name=scope))
_operator("div", lambda x, y, scope: raw.SparseDenseCwiseDiv(x.indices, x.values, x.dense_shape, y, name=scope))
_operator("truediv", _quotient)
