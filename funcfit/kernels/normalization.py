"""Normalizations of images: of each channel over a batch, and of each pixel over neighbouring channels."""

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from .module import AnyArray

Images = Float[AnyArray, "*image"]
Channels = Float[AnyArray, "channels"]


def channel_moments(x: Images, channel: int) -> tuple[Float[Array, "channels"], Float[Array, "channels"]]:
    """Mean and variance (the sum of squares over n, not n - 1) of each channel; `channel` is their axis."""
    axes = tuple(i for i in range(x.ndim) if i != channel % x.ndim)
    return jnp.mean(x, axes), jnp.var(x, axes)


def channels_normalized(
    x: Images,
    mean: Channels,
    variance: Channels,
    scale: Channels,
    offset: Channels,
    epsilon: float,
    channel: int,
) -> Float[Array, "*image"]:
    """(x - mean) / sqrt(variance + epsilon) * scale + offset.

    Ioffe and Szegedy 2015, "Batch normalization", algorithms 1 and 2.
    """
    shape = [-1 if axis == channel % x.ndim else 1 for axis in range(x.ndim)]
    factor = lax.rsqrt(variance + epsilon) * scale
    return (x - jnp.reshape(mean, shape)) * factor.reshape(shape) + jnp.reshape(offset, shape)


def batch_normalized(
    x: Images, scale: Channels, offset: Channels, epsilon: float, channel: int
) -> Float[Array, "*image"]:
    """x with each channel shifted and scaled to mean `offset` and deviation `scale`."""
    return channels_normalized(x, *channel_moments(x, channel), scale, offset, epsilon, channel)


def local_response(
    x: Float[AnyArray, "*image channels"], radius: int, bias: float, alpha: float, beta: float
) -> Float[Array, "*image channels"]:
    """x / (bias + alpha * sum of squares of the 2 * radius + 1 channels around it) ** beta.

    Krizhevsky et al. 2012, section 3.3.
    """
    window = (1,) * (x.ndim - 1) + (2 * radius + 1,)
    margins = [(0, 0)] * (x.ndim - 1) + [(radius, radius)]
    squares = lax.reduce_window(jnp.square(x), np.zeros((), x.dtype), lax.add, window, (1,) * x.ndim, margins)
    return x * jnp.power(bias + alpha * squares, -beta)
