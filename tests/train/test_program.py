import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from funcfit import batches, program
from funcfit.compile import traces


def noisy_loss(w, batch, key):
    x, y = batch
    kept = jax.random.bernoulli(key, 0.8, x.shape)
    return (((x * kept) @ w["slope"] + w["bias"] - y) ** 2).mean(), {"bias": w["bias"]}


@pytest.fixture
def train():
    x = np.random.default_rng(0).normal(size=(37, 3)).astype(np.float32)
    return program(noisy_loss, optax.adam(0.1), batches((x, x.sum(1)), 8), span=16)


def start(train):
    return train.init({"slope": np.zeros(3, np.float32), "bias": 0.0}, seed=4)


def same_bits(a, b):
    a, b = (jax.tree.leaves(state._replace(key=jax.random.key_data(state.key))) for state in (a, b))
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("pieces", [[1] * 7, [3, 4], [7]])
def test_steps_in_pieces_are_the_same_bits(train, pieces):
    whole, metrics = train(start(train), 7)
    state, losses = start(train), []
    for n in pieces:
        state, part = train(state, n)
        losses.extend(part["loss"])
    assert same_bits(state, whole)
    np.testing.assert_array_equal(losses, metrics["loss"])


def test_any_number_of_steps_is_one_compilation(train):
    state = train.compile(start(train)) and start(train)
    before = traces()
    for n in (1, 5, 16, 33, 2):
        state, metrics = train(state, n)
        assert metrics["loss"].shape == (n,)
    assert traces() == before


def test_metrics_are_those_of_every_step(train):
    _, metrics = train(start(train), 40)
    state, by_hand = start(train), []
    for t in range(40):
        state, m = jax.jit(train.update)(state, train.data[t])
        by_hand.append(m["loss"])
    np.testing.assert_allclose(metrics["loss"], by_hand, rtol=1e-5)
    assert metrics["bias"][0] == 0


def test_update_follows_optax(train):
    state = start(train)
    batch, key = train.data[0], jax.random.fold_in(state.key, 0)
    gradient = jax.grad(lambda w: noisy_loss(w, batch, key)[0])(state.params)
    change, _ = optax.adam(0.1).update(gradient, state.opt, state.params)
    expected = optax.apply_updates(state.params, change)
    after, _ = train(state, 1)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), after.params, expected)


def test_params_given_stay_the_callers(train):
    mine = {"slope": jnp.zeros(3), "bias": jnp.zeros(())}
    train(train.init(mine), 2)
    np.testing.assert_array_equal(mine["slope"], np.zeros(3))


def test_a_leaf_given_twice_is_two_leaves():
    w = jnp.ones(2)
    twins = program(lambda p, x, key: (p["a"] * x).sum() - p["b"].sum(), optax.sgd(1.0), batches(np.ones((2, 2))))
    state, _ = twins(twins.init({"a": w, "b": w}), 1)
    np.testing.assert_array_equal(state.params["a"], [-1, -1])
    np.testing.assert_array_equal(state.params["b"], [2, 2])


def test_a_population_is_a_vmap_of_the_update(train):
    states = jax.vmap(lambda w: train.init({"slope": w, "bias": 0.0}))(jnp.eye(3))
    after, metrics = jax.vmap(train.update, in_axes=(0, None))(states, train.data[0])
    assert metrics["loss"].shape == (3,)
    assert after.params["slope"].shape == (3, 3)


def test_no_steps_are_refused(train):
    with pytest.raises(ValueError, match="one step or more, not 0"):
        train(start(train), 0)
