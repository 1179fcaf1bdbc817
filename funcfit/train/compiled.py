"""A step compiled for many turns, and in how many parts its batch fits the memory."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr
from jaxtyping import Array, Int

from funcfit.compile import evaluate, jit
from funcfit.tree import differences, in_short

from .convolutions import rearranged
from .keys import check_keys
from .memory import OutOfMemory, fewest, out_of_memory, wanted
from .state import State
from .update import Step, divisors
from .work import Work, work

EXHAUSTED = "RESOURCE_EXHAUSTED"


class Compiled(NamedTuple):
    """A program: `run(state, feed, n)`, the update it repeats and in how many parts that works on a batch.

    `work` is that of one step, and `memory` what XLA says of the whole.
    """

    run: Any
    update: Callable[..., Any]
    microbatches: int
    work: Work
    memory: Any


def compiled(update: Callable[..., Any], state: State, feed: Any, span: int, microbatches: int) -> Compiled | None:
    """The program of an update for such states and feeds, or None where it was too large to compile.

    Raises ValueError when a step does not give back a state like the one it took, KeyReuseError when it draws from a
    key twice.
    """
    batch = jax.eval_shape(lambda feed: feed[0], feed)
    traced, (after, metrics) = jax.make_jaxpr(update, return_shape=True)(state, batch)
    check_keys(traced)
    changed = differences(state, after)
    if changed:
        raise ValueError("a step must give back the state's shapes and dtypes: " + in_short(changed))
    if jax.default_backend() == "cpu":
        traced = rearranged(traced)
    run = jit(repeated(traced, jax.tree.structure((after, metrics)), metrics, span), donate_argnums=(0,))
    try:
        run = run.lower(state, feed, np.int32(0)).compile()
    except jax.errors.JaxRuntimeError as error:
        if EXHAUSTED not in str(error):
            raise
        return None
    return Compiled(run, update, microbatches, work(traced), run.memory_analysis())


def fewest_parts(
    parted: Callable[[int], Step] | None, now: int, there: int, state: State, feed: Any, span: int
) -> Compiled | None:
    """The program with the fewest microbatches, more than `now`, that wants no more bytes than are there."""
    rows = {leaf.shape[:1] for leaf in jax.tree.leaves(jax.eval_shape(lambda feed: feed[0], feed))}
    if parted is None or len(rows) != 1 or rows == {()}:
        return None
    fitting: dict[int, Compiled] = {}

    def fits(count: int) -> bool:
        try:
            made = compiled(parted(count).update, state, feed, span, count)
        except (TypeError, ValueError):  # the loss wants all rows at once
            return False
        if made is None or wanted(made.memory) > there:
            return False
        fitting[count] = made
        return True

    count = fewest([n for n in divisors(*rows.pop()) if n > now], fits)
    return None if count is None else fitting[count]


def too_large(there: int, state: State, feed: Any, made: Compiled | None, fitting: Compiled | None) -> OutOfMemory:
    """The error that says what would fit."""
    cure = "no number of microbatches fits" if fitting is None else f"microbatches={fitting.microbatches} fits"
    return out_of_memory(made and made.memory, there, {"state": state, "data": feed}, cure)


def repeated(update: ClosedJaxpr, out: Any, metrics: Any, span: int) -> Callable[..., Any]:
    """The function of (state, feed, n) that takes n steps, at most `span`: the state, rows of metrics, steps taken."""

    def train(state: State, feed: Any, n: Any) -> tuple[State, dict[str, Array], Int[Array, ""]]:
        # A loop with a traced bound over room for `span` records compiles once; a scan would once for each n.
        def more(carry):
            i, state, _ = carry
            return (i < n) & ~state.extra["halted"] if "halted" in state.extra else i < n

        def one(carry):
            i, state, records = carry
            state, metrics = jax.tree.unflatten(out, evaluate(update, jax.tree.leaves((state, feed[state.step]))))
            records = jax.tree.map(lambda record, m: record.at[i].set(m), records, metrics)
            return i + (~state.extra["halted"] if "halted" in state.extra else 1), state, records

        records = jax.tree.map(lambda m: jnp.full((span, *m.shape), blank(m.dtype), m.dtype), metrics)
        taken, state, records = jax.lax.while_loop(more, one, (jnp.int32(0), state, records))
        return state, records, taken

    return train


def blank(dtype: Any) -> Any:
    """What stands in the row of a step that was not taken."""
    return np.nan if jnp.issubdtype(dtype, jnp.inexact) else np.zeros((), dtype)
