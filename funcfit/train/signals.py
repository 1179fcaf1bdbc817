"""Ctrl-C and SIGTERM while steps are on the device."""

import signal
import threading

NAMES = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}


class Deferred:
    """A with-block in which the first Ctrl-C or SIGTERM only leaves its `name`, to be looked at between steps.

    A second one acts at once, as without the block. Outside the main thread, where Python delivers no signals, it does
    nothing.
    """

    name: str | None = None

    def __enter__(self):
        self._before = {}
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._note) for number in NAMES}
        return self

    def __exit__(self, *error):
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number, frame):
        self.name = NAMES[signal.Signals(number)]
        self.__exit__()
