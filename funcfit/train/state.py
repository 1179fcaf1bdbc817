"""The state of a training run."""

from typing import Any, NamedTuple

from jaxtyping import Array, Int, PRNGKeyArray


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
