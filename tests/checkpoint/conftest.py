import builtins
import errno
import io
import os
from pathlib import Path

import pytest

CALLS = [
    *((os, name) for name in ("fsync", "mkdir", "open", "remove", "rename", "replace", "rmdir", "unlink")),
    *((module, "open") for module in (builtins, io)),
]


class Disk:
    """A shim between Python and a folder: it notes what is done to files there, and fails at the n-th thing.

    With `dead`, all that comes later fails as well: what is in the folder then is what a kill at that moment leaves.
    """

    def __init__(self, monkeypatch, folder):
        self.folder, self.inside = str(folder), False
        self.rest()
        for module, name in CALLS:
            monkeypatch.setattr(module, name, self.watched(name, getattr(module, name)))

    def rest(self):
        self.done, self.at, self.error, self.dead = [], None, 0, False

    def fail(self, at, error=errno.EIO, dead=False):
        self.done, self.at, self.error, self.dead = [], at, error, dead

    def watched(self, name, call):
        def watched(path, *args, **options):
            place = self.place(path, options.get("dir_fd"))
            if not place.startswith(self.folder) or self.inside:
                return call(path, *args, **options)
            number = len(self.done)
            self.done.append((name, place))
            if self.at is not None and (number == self.at or (self.dead and number > self.at)):
                raise OSError(self.error, os.strerror(self.error), place)
            self.inside = True  # io.open is not to be counted once more as os.open
            try:
                return call(path, *args, **options)
            finally:
                self.inside = False

        return watched

    @staticmethod
    def place(path, dir_fd):
        if isinstance(path, int):
            return os.readlink(f"/proc/self/fd/{path}")
        place = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
        return str(Path(os.readlink(f"/proc/self/fd/{dir_fd}"), place)) if dir_fd is not None else place


@pytest.fixture
def disk(tmp_path, monkeypatch):
    return Disk(monkeypatch, tmp_path)
