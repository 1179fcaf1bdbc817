"""Fourier transforms over the last one, two or three dimensions."""

import jax.numpy as jnp
import numpy as np

from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import api, op, raw, tf


def _at_least(rank):
    def rule(node):
        shape = node.inputs[0].shape
        if shape.ndims is not None and shape.ndims < rank:
            raise shapes.misfit(node, f"Shape must be at least rank {rank} but is rank {shape.ndims}")
        return shape

    return rule


_COMPLEX = {"Tcomplex": "complex64 complex128", "later": ("Tcomplex",)}


def _size(x, rank):
    return tf.cast(tf.reduce_prod(tf.shape(x)[-rank:]), dtypes.float32)


def _scaled(transformed, factor):
    """A complex tensor times a real float32 scalar."""
    factor = tf.complex(factor, 0.0)
    wide = transformed.dtype.base_dtype is dtypes.complex128
    return transformed * (tf.cast(factor, dtypes.complex128) if wide else factor)


@api("fft", "spectral.fft", "signal.fft")
@op("input: Tcomplex=complex64 -> output: Tcomplex", out=_at_least(1), **_COMPLEX)
def FFT(input):
    return jnp.fft.fft(input)


@FFT.gradient
def _(node, dy):
    size = _size(dy, 1)
    return [_scaled(tf.ifft(dy), size)]


@api("ifft", "spectral.ifft", "signal.ifft")
@op("input: Tcomplex=complex64 -> output: Tcomplex", out=_at_least(1), **_COMPLEX)
def IFFT(input):
    return jnp.fft.ifft(input)


@IFFT.gradient
def _(node, dy):
    inverse = 1.0 / _size(dy, 1)
    return [_scaled(tf.fft(dy), inverse)]


@api("fft2d", "spectral.fft2d", "signal.fft2d")
@op("input: Tcomplex=complex64 -> output: Tcomplex", out=_at_least(2), **_COMPLEX)
def FFT2D(input):
    return jnp.fft.fft2(input)


@FFT2D.gradient
def _(node, dy):
    size = _size(dy, 2)
    return [_scaled(tf.ifft2d(dy), size)]


@api("ifft2d", "spectral.ifft2d", "signal.ifft2d")
@op("input: Tcomplex=complex64 -> output: Tcomplex", out=_at_least(2), **_COMPLEX)
def IFFT2D(input):
    return jnp.fft.ifft2(input)


@IFFT2D.gradient
def _(node, dy):
    inverse = 1.0 / _size(dy, 2)
    return [_scaled(tf.fft2d(dy), inverse)]


@api("fft3d", "spectral.fft3d", "signal.fft3d")
@op("input: Tcomplex=complex64 -> output: Tcomplex", out=_at_least(3), **_COMPLEX)
def FFT3D(input):
    return jnp.fft.fftn(input, axes=(-3, -2, -1))


@FFT3D.gradient
def _(node, dy):
    size = _size(dy, 3)
    return [_scaled(tf.ifft3d(dy), size)]


@api("ifft3d", "spectral.ifft3d", "signal.ifft3d")
@op("input: Tcomplex=complex64 -> output: Tcomplex", out=_at_least(3), **_COMPLEX)
def IFFT3D(input):
    return jnp.fft.ifftn(input, axes=(-3, -2, -1))


@IFFT3D.gradient
def _(node, dy):
    inverse = 1.0 / _size(dy, 3)
    return [_scaled(tf.fft3d(dy), inverse)]


# -- of real signals: half of the spectrum -----------------------------------------------------------------------------


def _real_shape(rank, halved):
    def rule(node):
        shape = _at_least(rank)(node)
        if shape.ndims is None:
            return shape
        length = shapes.constant_value(node.inputs[1])
        if length is None:
            return TensorShape((*shape.dims_or_none[:-rank], *[None] * rank))
        if length.shape != (rank,):
            raise shapes.misfit(node, f"Shape of fft_length must be [{rank}], but it is {list(length.shape)}")
        last = int(length[-1])
        inner = [*length[:-1].tolist(), (last // 2 + 1 if last else 0) if halved else last]
        return TensorShape((*shape.dims_or_none[:-rank], *inner))

    return rule


def _forward(input, fft_length):
    axes = tuple(range(-len(fft_length), 0))
    return jnp.fft.rfftn(input, s=[int(n) for n in fft_length], axes=axes)


def _backward(input, fft_length):
    axes = tuple(range(-len(fft_length), 0))
    return jnp.fft.irfftn(input, s=[int(n) for n in fft_length], axes=axes)


_LENGTH = {"fixed": ("fft_length",)}


@op("input: float32, fft_length: int32 -> output: complex64", out=_real_shape(1, halved=True), **_LENGTH)
def RFFT(input, fft_length):
    return _forward(input, fft_length)


@op("input: complex64, fft_length: int32 -> output: float32", out=_real_shape(1, halved=False), **_LENGTH)
def IRFFT(input, fft_length):
    return _backward(input, fft_length)


@op("input: float32, fft_length: int32 -> output: complex64", out=_real_shape(2, halved=True), **_LENGTH)
def RFFT2D(input, fft_length):
    return _forward(input, fft_length)


@op("input: complex64, fft_length: int32 -> output: float32", out=_real_shape(2, halved=False), **_LENGTH)
def IRFFT2D(input, fft_length):
    return _backward(input, fft_length)


@op("input: float32, fft_length: int32 -> output: complex64", out=_real_shape(3, halved=True), **_LENGTH)
def RFFT3D(input, fft_length):
    return _forward(input, fft_length)


@op("input: complex64, fft_length: int32 -> output: float32", out=_real_shape(3, halved=False), **_LENGTH)
def IRFFT3D(input, fft_length):
    return _backward(input, fft_length)


# -- their gradients: the inverse transform, and a correction for the half that is not there ---------------------------


@RFFT.gradient
def _(node, dy):
    x, fft_length = node.inputs
    shape = tf.shape(x)
    is_even = _is_even(fft_length)
    first, last = dy[..., 0:1], dy[..., -1:]
    return _real_gradient(node, dy, 1, tf.spectral.irfft, first + is_even * last * _signs(shape[-1]))


@RFFT2D.gradient
def _(node, dy):
    x, fft_length = node.inputs
    shape = tf.shape(x)
    is_even = _is_even(fft_length)
    first = dy[..., 0:1]
    turns = _tiled(_turns(shape[-2]), first)
    extra = tf.matmul(turns, tf.conj(first))
    last = tf.matmul(turns, tf.conj(dy[..., -1:]))
    width = shape[-1]
    ones = tf.ones([tf.rank(dy) - 1], dtypes.int32)
    last = tf.tile(last, tf.concat([ones, [width]], 0)) * _signs(width)
    return _real_gradient(node, dy, 2, tf.spectral.irfft2d, extra + is_even * last)


def _is_even(fft_length):
    return tf.cast(1 - (fft_length[-1] % 2), dtypes.complex64)


def _signs(length):
    """1, -1, 1, -1, ..."""
    return tf.cast(1 - 2 * (tf.range(length) % 2), dtypes.complex64)


def _turns(length):
    """The matrix of the discrete Fourier transform."""
    columns = tf.tile(tf.expand_dims(tf.range(length), 0), (length, 1))
    products = columns * tf.transpose(columns, [1, 0])
    angles = -2j * np.pi * tf.cast(products, dtypes.complex64) / tf.cast(length, dtypes.complex64)
    return tf.exp(angles)


def _tiled(matrix, x):
    """The matrix once for each matrix in `x`."""
    ones = tf.ones([tf.rank(x) - 2], dtypes.int32)
    expanded = tf.reshape(matrix, tf.concat([ones, tf.shape(matrix)], 0))
    return tf.tile(expanded, tf.concat([tf.shape(x)[:-2], [1, 1]], 0))


def _real_gradient(node, dy, rank, inverse, extra):
    size = tf.to_float(tf.reduce_prod(tf.shape(node.inputs[0])[-rank:]))
    inverted = inverse(dy, node.inputs[1])
    return [0.5 * (inverted * size + tf.real(extra)), None]


@IRFFT.gradient
def _(node, dy):
    return _halved_gradient(node, dy, 1, tf.spectral.rfft)


@IRFFT2D.gradient
def _(node, dy):
    return _halved_gradient(node, dy, 2, tf.spectral.rfft2d)


def _halved_gradient(node, dy, rank, forward):
    """Frequencies that stand for two count twice."""
    spectrum, fft_length = node.inputs
    is_odd = tf.mod(fft_length[-1], 2)
    width = tf.shape(spectrum)[-1]
    twice = 2.0 * tf.ones([width - 2 + is_odd])
    times = tf.concat([[1.0], twice, tf.ones([1 - is_odd])], 0)
    inverse_size = tf.reciprocal(tf.to_float(tf.reduce_prod(tf.shape(dy)[-rank:])))
    transformed = forward(dy, fft_length)
    return [transformed * tf.cast(inverse_size * times, dtypes.complex64), None]


def _with_length(card, rank, default, halved):
    """The public function: `fft_length` is worked out from the input when it is not given."""

    def transform(input_tensor, fft_length=None, name=None):
        with name_scope(name, default, [input_tensor, fft_length]) as scope:
            input_tensor = convert_to_tensor(input_tensor, dtypes.float32 if halved else dtypes.complex64)
            if fft_length is None:
                fft_length = _length_of(input_tensor, rank, halved)
            fft_length = convert_to_tensor(fft_length, dtypes.int32)
            return card(_lengthened(input_tensor, fft_length, halved), fft_length, name=scope)

    transform.__doc__ = f"The transform {card.name}; the length is worked out from the input when it is not given."
    api(f"spectral.{default}", f"signal.{default}")(transform)


def _lengthened(x, fft_length, halved):
    """x, with zeros at the end where it is known to be too short for the transform (1.1 refused it)."""
    wanted = shapes.constant_value(fft_length)
    if wanted is None or x.shape.ndims is None:
        return x
    wanted = [*wanted[:-1].tolist(), int(wanted[-1]) if halved else int(wanted[-1]) // 2 + 1]
    sizes = x.shape.as_list()[-len(wanted) :]
    missing = [0 if size is None else max(want - size, 0) for want, size in zip(wanted, sizes, strict=True)]
    if not any(missing) or 0 in sizes:
        return x
    return tf.pad(x, [[0, 0]] * (x.shape.ndims - len(missing)) + [[0, each] for each in missing])


def _length_of(x, rank, halved):
    sizes = x.shape[-rank:]
    if halved:
        return sizes.as_list() if sizes.is_fully_defined() else tf.shape(x)[-rank:]
    if sizes.is_fully_defined():
        *outer, last = sizes.as_list()
        return [*outer, max(0, 2 * (last - 1))]
    *outer, last = tf.unstack(tf.shape(x)[-rank:])
    return tf.stack([*outer, tf.maximum(0, 2 * (last - 1))])


for _rank, _suffix in ((1, ""), (2, "2d"), (3, "3d")):
    _with_length(getattr(raw, "RFFT" + _suffix.upper()), _rank, "rfft" + _suffix, halved=True)
    _with_length(getattr(raw, "IRFFT" + _suffix.upper()), _rank, "irfft" + _suffix, halved=False)


# -- shifts and cosines ------------------------------------------------------------------------------------------------


@api("signal.fftshift")
def fftshift(x, axes=None, name=None):
    """The zero frequency moved to the middle of `axes` (of all axes without them)."""
    return _shifted(x, axes, name, "fftshift", lambda size: size // 2)


@api("signal.ifftshift")
def ifftshift(x, axes=None, name=None):
    """The inverse of `fftshift`."""
    return _shifted(x, axes, name, "ifftshift", lambda size: -(size // 2))


def _shifted(x, axes, name, default, shift):
    with name_scope(name, default, [x]) as scope:
        x = convert_to_tensor(x)
        sizes = x.shape.as_list()
        axes = range(len(sizes)) if axes is None else [axes] if isinstance(axes, int) else axes
        return tf.roll(x, [shift(sizes[a]) for a in axes], list(axes), name=scope)


@api("spectral.dct", "signal.dct")
def dct(input, type=2, n=None, axis=-1, norm=None, name=None):
    """The discrete cosine transform of type 1, 2 or 3 of the last dimension of float32 signals, cut or padded to `n`.

    `norm="ortho"` makes types 2 and 3 orthonormal. ValueError for other types, axes and norms.
    """
    _check_cosine(input, type, n, axis, norm)
    with name_scope(name, "dct", [input]):
        x = convert_to_tensor(input, dtype=dtypes.float32)
        size = x.shape.dims_or_none[-1]
        if n is not None:
            x = x[..., :n] if n <= size else tf.pad(x, [[0, 0]] * (x.shape.ndims - 1) + [[0, n - size]])
            size = n
        if type == 1:
            return tf.real(tf.spectral.rfft(tf.concat([x, x[..., -2:0:-1]], axis=-1)))
        angles = np.arange(size) * np.pi * 0.5 / size
        if type == 2:
            turns = tf.constant(2.0 * np.exp(-1j * angles), dtypes.complex64)
            out = tf.real(tf.spectral.rfft(x, fft_length=[2 * size])[..., :size] * turns)
            return out * _orthonormal(size, 0.5 / np.sqrt(size), np.sqrt(0.5 / size)) if norm == "ortho" else out
        x *= _orthonormal(size, np.sqrt(size), np.sqrt(0.5 * size)) if norm == "ortho" else float(size)
        turns = tf.constant(2.0 * np.exp(1j * angles), dtypes.complex64)
        return tf.spectral.irfft(turns * tf.complex(x, tf.zeros_like(x)), fft_length=[2 * size])[..., :size]


@api("spectral.idct", "signal.idct")
def idct(input, type=2, n=None, axis=-1, norm=None, name=None):
    """The inverse of `dct`, up to 2 n unless `norm` is "ortho"."""
    _check_cosine(input, type, n, axis, norm)
    return dct(input, type={1: 1, 2: 3, 3: 2}[type], n=n, axis=axis, norm=norm, name=name)


def _orthonormal(size, first, others):
    return tf.constant(np.array([first] + [others] * (size - 1)), dtypes.float32)


def _check_cosine(input, type, n, axis, norm):
    if n is not None and n < 1:
        raise ValueError("n should be a positive integer or None")
    if axis != -1:
        raise NotImplementedError(f"axis must be -1. Got: {axis}")
    if type not in (1, 2, 3):
        raise ValueError("Only Types I, II and III (I)DCT are supported.")
    if type == 1 and norm == "ortho":
        raise ValueError("Normalization is not supported for the Type-I DCT.")
    if type == 1 and convert_to_tensor(input).shape.dims_or_none[-1] in (0, 1):
        raise ValueError("Type-I DCT requires the dimension to be greater than one.")
    if norm not in (None, "ortho"):
        raise ValueError(f"Unknown normalization. Expected None or 'ortho', got: {norm}")
