"""The bits of integers: and, or, xor, inversion, shifts."""

import jax
import jax.numpy as jnp

from funcfit.kernels.module import numpy_or_jax
from funcfit.tf1 import shapes
from funcfit.tf1.opdef import api, op

_TYPES = "int8 int16 int32 int64 uint8 uint16 uint32 uint64"


@api("bitwise.bitwise_and")
@op("x: T, y: T -> z: T", T=_TYPES, out=shapes.broadcast, folds=True, gradient=None)
def BitwiseAnd(x, y):
    return x & y


@api("bitwise.bitwise_or")
@op("x: T, y: T -> z: T", T=_TYPES, out=shapes.broadcast, folds=True, gradient=None)
def BitwiseOr(x, y):
    return x | y


@api("bitwise.bitwise_xor")
@op("x: T, y: T -> z: T", T=_TYPES, out=shapes.broadcast, folds=True, gradient=None)
def BitwiseXor(x, y):
    return x ^ y


@api("bitwise.invert")
@op("x: T -> y: T", T=_TYPES, out=shapes.same, folds=True, gradient=None)
def Invert(x):
    return ~x


@op("x: T -> y: uint8", T=_TYPES, out=shapes.same, gradient=None)
def PopulationCount(x):
    """How many bits are set; a negative number's sign bits count."""
    return jax.lax.population_count(x).astype(jnp.uint8)


def _places(x, y):
    """How far to shift: at least not at all, at most to the last bit."""
    return numpy_or_jax(y).clip(y, 0, x.dtype.itemsize * 8 - 1)


@api("bitwise.left_shift")
@op("x: T, y: T -> z: T", T=_TYPES, out=shapes.broadcast, folds=True, gradient=None)
def LeftShift(x, y):
    return x << _places(x, y)


@api("bitwise.right_shift")
@op("x: T, y: T -> z: T", T=_TYPES, out=shapes.broadcast, folds=True, gradient=None)
def RightShift(x, y):
    return x >> _places(x, y)
