"""Rows that the host gathers, brought to the device in windows of some steps."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from funcfit.tree import described, named_leaves

from .kind import Data
from .order import Order, Ordered, order_facts, rows_at
from .sources import check_numbers, check_range, fingerprint_of

WINDOW_BYTES = 2**26  # of batches from the host that go to the device at once,
WIDEST = 100  # and how many they are at most


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Window:
    """The batches of some steps in a row, from the host, as a program takes them."""

    first: Any
    stack: Any = field(repr=False)

    def __getitem__(self, t: int | Int[Array, ""]) -> Any:
        return jax.tree.map(lambda array: array[t - self.first], self.stack)


class Ended(ValueError):
    """There are no more batches."""


class FromHost(Data):
    """Data that the host makes: batches go to the device in windows of `width` steps, the steps of each window aligned.

    A kind of it gives the batch of a step, as NumPy arrays.
    """

    @functools.cached_property
    def first(self) -> Any:
        """The batch of step 0, which shows what all look like."""
        return self[0]

    @functools.cached_property
    def width(self) -> int:
        batch = sum(np.asarray(leaf).nbytes for leaf in jax.tree.leaves(self.first))
        return max(1, min(WIDEST, WINDOW_BYTES // max(batch, 1)))

    def feed(self, t: int) -> tuple[Any, int]:
        first, made = t - t % self.width, []
        try:
            for step in range(first, first + self.width):
                made.append(self[step])
        except Ended:
            if first + len(made) <= t:
                raise
        until = first + len(made)
        made += made[-1:] * (self.width - len(made))  # never asked for: a window has one shape
        return Window(jnp.int32(first), jax.device_put(stacked(made))), until

    def like(self) -> Window:
        def many(leaf):
            array = np.asarray(leaf)
            return jax.ShapeDtypeStruct((self.width, *array.shape), jax.dtypes.canonicalize_dtype(array.dtype))

        return Window(jax.ShapeDtypeStruct((), jnp.int32), jax.tree.map(many, self.first))


class Items(FromHost, Ordered):
    """Rows that are asked for by number, gathered on the host in the order of `Order`."""

    def __init__(self, take: Callable[[np.ndarray], Any], order: Order):
        self.take, self.order = take, order

    def __getitem__(self, t: int) -> Any:
        row, weights = rows_at(self.order, jnp.uint32(t))
        batch = self.take(np.asarray(row))
        return batch if weights is None else (batch, np.asarray(weights))

    def in_order(self) -> "Items":
        return Items(self.take, self.order.plain())

    def fingerprint(self) -> dict[str, Any]:
        ends = self.take(np.array([0, self.order.rows - 1]))
        return {**fingerprint_of(ends), "rows": self.rows, **order_facts(self.order)}


def stacked(trees: list[Any]) -> Any:
    """Rows as one batch, or batches as one window. Raises ValueError when two differ in shape, with their names."""
    check_numbers(trees[0])
    try:
        whole = jax.tree.map(lambda *leaves: np.stack([np.asarray(leaf) for leaf in leaves]), *trees)
    except ValueError as error:
        shapes = [{name: described(np.asarray(leaf)) for name, leaf in named_leaves(tree).items()} for tree in trees]
        other = next((shape for shape in shapes if shape != shapes[0]), None)
        raise ValueError(
            f"rows and batches are alike; here are {shapes[0]} and {other}: pad or cut them to one shape"
        ) from error
    for name, array in named_leaves(whole).items():
        check_range(name, array)
    return whole
