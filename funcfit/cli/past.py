"""Names that programs of 2016-2019 use and that NumPy, SciPy and Python have since removed."""

import base64
import builtins
import collections
import collections.abc
import contextlib
import fractions
import inspect
import math
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from . import imports


@contextlib.contextmanager
def restored() -> Iterator[None]:
    """The names are back while the block runs, where they are missing; those that are there stay as they are.

    Numbers print as NumPy 1.13 printed them, so that a program's output can be held against what it printed then.
    """
    added = []
    for owner, names in REMOVED:
        for name, value in names.items():
            if name not in vars(owner):
                setattr(owner, name, value)
                added.append((owner, name))
    np.fromstring = fromstring  # the text half is still there; programs that read image files use the other
    try:
        with np.printoptions(legacy="1.13"), imports.answered("scipy.misc", Path(__file__).with_name("scipy_misc.py")):
            yield
    finally:
        np.fromstring = text_fromstring
        for owner, name in added:
            delattr(owner, name)


def asscalar(a):
    return np.asarray(a).item()


def asfarray(a, dtype=np.float64):
    return np.asarray(a, dtype if np.issubdtype(dtype, np.inexact) else np.float64)


def in1d(ar1, ar2, assume_unique=False, invert=False):
    return np.isin(np.ravel(ar1), ar2, assume_unique=assume_unique, invert=invert)


def fromstring(string, dtype=float, count=-1, sep="", **options):
    """`numpy.fromstring`, which reads binary data too, as it did until NumPy 2.3."""
    if sep:
        return text_fromstring(string, dtype, count, sep=sep, **options)
    return np.frombuffer(string, dtype, count).copy()


text_fromstring = np.fromstring


def getargspec(function: Callable) -> Any:
    spec = inspect.getfullargspec(function)
    return ArgSpec(spec.args, spec.varargs, spec.varkw, spec.defaults)


ArgSpec = collections.namedtuple("ArgSpec", "args varargs keywords defaults")

SCTYPES = {
    "int": [np.int8, np.int16, np.int32, np.int64],
    "uint": [np.uint8, np.uint16, np.uint32, np.uint64],
    "float": [np.float16, np.float32, np.float64, np.longdouble],
    "complex": [np.complex64, np.complex128, np.clongdouble],
    "others": [bool, object, bytes, str, np.void],
}

NUMPY = {
    # aliases of Python's types: removed in 1.24
    **{name: getattr(builtins, name) for name in ("bool", "int", "float", "complex", "object", "str")},
    "long": int,
    "unicode": str,
    # 1.24 and 2.0: second names of types
    "bool8": np.bool_,
    "int0": np.intp,
    "uint0": np.uintp,
    "object0": np.object_,
    "str0": np.str_,
    "bytes0": np.bytes_,
    "void0": np.void,
    "float_": np.float64,
    "complex_": np.complex128,
    "cfloat": np.complex128,
    "singlecomplex": np.complex64,
    "string_": np.bytes_,
    "unicode_": np.str_,
    "longfloat": np.longdouble,
    "longcomplex": np.clongdouble,
    "clongfloat": np.clongdouble,
    "typeDict": np.sctypeDict,
    "sctypes": SCTYPES,
    # 2.0: second names of constants
    "Inf": np.inf,
    "Infinity": np.inf,
    "infty": np.inf,
    "PINF": np.inf,
    "NINF": -np.inf,
    "NaN": np.nan,
    "NAN": np.nan,
    "PZERO": 0.0,
    "NZERO": -0.0,
    # second names of functions, and small functions
    "product": np.prod,
    "cumproduct": np.cumprod,
    "alltrue": np.all,
    "sometrue": np.any,
    "round_": np.round,
    "trapz": np.trapezoid,
    "mat": np.asmatrix,
    "row_stack": np.vstack,
    "rank": np.ndim,
    "alen": len,
    "asscalar": asscalar,
    "asfarray": asfarray,
    "in1d": in1d,
    "msort": lambda a: np.sort(a, axis=0),
    "issubclass_": issubclass,
    "issubsctype": np.issubdtype,
    "set_string_function": lambda f, repr=True: np.set_printoptions(override_repr=f),
    "disp": lambda mesg, device=None, linefeed=True: print(mesg, file=device, end="\n" if linefeed else ""),
}

ABSTRACT_COLLECTIONS = {name: getattr(collections.abc, name) for name in collections.abc.__all__ if name != "Buffer"}

REMOVED: list[tuple[Any, dict[str, Any]]] = [
    (np, NUMPY),
    (collections, ABSTRACT_COLLECTIONS),  # 3.10
    (time, {"clock": time.perf_counter}),  # 3.8
    (fractions, {"gcd": math.gcd}),  # 3.9
    (base64, {"encodestring": base64.encodebytes, "decodestring": base64.decodebytes}),  # 3.9
    (inspect, {"getargspec": getargspec}),  # 3.11
    (threading.Thread, {"isAlive": threading.Thread.is_alive}),  # 3.9
]
