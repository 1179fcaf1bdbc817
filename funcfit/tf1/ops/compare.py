"""Comparisons, and the logic of truth values; the operators < <= > >= & | ^ ~."""

from funcfit.kernels.module import numpy_or_jax
from funcfit.tf1 import shapes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.node import Tensor
from funcfit.tf1.opdef import REAL, api, op, raw

_ORDERED = REAL + " bfloat16"
_COMPARABLE = _ORDERED + " quint8 qint8 qint32 complex64 complex128 string bool"


@api("less", "math.less")
@op("x: T, y: T -> z: bool", T=_ORDERED, out=shapes.broadcast, folds=True, gradient=None)
def Less(x, y):
    return x < y


@api("less_equal", "math.less_equal")
@op("x: T, y: T -> z: bool", T=_ORDERED, out=shapes.broadcast, folds=True, gradient=None)
def LessEqual(x, y):
    return x <= y


@api("greater", "math.greater")
@op("x: T, y: T -> z: bool", T=_ORDERED, out=shapes.broadcast, folds=True, gradient=None)
def Greater(x, y):
    return x > y


@api("greater_equal", "math.greater_equal")
@op("x: T, y: T -> z: bool", T=_ORDERED, out=shapes.broadcast, folds=True, gradient=None)
def GreaterEqual(x, y):
    return x >= y


@api("equal", "math.equal")
@op("x: T, y: T -> z: bool", T=_COMPARABLE, out=shapes.broadcast, folds=True, at_build=True, gradient=None)
def Equal(x, y):
    return x == y


@api("not_equal", "math.not_equal")
@op("x: T, y: T -> z: bool", T=_COMPARABLE, out=shapes.broadcast, folds=True, at_build=True, gradient=None)
def NotEqual(x, y):
    return x != y


@op("x: T, y: T -> z: bool", T=_ORDERED + " complex64 complex128", out=shapes.merged, folds=True, gradient=None)
def ApproximateEqual(x, y, *, tolerance=1e-5):
    return abs(x - y) < tolerance


@api("logical_and", "math.logical_and")
@op("x: bool, y: bool -> z: bool", out=shapes.broadcast, folds=True, gradient=None)
def LogicalAnd(x, y):
    return numpy_or_jax(x, y).logical_and(x, y)


@api("logical_or", "math.logical_or")
@op("x: bool, y: bool -> z: bool", out=shapes.broadcast, folds=True, gradient=None)
def LogicalOr(x, y):
    return numpy_or_jax(x, y).logical_or(x, y)


@api("logical_not", "math.logical_not")
@op("x: bool -> y: bool", out=shapes.same, folds=True, gradient=None)
def LogicalNot(x):
    return numpy_or_jax(x).logical_not(x)


@api("logical_xor", "math.logical_xor")
def logical_xor(x, y, name="LogicalXor"):
    """True where one of the two is, and not both."""
    either = raw.LogicalOr(x, y)
    return raw.LogicalAnd(either, raw.LogicalNot(raw.LogicalAnd(x, y)), name=name)


def _operator(name, make):
    """`x OP y` for truth values, also when only one of them is a tensor."""

    def left(x, y):
        with name_scope(None, name, [x, y]) as scope:
            return make(x, convert_to_tensor(y, dtype=x.dtype.base_dtype, name="y"), name=scope)

    def right(y, x):
        with name_scope(None, name, [x, y]) as scope:
            return make(convert_to_tensor(x, dtype=y.dtype.base_dtype, name="x"), y, name=scope)

    Tensor._override_operator(f"__{name}__", left)
    Tensor._override_operator(f"__r{name}__", right)


_operator("and", raw.LogicalAnd)
_operator("or", raw.LogicalOr)
_operator("xor", logical_xor)
Tensor._override_operator("__invert__", lambda x: raw.LogicalNot(x))
Tensor._override_operator("__lt__", lambda x, y: raw.Less(x, y))
Tensor._override_operator("__le__", lambda x, y: raw.LessEqual(x, y))
Tensor._override_operator("__gt__", lambda x, y: raw.Greater(x, y))
Tensor._override_operator("__ge__", lambda x, y: raw.GreaterEqual(x, y))
