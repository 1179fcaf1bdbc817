"""Partly known shapes: `TensorShape` and `Dimension`, with TensorFlow's rules for what is not known.

A TensorShape is a tuple of ints and Nones, or no tuple at all when even the rank is unknown (`dims_or_none`).
`Dimension` objects are made only when a program asks for one.
"""

import operator


def _known(value):
    """An int or None out of what programs use as a dimension."""
    if value is None:
        return None
    if isinstance(value, Dimension):
        return value.value
    try:
        number = operator.index(value)
    except TypeError:
        number = int(value)
        if not isinstance(value, (str, bytes)) and number != value:
            raise ValueError(f"Ambiguous dimension: {value}") from None
    if number < 0:
        raise ValueError(f"Dimension {number} must be >= 0")
    return number


class Dimension:
    """One size, known or not. Arithmetic with an unknown one is unknown, and so is any comparison (None)."""

    __slots__ = ("_value",)

    def __init__(self, value):
        self._value = _known(value)

    value = property(lambda self: self._value)

    def is_compatible_with(self, other):
        other = _known(other)
        return self._value is None or other is None or self._value == other

    def assert_is_compatible_with(self, other):
        if not self.is_compatible_with(other):
            raise ValueError(f"Dimensions {self} and {as_dimension(other)} are not compatible")

    def merge_with(self, other):
        self.assert_is_compatible_with(other)
        return as_dimension(other) if self._value is None else self

    def _combine(self, other, how):
        try:
            other = _known(other)
        except (TypeError, ValueError):
            return NotImplemented
        return Dimension(None if self._value is None or other is None else how(self._value, other))

    def __add__(self, other):
        return self._combine(other, operator.add)

    def __sub__(self, other):
        return self._combine(other, operator.sub)

    def __mul__(self, other):
        return self._combine(other, operator.mul)

    def __floordiv__(self, other):
        return self._combine(other, operator.floordiv)

    __div__ = __floordiv__

    def __mod__(self, other):
        return self._combine(other, operator.mod)

    def __radd__(self, other):
        return self._combine(other, lambda a, b: b + a)

    def __rsub__(self, other):
        return self._combine(other, lambda a, b: b - a)

    def __rmul__(self, other):
        return self._combine(other, lambda a, b: b * a)

    def __rfloordiv__(self, other):
        return self._combine(other, lambda a, b: b // a)

    def _compare(self, other, how):
        try:
            other = _known(other)
        except (TypeError, ValueError):
            return NotImplemented
        return None if self._value is None or other is None else how(self._value, other)

    def __eq__(self, other):
        return self._compare(other, operator.eq)

    def __ne__(self, other):
        return self._compare(other, operator.ne)

    def __lt__(self, other):
        return self._compare(other, operator.lt)

    def __le__(self, other):
        return self._compare(other, operator.le)

    def __gt__(self, other):
        return self._compare(other, operator.gt)

    def __ge__(self, other):
        return self._compare(other, operator.ge)

    def __hash__(self):
        return hash(self._value)

    def __int__(self):
        return self._value

    def __index__(self):
        return self._value

    def __str__(self):
        return "?" if self._value is None else str(self._value)

    def __repr__(self):
        return f"Dimension({self._value})"


def as_dimension(value):
    return value if isinstance(value, Dimension) else Dimension(value)


class TensorShape:
    """The static shape of a tensor: rank and sizes as far as they are known.

    `TensorShape(None)` knows nothing, `TensorShape([None, 784])` prints as `(?, 784)`. Shapes are compatible when the
    known parts agree.
    """

    __slots__ = ("_sizes",)

    def __init__(self, dims):
        if dims is None or type(dims) is tuple and all(type(d) is int and d >= 0 or d is None for d in dims):
            self._sizes = dims
        elif isinstance(dims, TensorShape):
            self._sizes = dims._sizes
        elif hasattr(dims, "dim") and hasattr(dims, "unknown_rank"):  # a TensorShapeProto
            self._sizes = None if dims.unknown_rank else tuple(None if d.size == -1 else int(d.size) for d in dims.dim)
        else:
            try:
                sizes = iter(dims)
            except TypeError:
                sizes = (dims,)
            self._sizes = tuple(_known(d) for d in sizes)

    dims_or_none = property(lambda self: self._sizes)
    ndims = property(lambda self: None if self._sizes is None else len(self._sizes))
    rank = ndims

    @property
    def dims(self):
        """A list of Dimension, or None when the rank is unknown."""
        return None if self._sizes is None else [Dimension(d) for d in self._sizes]

    def __len__(self):
        if self._sizes is None:
            raise ValueError("Cannot take the length of Shape with unknown rank.")
        return len(self._sizes)

    def __bool__(self):
        return self._sizes is not None

    def __iter__(self):
        if self._sizes is None:
            raise ValueError("Cannot iterate over a shape with unknown rank.")
        return iter([Dimension(d) for d in self._sizes])

    def __getitem__(self, key):
        if self._sizes is not None:
            if isinstance(key, slice):
                return TensorShape(self._sizes[key])
            return Dimension(self._sizes[key])
        if not isinstance(key, slice):
            return Dimension(None)
        start, stop = key.start or 0, key.stop
        if key.step is not None:
            raise ValueError("Steps are not yet handled")
        if stop is None or start < 0 or stop < 0:
            return TensorShape(None)
        return TensorShape((None,) * max(stop - start, 0))

    def num_elements(self):
        """How many elements a tensor of this shape has; None when not fully known."""
        if not self.is_fully_defined():
            return None
        count = 1
        for size in self._sizes:
            count *= size
        return count

    def is_fully_defined(self):
        return self._sizes is not None and None not in self._sizes

    def assert_is_fully_defined(self):
        if not self.is_fully_defined():
            raise ValueError(f"Shape {self} is not fully defined")

    def as_list(self):
        """Sizes as ints and Nones; ValueError for an unknown rank."""
        if self._sizes is None:
            raise ValueError("as_list() is not defined on an unknown TensorShape.")
        return list(self._sizes)

    def is_compatible_with(self, other):
        mine, theirs = self._sizes, as_shape(other)._sizes
        if mine is None or theirs is None:
            return True
        return len(mine) == len(theirs) and all(a is None or b is None or a == b for a, b in zip(mine, theirs))

    def assert_is_compatible_with(self, other):
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {as_shape(other)} are incompatible")

    def merge_with(self, other):
        """What both shapes know together; ValueError when they disagree."""
        other = as_shape(other)
        mine, theirs = self._sizes, other._sizes
        if mine is None:
            return other
        if theirs is None:
            return self
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {other} are not compatible")
        return TensorShape(tuple(b if a is None else a for a, b in zip(mine, theirs)))

    def most_specific_compatible_shape(self, other):
        """What both shapes say alike; where they differ nothing is known."""
        mine, theirs = self._sizes, as_shape(other)._sizes
        if mine is None or theirs is None or len(mine) != len(theirs):
            return TensorShape(None)
        return TensorShape(tuple(a if a == b else None for a, b in zip(mine, theirs)))

    def concatenate(self, other):
        other = as_shape(other)
        if self._sizes is None or other._sizes is None:
            return TensorShape(None)
        return TensorShape(self._sizes + other._sizes)

    def with_rank(self, rank):
        """This shape if it can have `rank`, told so when it was unknown; else ValueError."""
        if self._sizes is None:
            return TensorShape((None,) * rank)
        if len(self._sizes) != rank:
            raise ValueError(f"Shape {self} must have rank {rank}")
        return self

    def assert_has_rank(self, rank):
        if self.ndims not in (None, rank):
            raise ValueError(f"Shape {self} must have rank {rank}")

    def assert_same_rank(self, other):
        other = as_shape(other)
        if None not in (self.ndims, other.ndims) and self.ndims != other.ndims:
            raise ValueError(f"Shapes {self} and {other} must have the same rank")

    def with_rank_at_least(self, rank):
        if self._sizes is not None and len(self._sizes) < rank:
            raise ValueError(f"Shape {self} must have rank at least {rank}")
        return self

    def with_rank_at_most(self, rank):
        if self._sizes is not None and len(self._sizes) > rank:
            raise ValueError(f"Shape {self} must have rank at most {rank}")
        return self

    def __eq__(self, other):
        try:
            other = as_shape(other)
        except (TypeError, ValueError):
            return NotImplemented
        return self._sizes == other._sizes

    def __ne__(self, other):
        try:
            other = as_shape(other)
        except (TypeError, ValueError):
            return NotImplemented
        if self._sizes is None or other._sizes is None:
            raise ValueError("The inequality of unknown TensorShapes is undefined.")
        return self._sizes != other._sizes

    def __hash__(self):
        return hash(self._sizes)

    def __str__(self):
        if self._sizes is None:
            return "<unknown>"
        if len(self._sizes) == 1:
            return f"({'?' if self._sizes[0] is None else self._sizes[0]},)"
        return "(" + ", ".join("?" if d is None else str(d) for d in self._sizes) + ")"

    def __repr__(self):
        return f"TensorShape({self.dims})"

    def __reduce__(self):
        return TensorShape, (self._sizes,)


def as_shape(value):
    return value if isinstance(value, TensorShape) else TensorShape(value)


def unknown_shape(ndims=None):
    return TensorShape(None if ndims is None else (None,) * ndims)


def scalar():
    return TensorShape(())


def vector(length):
    return TensorShape([length])


def matrix(rows, columns):
    return TensorShape([rows, columns])
