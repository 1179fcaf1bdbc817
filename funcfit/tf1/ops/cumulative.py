"""Running sums and products along an axis."""

import jax
import jax.numpy as jnp
import numpy as np

from funcfit.errors import InvalidArgumentError
from funcfit.kernels.module import numpy_or_jax
from funcfit.tf1 import shapes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.opdef import INDICES, NUMBERS, api, op, raw, tf

_SCAN = {"T": NUMBERS, "Tidx": INDICES, "fixed": ("axis",), "folds": True, "out": shapes.same}


def _scan(x, axis, exclusive, reverse, accumulate, unit):
    """`accumulate` along `axis`; `exclusive` leaves each element out of its own total, `reverse` starts at the end."""
    if np.ndim(axis):
        raise InvalidArgumentError(None, None, f"ScanOp: axis must be a scalar, not {list(np.shape(axis))}")
    axis = int(axis)
    if not -x.ndim <= axis < x.ndim:
        raise InvalidArgumentError(
            None, None, f"ScanOp: Expected scan axis in the range [{-x.ndim}, {x.ndim}), but got {axis}"
        )
    xp = numpy_or_jax(x)
    if reverse:
        x = xp.flip(x, axis)
    if exclusive and x.shape[axis]:
        first = xp.full([1 if i == axis % x.ndim else d for i, d in enumerate(x.shape)], unit, x.dtype)
        x = xp.concatenate([first, xp.take(x, np.arange(x.shape[axis] - 1), axis)], axis)
    total = accumulate(xp)(x, axis=axis, dtype=x.dtype)
    return xp.flip(total, axis) if reverse else total


@op("x: T, axis: Tidx=int32 -> out: T", **_SCAN)
def Cumsum(x, axis, *, exclusive=False, reverse=False):
    return _scan(x, axis, exclusive, reverse, lambda xp: xp.cumsum, 0)


@Cumsum.gradient
def _(node, dy):
    exclusive, reverse = node.attrs["exclusive"], node.attrs["reverse"]
    return [tf.cumsum(dy, node.inputs[1], exclusive=exclusive, reverse=not reverse), None]


@api("cumsum", "math.cumsum")
def cumsum(x, axis=0, exclusive=False, reverse=False, name=None):
    """Running sums along `axis`; `exclusive` ones leave each element out."""
    with name_scope(name, "Cumsum", [x]) as scope:
        return raw.Cumsum(convert_to_tensor(x, name="x"), axis, exclusive=exclusive, reverse=reverse, name=scope)


@op("x: T, axis: Tidx=int32 -> out: T", T="float16 float32 float64", Tidx=INDICES, fixed=("axis",), out=shapes.same)
def CumulativeLogsumexp(x, axis, *, exclusive=False, reverse=False):
    return _scan(x, axis, exclusive, reverse, lambda _: _log_cumsum_exp, -np.inf)


def _log_cumsum_exp(x, axis, dtype):
    return jax.lax.cumlogsumexp(jnp.asarray(x), axis=axis % x.ndim)


@api("math.cumulative_logsumexp")
def cumulative_logsumexp(x, axis=0, exclusive=False, reverse=False, name=None):
    """log(cumsum(exp(x))) along `axis`, without overflow."""
    with name_scope(name, "CumulativeLogsumexp", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        return raw.CumulativeLogsumexp(x, axis, exclusive=exclusive, reverse=reverse, name=scope)


@op("x: T, axis: Tidx=int32 -> out: T", **_SCAN)
def Cumprod(x, axis, *, exclusive=False, reverse=False):
    return _scan(x, axis, exclusive, reverse, lambda xp: xp.cumprod, 1)


@Cumprod.gradient
def _(node, dy):
    """Not defined where x is zero, as in TF."""
    x, axis = node.inputs
    exclusive, reverse = node.attrs["exclusive"], node.attrs["reverse"]
    product = tf.cumprod(x, axis, exclusive=exclusive, reverse=reverse)
    total = tf.cumsum(product * dy, axis, exclusive=exclusive, reverse=not reverse)
    return [total / x, None]


@api("cumprod", "math.cumprod")
def cumprod(x, axis=0, exclusive=False, reverse=False, name=None):
    """Running products along `axis`; `exclusive` ones leave each element out."""
    with name_scope(name, "Cumprod", [x]) as scope:
        return raw.Cumprod(convert_to_tensor(x, name="x"), axis, exclusive=exclusive, reverse=reverse, name=scope)
