"""The line that tells that a program is still running."""

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from funcfit import compile

ERASE = "\r\x1b[K"


@contextlib.contextmanager
def status_line(program: str) -> Iterator["Status | None"]:
    """While the block runs, a line on the terminal tells how long the program has run; elsewhere there is none."""
    if not (sys.stdout.isatty() and sys.stderr.isatty()):
        yield None
        return
    status, done = Status(program, sys.stderr), threading.Event()
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = Watched(sys.stdout, status), Watched(sys.stderr, status)

    def tick():
        while not done.wait(0.5):
            status.draw()

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield status
    finally:
        done.set()
        thread.join()
        status.give_way("\n")
        sys.stdout, sys.stderr = before


class Status:
    """The line and whether it stands on the terminal; it gives way to whatever the program prints."""

    def __init__(self, program: str, terminal, patience: float = 1.0):
        self.program, self.terminal, self.patience = program, terminal, patience
        self.start = self.last_print = time.monotonic()
        self.compiled = compile.traces()
        self.shown, self.between_lines = False, True
        self.lock = threading.Lock()

    def draw(self) -> None:
        """Show or renew the line, unless the program is printing or has left a line unfinished."""
        now = time.monotonic()
        with self.lock:
            if self.between_lines and now - self.last_print >= self.patience:
                parts = f"{now - self.start:.0f} s, {compile.traces() - self.compiled} compilations"
                self.terminal.write(f"{ERASE}funcfit: {self.program} is running, {parts}")
                self.terminal.flush()
                self.shown = True

    def give_way(self, text: str) -> None:
        """Take the line away, since `text` is about to be printed."""
        with self.lock:
            if self.shown:
                self.terminal.write(ERASE)
                self.terminal.flush()
            self.shown, self.between_lines, self.last_print = False, text.endswith("\n"), time.monotonic()


class Watched:
    """A stream that has the status line give way to what is written to it."""

    def __init__(self, stream, status: Status):
        self._stream, self._status = stream, status

    def write(self, text: str) -> int:
        if text:
            self._status.give_way(text)
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
