"""What is saved comes back, or something says why not."""

import json
import os
import random
import resource
import subprocess
import sys
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from funcfit.checkpoint import Damaged, arrays, latest, prune, restore, save, saved_steps, verify
from funcfit.checkpoint import steps as module


def tree(seed=0):
    rng = np.random.default_rng(seed)
    return {
        "params": {"w": rng.normal(size=(3, 4)).astype("f"), "half": jnp.asarray(rng.normal(size=5), jnp.bfloat16)},
        "count": np.int32(seed),
        "key": jax.random.key(seed),
        "none": None,
        "empty": np.zeros((0, 2), "f"),
        "flag": np.array(True),
    }


def same(a, b):
    return all(
        np.array_equal(np.asarray(jax.random.key_data(x)), np.asarray(jax.random.key_data(y)))
        if name == "key"
        else np.array_equal(x, y) and np.asarray(x).dtype == np.asarray(y).dtype and np.shape(x) == np.shape(y)
        for name in a
        for x, y in zip(jax.tree.leaves(a[name]), jax.tree.leaves(b[name]), strict=True)
    )


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def flip(path, rng):
    data = bytearray(path.read_bytes())
    place = rng.randrange(len(data) * 8)
    data[place // 8] ^= 1 << place % 8
    path.write_bytes(data)


def test_a_tree_comes_back_bit_for_bit_with_its_facts(tmp_path):
    save(tmp_path, 5, tree(1), {"loss": 0.5})
    saved = restore(tmp_path, tree(2))
    assert (saved.step, saved.facts) == (5, {"loss": 0.5})
    assert same(saved.tree, tree(1))
    assert latest(tmp_path) == 5


def test_reading_does_not_wait_for_orbax(tmp_path):
    save(tmp_path, 5, {"w": np.arange(3)})
    read = f"from funcfit.checkpoint import restore; print(restore({str(tmp_path)!r}).tree['w'].tolist())"
    said = f"{read}; import sys; print('orbax' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", said], text=True).split("\n")[:2] == ["[0, 1, 2]", "False"]


def test_the_newest_step_is_told_by_its_number(tmp_path):
    save(tmp_path, 10, tree(10))
    save(tmp_path, 9, tree(9))
    assert restore(tmp_path, tree()).step == latest(tmp_path) == 10
    assert restore(tmp_path, tree(), step=9).step == 9


def test_a_step_saved_again_is_the_one_that_is_read(tmp_path):
    for seed in (1, 2, 3):
        save(tmp_path, 7, tree(seed))
    assert same(restore(tmp_path, tree()).tree, tree(3))
    prune(tmp_path, 1)
    assert [place.name for _, place in saved_steps(tmp_path)] == ["step-000000007.2"]


@pytest.mark.parametrize("seed", range(20))
def test_one_flipped_bit_is_never_a_wrong_number(tmp_path, seed):
    """Fault 4; scripts/campaign_flips.py does it 200 times."""
    rng = random.Random(seed)
    save(tmp_path, 1, tree(1))
    newest = save(tmp_path, 2, tree(2))
    flip(rng.choice(files(newest)), rng)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        saved = restore(tmp_path, tree())
    assert same(saved.tree, tree(saved.step))
    assert saved.step == 2 or ("damaged-step-000000002" in str(said[-1].message) and not newest.exists())


@pytest.mark.parametrize("harm", ["truncate", "empty", "remove"])
def test_a_shortened_or_missing_file_sends_restore_to_the_step_before(tmp_path, harm):
    """Fault 4."""
    save(tmp_path, 1, tree(1))
    count = len(files(save(tmp_path, 2, tree(2))))
    for n in range(count):
        path = files(saved_steps(tmp_path)[-1][1])[n]
        if harm == "remove":
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[: 0 if harm == "empty" else -1])
        with pytest.warns(UserWarning, match="damaged"):
            assert same(restore(tmp_path, tree()).tree, tree(1))
        save(tmp_path, 2, tree(2))


def test_when_all_are_damaged_each_is_listed_with_its_fault_and_leaf(tmp_path):
    """Fault 5."""
    for step in (1, 2):
        place = save(tmp_path, step, tree(step))
        stored = module.manifest.read(place / module.manifest.NAME).leaves["params/w"].stored
        of_leaf = [
            path for path in files(place / "arrays") if arrays.owner(path.relative_to(place / "arrays")) == stored
        ]
        flip(max(of_leaf, key=lambda path: path.stat().st_size), random.Random(0))
    assert all("params/w" in fault for (fault,) in verify(tmp_path).values())
    with pytest.warns(UserWarning), pytest.raises(Damaged, match=r"(?s)step-000000002: .*params/w.*step-000000001: "):
        restore(tmp_path, tree())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["damaged-step-000000001", "damaged-step-000000002"]


def test_readers_may_leave_a_damaged_step_where_it_is(tmp_path):
    flip(files(save(tmp_path, 1, tree()))[0], random.Random(1))
    with pytest.warns(UserWarning), pytest.raises(Damaged):
        restore(tmp_path, tree(), set_aside=False)
    assert latest(tmp_path) == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: {**t, "count": np.zeros(1, np.int32)}, r"count should be int32\[1\] and is int32\[\]"),
        (lambda t: {**t, "count": np.float32(0)}, r"count should be float32\[\] and is int32\[\]"),
        (lambda t: {**t, "more": np.zeros(2)}, "more is missing"),
        (lambda t: {k: v for k, v in t.items() if k != "flag"}, "flag is not expected"),
        (lambda t: {**t, "key": jax.random.key(0, impl="rbg")}, r"key should be key<rbg>\[\] and is key<fry>\[\]"),
    ],
)
def test_a_tree_of_another_shape_is_refused_leaf_by_leaf(tmp_path, change, says):
    """Fault 14."""
    save(tmp_path, 1, tree())
    with pytest.raises(ValueError, match=says):
        restore(tmp_path, change(tree()))
    assert latest(tmp_path) == 1


@pytest.mark.parametrize("limit", [0, 1, 40, 100, 300, 2000, 8000])
def test_a_full_disk_is_an_error_and_takes_nothing_that_was_there(tmp_path, limit):
    """Fault 3: no file can be longer than so many bytes, whoever writes it."""
    save(tmp_path, 1, tree(1))
    big = {**tree(2), "big": np.random.default_rng(0).normal(size=2000)}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        with pytest.raises(OSError, match="step 2 was not saved"):
            save(tmp_path, 2, big)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [path.name for path in tmp_path.iterdir()] == ["step-000000001"]
    assert same(restore(tmp_path, tree()).tree, tree(1))
    save(tmp_path, 2, big)
    assert latest(tmp_path) == 2


def test_what_a_kill_leaves_behind_is_not_a_step_and_goes_away(tmp_path):
    """Fault 1."""
    save(tmp_path, 1, tree())
    (tmp_path / ".saving-2-abc" / "arrays").mkdir(parents=True)
    assert latest(tmp_path) == 1
    prune(tmp_path, 3)
    assert [path.name for path in tmp_path.iterdir()] == ["step-000000001"]


def test_paths_may_be_relative_symbolic_and_have_spaces(tmp_path, monkeypatch):
    """Fault 16."""
    (tmp_path / "a b ü").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a b ü")
    monkeypatch.chdir(tmp_path)
    save("link/run", 1, tree(1))
    monkeypatch.chdir("/")
    assert same(restore(tmp_path / "a b ü" / "run", tree()).tree, tree(1))


def test_nothing_saved_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match="no step is saved"):
        restore(tmp_path / "nowhere", tree())


def test_a_step_that_is_not_there_is_told_with_those_that_are(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no step 7 is saved in [^;]*$"):
        restore(tmp_path, tree(), step=7)
    for step in (3, 4, 5):
        save(tmp_path, step, tree())
    flip(saved_steps(tmp_path)[0][1] / "manifest.json", random.Random(0))
    with pytest.warns(UserWarning, match="damaged: damaged-"), pytest.raises(Damaged, match="no step 3 saved in"):
        restore(tmp_path, tree(), step=3)
    with pytest.raises(FileNotFoundError, match=r"step 7 is .*; there are 4, 5; set aside: damaged-step-000000003$"):
        restore(tmp_path, tree(), step=7)


def test_at_least_one_step_is_kept(tmp_path):
    save(tmp_path, 1, tree())
    with pytest.raises(ValueError, match="keep at least one step, not 0"):
        prune(tmp_path, 0)


def test_a_clock_that_was_wrong_does_not_change_which_step_is_newest(tmp_path):
    """Fault 11."""
    places = [save(tmp_path, step, tree(step)) for step in (1, 2)]
    os.utime(places[0], (2**33, 2**33))
    os.utime(places[1], (0, 0))
    assert restore(tmp_path, tree()).step == 2


def test_on_a_disk_that_can_only_be_read_the_step_before_is_restored_all_the_same(tmp_path, monkeypatch):
    """Fault 16."""
    save(tmp_path, 1, tree(1))
    newest = save(tmp_path, 2, tree(2))
    flip(newest / "manifest.json", random.Random(0))

    def refuse(*args):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(module.Path, "rename", refuse)
    with pytest.warns(UserWarning, match="step-000000002: manifest.json is damaged"):
        assert same(restore(tmp_path, tree()).tree, tree(1))
    assert newest.exists()


def test_a_later_format_is_refused_and_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(module.manifest, "FORMAT", 2)
    save(tmp_path, 1, tree())
    monkeypatch.undo()
    with pytest.raises(module.manifest.NewerFormat, match="has format 2; this funcfit reads up to 1"):
        restore(tmp_path, tree())
    assert latest(tmp_path) == 1


def test_arrays_of_a_format_that_is_not_known_are_refused_and_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "FORMAT", "scrolls")
    save(tmp_path, 1, tree())
    monkeypatch.undo()
    with pytest.raises(module.manifest.NewerFormat, match="arrays as 'scrolls'; this funcfit reads 'orbax': update it"):
        restore(tmp_path, tree())
    assert latest(tmp_path) == 1 and "scrolls" in verify(tmp_path)["step-000000001"][0]


def test_a_manifest_without_the_name_of_the_format_means_orbaxs(tmp_path):
    path = save(tmp_path, 1, tree(1)) / module.manifest.NAME
    content = json.loads(path.read_text())["content"]
    assert content.pop("arrays") == "orbax"
    checksum = module.manifest.checksum(module.manifest.canonical(content))
    path.write_text(json.dumps({"content": content, "crc32c": checksum}))
    assert same(restore(tmp_path, tree()).tree, tree(1))
