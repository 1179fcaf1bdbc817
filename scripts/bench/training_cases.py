"""Models to train, and ways to train them: by `program`, by a hand-written `lax.scan` and by a hand-written loop.

All ways begin with the same parameters and see the same batches in the same order, so they end with the same loss.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from funcfit import batches, losses, nn, program
from funcfit.nn import Layer

RATE = 1e-3
OPTIMIZER = optax.adam(RATE)


class Case(NamedTuple):
    """A network, its data, the rows of a batch, and how many steps are timed at once."""

    network: Layer
    x: np.ndarray
    y: np.ndarray
    size: int
    steps: int

    def params(self) -> Any:
        return self.network.init(jax.random.key(0), self.x.shape[1:])[0]

    def loss(self, params: Any, batch: Any, key: Any = None) -> jax.Array:
        return losses.cross_entropy(self.network(params, batch[0], key), batch[1])

    def arrays(self) -> Any:
        return jnp.asarray(self.x), jnp.asarray(self.y)

    def data(self) -> Any:
        return batches((self.x, self.y), self.size)

    def order(self) -> jax.Array:
        """The rows of each step's batch, which `data` picks inside the program."""
        rows = batches(jnp.arange(len(self.x)), self.size)
        return jnp.stack([rows[t] for t in range(self.steps)])


class Way(NamedTuple):
    """A way to train a case.

    `begin()` is the state of step 0, `train(state)` the one after all steps, not waited for; `params(state)` are its
    parameters, and `loss(state)` is the loss of all rows. A way whose objects change may give the same ones each time.
    """

    begin: Callable[[], Any]
    train: Callable[[Any], Any]
    params: Callable[[Any], Any]
    loss: Callable[[Any], Any]


def classes(rows: int, *shape: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(rows, *shape)).astype(np.float32), rng.integers(0, 10, rows).astype(np.int32)


def block(size: int) -> Layer:
    feed = nn.sequential(nn.layer_norm(), nn.dense(4 * size), nn.relu, nn.dense(size))
    return nn.sequential(nn.residual(nn.layer_norm(), nn.attention(4, causal=True)), nn.residual(feed))


MLP = nn.sequential(nn.dense(32), nn.relu, nn.dense(10))
WIDE = nn.sequential(nn.dense(512), nn.relu, nn.dense(512), nn.relu, nn.dense(10))
CNN = nn.sequential(nn.conv(16), nn.relu, nn.max_pool(), nn.conv(32), nn.relu, nn.flatten, nn.dense(10))
LSTM = nn.sequential(nn.lstm(64), nn.of(lambda x: x[:, -1]), nn.dense(10))
TRANSFORMER = nn.sequential(
    nn.dense(64), nn.positions(), block(64), block(64), nn.of(lambda x: x.mean(1)), nn.dense(10)
)

CASES = {
    "mlp": Case(MLP, *classes(1437, 64), size=32, steps=2000),
    "wide mlp": Case(WIDE, *classes(1437, 64), size=128, steps=100),
    "cnn": Case(CNN, *classes(1437, 8, 8, 1), size=64, steps=100),
    "lstm": Case(LSTM, *classes(500, 20, 16), size=32, steps=50),
    "transformer": Case(TRANSFORMER, *classes(500, 32, 16), size=16, steps=20),
}


def by_program(case: Case) -> Way:
    train = program(case.loss, OPTIMIZER, case.data())
    return Way(
        lambda: train.init(case.params()),
        lambda state: train(state, case.steps)[0],
        lambda state: state.params,
        lambda state: case.loss(state.params, (case.x, case.y)),
    )


def by_hand(case: Case) -> dict[str, Way]:
    """One compiled scan over all steps; and a loop over a compiled step."""
    arrays, order = case.arrays(), case.order()
    scan, one = jax.jit(partial(scanned, case), donate_argnums=0), jax.jit(partial(stepped, case), donate_argnums=0)

    def loop(carry):
        for rows in order:
            carry, _ = one(carry, arrays, rows)
        return carry

    ends = lambda carry: carry[0], lambda carry: case.loss(carry[0], arrays)
    begin = partial(begun, case)
    return {"scan": Way(begin, lambda carry: scan(carry, arrays, order)[0], *ends), "loop": Way(begin, loop, *ends)}


def begun(case: Case) -> Any:
    w = case.params()
    return w, OPTIMIZER.init(w)


def stepped(case: Case, carry: Any, arrays: Any, rows: Any) -> tuple[Any, Any]:
    w, opt = carry
    value, gradient = jax.value_and_grad(case.loss)(w, jax.tree.map(lambda a: a[rows], arrays))
    change, opt = OPTIMIZER.update(gradient, opt, w)
    return (optax.apply_updates(w, change), opt), value


def scanned(case: Case, carry: Any, arrays: Any, order: Any) -> tuple[Any, Any]:
    return jax.lax.scan(lambda carry, rows: stepped(case, carry, arrays, rows), carry, order)
