"""Functions of one tensor, element by element: signs, roots, exponentials, rounding, tests for NaN and infinity.

Gradients that use the function's own input wait for the arriving gradient, as TF 1.1 has it: nothing is computed early.
"""

import jax
import jax.numpy as jnp
import numpy as np

from funcfit.kernels.module import numpy_or_jax
from funcfit.tf1 import shapes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import control_dependencies, name_scope
from funcfit.tf1.graph.node import SparseTensor, Tensor
from funcfit.tf1.opdef import COMPLEX, FLOATS, also, api, op, raw, tf

_REAL = FLOATS + " bfloat16"
_FIELD = _REAL + " " + COMPLEX
_NUMBER = _FIELD + " int32 int64"


def _also_sparse(card):
    """The public function of `card`: of a SparseTensor it takes the values."""

    def function(x, name=None):
        with name_scope(name, card.name, [x]) as scope:
            if isinstance(x, SparseTensor):
                return SparseTensor(x.indices, card(x.values, name=scope), x.dense_shape)
            return card(x, name=scope)

    function.__doc__ = card.__doc__
    return function


# -- signs and sizes ---------------------------------------------------------------------------------------------------


@op("x: T -> y: T", T=_NUMBER, out=shapes.same, folds=True)
def Neg(x):
    return -x


api("negative", "math.negative", "neg")(_also_sparse(Neg))


@Neg.gradient
def _(node, dy):
    return [-dy]


@op("x: T -> y: T", T=_REAL + " int32 int64", out=shapes.same, folds=True)
def Abs(x):
    return abs(x)


@Abs.gradient
def _(node, dy):
    return [dy * tf.sign(node.inputs[0])]


@api("complex_abs")
@op("x: T -> y: Tout", T=COMPLEX, out=shapes.same, folds=True)
def ComplexAbs(x, *, Tout="float32"):
    return abs(x)


@ComplexAbs.gradient
def _(node, dy):
    return [tf.complex(dy, tf.zeros_like(dy)) * tf.sign(node.inputs[0])]


@api("abs", "math.abs")
def abs_(x, name=None):
    """The size of each element: real for complex numbers."""
    with name_scope(name, "Abs", [x]) as scope:
        if isinstance(x, SparseTensor):
            return SparseTensor(x.indices, _size(x.values, scope), x.dense_shape)
        return _size(convert_to_tensor(x, name="x"), scope)


def _size(x, name):
    if x.dtype.is_complex:
        return raw.ComplexAbs(x, Tout=x.dtype.real_dtype, name=name)
    return raw.Abs(x, name=name)


@op("x: T -> y: T", T=_NUMBER, out=shapes.same, folds=True)
def Sign(x):
    if not np.iscomplexobj(x):
        xp = numpy_or_jax(x)
        return xp.where(x == x, xp.sign(x), xp.zeros_like(x))  # NaN has none
    size = abs(x)
    return jnp.where(size == 0, 0, x / jnp.where(size == 0, 1, size))


api("sign", "math.sign")(_also_sparse(Sign))


@Sign.gradient
def _(node, dy):
    x = node.inputs[0]
    return [tf.zeros(tf.shape(x), dtype=x.dtype)]


# -- powers ------------------------------------------------------------------------------------------------------------


@op("x: T -> y: T", T=_NUMBER, out=shapes.same, folds=True)
def Square(x):
    return x * x


api("square", "math.square")(_also_sparse(Square))


@Square.gradient
def _(node, dy):
    with control_dependencies([dy.op]):
        return [dy * (2.0 * tf.conj(node.inputs[0]))]


@op("x: T -> y: T", T=_FIELD, out=shapes.same, folds=True)
def Sqrt(x):
    return numpy_or_jax(x).sqrt(x)


api("sqrt", "math.sqrt")(_also_sparse(Sqrt))


@Sqrt.gradient
def _(node, dy):
    return [raw.SqrtGrad(node.outputs[0], dy)]


@op("y: T, dy: T -> z: T", T=_FIELD, out=shapes.merged)
def SqrtGrad(y, dy):
    return dy * 0.5 / jnp.conj(y)


@SqrtGrad.gradient
def _(node, dz):
    a, y = node.inputs[0], node.outputs[0]
    with control_dependencies([dz.op]):
        ga = dz / a
        return [-tf.conj(ga) * y, 0.5 * ga]


@api("rsqrt", "math.rsqrt")
@op("x: T -> y: T", T=_FIELD, out=shapes.same)
def Rsqrt(x):
    return jax.lax.rsqrt(jnp.asarray(x))


@Rsqrt.gradient
def _(node, dy):
    return [raw.RsqrtGrad(node.outputs[0], dy)]


@op("y: T, dy: T -> z: T", T=_FIELD, out=shapes.merged)
def RsqrtGrad(y, dy):
    y = jnp.conj(y)
    return dy * (-0.5 * y) * (y * y)


@RsqrtGrad.gradient
def _(node, dz):
    a, b = node.inputs
    with control_dependencies([dz.op]):
        ca, cg = tf.conj(a), tf.conj(dz)
        return [-1.5 * cg * b * tf.square(ca), raw.RsqrtGrad(ca, dz)]


@api("reciprocal", "math.reciprocal")
@op("x: T -> y: T", T=_NUMBER, out=shapes.same)
def Reciprocal(x):
    return 1 / x


@Reciprocal.gradient
def _(node, dy):
    return [raw.ReciprocalGrad(node.outputs[0], dy)]


@op("y: T, dy: T -> z: T", T=_FIELD, out=shapes.merged)
def ReciprocalGrad(y, dy):
    y = jnp.conj(y)
    return -dy * (y * y)


@ReciprocalGrad.gradient
def _(node, dz):
    b = node.inputs[1]
    with control_dependencies([dz.op]):
        ca, cg = tf.conj(node.inputs[0]), tf.conj(dz)
        return [cg * -2.0 * b * ca, raw.ReciprocalGrad(ca, dz)]


api("inv")(Reciprocal)
also(Reciprocal, "Inv")
also(ReciprocalGrad, "InvGrad")


# -- exponentials and logarithms ---------------------------------------------------------------------------------------


@api("exp", "math.exp")
@op("x: T -> y: T", T=_FIELD, out=shapes.same)
def Exp(x):
    return jnp.exp(x)


@Exp.gradient
def _(node, dy):
    with control_dependencies([dy.op]):
        return [dy * tf.conj(node.outputs[0])]


@api("expm1", "math.expm1")
@op("x: T -> y: T", T=_FIELD, out=shapes.same)
def Expm1(x):
    return jnp.expm1(x)


@Expm1.gradient
def _(node, dy):
    with control_dependencies([dy.op]):
        y = tf.exp(tf.conj(node.inputs[0]))
        return [dy * y]


@api("log", "math.log")
@op("x: T -> y: T", T=_FIELD, out=shapes.same, folds=True)
def Log(x):
    return numpy_or_jax(x).log(x)


@Log.gradient
def _(node, dy):
    with control_dependencies([dy.op]):
        return [dy * tf.reciprocal(tf.conj(node.inputs[0]))]


@api("log1p", "math.log1p")
@op("x: T -> y: T", T=_FIELD, out=shapes.same)
def Log1p(x):
    return jnp.log1p(x)


@Log1p.gradient
def _(node, dy):
    with control_dependencies([dy.op]):
        x = tf.conj(node.inputs[0])
        return [dy * tf.reciprocal(1 + x)]


@op("x: T -> y: T", T=_FIELD, out=shapes.same)
def Tanh(x):
    return jnp.tanh(x)


api("tanh", "nn.tanh", "math.tanh")(_also_sparse(Tanh))


@Tanh.gradient
def _(node, dy):
    with control_dependencies([dy.op]):
        return [raw.TanhGrad(tf.conj(node.outputs[0]), dy)]


@op("y: T, dy: T -> z: T", T=_FIELD, out=shapes.merged)
def TanhGrad(y, dy):
    return dy * (1 - y * y)


@TanhGrad.gradient
def _(node, dz):
    with control_dependencies([dz.op]):
        a, b = (tf.conj(x) for x in node.inputs)
        return [dz * -2.0 * b * a, raw.TanhGrad(a, dz)]


@op("x: T -> y: T", T=_FIELD, out=shapes.same)
def Sigmoid(x):
    return jax.nn.sigmoid(x)


@Sigmoid.gradient
def _(node, dy):
    with control_dependencies([dy.op]):
        return [raw.SigmoidGrad(tf.conj(node.outputs[0]), dy)]


@api("sigmoid", "nn.sigmoid", "math.sigmoid")
def sigmoid(x, name=None):
    """1 / (1 + exp(-x)), element by element."""
    with name_scope(name, "Sigmoid", [x]) as scope:
        return raw.Sigmoid(convert_to_tensor(x, name="x"), name=scope)


@op("y: T, dy: T -> z: T", T=_FIELD, out=shapes.merged)
def SigmoidGrad(y, dy):
    return dy * y * (1 - y)


@SigmoidGrad.gradient
def _(node, dz):
    with control_dependencies([dz.op]):
        a, b = (tf.conj(x) for x in node.inputs)
        gb = dz * b
        return [gb - 2.0 * gb * a, raw.SigmoidGrad(a, dz)]


# -- rounding ----------------------------------------------------------------------------------------------------------


@api("floor", "math.floor")
@op("x: T -> y: T", T=_REAL, out=shapes.same, folds=True, gradient=None)
def Floor(x):
    return numpy_or_jax(x).floor(x)


@api("ceil", "math.ceil")
@op("x: T -> y: T", T=_REAL, out=shapes.same, folds=True, gradient=None)
def Ceil(x):
    return numpy_or_jax(x).ceil(x)


@op("x: T -> y: T", T=_NUMBER, out=shapes.same, folds=True, gradient=None)
def Round(x):
    return numpy_or_jax(x).round(x)


@api("round", "math.round")
def round_(x, name=None):
    """The nearest whole number, of two equally near ones the even one."""
    x = convert_to_tensor(x, name="x")
    return x if x.dtype.is_integer else raw.Round(x, name=name)


@api("rint", "math.rint")
@op("x: T -> y: T", T=_REAL, out=shapes.same, folds=True, gradient=None)
def Rint(x):
    return numpy_or_jax(x).rint(x)


# -- tests -------------------------------------------------------------------------------------------------------------


@api("is_nan", "math.is_nan", "debugging.is_nan")
@op("x: T -> y: bool", T=_REAL, out=shapes.same, folds=True, gradient="unregistered")
def IsNan(x):
    return numpy_or_jax(x).isnan(x)


@api("is_inf", "math.is_inf", "debugging.is_inf")
@op("x: T -> y: bool", T=_REAL, out=shapes.same, folds=True, gradient="unregistered")
def IsInf(x):
    return numpy_or_jax(x).isinf(x)


@api("is_finite", "math.is_finite", "debugging.is_finite")
@op("x: T -> y: bool", T=_REAL, out=shapes.same, folds=True, gradient="unregistered")
def IsFinite(x):
    return numpy_or_jax(x).isfinite(x)


Tensor._override_operator("__neg__", lambda x: raw.Neg(x))
Tensor._override_operator("__abs__", abs_)
