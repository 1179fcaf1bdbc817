"""A step of a run, taken again."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from funcfit import checkpoint
from funcfit.tree import listed

from .nonfinite import Origin, first_nonfinite
from .program import Program
from .run import Run, restored
from .state import State


class Replay(NamedTuple):
    """The state before a step, its batch and the pure `update`: all that the step is."""

    state: State
    batch: Any
    update: Any

    def __repr__(self) -> str:
        return f"Replay(of {self.state}, with {listed(self.batch)})"

    def again(self) -> tuple[State, dict[str, Any]]:
        """The step, operation by operation: put a breakpoint into the loss, or print."""
        with jax.disable_jit():
            return self.update(self.state, self.batch)

    def first_nonfinite(self) -> Origin | None:
        """The operation that made the first number which is not finite."""
        return first_nonfinite(self.update, self.state, self.batch)

    @property
    def jaxpr(self) -> Any:
        """The step as JAX sees it."""
        return jax.make_jaxpr(self.update)(self.state, self.batch)


def replay(train: Program, run: str | os.PathLike, like: State, step: int) -> Replay:
    """Step `step` of the run in a directory, from the nearest checkpoint before it; bit for bit what the run computed.

    `like` is a state as the run's own, such as `train.init(params)`. What callbacks changed between the checkpoint and
    the step is not repeated. The directory stays as it is.
    Raises FileNotFoundError when no checkpoint is as early as that.
    """
    folder = Path(run) / "checkpoints"
    there = [saved for saved, _ in checkpoint.saved_steps(folder)]
    earlier = [saved for saved in there if saved <= step]
    if not earlier:
        raise FileNotFoundError(f"no checkpoint in {folder} is as early as step {step}: there are {there or 'none'}")
    saved = restored(folder, like, max(earlier), set_aside=False)
    state = jax.tree.map(jnp.asarray, saved.tree)
    train.data.seek(saved.step, saved.facts.get("position"))
    if step > saved.step:
        state, _ = train(state, step - saved.step)
    return Replay(state, train.data[step], train.update)


class Reached(BaseException):
    """A program has come to the first step of a run that is held: the `program` and the `state` that it begins with."""

    def __init__(self, program: Program, state: State):
        super().__init__("a run that is held has come to its first step")
        self.program, self.state = program, state


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """A with-block in which a Run in `folder` opens, reads and writes nothing, and raises Reached for its first step.

    So a program that trains there can be asked for what a step is made of. What it does elsewhere it does.
    """
    make, folder = Run.__init__, folder.resolve()

    def stop(program: Program, state: State, until: int, events: Sequence[Any] = ()) -> Iterator[Any]:
        raise Reached(program, state)

    def made(self: Run, path: str | os.PathLike | None = None, **options: Any) -> None:
        ours = path is not None and Path(path).resolve() == folder
        make(self, None if ours else path, **options)
        if ours:
            self.steps = stop

    Run.__init__ = made
    try:
        yield
    finally:
        Run.__init__ = make
