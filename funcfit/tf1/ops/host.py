"""Python in the graph: functions of numpy arrays, printing, and strings made of numbers."""

import itertools
import sys

import numpy as np

from funcfit import errors
from funcfit.errors import InvalidArgumentError, UnimplementedError
from funcfit.kernels.text import array_text
from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.graph import get_default_graph, name_scope
from funcfit.tf1.opdef import api, op, raw

# -- functions of numpy arrays ---------------------------------------------------------------------------------------

_numbers = itertools.count()


class Callback(str):
    """The token that stands for a Python function in a node's attrs; it carries the function."""

    __slots__ = ("function",)

    def __new__(cls, function):
        token = super().__new__(cls, f"pyfunc_{next(_numbers)}")
        token.function = function
        return token


_ERRORS = [
    ((ValueError, TypeError), errors.InvalidArgumentError),
    (StopIteration, errors.OutOfRangeError),
    (MemoryError, errors.ResourceExhaustedError),
    (NotImplementedError, errors.UnimplementedError),
    (Exception, errors.UnknownError),
]


def _called(input, token, Tout):
    """The function's results as arrays of the dtypes that were promised."""
    arguments = [x[()] if x.ndim == 0 else x.copy() for x in input]
    try:
        results = token.function(*arguments)
    except errors.OpError:
        raise
    except Exception as error:
        kind = next(to for of, to in _ERRORS if isinstance(error, of))
        raise kind(None, None, f"{type(error).__name__}: {error}") from error
    if results is None:
        results = ()
    results = results if isinstance(results, (tuple, list)) else (results,)
    if len(results) != len(Tout):
        text = f"{token} returns {len(results)} values, but expects to see {len(Tout)} values."
        raise InvalidArgumentError(None, None, text)
    return [_promised(i, value, dtype, token) for i, (value, dtype) in enumerate(zip(results, Tout))]


def _promised(i, value, dtype, token):
    array = np.array(value)
    if array.dtype.kind in "SUO":
        elements = np.asarray(value, object).ravel()
        strange = next((x for x in elements if not isinstance(x, (str, bytes))), None)
        if strange is not None:
            raise UnimplementedError(None, None, f"Unsupported object type {type(strange).__name__}")
        came = dtypes.string
        encoded = np.empty(array.shape, object)
        encoded.ravel()[:] = [x.encode() if isinstance(x, str) else x for x in elements]
        array = encoded
    else:
        try:
            came = dtypes.as_dtype(array.dtype)
        except TypeError:
            raise UnimplementedError(None, None, f"Unsupported numpy type {array.dtype}") from None
    if came is not dtype:
        names = [{"float64": "double", "float32": "float"}.get(d.name, d.name) for d in (came, dtype)]
        text = f"{i}-th value returned by {token} is {names[0]}, but expects {names[1]}"
        raise InvalidArgumentError(None, None, text)
    return array


@op("input: list(Tin) -> output: list(Tout)", host=True, gradient=None, out=shapes.unknown)
def PyFunc(input, *, token, Tout):
    return _called(input, token, Tout)


@op("input: list(Tin) -> output: list(Tout)", host=True, gradient=None, out=shapes.unknown)
def PyFuncStateless(input, *, token, Tout):
    return _called(input, token, Tout)


@api("py_func")
def py_func(func, inp, Tout, stateful=True, name=None):
    """Calls `func` with the values of `inp` as numpy arrays whenever the result is needed; no gradient flows through.

    `Tout` is the result's dtype, or a list of dtypes; what the function returns must have exactly these
    (InvalidArgumentError). The static shapes are unknown: use set_shape. What the function raises becomes an OpError.
    """
    several = isinstance(Tout, (list, tuple))
    make = raw.PyFunc if stateful else raw.PyFuncStateless
    kinds = [dtypes.as_dtype(d) for d in (Tout if several else [Tout])]
    with name_scope(name, make.name, inp) as scope:
        outputs = make(inp, token=Callback(func), Tout=kinds, name=scope)
        if stateful and not kinds:
            return get_default_graph().get_operation_by_name(scope[:-1])
    return outputs if several else outputs[0]


@api("numpy_function")
def numpy_function(func, inp, Tout, name=None):
    """`py_func`, as 1.15 calls it."""
    return py_func(func, inp, Tout, stateful=True, name=name)


# -- printing --------------------------------------------------------------------------------------------------------


@op(
    "input: T, data: list(U) -> output: T",
    host=True,
    keeps=lambda attrs, entropy: np.zeros((), np.int64),
    out=shapes.same,
)
def Print(printed, input, data, *, message="", first_n=-1, summarize=3):
    """`printed` counts what has been printed in this session."""
    if first_n < 0 or printed < first_n:
        print(message + "".join(f"[{array_text(x, summarize)}]" for x in data), file=sys.stderr, flush=True)
        printed = printed + 1
    return input, printed


@Print.gradient
def _(node, dy):
    return [dy] + [None] * (len(node.inputs) - 1)


@api("Print")
def Print_(input_, data, message=None, first_n=None, summarize=None, name=None):
    """`input_`, printing `data` to the standard error whenever it is computed: `summarize` (3) elements of each,
    `first_n` times.
    """
    return raw.Print(input_, data, message=message, first_n=first_n, summarize=summarize, name=name)


# -- strings ---------------------------------------------------------------------------------------------------------


def _encoded(strings, shape):
    out = np.empty(len(strings), object)
    out[:] = [s.encode() if isinstance(s, str) else s for s in strings]
    return out.reshape(shape)


@api("as_string", "strings.as_string", "dtypes.as_string")
@op(
    "input: T -> output: string",
    T="int8 int16 int32 int64 complex64 complex128 float32 float64 bool",
    host=True,
    gradient=None,
    out=shapes.same,
)
def AsString(input, *, precision=-1, scientific=False, shortest=False, width=-1, fill=""):
    """Each number as text, as C's printf writes it: %d, %f, %e (`scientific`), %g (`shortest`)."""
    _check_notation(input.dtype, precision, scientific, shortest, fill)
    start = "%" + (f"{fill}{width}" if width > -1 else "")
    form = start + (f".{precision}" if precision > -1 else "") + ("e" if scientific else "g" if shortest else "f")

    def text(x):
        if isinstance(x, (bool, np.bool_)):
            return "true" if x else "false"
        if isinstance(x, np.complexfloating):
            return f"({form % x.real},{form % x.imag})"
        return (start + "d" if isinstance(x, np.integer) else form) % x

    return _encoded([text(x) for x in input.ravel()], input.shape)


def _check_notation(dtype, precision, scientific, shortest, fill):
    problem = None
    if dtype.kind not in "fc" and (scientific or shortest):
        problem = f"scientific and shortest format not supported for datatype {dtype}"
    elif dtype.kind not in "fc" and precision >= 0:
        problem = f"precision not supported for datatype {dtype}"
    elif len(fill) > 1:
        problem = "Fill string must be one or fewer characters"
    elif scientific and shortest:
        problem = "Cannot select both scientific and shortest notation"
    if problem:
        raise InvalidArgumentError(None, None, problem)


def _joined_shape(node):
    found = shapes.SCALAR
    for x in node.inputs:
        if x.shape.ndims != 0:
            found = x.shape if found.ndims == 0 else found.merge_with(x.shape)
    return found


@api("string_join", "strings.join")
@op("inputs: N*string -> output: string", host=True, gradient=None, out=_joined_shape)
def StringJoin(inputs, *, separator=""):
    """Strings put together element by element, `separator` between; scalars go with every element."""
    parts = np.broadcast_arrays(*inputs)
    sizes = {x.shape for x in inputs if x.ndim}
    if len(sizes) > 1:
        raise InvalidArgumentError(None, None, f"Input shapes do not match: {' vs. '.join(map(str, sizes))}")
    rows = zip(*(p.ravel() for p in parts))
    return _encoded([separator.encode().join(row) for row in rows], parts[0].shape)
