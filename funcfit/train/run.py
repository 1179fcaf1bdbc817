"""A directory that can be trusted."""

import contextlib
import fcntl
import functools
import json
import os
import platform
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jax
import numpy as np

from funcfit import checkpoint
from funcfit.checkpoint import disk
from funcfit.checkpoint.steps import as_tree
from funcfit.compile import kept_in

from . import loop
from .data import Data
from .events import Event, Every, On, with_memory
from .history import History, Rows
from .loggers import VALIDATION, Logger, told
from .nonfinite import NonFinite
from .program import Program
from .state import OPTIONS, State

TEN_MINUTES = Every(minutes=10)


class Run:
    """A training run in a directory: checkpoints, the rows of its metrics, and what made it. A context manager.

        run.json            versions, the program's arguments, the fingerprint of its data
        metrics.jsonl       a row for every step        validation.jsonl    a row for every validation
        clock.jsonl         when the rows had come      compiled/           programs, for the next process
        checkpoints/        see funcfit.checkpoint

    While it is open no other process can open it. A checkpoint is saved at the pace of `every` and at the end; the
    newest `keep` stay, and the best by the metric that `best` names (the least; with a minus before it, the greatest).
    Rows up to a checkpoint's step are on the disk before the checkpoint counts. `log` is a function of (step, values)
    that is told of each row too, or some of them: see loggers.py. Without a path, nothing is kept.

        with Run("runs/first") as run:
            state = run.restore(program.init(params))
            for event in run.steps(program, state, 10_000, [on(Every(epochs=1), look)]):
                print(event.step, event.metrics)
    """

    def __init__(
        self,
        path: str | os.PathLike | None = None,
        *,
        keep: int = 3,
        best: str | None = None,
        every: Every = TEN_MINUTES,
        log: Logger | Sequence[Logger] = (),
    ):
        if keep < 1:
            raise ValueError(f"a run keeps at least one checkpoint, not {keep}: it goes on from it")
        self.path = None if path is None else Path(path).absolute()
        self.keep, self.best, self.every = keep, best, every
        self.why: str | None = None  # the restored checkpoint is the run's end, and why it ended
        self.loggers = [log] if callable(log) else list(log)
        self.history = History(
            self._rows("metrics.jsonl", ""), self._rows("validation.jsonl", VALIDATION), self._rows("clock.jsonl", None)
        )
        self._data: Data | None = None
        self._position: Any = None  # of the restored checkpoint's data
        self._saving: Future | None = None
        self._lock: Any = None
        self._thread: Any = None

    def __repr__(self) -> str:
        if self.path is None:
            return "Run(nothing is kept)"
        step = checkpoint.latest(self.checkpoints)
        saved = "nothing saved yet" if step is None else f"saved up to step {step:,}"
        return f"Run({self.path}, {saved}{f', ended by {self.why}' if self.why else ''})"

    @property
    def checkpoints(self) -> Path:
        if self.path is None:
            raise ValueError("a run without a path has no checkpoints")
        return self.path / "checkpoints"

    def __enter__(self) -> "Run":
        if self.path is not None:
            disk.make(self.path)
            self._lock = locked(self.path / "lock")
            self._thread = ThreadPoolExecutor(1, "funcfit-save")
        return self

    def __exit__(self, kind, *error) -> None:
        with contextlib.ExitStack() as closing:  # the last is closed first, and each whatever becomes of the others
            for thing in (self._lock, *self.loggers, *self.history):
                closing.callback(getattr(thing, "close", lambda: None))
            if self._thread:
                closing.callback(self._thread.shutdown)
            try:
                self._settle()
            except OSError:
                if kind is None:  # else the error that ended the run is the one to tell
                    raise

    def restore(self, like: State | Callable[[], State]) -> State:
        """The newest whole checkpoint, checked leaf by leaf; `like` itself where nothing is saved yet.

        What callbacks remember comes with it, and `like` need not have it.
        In place of a state there may be a function that makes it, which is then only made where it is needed.
        """
        first = like if callable(like) else lambda: like
        if self.path is None:
            return first()
        try:
            saved = restored(self.checkpoints, jax.eval_shape(first))
        except FileNotFoundError:
            return first()
        self.why, self._position = saved.facts["why"], saved.facts.get("position")
        return jax.device_put(saved.tree)  # jnp.asarray would compile a program for each shape

    def commit(self, state: State, why: str | None = None, *, wait: bool = False) -> None:
        """Save the state, in the background unless `wait`; an error is raised by the next call, or at the end."""
        if self.path is None:
            return
        if self._thread is None:
            raise RuntimeError(f"the run in {self.path} is not open: use it in `with run:`")
        self._settle()
        for rows in self.history:
            rows.sync()
        step = int(state.step)
        position = None if self._data is None else self._data.position(step)
        facts = {"why": why, "metrics": scalars(self.history), "saved": now(), "position": position}
        self._saving = self._thread.submit(self._save, step, copied(state), facts)
        if wait:
            self._settle()

    def log(self, step: int, values: dict[str, Any]) -> None:
        """Add a row to the validation's."""
        self.history.validation.add(step, values)

    def steps(self, program: Program, state: State, until: int, events: Sequence[On] = ()) -> Iterator[Event]:
        """Run the program up to step `until`; yield an event whenever a callback was due and at the end.

        This is the loop of `fit`, to be used as `for event in run.steps(...)`. Callbacks come before the checkpoint of
        their step, so that what they remember is in it; the state need have no room for that yet.
        """
        state = with_memory(state, events)
        if self.path is not None:
            self._note(program, self.path / "run.json")
            with kept_in(self.path / "compiled"):
                program.compile(state)
            for rows in self.history:
                rows.resume(int(state.step))
            disk.sync(self.path)
        first = int(state.step)
        program.data.seek(first, self._position)
        self._data = program.data
        due: list[int] = []  # steps whose state is to be saved, once the other callbacks have seen it
        save = [On(self.every, lambda event: due.append(event.step))] if self.path else []
        try:
            for event in loop.steps(program, state, until, [*events, *save], self.history):
                if event.step == first:  # it was at its end already, and is saved
                    event = event._replace(why=self.why or event.why)
                elif due or event.why:
                    self.commit(event.state, event.why, wait=event.why is not None)
                    due.clear()
                yield event
        except NonFinite as error:
            if int(error.state.step) > first:
                self.commit(error.state, wait=True)
            raise

    def _rows(self, name: str, prefix: str | None) -> Rows:
        """The rows of a file, told to the loggers with a prefix before the names of what was measured, if with one."""
        tell = functools.partial(told, self.loggers, prefix) if self.loggers and prefix is not None else None
        return Rows(None if self.path is None else self.path / name, tell)

    def _save(self, step: int, state: State, facts: dict[str, Any]) -> None:
        checkpoint.save(self.checkpoints, step, state, facts)
        checkpoint.prune(self.checkpoints, self.keep, self._best_steps())

    def _best_steps(self) -> set[int]:
        if self.best is None:
            return set()
        name, sign = self.best.removeprefix("-"), -1 if self.best.startswith("-") else 1
        facts = checkpoint.facts(self.checkpoints)
        values = [(sign * f["metrics"].get(name, np.nan), step) for step, f in facts.items()]
        return {step for _, step in sorted((value, step) for value, step in values if np.isfinite(value))[:1]}

    def _settle(self) -> None:
        """Wait for the checkpoint under way. Raises what went wrong with it."""
        saving, self._saving = self._saving, None
        if saving:
            saving.result()

    def _note(self, program: Program, file: Path) -> None:
        """Write down what makes the run, or hold the data against those it began with."""
        data = program.data.fingerprint()
        if file.exists():
            before = json.loads(file.read_text())["data"]
            if before != data:
                names = sorted(before.keys() | data.keys())
                changed = {n: (before.get(n), data.get(n)) for n in names if before.get(n) != data.get(n)}
                raise ValueError(
                    f"the data of this run has changed, so it cannot go on as it began: {changed} (before, now); "
                    f"train in another directory, or delete {file} to go on with the new data"
                )
            return
        versions = {"jax": jax.__version__, "numpy": np.__version__, "python": platform.python_version()}
        facts = {"data": data, "versions": versions, "arguments": sys.argv, "started": now(), "folder": os.getcwd()}
        disk.replace(file, json.dumps(facts, indent=1))


def restored(folder: Path, like: State, step: int | None = None, *, set_aside: bool = True) -> checkpoint.Saved:
    """A saved state like `like`, with what callbacks remembered, of which `like` need not know: dicts by name."""
    saved = checkpoint.restore(folder, step=step, set_aside=set_aside)
    memory: dict[str, Any] = {}
    for name, leaf in saved.tree.items():
        field, *path = name.split("/")
        if field == "extra" and path[0] not in (*OPTIONS, *like.extra):
            functools.reduce(lambda tree, key: tree.setdefault(key, {}), path[:-1], memory)[path[-1]] = leaf
    like = like._replace(extra={**memory, **like.extra})
    return saved._replace(tree=as_tree(like, saved.tree, folder / f"step {saved.step}"))


def locked(path: Path) -> Any:
    """The file, held by this process until it is closed or the process ends, however that happens.

    Raises RuntimeError naming who holds it.
    """
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        owner = file.read()
        file.close()
        raise RuntimeError(f"{path.parent} is in use by {owner or 'another process'}: one run, one process") from None
    file.truncate(0)
    file.write(f"process {os.getpid()} on {socket.gethostname()}")
    file.flush()
    return file


def copied(state: State) -> State:
    """The state in memory that no program takes."""

    def copy(leaf):
        return leaf.copy() if jax.numpy.issubdtype(leaf.dtype, jax.dtypes.prng_key) else np.array(leaf)

    return jax.tree.map(copy, state)


def now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S")


def scalars(history: History) -> dict[str, float]:
    """The newest row of numbers; a validation's hide the training's of the same name."""
    row = history.training.last() | history.validation.last()
    return {name: float(value) for name, value in row.items() if np.ndim(value) == 0}
