import errno

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from funcfit.checkpoint import load_weights, save_weights

PARAMS = {"dense": {"w": np.arange(6, dtype="f").reshape(2, 3), "b": np.zeros(3, "f")}, "scale": np.float32(2)}


@pytest.mark.parametrize("name", ["weights.npz", "weights.safetensors"])
def test_weights_come_back_by_name(tmp_path, name):
    save_weights(tmp_path / name, PARAMS)
    assert sorted(load_weights(tmp_path / name)) == ["dense/b", "dense/w", "scale"]
    jax.tree.map(np.testing.assert_array_equal, load_weights(tmp_path / name, PARAMS), PARAMS)
    with pytest.raises(ValueError, match=r"dense/w should be float32\[2\] and is float32\[2,3\]"):
        load_weights(tmp_path / name, {**PARAMS, "dense": {"w": np.zeros(2, "f"), "b": np.zeros(3, "f")}})


@pytest.mark.parametrize("name", ["file", "args", "allow_pickle"])
def test_a_leaf_may_have_any_name(tmp_path, name):
    save_weights(tmp_path / "weights.npz", {name: np.arange(3)})
    assert load_weights(tmp_path / "weights.npz")[name].tolist() == [0, 1, 2]


def test_a_dtype_that_is_not_numpys_goes_to_safetensors(tmp_path):
    half = {"dense": {"w": jnp.arange(3, dtype=jnp.bfloat16)}}
    save_weights(tmp_path / "weights.safetensors", half)
    assert load_weights(tmp_path / "weights.safetensors", half)["dense"]["w"].dtype == jnp.bfloat16
    with pytest.raises(ValueError, match=r"dense/w is bfloat16, .*: save it as .safetensors"):
        save_weights(tmp_path / "weights.npz", half)


@pytest.mark.parametrize("name", ["weights.npz", "weights.safetensors"])
def test_weights_are_replaced_as_a_whole_or_not_at_all(tmp_path, disk, name):
    for number in range(20):
        disk.rest()
        save_weights(tmp_path / name, {"w": np.zeros(2)})
        disk.fail(number, errno.ENOSPC)
        try:
            save_weights(tmp_path / name, {"w": np.ones(2)})
            expected = [[1, 1]]
        except OSError:
            expected = [[0, 0], [1, 1]]
        tried = len(disk.done)
        disk.rest()
        assert load_weights(tmp_path / name)["w"].tolist() in expected
        assert [path.name for path in tmp_path.iterdir()] == [name]
    assert 3 < tried < 20


def test_other_endings_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"\.npz or \.safetensors, not to 'weights.h5'"):
        save_weights(tmp_path / "weights.h5", PARAMS)
