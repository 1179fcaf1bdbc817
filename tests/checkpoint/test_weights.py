import jax
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


def test_other_endings_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"\.npz or \.safetensors, not to 'weights.h5'"):
        save_weights(tmp_path / "weights.h5", PARAMS)
