"""The same elements in other places: transpose, reverse, roll, tile, pad; and one-hot rows, masks of lengths, grids."""

import jax
import jax.numpy as jnp
import numpy as np

from funcfit.errors import InvalidArgumentError
from funcfit.kernels.module import numpy_or_jax
from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.node import Tensor
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import INDICES, Check, api, op, raw, tf

# -- transpose -------------------------------------------------------------------------------------------------------


def _transposed(node):
    sizes, perm = node.inputs[0].shape.dims_or_none, shapes.constant_value(node.inputs[1])
    (count,) = shapes.with_rank(node, 1, 1)
    if sizes is None and count is None:
        return shapes.UNKNOWN
    rank = len(sizes) if sizes is not None else count
    if count not in (None, rank):
        raise shapes.misfit(node, f"Dimension must be {rank} but is {count}")
    if sizes is None or perm is None:
        return TensorShape((None,) * rank)
    for i in perm.tolist():
        if not 0 <= i < rank:
            raise shapes.misfit(node, f"perm dim {i} is out of range of input rank {rank}", [1])
    return TensorShape(tuple(sizes[i] for i in perm))


@op("x: T, perm: Tperm=int32 -> y: T", Tperm=INDICES, fixed=("perm",), folds=True, out=_transposed)
def Transpose(x, perm):
    return numpy_or_jax(x).transpose(x, _permutation(perm, x.ndim))


def _permutation(perm, rank):
    perm = perm.tolist()
    if len(perm) != rank:
        text = f"transpose expects a vector of size {rank}. But input(1) is a vector of size {len(perm)}"
        raise InvalidArgumentError(None, None, text)
    for i in perm:
        if not 0 <= i < rank:
            raise InvalidArgumentError(None, None, f"{i} is out of range [0 .. {rank})")
    for i in range(rank):
        if i not in perm:
            raise InvalidArgumentError(None, None, f"{i} is missing from {{{','.join(map(str, perm))}}}.")
    return perm


@Transpose.gradient
def _(node, dy):
    return [tf.transpose(dy, tf.invert_permutation(node.inputs[1])), None]


@op("x: T, perm: Tperm=int32 -> y: T", Tperm=INDICES, fixed=("perm",), out=_transposed)
def ConjugateTranspose(x, perm):
    return jnp.conj(jnp.transpose(x, _permutation(perm, x.ndim)))


@ConjugateTranspose.gradient
def _(node, dy):
    return [tf.transpose(dy, tf.invert_permutation(node.inputs[1]), conjugate=True), None]


@api("transpose")
def transpose(a, perm=None, name="transpose", conjugate=False):
    """Axes in the order `perm`: axis i of the result is axis perm[i] of `a`.

    Without `perm` the order is turned around.
    """
    with name_scope(name, "transpose", [a]) as scope:
        a = convert_to_tensor(a, name="a")
        make = raw.ConjugateTranspose if conjugate and a.dtype.is_complex else raw.Transpose
        if perm is not None:
            return make(a, perm, name=scope)
        rank = raw.Rank(a)
        moved = make(a, (rank - 1) - raw.Range(0, rank, 1), name=scope)
        if a.shape.ndims is not None:
            moved.set_shape(a.shape.dims_or_none[::-1])
        return moved


def _permutation_checks(x):
    if isinstance(x, np.ndarray):
        return []

    def message(values):
        for i, v in enumerate(values):
            if not 0 <= v < len(values):
                return f"{v} is not between 0 and {len(values)}"
            if v in values[:i]:
                return f"{v} is duplicated in the input."

    return [Check(jnp.sort(x) == jnp.arange(len(x), dtype=x.dtype), InvalidArgumentError, message, [x])]


@api("invert_permutation")
@op(
    "x: T -> y: T",
    T=INDICES,
    folds=True,
    checks=_permutation_checks,
    gradient=None,
    out=lambda node: TensorShape(shapes.with_rank(node, 0, 1)),
)
def InvertPermutation(x):
    """The permutation that undoes `x`."""
    if not isinstance(x, np.ndarray):
        return jnp.zeros_like(x).at[x].set(jnp.arange(len(x), dtype=x.dtype))
    inverse = np.full(len(x), -1, x.dtype)
    for i, place in enumerate(x.tolist()):
        if not 0 <= place < len(x):
            raise InvalidArgumentError(None, None, f"{place} is not between 0 and {len(x)}")
        if inverse[place] != -1:
            raise InvalidArgumentError(None, None, f"{place} is duplicated in the input.")
        inverse[place] = i
    return inverse


# -- reverse and roll ------------------------------------------------------------------------------------------------


def _reversed_dims(node):
    (count,) = shapes.with_rank(node, 1, 1)
    return node.inputs[0].shape if count is None else TensorShape(shapes.with_rank(node, 0, count))


@op("tensor: T, dims: bool -> output: T", fixed=("dims",), folds=True, out=_reversed_dims)
def Reverse(tensor, dims):
    if dims.shape != (tensor.ndim,):
        text = (
            "'dims' must have the same number of values as 'input' has dimensions. 'input' has "
            f"{tensor.ndim}'dims' has {dims.size} values"
        )
        raise InvalidArgumentError(None, None, text)
    return numpy_or_jax(tensor).flip(tensor, tuple(np.flatnonzero(dims).tolist()))


@Reverse.gradient
def _(node, dy):
    return [raw.Reverse(dy, node.inputs[1]), None]


def _same_with_axes(node):
    shapes.with_rank(node, 1, 1)
    return node.inputs[0].shape


@op("tensor: T, axis: Tidx=int32 -> output: T", Tidx=INDICES, fixed=("axis",), folds=True, out=_same_with_axes)
def ReverseV2(tensor, axis):
    axes = []
    for i, a in enumerate(axis.tolist()):
        if not -tensor.ndim <= a < tensor.ndim:
            text = f"'axis'[{i}] = {a} is out of valid range [0, {tensor.ndim - 1}"
            raise InvalidArgumentError(None, None, text)
        if a % tensor.ndim in axes:
            raise InvalidArgumentError(None, None, f"axis {a % tensor.ndim} specified more than once.")
        axes.append(a % tensor.ndim)
    return numpy_or_jax(tensor).flip(tensor, tuple(axes))


@ReverseV2.gradient
def _(node, dy):
    return [tf.reverse_v2(dy, node.inputs[1]), None]


@api("reverse_v2")
def reverse_v2(tensor, axis, name=None):
    """`tensor` turned around along the axes in the vector `axis`."""
    return raw.ReverseV2(tensor, axis, name=name)


@api("reverse", "manip.reverse")
def reverse(tensor, axis=None, name=None, dims=None):
    """`tensor` turned around along the axes in the vector `axis`; before 1.0 a truth for each axis, which is
    understood too.
    """
    axis = axis if dims is None else dims
    if _are_truths(axis):
        return raw.Reverse(tensor, axis, name=name)
    return raw.ReverseV2(tensor, axis, name=name)


def _are_truths(values):
    if isinstance(values, (Tensor, np.ndarray)):
        return dtypes.as_dtype(values.dtype) == dtypes.bool_
    return isinstance(values, (list, tuple)) and bool(values) and isinstance(values[0], (bool, np.bool_))


def _reversed_sequence(node):
    (count,) = shapes.with_rank(node, 1, 1)
    sizes, batch, seq = node.inputs[0].shape.dims_or_none, node.attrs["batch_dim"], node.attrs["seq_dim"]
    if sizes is None:
        return shapes.UNKNOWN
    for name, axis in (("batch_dim", batch), ("seq_dim", seq)):
        if axis >= len(sizes):
            raise shapes.misfit(node, f"{name} must be < input rank: {axis} vs. {len(sizes)}")
    if None not in (count, sizes[batch]) and count != sizes[batch]:
        raise shapes.misfit(node, f"Dimensions must be equal, but are {sizes[batch]} and {count}")
    return TensorShape((*sizes[:batch], count if sizes[batch] is None else sizes[batch], *sizes[batch + 1 :]))


def _lengths_fit(input, seq_lengths, seq_dim, batch_dim):
    size = input.shape[seq_dim]

    def message(lengths):
        bad = np.flatnonzero((lengths < 0) | (lengths > size))[0]
        return f"seq_lens({bad}) < 0" if lengths[bad] < 0 else f"seq_lens({bad}) > input.dims({seq_dim})"

    return [Check((seq_lengths >= 0) & (seq_lengths <= size), InvalidArgumentError, message, [seq_lengths])]


@op("input: T, seq_lengths: Tlen=int64 -> output: T", Tlen=INDICES, checks=_lengths_fit, out=_reversed_sequence)
def ReverseSequence(input, seq_lengths, *, seq_dim, batch_dim=0):
    if batch_dim == seq_dim:
        raise InvalidArgumentError(None, None, f"batch_dim == seq_dim == {seq_dim}")
    if seq_lengths.shape != (input.shape[batch_dim],):
        text = f"len(seq_lens) != input.dims({batch_dim}), ({seq_lengths.size} vs. {input.shape[batch_dim]})"
        raise InvalidArgumentError(None, None, text)
    xp = numpy_or_jax(input, seq_lengths)
    along = [1] * input.ndim
    time = xp.arange(input.shape[seq_dim], dtype=seq_lengths.dtype)
    time = time.reshape([-1 if i == seq_dim else 1 for i in range(input.ndim)])
    along[batch_dim] = -1
    lengths = seq_lengths.reshape(along)
    return xp.take_along_axis(xp.asarray(input), xp.where(time < lengths, lengths - 1 - time, time), axis=seq_dim)


@ReverseSequence.gradient
def _(node, dy):
    back = tf.reverse_sequence(
        dy, seq_lengths=node.inputs[1], seq_axis=node.attrs["seq_dim"], batch_axis=node.attrs["batch_dim"]
    )
    return [back, None]


@api("reverse_sequence")
def reverse_sequence(input, seq_lengths, seq_axis=None, batch_axis=None, name=None, seq_dim=None, batch_dim=None):
    """The first `seq_lengths[b]` elements along `seq_axis` turned around, for each b along `batch_axis`; the rest
    stays.
    """
    seq_axis = _either("seq_axis", seq_axis, "seq_dim", seq_dim)
    batch_axis = _either("batch_axis", batch_axis, "batch_dim", batch_dim)
    return raw.ReverseSequence(input, seq_lengths, seq_dim=seq_axis, batch_dim=batch_axis, name=name)


def _either(name, value, old_name, old_value):
    if old_value is None:
        return value
    if value is not None:
        raise ValueError(f"Cannot specify both '{old_name}' and '{name}'")
    return old_value


@api("roll", "manip.roll")
@op(
    "input: T, shift: Tshift, axis: Taxis -> output: T", Tshift=INDICES, Taxis=INDICES, fixed=("axis",), out=shapes.same
)
def Roll(input, shift, axis):
    """`input` shifted along `axis`; what leaves at one end enters at the other."""
    for a in axis.ravel().tolist():
        if not -input.ndim <= a < input.ndim:
            raise InvalidArgumentError(None, None, f"axis {a} is out of range")
    if input.ndim == 0:
        raise InvalidArgumentError(None, None, "input must be 1-D or higher")
    xp = numpy_or_jax(input, shift)
    for i, a in enumerate(axis.ravel().tolist()):
        input = xp.roll(input, shift.ravel()[i], a)
    return input


@Roll.gradient
def _(node, dy):
    _, shift, axis = node.inputs
    return [tf.roll(dy, -shift, axis), None, None]


# -- tile and pad ----------------------------------------------------------------------------------------------------


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


# -- one-hot rows, masks of lengths, grids ---------------------------------------------------------------------------


def _one_hot_shape(node):
    axis, depth = node.attrs["axis"], shapes.constant_value(node.inputs[1])
    if axis < -1:
        raise shapes.misfit(node, "axis must be >= -1")
    if depth is not None and depth < 0:
        raise shapes.misfit(node, f"Dimension size, given by scalar input 1, must be non-negative but is {depth}", [1])
    sizes = node.inputs[0].shape.dims_or_none
    if sizes is None:
        return shapes.UNKNOWN
    axis = (axis + len(sizes) + 1) % (len(sizes) + 1)
    return TensorShape((*sizes[:axis], None if depth is None else int(depth), *sizes[axis:]))


@op(
    "indices: TI=int64, depth: int32, on_value: T, off_value: T -> output: T",
    TI="uint8 int32 int64",
    fixed=("depth",),
    gradient=None,
    out=_one_hot_shape,
)
def OneHot(indices, depth, on_value, off_value, *, axis=-1):
    if not -1 <= axis <= indices.ndim:
        text = f"Expected axis to be -1 or between [0, {indices.ndim + 1}).  But received: {axis}"
        raise InvalidArgumentError(None, None, text)
    if depth.ndim or depth < 0:
        problem = f"a scalar, but got: {list(depth.shape)}" if depth.ndim else f"non-negative, got: {depth}"
        raise InvalidArgumentError(None, None, f"depth must be {problem}")
    for name, value in (("on_value", on_value), ("off_value", off_value)):
        if value.ndim:
            raise InvalidArgumentError(None, None, f"{name} must be a scalar, but got: {list(value.shape)}")
    xp = numpy_or_jax(indices, on_value, off_value)
    axis = indices.ndim if axis == -1 else axis
    indices = indices.astype(np.int32) if indices.dtype == np.uint8 else indices
    classes = xp.arange(int(depth), dtype=indices.dtype).reshape((-1,) + (1,) * (indices.ndim - axis))
    return xp.where(xp.expand_dims(indices, axis) == classes, on_value, off_value)


@api("one_hot")
def one_hot(indices, depth, on_value=None, off_value=None, axis=None, dtype=None, name=None):
    """`on_value` (1) at position `indices[...]` of a new axis of size `depth`, `off_value` (0) elsewhere.

    Indices out of range give rows of `off_value`. TypeError when the values' dtypes differ from each other or from
    `dtype`.
    """
    with name_scope(name, "one_hot", [indices, depth, on_value, off_value]) as scope:
        dtype = None if dtype is None else dtypes.as_dtype(dtype)
        on_dtype, off_dtype = (
            None if v is None else convert_to_tensor(v).dtype.base_dtype for v in (on_value, off_value)
        )
        if dtype is not None:
            for what, came in (("on_value", on_dtype), ("off_value", off_dtype)):
                if came is not None and came != dtype:
                    raise TypeError(f"dtype {came} of {what} does not match dtype parameter {dtype}")
        dtype = dtype or on_dtype or off_dtype or dtypes.float32
        if on_value is None:
            on_value, on_dtype = convert_to_tensor(1, dtype, name="on_value"), dtype
        if off_value is None:
            off_value, off_dtype = convert_to_tensor(0, dtype, name="off_value"), dtype
        if on_dtype != off_dtype:
            raise TypeError(f"dtype {on_dtype} of on_value does not match dtype {off_dtype} of off_value")
        return raw.OneHot(indices, depth, on_value, off_value, axis=axis, name=scope)


@api("sequence_mask")
def sequence_mask(lengths, maxlen=None, dtype=dtypes.bool_, name=None):
    """Truths: row i begins with `lengths[i]` that hold; rows have `maxlen` elements (the longest length)."""
    with name_scope(name, "SequenceMask", [lengths, maxlen]):
        lengths = convert_to_tensor(lengths)
        if maxlen is None:
            rank = lengths.shape.ndims
            maxlen = raw.Max(lengths, tf.range(tf.rank(lengths)) if rank is None else list(range(rank)))
        else:
            maxlen = convert_to_tensor(maxlen)
        if maxlen.shape.ndims not in (None, 0):
            raise ValueError("maxlen must be scalar for sequence_mask")
        row = raw.Range(tf.constant(0, maxlen.dtype), maxlen, tf.constant(1, maxlen.dtype))
        column = raw.Cast(tf.expand_dims(lengths, 1 if lengths.shape.ndims == 1 else -1), DstT=maxlen.dtype)
        mask = row < column
        if dtype is None or mask.dtype.base_dtype == dtypes.as_dtype(dtype).base_dtype:
            return mask
        return raw.Cast(mask, DstT=dtype)


@api("meshgrid")
def meshgrid(*args, **kwargs):
    """Grids of the vectors' coordinates, one tensor a vector: `indexing` "xy" (rows are the second vector's) or
    "ij".
    """
    indexing, name = kwargs.pop("indexing", "xy"), kwargs.pop("name", "meshgrid")
    if kwargs:
        raise TypeError(f"'{next(iter(kwargs))}' is an invalid keyword argument for this function")
    if indexing not in ("xy", "ij"):
        raise ValueError("indexing parameter must be either 'xy' or 'ij'")
    with name_scope(name, "meshgrid", args):
        rank = len(args)
        ones = (1,) * rank
        grids = [tf.reshape(tf.stack(x), (*ones[:i], -1, *ones[i + 1 :])) for i, x in enumerate(args)]
        sizes = [tf.size(x) for x in args]
        dtype = convert_to_tensor(args[0]).dtype.base_dtype
        if indexing == "xy" and rank > 1:
            grids[0] = tf.reshape(grids[0], (1, -1) + (1,) * (rank - 2))
            grids[1] = tf.reshape(grids[1], (-1, 1) + (1,) * (rank - 2))
            sizes[0], sizes[1] = sizes[1], sizes[0]
        all_ones = tf.ones(sizes, dtype)
        return [grid * all_ones for grid in grids]
