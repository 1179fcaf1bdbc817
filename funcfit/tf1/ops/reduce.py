"""Reductions over axes: sums, means, products, extremes, truth; and the positions of extremes."""

import jax.numpy as jnp
import numpy as np

from funcfit.errors import InvalidArgumentError
from funcfit.kernels.division import quotient
from funcfit.kernels.module import numpy_or_jax
from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import device, name_scope
from funcfit.tf1.graph.node import SparseTensor, Tensor
from funcfit.tf1.graph.shape import TensorShape, unknown_shape
from funcfit.tf1.opdef import INDICES, NUMBERS, api, op, raw, tf

_REDUCED = {"Tidx": INDICES, "fixed": ("reduction_indices",), "folds": True, "out": shapes.reduced}
_NUMBERS = NUMBERS + " bfloat16"


def _axes(reduction_indices):
    return tuple(np.ravel(reduction_indices).tolist())


@op("input: T, reduction_indices: Tidx=int32 -> output: T", T=_NUMBERS, **_REDUCED)
def Sum(input, reduction_indices, *, keep_dims=False):
    return numpy_or_jax(input).sum(input, axis=_axes(reduction_indices), keepdims=keep_dims, dtype=input.dtype)


@Sum.gradient
def _(node, dy):
    return [_spread(node, dy), None]


def _spread(node, dy):
    """The gradient of a sum: `dy` repeated over the axes that were summed."""
    x, axes = node.inputs
    rank = x.shape.ndims
    if rank is not None and axes.op.type == "Const" and np.array_equal(axes.op.attrs["value"], np.arange(rank)):
        dy = tf.reshape(dy, [1] * rank)
        return tf.tile(dy, x.shape.as_list() if x.shape.is_fully_defined() else tf.shape(x))
    shape = tf.shape(x)
    kept = _kept_shape(shape, axes)
    tiles = _safe_quotient(shape, kept)
    return tf.tile(tf.reshape(dy, kept), tiles)


def _safe_quotient(x, y):
    """x / y of sizes, where 0 / 0 is 0."""
    return x // tf.maximum(y, 1)


def _kept_shape(shape, axes):
    """The shape of a tensor of shape `shape` after a reduction over `axes` that keeps its dimensions."""
    shape, axes = tf.to_int32(shape), tf.to_int32(axes)
    rank = tf.size(shape)
    axes = (axes + rank) % rank
    sizes = tf.shape(axes)
    return raw.DynamicStitch([tf.range(rank), axes], [shape, tf.fill(sizes, 1)])


@op("input: T, reduction_indices: Tidx=int32 -> output: T", T=_NUMBERS, **_REDUCED)
def Mean(input, reduction_indices, *, keep_dims=False):
    """Of integers too, cutting off what is left."""
    axes, xp = _axes(reduction_indices), numpy_or_jax(input)
    count = np.prod([input.shape[a] for a in axes], dtype=np.int64)
    if xp is jnp and not _whole(input):
        wide = input.astype(jnp.promote_types(input.dtype, jnp.float32))
        total = jnp.sum(wide, axis=axes, keepdims=keep_dims)
        return quotient(total, count.astype(wide.dtype)).astype(input.dtype)
    total = xp.sum(input, axis=axes, keepdims=keep_dims, dtype=input.dtype)
    count = count.astype(input.dtype)
    return raw.TruncateDiv.lower(total, np.maximum(count, 1) if _whole(input) else count)


@Mean.gradient
def _(node, dy):
    spread = _spread(node, dy)
    shape, shape_after = tf.shape(node.inputs[0]), tf.shape(node.outputs[0])
    count = _safe_quotient(tf.reduce_prod(shape), tf.reduce_prod(shape_after))
    return [spread / tf.cast(count, spread.dtype), None]


@op("input: T, reduction_indices: Tidx=int32 -> output: T", T=_NUMBERS, **_REDUCED)
def Prod(input, reduction_indices, *, keep_dims=False):
    return numpy_or_jax(input).prod(input, axis=_axes(reduction_indices), keepdims=keep_dims, dtype=input.dtype)


@Prod.gradient
def _(node, dy):
    """The product of all others, found without a division: zeros are welcome."""
    x, axes = node.inputs
    known = shapes.constant_value(axes)
    shape = tf.shape(x)
    axes = tf.reshape(axes, [-1])
    kept = _kept_shape(shape, node.inputs[1])
    tiles = _safe_quotient(shape, kept)
    dy = tf.tile(tf.reshape(dy, kept), tiles)
    with device("/cpu:0"):
        if known is not None and np.any(np.asarray(known) < 0):  # where 1.1 fails
            axes = (axes + tf.rank(x)) % tf.rank(x)
        reduced = tf.cast(axes, dtypes.int32)
        every = tf.range(0, tf.rank(x))
        other, _ = tf.setdiff1d(every, reduced)
        order = tf.concat([reduced, other], 0)
        rows = tf.reduce_prod(tf.gather(shape, reduced))
        columns = tf.reduce_prod(tf.gather(shape, other))
    permuted = tf.transpose(x, order)
    permuted_shape = tf.shape(permuted)
    table = tf.reshape(permuted, (rows, columns))
    before = tf.cumprod(table, axis=0, exclusive=True)
    after = tf.cumprod(table, axis=0, exclusive=True, reverse=True)
    others = tf.reshape(tf.conj(before) * tf.conj(after), permuted_shape)
    dx = dy * tf.transpose(others, tf.invert_permutation(order))
    return [tf.reshape(dx, shape), None]


def _lowest(dtype):
    return -np.inf if not np.issubdtype(dtype, np.integer) else np.iinfo(dtype).min


def _highest(dtype):
    return np.inf if not np.issubdtype(dtype, np.integer) else np.iinfo(dtype).max


@op("input: T, reduction_indices: Tidx=int32 -> output: T", T=_NUMBERS, **_REDUCED)
def Max(input, reduction_indices, *, keep_dims=False):
    return _extreme("max", input, _axes(reduction_indices), keep_dims, _lowest(input.dtype))


@op("input: T, reduction_indices: Tidx=int32 -> output: T", T=_NUMBERS, **_REDUCED)
def Min(input, reduction_indices, *, keep_dims=False):
    return _extreme("min", input, _axes(reduction_indices), keep_dims, _highest(input.dtype))


def _extreme(name, input, axes, keep_dims, start):
    """NaNs are passed over, as Eigen's reducers do: nothing but NaNs gives `start`."""
    if not axes:
        return input
    numbers = numpy_or_jax(input).where(input == input, input, start)
    return getattr(numbers, name)(axis=axes, keepdims=keep_dims, initial=start)


@Max.gradient
@Min.gradient
def _(node, dy):
    """Equal extremes share the gradient."""
    x, axes = node.inputs
    kept = _kept_shape(tf.shape(x), axes)
    y = tf.reshape(node.outputs[0], kept)
    dy = tf.reshape(dy, kept)
    chosen = tf.cast(tf.equal(y, x), dy.dtype)
    count = tf.reshape(tf.reduce_sum(chosen, axes), kept)
    return [tf.div(chosen, count) * dy, None]


@op("input: bool, reduction_indices: Tidx=int32 -> output: bool", gradient=None, **_REDUCED)
def All(input, reduction_indices, *, keep_dims=False):
    return numpy_or_jax(input).all(input, axis=_axes(reduction_indices), keepdims=keep_dims)


@op("input: bool, reduction_indices: Tidx=int32 -> output: bool", gradient=None, **_REDUCED)
def Any(input, reduction_indices, *, keep_dims=False):
    return numpy_or_jax(input).any(input, axis=_axes(reduction_indices), keepdims=keep_dims)


@op("input: T, reduction_indices: Tidx=int32 -> output: T", T=_NUMBERS, **_REDUCED)
def EuclideanNorm(input, reduction_indices, *, keep_dims=False):
    squares = (input * input.conj()).real if np.iscomplexobj(input) else input * input
    return numpy_or_jax(input).sqrt(squares.sum(axis=_axes(reduction_indices), keepdims=keep_dims))


@EuclideanNorm.gradient
def _(node, dy):
    y = node.outputs[0]
    if not node.attrs["keep_dims"]:
        kept = _kept_shape(tf.shape(node.inputs[0]), node.inputs[1])
        y, dy = tf.reshape(y, kept), tf.reshape(dy, kept)
    return [tf.truediv(node.inputs[0], y / dy), None]


# -- the public functions ----------------------------------------------------------------------------------------------


def _either(new, old, new_name, old_name):
    """The value of an argument that was renamed; ValueError when it is given by both names."""
    if new is not None and old is not None:
        raise ValueError(f"Cannot specify both '{new_name}' and '{old_name}'.")
    return old if new is None else new


def _axes_of(x, axis, reduction_indices):
    axis = _either(axis, reduction_indices, "axis", "reduction_indices")
    if axis is not None:
        return axis
    if isinstance(x, SparseTensor):
        rank = x.dense_shape.shape.dims_or_none
        rank = rank and rank[0]
    else:
        rank = x.shape.ndims if isinstance(x, Tensor) else None
    if rank is not None:
        return tf.constant(np.arange(rank), dtype=dtypes.int32)
    return tf.range(0, tf.rank(x))


def _reduction(card, what):
    def reduce(input_tensor, axis=None, keepdims=None, name=None, reduction_indices=None, keep_dims=None):
        keep = _either(keepdims, keep_dims, "keepdims", "keep_dims")
        return card(input_tensor, _axes_of(input_tensor, axis, reduction_indices), keep_dims=bool(keep), name=name)

    reduce.__doc__ = f"{what} of `input_tensor` over `axis`, an int or a list of ints; over all axes without it."
    return reduce


api("reduce_sum", "math.reduce_sum")(_reduction(Sum, "The sum"))
api("reduce_mean", "math.reduce_mean")(_reduction(Mean, "The mean"))
api("reduce_prod", "math.reduce_prod")(_reduction(Prod, "The product"))
api("reduce_max", "math.reduce_max")(_reduction(Max, "The largest element"))
api("reduce_min", "math.reduce_min")(_reduction(Min, "The smallest element"))
api("reduce_all", "math.reduce_all")(_reduction(All, "Whether all elements are true"))
api("reduce_any", "math.reduce_any")(_reduction(Any, "Whether any element is true"))


@api("count_nonzero", "math.count_nonzero")
def count_nonzero(
    input_tensor=None,
    axis=None,
    keepdims=None,
    dtype=dtypes.int64,
    name=None,
    reduction_indices=None,
    keep_dims=None,
    input=None,
):
    """How many elements are not zero (not False, not an empty string)."""
    x = _either(input_tensor, input, "input_tensor", "input")
    keep = _either(keepdims, keep_dims, "keepdims", "keep_dims")
    with name_scope(name, "count_nonzero", [x]):
        x = convert_to_tensor(x, name="input_tensor")
        zero = b"" if x.dtype.base_dtype is dtypes.string else x.dtype.as_numpy_dtype()
        nonzero = tf.to_int64(raw.NotEqual(x, zero))
        return tf.cast(
            tf.reduce_sum(nonzero, axis=axis, keepdims=keep, reduction_indices=reduction_indices), dtype=dtype
        )


@api("reduce_logsumexp", "math.reduce_logsumexp")
def reduce_logsumexp(input_tensor, axis=None, keepdims=None, name=None, reduction_indices=None, keep_dims=None):
    """log(sum(exp(x))) over axes, without overflow: the largest element is taken out first."""
    keep = _either(keepdims, keep_dims, "keepdims", "keep_dims")
    axis = _either(axis, reduction_indices, "axis", "reduction_indices")
    with name_scope(name, "ReduceLogSumExp", [input_tensor]):
        largest = tf.stop_gradient(tf.reduce_max(input_tensor, axis=axis, keep_dims=True))
        total = tf.reduce_sum(tf.exp(input_tensor - largest), axis, keep_dims=True)
        result = tf.log(total) + largest
        if keep:
            return result
        return tf.squeeze(result, [axis] if isinstance(axis, int) else axis)


@api("math.reduce_euclidean_norm")
def reduce_euclidean_norm(input_tensor, axis=None, keepdims=False, name=None):
    """The root of the sum of squares over `axis`."""
    return raw.EuclideanNorm(input_tensor, _axes_of(input_tensor, axis, None), keep_dims=bool(keepdims), name=name)


@api("math.reduce_variance")
def reduce_variance(input_tensor, axis=None, keepdims=False, name=None):
    """The mean squared distance from the mean, over `axis`."""
    with name_scope(name, "reduce_variance", [input_tensor]):
        means = tf.reduce_mean(input_tensor, axis=axis, keepdims=True)
        return tf.reduce_mean(tf.square(input_tensor - means), axis=axis, keepdims=keepdims)


@api("math.reduce_std")
def reduce_std(input_tensor, axis=None, keepdims=False, name=None):
    """The root of the variance over `axis`."""
    with name_scope(name, "reduce_std", [input_tensor]):
        return tf.sqrt(reduce_variance(input_tensor, axis=axis, keepdims=keepdims))


# -- positions of extremes ---------------------------------------------------------------------------------------------


def _without_axis(node):
    shape, axis = node.inputs[0].shape, shapes.constant_value(node.inputs[1])
    if shape.ndims is None or shape.ndims == 0:
        return shapes.UNKNOWN if shape.ndims is None else shapes.SCALAR
    if axis is None:
        return unknown_shape(shape.ndims - 1)
    if not -shape.ndims <= axis < shape.ndims:
        among = f"[{-shape.ndims}, {shape.ndims}), where {shape.ndims} is the number of dimensions in the input."
        raise shapes.misfit(node, f"Dimension ({int(axis)}) must be in the range {among}")
    sizes = list(shape.dims_or_none)
    del sizes[int(axis)]
    return TensorShape(sizes)


def _position(input, dimension, worst, arg):
    """The first position of the best element along an axis; a NaN never counts as better than `worst`."""
    axis = int(dimension)
    if not -max(input.ndim, 1) <= axis < max(input.ndim, 1):
        raise InvalidArgumentError(
            None, None, f"Expected dimension in the range [{-input.ndim}, {input.ndim}), but got {axis}"
        )
    if input.size == 0 and input.shape[axis] == 0:
        raise InvalidArgumentError(None, None, f"Reduction axis {axis} is empty in shape {list(input.shape)}")
    return arg(input if worst is None else jnp.where(input == input, input, worst), axis=axis)


_POSITION = {
    "T": _NUMBERS,
    "Tidx": INDICES,
    "output_type": INDICES,
    "fixed": ("dimension",),
    "later": ("output_type",),
    "out": _without_axis,
    "gradient": "unregistered",
}


@op("input: T, dimension: Tidx=int32 -> output: output_type", **_POSITION)
def ArgMax(input, dimension, *, output_type=dtypes.int64):
    return _position(input, dimension, None if _whole(input) else -np.inf, jnp.argmax)


@op("input: T, dimension: Tidx=int32 -> output: output_type", **_POSITION)
def ArgMin(input, dimension, *, output_type=dtypes.int64):
    return _position(input, dimension, None if _whole(input) else np.inf, jnp.argmin)


def _whole(x):
    return np.issubdtype(x.dtype, np.integer)


@api("argmax", "math.argmax", "arg_max")
def argmax(input, axis=None, name=None, dimension=None, output_type=dtypes.int64):
    """Where along `axis` the largest element is; the first of equals."""
    axis = _either(axis, dimension, "axis", "dimension")
    return raw.ArgMax(input, 0 if axis is None else axis, output_type=output_type, name=name)


@api("argmin", "math.argmin", "arg_min")
def argmin(input, axis=None, name=None, dimension=None, output_type=dtypes.int64):
    """Where along `axis` the smallest element is; the first of equals."""
    axis = _either(axis, dimension, "axis", "dimension")
    return raw.ArgMin(input, 0 if axis is None else axis, output_type=output_type, name=name)
