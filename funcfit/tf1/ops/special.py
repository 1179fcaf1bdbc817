"""Error, gamma, beta, zeta and Bessel functions, and products in which zero wins over infinity."""

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy import special

from funcfit.tf1 import shapes
from funcfit.tf1.broadcasting import sums_to_inputs
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import control_dependencies, name_scope
from funcfit.tf1.graph.node import SparseTensor
from funcfit.tf1.opdef import FLOATS, api, op, raw, tf

_WIDE = "float32 float64"
_LOGS = FLOATS + " complex64 complex128"

# -- error functions ---------------------------------------------------------------------------------------------------


@op("x: T -> y: T", T=FLOATS, out=shapes.same)
def Erf(x):
    return jax.lax.erf(jnp.asarray(x))


@Erf.gradient
def _(node, dy):
    return [_gaussian(node, dy, 2 / np.sqrt(np.pi))]


@api("erf", "math.erf")
def erf(x, name=None):
    """The error function; of a SparseTensor it takes the values."""
    with name_scope(name, "Erf", [x]) as scope:
        if isinstance(x, SparseTensor):
            return SparseTensor(x.indices, raw.Erf(x.values, name=scope), x.dense_shape)
        return raw.Erf(x, name=scope)


@api("erfc", "math.erfc")
@op("x: T -> y: T", T=FLOATS, out=shapes.same)
def Erfc(x):
    return jax.lax.erfc(jnp.asarray(x))


@Erfc.gradient
def _(node, dy):
    return [_gaussian(node, dy, -2 / np.sqrt(np.pi))]


def _gaussian(node, dy, factor):
    factor = tf.constant(factor, dtype=dy.dtype)
    with control_dependencies([dy.op]):
        x = tf.conj(node.inputs[0])
        return dy * factor * tf.exp(-tf.square(x))


# -- gamma and beta ----------------------------------------------------------------------------------------------------


@api("lgamma", "math.lgamma")
@op("x: T -> y: T", T=FLOATS, out=shapes.same)
def Lgamma(x):
    return jnp.where((x == 1) | (x == 2), 0, jax.lax.lgamma(jnp.asarray(x)))  # XLA is 2e-7 off the two zeros


@Lgamma.gradient
def _(node, dy):
    with control_dependencies([dy.op]):
        return [dy * tf.digamma(tf.conj(node.inputs[0]))]


@api("digamma", "math.digamma")
@op("x: T -> y: T", T=FLOATS, out=shapes.same)
def Digamma(x):
    pole = (x <= 0) & (x == jnp.floor(x))
    return jnp.where(pole, jnp.inf, jax.lax.digamma(jnp.asarray(x)))


@Digamma.gradient
def _(node, dy):
    with control_dependencies([dy.op]):
        x = tf.conj(node.inputs[0])
        return [dy * tf.polygamma(tf.constant(1, dtype=x.dtype), x)]


@api("igamma", "math.igamma")
@op("a: T, x: T -> z: T", T=_WIDE, out=shapes.broadcast)
def Igamma(a, x):
    return special.gammainc(a, x)


@Igamma.gradient
def _(node, dz):
    return [None, _igamma_slope(node, dz)]


@api("igammac", "math.igammac")
@op("a: T, x: T -> z: T", T=_WIDE, out=shapes.broadcast)
def Igammac(a, x):
    return special.gammaincc(a, x)


@Igammac.gradient
def _(node, dz):
    return [None, -1 * _igamma_slope(node, dz)]


def _igamma_slope(node, dz):
    """In logarithms, because the gamma function grows large."""
    a, x = node.inputs
    _, to_x = sums_to_inputs(node)
    return to_x(tf.exp(-x + (a - 1) * tf.log(x) - tf.lgamma(a)) * dz)


@api("zeta", "math.zeta")
@op("x: T, q: T -> z: T", T=_WIDE, out=shapes.broadcast)
def Zeta(x, q):
    return special.zeta(x, q)


@Zeta.gradient
def _(node, dz):
    _, to_q = sums_to_inputs(node)
    with control_dependencies([dz.op]):
        x, q = (tf.conj(each) for each in node.inputs)
        slope = -x * tf.zeta(x + 1, q)
        return [None, to_q(slope * dz)]


@api("polygamma", "math.polygamma")
@op("a: T, x: T -> z: T", T=_WIDE, out=shapes.broadcast)
def Polygamma(a, x):
    return jax.lax.polygamma(*jnp.broadcast_arrays(a, x))


@Polygamma.gradient
def _(node, dz):
    _, to_x = sums_to_inputs(node)
    with control_dependencies([dz.op]):
        n, x = (tf.conj(each) for each in node.inputs)
        slope = tf.polygamma(n + 1, x)
        return [None, to_x(slope * dz)]


def _same_or_scalar(node):
    """The inputs have one shape; scalars go with any."""
    shape = shapes.SCALAR
    for x in node.inputs:
        if x.shape.ndims is None:
            return shapes.UNKNOWN
        if x.shape.ndims:
            shape = x.shape if not shape.ndims else shapes.merged_into(node, shape, x.shape)
    return shape


@api("betainc", "math.betainc")
@op("a: T, b: T, x: T -> z: T", T=_WIDE, out=_same_or_scalar)
def Betainc(a, b, x):
    return special.betainc(a, b, x)


@Betainc.gradient
def _(node, dz):
    a, b, x = node.inputs
    shape = tf.shape(x)
    _, axes = raw.BroadcastGradientArgs(tf.shape(a), shape)
    log_beta = tf.lgamma(a) + tf.lgamma(b) - tf.lgamma(a + b)
    slope = tf.exp((b - 1) * tf.log(1 - x) + (a - 1) * tf.log(x) - log_beta)
    return [None, None, tf.reshape(tf.reduce_sum(slope * dz, axes), shape)]


@api("lbeta", "math.lbeta")
def lbeta(x, name="lbeta"):
    """The logarithm of the beta function of the vectors in the last dimension."""
    with name_scope(name, values=[x]):
        x = convert_to_tensor(x, name="x")
        of_each = tf.reduce_sum(tf.lgamma(x), reduction_indices=[-1])
        of_sum = tf.lgamma(tf.reduce_sum(x, axis=[-1]))
        return of_each - of_sum


# -- Bessel functions --------------------------------------------------------------------------------------------------


@api("math.bessel_i0e")
@op("x: T -> y: T", T=FLOATS, out=shapes.same)
def BesselI0e(x):
    return special.i0e(x)


@BesselI0e.gradient
def _(node, dy):
    x, y = node.inputs[0], node.outputs[0]
    with control_dependencies([dy.op]):
        return [dy * (raw.BesselI1e(x) - tf.sign(x) * y)]


@api("math.bessel_i1e")
@op("x: T -> y: T", T=FLOATS, out=shapes.same)
def BesselI1e(x):
    return special.i1e(x)


@BesselI1e.gradient
def _(node, dy):
    """At zero i1e(x) / x is one half."""
    x, y = node.inputs[0], node.outputs[0]
    with control_dependencies([dy.op]):
        small = tf.constant(np.finfo(x.dtype.as_numpy_dtype).eps, dtype=x.dtype)
        is_zero = tf.abs(x) <= small
        safe = tf.where(is_zero, small * tf.ones_like(x), x)
        slope = raw.BesselI0e(safe) - y * (tf.sign(safe) + tf.reciprocal(safe))
        return [dy * tf.where(is_zero, 0.5 * tf.ones_like(slope), slope)]


@api("math.bessel_i0")
def bessel_i0(x, name=None):
    """The modified Bessel function of order 0."""
    with name_scope(name, "bessel_i0", [x]):
        return tf.exp(tf.abs(x)) * raw.BesselI0e(x)


@api("math.bessel_i1")
def bessel_i1(x, name=None):
    """The modified Bessel function of order 1."""
    with name_scope(name, "bessel_i1", [x]):
        return tf.exp(tf.abs(x)) * raw.BesselI1e(x)


# -- where zero wins ---------------------------------------------------------------------------------------------------


@api("math.xlogy")
@op("x: T, y: T -> z: T", T=_LOGS, out=shapes.broadcast)
def Xlogy(x, y):
    return jnp.where(x == 0, 0, x * jnp.log(jnp.where(x == 0, 1, y)))


@Xlogy.gradient
def _(node, dz):
    x, y = node.inputs
    to_x, to_y = sums_to_inputs(node)
    with control_dependencies([dz.op]):
        return [to_x(raw.Xlogy(_nonzero(x), y) * dz), to_y(raw.Xdivy(x, y) * dz)]


@api("math.xdivy")
@op("x: T, y: T -> z: T", T=_LOGS, out=shapes.broadcast)
def Xdivy(x, y):
    return jnp.where(x == 0, 0, x / jnp.where(x == 0, 1, y))


@Xdivy.gradient
def _(node, dz):
    x, y = node.inputs
    to_x, to_y = sums_to_inputs(node)
    with control_dependencies([dz.op]):
        return [to_x(raw.Xdivy(_nonzero(x), y) * dz), to_y(raw.Xdivy(tf.negative(x), y**2) * dz)]


def _nonzero(x):
    return tf.cast(tf.not_equal(x, tf.cast(0.0, x.dtype)), x.dtype)


@api("div_no_nan", "math.divide_no_nan")
@op("x: T, y: T -> z: T", T=_LOGS, out=shapes.broadcast)
def DivNoNan(x, y):
    return jnp.where(y == 0, 0, x / jnp.where(y == 0, 1, y))


@DivNoNan.gradient
def _(node, dz):
    x, y = node.inputs
    to_x, to_y = sums_to_inputs(node)
    slope = raw.DivNoNan(raw.DivNoNan(-x, y), y)
    return [to_x(raw.DivNoNan(dz, y)), to_y(raw.MulNoNan(slope, dz))]


@api("math.multiply_no_nan")
@op("x: T, y: T -> z: T", T=_LOGS, out=shapes.broadcast)
def MulNoNan(x, y):
    return jnp.where(y == 0, 0, x * jnp.where(y == 0, 1, y))


@MulNoNan.gradient
def _(node, dz):
    x, y = node.inputs
    to_x, to_y = sums_to_inputs(node)
    return [to_x(raw.MulNoNan(dz, y)), to_y(raw.MulNoNan(x, dz))]


@api("math.reciprocal_no_nan")
def reciprocal_no_nan(x, name=None):
    """1 / x, and 0 where x is 0."""
    with name_scope(name, "reciprocal_no_nan", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        return raw.DivNoNan(tf.constant(1, dtype=x.dtype), x, name=scope)
