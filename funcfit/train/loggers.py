"""Where the rows of a run go besides its own files: any function of a step and what was measured."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from funcfit.eventfile import START, EventFile, scalars

VALIDATION = "validation/"  # begins the names of what a validation measured

Logger = Callable[[int, dict[str, Any]], Any]
"""A function of (step, values), such as `lambda step, values: wandb.log(values, step)`.

It gets each row once it has arrived, while the device works on the steps that follow: numbers and lists, as Python has
them. What a validation measured has names that begin with "validation/". One that has a `close` is closed with the run.
"""


class tensorboard:
    """The logger that writes what TensorBoard shows: `folder/training` and `folder/validation`, with one tag for both.

    A run that goes on later begins a new file, which says that what earlier ones hold of these steps no longer counts:
    no step is shown twice.

        fit(loss, params, data, optimizer, steps=1000, run="runs/first", log=tensorboard("runs/first"))
    """

    def __init__(self, folder: str | os.PathLike):
        self.folder = Path(folder)
        self._files: dict[str, EventFile] = {}
        self._first: int | None = None

    def __call__(self, step: int, values: dict[str, Any]) -> None:
        if self._first is None:
            self._first = step
        numbers = {
            name: value for name, value in values.items() if isinstance(value, int | float) or np.ndim(value) == 0
        }
        measured = {name.removeprefix(VALIDATION): x for name, x in numbers.items() if name.startswith(VALIDATION)}
        training = {name: x for name, x in numbers.items() if not name.startswith(VALIDATION)}
        for part, ours in (("training", training), ("validation", measured)):
            if ours:
                self._file(part).add(scalars(ours), step)

    def close(self) -> None:
        """Close its files; the next row begins new ones."""
        for file in self._files.values():
            file.close()
        self._files, self._first = {}, None

    def _file(self, part: str) -> EventFile:
        if part not in self._files:
            self._files[part] = EventFile(self.folder / part)
            self._files[part].add(START, self._first or 0)
        return self._files[part]


def told(loggers: Sequence[Logger], prefix: str, step: int, values: dict[str, Any]) -> None:
    """Tell all loggers of a row. An error of a logger's own goes on with the logger's name added to it."""
    for logger in loggers:
        try:
            logger(step, {prefix + name: value for name, value in values.items()})
        except Exception as error:
            name = getattr(logger, "__qualname__", type(logger).__name__)
            error.add_note(f"funcfit: raised by the logger {name}, at step {step}")
            raise
