"""Gamma, Poisson and bounded normals equal those of genuine TensorFlow, run after run."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from funcfit.kernels.philox import new_stream
from funcfit.kernels.rejection import gamma, parameterized_truncated_normal, poisson
from tests.recorded_random import RELEASES, assert_same, replayed

releases = pytest.mark.parametrize("release", RELEASES)


def random_gamma(stream, kwargs):
    """As tf.random_gamma spreads alpha over beta and divides."""
    dtype = kwargs.get("dtype", "float32")
    alpha, beta = np.asarray(kwargs["alpha"], dtype), np.asarray(kwargs.get("beta", 1), dtype)
    values, stream = gamma(stream, kwargs["shape"], alpha + np.zeros_like(beta))
    return [jnp.maximum(np.finfo(dtype).tiny, values / beta)], stream


def random_poisson(stream, kwargs):
    values, stream = poisson(stream, kwargs["shape"], np.asarray(kwargs["lam"], kwargs.get("dtype", "float32")))
    return [values], stream


def bounded(stream, kwargs):
    parameters = (kwargs[name] for name in ("means", "stddevs", "minvals", "maxvals"))
    values, stream = parameterized_truncated_normal(stream, kwargs["shape"], *parameters)
    return [values], stream


@releases
def test_gammas_equal_tensorflow(release):
    for _, (drawn,), (recorded,) in replayed(release, "random_gamma", random_gamma):
        assert_same(drawn, recorded, ulps=16 if drawn.dtype == np.float64 else 2)


@releases
def test_poissons_equal_tensorflow(release):
    for _, (drawn,), (recorded,) in replayed(release, "random_poisson", random_poisson):
        assert_same(drawn, recorded)


def test_bounded_normals_equal_tensorflow():
    for _, (drawn,), (recorded,) in replayed("1.1", "parameterized_truncated_normal", bounded):
        assert_same(drawn, recorded, ulps=2, floor=2)


def test_a_poisson_rate_that_is_not_finite_gives_nan():
    values, _ = jax.jit(lambda stream: poisson(stream, (5,), np.float32([np.nan, 1, np.inf])))(new_stream(1, 2, int))
    np.testing.assert_array_equal(np.isnan(values), [[True, False, True]] * 5)


@pytest.mark.parametrize("sampler", [gamma, poisson])
def test_draws_do_not_depend_on_the_callers_mode(sampler):
    stream = new_stream(5, 6, entropy=int)
    draw = jax.jit(lambda stream: sampler(stream, (40,), np.float32([0.5, 1.0, 30.0])))
    narrow, _ = draw(stream)
    with jax.enable_x64(True):
        wide, _ = draw(stream)
    assert wide.dtype == narrow.dtype
    np.testing.assert_array_equal(wide, narrow)


@pytest.mark.parametrize("sampler", [gamma, poisson])
def test_no_samples_leave_the_stream_alone(sampler):
    stream = new_stream(5, 6, entropy=int)
    values, after = sampler(stream, (0, 2), np.float32([1.5, 2.0, 3.0]))
    assert values.shape == (0, 2, 3)
    np.testing.assert_array_equal(after, stream)
