"""The largest entries of rows, and whether a class is among them."""

import jax.numpy as jnp
from jax import lax

from funcfit.errors import InvalidArgumentError
from funcfit.tf1 import shapes
from funcfit.tf1.graph.node import Tensor
from funcfit.tf1.opdef import REAL, Check, api, op, raw, tf


def _top(node):
    shape = node.inputs[0].shape
    if shape.ndims == 0:
        raise shapes.misfit(node, "Shape must be at least rank 1 but is rank 0")
    k = node.attrs["k"] if node.type == "TopK" else shapes.constant_value(node.inputs[1])
    if shape.ndims is None:
        return [shape] * 2
    last = shape.dims_or_none[-1]
    if k is not None and k < 0:
        raise shapes.misfit(node, f"Need k >= 0, got {int(k)}")
    if None not in (k, last) and last < k:
        raise ValueError(f"input must have last dimension >= k = {int(k)} but is {last}")
    return [shape[:-1].concatenate([None if k is None else int(k)])] * 2


def _largest(input, k):
    if k < 0:
        raise InvalidArgumentError(None, None, f"Need k >= 0, got {k}")
    if input.shape[-1] < k:
        raise InvalidArgumentError(None, None, f"input must have at least k columns. Had {input.shape[-1]}, needed {k}")
    return lax.top_k(input, k)


@op("input: T, k: int32 -> values: T, indices: int32", T=REAL, fixed=("k",), out=_top)
def TopKV2(input, k, *, sorted=True):
    return _largest(input, int(k))


@op("input: T -> values: T, indices: int32", T=REAL, out=_top)
def TopK(input, *, k, sorted=True):
    return _largest(input, k)


def _top_gradient(node, dy):
    """The gradient of the values, laid at their indices in zeros."""
    whole, kept = tf.shape(node.inputs[0]), tf.shape(node.outputs[1])
    k = tf.gather(kept, tf.size(kept) - 1)
    indices = tf.reshape(node.outputs[1], tf.stack([-1, k]))
    row = tf.gather(whole, tf.size(whole) - 1)
    rows = tf.shape(indices)[0]
    flat = tf.reshape(indices + tf.expand_dims(tf.range(0, rows * row, row), -1), [-1])
    count = tf.reshape(tf.reduce_prod(whole), [1])
    laid = tf.sparse_to_dense(flat, count, tf.reshape(dy, [-1]), validate_indices=False)
    return tf.reshape(laid, whole)


@TopKV2.gradient
def _(node, dy, _):
    return [_top_gradient(node, dy), tf.zeros([], dtype=tf.int32)]


@TopK.gradient
def _(node, dy, _):
    return [_top_gradient(node, dy)]


@api("nn.top_k", "math.top_k")
def top_k(input, k=1, sorted=True, name=None):
    """(values, indices) of the k largest entries of each row, largest first; of equal ones the earlier one first."""
    return raw.TopKV2(input, k, sorted=sorted, name=name)


def _one_a_row(node):
    predictions, targets = node.inputs[0].shape.with_rank(2), node.inputs[1].shape.with_rank(1)
    return predictions[:1].merge_with(targets)


def _targets_are_classes(predictions, targets, k=None):
    within = (targets >= 0) & (targets < predictions.shape[1])

    def message(within):
        return f"targets[{int((~within).argmax())}] is out of range"

    return [Check(within, InvalidArgumentError, message, [within])]


def _in_top(predictions, targets, k):
    chosen = jnp.take_along_axis(predictions, targets[:, None], axis=1, mode="clip")
    above = jnp.sum(predictions > chosen, axis=1)
    return (above < k) & jnp.all(jnp.isfinite(predictions), axis=1)


@op(
    "predictions: float32, targets: T=int32 -> precision: bool",
    T="int32 int64",
    out=_one_a_row,
    checks=_targets_are_classes,
    gradient="unregistered",
)
def InTopK(predictions, targets, *, k):
    return _in_top(predictions, targets, k)


@op(
    "predictions: float32, targets: T=int32, k: T -> precision: bool",
    T="int32 int64",
    out=_one_a_row,
    checks=_targets_are_classes,
    gradient="unregistered",
)
def InTopKV2(predictions, targets, k):
    return _in_top(predictions, targets, k)


@api("nn.in_top_k", "math.in_top_k")
def in_top_k(predictions, targets, k, name=None):
    """For each row, whether its target's prediction is among the k largest; false for a row with NaN or infinities."""
    if isinstance(k, Tensor):
        return raw.InTopKV2(predictions, targets, k, name=name)
    return raw.InTopK(predictions, targets, k=int(k), name=name)


def _nth(node):
    shape = node.inputs[0].shape.with_rank_at_least(1)
    n, last = shapes.constant_value(node.inputs[1]), None if shape.ndims is None else shape.dims_or_none[-1]
    if n is not None and n < 0:
        raise shapes.misfit(node, f"Input n must be non-negative but is {int(n)}")
    if None not in (n, last) and last <= n:
        raise shapes.misfit(node, f"Input must have last dimension > n = {int(n)} but is {last}")
    return shape[:-1]


@op("input: T, n: int32 -> values: T", T=REAL, fixed=("n",), out=_nth)
def NthElement(input, n, *, reverse=False):
    if input.shape[-1] <= n:
        raise InvalidArgumentError(None, None, f"Input must have at least n+1 columns, {n} and {input.shape[-1]}")
    ordered = jnp.sort(input, axis=-1)
    return ordered[..., input.shape[-1] - 1 - int(n) if reverse else int(n)]


@NthElement.gradient
def _(node, dy):
    """Shared evenly by all entries that equal the n-th."""
    x, y = node.inputs[0], tf.expand_dims(node.outputs[0], -1)
    chosen = tf.cast(tf.equal(y, x), dy.dtype)
    shares = tf.expand_dims(tf.reduce_sum(chosen, -1), -1)
    return [tf.div(chosen, shares) * tf.expand_dims(dy, -1), None]


@api("contrib.nn.nth_element", "nn.nth_element")
def nth_element(input, n, reverse=False, name=None):
    """The entry of each row that has `n` smaller ones before it when the row is sorted (larger ones with `reverse`)."""
    return raw.NthElement(input, n, reverse=reverse, name=name)
