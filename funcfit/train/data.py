"""A batch for every step."""

from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, PRNGKeyArray, UInt32

from funcfit.compile import jit
from funcfit.kernels.permutation import permuted

LINE = 2**32  # rows that Batches can count


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Batches:
    """Rows of `arrays`, `size` at a time: `data[t]` is the batch of step t, at home and inside a compiled program.

    The rows form one long line, epoch after epoch, each epoch in an order of its own when there is a `key`. A batch is
    the next `size` rows of the line: all batches have one shape, all rows are used equally often, and a batch that
    reaches the end of an epoch goes on with the next one. The line ends after 2**32 rows.
    """

    arrays: Any
    key: PRNGKeyArray | None
    size: int = field(metadata={"static": True})

    def __getitem__(self, t: int | Int[Array, ""]) -> Any:
        if self.key is None and self.size == self.rows:
            return self.arrays
        return _batch(self, jnp.asarray(t, jnp.uint32))

    @property
    def rows(self) -> int:
        return jax.tree.leaves(self.arrays)[0].shape[0]

    def steps(self, epochs: float | int) -> int:
        """How many steps it takes to have used every row `epochs` times."""
        return -int(-epochs * self.rows // self.size)


def _rows_of_line(data: Batches, t: UInt32[Array, ""]) -> Any:
    place = t * data.size + jnp.arange(data.size, dtype=jnp.uint32)
    epoch, row = place // data.rows, place % data.rows
    if data.key is not None:
        row = permuted(data.key, row, data.rows, deck=epoch)
    return jax.tree.map(lambda array: array[row], data.arrays)


_batch = jit(_rows_of_line, name="batch")


def batches(arrays: Any, size: int | None = None, *, shuffle: bool = True, seed: int = 0) -> Batches:
    """The rows of `arrays` (an array, or a tuple, dict, ... of arrays of equal length), `size` at a time.

    Without a size, every batch is all rows. `size` may exceed the number of rows. The arrays go to the device once.
    Raises ValueError when the arrays differ in length or are empty.

    >>> data = batches({"x": jnp.arange(5) * 10}, 2, shuffle=False)
    >>> [data[t]["x"].tolist() for t in range(3)]
    [[0, 10], [20, 30], [40, 0]]
    """
    leaves = jax.tree_util.tree_leaves_with_path(arrays)
    shapes = {jax.tree_util.keystr(path): np.shape(leaf) for path, leaf in leaves}
    rows = {shape[0] if shape else 0 for shape in shapes.values()}
    if len(rows) != 1 or 0 in rows:
        raise ValueError(f"arrays to batch need one row count, and at least one row; their shapes are {shapes}")
    if size is not None and size < 1:
        raise ValueError(f"a batch needs at least one row, not {size}")
    key = jax.random.key(seed) if shuffle and size is not None else None
    return Batches(jax.tree.map(jnp.asarray, arrays), key, size or rows.pop())
