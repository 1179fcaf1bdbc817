"""The training cases in Equinox: layers for one row under `jax.vmap`, and a step of the arrays in model and optimizer.

`eqx.partition` takes the arrays out and `jax.jit` compiles the step: of the forms that its documentation shows the one
with the least overhead. The small MLP's step took twice as long under `eqx.filter_jit`, and half as long again with
`filter_jit` of flat leaves.
"""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import optax

from bench.training_cases import RATE, Case, Way

KEY = jax.random.key(0)


def dense(p):
    w = p["w"]
    return filled(eqx.nn.Linear(*w.shape, key=KEY), weight=w.T, bias=p["b"])


def conv(p):
    w = p["w"]
    layer = eqx.nn.Conv2d(*w.shape[2:], w.shape[:2], padding="SAME", key=KEY)
    return filled(layer, weight=w.transpose(3, 2, 0, 1), bias=p["b"][:, None, None])


def layer_norm(p):
    return filled(eqx.nn.LayerNorm(len(p["scale"]), eps=1e-6), weight=p["scale"], bias=p["offset"])


def filled(layer, **weights):
    return eqx.tree_at(lambda layer: [getattr(layer, name) for name in weights], layer, list(weights.values()))


def mlp(params):
    return eqx.nn.Sequential([dense(p) if p else eqx.nn.Lambda(jax.nn.relu) for p in params])


class CNN(eqx.Module):
    layers: list

    def __init__(self, params):
        first, _, _, second, _, _, last = params
        relu, pool = eqx.nn.Lambda(jax.nn.relu), eqx.nn.MaxPool2d(2, 2)
        rows_first = lambda x: x.transpose(1, 2, 0).reshape(-1)  # channels last, as the last layer's weights have them
        self.layers = [conv(first), relu, pool, conv(second), relu, eqx.nn.Lambda(rows_first), dense(last)]

    def __call__(self, x):
        x = x.transpose(2, 0, 1)
        for layer in self.layers:
            x = layer(x)
        return x


class LSTM(eqx.Module):
    cell: eqx.nn.LSTMCell
    last: eqx.nn.Linear

    def __init__(self, params):
        p, _, last = params
        cell = eqx.nn.LSTMCell(len(p["x"]), len(p["h"]), key=KEY)
        forget_one = jnp.repeat(jnp.array([0.0, 1, 0, 0]), len(p["h"]))
        self.cell = filled(cell, weight_ih=p["x"].T, weight_hh=p["h"].T, bias=p["b"] + forget_one)
        self.last = dense(last)

    def __call__(self, x):
        zeros = jnp.zeros(self.cell.hidden_size)
        (h, _), _ = jax.lax.scan(lambda state, x: (self.cell(x, state), None), (zeros, zeros), x)
        return self.last(h)


class Block(eqx.Module):
    norms: list
    attention: eqx.nn.MultiheadAttention
    feed: list

    def __init__(self, params):
        (norm, attention), ((norm2, up, _, down),) = params
        self.norms = [layer_norm(norm), layer_norm(norm2)]
        layer = eqx.nn.MultiheadAttention(4, len(attention["out"]), key=KEY)
        weights = [*jnp.split(attention["in"], 3, axis=1), attention["out"]]
        self.attention = eqx.tree_at(
            lambda a: [p.weight for p in (a.query_proj, a.key_proj, a.value_proj, a.output_proj)],
            layer,
            [w.T for w in weights],
        )
        self.feed = [dense(up), dense(down)]

    def __call__(self, x):
        y = jax.vmap(self.norms[0])(x)
        x = x + self.attention(y, y, y, mask=jnp.tril(jnp.ones((len(x), len(x)), bool)))
        y = jax.vmap(self.feed[0])(jax.vmap(self.norms[1])(x))
        return x + jax.vmap(self.feed[1])(jax.nn.relu(y))


class Transformer(eqx.Module):
    first: eqx.nn.Linear
    positions: jax.Array
    blocks: list
    last: eqx.nn.Linear

    def __init__(self, params):
        first, positions, *blocks, _, last = params
        self.first, self.last = dense(first), dense(last)
        self.positions, self.blocks = positions["table"], [Block(p) for p in blocks]

    def __call__(self, x):
        x = jax.vmap(self.first)(x) + self.positions
        for block in self.blocks:
            x = block(x)
        return self.last(x.mean(0))


MODELS = {"mlp": mlp, "wide mlp": mlp, "cnn": CNN, "lstm": LSTM, "transformer": Transformer}
OPTIMIZER = optax.adam(RATE)


def loss(model, x, y):
    return optax.softmax_cross_entropy_with_integer_labels(jax.vmap(model)(x), y).mean()


def way(name: str, case: Case) -> Way:
    x, y = case.arrays()
    fed = [(x[rows], y[rows]) for rows in case.order()]
    model = MODELS[name](case.params())
    opened = model, OPTIMIZER.init(eqx.filter(model, eqx.is_inexact_array))
    first, rest = eqx.partition(opened, eqx.is_array)

    @partial(jax.jit, donate_argnums=0)
    def step(arrays, x, y):
        model, opt = eqx.combine(arrays, rest)
        value, gradient = eqx.filter_value_and_grad(loss)(model, x, y)
        change, opt = OPTIMIZER.update(gradient, opt, eqx.filter(model, eqx.is_inexact_array))
        return eqx.filter((eqx.apply_updates(model, change), opt), eqx.is_array), value

    def train(arrays):
        for x, y in fed:
            arrays, _ = step(arrays, x, y)
        return arrays

    return Way(
        lambda: jax.tree.map(jnp.copy, first),
        train,
        lambda arrays: arrays[0],
        lambda arrays: eqx.filter_jit(loss)(eqx.combine(arrays, rest)[0], case.x, case.y),
    )
