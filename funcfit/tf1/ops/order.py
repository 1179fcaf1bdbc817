"""Sorting, and searching in what is sorted."""

import jax
import jax.numpy as jnp

from funcfit.errors import InvalidArgumentError
from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import INDICES, Check, api, op, raw, tf


def _descending(values, axis, which):
    """Values (`which` 0) or positions (1) along `axis`, the largest first."""
    rank = values.shape.ndims
    if rank is None:
        raise ValueError("sort and argsort need a tensor of known rank")
    if not -rank <= axis < rank:
        raise ValueError(f"axis {axis} is out of range for a tensor of rank {rank}")
    axis %= rank
    if axis == rank - 1:
        return tf.nn.top_k(values, tf.shape(values)[axis])[which]
    swap = [*range(axis), rank - 1, *range(axis + 1, rank - 1), axis]
    return tf.transpose(tf.nn.top_k(tf.transpose(values, swap), tf.shape(values)[axis])[which], swap)


def _sorted(values, axis, direction, which):
    if direction == "DESCENDING":
        return _descending(values, axis, which)
    if direction != "ASCENDING":
        raise ValueError(f"Unknown direction: {direction}")
    found = _descending(-values, axis, which)
    return found if which else -found


@api("sort", "contrib.framework.sort")
def sort(values, axis=-1, direction="ASCENDING", name=None):
    """`values` in order along `axis`."""
    with name_scope(name, "sort"):
        return _sorted(convert_to_tensor(values), axis, direction, 0)


@api("argsort", "contrib.framework.argsort")
def argsort(values, axis=-1, direction="ASCENDING", stable=False, name=None):
    """The positions along `axis` in the order of their values; equal ones stay in order."""
    with name_scope(name, "argsort"):
        return _sorted(convert_to_tensor(values), axis, direction, 1)


def _bound(sorted_inputs, values, side):
    return jax.vmap(lambda row, v: jnp.searchsorted(row, v, side=side))(jnp.asarray(sorted_inputs), jnp.asarray(values))


_BOUND = "sorted_inputs: T, values: T -> output: out_type"


@op(_BOUND, out_type=INDICES, gradient=None, out=lambda node: node.inputs[1].shape)
def LowerBound(sorted_inputs, values, *, out_type=dtypes.int32):
    return _bound(sorted_inputs, values, "left")


@op(_BOUND, out_type=INDICES, gradient=None, out=lambda node: node.inputs[1].shape)
def UpperBound(sorted_inputs, values, *, out_type=dtypes.int32):
    return _bound(sorted_inputs, values, "right")


@api("searchsorted")
def searchsorted(sorted_sequence, values, side="left", out_type=dtypes.int32, name=None):
    """Where `values` would have to stand in `sorted_sequence` (sorted along its last axis): before equal ones, or
    "right" of them.
    """
    if side not in ("left", "right"):
        raise ValueError(f"side must be either 'right' or 'left'.  Saw: {side}.")
    make = raw.LowerBound if side == "left" else raw.UpperBound
    rows = tf.reshape(sorted_sequence, [-1, tf.shape(sorted_sequence)[-1]])
    wanted = tf.reshape(values, [-1, tf.shape(values)[-1]])
    return tf.reshape(make(rows, wanted, out_type=out_type, name=name), tf.shape(values))


def _unravelled(node):
    (rank,) = shapes.with_rank(node, 1, 1)
    flat = node.inputs[0].shape
    if flat.ndims is None:
        return shapes.UNKNOWN
    count = () if flat.ndims == 0 else (flat.num_elements(),)
    return TensorShape((rank, *count))


def _within(indices, dims):
    def message(i, d):
        return "index is out of bound as with dims"

    return [Check(jnp.asarray(indices) < jnp.prod(jnp.asarray(dims)), InvalidArgumentError, message, [indices, dims])]


@api("unravel_index")
@op(
    "indices: Tidx=int32, dims: Tidx=int32 -> output: Tidx",
    Tidx=INDICES,
    checks=_within,
    gradient=None,
    out=_unravelled,
)
def UnravelIndex(indices, dims):
    """The coordinates, one row an axis, of elements numbered in row-major order in a tensor of shape `dims`."""
    flat, rows = jnp.asarray(indices).ravel() if indices.ndim else jnp.asarray(indices), []
    for i in reversed(range(dims.shape[0])):
        rows.append(flat % dims[i])
        flat = flat // dims[i]
    return jnp.stack(rows[::-1])


@api("repeat")
def repeat(input, repeats, axis=None, name=None):
    """Each part of `input` along `axis` (of the flattened tensor without it) `repeats` times over; one number, or one
    a part.
    """
    with name_scope(name, "Repeat", [input, repeats]):
        input = convert_to_tensor(input, name="input")
        repeats = tf.cast(convert_to_tensor(repeats, name="repeats"), dtypes.int32)
        if axis is None:
            input, axis = tf.reshape(input, [-1]), 0
        axis %= input.shape.ndims
        count = tf.shape(input)[axis]
        repeats = tf.broadcast_to(tf.reshape(repeats, [-1]), tf.expand_dims(count, 0))
        most = tf.reduce_max(repeats)
        each = tf.tile(tf.expand_dims(tf.range(count), 1), tf.stack([1, most]))
        return tf.gather(input, tf.boolean_mask(each, tf.sequence_mask(repeats, most)), axis=axis)
