"""Layers that go through a sequence time by time: rows [time, inputs] to [time, size]."""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp

from funcfit.kernels.recurrent import gru_of_gates, lstm_of_gates

from . import draws
from .layer import Layer


def recurrent(size: int, gates: int, states: int, step: Callable) -> Layer:
    """A layer that repeats `step(params, states, x) -> states`; the first state is its output."""

    def init(key, shape):
        inputs, around = draws.split(key)
        scale = 1 / math.sqrt(size)
        return {
            "x": draws.uniform(inputs, (shape[-1], gates * size), -scale, scale),
            "h": draws.uniform(around, (size, gates * size), -scale, scale),
            "b": draws.full((gates * size,), 0.0),
        }, ()

    def apply(params, x, key=None, carry=()):
        def inner(x):
            return x @ params["x"] + params["b"]

        # What the gates get from x is worked out for all times at once where that has fewer numbers than x, else in
        # each step: keeping four times 64 for 16 took a CPU's training step a tenth longer.
        early = x.shape[-1] >= gates * size
        first = (jnp.zeros((x.shape[0], size), x.dtype),) * states

        def one(state, x):
            state = step(params, state, x if early else inner(x))
            return state, state[0]

        times = jnp.swapaxes(x, 0, 1)
        return jnp.swapaxes(jax.lax.scan(one, first, inner(times) if early else times)[1], 0, 1), ()

    return Layer(init, apply)


def lstm(size: int) -> Layer:
    """Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000, one at first."""

    def step(params, state, x):
        h, c = state
        i, f, g, o = jnp.split(x + h @ params["h"], 4, axis=-1)
        stepped = lstm_of_gates(i, g, f, o, c)
        return stepped.h, stepped.c

    return recurrent(size, 4, 2, step)


def gru(size: int) -> Layer:
    """Cho et al. 2014: the reset gate comes before the product."""

    def step(params, state, x):
        (h,) = state
        gates, candidate = x[..., : 2 * size] + h @ params["h"][:, : 2 * size], x[..., 2 * size :]
        return (gru_of_gates(gates, lambda rh: candidate + rh @ params["h"][:, 2 * size :], h).h,)

    return recurrent(size, 3, 1, step)
