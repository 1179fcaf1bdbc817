"""A folder of saved steps, each whole or absent.

A step is written into a folder of another name, every file and folder of it is brought to the disk (fsync), and then it
is renamed: `step-000000050`, or `step-000000050.1` when it is saved once more. What a kill leaves behind begins with a
dot and is never read. A step that does not hold what its manifest says is renamed `damaged-...` and kept.
"""

import contextlib
import errno
import os
import re
import shutil
import uuid
import warnings
from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

import jax

from funcfit.tree import differences, in_brief, in_short, leaf_names

from . import arrays, manifest
from .disk import make, sync, sync_all
from .manifest import Manifest

OUT_OF_REACH = {errno.EACCES, errno.EMFILE, errno.ENOMEM, errno.EPERM, errno.ESTALE, errno.ETIMEDOUT}  # not damaged
ARRAYS = "arrays"  # the folder of a step that `arrays` fills
_STEP = re.compile(r"step-(\d+)(?:\.(\d+))?")


class Damaged(OSError):
    """No saved step is whole; the message says of each what is wrong with it."""


class Saved(NamedTuple):
    """A step as it was restored: the tree, and the facts that were saved beside it."""

    step: int
    tree: Any
    facts: dict[str, Any]

    def __repr__(self) -> str:
        return f"Saved(step {self.step:,}, {in_brief(self.tree)}, with {', '.join(self.facts) or 'no facts'})"


def save(folder: str | os.PathLike, step: int, tree: Any, facts: dict[str, Any] | None = None) -> Path:
    """Save a pytree of arrays as a step, and give its folder. The step counts when this returns, not before.

    `facts` are JSON values to be kept with it. Raises OSError when it cannot be saved: nothing of it is left then, and
    earlier steps are as they were.
    """
    folder = Path(folder)
    make(folder)
    tmp = folder / f".saving-{step}-{uuid.uuid4().hex[:8]}"
    try:
        (tmp / ARRAYS).mkdir(parents=True)
        leaves, stored = manifest.leaves_and_arrays(tree)
        if stored:
            arrays.write(tmp / ARRAYS, stored)
        names = sorted(str(path.relative_to(tmp)) for path in tmp.rglob("*") if path.is_file())
        files = {name: manifest.file_record(tmp / name) for name in names}
        (tmp / manifest.NAME).write_text(manifest.text(Manifest(step, leaves, files, facts or {}, arrays.FORMAT)))
        sync_all(tmp)
        place = free_name(folder, step)
        tmp.rename(place)
        sync(folder)
    except BaseException as error:
        shutil.rmtree(tmp, ignore_errors=True)
        if isinstance(error, Exception):
            raise OSError(f"step {step} was not saved in {folder}; earlier steps are whole: {error}") from error
        raise
    return place


def restore(folder: str | os.PathLike, like: Any = None, step: int | None = None, *, set_aside: bool = True) -> Saved:
    """The newest whole step, or the one that is asked for, as a tree like `like` (without one: a dict by leaf name).

    The arrays come as NumPy's. A step that is damaged is set aside with a warning (only the warning when `set_aside` is
    false), and the one before it is taken.
    Raises FileNotFoundError when there is none, Damaged when none is whole, another OSError when one is out of reach,
    and ValueError when the saved leaves differ from `like` in name, shape or dtype: then nothing is converted and
    nothing set aside.
    """
    folder, faults = Path(folder), []
    asked = "step" if step is None else f"step {step}"
    places = [place for number, place in reversed(saved_steps(folder)) if step in (None, number)]
    if not places:
        raise nothing(folder, asked)
    for place in places:
        try:
            record = manifest.read(place / manifest.NAME)
            leaves = read_leaves(place, record)
        except (OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno in OUT_OF_REACH:
                raise
            name = aside(place).name if set_aside else place.name
            faults.append(f"{name}: {error}")
            then = ", and the one before it is tried" if step is None else ""
            warnings.warn(f"a saved step in {folder} is damaged{then}: {faults[-1]}", stacklevel=2)
            continue
        return Saved(record.step, leaves if like is None else as_tree(like, leaves, place), record.facts)
    raise Damaged(f"no {asked} saved in {folder} is whole:\n  " + "\n  ".join(faults))


def nothing(folder: Path, asked: str) -> OSError:
    """What to say where the step that was asked for is not."""
    there = ", ".join(str(step) for step in dict(saved_steps(folder)))
    damaged = ", ".join(sorted(place.name for place in folder.glob("damaged-*")))
    if damaged and not there:
        return Damaged(f"no step in {folder} is whole, and {damaged} were set aside; to begin anew, remove them")
    beside = [f"there are {there}"] * bool(there) + [f"set aside: {damaged}"] * bool(damaged)
    return FileNotFoundError("; ".join([f"no {asked} is saved in {folder}", *beside]))


def latest(folder: str | os.PathLike) -> int | None:
    """The newest saved step, None without one."""
    steps = saved_steps(folder)
    return steps[-1][0] if steps else None


def facts(folder: str | os.PathLike) -> dict[int, dict[str, Any]]:
    """What was saved beside each step, but for those whose manifest is damaged."""
    found = {}
    for step, place in saved_steps(folder):
        with contextlib.suppress(OSError, ValueError, manifest.NewerFormat):
            found[step] = manifest.read(place / manifest.NAME).facts
    return found


def verify(folder: str | os.PathLike) -> dict[str, list[str]]:
    """What is wrong with each saved step: a list for each, empty for one that is whole. Nothing is changed."""
    found = {}
    for _, place in saved_steps(folder):
        try:
            read_leaves(place, manifest.read(place / manifest.NAME))
            found[place.name] = []
        except (OSError, ValueError, manifest.NewerFormat) as error:
            found[place.name] = [str(error)]
    return found


def prune(folder: str | os.PathLike, keep: int, also: Collection[int] = ()) -> None:
    """Remove all steps but the newest `keep` and those in `also`; and what a kill left behind.

    Raises ValueError unless `keep` is at least one.
    """
    if keep < 1:
        raise ValueError(f"keep at least one step, not {keep}: a run goes on from it")
    folder = Path(folder)
    places = saved_steps(folder)
    newest = {place for _, place in places[-keep:]}
    for step, place in places:
        if place not in newest and step not in also:
            place.rename(folder / f".removing-{place.name}")
    for left in [*folder.glob(".removing-*"), *folder.glob(".saving-*")]:
        shutil.rmtree(left, ignore_errors=True)


def saved_steps(folder: str | os.PathLike) -> list[tuple[int, Path]]:
    """(step, its folder) of all that is saved, oldest first: ordered by the step, not by a clock."""
    found = [(match, path) for path in Path(folder).glob("step-*") if (match := _STEP.fullmatch(path.name))]
    order = sorted((int(match[1]), int(match[2] or 0), path) for match, path in found)
    return [(step, path) for step, _, path in order]


def read_leaves(place: Path, record: Manifest) -> dict[str, Any]:
    """The leaves of a step by name. Raises ValueError naming the file and the leaf that is not what was saved."""
    if record.arrays != arrays.FORMAT:
        raise manifest.NewerFormat(
            f"{place} has its arrays as {record.arrays!r}; this funcfit reads {arrays.FORMAT!r}: update it"
        )
    leaf_of = {leaf.stored: name for name, leaf in record.leaves.items() if leaf.stored}
    for name, file in record.files.items():
        path, leaf = place / name, leaf_of.get(arrays.owner(Path(name).relative_to(ARRAYS)))
        of = f", of {leaf}," if leaf else ""
        if not path.is_file():
            raise ValueError(f"{name}{of} is missing")
        if manifest.file_record(path) != file:
            raise ValueError(f"{name}{of} is not what was written (CRC32C)")
    stored = arrays.read(place / ARRAYS, list(leaf_of)) if leaf_of else {}
    for number, name in leaf_of.items():
        fault = manifest.fault(record.leaves[name], stored[number])
        if fault:
            raise ValueError(f"{name} {fault}")
    return {name: manifest.value(leaf, stored.get(leaf.stored)) for name, leaf in record.leaves.items()}


def as_tree(like: Any, leaves: dict[str, Any], place: Path) -> Any:
    said = differences(dict(zip(leaf_names(like), jax.tree.leaves(like), strict=True)), leaves)
    if said:
        raise ValueError(
            f"{place} does not fit: {in_short(said)}. It was saved by another model, optimizer or other options: give "
            "those, or train in another directory; what was saved is as it was, and restore(folder) gives it by name"
        )
    return jax.tree.unflatten(jax.tree.structure(like), [leaves[name] for name in leaf_names(like)])


def aside(place: Path) -> Path:
    """Rename a damaged step; where that cannot be done it stays, under its name."""
    numbers = (f".{n}" if n else "" for n in range(1000))
    target = next(t for n in numbers if not (t := place.with_name(f"damaged-{place.name}{n}")).exists())
    try:
        place.rename(target)
        sync(place.parent)
    except OSError:
        return place
    return target


def free_name(folder: Path, step: int) -> Path:
    """A step that is saved again gets a name behind the first: a rename never has to replace anything."""
    taken = [place.name for number, place in saved_steps(folder) if number == step]
    plain = f"step-{step:09d}"
    if not taken:
        return folder / plain
    return folder / f"{plain}.{1 + int(taken[-1].removeprefix(plain).lstrip('.') or 0)}"
