"""Metrics: plain functions that give (sum, weight), so that over many batches they are exact quotients.

Return them from a loss: `return value, {"accuracy": accuracy(logits, labels)}`.
"""

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from funcfit.losses import by_weight, check_rows

Pair = tuple[Float[Array, ""], Float[Array, ""]]


def weighed(values: ArrayLike, weights: ArrayLike | None = None) -> Pair:
    """(sum, weight) of one value a weight, or of several, each of which counts as much.

    >>> tuple(float(part) for part in weighed(jnp.array([1.0, 0.0, 1.0]), jnp.array([1.0, 1.0, 0.0])))
    (1.0, 2.0)
    """
    values = jnp.asarray(values, jnp.float32)
    if weights is None:
        return values.sum(), jnp.float32(values.size)
    weights = jnp.asarray(weights, jnp.float32)
    rows = by_weight(values, weights)
    return jnp.where(weights > 0, rows.sum(-1) * weights, 0).sum(), weights.sum() * rows.shape[-1]


def accuracy(logits: ArrayLike, labels: ArrayLike, weights: ArrayLike | None = None) -> Pair:
    """How often the largest logit is the label's, a class number."""
    best = jnp.argmax(jnp.asarray(logits), -1)
    check_rows(best, labels)
    return weighed(best == labels, weights)


def top_accuracy(logits: ArrayLike, labels: ArrayLike, k: int = 5, weights: ArrayLike | None = None) -> Pair:
    """How often the label is among the k largest logits."""
    _, best = jax.lax.top_k(jnp.asarray(logits), k)
    check_rows(best[..., 0], labels)
    return weighed((best == jnp.asarray(labels)[..., None]).any(-1), weights)


def binary_accuracy(logits: ArrayLike, labels: ArrayLike, weights: ArrayLike | None = None) -> Pair:
    """How often the sign of the logit says what a label of 0 or 1 says."""
    check_rows(logits, labels)
    return weighed((jnp.asarray(logits) > 0) == (jnp.asarray(labels) > 0), weights)
