"""The same elements in other places: transpose, reverse, roll."""

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


@api("invert_permutation", "math.invert_permutation")
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
