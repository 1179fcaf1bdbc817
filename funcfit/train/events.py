"""When something happens in a run, and what it is told.

A callback is a function of one event. It may return Stop, which ends the run, or a State of the same step, from which
the run goes on.
What it has to remember it keeps in `state.extra`, so that a run that goes on later remembers it too.
"""

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from funcfit.tree import differences, in_short, named_leaves, own

from .data import LINE, Data
from .history import History
from .report import NO_STEPS, Timing
from .state import RESERVED, State


@dataclass(frozen=True)
class Every:
    """A pace: every so many steps, epochs, or minutes by a clock that is never set back; whichever comes first.

    Raises ValueError for one that leads backwards.
    """

    steps: int = 0
    epochs: float | int = 0
    minutes: float | int = 0

    def __post_init__(self):
        if not all(part >= 0 for part in (self.steps, self.epochs, self.minutes)):
            raise ValueError(f"a pace leads forward, and {self} does not")

    def after(self, step: int, data: Data) -> int:
        """The first step after `step` at which it is time, by the steps and epochs alone.

        >>> from funcfit import batches
        >>> data = batches(np.arange(10), 4)
        >>> [Every(epochs=1).after(step, data) for step in (0, 2, 3, 4, 5)]
        [3, 3, 5, 5, 8]
        """
        due = step + self.steps - step % self.steps if self.steps else LINE
        if self.epochs:
            turn = max(1, math.floor(data.epochs(step) / self.epochs) - 1)
            while data.steps(turn * self.epochs) <= step:
                turn += 1
            due = min(due, data.steps(turn * self.epochs))
        return due


EPOCH = Every(epochs=1)


ENDS = ("steps", "interrupted", "terminated")  # why a run ends that no callback stopped


class Stop(NamedTuple):
    """The end of a run, and why, of which the first counts; the state to end with, where it is not the event's own."""

    why: str
    state: State | None = None


class Event(NamedTuple):
    """A moment between two steps: `step` of them have been taken.

    `params` are those to use: the running mean, where the program keeps one. `why` is None unless the run ends here.
    The state is the run's own, whose buffers the next steps take: copy what is to last. `timing` is that of the steps
    taken so far in this process.
    """

    step: int
    state: State
    history: History
    params: Any
    why: str | None = None
    timing: Timing = NO_STEPS

    def __repr__(self) -> str:
        row = {name: value for name, value in self.history.training.there.items() if name != "step"}
        values = [f"{name} {value:.4g}" for name, value in row.items() if np.ndim(value) == 0]
        return f"Event({', '.join([f'step {self.step:,}', *values, *([f'ends: {self.why}'] if self.why else [])])})"

    @property
    def metrics(self) -> dict[str, Any]:
        """What the last step measured, and what a validation at this very step did, in its place where names agree."""
        validation = self.history.validation.last()
        return self.history.training.last() | (validation if validation.get("step") == self.step else {})

    def number(self, metric: str) -> float:
        """One of the metrics. Raises KeyError with the names there are."""
        if metric not in self.metrics:
            raise KeyError(f"at step {self.step} nothing named {metric!r} was measured, but {', '.join(self.metrics)}")
        return float(self.metrics[metric])

    def remember(self, **values: Any) -> State:
        """The state with values in `extra` replaced. Raises ValueError for a name or shape that is not kept there."""
        extra = dict(self.state.extra)
        for name, value in values.items():
            if name not in extra:
                raise ValueError(f"nothing named {name!r} is remembered here: give on() its first value")
            extra[name] = jax.tree.map(functools.partial(like, name), extra[name], value)
        return self.state._replace(extra=extra)


def like(name: str, old: Any, new: Any) -> jax.Array:
    if np.shape(old) != np.shape(new):
        raise ValueError(f"{name} is remembered in the shape {np.shape(old)}, not {np.shape(new)}")
    return jnp.array(new, old.dtype)


class On(NamedTuple):
    """A callback and its pace. `memory` is what `state.extra` holds for it at step 0."""

    when: Every
    do: Callable[[Event], Stop | State | None]
    at_end: bool = False
    memory: dict[str, Any] = {}


def on(when: Every, do: Callable[[Event], Stop | State | None], *, at_end: bool = False, **memory: Any) -> On:
    """`do(event)` at a pace, and `at_end` at the run's last step as well, unless a signal ends the run.

    `memory` names what is remembered, with its first values. A run that goes on with a callback more begins that one's
    memory; one that goes on without it keeps what it remembered.
    Raises ValueError for a name that the step itself keeps or looks for.

    >>> on(Every(epochs=1), lambda event: Stop("it is good") if event.metrics["loss"] < 0.1 else None).when
    Every(steps=0, epochs=1, minutes=0)
    """
    for name in memory:
        if name in RESERVED:
            raise ValueError(f"{name!r} is the step's own name in state.extra: remember it under another")
    return On(when, do, at_end, memory)


def early_stopping(metric: str = "loss", patience: int = 5, *, when: Every = EPOCH, higher: bool = False) -> On:
    """Stop when a metric has not become better `patience` times in a row."""
    sign = -1.0 if higher else 1.0

    def look(event: Event) -> Stop | State:
        value, best = sign * event.number(metric), float(event.state.extra["stop_best"])
        waited = 0 if value < best else int(event.state.extra["stop_waited"]) + 1
        state = event.remember(stop_best=min(value, best), stop_waited=waited)
        if waited < patience:
            return state
        return Stop(f"{metric} has not become better than {sign * best:.6g} {patience} times in a row", state)

    return on(when, look, stop_best=np.float32(np.inf), stop_waited=np.int32(0))


def plateau(
    metric: str = "loss",
    patience: int = 3,
    factor: float = 0.5,
    *,
    when: Every = EPOCH,
    higher: bool = False,
    least: float = 1e-4,
) -> On:
    """Multiply the learning rate by `factor` whenever a metric has not become better `patience` times in a row.

    What is multiplied is the change that the optimizer proposes (`state.extra["rate"]`, 1 at first), down to `least`. A
    run that goes on without it keeps its rate.
    """
    sign = -1.0 if higher else 1.0

    def look(event: Event) -> State:
        extra = event.state.extra
        value, best = sign * event.number(metric), float(extra["plateau_best"])
        waited = 0 if value < best else int(extra["plateau_waited"]) + 1
        rate = float(extra["rate"])
        if waited == patience:
            waited, rate = 0, max(rate * factor, least)
        return event.remember(plateau_best=min(value, best), plateau_waited=waited, rate=rate)

    memory = {"plateau_best": np.float32(np.inf), "plateau_waited": np.int32(0), "rate": np.float32(1)}
    return On(when, look, memory=memory)


def with_memory(state: State, events: Sequence[On]) -> State:
    """The state with room for what the callbacks remember; what it remembers already stays.

    Raises TypeError for a callback without a pace, and ValueError when two want the same name, or when what stands
    under a name is not what its callback remembers.
    """
    for event in events:
        if not isinstance(event, On):
            raise TypeError(f"a callback has a pace: on(Every(epochs=1), {getattr(event, '__name__', event)})")
    names = [name for event in events for name in event.memory]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{name!r} is somebody else's name in state.extra: callbacks cannot share one")
    first = {name: own(value) for event in events for name, value in event.memory.items()}
    kept = {name: in_form(name, first[name], state.extra[name]) for name in first if name in state.extra}
    return state._replace(extra={**first, **state.extra, **kept})


def in_form(name: str, first: Any, kept: Any) -> Any:
    """What a checkpoint has of a callback's memory, in the form of its first value."""
    wanted, leaves = named_leaves({name: first}), named_leaves({name: kept})
    said = differences(wanted, leaves)
    if said:
        raise ValueError(f"state.extra has no memory of the callback that remembers {name!r}: {in_short(said)}")
    return jax.tree.unflatten(jax.tree.structure(first), [leaves[leaf] for leaf in wanted])
