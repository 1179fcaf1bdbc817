"""Recurrent steps against the formulas of their papers written out in NumPy; sequences against steps one by one."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from funcfit.kernels import recurrent

ROWS, COLUMNS, UNITS, STEPS = 3, 4, 2, 5
random = np.random.default_rng(1)


def draw(*shape):
    return random.uniform(-1, 1, shape).astype(np.float32)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


X, C, H = draw(ROWS, COLUMNS), draw(ROWS, UNITS), draw(ROWS, UNITS)
XH = np.concatenate([X, H], 1)


def weights(gates, units=UNITS):
    return draw(COLUMNS + UNITS, gates * units), draw(gates * units)


def test_basic_rnn():
    kernel, bias = weights(1)
    np.testing.assert_allclose(recurrent.basic_rnn(X, H, kernel, bias), np.tanh(XH @ kernel + bias), rtol=1e-5)


def test_gru():
    gates, candidate = weights(2), weights(1)
    r, u = np.split(sigmoid(XH @ gates[0] + gates[1]), 2, 1)
    c = np.tanh(np.concatenate([X, r * H], 1) @ candidate[0] + candidate[1])
    step = recurrent.gru(X, H, *gates, *candidate)
    np.testing.assert_allclose(step.h, u * H + (1 - u) * c, rtol=1e-5)


def lstm_in_numpy(kernel, bias, peepholes, cell_clip, projection, proj_clip):
    i, j, f, o = np.split(XH @ kernel + bias, 4, 1)
    w_i, w_f, w_o = peepholes
    c = sigmoid(f + 0.5 + w_f * C) * C + sigmoid(i + w_i * C) * np.tanh(j)
    c = np.clip(c, -cell_clip, cell_clip)
    h = sigmoid(o + w_o * c) * np.tanh(c)
    return c, np.clip(h @ projection, -proj_clip, proj_clip)


def test_lstm_with_peepholes_clipping_and_projection():
    kernel, bias = weights(4)
    options = dict(peepholes=tuple(draw(3, UNITS)), cell_clip=0.3, projection=draw(UNITS, 1), proj_clip=0.04)
    step = recurrent.lstm(X, C, H, kernel, bias, forget_bias=0.5, **options)
    c, h = lstm_in_numpy(kernel, bias, **options)
    assert abs(c).max() == pytest.approx(0.3) and abs(h).max() == pytest.approx(0.04)
    np.testing.assert_allclose(step.c, c, rtol=1e-5)
    np.testing.assert_allclose(step.h, h, rtol=1e-5)


def test_coupled_lstm_takes_in_what_it_forgets():
    kernel, bias = weights(3)
    j, f, o = np.split(XH @ kernel + bias, 3, 1)
    f = sigmoid(f + 1)
    c = f * C + (1 - f) * np.tanh(j)
    found = recurrent.coupled_lstm(X, C, H, kernel, bias)
    np.testing.assert_allclose(found[0], c, rtol=1e-5)
    np.testing.assert_allclose(found[1], sigmoid(o) * np.tanh(c), rtol=1e-5)


def test_layer_norm_lstm():
    units = 6
    kernel, gammas, betas, c, h = draw(COLUMNS + units, 4 * units), *draw(2, 5, units), *draw(2, ROWS, units)

    def normal(x, place):
        return (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True) * gammas[place] + betas[place]

    gates = np.split(np.concatenate([X, h], 1) @ kernel, 4, 1)
    i, j, f, o = (normal(gate, place) for place, gate in enumerate(gates))
    cells = normal(c * sigmoid(f + 1) + sigmoid(i) * np.tanh(j), 4)
    found = recurrent.layer_norm_lstm(X, c, h, kernel, gammas, betas)
    np.testing.assert_allclose(found[0], cells, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found[1], np.tanh(cells) * sigmoid(o), rtol=1e-4, atol=1e-5)


def test_update_gate_rnn():
    kernel, bias = weights(2)
    g, c = np.split(XH @ kernel + bias, 2, 1)
    g = sigmoid(g + 1)
    np.testing.assert_allclose(recurrent.update_gate_rnn(X, H, kernel, bias), g * H + (1 - g) * np.tanh(c), rtol=1e-5)


@pytest.mark.parametrize("reverse", [False, True])
def test_rows_past_their_length_put_out_zeros_and_keep_their_state(reverse):
    kernel, bias = weights(1)
    inputs, lengths = draw(STEPS, ROWS, COLUMNS), np.array([0, 2, 5])

    def step(h, x):
        h = recurrent.basic_rnn(x, h, kernel, bias)
        return h, h

    state, outputs = recurrent.over_time(step, jnp.asarray(H), inputs, lengths, reverse=reverse)
    for row, length in enumerate(lengths):
        h = H[row]
        for time in range(length)[:: -1 if reverse else 1]:
            h = np.tanh(np.concatenate([inputs[time, row], h]) @ kernel + bias)
            np.testing.assert_allclose(outputs[time, row], h, rtol=1e-5)
        np.testing.assert_allclose(state[row], h, rtol=1e-5)
        assert not outputs[length:, row].any()


def test_gradients_through_time_are_those_of_the_unrolled_sum():
    kernel, bias = weights(4)
    inputs = draw(STEPS, ROWS, COLUMNS)

    def step(state, x):
        result = recurrent.lstm(x, *state, kernel, bias)
        return (result.c, result.h), result.h

    def scanned(inputs):
        return jnp.sum(recurrent.over_time(step, (jnp.asarray(C), jnp.asarray(H)), inputs)[1] ** 2)

    def unrolled(inputs):
        state, total = (jnp.asarray(C), jnp.asarray(H)), 0
        for x in inputs:
            state, h = step(state, x)
            total += jnp.sum(h**2)
        return total

    np.testing.assert_allclose(jax.grad(scanned)(inputs), jax.grad(unrolled)(inputs), rtol=1e-4, atol=1e-6)
