"""Sines, cosines, tangents, their hyperbolic kin and their inverses."""

import jax.numpy as jnp

from funcfit.tf1 import shapes
from funcfit.tf1.graph.graph import control_dependencies
from funcfit.tf1.opdef import COMPLEX, FLOATS, api, op, tf

_FIELD = FLOATS + " bfloat16 " + COMPLEX
_NUMBER = _FIELD + " int32 int64"


@api("sin", "math.sin")
@op("x: T -> y: T", T=_FIELD, out=shapes.same)
def Sin(x):
    return jnp.sin(x)


@Sin.gradient
def _(node, dy):
    with control_dependencies([dy.op]):
        return [dy * tf.cos(tf.conj(node.inputs[0]))]


@api("cos", "math.cos")
@op("x: T -> y: T", T=_FIELD, out=shapes.same)
def Cos(x):
    return jnp.cos(x)


@Cos.gradient
def _(node, dy):
    with control_dependencies([dy.op]):
        x = tf.conj(node.inputs[0])
        return [-dy * tf.sin(x)]


@api("tan", "math.tan")
@op("x: T -> y: T", T=_NUMBER, out=shapes.same)
def Tan(x):
    return jnp.tan(x)


@Tan.gradient
def _(node, dy):
    with control_dependencies([dy.op]):
        secant = tf.reciprocal(tf.cos(tf.conj(node.inputs[0])))
        secant_squared = tf.square(secant)
        return [dy * secant_squared]


@api("asin", "math.asin")
@op("x: T -> y: T", T=_NUMBER, out=shapes.same)
def Asin(x):
    return jnp.arcsin(x)


@Asin.gradient
def _(node, dy):
    with control_dependencies([dy.op]):
        return [dy * _inverse_of_root_of_one_minus_square(node, dy)]


@api("acos", "math.acos")
@op("x: T -> y: T", T=_NUMBER, out=shapes.same)
def Acos(x):
    return jnp.arccos(x)


@Acos.gradient
def _(node, dy):
    with control_dependencies([dy.op]):
        slope = _inverse_of_root_of_one_minus_square(node, dy)
        return [-dy * slope]


def _inverse_of_root_of_one_minus_square(node, dy):
    x_squared = tf.square(tf.conj(node.inputs[0]))
    one = tf.constant(1, dtype=dy.dtype)
    return tf.reciprocal(tf.sqrt(tf.subtract(one, x_squared)))


@api("atan", "math.atan")
@op("x: T -> y: T", T=_NUMBER, out=shapes.same)
def Atan(x):
    return jnp.arctan(x)


@Atan.gradient
def _(node, dy):
    with control_dependencies([dy.op]):
        x_squared = tf.square(tf.conj(node.inputs[0]))
        one = tf.constant(1, dtype=dy.dtype)
        return [dy * tf.reciprocal(tf.add(one, x_squared))]


@api("sinh", "math.sinh")
@op("x: T -> y: T", T=_FIELD, out=shapes.same)
def Sinh(x):
    return jnp.sinh(x)


@Sinh.gradient
def _(node, dy):
    with control_dependencies([dy.op]):
        return [dy * tf.cosh(tf.conj(node.inputs[0]))]


@api("cosh", "math.cosh")
@op("x: T -> y: T", T=_FIELD, out=shapes.same)
def Cosh(x):
    return jnp.cosh(x)


@Cosh.gradient
def _(node, dy):
    with control_dependencies([dy.op]):
        return [dy * tf.sinh(tf.conj(node.inputs[0]))]


@api("asinh", "math.asinh")
@op("x: T -> y: T", T=_FIELD, out=shapes.same)
def Asinh(x):
    return jnp.arcsinh(x)


@Asinh.gradient
def _(node, dy):
    with control_dependencies([dy.op]):
        return [dy / tf.cosh(tf.conj(node.outputs[0]))]


@api("acosh", "math.acosh")
@op("x: T -> y: T", T=_FIELD, out=shapes.same)
def Acosh(x):
    return jnp.arccosh(x)


@Acosh.gradient
def _(node, dy):
    with control_dependencies([dy.op]):
        return [dy / tf.sinh(tf.conj(node.outputs[0]))]


@api("atanh", "math.atanh")
@op("x: T -> y: T", T=_FIELD, out=shapes.same)
def Atanh(x):
    return jnp.arctanh(x)


@Atanh.gradient
def _(node, dy):
    with control_dependencies([dy.op]):
        x_squared = tf.square(tf.conj(node.inputs[0]))
        one = tf.constant(1, dtype=dy.dtype)
        return [dy * tf.reciprocal(tf.subtract(one, x_squared))]
