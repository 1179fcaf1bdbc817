"""A tensor made larger: repeated, or with a border of a constant or of its own mirror image."""

import jax
import jax.numpy as jnp

from funcfit.errors import InvalidArgumentError
from funcfit.kernels.module import numpy_or_jax
from funcfit.tf1 import shapes
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import INDICES, api, op, raw, tf


def _tiled(node):
    sizes, times = node.inputs[0].shape.dims_or_none, shapes.constant_value_as_shape(node.inputs[1]).dims_or_none
    if times is None:
        return shapes.UNKNOWN if sizes is None else TensorShape((None,) * len(sizes))
    if sizes is None:
        return TensorShape((None,) * len(times))
    if len(times) != len(sizes):
        raise shapes.misfit(node, f"Shape must be rank {len(sizes)} but is rank {len(times)}")
    return TensorShape(tuple(0 if 0 in (a, b) else None if None in (a, b) else a * b for a, b in zip(sizes, times)))


@api("tile", "manip.tile")
@op(
    "input: T, multiples: Tmultiples=int32 -> output: T",
    Tmultiples=INDICES,
    fixed=("multiples",),
    folds=True,
    out=_tiled,
)
def Tile(input, multiples):
    """`input` repeated `multiples[i]` times along axis i."""
    if len(multiples) != input.ndim:
        text = f"Expected multiples argument to be a vector of length {input.ndim} but got length {len(multiples)}"
        raise InvalidArgumentError(None, None, text)
    for i, times in enumerate(multiples.tolist()):
        if times < 0:
            raise InvalidArgumentError(None, None, f"Expected multiples[{i}] >= 0, but got {times}")
    return numpy_or_jax(input).tile(input, multiples.tolist())


@Tile.gradient
def _(node, dy):
    x, multiples = node.inputs
    # The tiled axes and the original ones are laid side by side, and the tiled ones summed (1.1 array_grad.py).
    split = tf.reshape(tf.transpose(tf.stack([multiples, tf.shape(x, out_type=multiples.dtype)])), [-1])
    axes = tf.range(0, tf.size(split), 2)
    dx = tf.reduce_sum(tf.reshape(dy, split), axes)
    dx.set_shape(x.shape)
    return [dx, None]


@op("input: T, multiples: int32 -> output: T", fixed=("multiples",), gradient="unregistered", out=shapes.unknown)
def TileGrad(input, multiples):
    parts = [n for times, size in zip(multiples.tolist(), input.shape) for n in (times, size // times)]
    return input.reshape(parts).sum(tuple(range(0, len(parts), 2)))


def _padded(node):
    rows, columns = shapes.with_rank(node, 1, 2)
    if columns not in (2, None):
        raise shapes.misfit(node, f"Dimension must be 2 but is {columns}")
    x, pads = node.inputs[0].shape, shapes.constant_value(node.inputs[1])
    if rows is not None:
        x = TensorShape(shapes.with_rank(node, 0, rows))
    elif x.ndims is not None:
        rows = x.ndims
    if pads is None:
        return TensorShape(None if rows is None else (None,) * rows)
    if (pads < 0).any():
        raise shapes.misfit(node, "Paddings must be non-negative", [1])
    return TensorShape(tuple(None if d is None else int(d + p.sum()) for d, p in zip(x.dims_or_none, pads)))


def _pad_widths(x, paddings):
    if paddings.shape != (x.ndim, 2):
        text = f"The first dimension of paddings must be the rank of inputs{list(paddings.shape)} {list(x.shape)}"
        raise InvalidArgumentError(None, None, text)
    for before, after in paddings.tolist():
        if before < 0 or after < 0:
            raise InvalidArgumentError(None, None, f"Paddings must be non-negative: {before} {after}")
    return paddings.tolist()


@op("input: T, paddings: Tpaddings=int32 -> output: T", Tpaddings=INDICES, fixed=("paddings",), folds=True, out=_padded)
def Pad(input, paddings):
    return numpy_or_jax(input).pad(input, _pad_widths(input, paddings)) if input.ndim else input


@Pad.gradient
def _(node, dy):
    return [_unpadded(node, dy), None]


def _unpadded(node, dy):
    x, paddings = node.inputs[:2]
    before = tf.slice(paddings, [0, 0], tf.stack([tf.rank(x), 1]))
    begin = tf.reshape(before, [-1])
    return tf.slice(dy, begin, tf.shape(x))


@op(
    "input: T, paddings: Tpaddings=int32, constant_values: T -> output: T",
    Tpaddings=INDICES,
    fixed=("paddings",),
    folds=True,
    out=_padded,
)
def PadV2(input, paddings, constant_values):
    xp = numpy_or_jax(input, constant_values)
    return xp.pad(input, _pad_widths(input, paddings), constant_values=constant_values) if input.ndim else input


@PadV2.gradient
def _(node, dy):
    return [_unpadded(node, dy), None, None]


def _mirrored(input, paddings, mode):
    reflect = mode == "REFLECT"
    for (before, after), size in zip(_pad_widths(input, paddings), input.shape):
        if max(before, after) > size - reflect:
            said = "less than" if reflect else "no greater than"
            text = (
                f"paddings must be {said} the dimension size: {before}, {after} "
                f"{'not less than' if reflect else 'greater than'} {size}"
            )
            raise InvalidArgumentError(None, None, text)
    return numpy_or_jax(input).pad(input, paddings.tolist(), mode=mode.lower()) if input.ndim else input


@op("input: T, paddings: Tpaddings=int32 -> output: T", Tpaddings=INDICES, fixed=("paddings",), out=_padded)
def MirrorPad(input, paddings, *, mode):
    return _mirrored(input, paddings, mode)


@MirrorPad.gradient
def _(node, dy):
    return [raw.MirrorPadGrad(dy, node.inputs[1], mode=node.attrs["mode"]), None]


def _unmirrored(node):
    pads = shapes.constant_value(node.inputs[1])
    rank = shapes.with_rank(node, 1, 2)[0]
    sizes = node.inputs[0].shape.dims_or_none if rank is None else shapes.with_rank(node, 0, rank)
    if pads is None or sizes is None:
        return TensorShape(None if rank is None else (None,) * rank)
    return TensorShape(tuple(None if d is None else int(d - p.sum()) for d, p in zip(sizes, pads)))


@op("input: T, paddings: Tpaddings=int32 -> output: T", Tpaddings=INDICES, fixed=("paddings",), out=_unmirrored)
def MirrorPadGrad(input, paddings, *, mode):
    """The mirrored borders folded back: the transpose of MirrorPad."""
    inner = jax.ShapeDtypeStruct(tuple(d - sum(p) for d, p in zip(input.shape, paddings.tolist())), input.dtype)
    (dx,) = jax.linear_transpose(lambda x: _mirrored(x, paddings, mode), inner)(jnp.asarray(input))
    return dx


@MirrorPadGrad.gradient
def _(node, dy):
    return [raw.MirrorPad(dy, node.inputs[1], mode=node.attrs["mode"]), None]


@api("pad")
def pad(tensor, paddings, mode="CONSTANT", name=None, constant_values=0):
    """`tensor` with `paddings[i]` = (before, after) elements more along axis i: a constant, or the mirrored border.

    `mode`: CONSTANT, REFLECT (the border itself is not repeated) or SYMMETRIC (it is).
    """
    mode = mode.upper()
    if mode == "CONSTANT":
        if isinstance(constant_values, (int, float)) and constant_values == 0:
            return raw.Pad(tensor, paddings, name=name)
        return raw.PadV2(tensor, paddings, constant_values, name=name)
    if mode not in ("REFLECT", "SYMMETRIC"):
        raise ValueError(f"Unknown padding mode: {mode}")
    return raw.MirrorPad(tensor, paddings, mode=mode, name=name)
