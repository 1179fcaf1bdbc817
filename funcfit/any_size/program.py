"""A function of arrays compiled once for all sizes up to a bound."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from itertools import count
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, Literal

from funcfit.any_size.extents import Line, Sizes, Unfit, extents, known, points
from funcfit.any_size.rules import Site, apply
from funcfit.compile import wide_mode

Shapes = tuple[tuple[int, ...], ...]


class Follows(NamedTuple):
    """How an axis follows one of the sizes: slope * size + constant."""

    kind: int
    slope: int
    constant: int

    def at(self, sizes: Sizes) -> int:
        return self.slope * sizes[self.kind] + self.constant


Axes = dict[tuple[int, int], Follows]  # (argument, axis) -> the size it follows

LEAST = 4  # arrays of one entry may mean something else, and a range is traced down to its half


def varying(seen: Sequence[Shapes]) -> Axes:
    """The axes that have had several sizes. Those that have always been on one line follow one size, the shortest."""
    if len({tuple(map(len, shapes)) for shapes in seen}) > 1:
        raise Unfit("the rank of what is fed changes")
    had = {(i, axis): sizes for i, one in enumerate(zip(*seen)) for axis, sizes in enumerate(zip(*one))}
    axes, kinds = {}, []
    for place, sizes in sorted(had.items(), key=lambda item: item[1]):
        if len(set(sizes)) > 1:
            found = (_follows(number, kind, sizes) for number, kind in enumerate(kinds))
            axes[place] = next(filter(None, found), None) or Follows(len(kinds), 1, 0)
            if axes[place].kind == len(kinds):
                kinds.append(sizes)
    return axes


def _follows(number: int, kind: Sizes, sizes: Sizes) -> Follows | None:
    low, high = kind.index(min(kind)), kind.index(max(kind))
    slope = (sizes[high] - sizes[low]) // (kind[high] - kind[low])
    constant = sizes[low] - slope * kind[low]
    fits = slope > 0 and all(slope * n + constant == size for n, size in zip(kind, sizes))
    return Follows(number, slope, constant) if fits else None


def long_enough(shapes: Shapes, axes: Axes) -> Axes:
    """The axes that follow sizes which are long enough in this call to be padded."""
    kept = [kind for kind, size in enumerate(sizes_of(shapes, axes)) if size >= LEAST]
    return {at: each._replace(kind=kept.index(each.kind)) for at, each in axes.items() if each.kind in kept}


def sizes_of(shapes: Shapes, axes: Axes) -> Sizes:
    """The sizes of a call."""
    sizes = {each.kind: shapes[i][axis] for (i, axis), each in axes.items() if each[1:] == (1, 0)}
    return tuple(sizes[kind] for kind in range(len(sizes)))


def bound(size: int) -> int:
    """The least of 8, 16, 32, 64, 96, 128, 192 ... that is not below `size`."""
    power = max(8, 1 << (size - 1).bit_length())
    return power * 3 // 4 if power > 64 and size <= power * 3 // 4 else power


def padded(shapes: Shapes, axes: Axes, most: Sizes) -> Shapes:
    """The shapes with what varies at its bound."""
    return tuple(
        tuple(axes[i, axis].at(most) if (i, axis) in axes else n for axis, n in enumerate(shape))
        for i, shape in enumerate(shapes)
    )


def laid_in(array: Any, shape: tuple[int, ...]) -> np.ndarray:
    """The array at the beginning of one of a larger shape, zeros after it."""
    array = np.asarray(array)
    if array.shape == shape:
        return array
    whole = np.zeros(shape, array.dtype)
    whole[tuple(map(slice, array.shape))] = array
    return whole


class AnySize:
    """`function` of arrays of which `axes` vary up to `most`: `function(*arguments)` as `self(sizes, *arguments)`, with
    arguments laid in the shapes at the bound, and results that hold what is real at their beginning (`cut`).

    The shapes of the first `fixed` results may not depend on the sizes. Raises Unfit while it is traced.
    """

    def __init__(self, function: Callable, axes: Axes, most: Sizes, fixed: int):
        self.function, self.axes, self.most, self.fixed = function, axes, most, fixed
        self.lines: list[tuple[Line | None, ...]] = []  # how the results' shapes depend on the sizes

    def __call__(self, sizes: Sequence[jax.Array], *arguments: jax.Array) -> Any:
        at = points(self.most)
        traced = [self._traced(arguments, sizes) for sizes in at]
        programs, shapes = zip(*traced)
        structure = jax.tree.structure(shapes[0])
        if any(jax.tree.structure(each) != structure for each in shapes):
            raise Unfit("the function gives something else at another size")
        lines = [extents([v.shape for v in each], at) for each in zip(*map(jax.tree.leaves, shapes))]
        if self.lines not in ([], lines):
            raise Unfit("other arguments change their shapes as well")
        self.lines = lines
        if any(any(lines) for lines in self.lines[: self.fixed]):
            raise Unfit("the shape of a variable changes with the size")
        try:
            out = evaluate(programs, arguments, at, sizes)
            return structure.unflatten(x if isinstance(x, jax.Array) else jnp.asarray(x) for x in out)
        except Unfit:
            raise
        except Exception as error:  # JAX refuses what a rule has made: there still is the program for one size
            raise Unfit(f"{type(error).__name__}: {error}") from error

    def _traced(self, arguments: Sequence[jax.Array], sizes: Sizes) -> tuple[ClosedJaxpr, Any]:
        shapes = padded(tuple(x.shape for x in arguments), self.axes, sizes)
        structs = [jax.ShapeDtypeStruct(shape, x.dtype) for shape, x in zip(shapes, arguments)]
        try:
            return jax.make_jaxpr(self.function, return_shape=True)(*structs)
        except Exception as error:
            raise Unfit(str(error)) from error

    def cut(self, result: Any, number: int, sizes: Sizes) -> Any:
        """What is real of a result, the one of that number."""
        lines = self.lines[number]
        if not any(lines):
            return result
        return np.asarray(result)[tuple(slice(None if line is None else line.at(sizes)) for line in lines)]


def evaluate(programs: Sequence[ClosedJaxpr], arguments: Sequence[Any], at: Sequence[Sizes], sizes: Sequence) -> list:
    """The outputs of a program traced at the points `at`, for arguments as at the first and for the call's sizes."""

    def done(programs: Sequence[Any], arguments: Sequence[Any]) -> list:
        jaxprs = [getattr(program, "jaxpr", program) for program in programs]
        values: dict[Any, Any] = {}
        numbers, names = count(), [{} for _ in jaxprs]  # the same variable has the same number in all

        def define(variables: Sequence[Any], value: Any) -> None:
            number = next(numbers)
            for name, v in zip(names, variables):
                name[v] = number
            values[variables[0]] = value

        def read(atoms: Sequence[Any]) -> Any:
            if isinstance(atoms[0], Literal):
                if not all(isinstance(v, Literal) for v in atoms):
                    raise Unfit("a number is known at some sizes only")
                return known([np.asarray(v.val, v.aval.dtype) for v in atoms], at, sizes)
            if any(isinstance(v, Literal) or name[v] != names[0][atoms[0]] for name, v in zip(names, atoms)):
                raise Unfit("the program computes something else at another size")
            return values[atoms[0]]

        if len({(len(jaxpr.eqns), len(jaxpr.invars), len(jaxpr.constvars)) for jaxpr in jaxprs}) > 1:
            raise Unfit("the program has more operations at one size than at another")
        for variables, held in zip(
            zip(*(jaxpr.constvars for jaxpr in jaxprs)), zip(*(getattr(program, "consts", ()) for program in programs))
        ):
            define(variables, known(held, at, sizes))
        for variables, value in zip(zip(*(jaxpr.invars for jaxpr in jaxprs)), arguments):
            define(variables, value)
        for eqns in zip(*(jaxpr.eqns for jaxpr in jaxprs)):
            if len({(eqn.primitive, len(eqn.invars), len(eqn.outvars)) for eqn in eqns}) > 1:
                raise Unfit(f"{eqns[0].primitive.name} is another operation at another size")
            with wide_mode() if _is_wide(eqns[0]) else nullcontext():
                inputs = [read(atoms) for atoms in zip(*(eqn.invars for eqn in eqns))]
                out = apply(Site(eqns, at, sizes, done), inputs)
            for variables, value in zip(zip(*(eqn.outvars for eqn in eqns)), out):
                define(variables, value)
        return [read(atoms) for atoms in zip(*(jaxpr.outvars for jaxpr in jaxprs))]

    return done(programs, arguments)


def _is_wide(eqn: Any) -> bool:
    return any(getattr(v.aval, "dtype", np.dtype(bool)).itemsize >= 8 for v in (*eqn.invars, *eqn.outvars))
