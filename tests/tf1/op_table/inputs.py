"""Rows, and the arrays that they share.

A case is a tuple of arrays, one an input; cases are a dict from a word to such a tuple. The words that recur:
`ordinary` (float32), `double`, `half`, `int`, `scalar`, `empty`, `broadcast`, `odd` (NaN, infinities, zeros).
"""

import collections

import numpy as np

Row = collections.namedtuple("Row", "name call cases rtol")


def row(name, call, cases, rtol=None):
    """`call(tf, *inputs)` gives a tensor or a nest of them. Say why where `rtol` is given."""
    return Row(name, call, cases, rtol)


def each(names, cases, **options):
    """A row for each function named: it takes the inputs and nothing else."""
    return [row(name, _function(name), cases, **options) for name in names.split()]


def _function(name):
    def call(tf, *inputs):
        function = tf
        for part in name.split("."):
            function = getattr(function, part)
        return function(*inputs)

    return call


def f16(*values):
    return tuple(np.array(value, np.float16) for value in values)


def f32(*values):
    return tuple(np.array(value, np.float32) for value in values)


def f64(*values):
    return tuple(np.array(value, np.float64) for value in values)


def i32(*values):
    return tuple(np.array(value, np.int32) for value in values)


def i64(*values):
    return tuple(np.array(value, np.int64) for value in values)


def u8(*values):
    return tuple(np.array(value, np.uint8) for value in values)


def c64(*values):
    return tuple(np.array(value, np.complex64) for value in values)


def bools(*values):
    return tuple(np.array(value, np.bool_) for value in values)


def ramp(*shape, start=-1.0, stop=1.3):
    """Distinct numbers between the two, not sorted, so that maxima are not at the edges; they do not cancel to zero."""
    count = int(np.prod(shape))
    order = (np.arange(count) * 7 + 3) % count if count % 7 else (np.arange(count) * 11 + 3) % count
    return (start + (stop - start) * (order + 0.5) / max(count, 1)).reshape(shape)


def floats(*values):
    """The same inputs in the three float types."""
    return {"ordinary": f32(*values), "double": f64(*values), "half": f16(*values)}


NAN, INF = float("nan"), float("inf")
EMPTY = np.zeros([0, 3])

_REAL = [[-2.5, -1.0, -0.3], [0.2, 0.7, 3.2]]
_POSITIVE = [[0.1, 0.5, 1.0], [1.7, 3.3, 10.0]]
_UNIT = [[-0.9, -0.5, -0.1], [0.2, 0.6, 0.95]]
_ODD = [NAN, INF, -INF, 0.0, -0.0, 1e20, -1e20]

REAL = dict(floats(_REAL), scalar=f32(0.7), empty=f32(EMPTY), odd=f32(_ODD))
POSITIVE = dict(floats(_POSITIVE), scalar=f32(0.7), empty=f32(EMPTY), odd=f32([NAN, INF, -INF, 0.0, -1.0, 1e20, 1e-20]))
UNIT = dict(floats(_UNIT), scalar=f32(0.7), empty=f32(EMPTY), odd=f32([NAN, INF, -INF, 0.0, 1.0, -1.0, 2.0]))
REAL_ONLY = floats(_REAL)
INTEGERS = {"int": i32([[-7, -1, 0], [2, 3, 100]]), "long": i64([-(2**40), 5]), "empty int": i32(EMPTY)}
COMPLEX = {"complex": c64([[1 + 2j, -0.5 + 0.3j], [2 - 1j, 0.1 - 0.7j]])}

_LEFT = [[-2.5, -1.0, 0.3], [0.2, 0.7, 3.2]]
_RIGHT = [[1.5, -0.4, 2.0], [0.3, -1.1, 0.9]]
PAIRS = dict(
    floats(_LEFT, _RIGHT),
    scalar=f32(1.5, -0.7),
    broadcast=f32(_LEFT, [0.5, -1.5, 2.5]),
    outer=f32([[1.0], [2.0]], [0.5, -1.5, 2.5]),
    number=f32(_LEFT, 2.5),
    empty=f32(EMPTY, [1.0, 2.0, 3.0]),
    odd=f32([NAN, INF, -INF, INF, 0.0, 1.0, -1.0], [1.0, INF, INF, 0.0, 0.0, 0.0, NAN]),
)
POSITIVE_PAIRS = dict(
    floats(_POSITIVE, [[1.5, 0.4, 2.0], [0.3, 1.1, 0.9]]),
    broadcast=f32(_POSITIVE, [0.5, 1.5, 2.5]),
    scalar=f32(1.5, 0.7),
    empty=f32(EMPTY, [1.0, 2.0, 3.0]),
)
SIGNED_PAIRS = {
    "int": i32([[-7, -1, 0], [2, 7, 100]], [[2, 3, 5], [-3, -2, 7]]),
    "long": i64([2**40, -5], [3, 2]),
    "int broadcast": i32([[-7], [8]], [2, 3]),
}
INTEGER_PAIRS = dict(SIGNED_PAIRS, byte=u8([7, 200], [2, 3]))
COMPLEX_PAIRS = {"complex": c64([1 + 2j, -0.5 + 0.3j], [2 - 1j, 0.4 - 0.7j])}
TRUTHS = {"ordinary": bools([[True, False], [True, True]]), "empty": bools(EMPTY)}
TRUTH_PAIRS = {
    "ordinary": bools([True, True, False, False], [True, False, True, False]),
    "broadcast": bools([[True], [False]], [True, False]),
}
MATRIX = dict(floats(ramp(2, 3)), int=i32([[1, 5, 2], [4, 3, 9]]), empty=f32(EMPTY))
CUBE = dict(floats(ramp(2, 3, 4)))
