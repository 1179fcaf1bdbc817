"""Layers against their formulas, and networks of them against `fit`."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from funcfit import fit, nn
from funcfit.kernels import recurrent
from funcfit.losses import squared_error

X = np.random.default_rng(0).normal(size=(5, 6, 8)).astype(np.float32)
IMAGES = np.random.default_rng(1).normal(size=(5, 8, 8, 2)).astype(np.float32)
KEY = jax.random.key(0)

# layer, a batch of rows, the shape that comes of a row
LAYERS = {
    "dense": (nn.dense(3), X, (6, 3)),
    "dense_without_bias": (nn.dense(3, bias=False), X, (6, 3)),
    "conv": (nn.conv(4, (3, 3), 2), IMAGES, (4, 4, 4)),
    "max_pool": (nn.max_pool(), IMAGES, (4, 4, 2)),
    "avg_pool": (nn.avg_pool(), IMAGES, (4, 4, 2)),
    "flatten": (nn.flatten, IMAGES, (128,)),
    "embedding": (nn.embedding(9, 3), np.arange(10).reshape(5, 2) % 9, (2, 3)),
    "layer_norm": (nn.layer_norm(), X, (6, 8)),
    "batch_norm": (nn.batch_norm(), IMAGES, (8, 8, 2)),
    "attention": (nn.attention(4, causal=True), X, (6, 8)),
    "positions": (nn.positions(), X, (6, 8)),
    "lstm": (nn.lstm(4), X, (6, 4)),
    "gru": (nn.gru(4), X, (6, 4)),
    "dropout": (nn.dropout(0.5), X, (6, 8)),
    "residual": (nn.residual(nn.dense(8), nn.relu), X, (6, 8)),
    "named": (nn.sequential(body=nn.dense(4), act=nn.tanh, head=nn.dense(2)), X, (6, 2)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_makes_the_shape_it_says_and_is_pure(name):
    layer, x, shape = LAYERS[name]
    params, carry = layer.init(KEY, x.shape[1:])
    y, after = layer.apply(params, x, None, carry)
    assert y.shape == (5, *shape) == (5, *layer.shape(params, carry, x.shape[1:], x.dtype).shape)
    assert jax.tree.structure(after) == jax.tree.structure(carry)
    np.testing.assert_array_equal(layer.apply(params, x, None, carry)[0], y)
    np.testing.assert_allclose(jax.vmap(lambda row: layer.apply(params, row[None], None, carry)[0][0])(x), y, atol=1e-5)
    trained, after = layer.apply(params, x, KEY, carry)
    assert trained.shape == y.shape and jax.tree.structure(after) == jax.tree.structure(carry)


def test_a_dense_layer_is_the_formula():
    layer = nn.dense(3)
    params, _ = layer.init(KEY, (8,))
    np.testing.assert_allclose(layer(params, X), X @ params["w"] + params["b"], rtol=1e-5)


def test_dropout_keeps_the_mean_and_draws_by_its_key():
    x = np.ones((1000, 100), np.float32)
    y = nn.dropout(0.25)((), x, KEY)
    np.testing.assert_allclose(y.mean(), 1, atol=0.01)
    assert set(np.unique(y)) == {0.0, np.float32(1 / 0.75)}
    assert not np.array_equal(y, nn.dropout(0.25)((), x, jax.random.key(1)))


def test_batch_norm_carries_its_moments_from_training_to_use():
    layer = nn.batch_norm(decay=0.5)
    params, carry = layer.init(KEY, IMAGES.shape[1:])
    y, after = layer.apply(params, IMAGES, KEY, carry)
    np.testing.assert_allclose(y.mean((0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(after["mean"], 0.5 * IMAGES.mean((0, 1, 2)), rtol=1e-4, atol=1e-6)
    used, same = layer.apply(params, IMAGES, None, after)
    assert same is after and not np.allclose(used, y)
    with pytest.raises(ValueError, match="needs its carry"):
        layer(params, IMAGES)


def test_causal_attention_does_not_see_what_comes():
    layer = nn.attention(2, causal=True)
    params, _ = layer.init(KEY, X.shape[1:])
    later = X.copy()
    later[:, 4:] = 7
    np.testing.assert_allclose(layer(params, X)[:, :4], layer(params, later)[:, :4], rtol=1e-5)
    with pytest.raises(ValueError, match="3 heads can share, not 8"):
        nn.attention(3).init(KEY, (6, 8))


def test_attention_is_the_formula_for_one_head():
    layer = nn.attention(1)
    params, _ = layer.init(KEY, X.shape[1:])
    q, k, v = jnp.split(X @ params["in"], 3, -1)
    weights = jax.nn.softmax(q @ jnp.swapaxes(k, 1, 2) / np.sqrt(8))
    np.testing.assert_allclose(layer(params, X), weights @ v @ params["out"], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(nn.attention_weights(params, X, 1)[:, 0], weights, rtol=1e-4, atol=1e-6)


def test_weights_of_attention_are_shares_of_what_each_head_sees():
    params, _ = nn.attention(4).init(KEY, X.shape[1:])
    weights = nn.attention_weights(params, X, 4, causal=True)
    assert weights.shape == (5, 4, 6, 6)
    np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-5)
    np.testing.assert_array_equal(np.triu(np.ones((6, 6)), 1) * weights, 0)


@pytest.mark.parametrize("layer", [nn.lstm(4), nn.gru(4)], ids=["lstm", "gru"])
def test_a_recurrent_layer_depends_on_what_came_and_not_on_what_comes(layer):
    params, _ = layer.init(KEY, X.shape[1:])
    slope = jax.jacobian(lambda x: layer(params, x[None])[0].sum(-1))(X[0])  # [time out, time in, inputs]
    reach = np.abs(slope).sum(-1) > 0
    np.testing.assert_array_equal(reach, np.tril(np.ones((6, 6), bool)))


@pytest.mark.parametrize("size", [4, 2], ids=["fewer inputs than gates", "more inputs than gates"])
def test_a_gru_is_the_kernels_step_over_time(size):
    layer, two = nn.gru(size), 2 * size
    params, _ = layer.init(KEY, X.shape[1:])
    gates, candidate = (jnp.concatenate([params["x"], params["h"]])[:, part] for part in (slice(two), slice(two, None)))
    h = jnp.zeros((len(X), size))
    for t in range(X.shape[1]):
        h = recurrent.gru(X[:, t], h, gates, params["b"][:two], candidate, params["b"][two:]).h
    np.testing.assert_allclose(layer(params, X)[:, -1], h, rtol=1e-5, atol=1e-6)


def test_names_of_a_network_are_what_freeze_means():
    net = nn.sequential(body=nn.sequential(nn.dense(16), nn.tanh), head=nn.dense(1))
    params, _ = net.init(KEY, (8,))

    def loss(w, batch, key):
        x, y = batch
        return squared_error(net(w, x, key)[:, 0], y)

    data = X.reshape(-1, 8), X.reshape(-1, 8).sum(1)
    result = fit(loss, params, data, optax.adam(0.02), steps=200, freeze="body")
    jax.tree.map(np.testing.assert_array_equal, result.params["body"], params["body"])
    assert result.history["loss"][-1] < 0.5 * result.history["loss"][0]
    with pytest.raises(ValueError, match="not both"):
        nn.sequential(nn.relu, head=nn.relu)


def test_functions_stand_among_layers():
    made, functions = (nn.sequential(nn.dense(4), act, nn.residual(act)) for act in (nn.tanh, jnp.tanh))
    params, _ = functions.init(KEY, (8,))
    np.testing.assert_array_equal(functions(params, X), made(params, X))


def test_a_carry_goes_through_fit():
    net = nn.sequential(nn.dense(8), nn.batch_norm(), nn.relu, nn.dense(1))
    params, carry = net.init(KEY, (8,))

    def loss(w, batch, key, carry):
        y, carry = net.apply(w, batch[0], key, carry)
        return squared_error(y[:, 0], batch[1]), {}, carry

    data = X.reshape(-1, 8), X.reshape(-1, 8).sum(1)
    result = fit(loss, params, data, optax.adam(0.02), steps=50, carry=carry, validation=data)
    assert np.abs(result.state.carry[1]["mean"]).max() > 0
    assert result.validation["loss"][-1] < result.validation["loss"][0]


IMAGE_NET = nn.sequential(nn.conv(4), nn.flatten, nn.dense(2))
ROWS_NET = nn.sequential(body=nn.dense(4), head=nn.dense(2))


@pytest.mark.parametrize(
    ("mistake", "says"),
    [
        (lambda: ROWS_NET(ROWS_NET.init(KEY, (8,))[0], X[..., :5]), r"last axis is 8, .* the batch float32\[5,6,5\]"),
        (lambda: ROWS_NET(ROWS_NET.init(KEY, (8,)), X), r"params, carry = network.init\(key, shape\)"),
        (lambda: IMAGE_NET.init(KEY, (8, 8)), r"window of 2 axes needs rows of 3, .*, not \(8, 8\); .* x\[..., None\]"),
        (lambda: IMAGE_NET(IMAGE_NET.init(KEY, (8, 8, 2))[0], IMAGES[..., 0]), r"not \(8, 8\)"),
        (
            lambda: IMAGE_NET(IMAGE_NET.init(KEY, (8, 8, 2))[0], IMAGES[..., :1]),
            r"last axis is 2, .*float32\[5,8,8,1\]",
        ),
        (lambda: nn.sequential(lambda x: nn.relu).init(KEY, (8,)), "makes a layer, and stands where one should be"),
    ],
    ids=["width", "params_and_carry", "init_channels", "channels", "other_channels", "uncalled"],
)
def test_a_mistake_is_told_with_what_was_expected(mistake, says):
    with pytest.raises((ValueError, TypeError), match=says):
        mistake()
