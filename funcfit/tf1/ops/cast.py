"""From one dtype to another, and the parts of complex numbers."""

import jax
import jax.numpy as jnp

from funcfit.errors import UnimplementedError
from funcfit.kernels.casts import cast_as_c
from funcfit.tf1 import shapes
from funcfit.tf1.broadcasting import sums_to_inputs
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.node import IndexedSlices, SparseTensor
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import COMPLEX, api, op, raw, tf


@op("x: SrcT -> y: DstT", out=shapes.same, folds=True, at_build=True)
def Cast(x, *, DstT):
    if (x.dtype == object) != (DstT is dtypes.string):
        raise UnimplementedError(None, None, f"Cast {dtypes.as_dtype(x.dtype).name} to {DstT.name} is not supported")
    return cast_as_c(x, DstT.as_numpy_dtype)


@Cast.gradient
def _(node, dy):
    source, target = node.inputs[0].dtype.base_dtype, dy.dtype.base_dtype
    if all(d.is_floating or d.is_complex for d in (source, target)):
        return [tf.cast(dy, source)]
    return [None]


@api("cast", "dtypes.cast")
def cast(x, dtype, name=None):
    """`x` (a tensor, SparseTensor or IndexedSlices) in another dtype; `x` itself when it has that dtype already.

    Floats lose their fraction on the way to integers; numbers that do not fit come out as a C cast on x86 makes them.
    """
    dtype = dtypes.as_dtype(dtype).base_dtype
    with name_scope(name, "Cast", [x]) as scope:
        if isinstance(x, SparseTensor):
            return SparseTensor(x.indices, cast(x.values, dtype, name=scope), x.dense_shape)
        if isinstance(x, IndexedSlices):
            return IndexedSlices(cast(x.values, dtype, name=scope), x.indices, x.dense_shape)
        x = convert_to_tensor(x, name="x")
        if x.dtype.base_dtype is dtype:
            return x
        return raw.Cast(x, DstT=dtype, name=scope)


def _to(dtype, default):
    def function(x, name=default):
        return cast(x, dtype, name=name)

    function.__doc__ = f"`x` as {dtype.name}."
    return function


api("to_float")(_to(dtypes.float32, "ToFloat"))
api("to_double")(_to(dtypes.float64, "ToDouble"))
api("to_int32")(_to(dtypes.int32, "ToInt32"))
api("to_int64")(_to(dtypes.int64, "ToInt64"))
api("to_bfloat16")(_to(dtypes.bfloat16, "ToBFloat16"))
api("to_complex64")(_to(dtypes.complex64, "ToComplex64"))
api("to_complex128")(_to(dtypes.complex128, "ToComplex128"))


@api("saturate_cast", "dtypes.saturate_cast")
def saturate_cast(value, dtype, name=None):
    """`value` in another dtype, with what does not fit moved to the nearest number that does."""
    with name_scope(name, "saturate_cast", [value]) as scope:
        value = convert_to_tensor(value, name="value")
        dtype = dtypes.as_dtype(dtype).base_dtype
        if value.dtype.min < dtype.min:
            value = tf.maximum(value, convert_to_tensor(dtype.min, dtype=value.dtype, name="min"))
        if value.dtype.max > dtype.max:
            value = tf.minimum(value, convert_to_tensor(dtype.max, dtype=value.dtype, name="max"))
        return cast(value, dtype, name=scope)


def _bits_shape(node):
    shape, of, to = node.inputs[0].shape, node.inputs[0].dtype.size, node.attrs["type"].size
    if shape.ndims is None or of == to:
        return shape
    if of > to:
        return shape.concatenate(TensorShape((of // to,)))
    if not shape.ndims or shape.dims_or_none[-1] not in (None, to // of):
        raise shapes.misfit(
            node, f"Cannot bitcast due to shape. {shapes.cpp_text(shape)} is not divisible by {to // of}"
        )
    return shape[:-1]


_BITS = "float16 float32 float64 int64 int32 uint8 uint16 int8 int16 complex64 complex128 qint8 quint8 qint32 bfloat16"


@api("bitcast")
@op("input: T -> output: type", T=_BITS, type=_BITS, out=_bits_shape, gradient="unregistered")
def Bitcast(input, *, type):
    """The same bits as another dtype; a last dimension comes or goes when the sizes differ."""
    return jax.lax.bitcast_convert_type(jnp.asarray(input), type.as_numpy_dtype)


# -- complex numbers ---------------------------------------------------------------------------------------------------


@op("real: T, imag: T -> out: Tout", T="float32 float64", Tout=COMPLEX, out=shapes.broadcast)
def Complex(real, imag, *, Tout=dtypes.complex64):
    real, imag = jnp.broadcast_arrays(real, imag)
    return jnp.asarray(real) + 1j * jnp.asarray(imag)


@Complex.gradient
def _(node, dz):
    to_x, to_y = sums_to_inputs(node)
    return [to_x(tf.real(dz)), to_y(tf.imag(dz))]


@api("complex", "dtypes.complex")
def complex_(real, imag, name=None):
    """A complex tensor from its real and imaginary parts, both float32 or both float64."""
    real = convert_to_tensor(real, name="real")
    imag = convert_to_tensor(imag, name="imag")
    with name_scope(name, "Complex", [real, imag]) as scope:
        kinds = {dtypes.float32: dtypes.complex64, dtypes.float64: dtypes.complex128}
        if real.dtype.base_dtype is not imag.dtype.base_dtype or real.dtype.base_dtype not in kinds:
            raise TypeError(f"real and imag have incorrect types: {real.dtype.name} {imag.dtype.name}")
        return raw.Complex(real, imag, Tout=kinds[real.dtype.base_dtype], name=scope)


@op("input: T -> output: Tout", T=COMPLEX, Tout="float32 float64", out=shapes.same)
def Real(input, *, Tout=dtypes.float32):
    return input.real


@Real.gradient
def _(node, dy):
    return [tf.complex(dy, tf.constant(0, dtype=dy.dtype))]


@api("real", "math.real")
def real(input, name=None):
    """The real part; a real tensor itself."""
    with name_scope(name, "Real", [input]) as scope:
        input = convert_to_tensor(input, name="input")
        kind = input.dtype.real_dtype
        return input if input.dtype.base_dtype is kind else raw.Real(input, Tout=kind, name=scope)


@op("input: T -> output: Tout", T=COMPLEX, Tout="float32 float64", out=shapes.same)
def Imag(input, *, Tout=dtypes.float32):
    return input.imag


@Imag.gradient
def _(node, dy):
    return [tf.complex(tf.constant(0, dtype=dy.dtype), dy)]


@api("imag", "math.imag")
def imag(input, name=None):
    """The imaginary part; zeros for a real tensor."""
    with name_scope(name, "Imag", [input]) as scope:
        input = convert_to_tensor(input, name="input")
        if not input.dtype.is_complex:
            return tf.zeros_like(input)
        return raw.Imag(input, Tout=input.dtype.real_dtype, name=scope)


@op("input: T -> output: Tout", T=COMPLEX, Tout="float32 float64", out=shapes.same)
def Angle(input, *, Tout=dtypes.float32):
    return jnp.angle(input)


@Angle.gradient
def _(node, dy):
    x = node.inputs[0]
    with tf.control_dependencies([dy.op]):
        z = tf.reciprocal(tf.complex(tf.imag(x), tf.real(x)))
        return [-tf.complex(dy, tf.zeros((), dtype=dy.dtype)) * z]


@api("angle", "math.angle")
def angle(input, name=None):
    """The argument of each complex number, in (-pi, pi]; of a real one 0 or pi."""
    with name_scope(name, "Angle", [input]) as scope:
        input = convert_to_tensor(input, name="input")
        if input.dtype.is_complex:
            return raw.Angle(input, Tout=input.dtype.real_dtype, name=scope)
        return tf.zeros_like(input)


@op("input: T -> output: T", T=COMPLEX, out=shapes.same)
def Conj(input):
    return input.conj()


@Conj.gradient
def _(node, dy):
    return [tf.conj(dy)]


@api("conj", "math.conj")
def conj(x, name=None):
    """The complex conjugate; a real tensor itself. TypeError for what is not numeric."""
    with name_scope(name, "Conj", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        if x.dtype.is_complex:
            return raw.Conj(x, name=scope)
        if x.dtype.is_floating or x.dtype.is_integer:
            return x
        raise TypeError(f"Expected numeric or variant tensor, got dtype {x.dtype!r}")
