"""Training as one call."""

import time
from collections import deque
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from funcfit.compile import jit

from .data import LINE, Batches, batches
from .history import Result, columns
from .program import Loss, Metrics, Program, measured, program
from .progress import Progress
from .state import State, own


def fit(
    loss: Loss,
    params: Any,
    data: Any,
    optimizer: optax.GradientTransformation,
    *,
    steps: int | None = None,
    epochs: float | int | None = None,
    validation: Any = None,
    metric: Loss | None = None,
    every: int | None = None,
    seed: int = 0,
) -> Result:
    """Train `params` by `loss(params, batch, key)` and an optax optimizer, to step `steps` or through `epochs`.

    `data` is `batches(...)`, or arrays, which are then one batch. With `validation`, arrays that the training does not
    see, `metric` (by default the loss, called with a key that is always the same) is measured on all of them `every` so
    many steps (by default every epoch) and at the end.
    In place of params there may be a State from an earlier result: the run goes on from there, and ends up bit for bit
    where one run would have. Params and state stay the caller's.
    Raises ValueError unless exactly one of steps and epochs is given, and when there is nothing left to do.

    >>> x = jnp.linspace(0, 1, 20)
    >>> def loss(w, batch, key):
    ...     x, y = batch
    ...     return ((w["a"] * x + w["b"] - y) ** 2).mean()
    >>> result = fit(loss, {"a": 0.0, "b": 0.0}, (x, 3 * x + 1), optax.adam(0.1), steps=500)
    >>> round(float(result.params["a"]), 3), round(float(result.params["b"]), 3)
    (3.0, 1.0)
    """
    data = data if isinstance(data, Batches) else batches(data)
    train = program(loss, optimizer, data)
    state = own(params) if isinstance(params, State) else train.init(params, seed)
    start, stop = int(state.step), last_step(data, steps, epochs)
    if start >= stop:
        raise ValueError(f"the run would end at step {stop}, but its state is at step {start} already")
    if validation is None:
        return run(train, state, start, stop)
    arrays = batches(validation).arrays
    return run(train, state, start, stop, every or data.steps(1), lambda p: evaluate(metric or loss, p, arrays))


def evaluate(metric: Loss, params: Any, arrays: Any) -> Metrics:
    """The metrics of `params` on all rows of `arrays` at once, with the metric itself as "loss".

    >>> evaluate(lambda w, x, key: abs(x - w).mean(), 2.0, jnp.array([1.0, 5.0]))["loss"]
    Array(2., dtype=float32)
    """
    return _evaluate(metric, params, arrays)


def _measure(metric, params, arrays):
    return measured(metric)(params, arrays, jax.random.key(0))[1]


_evaluate = jit(_measure, static_argnums=(0,), name="evaluate")


def last_step(data: Batches, steps: int | None, epochs: float | int | None) -> int:
    if steps is None and epochs is not None:
        steps = data.steps(epochs)
    elif steps is None or epochs is not None:
        raise ValueError(f"fit needs one of steps= and epochs=, not steps={steps}, epochs={epochs}")
    if steps * data.size > LINE:
        raise ValueError(f"{steps} steps of {data.size} rows are more than the {LINE} rows that batches count")
    return steps


def run(train: Program, state: State, start: int, stop: int, every: int = 0, measure=None) -> Result:
    """The loop. One chunk of steps is on its way to the device while the chunk before it is read."""
    history, validation, under_way = [], [], deque()
    step, length, then = start, 1, time.monotonic()
    with Progress(start, stop) as progress:

        def read_oldest():
            steps, metrics = under_way.popleft()
            rows = {name: np.asarray(values)[: len(steps)] for name, values in metrics.items()}
            history.append({"step": steps, **rows})
            progress.tell(int(steps[-1]), float(rows["loss"][-1]))

        while step < stop:
            until = min(stop, step + length, step + every - step % every if measure else stop)
            state, metrics = train.records(state, until - step)
            under_way.append((np.arange(step + 1, until + 1), metrics))
            step = until
            if measure and (step % every == 0 or step == stop):
                row = {"step": step, **measure(state.params)}
                validation.append({name: jnp.asarray(value)[None] for name, value in row.items()})
            if len(under_way) > 1:
                read_oldest()
            # Chunks grow until one takes a moment: few returns to Python, and still a line that moves.
            now = time.monotonic()
            length, then = (min(train.span, 2 * length) if now - then < 0.2 else length), now
        while under_way:
            read_oldest()
    return Result(state, columns(history), columns(validation))
