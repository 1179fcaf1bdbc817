"""How a window walks over axes: how many places it takes, what is padded, what it covers; as TensorFlow counts them."""

import functools
import itertools
import operator
from collections.abc import Iterable, Iterator, Sequence

import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.typing import ArrayLike
from jaxtyping import Array, Int, Num

from .module import AnyArray

Sizes = Sequence[int]


def places(size: int, window: int, stride: int, padding: str, dilation: int = 1) -> int:
    """How often a window fits on an axis; not above zero when it is VALID and too long.

    >>> places(5, 3, 2, "SAME"), places(5, 3, 2, "VALID")
    (3, 2)
    """
    if padding == "SAME":
        return -(-size // stride)
    return -(-(size - (window - 1) * dilation) // stride)


def margins(size: int, window: int, stride: int, padding: str, dilation: int = 1) -> tuple[int, int]:
    """Zeros before and after an axis; SAME puts the odd one after it.

    >>> margins(5, 4, 1, "SAME")
    (1, 2)
    """
    if padding == "VALID":
        return 0, 0
    covered = (places(size, window, stride, padding) - 1) * stride + (window - 1) * dilation + 1
    total = max(covered - size, 0)
    return total // 2, total - total // 2


def all_places(sizes: Sizes, windows: Sizes, strides: Sizes, padding: str, dilations: Sizes | None = None) -> list[int]:
    """`places` of each axis."""
    dilations = [1] * len(sizes) if dilations is None else dilations
    return [places(n, k, s, padding, d) for n, k, s, d in zip(sizes, windows, strides, dilations)]


def all_margins(
    sizes: Sizes, windows: Sizes, strides: Sizes, padding: str, dilations: Sizes | None = None
) -> list[tuple[int, int]]:
    """`margins` of each axis."""
    dilations = [1] * len(sizes) if dilations is None else dilations
    return [margins(n, k, s, padding, d) for n, k, s, d in zip(sizes, windows, strides, dilations)]


def views(
    x: Num[AnyArray, "..."],
    window: Sizes,
    strides: Sizes,
    padding: str,
    fill: ArrayLike,
    dilations: Sizes | None = None,
) -> Iterator[Num[Array, "..."]]:
    """For each element of the window, in order, what it covers at all places: arrays of the shape `all_places`.

    `window`, `strides` and `dilations` have one number for each axis of x; padding is seen as `fill`.
    """
    edges = all_margins(x.shape, window, strides, padding, dilations)
    counts = all_places(x.shape, window, strides, padding, dilations)
    padded = lax.pad(x, np.asarray(fill, x.dtype), [(before, after, 0) for before, after in edges])
    for start in _starts(window, dilations):
        limit = [i + (n - 1) * s + 1 for i, n, s in zip(start, counts, strides)]
        yield lax.slice(padded, start, limit, tuple(strides))


def scattered(
    views: Iterable[Num[AnyArray, "..."]],
    shape: Sizes,
    window: Sizes,
    strides: Sizes,
    padding: str,
    dilations: Sizes | None = None,
) -> Num[Array, "..."]:
    """Undoes `views`: the sum of their elements at the places in an array of `shape` that they are views of."""
    edges = all_margins(shape, window, strides, padding, dilations)
    counts = all_places(shape, window, strides, padding, dilations)

    def placed(start, view):
        config = []
        for i, n, count, s, (before, _) in zip(start, shape, counts, strides, edges):
            at = i - before
            config.append((at, n - (at + (count - 1) * s + 1), s - 1))
        return lax.pad(view, np.zeros((), view.dtype), config)

    return functools.reduce(operator.add, map(placed, _starts(window, dilations), views))


def largest(arrays: Iterable[Num[AnyArray, "*shape"]]) -> tuple[Num[Array, "*shape"], Int[Array, "*shape"]]:
    """The largest value at each place, and the number of the array that has it first."""
    arrays = iter(arrays)
    best = jnp.asarray(next(arrays))
    first = jnp.zeros(best.shape, jnp.int32)
    for i, array in enumerate(arrays, start=1):
        first = jnp.where(array > best, i, first)
        best = jnp.maximum(array, best)
    return best, first


def _starts(window, dilations):
    """Where each element of the window is when the window is at its first place."""
    steps = [1] * len(window) if dilations is None else dilations
    return itertools.product(*(range(0, k * d, d) for k, d in zip(window, steps)))
