"""The oracle is jax.random itself."""

import jax
import numpy as np
import pytest

from funcfit.kernels import threefry

KEYS = [jax.random.key(n) for n in (0, 7, 2**31 - 1)]


def words(key):
    return np.asarray(jax.random.key_data(key))


@pytest.mark.parametrize("key", KEYS)
def test_keys_are_those_of_jax(key):
    np.testing.assert_array_equal(threefry.fold_in(words(key), 11), words(jax.random.fold_in(key, 11)))
    np.testing.assert_array_equal(threefry.split(words(key), 3), words(jax.random.split(key, 3)))


@pytest.mark.parametrize("shape", [(), (5,), (3, 7), (1 << 14,), (100, 333)])
def test_draws_are_those_of_jax(shape):
    key = KEYS[1]
    uniform = threefry.uniform(words(key), shape, -0.5, 2.0)
    np.testing.assert_allclose(uniform, jax.random.uniform(key, shape, minval=-0.5, maxval=2.0), rtol=1e-6, atol=1e-7)
    unit = threefry.uniform(words(key), shape)
    np.testing.assert_array_equal(unit, jax.random.uniform(key, shape))
    normal = threefry.normal(words(key), shape)
    assert normal.dtype == np.float32
    np.testing.assert_allclose(normal, jax.random.normal(key, shape), rtol=2e-6, atol=1e-7)


def test_normals_far_out_are_those_of_jax():
    key = KEYS[0]
    ours, theirs = threefry.normal(words(key), (300_000,)), jax.random.normal(key, (300_000,))
    assert np.abs(ours).max() > 4
    np.testing.assert_allclose(ours, theirs, rtol=2e-6, atol=1e-7)
