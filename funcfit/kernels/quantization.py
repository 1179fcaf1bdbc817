"""Floats on a grid of few values: as integers, and as floats rounded to what the integers would give back.

TensorFlow's core/kernels/quantization_utils.h, quantize_op.cc, dequantize_op.cc, fake_quant_ops_functor.h.
"""

import jax.numpy as jnp
import numpy as np
from jax.typing import DTypeLike
from jaxtyping import Array, Float, Integer

from .module import AnyArray, numpy_or_jax

Floats = Float[AnyArray, "..."]
Limit = Float[AnyArray | np.floating, "*channels"]


def quantized(x: Floats, low: Limit, high: Limit, dtype: DTypeLike, mode: str) -> Integer[Array, "..."]:
    """Integers for x in [low, high]: over the whole range of `dtype` (MIN_COMBINED), or with zero exact (MIN_FIRST)."""
    limits = np.iinfo(dtype)
    if mode == "MIN_COMBINED":
        steps = float(limits.max) - limits.min
        x = jnp.clip(x, low, high)
        values = _rounded((x - low) * steps / (high - low) + limits.min)
    else:
        scale = _steps(limits) / ((high - low) * _steps(limits) / (_steps(limits) - 1))
        values = _rounded(x * scale) - _rounded(low * scale) + limits.min
    return jnp.clip(values, limits.min, limits.max).astype(dtype)


def dequantized(x: Integer[AnyArray, "..."], low: Limit, high: Limit, mode: str) -> Float[Array, "..."]:
    """The floats that `quantized` made integers of, up to rounding."""
    limits = np.iinfo(x.dtype)
    places = x.astype(jnp.float32) - limits.min
    if mode == "MIN_COMBINED":
        return places * ((high - low) / (float(limits.max) - limits.min)) + low
    scale = (high - low) / (_steps(limits) - 1)
    return _rounded(low / scale) * scale + places * scale


def fake_quantized(x: Floats, low: Limit, high: Limit, bits: int, narrow: bool) -> Float[Array, "..."]:
    """x clamped to [low, high] and rounded to 2 ** bits values, zero among them; `narrow` leaves out the lowest.

    Limits that are both zero give zeros.
    """
    least, most, scale = _nudged(low, high, bits, narrow)
    values = jnp.floor((jnp.clip(x, least, most) - least) / scale + 0.5) * scale + least
    return jnp.where((low == 0) & (high == 0), 0, values).astype(x.dtype)


def fake_quantized_gradients(
    dy: Floats, x: Floats, low: Limit, high: Limit, bits: int, narrow: bool
) -> tuple[Float[Array, "..."], Float[Array, "*channels"], Float[Array, "*channels"]]:
    """Gradients of fake_quantized's x, low and high: rounding passes them on, clamping hands them to the limit."""
    least, most, _ = _nudged(low, high, bits, narrow)
    there = (low != 0) | (high != 0)
    below, above = (x < least) & there, (x > most) & there
    axes = tuple(range(dy.ndim - np.ndim(low)))
    dlow, dhigh = (jnp.sum(jnp.where(outside, dy, 0), axes) for outside in (below, above))
    return jnp.where(below | above, 0, dy), dlow, dhigh


def _nudged(low, high, bits, narrow):
    """The limits moved so that zero is one of the values, and the distance between values; limits may not both be zero.

    Known limits are divided by NumPy: XLA would multiply by a reciprocal, and a half might be rounded the other way.
    """
    xp = numpy_or_jax(low, high)
    high = xp.where((low == 0) & (high == 0), xp.ones_like(high), high)
    first, last = float(narrow), 2.0**bits - 1
    scale = (high - low) / (last - first)
    zero = xp.clip(_rounded(first - low / scale), first, last)
    return (first - zero) * scale, (last - zero) * scale, scale


def _steps(limits):
    return 2.0**limits.bits


def _rounded(x):
    """To the nearest whole number, halves away from zero."""
    xp = numpy_or_jax(x)
    return xp.sign(x) * xp.floor(xp.abs(x) + 0.5)
