"""Reductions over axes: sums, means, extremes."""

from funcfit.kernels.module import numpy_or_jax
from funcfit.tf1 import shapes
from funcfit.tf1.opdef import NUMBERS, api, op, raw, tf


@op("input: T, reduction_indices: Tidx=int32 -> output: T", T=NUMBERS, Tidx="int32 int64", fixed=("reduction_indices",), folds=True, out=shapes.reduced)
def Sum(input, reduction_indices, *, keep_dims=False):
    return numpy_or_jax(input).sum(input, axis=tuple(reduction_indices.ravel().tolist()), keepdims=keep_dims)


@Sum.gradient
def _(node, dy):
    x, axes = node.inputs
    kept = raw_reduced_shape(tf.shape(x), axes)
    tiles = tf.shape(x) // tf.maximum(kept, 1)
    return [tf.tile(tf.reshape(dy, kept), tiles), None]


def raw_reduced_shape(shape, axes):
    raise NotImplementedError("being written")


@api("reduce_sum")
def reduce_sum(input_tensor, axis=None, keep_dims=False, name=None, reduction_indices=None):
    axes = axis if axis is not None else reduction_indices
    if axes is None:
        axes = tf.range(0, tf.rank(input_tensor))
    return raw.Sum(input_tensor, axes, keep_dims=keep_dims, name=name)
