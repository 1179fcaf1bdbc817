"""What op families share about nodes with two inputs: gradients where they broadcast, dtypes where they are divided."""

from funcfit.tf1.graph import dtypes
from funcfit.tf1.opdef import raw, tf


def sums_to_inputs(node):
    """For each of the two inputs, a function from a gradient shaped as the output to one shaped as the input.

    `after`, when given, is applied between the sum and the reshape, where Sub's rule has its negation.
    """
    x, y = node.inputs
    sx, sy = tf.shape(x), tf.shape(y)
    rx, ry = raw.BroadcastGradientArgs(sx, sy)

    def to_x(gradient, after=None):
        return _summed(gradient, rx, sx, after)

    def to_y(gradient, after=None):
        return _summed(gradient, ry, sy, after)

    return to_x, to_y


def _summed(gradient, axes, shape, after):
    total = tf.reduce_sum(gradient, axes)
    return tf.reshape(total if after is None else after(total), shape)


_DIVIDED_AS = {
    **dict.fromkeys((dtypes.uint8, dtypes.int8, dtypes.uint16, dtypes.int16), dtypes.float32),
    **dict.fromkeys((dtypes.int32, dtypes.int64), dtypes.float64),
}


def as_quotients(x, y):
    """Both as Python 3 divides them: small integers as float32, int32 and int64 as float64; floats as they are."""
    kind = x.dtype.base_dtype
    if kind is not y.dtype.base_dtype:
        raise TypeError(f"x and y must have the same dtype, got {kind!r} != {y.dtype.base_dtype!r}")
    if kind.is_floating or kind.is_complex:
        return x, y
    if kind not in _DIVIDED_AS:
        raise TypeError(f"Invalid dtype {kind!r} in __truediv__")
    return tf.cast(x, _DIVIDED_AS[kind]), tf.cast(y, _DIVIDED_AS[kind])
