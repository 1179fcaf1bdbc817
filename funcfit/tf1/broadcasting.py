"""Gradients of nodes whose two inputs broadcast: each is summed over the axes that broadcasting added."""

from funcfit.tf1.opdef import raw, tf


def sums_to_inputs(node, first=0):
    """For input `first` and the next: functions from a gradient shaped as the output to one shaped as the input.

    `after`, when given, is applied between the sum and the reshape, where Sub's rule has its negation.
    """
    x, y = node.inputs[first], node.inputs[first + 1]
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
