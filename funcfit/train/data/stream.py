"""Batches that come one after the other."""

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import numpy as np

from .host import WIDEST, Ended, FromHost
from .positions import read, told_batches, written
from .sources import fingerprint_of, row_count


class Place(NamedTuple):
    """Where a stream stands before a step: the source's position before the batch whose rows are next, and how many of
    that batch's rows have been used.
    """

    step: int
    position: Any
    used: int


class Stream(FromHost):
    """Batches that come one after the other, cut anew into batches of one size.

    What changes: it stands somewhere in its source. A source that can tell its position (see positions.py) is gone back
    with to the nearest place that is remembered. With another, a step that lies behind is reached by starting over, and
    a step ahead by passing over what lies between: it has to give the same batches each time it is iterated.
    """

    def __init__(self, source: Any, size: int | None, pad: bool):
        self._source, self._pad, self._began = source, pad, False
        self._start = Place(0, None, 0)
        self._places: dict[int, Place] = {}
        self._go(self._start)
        self._size = row_count(self._look()) if size is None else size

    @property
    def rows(self) -> None:
        return None

    @property
    def size(self) -> int:
        return self._size

    def __getitem__(self, t: int) -> Any:
        if t < self._next - (self._last is not None):
            self._go(max((place for step, place in self._places.items() if step <= t), default=self._start))
        while self._next <= t:
            self._remember()
            self._last = self._cut()
            self._next += 1
        return self._last

    def feed(self, t: int) -> tuple[Any, int]:
        fed = super().feed(t)
        if self._places:  # the next window begins here, and may be asked for before it is made
            with contextlib.suppress(Ended):
                self._remember()
        return fed

    def position(self, t: int) -> Any:
        place = self._places.get(t - t % self.width)
        try:
            return None if place is None else [place.step, written(place.position), place.used]
        except TypeError as error:
            warnings.warn(f"where the data stands cannot be saved: {error}", stacklevel=2)
            return None

    def seek(self, t: int, position: Any) -> None:
        first = t - t % self.width  # this looks at step 0, and so comes before all else
        if position is not None:
            step, place, used = position
            self._go(Place(step, read(place), used))
        elif first and first not in self._places:
            warnings.warn(
                "it is not known where the data stood (that takes a source with get_state or state_dict, and a run's "
                f"directory): its first {first} batches are read and passed over",
                stacklevel=2,
            )

    def _go(self, place: Place) -> None:
        self._epochs, self._held, self._used = self._endless(place.position), None, 0
        self._next, self._last = place.step, None
        if place.used:
            self._look()
            self._used = place.used

    def _remember(self) -> None:
        """Note where the stream stands, for as long as a few windows are long; the start for good."""
        self._look()
        if self._before is None:
            return
        place = Place(self._next, self._before, self._used)
        self._start = self._start if place.step else place
        self._places[place.step] = place
        if len(self._places) > 4 * WIDEST:
            del self._places[next(iter(self._places))]

    def _endless(self, position: Any) -> Iterator[tuple[Any, Any]]:
        """(position before it, batch) of the source's batches, epoch after epoch; twice None marks the end of one."""
        while True:
            empty = True
            for before, batch in told_batches(self._source, position):
                empty, self._began = False, True
                yield before, jax.tree.map(np.asarray, batch)
            if empty and position is None:  # with one, it may stand at the end of an epoch
                return
            position = None
            yield None, None

    def _follow(self) -> None:
        """Hold the next batch of the source; None at the end of an epoch."""
        try:
            self._before, self._held = next(self._epochs)
        except StopIteration:
            said = "the data ended: an iterator can be used once; give a function that makes a new one"
            raise Ended(said if self._began else "this data is empty: its iterator gave no batch") from None
        self._used = 0

    def _look(self) -> Any:
        """The batch whose rows come next."""
        while self._held is None:
            self._follow()
        return self._held

    def _cut(self) -> Any:
        """The next `size` rows."""
        parts, need = [], self.size
        while need:
            rows, start = self._look(), self._used
            count = row_count(rows)
            stop = self._used = min(start + need, count)
            parts.append(jax.tree.map(lambda array, of=slice(start, stop): array[of], rows))
            need -= stop - start
            if stop == count:
                self._follow()
            if self._pad and self._held is None:
                break
        batch = jax.tree.map(lambda *rows: np.concatenate(rows), *parts)
        if not self._pad:
            return batch
        filled = jax.tree.map(lambda array: np.resize(array, (self.size, *array.shape[1:])), batch)
        return filled, (np.arange(self.size) < self.size - need).astype(np.float32)

    def steps(self, epochs: float | int) -> int:
        raise ValueError("nobody knows how many rows this data has: count in steps, not in epochs")

    def epochs(self, t: int) -> float:
        return self.steps(t)

    def fingerprint(self) -> dict[str, Any]:
        return {**fingerprint_of(self.first), "size": self.size, "pad": self._pad}
