"""Losses: plain functions of predictions and targets, each the mean over the rows.

`weights`, one for each row, say how much it counts; a row with weight 0 does not count, whatever stands in it.
"""

import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from funcfit.kernels.softmax import log_softmax

Mean = Float[Array, ""]


def weighted_mean(values: ArrayLike, weights: ArrayLike | None = None) -> Mean:
    """The mean of one value a row, or of many, which are averaged first.

    >>> float(weighted_mean(jnp.array([1.0, 3.0, jnp.nan]), jnp.array([1.0, 1.0, 0.0])))
    2.0
    """
    values = jnp.asarray(values)
    if weights is None:
        return values.mean()
    weights = jnp.asarray(weights)
    rows = values.reshape(values.shape[0], -1).mean(1)
    return jnp.where(weights > 0, rows * weights, 0).sum() / weights.sum()


def squared_error(y: ArrayLike, target: ArrayLike, weights: ArrayLike | None = None) -> Mean:
    return weighted_mean(jnp.square(jnp.subtract(y, target)), weights)


def absolute_error(y: ArrayLike, target: ArrayLike, weights: ArrayLike | None = None) -> Mean:
    return weighted_mean(jnp.abs(jnp.subtract(y, target)), weights)


def huber(y: ArrayLike, target: ArrayLike, weights: ArrayLike | None = None, *, delta: float = 1.0) -> Mean:
    """Half the squared error up to `delta`, and linear beyond. Huber 1964."""
    far = jnp.abs(jnp.subtract(y, target))
    near = jnp.minimum(far, delta)
    return weighted_mean(0.5 * near**2 + delta * (far - near), weights)


def cross_entropy(
    logits: ArrayLike, labels: ArrayLike, weights: ArrayLike | None = None, *, smoothing: float = 0.0
) -> Mean:
    """-log of the probability that softmax(logits) gives the labels: class numbers, or distributions over the classes.

    `smoothing` of the target is spread over all classes.

    >>> round(float(cross_entropy(jnp.zeros((3, 4)), jnp.array([0, 1, 3]))), 4)
    1.3863
    """
    logits, labels = jnp.asarray(logits), jnp.asarray(labels)
    logs, classes = log_softmax(logits), logits.shape[-1]
    if labels.ndim == logits.ndim:
        picked = (logs * labels).sum(-1)
    else:
        picked = jnp.take_along_axis(logs, labels[..., None], -1)[..., 0]
    return weighted_mean(-(1 - smoothing) * picked - smoothing * logs.sum(-1) / classes, weights)


def binary_cross_entropy(logits: ArrayLike, labels: ArrayLike, weights: ArrayLike | None = None) -> Mean:
    """-log of the probability that sigmoid(logits) gives labels of 0 and 1."""
    logits = jnp.asarray(logits)
    return weighted_mean(jnp.logaddexp(0.0, logits) - labels * logits, weights)
