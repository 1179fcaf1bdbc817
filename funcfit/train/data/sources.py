"""What can be data, and what tells one source from another."""

import itertools
from typing import Any

import jax
import numpy as np

from funcfit.checkpoint import crc32c
from funcfit.tree import described, is_number, named_leaves


def check_source(source: Any) -> None:
    """Raises TypeError for what cannot be data."""
    text = isinstance(source, str | bytes)
    if text or not (
        callable(source) or any(hasattr(source, name) for name in ("__array__", "__iter__", "__getitem__"))
    ):
        raise TypeError(
            "data is arrays, an object with len and [i], an iterable of batches, or a function that gives a new one; "
            f"this is {source!r}{': load it first' if text else ''}"
        )


def row_count(arrays: Any) -> int:
    """How many rows arrays have. Raises ValueError unless all have as many, and TypeError for what has no numbers."""
    check_numbers(arrays)
    shapes = {name: np.shape(leaf) for name, leaf in named_leaves(arrays).items()}
    rows = {shape[0] if shape else 0 for shape in shapes.values()}
    if len(rows) != 1 or 0 in rows:
        shown = dict(itertools.islice(shapes.items(), 6))
        more = f" and {len(shapes) - len(shown)} more" if len(shapes) > len(shown) else ""
        listed = isinstance(arrays, list) and len(arrays) > 1
        fix = "; a list of rows becomes arrays by jax.tree.map(lambda *x: np.stack(x), *rows)" if listed else ""
        raise ValueError(
            f"arrays to batch need one row count, and at least one row; their shapes are {shown}{more}{fix}"
        )
    return rows.pop()


def check_numbers(arrays: Any) -> None:
    """Raises TypeError naming the first leaf that is not an array of numbers."""
    for name, leaf in named_leaves(arrays).items():
        known = isinstance(leaf, jax.Array) or isinstance(getattr(leaf, "dtype", None), np.dtype)
        array = leaf if known else np.asarray(leaf)  # of another library's tensor, say
        if is_number(array):
            if not isinstance(array, np.memmap):  # whose rows are looked at as they come
                check_range(name, array)
            continue
        what = (
            f"a {type(leaf).__name__}" if array.dtype == object and not known else f"{array.dtype}{list(array.shape)}"
        )
        fix = ""
        if getattr(array.dtype, "kind", "O") in "SUT":
            fix = "; words become numbers by np.unique(words, return_inverse=True)"
        elif callable(leaf):
            fix = "; fit(loss, params, data, optimizer) is the order"
        raise TypeError(f"data is arrays of numbers, and {f'its leaf {name!r}' if name else 'this'} is {what}{fix}")


def check_range(name: str, array: Any) -> None:
    """Raises ValueError for whole numbers that JAX would cut to their last 32 bits without a word."""
    narrow = jax.dtypes.canonicalize_dtype(array.dtype)
    if narrow == array.dtype or narrow.kind not in "iu" or not array.size:
        return
    least, most = int(array.min()), int(array.max())
    if least < np.iinfo(narrow).min or most > np.iinfo(narrow).max:
        raise ValueError(
            f"data has numbers from {least} to {most} in {name or 'its array'}, {array.dtype}{list(array.shape)}, and "
            f"JAX would take their last 32 bits as {narrow}: number them anew (np.unique(ids, return_inverse=True)) "
            "or set jax_enable_x64"
        )


def fits(arrays: Any) -> bool:
    """Whether arrays should go to the device as a whole."""
    if any(isinstance(leaf, np.memmap) for leaf in jax.tree.leaves(arrays)):
        return False
    limit = (jax.devices()[0].memory_stats() or {}).get("bytes_limit")
    return limit is None or sum(np.asarray(leaf).nbytes for leaf in jax.tree.leaves(arrays)) < limit / 2


def fingerprint_of(arrays: Any) -> dict[str, Any]:
    leaves = {name or "array": np.asarray(leaf) for name, leaf in named_leaves(arrays).items()}
    return {name: f"{described(leaf)} {crc32c(leaf):08x}" for name, leaf in leaves.items()}
