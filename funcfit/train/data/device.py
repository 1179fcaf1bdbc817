"""Arrays on the device: a program shuffles and gathers their rows itself."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, UInt32

from funcfit.compile import jit
from funcfit.tree import listed

from .kind import LINE
from .order import Order, Ordered, order_facts
from .sources import fingerprint_of


@jax.tree_util.register_dataclass
@dataclass(frozen=True, repr=False)
class Batches(Ordered):
    """Rows of arrays that are on the device: a program shuffles and gathers them itself."""

    arrays: Any
    order: Order

    on_device = True

    def __repr__(self) -> str:
        order = "in order" if self.order.key is None else "shuffled"
        return f"Batches({self.rows:,} rows on the device, {self.size:,} a batch, {order}: {listed(self.arrays)})"

    def __getitem__(self, t: int | Int[Array, ""]) -> Any:
        if self.order.key is None and self.size == self.rows and not self.order.pad:
            return self.arrays
        return _batch(self, jnp.asarray(t, jnp.uint32))

    def feed(self, t: int) -> tuple[Any, int]:
        return self, LINE

    def like(self) -> "Batches":
        return self

    def in_order(self) -> "Batches":
        return Batches(self.arrays, self.order.plain())

    def fingerprint(self) -> dict[str, Any]:
        return {**fingerprint_of(self.arrays), **order_facts(self.order)}


def _gathered(data: Batches, t: UInt32[Array, ""]) -> Any:
    row, weights = data.order.at(t)
    batch = jax.tree.map(lambda array: array[row], data.arrays)
    return batch if weights is None else (batch, weights)


_batch = jit(_gathered, name="batch")
