"""Arrays in a folder, one folder each: Orbax's Zarr files, which other JAX programs read too."""

from pathlib import Path

import numpy as np


def write(folder: Path, arrays: dict[str, np.ndarray]) -> None:
    handler, ocp = _orbax()
    handler.save(_orbax_path(folder), args=ocp.args.PyTreeSave(arrays))


def read(folder: Path, names: list[str]) -> dict[str, np.ndarray]:
    handler, ocp = _orbax()
    plan = {name: ocp.RestoreArgs(restore_type=np.ndarray) for name in names}
    return handler.restore(_orbax_path(folder), args=ocp.args.PyTreeRestore(restore_args=plan))


def _orbax():
    import orbax.checkpoint as ocp

    # A leaf has files of its own (no OCDBT), so that a damaged file has a leaf's name.
    return ocp.PyTreeCheckpointHandler(use_ocdbt=False), ocp


def _orbax_path(folder: Path):
    from etils import epath

    return epath.Path(folder.absolute())
