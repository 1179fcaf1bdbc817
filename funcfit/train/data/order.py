"""Which rows the batch of a step has."""

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, UInt32

from funcfit.compile import jit
from funcfit.kernels.permutation import permuted

from .kind import LINE, Data


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Order:
    """Which rows the batch of a step has, and what each of them counts. Without a key they are in their own order."""

    key: Any = field(repr=False)
    rows: int = field(metadata={"static": True})
    size: int = field(metadata={"static": True})
    pad: bool = field(metadata={"static": True})

    def at(self, t: UInt32[Array, ""]) -> tuple[UInt32[Array, " size"], Array | None]:
        place = t * self.size + jnp.arange(self.size, dtype=jnp.uint32)
        epoch, row, weights = place // self.rows, place % self.rows, None
        if self.pad:
            epoch = jnp.full_like(row, t // self.steps(1))
            row = t % self.steps(1) * self.size + jnp.arange(self.size, dtype=jnp.uint32)
            weights = (row < self.rows).astype(jnp.float32)
            row = row % self.rows
        if self.key is not None:
            row = permuted(self.key, row, self.rows, deck=epoch)
        return row, weights

    def steps(self, epochs: float | int) -> int:
        passes = Fraction(epochs).limit_denominator(LINE)  # three times 0.1 is 0.3, and no bit more
        per_pass = -(-self.rows // self.size) if self.pad else Fraction(self.rows, self.size)
        return math.ceil(passes * per_pass)

    def plain(self) -> "Order":
        return Order(None, self.rows, self.size, self.pad)

    def epochs(self, t: int) -> float:
        return t / self.steps(1) if self.pad else t * self.size / self.rows


class Ordered(Data):
    """Data whose rows have numbers, so that any batch can be had at any time."""

    order: Order

    @property
    def rows(self) -> int:
        return self.order.rows

    @property
    def size(self) -> int:
        return self.order.size

    def steps(self, epochs: float | int) -> int:
        return self.order.steps(epochs)

    def epochs(self, t: int) -> float:
        return self.order.epochs(t)


def order_facts(order: Order) -> dict[str, Any]:
    seed = None if order.key is None else jax.random.key_data(order.key).tolist()
    return {"size": order.size, "pad": order.pad, "shuffle": seed}


rows_at = jit(lambda order, t: order.at(t), name="order")
