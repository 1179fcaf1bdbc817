"""What a saved step should hold: each leaf's dtype, shape and CRC32C, and each file's length and CRC32C.

The manifest carries a checksum of itself, so that no bit of a saved step can change unseen.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import google_crc32c
import jax
import jax.numpy as jnp
import numpy as np

from funcfit.tree import named_leaves

FORMAT = 1
NAME = "manifest.json"
FIRST_ARRAYS = "orbax"  # of manifests from before the format of the arrays had a name in them


class Leaf(NamedTuple):
    """A leaf as it is written down. `stored` names its array ("" for none); `key` is the kind of a PRNG key."""

    dtype: str
    shape: list[int]
    crc32c: str
    stored: str
    key: str | None = None


class File(NamedTuple):
    bytes: int
    crc32c: str


class Manifest(NamedTuple):
    """`facts` are the saver's own: JSON values that come back as they were. `arrays` names the format of the arrays."""

    step: int
    leaves: dict[str, Leaf]
    files: dict[str, File]
    facts: dict[str, Any]
    arrays: str


def crc32c(data: Any) -> int:
    """The CRC32C of bytes, or of an array's numbers in memory order.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    if not isinstance(data, bytes):
        data = np.ascontiguousarray(data).reshape(-1).view(np.uint8) if np.size(data) else b""
    return google_crc32c.value(data)


def checksum(data: Any) -> str:
    return f"{crc32c(data):08x}"


def leaves_and_arrays(tree: Any) -> tuple[dict[str, Leaf], dict[str, np.ndarray]]:
    """The tree written down, and its arrays under the names they are stored by."""
    leaves, arrays = {}, {}
    for number, (name, leaf) in enumerate(named_leaves(tree).items()):
        key = None
        if jnp.issubdtype(jnp.result_type(leaf), jax.dtypes.prng_key):
            key, leaf = str(jax.random.key_impl(leaf)), jax.random.key_data(leaf)
        array = np.asarray(leaf)
        stored = f"{number:05d}" if array.size else ""
        leaves[name] = Leaf(str(array.dtype), list(array.shape), checksum(array), stored, key)
        if stored:
            arrays[stored] = array
    return leaves, arrays


def value(leaf: Leaf, array: np.ndarray | None) -> Any:
    """The leaf from its stored array: a NumPy array, or a PRNG key."""
    if array is None:
        array = np.zeros(leaf.shape, np.dtype(leaf.dtype))
    return array if leaf.key is None else jax.random.wrap_key_data(jax.device_put(array), impl=leaf.key)


def fault(leaf: Leaf, array: np.ndarray) -> str | None:
    """What is wrong with an array that was read for a leaf, or None."""
    if (str(array.dtype), list(array.shape)) != (leaf.dtype, leaf.shape):
        return f"is {array.dtype}{list(array.shape)} and was saved as {leaf.dtype}{leaf.shape}"
    return None if checksum(array) == leaf.crc32c else "has other numbers than were saved (CRC32C)"


def file_record(path: Path) -> File:
    data = path.read_bytes()
    return File(len(data), checksum(data))


def text(manifest: Manifest) -> str:
    leaves = {name: leaf._asdict() for name, leaf in manifest.leaves.items()}
    files = {name: file._asdict() for name, file in manifest.files.items()}
    content = {"format": FORMAT, **manifest._asdict(), "leaves": leaves, "files": files}
    return json.dumps({"content": content, "crc32c": checksum(canonical(content))}, indent=1)


def read(path: Path) -> Manifest:
    """The manifest in a file. Raises ValueError when it is not what was written, or of a later format."""
    try:
        whole = json.loads(path.read_text())
        content = whole["content"]
        sound = checksum(canonical(content)) == whole["crc32c"]
    except (ValueError, KeyError, TypeError, RecursionError):
        sound = False
    if not sound:
        raise ValueError(f"{path.name} is damaged")
    if content["format"] > FORMAT:
        raise NewerFormat(f"{path} has format {content['format']}; this funcfit reads up to {FORMAT}: update it")
    leaves = {name: Leaf(**leaf) for name, leaf in content["leaves"].items()}
    files = {name: File(**file) for name, file in content["files"].items()}
    return Manifest(content["step"], leaves, files, content["facts"], content.get("arrays", FIRST_ARRAYS))


def canonical(content: Any) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


class NewerFormat(Exception):
    """A checkpoint of a later funcfit: whole, and not to be set aside."""
