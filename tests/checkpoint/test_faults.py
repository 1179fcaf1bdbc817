"""Disks that fail, and processes that die while they save. docs/design.md has the table of all faults."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from funcfit.checkpoint import facts, latest, restore, save, verify
from funcfit.checkpoint.disk import make, replace


def tree(seed=0):
    return {"w": np.random.default_rng(seed).normal(size=30).astype("f"), "step": np.int32(seed)}


def same(saved):
    return all(np.array_equal(saved.tree[name], leaf) for name, leaf in tree(saved.step).items())


FULL_OR_BROKEN = [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS]


@pytest.mark.parametrize("dead", [False, True], ids=["once", "for good"])
def test_whatever_fails_while_a_step_is_saved_the_newest_whole_step_is_had(tmp_path, disk, dead):
    """Faults 1 and 3: a disk that fails at the n-th call, for each n; a kill before it, and nothing comes after."""
    for number in range(1000):
        folder = tmp_path / str(number)
        save(folder, 1, tree(1))
        disk.fail(number, FULL_OR_BROKEN[number % 4], dead)
        refused = None
        try:
            save(folder, 2, tree(2))
        except OSError as error:
            refused = str(error)
        tried = len(disk.done)
        disk.rest()
        assert all(faults == [] for faults in verify(folder).values())
        saved = restore(folder, tree())
        assert same(saved)
        if refused is None:
            assert saved.step == 2
        elif saved.step == 1:
            assert "step 2 was not saved" in refused
            assert latest(folder) == 1 and same(restore(save(folder, 2, tree(2)).parent))  # there is space again
        if number >= tried:
            break
    assert number > 20


def test_every_byte_is_on_the_disk_before_the_step_has_its_name_and_the_name_before_it_counts(tmp_path, disk):
    """Fault 2: all files and folders are brought to the disk, then renamed, and then the folder of the name."""
    disk.rest()
    place = save(tmp_path, 1, tree())
    names = [name for name, _ in disk.done]
    assert names.count("rename") == 1
    renamed = names.index("rename")
    synced = [path for name, path in disk.done[:renamed] if name == "fsync"]
    opened = [
        n for n, (name, path) in enumerate(disk.done) if name == "open" and path.startswith(disk.done[renamed][1])
    ]
    within = {str(path.relative_to(place)) for path in place.rglob("*")} | {"."}
    assert {str(Path(path).relative_to(disk.done[renamed][1])) for path in synced} == within
    assert disk.done[renamed + 1 :] == [("open", str(tmp_path)), ("fsync", str(tmp_path))]
    assert max(opened) < renamed


def test_new_folders_and_files_are_on_the_disk_in_the_folders_that_they_are_in(tmp_path, disk):
    """Fault 2, for a new run."""
    make(tmp_path / "runs" / "a")
    make(tmp_path / "runs" / "a")
    replace(tmp_path / "runs" / "a" / "run.json", "{}")
    steps = [(name, str(Path(path).relative_to(tmp_path))) for name, path in disk.done if name != "open"]
    made = [("mkdir", "runs"), ("fsync", "."), ("mkdir", "runs/a"), ("fsync", "runs")]
    assert steps == [*made, ("fsync", "runs/a/run.json.tmp"), ("replace", "runs/a/run.json.tmp"), ("fsync", "runs/a")]


def test_a_file_that_ends_anywhere_is_noticed(tmp_path):
    """Fault 4: a step whose files were cut, each at some forty lengths."""
    save(tmp_path, 1, tree(1))
    newest = save(tmp_path, 2, tree(2))
    for path in [path for path in newest.rglob("*") if path.is_file()]:
        whole = path.read_bytes()
        for length in range(0, len(whole), 1 + len(whole) // 40):
            path.write_bytes(whole[:length])
            (fault,) = verify(tmp_path)[newest.name]
            assert path.name in fault
        path.write_bytes(whole)
    assert verify(tmp_path)[newest.name] == []
    path.write_bytes(whole[:length])
    with pytest.warns(UserWarning, match="damaged-step-000000002"):
        assert same(restore(tmp_path)) and latest(tmp_path) == 1


@pytest.mark.parametrize("error", [errno.ESTALE, errno.EACCES, errno.ETIMEDOUT])
def test_a_step_that_cannot_be_reached_is_an_error_and_not_damaged(tmp_path, disk, error):
    """Fault 16: a file server that went away, a folder that is somebody else's."""
    save(tmp_path, 1, tree(1))
    save(tmp_path, 2, tree(2))
    disk.fail(0, error, dead=True)
    with pytest.raises(OSError, match=os.strerror(error)):
        restore(tmp_path)
    disk.rest()
    assert same(restore(tmp_path)) and latest(tmp_path) == 2


def test_a_file_that_the_disk_no_longer_gives_sends_restore_to_the_step_before(tmp_path, disk):
    """Fault 16: EIO, where a block of the newest step is bad."""
    save(tmp_path, 1, tree(1))
    newest = save(tmp_path, 2, tree(2))
    disk.fail(0, errno.EIO)
    with pytest.warns(UserWarning, match="damaged-step-000000002.*Input/output error"):
        assert restore(tmp_path).step == 1
    assert not newest.exists()


def test_who_only_reads_writes_nothing(tmp_path, disk):
    """Fault 12: what looks at a run while it is being trained."""
    for step in (1, 2):
        save(tmp_path, step, tree(step))
    disk.rest()
    verify(tmp_path)
    facts(tmp_path)
    latest(tmp_path)
    restore(tmp_path, set_aside=False)
    assert {name for name, _ in disk.done} == {"open"}
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["step-000000001", "step-000000002"]
