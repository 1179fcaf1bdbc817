"""What a program holds that depends on the sizes of its arguments, found by tracing it at several sizes.

A program for sizes of up to P is traced at P and at two smaller sizes. Shapes and numbers that are the same in all
three belong to the program; those that differ must be one line in the size, a * size + b, which two traces decide and
the third confirms. Floats may be one over a line too (a mean's divisor), and each times or over a size (the mean of a
matrix, an unbiased variance). Where two sizes vary, two more traces decide and confirm what their product adds. So
nothing is asked of who wrote the program: there may be arithmetic on shapes in Python or NumPy, and constants folded
in either.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

Sizes = tuple[int, ...]  # of each kind of axis that varies


class Unfit(Exception):
    """No one program serves arguments of these sizes; the message says what stands against it."""


@dataclass(frozen=True)
class Line:
    """constant + sum(slopes * sizes); where there are two sizes, a third slope is that of their product."""

    constant: float
    slopes: tuple[float, ...]

    def at(self, sizes: Sequence[Any]) -> Any:
        terms = (*sizes, sizes[0] * sizes[1]) if len(sizes) == 2 else sizes
        return sum((a * n for a, n in zip(self.slopes, terms) if a), self.constant)


def points(most: Sizes) -> list[Sizes]:
    """The sizes at which to trace a program for sizes of up to `most`: these, two smaller ones of each, all smaller.

    The two differ from the largest by numbers without a common factor: what depends on a size's remainder (a length
    made even, or a multiple of 8) is on no line through these.
    """
    smaller = [(n - n // 4 - 1, n // 2) for n in most]
    alone = [(*most[:k], size, *most[k + 1 :]) for k, sizes in enumerate(smaller) for size in sizes]
    return [most, *alone, *(zip(*smaller) if len(most) > 1 else ())]


def line(values: Sequence[float], at: Sequence[Sizes], near: float = 0.0) -> Line | None:
    """The line through a number's values at the points, to within `near` of the largest; None where there is none."""

    def over(rise: float, run: int) -> float:
        return rise / run if near else rise // run

    most, least = at[0], at[-1]
    slopes = [over(values[0] - values[2 * k + 2], n - least[k]) for k, n in enumerate(most)]
    if len(most) == 2:  # each was seen where the other is largest
        (n, m), (rise, other) = (most[k] - least[k] for k in (0, 1)), slopes
        both = over(values[-1] - values[0] + rise * n + other * m, n * m)
        slopes = [rise - both * most[1], other - both * most[0], both]
    through = Line(values[0] - Line(0, tuple(slopes)).at(most), tuple(slopes))
    slack = near * max(map(abs, values))
    return through if all(abs(through.at(n) - value) <= slack for n, value in zip(at, values)) else None


def lines_through(numbers: Sequence[tuple[int, ...]], at: Sequence[Sizes]) -> tuple[Line | None, ...]:
    """Of each of several numbers, given at each point, how it depends on the sizes; None where it does not."""
    found: list[Line | None] = []
    for values in zip(*numbers):
        through = line(values, at)
        if through is None:
            raise Unfit(f"an axis is {', '.join(map(str, values))} long where the sizes are {', '.join(map(str, at))}")
        found.append(through if any(through.slopes) else None)
    return tuple(found)


def extents(shapes: Sequence[tuple[int, ...]], at: Sequence[Sizes]) -> tuple[Line | None, ...]:
    """Of each axis of an array, how its size depends on the sizes; None where it does not."""
    if len({len(shape) for shape in shapes}) > 1:
        raise Unfit("an array has another rank at another size")
    found = lines_through(shapes, at)
    if any(min(each.slopes) < 0 for each in found if each is not None):
        raise Unfit("an axis is longest where the sizes are smallest")
    return found


FEW = 32  # a constant array of so many numbers may depend on the sizes one by one: shapes, paddings


def known(values: Sequence[Any], at: Sequence[Sizes], sizes: Sequence[jax.Array]) -> Any:
    """A number or array that is known while tracing, given its values at the points: itself, or how it depends on the
    sizes of a call.
    """
    arrays = [np.asarray(value) for value in values]
    first = arrays[0]
    along = {axis: line for axis, line in enumerate(extents([array.shape for array in arrays], at)) if line is not None}
    if along:
        if all(np.array_equal(array, first[tuple(map(slice, array.shape))]) for array in arrays):
            return values[0]
        if all(array.size and (array == array.flat[0]).all() for array in arrays) and first.dtype.kind in "iuf":
            return jnp.full(first.shape, _number([array.flat[0].item() for array in arrays], first.dtype, at, sizes))
        axis, through = next(iter(along.items()))
        tail = _tail([np.moveaxis(array, axis, 0) for array in arrays]) if len(along) == 1 else None
        if tail is not None:
            places, length = np.arange(first.shape[axis], dtype=np.int32), jnp.asarray(through.at(sizes), jnp.int32)
            from_end = places + (first.shape[axis] - length)
            return jnp.take(first, jnp.where(places < length - tail, places, from_end), axis, mode="clip")
        raise Unfit("a constant array changes with the size in more than its length")
    if all(np.array_equal(array, first, equal_nan=first.dtype.kind in "fc") for array in arrays):
        return values[0]
    if first.size > FEW or first.dtype.kind not in "iuf":
        raise Unfit("a constant array changes with the size")
    numbers = [_number(each, first.dtype, at, sizes) for each in zip(*(array.ravel().tolist() for array in arrays))]
    return jnp.stack(numbers).reshape(first.shape)


def _tail(arrays: Sequence[np.ndarray]) -> int | None:
    """How many rows, a few, end each of arrays that begin alike."""
    first = arrays[0]
    for tail in range(1, min(FEW, *map(len, arrays))):
        if all(np.array_equal(array[-tail:], first[-tail:]) for array in arrays):
            if all(np.array_equal(array[:-tail], first[: len(array) - tail]) for array in arrays):
                return tail
    return None


def _number(values: Sequence[float], dtype: np.dtype, at: Sequence[Sizes], sizes: Sequence[jax.Array]) -> jax.Array:
    if dtype.kind in "iu":
        through = line(values, at)
        if through is not None:
            wide = dtype if dtype.itemsize == 8 else np.int32
            return jnp.asarray(through.at([jnp.asarray(n, wide) for n in sizes]), dtype)
    else:
        near = 4 * float(jnp.finfo(dtype).eps)
        reals = [jnp.asarray(n, dtype) for n in sizes]
        for sign, (k, power) in product((1, -1), [(0, 0), *product(range(len(sizes)), (1, -1))]):
            if sign > 0 or all(values):
                through = line([value**sign / n[k] ** power for value, n in zip(values, at)], at, near)
                if through is not None:
                    return jnp.asarray((through.at(reals) * reals[k] ** power) ** sign, dtype)
    raise Unfit(f"a number is {', '.join(map(str, values))} where the sizes are {', '.join(map(str, at))}")
