"""The line that tells how far a run is."""

import sys
import time

from .history import Rows


class Progress:
    """One line on a terminal, rewritten at most ten times a second; nothing where nobody watches.

    It is told values that have already arrived, so it never waits for the device.
    """

    def __init__(self, first: int, last: int, stream=None):
        self._stream = sys.stderr if stream is None else stream
        self._shown = self._stream.isatty()
        self._first, self._last = first, last
        self._start = self._next = time.monotonic()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self._shown:
            self._stream.write("\n")

    def tell(self, rows: Rows):
        now = time.monotonic()
        if not self._shown or not rows.there or (now < self._next and rows.there["step"] < self._last):
            return
        self._next = now + 0.1
        step, loss = int(rows.there["step"]), rows.there.get("loss")
        self._stream.write("\r" + line(step, self._last, loss, (step - self._first) / max(now - self._start, 1e-9)))
        self._stream.flush()


def line(step: int, last: int, loss: float | None, rate: float) -> str:
    """
    >>> line(250, 1000, 0.125, 1234.5)
    '[#####...............] 250/1000  loss 0.125  1,234 steps/s'
    """
    bar = "#" * (20 * step // last)
    return f"[{bar:.<20}] {step}/{last}{'' if loss is None else f'  loss {loss:.5g}'}  {rate:,.0f} steps/s"
