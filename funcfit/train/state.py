"""The state of a training run."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, PRNGKeyArray


class State(NamedTuple):
    """All that the next step depends on. One pytree: save it, vmap it, compare it.

    There is no hidden randomness: step t draws from `fold_in(key, t)`, and its batch is `data[t]`.
    """

    step: Int[Array, ""]
    params: Any
    opt: Any
    key: PRNGKeyArray


def own(tree: Any) -> Any:
    """The tree with each leaf an array with a dtype and a buffer of its own, which a program may take."""
    return jax.tree.map(lambda leaf: jnp.array(leaf, jnp.result_type(leaf), copy=True), tree)
