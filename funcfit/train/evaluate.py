"""Measuring and predicting over all rows, each counted once."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcfit.compile import jit
from funcfit.tree import described, named_leaves

from .data import Batches, Data, batches
from .outcome import Loss, measured


def evaluate(metric: Loss, params: Any, data: Any, *, carry: Any = None) -> dict[str, Any]:
    """The metrics of `params` on all rows of `data`, with the metric itself as "loss".

    Arrays are measured all at once, by one call of the metric. `batches(arrays, size)` are measured row by row, `size`
    rows at a time: each call sees a batch of one row, and the result is the mean over the rows, or for a metric that
    gives (sum, weight) the sum of the sums over that of the weights. So no row counts twice, and none is left out. With
    `pad`, a batch is (rows, weights) here as well, and all weights are 1.
    Raises ValueError for a stream, which has no last row.

    >>> evaluate(lambda w, x, key: abs(x - w).mean(), 2.0, jnp.array([1.0, 5.0]))["loss"]
    Array(2., dtype=float32)
    """
    data = data if isinstance(data, Data) else batches(data)
    if isinstance(data, Batches) and data.size == data.rows:
        return _at_once(metric, params, data.in_order()[0], carry)
    parts = (_by_rows(metric, params, feed, t, weights, carry) for feed, t, weights in pieces(data))
    totals = functools.reduce(lambda a, b: jax.tree.map(jnp.add, a, b), parts)
    return {name: total / weight for name, (total, weight) in totals.items()}


def predict(fn: Callable[[Any, Any], Any], params: Any, data: Any) -> Any:
    """`fn(params, batch)` of all rows, in their order: its outputs, which have a row for each row of the batch.

    A batch has the form that it has in training: with `pad` it is (rows, weights).

    >>> predict(lambda w, x: x * w, 3.0, batches(jnp.arange(5.0), 2)).tolist()
    [0.0, 3.0, 6.0, 9.0, 12.0]
    """
    data = data if isinstance(data, Data) else batches(data)
    outputs = [_output(fn, params, feed, t) for feed, t, _ in pieces(data)]
    for name, leaf in named_leaves(outputs[0]).items():
        if leaf.shape[:1] != (data.size,):
            raise ValueError(
                f"predict gives a row for each of the batch's {data.size} rows, and its output "
                f"{'is' if not name else f'{name} is'} {described(leaf)}"
            )
    return jax.tree.map(lambda *parts: jnp.concatenate(parts)[: data.rows], *outputs)


def pieces(data: Data):
    """(what a compiled function takes, its step, the weights of its rows) for one pass over the data, in order."""
    if data.rows is None:
        raise ValueError("nobody knows where this data ends: evaluate arrays, or an object with len and [i]")
    once = data.in_order()
    for t in range(once.steps(1)):
        feed, _ = once.feed(t)
        yield feed, np.int32(t), (np.arange(data.size) + t * data.size < data.rows).astype(np.float32)


def _measure(metric, params, arrays, carry):
    metrics = measured(metric, params, arrays, jax.random.key(0), carry).metrics
    return {name: m[0] / m[1] if isinstance(m, tuple) else m for name, m in metrics.items()}


def _measure_rows(metric, params, feed, t, weights, carry):
    def one(row):
        batch = jax.tree.map(lambda x: x[None], row)
        metrics = measured(metric, params, batch, jax.random.key(0), carry).metrics
        return {name: m if isinstance(m, tuple) else (m, 1.0) for name, m in metrics.items()}

    def over_rows(values):
        return jnp.where(jnp.reshape(weights, (-1,) + (1,) * (values.ndim - 1)) > 0, values, 0).sum(0)

    return jax.tree.map(over_rows, jax.vmap(one)(feed[t]))


_at_once = jit(_measure, static_argnums=(0,), name="evaluate")
_by_rows = jit(_measure_rows, static_argnums=(0,), name="evaluate_rows")
_output = jit(lambda fn, params, feed, t: fn(params, feed[t]), static_argnums=(0,), name="predict")
