"""Parameters to and from the files that other programs read."""

import os
import zipfile
from pathlib import Path
from typing import Any

import jax
import numpy as np

from funcfit.tree import differences, in_short, named_leaves

from .disk import replaced


def save_weights(path: str | os.PathLike, params: Any) -> None:
    """Write a pytree of arrays as .safetensors or .npz, each leaf under its name ("dense/kernel").

    A file that was there is replaced as a whole, or stays as it was.
    Raises ValueError for another ending, and for dtypes that .npz does not know (bfloat16).
    """
    path = Path(path)
    arrays = {name: np.asarray(leaf) for name, leaf in named_leaves(params).items()}
    write = _write_npz if _kind(path) == ".npz" else _write_safetensors
    with replaced(path) as tmp:
        write(tmp, arrays)


def load_weights(path: str | os.PathLike, like: Any = None) -> Any:
    """Arrays from .safetensors or .npz, as a tree like `like`; without one, as a dict by name.

    Raises ValueError when names, shapes or dtypes differ from those of `like`.
    """
    path = Path(path)
    if _kind(path) == ".npz":
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
    else:
        arrays = _safetensors().load_file(path)
    if like is None:
        return arrays
    said = differences(named_leaves(like), arrays)
    if said:
        raise ValueError(f"{path} does not fit: {in_short(said)}")
    return jax.tree.unflatten(jax.tree.structure(like), [arrays[name] for name in named_leaves(like)])


def _write_npz(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """As np.savez does, whose own arguments are names that no array may have."""
    with zipfile.ZipFile(path, "w") as file:
        for name, array in arrays.items():
            if array.dtype.kind == "V":  # NumPy would read it back as raw bytes
                raise ValueError(f"{name} is {array.dtype}, which .npz does not know: save it as .safetensors")
            with file.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)


def _write_safetensors(path: Path, arrays: dict[str, np.ndarray]) -> None:
    _safetensors().save_file({name: np.require(array, requirements="C") for name, array in arrays.items()}, path)


def _kind(path: Path) -> str:
    if path.suffix not in (".npz", ".safetensors"):
        raise ValueError(f"weights go to .npz or .safetensors, not to {path.name!r}")
    return path.suffix


def _safetensors():
    import safetensors.numpy

    return safetensors.numpy
