"""A stage for feeds of many sizes: one compiled program for a range of them (funcfit/any_size), not for each."""

from copy import copy
from itertools import count

import jax
import numpy as np

from funcfit.any_size import AnySize, Unfit, bound, laid_in, long_enough, padded, points, sizes_of, varying
from funcfit.tf1.run.trace import COMPARES, shapes_of


class ForMany:
    """What an executable calls once it has met more shapes than it compiles for one by one."""

    def __init__(self, executable):
        self.executable, self._met = executable, executable.seen[:]
        self._axes, self._ranges = {}, {}  # what varies; by the shapes that its feeds are laid in, what runs a range
        self.unfit, self.unfit_for = None, None  # why each shape has a program of its own after all, and the first

    def call(self, taken, fed):
        """What the stage gives; None when it is compiled for these very shapes, or is to be."""
        shapes = shapes_of((*taken, *fed))
        if self.unfit is not None or shapes in self.executable.seen:
            return None
        served = self._axes, self._met, self._ranges
        try:
            with self.executable.session._lock:
                found = self._range_for(shapes)
            return None if found is None else found.call(shapes, taken, fed)
        except Unfit as why:
            self._axes, self._met, self._ranges = served
            if not self._ranges:  # else these shapes have a program of their own, and the others their ranges
                self.unfit, self.unfit_for = str(why), shapes
            return None

    def _range_for(self, shapes):
        """Shapes that differ in something new make all ranges begin anew."""
        if None in shapes:
            raise Unfit("it takes a list that the run has made")
        axes = varying([*self._met, shapes])
        if axes != self._axes:
            self._axes, self._met, self._ranges = axes, [*self._met, shapes], {}
        axes = long_enough(shapes, axes)
        if not axes:
            return None
        most = tuple(map(bound, sizes_of(shapes, axes)))
        laid = padded(shapes, axes, most)
        if laid not in self._ranges:
            self._ranges = {**self._ranges, laid: _Range(self.executable, axes, most)}
        return self._ranges[laid]


class _Range:
    """A stage for all sizes up to `most`."""

    def __init__(self, executable, axes, most):
        stage, cells = executable.stage, len(executable.cells)
        self._first, self._axes, self._most = len(stage.writes), axes, most
        self._checks = self._first + len(stage.gives)  # as many results come before them
        self._shifted = {(cells + i, axis): follows for (i, axis), follows in axes.items()}
        self._any_size = AnySize(executable.function, self._shifted, most, self._first)
        self._whole, self._noted = executable.noted, {}
        self._executable = copy(executable)
        self._executable.prepare(self._function, self._noted, len(most), self._real)

    def _function(self, *arguments):
        others, sizes = arguments[: -len(self._most)], arguments[-len(self._most) :]
        out = self._any_size(sizes, *others)
        if not all(isinstance(x, jax.Array) for x in out[: self._checks]):
            raise Unfit("it gives a list that the run has made")
        shapes = shapes_of(others)
        _hold_between([self._whole[padded(shapes, self._shifted, n)].choices for n in points(self._most)])
        self._noted[shapes_of(arguments)] = self._whole[shapes]
        return out

    def call(self, shapes, taken, fed):
        sizes = sizes_of(shapes, self._axes)
        laid = list(map(laid_in, (*taken, *fed), padded(shapes, self._axes, self._most)))
        beside = [np.asarray(n, np.int32) for n in sizes]
        given = self._executable.called(laid[: len(taken)], [*laid[len(taken) :], *beside])
        return [self._any_size.cut(x, self._first + i, sizes) for i, x in enumerate(given)]

    def _real(self, seen, arguments):
        """What is real of the values that checks have seen."""
        sizes, numbers = tuple(map(int, arguments[-len(self._most) :])), count(self._checks + 1)
        return [[self._any_size.cut(x, next(numbers), sizes) for x in values] for values in seen]


def _hold_between(choices):
    """Raises Unfit when what was made of known numbers at each point of a range may be otherwise within it.

    Numbers are lines in the sizes. Of two that are compared, one is the larger at all sizes when it is at the ends; and
    a quotient that leaves no rest at points without a common factor leaves none at all.
    """
    if len(set(map(len, choices))) > 1:
        raise Unfit("it computes something else with the size")
    for at_each in zip(*choices):
        node, first = at_each[0]
        if all(all(map(np.array_equal, first, inputs)) for _, inputs in at_each):
            continue
        left = [_left_over(node, *inputs) for _, inputs in at_each]
        wanted = left[0] if node.type in COMPARES else np.zeros_like(left[0])
        if not all(np.array_equal(wanted, each) for each in left):
            raise Unfit(f"{node.name} ({node.type}) makes something of the size that is no line")


def _left_over(node, x, y=None):
    """The sign of a difference, or the rest of a quotient or of a rounded number."""
    x = x.astype(int) if x.dtype == bool else x
    if node.type in COMPARES:
        return np.sign(np.subtract(x, y.astype(int) if y.dtype == bool else y))
    if y is not None:
        return np.mod(x, y)
    return x - np.round(x) if x.dtype.kind == "f" else np.zeros_like(x)
