"""Counting: how often each integer occurs, how many values fall into each bin."""

import numpy as np

from funcfit.errors import InvalidArgumentError
from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.opdef import api, op, raw, tf


@op(
    "arr: int32, size: int32, weights: T -> bins: T",
    T="int32 int64 float32 float64",
    host=True,
    out=shapes.vector,
)
def Bincount(arr, size, weights):
    if (arr < 0).any():
        raise InvalidArgumentError(None, None, "Input arr must be non-negative!")
    if size < 0:
        raise InvalidArgumentError(None, None, f"size ({size}) must be non-negative")
    if weights.size and weights.shape != arr.shape:
        raise InvalidArgumentError(None, None, "Weights should be of the same shape as arr.")
    kept = arr < size
    out = np.zeros(int(size), weights.dtype)
    np.add.at(out, arr[kept], weights[kept] if weights.size else weights.dtype.type(1))
    return out


@Bincount.gradient
def _(node, dy):
    """Each weight counts once, in the bin of its value; without weights nothing flows."""
    arr, _, weights = node.inputs
    if weights.shape.num_elements() == 0 or not weights.dtype.is_floating:
        return [None, None, None]
    return [None, None, tf.gather(dy, arr)]


@api("bincount", "math.bincount")
def bincount(arr, weights=None, minlength=None, maxlength=None, dtype=dtypes.int32):
    """How often each of 0, 1, ... occurs in `arr`, or the sum of their `weights`.

    The result is as long as the largest value needs, at least `minlength`, at most `maxlength`: larger values drop out.
    InvalidArgumentError in a run with negative values.
    """
    arr = convert_to_tensor(arr, name="arr", dtype=dtypes.int32)
    nonempty = tf.reduce_prod(tf.shape(arr)) > 0
    size = tf.cast(nonempty, dtypes.int32) * (tf.reduce_max(arr) + 1)
    if minlength is not None:
        size = tf.maximum(convert_to_tensor(minlength, name="minlength", dtype=dtypes.int32), size)
    if maxlength is not None:
        size = tf.minimum(convert_to_tensor(maxlength, name="maxlength", dtype=dtypes.int32), size)
    weights = tf.constant([], dtype) if weights is None else convert_to_tensor(weights, name="weights")
    return raw.Bincount(arr, size, weights)


def _bins(values, value_range, nbins):
    """The bin of each value, as nodes."""
    values = convert_to_tensor(values, name="values")
    values = tf.reshape(values, [-1])
    value_range = convert_to_tensor(value_range, name="value_range")
    nbins = convert_to_tensor(nbins, dtype=dtypes.int32, name="nbins")
    count = tf.cast(nbins, values.dtype)
    scaled = tf.truediv(values - value_range[0], value_range[1] - value_range[0], name="scaled_values")
    bins = tf.floor(count * scaled, name="indices")
    return tf.cast(tf.clip_by_value(bins, 0, count - 1), dtypes.int32), nbins


@api("histogram_fixed_width")
def histogram_fixed_width(values, value_range, nbins=100, dtype=dtypes.int32, name=None):
    """How many values fall into each of `nbins` bins of one width; the first and the last take what lies outside."""
    with name_scope(name, "histogram_fixed_width", [values, value_range, nbins]) as scope:
        bins, nbins = _bins(values, value_range, nbins)
        counts = tf.unsorted_segment_sum(tf.ones_like(bins, dtype=dtype), bins, nbins, name=scope)
        counts.set_shape([None])
        return counts


@api("histogram_fixed_width_bins")
def histogram_fixed_width_bins(values, value_range, nbins=100, dtype=dtypes.int32, name=None):
    """The bin of `histogram_fixed_width` that each value falls into, shaped as `values`."""
    with name_scope(name, "histogram_fixed_width_bins", [values, value_range, nbins]):
        values = convert_to_tensor(values, name="values")
        bins, _ = _bins(values, value_range, nbins)
        return tf.reshape(tf.cast(bins, dtype), tf.shape(values))
