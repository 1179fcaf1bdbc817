"""Batches from the host, made while the device is at work."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import jax

from .data import Data


class Ahead:
    """Asks data for the window after the one that is in use, in a thread.

    `waited` is how many seconds the device had nothing to do because the data was not there.
    """

    def __init__(self, data: Data):
        self._data, self.waited = data, 0.0
        self._current: tuple[int, int, Any] = (0, 0, None)  # the steps of the window in use, and the window
        self._coming: Future | None = None
        self._thread = None if data.on_device else ThreadPoolExecutor(1, "funcfit-data")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self._thread is not None:
            self._drain()
            self._thread.shutdown()

    def feed(self, t: int, under_way: Any = None) -> tuple[Any, int]:
        """What a program takes for step t, and the first step that is not in it. It is at work on `under_way`."""
        if self._thread is None:
            return self._data.feed(t)
        first, end, feed = self._current
        if not first <= t < end:
            if self._coming is not None and not self._coming.done():
                jax.block_until_ready(under_way)  # the device waits for data from when it has nothing else to do
            start = time.monotonic()
            if self._coming is None or t != end:
                self._drain()
                feed, end = self._data.feed(t)
            else:
                feed, end = self._coming.result()
            self.waited += time.monotonic() - start
            self._current = (t, end, feed)
            self._coming = self._thread.submit(self._data.feed, end)
        return feed, end

    def _drain(self) -> None:
        """Wait for what the thread is doing: data is asked by one at a time."""
        if self._coming is not None:
            self._coming.exception()
