"""Arithmetic on two tensors that broadcast against each other, sums of many, and the operators of tensors."""

import numbers

import jax.numpy as jnp
import numpy as np

from funcfit.errors import InvalidArgumentError
from funcfit.kernels.division import quotient
from funcfit.kernels.module import numpy_or_jax
from funcfit.tf1 import shapes
from funcfit.tf1.broadcasting import as_quotients, sums_to_inputs
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import control_dependencies, name_scope
from funcfit.tf1.graph.node import IndexedSlices, SparseTensor, Tensor
from funcfit.tf1.opdef import Check, also, api, op, raw, tf

_ANY = "float16 bfloat16 float32 float64 uint8 int8 uint16 int16 int32 int64 complex64 complex128"
_FEWER = "float16 bfloat16 float32 float64 int32 int64 complex64 complex128"
_ORDERED = "float16 bfloat16 float32 float64 int32 int64"
_DIVISIBLE = "int32 int64 float16 bfloat16 float32 float64"


@op(
    "s0: T, s1: T -> r0: T, r1: T",
    T="int32 int64",
    folds=True,
    fixed=("s0", "s1"),
    out=lambda node: [shapes.vector(node)] * 2,
    gradient=None,
)
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


def _conjugates(node):
    return [tf.conj(x) for x in node.inputs]


# -- sums, differences, products ---------------------------------------------------------------------------------------


@api("add", "math.add")
@op("x: T, y: T -> z: T", T=_ANY + " string", out=shapes.broadcast, folds=True)
def Add(x, y):
    return x + y


also(Add, "AddV2")


@Add.gradient
def _(node, dz):
    to_x, to_y = sums_to_inputs(node)
    return [to_x(dz), to_y(dz)]


@api("subtract", "math.subtract", "sub")
@op("x: T, y: T -> z: T", T=_ANY, out=shapes.broadcast, folds=True)
def Sub(x, y):
    return x - y


@Sub.gradient
def _(node, dz):
    to_x, to_y = sums_to_inputs(node)
    return [to_x(dz), to_y(dz, after=raw.Neg)]


@api("multiply", "math.multiply", "mul")
@op("x: T, y: T -> z: T", T=_ANY, out=shapes.broadcast, folds=True, padding=("x", "y"))
def Mul(x, y):
    return x * y


@Mul.gradient
def _(node, dz):
    to_x, to_y = sums_to_inputs(node)
    x, y = _conjugates(node)
    return [to_x(dz * y), to_y(x * dz)]


@api("squared_difference", "math.squared_difference")
@op("x: T, y: T -> z: T", T=_FEWER, out=shapes.broadcast, folds=True)
def SquaredDifference(x, y):
    return (x - y) * (x - y)


@SquaredDifference.gradient
def _(node, dz):
    to_x, to_y = sums_to_inputs(node)
    x, y = node.inputs
    with control_dependencies([dz.op]):
        dx = tf.scalar_mul(2.0, dz) * (x - y)
    return [to_x(dx), -to_y(dx)]


@api("scalar_mul", "math.scalar_mul")
def scalar_mul(scalar, x, name=None):
    """`scalar` times a tensor or IndexedSlices. ValueError when it is not a scalar."""
    scalar = convert_to_tensor(scalar, dtype=x.dtype.base_dtype, name="scalar")
    if scalar.shape.ndims != 0:
        raise ValueError(f"Only scalar multiply works, got shape {scalar.shape}")
    values = x.values if isinstance(x, IndexedSlices) else x
    product = scalar * values if name is None else raw.Mul(scalar, values, name=name)
    return IndexedSlices(product, x.indices, x.dense_shape) if isinstance(x, IndexedSlices) else product


# -- quotients and remainders ------------------------------------------------------------------------------------------


def _divides(x, y):
    """The check of integer divisions: no divisor is zero (an empty quotient is never computed)."""
    if _floats(x) or 0 in x.shape:
        return []
    return [Check(y != 0, InvalidArgumentError, lambda: "Integer division by zero")]


def _floats(x):
    return not np.issubdtype(x.dtype, np.integer)


@api("realdiv")
@op("x: T, y: T -> z: T", T=_ANY, out=shapes.broadcast, folds=True)
def RealDiv(x, y):
    return quotient(x, y)


@RealDiv.gradient
def _(node, dz):
    to_x, to_y = sums_to_inputs(node)
    x, y = _conjugates(node)
    return [to_x(raw.RealDiv(dz, y)), to_y(dz * raw.RealDiv(raw.RealDiv(-x, y), y))]


@op("x: T, y: T -> z: T", T=_ANY, out=shapes.broadcast, folds=True, checks=_divides)
def Div(x, y):
    return _truncated(x, y)


@Div.gradient
def _(node, dz):
    to_x, to_y = sums_to_inputs(node)
    x, y = _conjugates(node)
    return [to_x(tf.div(dz, y)), to_y(dz * tf.div(tf.div(-x, y), y))]


def _truncated(x, y):
    """x / y, rounded towards zero for integers."""
    if _floats(x):
        return quotient(x, y)
    floor = x // y
    return floor + ((x < 0) != (y < 0)) * (floor * y != x).astype(floor.dtype)


@api("truncatediv")
@op("x: T, y: T -> z: T", T=_ANY, out=shapes.broadcast, folds=True, checks=_divides, gradient=None)
def TruncateDiv(x, y):
    return _truncated(x, y)


@api("floor_div")
@op("x: T, y: T -> z: T", T=_ANY, out=shapes.broadcast, folds=True, checks=_divides, gradient=None)
def FloorDiv(x, y):
    return numpy_or_jax(x, y).floor(quotient(x, y)) if _floats(x) else x // y


@api("floormod", "math.floormod", "mod", "math.mod")
@op("x: T, y: T -> z: T", T=_DIVISIBLE, out=shapes.broadcast, folds=True, checks=_divides)
def FloorMod(x, y):
    xp = numpy_or_jax(x, y)
    if not _floats(x):
        return x % y
    remainder = xp.fmod(x, y)
    return xp.where((x < 0) == (y < 0), remainder, xp.fmod(remainder + y, y))


@FloorMod.gradient
def _(node, dz):
    x, y = _conjugates(node)
    to_x, to_y = sums_to_inputs(node)
    whole = raw.FloorDiv(x, y)
    return [to_x(dz), to_y(dz * tf.negative(whole))]


@api("truncatemod")
@op("x: T, y: T -> z: T", T=_DIVISIBLE, out=shapes.broadcast, folds=True, checks=_divides, gradient="unregistered")
def TruncateMod(x, y):
    return numpy_or_jax(x, y).fmod(x, y)


also(TruncateMod, "Mod")


@api("div")
def div(x, y, name=None):
    """Quotient as Python 2 has it: rounded down for integers."""
    with name_scope(name, "div", [x, y]) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y", dtype=x.dtype.base_dtype)
        card = raw.RealDiv if x.dtype.is_floating or x.dtype.is_complex else raw.FloorDiv
        return card(x, y, name=scope)


@api("truediv", "math.truediv")
def truediv(x, y, name=None):
    """Quotient as Python 3 has it: small integers are divided as float32, int32 and int64 as float64."""
    with name_scope(name, "truediv", [x, y]) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y")
        x, y = as_quotients(x, y)
        return raw.RealDiv(x, y, name=scope)


@api("divide", "math.divide")
def divide(x, y, name=None):
    """`x / y`."""
    return x / y if name is None else truediv(x, y, name)


@api("floordiv", "math.floordiv")
def floordiv(x, y, name=None):
    """Quotient rounded down, also for floats."""
    with name_scope(name, "floordiv", [x, y]) as scope:
        return raw.FloorDiv(x, y, name=scope)


# -- powers, extremes --------------------------------------------------------------------------------------------------


def _has_power(x, y):
    if _floats(x) or np.issubdtype(x.dtype, np.unsignedinteger) or 0 in x.shape:
        return []
    return [Check(y >= 0, InvalidArgumentError, lambda: "Integers to negative integer powers are not allowed")]


@op("x: T, y: T -> z: T", T=_FEWER, out=shapes.broadcast, folds=True, checks=_has_power)
def Pow(x, y):
    xp = numpy_or_jax(x, y)
    if np.iscomplexobj(x):  # C's cpow knows what XLA's formula, exp(y log(x)), does not
        return xp.where(x == 0, xp.where(y == 0, 1, 0), xp.power(x, y)).astype(x.dtype)
    return xp.power(x, y if _floats(x) else y.clip(0))


@Pow.gradient
def _(node, dz):
    to_x, to_y = sums_to_inputs(node)
    x, y = _conjugates(node)
    z = tf.conj(node.outputs[0])
    dx = to_x(dz * y * tf.pow(x, y - 1))
    # A power of zero is flat in its exponent; below zero only complex numbers have a logarithm.
    has_log = tf.not_equal(x, 0) if x.dtype.is_complex else x > 0
    log_x = tf.where(has_log, tf.log(x), tf.zeros_like(x))
    return [dx, to_y(dz * z * log_x)]


@api("pow", "math.pow")
def pow(x, y, name=None):
    """x to the power y, element by element. InvalidArgumentError when a run meets an integer to a negative power."""
    with name_scope(name, "Pow", [x]) as scope:
        return raw.Pow(x, y, name=scope)


def _chosen_side(node, dz, x_is_chosen):
    x, y = node.inputs
    shape_x, shape_y, shape = tf.shape(x), tf.shape(y), tf.shape(dz)
    zeros = tf.zeros(shape, dz.dtype)
    from_x = x_is_chosen(x, y)
    rx, ry = raw.BroadcastGradientArgs(shape_x, shape_y)
    dx = tf.where(from_x, dz, zeros)
    dy = tf.where(tf.logical_not(from_x), dz, zeros)
    return [tf.reshape(tf.reduce_sum(dx, rx), shape_x), tf.reshape(tf.reduce_sum(dy, ry), shape_y)]


@api("maximum", "math.maximum")
@op("x: T, y: T -> z: T", T=_ORDERED, out=shapes.broadcast, folds=True)
def Maximum(x, y):
    return numpy_or_jax(x, y).where(x < y, y, x)  # with a NaN the first input, as std::max has it


@Maximum.gradient
def _(node, dz):
    return _chosen_side(node, dz, tf.greater_equal)


@api("minimum", "math.minimum")
@op("x: T, y: T -> z: T", T=_ORDERED, out=shapes.broadcast, folds=True)
def Minimum(x, y):
    return numpy_or_jax(x, y).where(y < x, y, x)


@Minimum.gradient
def _(node, dz):
    return _chosen_side(node, dz, tf.less_equal)


@api("atan2", "math.atan2")
@op("y: T, x: T -> z: T", T="float16 bfloat16 float32 float64", out=shapes.broadcast)
def Atan2(y, x):
    return jnp.arctan2(y, x)


@Atan2.gradient
def _(node, dz):
    y, x = node.inputs
    to_y, to_x = sums_to_inputs(node)
    with control_dependencies([dz.op]):
        share = dz / (tf.square(x) + tf.square(y))
        return [to_y(x * share), to_x(-y * share)]


@api("math.nextafter")
@op("x1: T, x2: T -> output: T", T="float64 float32", out=shapes.broadcast)
def NextAfter(x1, x2):
    return jnp.nextafter(x1, x2)


@NextAfter.gradient
def _(node, dz):
    to_x1, to_x2 = sums_to_inputs(node)
    return [to_x1(dz), to_x2(tf.zeros_like(dz))]


@api("math.polyval")
def polyval(coeffs, x, name=None):
    """A polynomial at `x`, by Horner's scheme; the coefficient of the highest power comes first."""
    with name_scope(name, "polyval", [*coeffs, x]) as scope:
        x = convert_to_tensor(x, name="x")
        if not coeffs:
            return tf.zeros_like(x, name=scope)
        first, *rest = [convert_to_tensor(c, name=f"coeff_{i}") for i, c in enumerate(coeffs)]
        for c in rest:
            first = c + first * x
        return first


# -- operators ---------------------------------------------------------------------------------------------------------


def _operator(name, make):
    """`x OP y` for tensors, and `y OP x` when only the right side is one; named as TF names the nodes."""

    def left(x, y):
        with name_scope(None, name, [x, y]) as scope:
            if not isinstance(y, SparseTensor):
                try:
                    y = convert_to_tensor(y, dtype=x.dtype.base_dtype, name="y")
                except TypeError:
                    if hasattr(type(y), f"__r{name}__") and not isinstance(y, numbers.Number):
                        return NotImplemented  # `y` may know how; numbers do not, and the error names their type
                    raise
            return make(x, y, name=scope)

    def right(y, x):
        with name_scope(None, name, [x, y]) as scope:
            return make(convert_to_tensor(x, dtype=y.dtype.base_dtype, name="x"), y, name=scope)

    Tensor._override_operator(f"__{name}__", left)
    Tensor._override_operator(f"__r{name}__", right)


def _times(x, y, name):
    if not isinstance(y, SparseTensor):
        return raw.Mul(x, y, name=name)
    return SparseTensor(
        y.indices, raw.SparseDenseCwiseMul(y.indices, y.values, y.dense_shape, x, name=name), y.dense_shape
    )


_operator("add", raw.Add)
_operator("sub", raw.Sub)
_operator("mul", _times)
_operator("div", div)
_operator("truediv", truediv)
_operator("floordiv", floordiv)
_operator("mod", raw.FloorMod)
_operator("pow", pow)
