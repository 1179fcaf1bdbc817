"""Fractional pooling: edges as TensorFlow 1.1 drew them, windows by NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from funcfit.kernels import fractional_pool as pool
from funcfit.kernels.philox import new_stream

STREAM = new_stream(5, 7, entropy=lambda: 0)
X = np.random.default_rng(0).integers(0, 5, (2, 11, 9, 3)).astype(np.float32)
ROWS, COLUMNS = np.array([0, 2, 4, 7, 9, 11]), np.array([0, 3, 5, 7, 9])


@pytest.mark.parametrize(
    "pseudo_random, rows, columns",
    [
        (False, [0, 2, 4, 5, 7, 9, 11, 13, 14, 15, 17], [0, 1, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 18, 20]),
        (True, [0, 2, 4, 5, 7, 9, 10, 12, 14, 16, 17], [0, 2, 3, 4, 6, 7, 8, 10, 11, 12, 14, 15, 16, 18, 19, 20]),
    ],
)
def test_edges_are_those_that_tensorflow_drew(pseudo_random, rows, columns):
    # tf.nn.fractional_max_pool of [2, 17, 20, 3] with ratios 1.7 and 1.3, deterministic, seeds 5 and 7.
    drawn_rows, stream = pool.pooling_edges(STREAM, 17, 10, pseudo_random)
    drawn_columns, _ = pool.pooling_edges(stream, 20, 15, pseudo_random)
    assert drawn_rows.tolist() == rows
    assert drawn_columns.tolist() == columns


def windows(overlapping):
    for i in range(len(ROWS) - 1):
        for j in range(len(COLUMNS) - 1):
            yield (
                (slice(None), i, j),
                (slice(None), *(slice(e[k], e[k + 1] + overlapping) for e, k in ((ROWS, i), (COLUMNS, j)))),
            )


@pytest.mark.parametrize("overlapping", [False, True])
def test_windows_reach_from_edge_to_edge(overlapping):
    how = (ROWS, COLUMNS, overlapping)
    largest, means = pool.fractional_max_pool(X, *how), pool.fractional_avg_pool(X, *how)
    for place, inside in windows(overlapping):
        np.testing.assert_array_equal(largest[place], X[inside].max((1, 2)))
        np.testing.assert_allclose(means[place], X[inside].mean((1, 2)), rtol=1e-6)


@pytest.mark.parametrize("overlapping", [False, True])
def test_gradients_are_transposes(overlapping):
    how = (ROWS, COLUMNS, overlapping)
    dy = np.random.default_rng(1).normal(size=(2, 5, 4, 3)).astype(np.float32)
    _, pull = jax.vjp(lambda x: pool.fractional_avg_pool(x, *how), jnp.asarray(X))
    np.testing.assert_allclose(pool.fractional_avg_pool_gradient(X.shape, dy, *how), pull(dy)[0], rtol=1e-5, atol=1e-6)
    dx = np.zeros_like(X)
    flat = np.arange(X.size).reshape(X.shape)
    for place, inside in windows(overlapping):
        x, positions, share = X[inside], flat[inside], dy[place]
        for b in range(2):
            for c in range(3):
                dx.ravel()[positions[b, :, :, c].ravel()[x[b, :, :, c].argmax()]] += share[b, c]
    np.testing.assert_allclose(pool.fractional_max_pool_gradient(X, dy, *how), dx, rtol=1e-5, atol=1e-6)
