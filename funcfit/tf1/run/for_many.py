"""A stage for feeds of many sizes: one compiled program for a range of them (funcfit/any_size), not for each."""

from copy import copy
from itertools import count

import jax
import numpy as np

from funcfit.any_size import AnySize, Unfit, bound, laid_in, padded, sizes_of, varying
from funcfit.tf1.run.trace import shapes_of


class ForMany:
    """What an executable calls once it has met more shapes than it compiles for one by one."""

    def __init__(self, executable):
        self.executable, self._met = executable, list(executable.seen)
        self._axes, self._ranges = {}, {}  # what varies; by the bounds of a range, what runs it
        self.unfit = ""  # why each shape has a program of its own after all

    def call(self, taken, fed):
        """What the stage gives; None when it is compiled for these very shapes, or is to be."""
        shapes = shapes_of((*taken, *fed))
        if self.unfit or shapes in self.executable.seen:
            return None
        try:
            self._take_note(shapes)
            sizes = sizes_of(shapes, self._axes)
            if sizes is None:
                return None
            most = tuple(map(bound, sizes))
            if most not in self._ranges:
                self._ranges[most] = _Range(self.executable, self._axes, most)
            return self._ranges[most].call(shapes, sizes, taken, fed)
        except Unfit as why:
            self.unfit = str(why)
            return None

    def _take_note(self, shapes):
        """Shapes that differ in something new make all ranges begin anew."""
        if None in shapes:
            raise Unfit("it takes a list that the run has made")
        axes = varying([*self._met, shapes])
        if axes != self._axes:
            self._axes = axes
            self._met.append(shapes)
            self._ranges.clear()


class _Range:
    """A stage for all sizes up to `most`."""

    def __init__(self, executable, axes, most):
        stage, cells = executable.stage, len(executable.cells)
        self._first, self._axes, self._most = len(stage.writes), axes, most
        self._checks = self._first + len(stage.gives)  # as many results come before them
        shifted = {(cells + i, axis): follows for (i, axis), follows in axes.items()}
        self._any_size = AnySize(executable.function, shifted, most, self._first)
        self._whole, self._checked = executable.checked, {}
        self._executable = copy(executable)
        self._executable.compile(self._function, self._checked, len(most), self._real)

    def _function(self, *arguments):
        others, sizes = arguments[: -len(self._most)], arguments[-len(self._most) :]
        out = self._any_size(sizes, *others)
        if not all(isinstance(x, jax.Array) for x in out[: self._checks]):
            raise Unfit("it gives a list that the run has made")
        self._checked[shapes_of(arguments)] = self._whole[shapes_of(others)]
        return out

    def call(self, shapes, sizes, taken, fed):
        laid = list(map(laid_in, (*taken, *fed), padded(shapes, self._axes, self._most)))
        beside = [np.asarray(n, np.int32) for n in sizes]
        given = self._executable.called(laid[: len(taken)], [*laid[len(taken) :], *beside])
        return [self._any_size.cut(x, self._first + i, sizes) for i, x in enumerate(given)]

    def _real(self, seen, arguments):
        """What is real of the values that checks have seen."""
        sizes, numbers = tuple(map(int, arguments[-len(self._most) :])), count(self._checks + 1)
        return [[self._any_size.cut(x, next(numbers), sizes) for x in values] for values in seen]
