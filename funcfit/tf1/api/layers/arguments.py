"""The arguments that layers have in common, in one form; and conditions that may be known while building."""

import numpy as np

from funcfit.tf1.build.initializers import Ones, Zeros
from funcfit.tf1.build.variables import Variable
from funcfit.tf1.graph.node import Tensor
from funcfit.tf1.opdef import tf
from funcfit.tf1.shapes import constant_value

ZEROS, ONES = Zeros(), Ones()  # what biases and scales start from


def sizes(value, count, name):
    """`count` integers from one integer or from `count` of them; ValueError for anything else."""
    if isinstance(value, int):
        return (value,) * count
    wanted = f"The `{name}` argument must be a tuple of {count} integers. Received: {value}"
    try:
        values = tuple(int(v) for v in value)
    except (TypeError, ValueError):
        raise ValueError(wanted) from None
    if len(values) != count:
        raise ValueError(wanted)
    return values


def checked_data_format(value):
    """'channels_first' or 'channels_last'."""
    if value.lower() not in ("channels_first", "channels_last"):
        raise ValueError(
            f'The `data_format` argument must be one of "channels_first", "channels_last". Received: {value}'
        )
    return value.lower()


def checked_padding(value):
    """'valid' or 'same'."""
    if value.lower() not in ("valid", "same"):
        raise ValueError(f'The `padding` argument must be one of "valid", "same". Received: {value}')
    return value.lower()


def op_data_format(data_format, rank):
    """The attr of an op on tensors of `rank`: 'NHWC' for 'channels_last' and rank 4."""
    spatial = {3: "W", 4: "HW", 5: "DHW"}[rank]
    return f"NC{spatial}" if data_format == "channels_first" else f"N{spatial}C"


def channel_axis(data_format):
    return 1 if data_format == "channels_first" else -1


def spatial_axes(data_format, count):
    start = 2 if data_format == "channels_first" else 1
    return range(start, start + count)


def window(sizes, data_format):
    """Sizes or strides for all axes: 1 for the batch and the channels."""
    return (1, 1, *sizes) if data_format == "channels_first" else (1, *sizes, 1)


def convolved_length(length, kernel, padding, stride, dilation=1):
    """How many outputs a convolution or pooling gives along an axis; None when the length is not known."""
    if length is None:
        return None
    covered = 1 if padding == "same" else kernel + (kernel - 1) * (dilation - 1)
    return (length - covered + stride) // stride


def known_condition(condition):
    """A condition's truth value, None when only a run knows it; TypeError for what is no condition."""
    if isinstance(condition, bool | int | np.bool_):
        return bool(condition)
    if isinstance(condition, Variable):
        return None
    if isinstance(condition, Tensor):
        value = constant_value(condition)
        return None if value is None else bool(value)
    raise TypeError("`pred` must be a Tensor, a Variable, or a Python bool.")


def choose(condition, if_true, if_false):
    """What one of the functions gives: called now when the condition is known, else a `tf.cond` of both."""
    known = known_condition(condition)
    if known is None:
        return tf.cond(condition, if_true, if_false)
    return if_true() if known else if_false()
