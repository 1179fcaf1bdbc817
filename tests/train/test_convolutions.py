"""Convolutions in any arrangement are the same numbers, and those of a program are in the arrangement that is fast."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax import lax

from funcfit import batches, nn, program
from funcfit.compile import evaluate
from funcfit.train.convolutions import rearranged

X = np.random.default_rng(0).normal(size=(4, 6, 6, 2)).astype(np.float32)
W = np.random.default_rng(1).normal(size=(3, 3, 2, 5)).astype(np.float32)


@pytest.mark.parametrize(
    "how",
    [
        dict(window_strides=(1, 1), padding="SAME"),
        dict(window_strides=(2, 3), padding="VALID"),
        dict(window_strides=(1, 2), padding=((2, 0), (1, 1)), rhs_dilation=(2, 1)),
    ],
    ids=["same", "strides", "dilated"],
)
@pytest.mark.parametrize("images", ["NHWC", "NCHW"])
def test_gradients_are_the_same_in_every_arrangement(how, images):
    x = X if images == "NHWC" else X.transpose(0, 3, 1, 2)

    def loss(w, x):
        def piece(total, x):
            y = lax.conv_general_dilated(x[None], w, dimension_numbers=(images, "HWIO", images), **how)
            return total + (y**2).sum(), y

        return jax.jit(lambda: lax.scan(piece, 0.0, x)[0])()

    slope = jax.grad(loss, argnums=(0, 1))
    ours_of = evaluate(rearranged(jax.make_jaxpr(slope)(W, x)), [W, x])
    for ours, theirs in zip(ours_of, slope(W, x)):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def test_a_wide_window_over_small_images_goes_by_spectra():
    x, w = np.resize(X, (64, 14, 14, 32)), np.resize(W, (5, 5, 32, 64))

    def loss(w, x):
        form = ("NHWC", "HWIO", "NHWC")
        return (lax.conv_general_dilated(x, w, (1, 1), ((2, 2), (1, 2)), dimension_numbers=form) ** 2).mean()

    slope = jax.grad(loss, argnums=(0, 1))
    ours = rearranged(jax.make_jaxpr(slope)(w, x))
    assert "conv_general_dilated" not in str(ours)
    for got, expected in zip(evaluate(ours, [w, x]), slope(w, x), strict=True):
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


def test_a_program_without_convolutions_is_left_alone():
    program = jax.make_jaxpr(jnp.tanh)(1.0)
    assert rearranged(program) is program


def test_every_convolution_of_a_program_has_the_batch_first_and_the_channels_last():
    net = nn.sequential(nn.conv(4), nn.relu, nn.conv(3, strides=2), nn.flatten, nn.dense(1))
    params, _ = net.init(jax.random.key(0), X.shape[1:])
    train = program(lambda w, x, key: jnp.square(net(w, x)).mean(), optax.sgd(0.1), batches(X, 2))
    train.compile(train.init(params))
    arrangements = re.findall(r" convolution\(.*dim_labels=(\w+->\w+)", train._compiled.as_text())
    assert len(arrangements) >= 5 and set(arrangements) == {"b01f_01io->b01f"}
