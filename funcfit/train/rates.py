"""The learning rate of an optax optimizer, which optax itself does not tell.

It is read where it stands: among injected hyperparameters, or in the closures of `optax.scale` and
`optax.scale_by_schedule`, which end nearly every chain.
"""

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int


def learning_rate(optimizer: optax.GradientTransformation, opt: Any, step: Int[Array, ""]) -> Float[Array, ""] | None:
    """The rate at a step, or None where it cannot be read or there are several.

    >>> float(learning_rate(optax.adam(0.5), None, jnp.int32(3)))
    0.5
    """
    for leaf in jax.tree.leaves(opt, is_leaf=lambda node: hasattr(node, "hyperparams")):
        if "learning_rate" in getattr(leaf, "hyperparams", {}):
            return leaf.hyperparams["learning_rate"]
    found = list(_scales(optimizer.update, set()))
    if len(found) != 1:
        return None
    (scale,) = found
    return jnp.abs(jnp.asarray(scale(step) if callable(scale) else scale, jnp.float32))


def _scales(fn: Callable, seen: set[int]) -> Iterator[Any]:
    """The step sizes in the closure of an update function, and of those it calls."""
    if id(fn) in seen:
        return
    seen.add(id(fn))
    cells = {}
    for name, cell in zip(fn.__code__.co_freevars, fn.__closure__ or ()):
        cells[name] = cell.cell_contents
    if fn.__qualname__ == "scale.<locals>.update_fn":
        yield cells["step_size"]
    elif fn.__qualname__ == "scale_by_schedule.<locals>.update_fn":
        yield cells["step_size_fn"]
    else:
        for inside in jax.tree.leaves(list(cells.values())):
            if hasattr(inside, "__code__"):
                yield from _scales(inside, seen)
