"""From a source to the kind of data that fits it."""

import operator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .device import Batches
from .host import Items, stacked
from .kind import LINE, Data
from .order import Order
from .sources import check_source, fits, row_count
from .stream import Stream


def batches(
    source: Any, size: int | None = None, *, shuffle: bool = True, seed: int = 0, pad: bool = False, on_device="auto"
) -> Data:
    """The rows of a source, `size` at a time, as a batch for every step.

    The source may be arrays (an array, or a tuple, dict, ... of arrays of equal length); an object with `len` and
    `[i]`, whose items are rows; or an iterable of batches (a loader, or a function that gives a new iterator), whose
    rows are taken in the order they come. A run that goes on later asks an iterable for the position it stood at, where
    it can tell (get_state or state_dict), and else passes over what was used. Without a size a batch is all rows of
    arrays, or as long as the first batch of an iterable.
    The rows form one long line, epoch after epoch, each epoch in an order of its own when they are shuffled. A batch is
    the next `size` rows of the line: all rows are used equally often, and a batch that reaches the end of an epoch goes
    on with the next one. With `pad` it ends there, filled up with rows that do not count: a batch then is
    (rows, weights), with weight 1 for each row that is meant and 0 for the others.
    Arrays go to the device once (`on_device`, by default where they take less than half of it) and are shuffled and
    gathered there. Memory-mapped ones (`np.load(file, mmap_mode="r")`) stay in their file, and are read row by row.
    Raises ValueError when the rows differ in number or there are none.

    >>> data = batches({"x": jnp.arange(5) * 10}, 2, shuffle=False)
    >>> [data[t]["x"].tolist() for t in range(3)]
    [[0, 10], [20, 30], [40, 0]]
    >>> rows, weights = batches(jnp.arange(5) * 10, 2, shuffle=False, pad=True)[2]
    >>> rows.tolist(), weights.tolist()
    ([40, 0], [1.0, 0.0])
    """
    if size is not None and operator.index(size) < 1:
        raise ValueError(f"a batch needs at least one row, not {size}")
    by_number = hasattr(source, "__len__") and hasattr(source, "__getitem__")
    arrays = isinstance(source, tuple | list | dict) or hasattr(source, "__array__")
    check_source(source)
    if on_device is True:
        source = jax.tree.map(lambda leaf: np.asarray(leaf) if isinstance(leaf, np.memmap) else leaf, source)
    if not arrays and not by_number:
        return Stream(source, size, pad)
    rows = row_count(source) if arrays else len(source)
    if not rows:
        raise ValueError("data needs at least one row, and this source has none")
    if rows > LINE:
        raise ValueError(f"a source of {rows} rows is more than the {LINE} that are counted: leave out its repeat()")
    order = Order(jax.random.key(seed) if shuffle and size is not None else None, rows, size or rows, pad)
    if not arrays:
        return Items(lambda row: stacked([source[int(i)] for i in row]), order)
    if on_device == "auto":
        on_device = fits(source)
    if not on_device:
        return Items(lambda row: jax.tree.map(lambda array: np.asarray(array)[row], source), order)
    # A copy: JAX may otherwise look at an array of NumPy's where it is, whoever writes to it later.
    return Batches(jax.tree.map(lambda leaf: leaf if isinstance(leaf, jax.Array) else jnp.array(leaf), source), order)
