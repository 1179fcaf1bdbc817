"""One step of each recurrent cell, and a network's steps over time: arrays in, arrays out.

Shapes: x [batch, n], states [batch, units]. A kernel maps [x, h] side by side, [n + units, gates * units]; a bias is
[gates * units]. Gates stand in the order in which TensorFlow keeps them.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.nn import sigmoid


def _linear(inputs, kernel, bias=None):
    product = jnp.concatenate(inputs, -1) @ kernel
    return product if bias is None else product + bias


def basic_rnn(x, h, kernel, bias, *, activation=jnp.tanh):
    """The new state, which is the output."""
    return activation(_linear([x, h], kernel, bias))


class GRUStep(NamedTuple):
    """The reset gate, the update gate, the candidate, the new state: each [batch, units]."""

    r: jax.Array
    u: jax.Array
    c: jax.Array
    h: jax.Array


def gru(x, h, gates_kernel, gates_bias, candidate_kernel, candidate_bias, *, activation=jnp.tanh):
    """A GRUStep. The gates' kernel is [n + units, 2 * units] (reset, update), the candidate's [n + units, units].

    Cho et al. 2014. The reset gate is applied before the product with the candidate's kernel.
    """
    gates = _linear([x, h], gates_kernel, gates_bias)
    return gru_of_gates(gates, lambda rh: _linear([x, rh], candidate_kernel, candidate_bias), h, activation=activation)


def gru_of_gates(gates, candidate, h, *, activation=jnp.tanh):
    """The same from the gates before their activations, [batch, 2 * units], and from a function of the state after its
    reset that gives the candidate before its activation.
    """
    r, u = jnp.split(sigmoid(gates), 2, -1)
    c = activation(candidate(r * h))
    return GRUStep(r, u, c, u * h + (1 - u) * c)


class LSTMStep(NamedTuple):
    """Input gate, new cells, forget gate, output gate (after their activations), the new cells before and after the
    activation, the output: each [batch, units], but the output [batch, proj] after a projection.
    """

    i: jax.Array
    j: jax.Array
    f: jax.Array
    o: jax.Array
    c: jax.Array
    co: jax.Array
    h: jax.Array


def lstm(
    x,
    c,
    h,
    kernel,
    bias,
    *,
    forget_bias=1.0,
    peepholes=None,
    cell_clip=None,
    projection=None,
    proj_clip=None,
    activation=jnp.tanh,
):
    """An LSTMStep. The kernel's gates: input, new cells, forget, output.

    `peepholes` are (w_i, w_f, w_o), each [units], by which the gates see the cells (the output gate the new ones);
    cells are clipped to +-`cell_clip`; the output is mapped by `projection` [units, proj] and clipped to +-`proj_clip`.
    Hochreiter, Schmidhuber 1997; Sak et al. 2014.
    """
    i, j, f, o = jnp.split(_linear([x, h], kernel, bias), 4, -1)
    step = lstm_of_gates(
        i, j, f, o, c, forget_bias=forget_bias, peepholes=peepholes, cell_clip=cell_clip, activation=activation
    )
    if projection is None:
        return step
    h = step.h @ projection
    return step._replace(h=h if proj_clip is None else jnp.clip(h, -proj_clip, proj_clip))


def lstm_of_gates(i, j, f, o, c, *, forget_bias=1.0, peepholes=None, cell_clip=None, activation=jnp.tanh):
    """The LSTMStep whose gates are these before their activations, each [batch, units]."""
    w_i, w_f, w_o = peepholes or (0, 0, 0)
    i, f = sigmoid(i + w_i * c), sigmoid(f + forget_bias + w_f * c)
    j = activation(j)
    c = f * c + i * j
    if cell_clip is not None:
        c = jnp.clip(c, -cell_clip, cell_clip)
    o, co = sigmoid(o + w_o * c), activation(c)
    return LSTMStep(i, j, f, o, c, co, o * co)


def coupled_lstm(x, c, h, kernel, bias, *, forget_bias=1.0, activation=jnp.tanh):
    """(new cells, output) of an LSTM whose input gate is 1 - its forget gate. Gates: new cells, forget, output."""
    j, f, o = jnp.split(_linear([x, h], kernel, bias), 3, -1)
    f = sigmoid(f + forget_bias)
    c = f * c + (1 - f) * activation(j)
    return c, sigmoid(o) * activation(c)


def layer_norm_lstm(x, c, h, kernel, gammas, betas, *, forget_bias=1.0, activation=jnp.tanh):
    """(new cells, output) of an LSTM whose gates and cells are normalized along units: Ba et al. 2016.

    `gammas` and `betas` are [5, units]: for input, new cells, forget, output, and the cells themselves.
    """
    i, j, f, o = map(layer_norm, jnp.split(_linear([x, h], kernel), 4, -1), gammas[:4], betas[:4])
    c = c * sigmoid(f + forget_bias) + sigmoid(i) * activation(j)
    c = layer_norm(c, gammas[4], betas[4])
    return c, activation(c) * sigmoid(o)


def layer_norm(x, gamma, beta, epsilon=1e-12):
    """x [..., n] with mean 0 and variance 1 along its last axis, times gamma [n], plus beta [n]."""
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + epsilon) * gamma + beta


def update_gate_rnn(x, h, kernel, bias, *, forget_bias=1.0, activation=jnp.tanh):
    """The new state: a gated mean of the old one and what is new. Gates: update, new. Collins et al. 2016."""
    g, c = jnp.split(_linear([x, h], kernel, bias), 2, -1)
    g = sigmoid(g + forget_bias)
    return g * h + (1 - g) * activation(c)


def over_time(step, state, inputs, lengths=None, *, reverse=False):
    """(last state, outputs [time, ...]) of `step(state, x) -> (state, output)` over `inputs` [time, batch, ...].

    Rows past their `lengths` [batch] put out zeros and keep their state; with `reverse` time runs backward, and each
    row starts at its own end. States, inputs and outputs may be pytrees.
    """
    if lengths is None:
        return jax.lax.scan(step, state, inputs, reverse=reverse)

    def within(state, time_and_x):
        time, x = time_and_x
        new_state, output = step(state, x)
        new_state = jax.tree.map(lambda new, old: _where_rows(time < lengths, new, old), new_state, state)
        output = jax.tree.map(lambda y: _where_rows(time < lengths, y, jnp.zeros_like(y)), output)
        return new_state, output

    steps = jnp.arange(jax.tree.leaves(inputs)[0].shape[0])
    return jax.lax.scan(within, state, (steps, inputs), reverse=reverse)


def _where_rows(rows, x, y):
    return jnp.where(rows.reshape(rows.shape + (1,) * (x.ndim - 1)), x, y)
