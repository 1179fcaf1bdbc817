"""What a run gives back."""

from typing import Any, NamedTuple

import numpy as np

from .state import State


class Result(NamedTuple):
    """The state to go on from, and what was measured on the way.

    `history` holds an array for each metric, with a row for every step; `validation` one with a row for every
    validation. Both have the array "step": the number of steps taken when the row was measured.
    """

    state: State
    history: dict[str, np.ndarray]
    validation: dict[str, np.ndarray]

    @property
    def params(self) -> Any:
        return self.state.params

    def plot(self, metric: str = "loss", ax=None):
        """The course of a metric over the steps, drawn on `ax` (a new figure's by default), which is returned."""
        import matplotlib.pyplot as plt

        if ax is None:
            _, ax = plt.subplots()
        ax.plot(self.history["step"], self.history[metric], label="training")
        if metric in self.validation:
            ax.plot(self.validation["step"], self.validation[metric], marker=".", label="validation")
            ax.legend()
        ax.set_xlabel("steps")
        ax.set_ylabel(metric)
        return ax


def columns(chunks: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    """Chunks of rows, each an array for every name, as one array for every name."""
    names = chunks[0] if chunks else ()
    return {name: np.concatenate([chunk[name] for chunk in chunks]) for name in names}
