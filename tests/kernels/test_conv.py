"""Convolutions equal the sum they are named after, and their gradients equal JAX's."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from funcfit.kernels import conv
from funcfit.kernels.windows import all_margins, all_places

WALKS = [((1, 1), (1, 1)), ((3, 2), (1, 1)), ((1, 1), (2, 3)), ((2, 2), (2, 1))]

convolution = jax.jit(conv.convolution, static_argnums=(2, 3, 4), static_argnames="channels_first")
convolution_input_gradient = jax.jit(conv.convolution_input_gradient, static_argnums=(0, 3, 4, 5))
convolution_filter_gradient = jax.jit(conv.convolution_filter_gradient, static_argnums=(1, 3, 4, 5))
depthwise_convolution = jax.jit(conv.depthwise_convolution, static_argnums=(2, 3, 4))
depthwise_input_gradient = jax.jit(conv.depthwise_input_gradient, static_argnums=(0, 3, 4, 5))
depthwise_filter_gradient = jax.jit(conv.depthwise_filter_gradient, static_argnums=(1, 3, 4, 5))

every_walk = pytest.mark.parametrize("strides, dilations", WALKS)
every_padding = pytest.mark.parametrize("padding", ["SAME", "VALID"])


def random(seed, *shape):
    return np.asarray(jax.random.normal(jax.random.key(seed), shape))


def by_hand(x, filter, strides, padding, dilations):
    window = filter.shape[:2]
    edges = all_margins(x.shape[1:3], window, strides, padding, dilations)
    out = np.zeros((x.shape[0], *all_places(x.shape[1:3], window, strides, padding, dilations), filter.shape[3]))
    x = np.pad(x, [(0, 0), *edges, (0, 0)])
    for i, j in itertools.product(*map(range, out.shape[1:3])):
        for p, q in itertools.product(*map(range, window)):
            pixel = x[:, i * strides[0] + p * dilations[0], j * strides[1] + q * dilations[1]]
            out[:, i, j] += pixel @ filter[p, q]
    return out


@every_walk
@every_padding
def test_a_convolution_is_its_sum(strides, dilations, padding):
    x, filter = random(0, 2, 8, 9, 3), random(1, 3, 2, 3, 4)
    got = convolution(x, filter, strides, padding, dilations)
    np.testing.assert_allclose(got, by_hand(x, filter, strides, padding, dilations), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("margins", [((2, 0), (4, 0)), ((0, 3), (0, 4))], ids=["before", "after"])
def test_margins_wider_than_the_window_have_gradients(margins):
    x, filter = random(0, 2, 6, 6, 3), random(1, 2, 3, 3, 4)
    padded = np.pad(x, [(0, 0), *margins, (0, 0)])
    dy = random(2, 2, *(n - k + 1 for n, k in zip(padded.shape[1:3], filter.shape)), 4)
    whole = convolution_input_gradient(padded.shape, filter, dy, (1, 1), "VALID", (1, 1))
    inside = tuple(slice(before, before + n) for (before, _), n in zip(margins, x.shape[1:3]))
    for _ in range(5):
        # Not under jit, as XLA sees it then without anything around it.
        dx = conv.convolution_input_gradient(x.shape, filter, dy, (1, 1), margins, (1, 1))
        np.testing.assert_allclose(dx, whole[:, *inside], rtol=1e-4, atol=1e-5)


@every_walk
@every_padding
def test_channels_first_is_the_same_convolution(strides, dilations, padding):
    x, filter = random(0, 2, 8, 9, 3), random(1, 3, 2, 3, 4)
    last = convolution(x, filter, strides, padding, dilations)
    first = convolution(x.transpose(0, 3, 1, 2), filter, strides, padding, dilations, channels_first=True)
    np.testing.assert_allclose(first.transpose(0, 2, 3, 1), last, rtol=1e-4, atol=1e-5)


@every_walk
@every_padding
def test_gradients_are_jaxs(strides, dilations, padding):
    x, filter = random(0, 2, 8, 9, 3), random(1, 3, 2, 3, 4)
    how = (strides, padding, dilations)
    y, pull = jax.vjp(lambda x, filter: convolution(x, filter, *how), x, filter)
    dy = random(2, *y.shape)
    dx, dfilter = jax.jit(pull)(jnp.asarray(dy))
    np.testing.assert_allclose(convolution_input_gradient(x.shape, filter, dy, *how), dx, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(convolution_filter_gradient(x, filter.shape, dy, *how), dfilter, rtol=1e-4, atol=1e-4)


@every_walk
@every_padding
def test_a_depthwise_convolution_takes_each_channel_alone(strides, dilations, padding):
    x, filter = random(0, 2, 8, 9, 3), random(1, 3, 2, 3, 2)
    how = (strides, padding, dilations)
    alone = [convolution(x[..., i : i + 1], filter[:, :, i : i + 1], *how) for i in range(3)]
    got, pull = jax.vjp(lambda x, filter: depthwise_convolution(x, filter, *how), x, filter)
    np.testing.assert_allclose(got, np.concatenate(alone, -1), rtol=1e-4, atol=1e-5)
    dy = random(2, *got.shape)
    dx, dfilter = jax.jit(pull)(jnp.asarray(dy))
    np.testing.assert_allclose(depthwise_input_gradient(x.shape, filter, dy, *how), dx, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(depthwise_filter_gradient(x, filter.shape, dy, *how), dfilter, rtol=1e-4, atol=1e-4)


def test_margins_may_be_given():
    x, filter = random(0, 1, 4, 4, 1), random(1, 3, 3, 1, 1)
    padded = convolution(x, filter, (1, 1), ((2, 0), (0, 1)), (1, 1))
    by_numpy = convolution(np.pad(x, [(0, 0), (2, 0), (0, 1), (0, 0)]), filter, (1, 1), "VALID", (1, 1))
    np.testing.assert_allclose(padded, by_numpy, rtol=1e-5)


def test_the_filters_gradient_of_many_images_is_jaxs():
    x, filter, dy = random(0, 5, 48, 48, 16), random(1, 3, 2, 16, 16), random(2, 5, 48, 48, 16)
    assert x.nbytes + dy.nbytes > conv.PIECE
    how = ((1, 1), "SAME", (1, 1))
    _, pull = jax.vjp(lambda filter: convolution(x, filter, *how), filter)
    (expected,) = pull(jnp.asarray(dy))
    got = convolution_filter_gradient(x, filter.shape, dy, *how)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-2)
