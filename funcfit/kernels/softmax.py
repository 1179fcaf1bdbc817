"""Softmax along the last axis and the cross entropies built on it. Formulas as TensorFlow's kernels have them."""

import jax
import jax.numpy as jnp
from jax import lax


def log_softmax(logits: jax.Array) -> jax.Array:
    """logits - log(sum(exp(logits))), without overflow; [..., classes] to the same shape."""
    shifted = _shifted(logits)
    return shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=-1, keepdims=True))


def softmax(logits: jax.Array) -> jax.Array:
    """exp(logits) over their sum; [..., classes] to the same shape."""
    powers = jnp.exp(_shifted(logits))
    return powers / jnp.sum(powers, axis=-1, keepdims=True)


def cross_entropy(logits: jax.Array, labels: jax.Array) -> tuple[jax.Array, jax.Array]:
    """(losses [batch], their gradients by the logits [batch, classes]) of distributions `labels`.

    Each row of `labels` should sum to one: the gradient softmax(logits) - labels takes it for granted.
    """
    shifted = _shifted(logits)
    powers = jnp.exp(shifted)
    totals = jnp.sum(powers, axis=-1, keepdims=True)
    losses = jnp.sum(labels * (jnp.log(totals) - shifted), axis=-1)
    return losses, powers / totals - labels


def sparse_cross_entropy(logits: jax.Array, labels: jax.Array) -> tuple[jax.Array, jax.Array]:
    """As `cross_entropy` for labels that are class numbers, int [batch].

    A label outside of the classes gives NaN.
    """
    shifted = _shifted(logits)
    powers = jnp.exp(shifted)
    totals = jnp.sum(powers, axis=-1, keepdims=True)
    classes = logits.shape[-1]
    chosen = lax.broadcasted_iota(labels.dtype, logits.shape, logits.ndim - 1) == labels[..., None]
    nan = jnp.where((labels >= 0) & (labels < classes), 0, jnp.nan).astype(logits.dtype)
    losses = jnp.sum(jnp.where(chosen, jnp.log(totals) - shifted, 0), axis=-1) + nan
    return losses, powers / totals - chosen + nan[..., None]


def _shifted(logits):
    if not logits.size:
        return logits
    return logits - lax.stop_gradient(jnp.max(logits, axis=-1, keepdims=True))
