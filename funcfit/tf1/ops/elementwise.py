"""Arithmetic, element by element: the two-input operators with broadcasting, and the one-input functions."""

import jax.numpy as jnp
import numpy as np

from funcfit.kernels.module import numpy_or_jax
from funcfit.tf1 import shapes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.node import Tensor
from funcfit.tf1.opdef import COMPLEX, FLOATS, also, api, op, raw, tf

_ADDABLE = "float16 float32 float64 uint8 int8 int16 int32 int64 complex64 complex128"


def sums_to_inputs(node, dx, dy):
    """Gradients of a broadcasting node: each summed over the axes that broadcasting added, then shaped as its input."""
    x, y = node.inputs
    sx, sy = tf.shape(x), tf.shape(y)
    rx, ry = raw.BroadcastGradientArgs(sx, sy)
    return [tf.reshape(tf.reduce_sum(dx(), rx), sx), tf.reshape(tf.reduce_sum(dy(), ry), sy)]


@op("s0: T, s1: T -> r0: T, r1: T", T="int32 int64", folds=True, out=lambda node: [shapes.vector(node)] * 2, gradient=None)
def BroadcastGradientArgs(s0, s1):
    """The axes over which the gradients of inputs of shapes s0 and s1 are summed."""
    rank = max(len(s0), len(s1))
    a = np.concatenate([np.ones(rank - len(s0), np.int64), np.asarray(s0)])
    b = np.concatenate([np.ones(rank - len(s1), np.int64), np.asarray(s1)])
    dtype = np.asarray(s0).dtype
    both_one = (a == 1) & (b == 1)
    return (
        np.flatnonzero((a != b) & (a == 1) | both_one).astype(dtype),
        np.flatnonzero((a != b) & (b == 1) | both_one).astype(dtype),
    )


@api("add", "math.add")
@op("x: T, y: T -> z: T", T=_ADDABLE + " string", out=shapes.broadcast, folds=True)
def Add(x, y):
    return x + y


@Add.gradient
def _(node, dz):
    return sums_to_inputs(node, lambda: dz, lambda: dz)


also(Add, "AddV2")


@op("x: T, y: T -> z: T", T=_ADDABLE, out=shapes.broadcast, folds=True)
def Sub(x, y):
    return x - y


@Sub.gradient
def _(node, dz):
    return sums_to_inputs(node, lambda: dz, lambda: -dz)


@op("x: T, y: T -> z: T", T=_ADDABLE, out=shapes.broadcast, folds=True)
def Mul(x, y):
    return x * y


@Mul.gradient
def _(node, dz):
    x, y = _conjugates(node)
    return sums_to_inputs(node, lambda: dz * y, lambda: x * dz)


def _conjugates(node):
    return [tf.conj(x) if x.dtype.is_complex else x for x in node.inputs]


@api("sqrt", "math.sqrt")
@op("x: T -> y: T", T=FLOATS + " " + COMPLEX, out=shapes.same)
def Sqrt(x):
    return jnp.sqrt(x)


@api("negative", "math.negative", "neg")
@op("x: T -> y: T", T=FLOATS + " int32 int64 " + COMPLEX, out=shapes.same, folds=True)
def Neg(x):
    return -x


@Neg.gradient
def _(node, dy):
    return [-dy]


@api("square", "math.square")
@op("x: T -> y: T", T=FLOATS + " int32 int64 " + COMPLEX, out=shapes.same, folds=True)
def Square(x):
    return numpy_or_jax(x).square(x)


def _operator(name, make):
    """`x OP y` for tensors, and `y OP x` when only the right side is one; named as TF names the nodes."""

    def left(x, y):
        with name_scope(None, name, [x, y]) as scope:
            return make(x, convert_to_tensor(y, dtype=x.dtype.base_dtype, name="y"), scope)

    def right(y, x):
        with name_scope(None, name, [x, y]) as scope:
            return make(convert_to_tensor(x, dtype=y.dtype.base_dtype, name="x"), y, scope)

    Tensor._override_operator(f"__{name}__", left)
    Tensor._override_operator(f"__r{name}__", right)


_operator("add", lambda x, y, name: raw.Add(x, y, name=name))
_operator("sub", lambda x, y, name: raw.Sub(x, y, name=name))
_operator("mul", lambda x, y, name: raw.Mul(x, y, name=name))
Tensor._override_operator("__neg__", raw.Neg)
