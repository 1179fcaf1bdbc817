"""The learning rate of an optax optimizer, which optax itself does not tell.

It is read where it stands: among injected hyperparameters, or in the closures of `optax.scale` and
`optax.scale_by_schedule`, which end nearly every chain.
"""

import functools
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
    counts = []
    for leaf in jax.tree.leaves(opt, is_leaf=lambda node: hasattr(node, "hyperparams") or is_counter(node)):
        if "learning_rate" in getattr(leaf, "hyperparams", {}):
            return leaf.hyperparams["learning_rate"]
        if is_counter(leaf):
            counts.append(leaf.count)
    found = {
        scale if isinstance(scale, float | int) else id(scale): scale for scale in _scales(optimizer.update, set())
    }
    rates = [scale for value, scale in found.items() if value not in (1, -1)] or [*found.values()][:1]
    if len(rates) != 1:
        return None
    (rate,) = rates
    # Its own count, where there is one, leaves out the steps that an optimizer lets pass.
    return jnp.abs(jnp.asarray(rate(counts[0] if len(counts) == 1 else step) if callable(rate) else rate, jnp.float32))


def unread(optimizer: optax.GradientTransformation) -> str:
    """What to say of an optimizer whose rate cannot be read."""
    *makers, own = getattr(optimizer.update, "__qualname__", type(optimizer).__name__).split(".<locals>.")
    name = makers[-1] if makers else own
    return (
        f"the learning rate of the optimizer ({name}) cannot be read, so 'lr' is not among the metrics: make it by "
        "optax.inject_hyperparams, as in optax.inject_hyperparams(optax.adam)(learning_rate=1e-3)"
    )


def is_counter(node: Any) -> bool:
    return isinstance(node, optax.ScaleByScheduleState)


def _scales(fn: Any, seen: set[int]) -> Iterator[Any]:
    """The step sizes in the closure of an update function, and of those it calls."""
    if id(fn) in seen:
        return
    seen.add(id(fn))
    code, cells = getattr(fn, "__code__", None), {}
    for name, cell in zip(code.co_freevars if code else (), getattr(fn, "__closure__", None) or ()):
        cells[name] = cell.cell_contents
    kind = getattr(fn, "__qualname__", "")
    if kind == "scale.<locals>.update_fn":
        yield cells["step_size"]
    elif kind == "scale_by_schedule.<locals>.update_fn":
        yield cells["step_size_fn"]
    else:
        for inside in jax.tree.leaves([*cells.values(), *_around(fn)]):
            if callable(inside):
                yield from _scales(inside, seen)


def _around(fn: Callable) -> list[Any]:
    """What a function that is no plain one holds: a method's object, a compiled function's own, a partial's."""
    if isinstance(fn, functools.partial):
        return [fn.func, fn.args, fn.keywords]
    owner = getattr(fn, "__self__", None)
    return [getattr(fn, "__wrapped__", None), *(vars(owner).values() if hasattr(owner, "__dict__") else ())]
