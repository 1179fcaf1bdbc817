"""Normalizations of images: of each channel over a batch, and of each pixel over neighbouring channels."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax


def channel_moments(x: jax.Array, channel: int) -> tuple[jax.Array, jax.Array]:
    """Mean and variance (the sum of squares over n, not n - 1) of each channel; both [channels]."""
    axes = _others(x.ndim, channel)
    return jnp.mean(x, axes), jnp.var(x, axes)


def channels_normalized(
    x: jax.Array,
    mean: jax.Array,
    variance: jax.Array,
    scale: jax.Array,
    offset: jax.Array,
    epsilon: float,
    channel: int,
) -> jax.Array:
    """(x - mean) / sqrt(variance + epsilon) * scale + offset, all [channels] but x.

    Ioffe and Szegedy 2015, "Batch normalization", algorithms 1 and 2.
    """
    shape = [-1 if axis == channel % x.ndim else 1 for axis in range(x.ndim)]
    factor = lax.rsqrt(variance + epsilon) * scale
    return (x - mean.reshape(shape)) * factor.reshape(shape) + offset.reshape(shape)


def batch_normalized(x: jax.Array, scale: jax.Array, offset: jax.Array, epsilon: float, channel: int) -> jax.Array:
    """x with each channel shifted and scaled to mean `offset` and deviation `scale`."""
    return channels_normalized(x, *channel_moments(x, channel), scale, offset, epsilon, channel)


def local_response(x: jax.Array, radius: int, bias: float, alpha: float, beta: float) -> jax.Array:
    """x / (bias + alpha * sum of squares of the 2 * radius + 1 channels around it) ** beta; channels are the last axis.

    Krizhevsky et al. 2012, section 3.3.
    """
    window = (1,) * (x.ndim - 1) + (2 * radius + 1,)
    margins = [(0, 0)] * (x.ndim - 1) + [(radius, radius)]
    squares = lax.reduce_window(jnp.square(x), np.zeros((), x.dtype), lax.add, window, (1,) * x.ndim, margins)
    return x * jnp.power(bias + alpha * squares, -beta)


def _others(rank: int, axis: int) -> Sequence[int]:
    return tuple(i for i in range(rank) if i != axis % rank)
