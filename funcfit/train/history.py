"""What was measured on the way, and what a run gives back."""

import contextlib
import html
import itertools
import json
import math
import os
import re
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from .plots import Course, drawn, panels
from .report import Report
from .sketch import curve
from .state import State


class Rows:
    """Rows of metrics in the order of their steps, and in a file as JSON lines where there is one.

    What changes: rows are added; those that are still on the device are read when somebody asks, or when later ones
    come. Each is then told to `tell(step, values)`. `short` says that fewer came than were to.
    """

    def __init__(self, path: Path | None = None, tell: Callable[[int, dict[str, Any]], None] | None = None):
        self._chunks: list[dict[str, np.ndarray]] = []
        self._coming: deque[tuple[int, int, dict[str, Any], Any]] = deque()
        self._path, self._file, self._tell = path, None, tell
        self.short = False

    def __repr__(self) -> str:
        count = sum(len(chunk["step"]) for chunk in self._chunks)
        return f"Rows({count:,} of {', '.join(self.there)})" if count else "Rows(none yet)"

    def resume(self, step: int) -> None:
        """Take up the file, once, at a step: rows up to it are history; those after it, or cut by a kill, go away."""
        if self._path is None or self._file:
            return
        self._path.touch()
        self._chunks, end = chunks_in(self._path, step)
        os.truncate(self._path, end)
        self._file = self._path.open("a")

    def add(self, step: int, values: dict[str, Any]) -> None:
        """One row."""
        self._keep({"step": np.array([step]), **{name: np.asarray(value)[None] for name, value in values.items()}})

    def add_later(self, start: int, stop: int, values: dict[str, Any], taken: Any) -> None:
        """The rows of the steps after `start` up to `stop`, of which the first `taken` count; still on their way."""
        self._coming.append((start, stop, values, taken))

    def read(self, leave: int = 0) -> None:
        """Wait for the rows on their way, but for the newest `leave` chunks."""
        while len(self._coming) > leave:
            start, stop, values, taken = self._coming.popleft()
            count = int(taken)
            self.short |= count < stop - start
            steps = np.arange(start + 1, start + count + 1)
            if count:
                self._keep({"step": steps, **{name: np.asarray(v)[:count] for name, v in values.items()}})

    @property
    def there(self) -> dict[str, Any]:
        """The newest row that has arrived; empty before the first."""
        return {name: column[-1] for name, column in self._chunks[-1].items()} if self._chunks else {}

    def last(self) -> dict[str, Any]:
        """The newest row."""
        self.read()
        return self.there

    def columns(self) -> dict[str, np.ndarray]:
        """An array for each metric, with a row for each step; NaN where it was not measured."""
        self.read()
        return joined_columns(self._chunks)

    def holes(self) -> dict[str, np.ndarray]:
        """The steps at which a metric was measured and not finite, though the loss was."""
        self.read()
        found: dict[str, list[np.ndarray]] = {}
        for chunk in self._chunks:
            sound = np.isfinite(chunk["loss"])
            for name, column in chunk.items():
                holed = ~np.isfinite(column.reshape(len(column), -1)).all(1) & sound
                if holed.any():
                    found.setdefault(name, []).append(chunk["step"][holed])
        return {name: np.concatenate(steps) for name, steps in found.items()}

    def sync(self) -> None:
        """Bring the rows to the disk."""
        self.read()
        if self._file:
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        file, self._file = self._file, None
        if file:
            with contextlib.suppress(OSError):  # told already, by the row that could not be written
                file.close()

    def _keep(self, chunk: dict[str, np.ndarray]) -> None:
        self._chunks.append(chunk)
        if not self._file and not self._tell:
            return
        columns = {name: plain(column) for name, column in chunk.items()}
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        if self._file:
            try:
                self._file.write("".join(as_json(row) + "\n" for row in rows))
                self._file.flush()
            except OSError as error:
                error.filename = str(self._path)
                error.add_note("What was saved before is whole: make room, and start the run again.")
                raise
        if self._tell:
            for row in rows:
                self._tell(row.pop("step"), row)


def plain(column: np.ndarray) -> list[Any]:
    """Numbers as JSON has them, float32 with the digits that tell it from its neighbours and no more."""
    if column.dtype.kind not in "biu":
        column = np.vectorize(lambda x: float(str(np.float32(x))), otypes=[float])(column.astype(np.float32))
    return column.tolist()


def as_json(row: dict[str, Any]) -> str:
    """The row as JSON, which has no word for NaN but null, and for infinity only numbers that are too large.

    >>> as_json({"step": 3, "NaN": [float("nan"), float("-inf")]})
    '{"step": 3, "NaN": [null, -1e999]}'
    """
    text = json.dumps(row)
    if "NaN" not in text and "Infinity" not in text:  # as in most rows: the search takes as long as the rest
        return text
    words = {"NaN": "null", "Infinity": "1e999"}
    return re.sub(r'"(?:[^"\\]|\\.)*"|NaN|Infinity', lambda found: words.get(found[0], found[0]), text)


def chunks_in(path: Path, until: float | int) -> tuple[list[dict[str, np.ndarray]], int]:
    """The rows of a file up to a step or the first line that is not whole, and where in the file they end."""
    rows, end = [], 0
    for line in path.read_bytes().splitlines(keepends=True):
        row = parsed(line)
        if row is None or row["step"] > until:
            break
        rows.append(row)
        end += len(line)
    alike = [list(group) for _, group in itertools.groupby(rows, key=tuple)]  # by the names of their metrics
    return [{name: column([row[name] for row in group]) for name in group[0]} for group in alike], end


def columns_in(path: Path) -> dict[str, np.ndarray]:
    """The columns of a file that a run may be writing at the moment; none where there is no file."""
    return joined_columns(chunks_in(path, math.inf)[0]) if path.exists() else {}


def joined_columns(chunks: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """An array for each metric, with NaN in the rows that lack it."""
    examples = {name: column[:1] for chunk in reversed(chunks) for name, column in chunk.items()}
    names = dict.fromkeys(name for chunk in chunks for name in chunk)

    def rows(name, chunk):
        shape = (len(chunk["step"]), *examples[name].shape[1:])
        return chunk[name] if name in chunk else np.full(shape, np.nan, np.float32)

    return {name: np.concatenate([rows(name, chunk) for chunk in chunks]) for name in names}


def column(values: list[Any]) -> np.ndarray:
    """Numbers or lists from a file as a column; what is not whole is a float32, as it was, and null is NaN."""
    array = np.asarray(values)
    if array.dtype == object:
        array = array.astype(float)
    return array.astype(np.float32) if array.dtype.kind == "f" else array


def parsed(line: bytes) -> dict[str, Any] | None:
    """A row, or None where the line is not whole."""
    try:
        row = json.loads(line) if line.endswith(b"\n") else None
    except ValueError:
        return None
    return row if isinstance(row, dict) and "step" in row else None


class History(NamedTuple):
    """What was measured: at every step of the training, and at every validation.

    `clock` tells how many milliseconds the training had taken when the rows up to a step had come. It stands apart, so
    that the rows of a run are the same whenever it runs.
    """

    training: Rows
    validation: Rows
    clock: Rows


class Result(NamedTuple):
    """The state to go on from, and what was measured on the way.

    `history` holds an array for each metric, with a row for every step; `validation` one with a row for every
    validation. Both have the array "step": the number of steps taken when the row was measured. `params` are those to
    use: the running mean where one was asked for. `why` the run ended: "steps", "interrupted", or what a callback said.
    `clock` has the "milliseconds" that the training had taken at some of its steps; `report`, what the program costs
    and how long its steps took.
    """

    state: State
    history: dict[str, np.ndarray]
    validation: dict[str, np.ndarray]
    params: Any
    why: str
    clock: dict[str, np.ndarray] = {}
    report: Report | None = None

    def __repr__(self) -> str:
        size = sum(np.size(leaf) for leaf in jax.tree.leaves(self.params))
        ends = {name: f"{column[-1]:.4g}" for name, column in self.history.items() if column.ndim == 1 and len(column)}
        return f"Result({size:,} parameters, ended by {self.why}, {ends})"

    def _repr_html_(self) -> str:
        return f"<div>{html.escape(repr(self))}</div>{curve(self.history['step'], self.history['loss'])}"

    def plot(self, metric: str = "loss", ax=None):
        """The course of a metric over the steps, and below it those of the learning rate and of the throughput.

        Gives the axes of the metric. Drawn on an `ax` of the caller's, it is the metric alone.
        """
        course = Course(self.history, self.validation, self.clock)
        return panels(metric, {"": course})[0] if ax is None else drawn(ax, metric, course)
