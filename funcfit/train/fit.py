"""Training as one call."""

import difflib
import inspect
import operator
import os
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import optax

from funcfit.tree import own

from .data import LINE, Batches, Data, batches
from .evaluate import evaluate
from .events import ENDS, EPOCH, Event, Every, On, on
from .history import Result, Rows
from .loggers import Logger
from .nonfinite import holes
from .outcome import Loss
from .program import program
from .run import Run
from .state import State

RESUMABLE = 75  # the exit status after SIGTERM (EX_TEMPFAIL): start it again, and it goes on


def fit(
    loss: Loss,
    params: Any,
    data: Any,
    optimizer: optax.GradientTransformation,
    *,
    steps: int | None = None,
    epochs: float | int | None = None,
    run: str | os.PathLike | Run | None = None,
    validation: Any = None,
    metric: Loss | None = None,
    every: int | Every = EPOCH,
    events: Sequence[On] = (),
    log: Logger | Sequence[Logger] = (),
    seed: int = 0,
    carry: Any = None,
    **options: Any,
) -> Result:
    """Train `params` by `loss(params, batch, key)` and an optax optimizer, to step `steps` or through `epochs`.

    `data` is `batches(...)`, or arrays, which are then one batch. With `validation`, data that the training does not
    see, `metric` (by default the loss, called with a key that is always the same) is measured on it at the pace of
    `every` (steps, or an Every) and at the end. `events` are callbacks, made by `on`, and `options` those of `program`.
    In place of params there may be a State from an earlier result: the run goes on from there, and ends up bit for bit
    where one run would have. Params and state stay the caller's.
    With a `run`, a directory, the same happens by itself: what the directory holds is gone on from, after a crash too.
    `log`, a function of (step, values) or some of them, is told of each row of the history: `tensorboard(folder)`, or
    `lambda step, values: wandb.log(values, step)`; a validation's values have names that begin with "validation/".
    Ctrl-C ends the training after the steps under way and gives the result so far (a second one is as ever); SIGTERM
    saves, and ends the process with status 75. Neither waits for a last validation.
    Raises ValueError unless exactly one of steps and epochs is given, and when there is nothing left to do; NonFinite
    when the loss or its gradient is not finite.

    >>> import jax.numpy as jnp
    >>> x = jnp.linspace(0, 1, 20)
    >>> def loss(w, batch, key):
    ...     x, y = batch
    ...     return ((w["a"] * x + w["b"] - y) ** 2).mean()
    >>> result = fit(loss, {"a": 0.0, "b": 0.0}, (x, 3 * x + 1), optax.adam(0.1), steps=500)
    >>> round(float(result.params["a"]), 3), round(float(result.params["b"]), 3)
    (3.0, 1.0)
    """
    known = inspect.signature(program).parameters
    for name in options:
        if name not in known or name == "update":
            near = difflib.get_close_matches(name, known, 1)
            meant = f"{near[0]} is the nearest" if near else "a learning rate is the optimizer's: optax.adam(1e-3)"
            raise TypeError(f"fit has no option {name!r}: {meant}. There are {', '.join(list(known)[4:])}")
    data = data if isinstance(data, Data) else batches(data)
    train, until = program(loss, optimizer, data, **options), last_step(data, steps, epochs)

    def begun() -> State:
        return own(params) if isinstance(params, State) else train.init(params, seed, carry)

    if isinstance(run, Run) and log:
        raise ValueError("a Run has its own loggers: give log= to Run(...), or the run's path to fit")
    with run if isinstance(run, Run) else Run(run, log=log) as run:
        start = int(params.step) if isinstance(params, State) else 0
        state = run.restore(begun)
        if start >= until:
            raise ValueError(f"the run would end at step {until}, but its state is at step {start} already")
        if run.why not in (None, *ENDS):
            until = int(state.step)  # a callback ended it
        if validation is not None:
            events = [validated(metric or loss, validation, every, run), *events]
        for event in run.steps(train, state, until, events):
            last = event
    if last.why == "terminated":
        raise SystemExit(RESUMABLE)
    training, measured, clock = (rows.columns() for rows in last.history)
    warn_of_holes(last.history.training)
    return Result(last.state, training, measured, last.params, last.why or "steps", clock, train.report(last.timing))


def warn_of_holes(training: Rows) -> None:
    """Name the metrics that were not finite at steps whose loss was."""
    for name, steps in training.holes().items():
        warnings.warn(
            f"the metric {name!r} was not finite in {len(steps)} steps, first in step {steps[0]}", stacklevel=3
        )


def validated(metric: Loss, data: Any, every: int | Every, run: Run) -> On:
    """The callback that measures data which the training does not see."""
    data = data if isinstance(data, Data) else batches(data)

    def measure(event: Event) -> None:
        try:
            values = evaluate(metric, event.params, data, carry=event.state.carry)
        except Exception as error:
            error.add_note("This was the validation.")
            raise
        run.log(event.step, values)
        bad = [name for name, value in values.items() if not np.isfinite(value).all()]
        if bad:
            rows = data.arrays if isinstance(data, Batches) else None
            found = "; ".join(holes({"its data": rows}))
            warnings.warn(f"of a validation, {', '.join(bad)} is not finite{found and f': {found}'}", stacklevel=2)

    return on(Every(steps=every) if isinstance(every, int) else every, measure, at_end=True)


def last_step(data: Data, steps: int | None, epochs: float | int | None) -> int:
    if steps is None and epochs is not None:
        steps = data.steps(epochs)
    elif steps is None or epochs is not None:
        raise ValueError(f"fit needs one of steps= and epochs=, not steps={steps}, epochs={epochs}")
    try:
        steps = operator.index(steps)
    except TypeError:
        raise TypeError(f"steps are counted in whole numbers, not {steps!r}") from None
    if steps * data.size > LINE:
        raise ValueError(f"{steps} steps of {data.size} rows are more than the {LINE} rows that batches count")
    return steps
