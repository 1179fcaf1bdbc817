"""Layers that are linear maps, and what shapes their inputs."""

import math
from typing import Any

import jax
import jax.numpy as jnp

from funcfit.kernels.conv import convolution
from funcfit.kernels.pool import avg_pool as avg_pool_of
from funcfit.kernels.pool import max_pool as max_pool_of
from funcfit.tree import described

from . import draws
from .layer import Layer, of


def scaled_normal(key: Any, shape: tuple[int, ...], inputs: int) -> jax.Array:
    """Weights that keep the size of numbers through a layer and its relu. He et al. 2015, equation 10."""
    return draws.normal(key, shape, math.sqrt(2 / inputs))


def check_last(x: Any, size: int, layer: str) -> None:
    if x.shape[-1:] != (size,):
        raise ValueError(f"{layer} was made for rows whose last axis is {size}, and is given the batch {described(x)}")


def dense(size: int, *, bias: bool = True) -> Layer:
    """x w + b over the last axis."""

    def init(key, shape):
        params = {"w": scaled_normal(key, (shape[-1], size), shape[-1])}
        return params | ({"b": draws.full((size,), 0.0)} if bias else {}), ()

    def apply(params, x, key=None, carry=()):
        check_last(x, params["w"].shape[0], "dense")
        y = x @ params["w"]
        return (y + params["b"] if bias else y), ()

    return Layer(init, apply)


def conv(
    size: int, window: tuple[int, ...] = (3, 3), strides: tuple[int, ...] | int = 1, padding: str = "SAME"
) -> Layer:
    """A convolution over rows [*spatial, channels], with a bias. Images of one channel are x[..., None]."""
    steps = (strides,) * len(window) if isinstance(strides, int) else strides
    ones = (1,) * len(window)

    def check_axes(shape):
        if len(shape) != len(window) + 1:
            wanted = f"conv with a window of {len(window)} axes needs rows of {len(window) + 1}, the last for channels"
            raise ValueError(f"{wanted}, not {shape}; for images of one channel that is x[..., None]")

    def init(key, shape):
        check_axes(shape)
        inputs = shape[-1] * math.prod(window)
        return {"w": scaled_normal(key, (*window, shape[-1], size), inputs), "b": draws.full((size,), 0.0)}, ()

    def apply(params, x, key=None, carry=()):
        check_axes(x.shape[1:])
        check_last(x, params["w"].shape[-2], "conv")
        return convolution(x, params["w"], steps, padding, ones) + params["b"], ()

    return Layer(init, apply)


def max_pool(window: tuple[int, ...] = (2, 2)) -> Layer:
    """The largest number of each window, windows side by side."""
    sizes = (1, *window, 1)
    return of(lambda x: max_pool_of(x, sizes, sizes, "VALID"))


def avg_pool(window: tuple[int, ...] = (2, 2)) -> Layer:
    """The mean of each window, windows side by side."""
    sizes = (1, *window, 1)
    return of(lambda x: avg_pool_of(x, sizes, sizes, "VALID"))


flatten = of(lambda x: x.reshape(x.shape[0], -1))


def embedding(words: int, size: int) -> Layer:
    """The row of a table for each number of x; a number that is not in the table gives NaN."""

    def init(key, shape):
        return {"table": draws.normal(key, (words, size), 0.02)}, ()

    def apply(params, x, key=None, carry=()):
        return params["table"].at[x.astype(jnp.int32)].get(mode="fill"), ()

    return Layer(init, apply)
