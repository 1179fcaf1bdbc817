"""Losses: plain functions of predictions and targets, each the mean over the rows.

`weights`, one for each row or for each time of each row, say how much it counts; what has the weight 0 does not count,
whatever stands in it.
Predictions and targets that would be broadcast, so that each is compared with those of other rows, raise ValueError.
"""

import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float

from funcfit.kernels.softmax import log_softmax
from funcfit.tree import described

Mean = Float[Array, ""]


def weighted_mean(values: ArrayLike, weights: ArrayLike | None = None) -> Mean:
    """The mean of one value a weight, or of many, which are averaged first.

    >>> float(weighted_mean(jnp.array([1.0, 3.0, jnp.nan]), jnp.array([1.0, 1.0, 0.0])))
    2.0
    """
    values = jnp.asarray(values)
    if weights is None:
        return values.mean()
    weights = jnp.asarray(weights)
    rows = by_weight(values, weights).mean(-1)
    return jnp.where(weights > 0, rows * weights, 0).sum() / weights.sum()


def by_weight(values: Array, weights: Array) -> Array:
    """The values with those of each weight along a last axis."""
    if values.shape[: weights.ndim] != weights.shape:
        raise ValueError(f"weights are one for each row of {described(values)}, not {described(weights)}")
    return values.reshape(*weights.shape, -1)


def squared_error(y: ArrayLike, target: ArrayLike, weights: ArrayLike | None = None) -> Mean:
    return weighted_mean(jnp.square(difference(y, target)), weights)


def absolute_error(y: ArrayLike, target: ArrayLike, weights: ArrayLike | None = None) -> Mean:
    return weighted_mean(jnp.abs(difference(y, target)), weights)


def huber(y: ArrayLike, target: ArrayLike, weights: ArrayLike | None = None, *, delta: float = 1.0) -> Mean:
    """Half the squared error up to `delta`, and linear beyond. Huber 1964."""
    far = jnp.abs(difference(y, target))
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
    if labels.shape == logits.shape:
        picked = (logs * labels).sum(-1)
    elif labels.shape == logits.shape[:-1] and jnp.issubdtype(labels.dtype, jnp.integer):
        picked = jnp.take_along_axis(logs, labels[..., None], -1)[..., 0]
    else:
        numbers, of = described(jnp.zeros(logits.shape[:-1], jnp.int32)), described(logits)
        raise ValueError(
            f"labels for logits {of} are class numbers {numbers} or distributions {of}, not {described(labels)}"
        )
    return weighted_mean(-(1 - smoothing) * picked - smoothing * logs.sum(-1) / classes, weights)


def binary_cross_entropy(logits: ArrayLike, labels: ArrayLike, weights: ArrayLike | None = None) -> Mean:
    """-log of the probability that sigmoid(logits) gives labels of 0 and 1."""
    logits = jnp.asarray(logits)
    check_rows(logits, labels)
    return weighted_mean(jnp.logaddexp(0.0, logits) - labels * logits, weights)


def difference(y: ArrayLike, target: ArrayLike) -> Array:
    check_rows(y, target)
    return jnp.subtract(y, target)


def check_rows(y: ArrayLike, target: ArrayLike) -> None:
    """Raises ValueError unless each prediction has a target, or one number is the target of all."""
    if jnp.shape(target) not in (jnp.shape(y), ()):
        each = f"predictions {described(y)} need targets of the same shape, not {described(target)}"
        raise ValueError(f"{each}: reshape one of them, as in y[:, 0]")
