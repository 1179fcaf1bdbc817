"""The state of a training run."""

from typing import Any, NamedTuple

import jax
from jaxtyping import Array, Int, PRNGKeyArray

from funcfit.tree import described, in_brief, in_bytes, leaf_bytes

OPTIONS = ("ema", "halted", "loss_scale")  # what a step with these options keeps in `extra`
RESERVED = (*OPTIONS, "rate")  # and what it looks for there: see plateau


class State(NamedTuple):
    """All that the next step depends on. One pytree: save it, vmap it, compare it.

    There is no hidden randomness: step t draws from `fold_in(key, t)`, and its batch is `data[t]`. `carry` is what a
    loss with four arguments hands from step to step (None without one). `extra` maps names to what else is remembered:
    averaged parameters, the scale of a float16 loss, what callbacks keep.
    """

    step: Int[Array, ""]
    params: Any
    opt: Any
    key: PRNGKeyArray
    carry: Any = None
    extra: dict[str, Any] = {}

    def __repr__(self) -> str:
        try:
            step = f"step {int(self.step):,}"
        except RuntimeError:
            return "State(given to a program: the state that it gave back goes on from here)"
        except TypeError:  # it is traced, or only a shape
            step = f"step {described(self.step)}"
        parts = [step, f"params {in_brief(self.params)}"]
        for name, tree in {"opt": self.opt, "carry": self.carry, **self.extra}.items():
            if jax.tree.leaves(tree):
                parts.append(f"{name} {in_bytes(sum(map(leaf_bytes, jax.tree.leaves(tree))))}")
        return f"State({', '.join(parts)})"
