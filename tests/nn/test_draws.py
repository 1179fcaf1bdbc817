"""First parameters are those of jax.random, and nothing is compiled for them."""

import jax
import numpy as np
import pytest

from funcfit import nn
from funcfit.nn import draws

KEYS = {"usual": jax.random.key(3), "bare": jax.random.PRNGKey(3), "another kind": jax.random.key(3, impl="rbg")}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_any_key_draws_as_jax_does(key):
    np.testing.assert_allclose(draws.normal(key, (4, 3), 2.0), 2 * jax.random.normal(key, (4, 3)), rtol=2e-6)
    uniform = jax.random.uniform(key, (5,), minval=-1, maxval=2)
    np.testing.assert_allclose(draws.uniform(key, (5,), -1.0, 2.0), uniform, rtol=1e-6)
    ours, theirs = (*draws.split(key), draws.fold_in(key, 4)), (*jax.random.split(key), jax.random.fold_in(key, 4))
    for one, other in zip(ours, theirs, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(jax.random.key_data(one), jax.random.key_data(other))


def test_networks_begin_without_a_compilation(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("compiled")

    key, net = (
        jax.random.key(0),
        nn.sequential(
            nn.conv(4),
            nn.batch_norm(),
            nn.of(lambda x: x[:, 0]),
            nn.attention(2),
            nn.lstm(3),
            nn.dense(7),
            nn.layer_norm(),
        ),
    )
    monkeypatch.setattr("jax._src.compiler.compile_or_get_cached", refuse)
    params, _ = net.init(key, (5, 5, 3))
    assert all(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(params))


def test_a_traced_start_is_the_same_start():
    net = nn.sequential(nn.dense(16), nn.lstm(5))
    eager = net.init(jax.random.key(0), (6, 4))[0]
    traced = jax.jit(lambda key: net.init(key, (6, 4))[0])(jax.random.key(0))
    jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-7), eager, traced)


def test_first_parameters_are_doubles_where_floats_are():
    net = nn.sequential(nn.dense(3), nn.layer_norm(), nn.lstm(2))
    with jax.enable_x64(True):
        params, _ = net.init(jax.random.key(0), (4, 5))
    assert {leaf.dtype for leaf in jax.tree.leaves(params)} == {np.dtype(np.float64)}
