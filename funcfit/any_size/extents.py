"""What a program holds that depends on the sizes of its arguments, found by tracing it at several sizes.

A program for sizes of up to P is traced at P and at two smaller sizes. Shapes and numbers that are the same in all
three belong to the program; those that differ must be one line in the size (a * size + b, or one over that for a mean's
divisor), which two traces decide and the third confirms. So nothing is asked of who wrote the program: there may be
arithmetic on shapes in Python or NumPy, and constants folded in either.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

Sizes = tuple[int, ...]  # of each kind of axis that varies


class Unfit(Exception):
    """No one program serves arguments of these sizes; the message says what stands against it."""


@dataclass(frozen=True)
class Line:
    """constant + sum(slopes * sizes)."""

    constant: float
    slopes: tuple[float, ...]

    def at(self, sizes: Sequence[Any]) -> Any:
        return sum((a * n for a, n in zip(self.slopes, sizes) if a), self.constant)


def points(most: Sizes) -> list[Sizes]:
    """The sizes at which to trace a program for sizes of up to `most`: these, and for each two smaller ones."""
    smaller = [(k, size) for k, n in enumerate(most) for size in (n - n // 4, n // 2)]
    return [most, *((*most[:k], size, *most[k + 1 :]) for k, size in smaller)]


def line(values: Sequence[float], at: Sequence[Sizes], near: float = 0.0) -> Line | None:
    """The line through a number's values at the points, to within `near` of the largest; None where there is none."""
    slopes, slack = [], near * max(map(abs, values))
    for k in range(len(at[0])):
        (first, one), (second, two) = ((at[0][k] - at[i][k], values[0] - values[i]) for i in (2 * k + 1, 2 * k + 2))
        slope = two / second if near else two // second
        if abs(slope * first - one) > slack or abs(slope * second - two) > slack:
            return None
        slopes.append(slope)
    return Line(values[0] - sum(a * n for a, n in zip(slopes, at[0])), tuple(slopes))


def extents(shapes: Sequence[tuple[int, ...]], at: Sequence[Sizes]) -> tuple[Line | None, ...]:
    """Of each axis of an array, how its size depends on the sizes; None where it does not."""
    if len({len(shape) for shape in shapes}) > 1:
        raise Unfit("an array has another rank at another size")
    found: list[Line | None] = []
    for sizes in zip(*shapes):
        through = line(sizes, at)
        if through is None:
            raise Unfit(f"an axis is {', '.join(map(str, sizes))} long where the sizes are {', '.join(map(str, at))}")
        found.append(through if any(through.slopes) else None)
    return tuple(found)


FEW = 32  # a constant array of so many numbers may depend on the sizes one by one: shapes, paddings


def known(values: Sequence[Any], at: Sequence[Sizes], sizes: Sequence[jax.Array]) -> Any:
    """A number or array that is known while tracing, given its values at the points: itself, or how it depends on the
    sizes of a call.
    """
    arrays = [np.asarray(value) for value in values]
    first = arrays[0]
    if any(extents([array.shape for array in arrays], at)):
        if all(np.array_equal(array, first[tuple(map(slice, array.shape))]) for array in arrays):
            return values[0]
        if all(array.size and (array == array.flat[0]).all() for array in arrays) and first.dtype.kind in "iuf":
            return jnp.full(first.shape, _number([array.flat[0].item() for array in arrays], first.dtype, at, sizes))
        raise Unfit("a constant array changes with the size in more than its length")
    if all(np.array_equal(array, first, equal_nan=first.dtype.kind in "fc") for array in arrays):
        return values[0]
    if first.size > FEW or first.dtype.kind not in "iuf":
        raise Unfit("a constant array changes with the size")
    numbers = [_number(each, first.dtype, at, sizes) for each in zip(*(array.ravel().tolist() for array in arrays))]
    return jnp.stack(numbers).reshape(first.shape)


def _number(values: Sequence[float], dtype: np.dtype, at: Sequence[Sizes], sizes: Sequence[jax.Array]) -> jax.Array:
    if dtype.kind in "iu":
        through = line(values, at)
        if through is not None:
            return jnp.asarray(through.at(sizes), dtype)
    else:
        near = 4 * float(jnp.finfo(dtype).eps)
        through = line(values, at, near)
        if through is not None:
            return jnp.asarray(through.at([jnp.asarray(n, dtype) for n in sizes]), dtype)
        through = line([1 / value for value in values], at, near) if all(values) else None
        if through is not None:
            return jnp.asarray(1 / through.at([jnp.asarray(n, dtype) for n in sizes]), dtype)
    raise Unfit(f"a number is {', '.join(map(str, values))} where the sizes are {', '.join(map(str, at))}")
