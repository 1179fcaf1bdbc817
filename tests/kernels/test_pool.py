"""Pooling against NumPy; the first of equal maxima has the whole gradient."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import lax

from funcfit.kernels import pool
from funcfit.kernels.windows import all_margins, all_places

WALKS = [
    ((1, 2, 2, 1), (1, 2, 2, 1)),
    ((1, 3, 3, 1), (1, 2, 2, 1)),
    ((1, 2, 3, 1), (1, 1, 1, 1)),
    ((1, 7, 8, 1), (1, 2, 2, 1)),
    ((1, 9, 9, 1), (1, 1, 1, 1)),
    ((1, 9, 9, 1), (1, 9, 9, 1)),
    ((1, 2, 2, 1), (1, 3, 3, 1)),
    ((1, 3, 3, 1), (1, 3, 3, 1)),
    ((1, 1, 1, 3), (1, 1, 1, 3)),
]
SHAPE = (2, 9, 10, 3)

max_pool = jax.jit(pool.max_pool, static_argnums=(1, 2, 3))
max_pool_gradient = jax.jit(pool.max_pool_gradient, static_argnums=(2, 3, 4))
max_pool_picked = jax.jit(pool.max_pool_picked, static_argnums=(2, 3, 4))
max_pool_with_argmax = jax.jit(pool.max_pool_with_argmax, static_argnums=(1, 2, 3, 4))
scattered_by_argmax = jax.jit(pool.scattered_by_argmax, static_argnums=(0, 3))
avg_pool = jax.jit(pool.avg_pool, static_argnums=(1, 2, 3))
avg_pool_gradient = jax.jit(pool.avg_pool_gradient, static_argnums=(0, 2, 3, 4))

every_walk = pytest.mark.parametrize("window, strides", WALKS)
every_padding = pytest.mark.parametrize("padding", ["SAME", "VALID"])


def covered(x, window, strides, padding):
    """(place, the slices of x) for every place of the window."""
    edges = all_margins(x.shape, window, strides, padding)
    for place in itertools.product(*map(range, all_places(x.shape, window, strides, padding))):
        starts = [i * s - before for i, s, (before, _) in zip(place, strides, edges)]
        yield place, tuple(slice(max(i, 0), i + k) for i, k in zip(starts, window))


def integers(seed, shape):
    """Few distinct values, so that windows hold equal ones."""
    return np.random.default_rng(seed).integers(0, 4, shape).astype(np.float32)


@every_walk
@every_padding
def test_maxima_and_means_are_numpys(window, strides, padding):
    x = integers(0, SHAPE)
    largest = np.zeros(all_places(SHAPE, window, strides, padding))
    mean = largest.copy()
    for place, inside in covered(x, window, strides, padding):
        largest[place], mean[place] = x[inside].max(), x[inside].mean()
    np.testing.assert_array_equal(max_pool(x, window, strides, padding), largest)
    np.testing.assert_allclose(avg_pool(x, window, strides, padding), mean, rtol=1e-6)


@every_walk
@every_padding
def test_the_first_maximum_has_the_gradient_and_the_index(window, strides, padding):
    x = integers(1, SHAPE)
    dy = integers(2, all_places(SHAPE, window, strides, padding)) + 1
    dx, index = np.zeros_like(x), np.zeros(dy.shape, np.int32)
    flat = np.arange(x.size).reshape(x.shape)
    for place, inside in covered(x, window, strides, padding):
        first = flat[inside].ravel()[x[inside].argmax()]
        dx.ravel()[first] += dy[place]
        index[place] = first
    np.testing.assert_array_equal(max_pool_gradient(x, dy, window, strides, padding), dx)
    np.testing.assert_array_equal(max_pool_picked(x, flat.astype(np.float32), window, strides, padding), index)
    maxima, argmax = max_pool_with_argmax(x, window, strides, padding, True)
    np.testing.assert_array_equal(argmax, index)
    np.testing.assert_array_equal(maxima, max_pool(x, window, strides, padding))
    np.testing.assert_array_equal(scattered_by_argmax(SHAPE, dy, argmax, True), dx)
    _, within = max_pool_with_argmax(x, window, strides, padding)
    np.testing.assert_array_equal(within, index % x[0].size)
    np.testing.assert_array_equal(scattered_by_argmax(SHAPE, dy, within), dx)


axis = st.tuples(st.integers(1, 12), st.integers(1, 9), st.integers(1, 4))


@settings(deadline=None, max_examples=6)
@given(axis, axis, st.sampled_from(["SAME", "VALID"]))
def test_whatever_the_window_pooling_is_xla_s_own(high, wide, padding):
    (height, rows, down), (width, columns, right) = high, wide
    sizes, window, strides = (2, height, width, 3), (1, rows, columns, 1), (1, down, right, 1)
    if padding == "VALID" and any(k > n for n, k in zip(sizes, window)):
        return
    x = integers(5, sizes)
    reduced = lambda x, start, by: lax.reduce_window(x, np.float32(start), by, window, strides, padding)
    highest, pull_highest = jax.vjp(lambda x: reduced(x, -np.inf, lax.max), x)
    counts = reduced(jnp.ones_like(x), 0, lax.add)
    mean, pull_mean = jax.vjp(lambda x: reduced(x, 0, lax.add) / counts, x)
    dy = integers(6, mean.shape)
    how = (window, strides, padding)
    np.testing.assert_array_equal(pool.max_pool(x, *how), highest)
    np.testing.assert_allclose(pool.avg_pool(x, *how), mean, rtol=1e-6)
    np.testing.assert_array_equal(pool.max_pool_gradient(x, dy, *how), pull_highest(dy)[0])
    np.testing.assert_allclose(pool.avg_pool_gradient(sizes, dy, *how), pull_mean(dy)[0], rtol=1e-5, atol=1e-6)


@every_walk
@every_padding
def test_the_gradient_of_means_is_jaxs(window, strides, padding):
    x = integers(3, SHAPE)
    y, pull = jax.vjp(lambda x: avg_pool(x, window, strides, padding), x)
    dy = jnp.asarray(integers(4, y.shape))
    np.testing.assert_allclose(
        avg_pool_gradient(SHAPE, dy, window, strides, padding), jax.jit(pull)(dy)[0], rtol=1e-5, atol=1e-6
    )


@every_walk
@every_padding
def test_jax_differentiates_maxima_as_their_gradient_does(window, strides, padding):
    x = integers(6, SHAPE)
    dy = integers(7, all_places(SHAPE, window, strides, padding)) + 1
    _, pull = jax.vjp(lambda x: max_pool(x, window, strides, padding), x)
    np.testing.assert_array_equal(pull(jnp.asarray(dy))[0], max_pool_gradient(x, dy, window, strides, padding))


def test_integers_have_maxima_too():
    x = np.array([[[[-5], [-7]]]], np.int32)
    assert max_pool(x, (1, 1, 3, 1), (1, 1, 1, 1), "SAME").ravel().tolist() == [-5, -5]
