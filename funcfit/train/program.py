"""Many training steps in one compiled call."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from funcfit.compile import jit

from .data import Batches
from .state import State, own

Scalar = Float[Array, ""]
Metrics = dict[str, Array]
Loss = Callable[[Any, Any, Array], Scalar | tuple[Scalar, Metrics]]
"""loss(params, batch, key) -> a scalar, or (a scalar, {name: array}). Pure; params is any pytree of floats."""


def program(loss: Loss, optimizer: optax.GradientTransformation, data: Batches, *, span: int = 100) -> "Program":
    """The compiled program that trains by `loss` and `optimizer` on `data`.

    >>> from funcfit import batches
    >>> data = batches(jnp.array([1.0, 2.0, 3.0]))
    >>> train = program(lambda w, x, key: ((w - x) ** 2).mean(), optax.sgd(0.5), data)
    >>> state, metrics = train(train.init(0.0), 2)
    >>> float(state.params), metrics["loss"].tolist()
    (2.0, [4.666..., 0.666...])
    """

    def update(state: State, batch: Any) -> tuple[State, Metrics]:
        key = jax.random.fold_in(state.key, state.step)
        (_, metrics), gradient = jax.value_and_grad(measured(loss), has_aux=True)(state.params, batch, key)
        change, opt = optimizer.update(gradient, state.opt, state.params)
        return State(state.step + 1, optax.apply_updates(state.params, change), opt, state.key), metrics

    return Program(update, optimizer, data, span)


def measured(loss: Loss) -> Callable[..., tuple[Scalar, Metrics]]:
    """The loss as (value, metrics), with the value among the metrics."""

    def with_metrics(params, batch, key):
        out = loss(params, batch, key)
        value, metrics = out if isinstance(out, tuple) else (out, {})
        return value, {"loss": value, **metrics}

    return with_metrics


class Program:
    """n steps in one device call, for any n: 3 steps and then 4 are bit for bit the same as 7, and it compiles once.

    `update(state, batch) -> (state, metrics)` is the pure step: jit, vmap or differentiate it yourself.
    A call takes the state it is given (its buffers are reused) and returns the next; `span` is the most steps between
    two returns to Python.
    """

    def __init__(self, update, optimizer, data, span):
        self.update, self.optimizer, self.data, self.span = update, optimizer, data, span
        self._run = jit(self._steps, donate_argnums=(0,), name="train")

    def init(self, params: Any, seed: int = 0) -> State:
        """The state of step 0. `params` stay the caller's: the state holds copies."""
        params = own(params)
        return State(jnp.zeros((), jnp.int32), params, self.optimizer.init(params), jax.random.key(seed))

    def __call__(self, state: State, n: int = 1) -> tuple[State, Metrics]:
        """The state n steps later, and the metrics of each of the n steps, stacked."""
        if n < 1:
            raise ValueError(f"a program runs one step or more, not {n}")
        pieces = []
        for count in (min(self.span, n - done) for done in range(0, n, self.span)):
            state, metrics = self.records(state, count)
            pieces.append(jax.tree.map(lambda m, count=count: m[:count], metrics))
        return state, jax.tree.map(lambda *parts: jnp.concatenate(parts), *pieces)

    def records(self, state: State, n: int) -> tuple[State, Metrics]:
        """As a call, for at most `span` steps; the metrics come in arrays of length `span`, of which n are filled."""
        return self._run(state, self.data, np.int32(n))

    def _steps(self, state: State, data: Batches, n) -> tuple[State, Metrics]:
        # A loop with a traced bound over room for `span` records compiles once; a scan would once for each n.
        def step(i, carry):
            state, records = carry
            state, metrics = self.update(state, data[state.step])
            return state, jax.tree.map(lambda record, m: record.at[i].set(m), records, metrics)

        metrics = jax.eval_shape(lambda: self.update(state, data[state.step])[1])
        records = jax.tree.map(lambda m: jnp.zeros((self.span, *m.shape), m.dtype), metrics)
        return jax.lax.fori_loop(0, n, step, (state, records))
