"""Softmax along the last axis and the cross entropies built on it. Formulas as TensorFlow's kernels have them."""

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Int

from .module import AnyArray


def log_softmax(logits: Float[AnyArray, "*batch classes"]) -> Float[Array, "*batch classes"]:
    """logits - log(sum(exp(logits))), without overflow."""
    shifted = _shifted(logits)
    return shifted - jnp.log(jnp.sum(jnp.exp(shifted), axis=-1, keepdims=True))


def softmax(logits: Float[AnyArray, "*batch classes"]) -> Float[Array, "*batch classes"]:
    """exp(logits) over their sum, without overflow."""
    powers = jnp.exp(_shifted(logits))
    return powers / jnp.sum(powers, axis=-1, keepdims=True)


def cross_entropy(
    logits: Float[AnyArray, "batch classes"], labels: Float[AnyArray, "batch classes"]
) -> tuple[Float[Array, "batch"], Float[Array, "batch classes"]]:
    """The losses of distributions `labels`, and their gradients by the logits.

    Each row of `labels` should sum to one: the gradient softmax(logits) - labels takes it for granted.
    """
    shifted = _shifted(logits)
    powers = jnp.exp(shifted)
    totals = jnp.sum(powers, axis=-1, keepdims=True)
    losses = jnp.sum(labels * (jnp.log(totals) - shifted), axis=-1)
    return losses, powers / totals - labels


def sparse_cross_entropy(
    logits: Float[AnyArray, "batch classes"], labels: Int[AnyArray, "batch"]
) -> tuple[Float[Array, "batch"], Float[Array, "batch classes"]]:
    """As `cross_entropy` for labels that are class numbers.

    A label outside of the classes gives NaN.
    """
    shifted = _shifted(logits)
    powers = jnp.exp(shifted)
    totals = jnp.sum(powers, axis=-1, keepdims=True)
    classes = logits.shape[-1]
    chosen = lax.broadcasted_iota(jnp.int32, logits.shape, logits.ndim - 1) == labels[..., None]
    nan = jnp.where((labels >= 0) & (labels < classes), 0, jnp.nan).astype(logits.dtype)
    losses = jnp.sum(jnp.where(chosen, jnp.log(totals) - shifted, 0), axis=-1) + nan
    return losses, powers / totals - chosen + nan[..., None]


def _shifted(logits):
    if not logits.size:
        return logits
    return logits - lax.stop_gradient(jnp.max(logits, axis=-1, keepdims=True))
