"""Files and folders that a power cut does not take away: each is brought to the disk, then the folder it is in."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def make(folder: Path) -> None:
    """Make a folder, and those above it that are not there."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        sync(path.parent)


def replace(path: Path, text: str) -> None:
    with replaced(path) as tmp:
        tmp.write_text(text)


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A file to write, which takes the place of `path` afterwards: that one is there as a whole, as it was or as it
    will be, at any moment."""
    tmp = path.with_name(f"{path.name}.tmp")
    try:
        yield tmp
        sync(tmp)
        tmp.replace(path)
    except BaseException:
        tmp.unlink(missing_ok=True)
        raise
    sync(path.parent)


def sync_all(folder: Path) -> None:
    """Bring every file in a folder to the disk, then the folders, the outermost last."""
    for path in sorted(folder.rglob("*"), key=lambda path: (path.is_dir(), -len(path.parts))):
        sync(path)
    sync(folder)


def sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
