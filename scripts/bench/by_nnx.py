"""The training cases in Flax NNX: a step with an `nnx.Optimizer` in a functional training loop.

Of the three forms in its guide on performance the fastest: `nnx.split` before the loop and `nnx.merge` in the compiled
step. The small MLP's step took six times as long under `nnx.jit`, twice as long through `nnx.cached_partial`.
"""

from functools import partial

import jax
import jax.numpy as jnp
import optax
from flax import nnx

from bench.training_cases import RATE, Case, Way

RNGS = nnx.Rngs(0)


def dense(p):
    return filled(nnx.Linear(*p["w"].shape, rngs=RNGS), kernel=p["w"], bias=p["b"])


def conv(p):
    w = p["w"]
    return filled(nnx.Conv(*w.shape[2:], w.shape[:2], rngs=RNGS), kernel=w, bias=p["b"])


def layer_norm(p):
    return filled(nnx.LayerNorm(len(p["scale"]), rngs=RNGS), scale=p["scale"], bias=p["offset"])


def filled(layer, **weights):
    for name, value in weights.items():
        getattr(layer, name)[...] = value
    return layer


def mlp(params):
    return nnx.Sequential(*[dense(p) if p else nnx.relu for p in params])


class CNN(nnx.Module):
    def __init__(self, params):
        first, _, _, second, _, _, last = params
        self.first, self.second, self.last = conv(first), conv(second), dense(last)

    def __call__(self, x):
        x = nnx.max_pool(nnx.relu(self.first(x)), (2, 2), (2, 2))
        return self.last(nnx.relu(self.second(x)).reshape(len(x), -1))


class LSTM(nnx.Module):
    def __init__(self, params):
        p, _, last = params
        cell = nnx.OptimizedLSTMCell(len(p["x"]), len(p["h"]), rngs=RNGS)
        filled(cell.dense_i, kernel=p["x"])
        filled(cell.dense_h, kernel=p["h"], bias=p["b"] + jnp.repeat(jnp.array([0.0, 1, 0, 0]), len(p["h"])))
        self.rnn, self.last = nnx.RNN(cell), dense(last)

    def __call__(self, x):
        return self.last(self.rnn(x)[:, -1])


class Block(nnx.Module):
    def __init__(self, params):
        (norm, attention), ((norm2, up, _, down),) = params
        size = len(attention["out"])
        self.norm, self.norm2 = layer_norm(norm), layer_norm(norm2)
        self.attention = nnx.MultiHeadAttention(4, size, use_bias=False, decode=False, rngs=RNGS)
        parts = [self.attention.query, self.attention.key, self.attention.value]
        for part, w in zip(parts, jnp.split(attention["in"], 3, axis=1)):
            filled(part, kernel=w.reshape(size, 4, -1))
        filled(self.attention.out, kernel=attention["out"].reshape(4, -1, size))
        self.up, self.down = dense(up), dense(down)

    def __call__(self, x):
        x = x + self.attention(self.norm(x), mask=nnx.make_causal_mask(x[..., 0]))
        return x + self.down(nnx.relu(self.up(self.norm2(x))))


class Transformer(nnx.Module):
    def __init__(self, params):
        first, positions, *blocks, _, last = params
        self.first, self.last = dense(first), dense(last)
        self.positions, self.blocks = nnx.Param(positions["table"]), nnx.List([Block(p) for p in blocks])

    def __call__(self, x):
        x = self.first(x) + self.positions[...]
        for block in self.blocks:
            x = block(x)
        return self.last(x.mean(1))


MODELS = {"mlp": mlp, "wide mlp": mlp, "cnn": CNN, "lstm": LSTM, "transformer": Transformer}


def loss(model, x, y):
    return optax.softmax_cross_entropy_with_integer_labels(model(x), y).mean()


def way(name: str, case: Case) -> Way:
    x, y = case.arrays()
    fed = [(x[rows], y[rows]) for rows in case.order()]
    model = MODELS[name](case.params())
    graph, first = nnx.split((model, nnx.Optimizer(model, optax.adam(RATE), wrt=nnx.Param)))

    @partial(jax.jit, donate_argnums=0)
    def step(state, x, y):
        model, optimizer = nnx.merge(graph, state)
        value, gradient = nnx.value_and_grad(loss)(model, x, y)
        optimizer.update(model, gradient)
        return nnx.state((model, optimizer)), value

    def train(state):
        for x, y in fed:
            state, _ = step(state, x, y)
        return state

    return Way(
        lambda: jax.tree.map(jnp.copy, first),
        train,
        lambda state: nnx.state(nnx.merge(graph, state)[0], nnx.Param),
        lambda state: jax.jit(loss)(nnx.merge(graph, state)[0], case.x, case.y),
    )
