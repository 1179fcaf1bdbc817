"""Arrays in a folder, one folder each: Orbax's Zarr files, which other JAX programs read too.

Orbax writes them; TensorStore, on which it stands, reads them, since importing Orbax takes longer than all else that
a run does before it goes on.
"""

from pathlib import Path

import numpy as np

FORMAT = "orbax"  # its name in a manifest


def write(folder: Path, arrays: dict[str, np.ndarray]) -> None:
    import orbax.checkpoint as ocp
    from etils import epath

    # A leaf has files of its own (no OCDBT), so that a damaged file has a leaf's name.
    handler = ocp.PyTreeCheckpointHandler(use_ocdbt=False)
    handler.save(epath.Path(folder.absolute()), args=ocp.args.PyTreeSave(arrays))


def read(folder: Path, names: list[str]) -> dict[str, np.ndarray]:
    import tensorstore

    def place(name):
        return {"driver": "zarr", "kvstore": {"driver": "file", "path": f"{folder.absolute() / name}/"}}

    opened = {name: tensorstore.open(place(name), open=True) for name in names}
    coming = {name: store.result().read() for name, store in opened.items()}
    return {name: array.result() for name, array in coming.items()}


def owner(file: Path) -> str:
    """The name of the array that a file of the folder belongs to; that of no array for what all have in common."""
    return file.parts[0]
