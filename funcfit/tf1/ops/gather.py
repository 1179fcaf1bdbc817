"""Elements and rows by index: Gather and its kin, and their reverse, which puts rows into a tensor of zeros."""

import math

import jax.numpy as jnp
import numpy as np

from funcfit.errors import InvalidArgumentError
from funcfit.kernels.module import numpy_or_jax
from funcfit.tf1 import shapes
from funcfit.tf1.graph.convert import convert_to_tensor, register_tensor_conversion_function
from funcfit.tf1.graph.graph import colocate_with
from funcfit.tf1.graph.node import IndexedSlices
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import INDICES, Check, api, op, raw, tf

# -- rows ------------------------------------------------------------------------------------------------------------


def _subscript(shape, flat):
    """Position `flat` of an array of `shape`, as TF's messages write it: nothing for a scalar, else [1,2]."""
    return f"[{','.join(str(i) for i in np.unravel_index(flat, shape))}]" if shape else ""


def in_range(indices, size):
    """The check of a gather: all of `indices` are in [0, size)."""

    def message(values):
        bad = np.flatnonzero((values.ravel() < 0) | (values.ravel() >= size))[0]
        return f"indices{_subscript(values.shape, bad)} = {values.ravel()[bad]} is not in [0, {size})"

    return Check((indices >= 0) & (indices < size), InvalidArgumentError, message, [indices])


def _gathered(node):
    sizes, indices = shapes.with_rank_at_least(node, 0, 1).dims_or_none, node.inputs[1].shape
    return shapes.UNKNOWN if sizes is None else indices.concatenate(sizes[1:])


def _taken(params, indices, axis):
    return numpy_or_jax(params, indices).take(params, indices, axis=axis, mode="clip")


@op(
    "params: Tparams, indices: Tindices -> output: Tparams",
    Tindices=INDICES,
    folds=True,
    checks=lambda params, indices, validate_indices: [in_range(indices, params.shape[0])],
    out=_gathered,
)
def Gather(params, indices, *, validate_indices=True):
    return _taken(params, indices, 0)


def _dense(slices, dtype=None, name=None, as_ref=False):
    """IndexedSlices as the tensor they are rows of: rows that come twice are summed, rows not named are zero."""
    if dtype is not None and not dtype.is_compatible_with(slices.dtype):
        raise ValueError(
            f"Tensor conversion requested dtype {dtype.name} for IndexedSlices with dtype {slices.dtype.name}"
        )
    if slices.dense_shape is None:
        raise ValueError(f"Tensor conversion requested for IndexedSlices without dense_shape: {slices}")
    return tf.unsorted_segment_sum(slices.values, slices.indices, slices.dense_shape[0], name=name)


register_tensor_conversion_function(IndexedSlices, _dense)


@Gather.gradient
def _(node, dy):
    params, indices = node.inputs
    with colocate_with(params):
        shape = tf.shape(params)
    size = tf.expand_dims(tf.size(indices), 0)
    values = tf.reshape(dy, tf.concat([size, shape[1:]], 0))
    return [IndexedSlices(values, tf.reshape(indices, size), shape), None]


def _gathered_along(node):
    params, indices = shapes.with_rank_at_least(node, 0, 1), node.inputs[1].shape
    shapes.with_rank(node, 2, 0)
    axis, batch = shapes.constant_value(node.inputs[2]), node.attrs["batch_dims"]
    if None in (params.ndims, indices.ndims):
        return shapes.UNKNOWN
    if axis is None:
        return TensorShape((None,) * (params.ndims + indices.ndims - 1 - batch))
    axis = int(axis)
    shapes.with_rank_at_least(node, 0, axis + 1 if axis >= 0 else -axis)
    axis %= params.ndims
    return params[:axis].concatenate(indices[batch:]).concatenate(params[axis + 1 :])


def _along_in_range(params, indices, axis, batch_dims):
    if not -params.ndim <= axis < params.ndim:
        text = f"Shape must be at least rank {axis + 1 if axis >= 0 else -axis} but is rank {params.ndim}"
        raise InvalidArgumentError(None, None, text)
    return [in_range(indices, params.shape[axis])]


@op(
    "params: Tparams, indices: Tindices, axis: Taxis=int32 -> output: Tparams",
    Tindices=INDICES,
    Taxis=INDICES,
    fixed=("axis",),
    folds=True,
    checks=_along_in_range,
    out=_gathered_along,
)
def GatherV2(params, indices, axis, *, batch_dims=0):
    axis, xp = int(axis) % params.ndim, numpy_or_jax(params, indices)
    if not batch_dims:
        return _taken(params, indices, axis)
    # The batch axes stand first in both: each is an index of its own, spread over the indices' other axes.
    moved = xp.moveaxis(params, axis, batch_dims)
    grids = [
        xp.arange(indices.shape[i]).reshape([-1 if j == i else 1 for j in range(indices.ndim)])
        for i in range(batch_dims)
    ]
    picked = moved[(*grids, xp.clip(indices, 0, moved.shape[batch_dims] - 1))]
    outer = list(range(indices.ndim, indices.ndim + axis - batch_dims))
    rest = [i for i in range(picked.ndim) if i >= batch_dims and i not in outer]
    return xp.transpose(picked, [*range(batch_dims), *outer, *rest])


@GatherV2.gradient
def _(node, dy):
    params, indices, axis = node.inputs
    if node.attrs["batch_dims"]:
        return [_batched_gradient(node, dy), None, None]
    with colocate_with(params):
        shape = tf.shape(params)
    static = shapes.constant_value(axis)
    size = tf.expand_dims(tf.size(indices), 0)
    if static == 0:
        values = tf.reshape(dy, tf.concat([size, shape[1:]], 0))
        return [IndexedSlices(values, tf.reshape(indices, size), shape), None, None]
    # The gathered axis goes to the front, rows are summed there, and it goes back (1.5 array_grad.py).
    outer, inner = shape[:axis], shape[axis:][1:]
    outer_rank = tf.size(outer)
    inner_rank = tf.size(inner)
    outer_axes = tf.range(outer_rank)
    inner_axes = tf.range(outer_rank + 1, outer_rank + 1 + inner_rank)
    values = tf.reshape(dy, tf.concat([outer, size, inner], 0))
    indices = tf.reshape(indices, size)
    front = tf.concat([[outer_rank], outer_axes, inner_axes], 0)
    summed = tf.unsorted_segment_sum(tf.transpose(values, front), indices, shape[axis])
    back = tf.concat([outer_axes + 1, [0], inner_axes], 0)
    return [tf.transpose(summed, back), None, None]


def _batched_gradient(node, dy):
    """Batches become rows of one long axis, on which the gathered rows are summed: [batch, size, outer, inner]."""
    params, indices, axis = node.inputs
    batch, shape = node.attrs["batch_dims"], tf.shape(params)
    axis = int(shapes.constant_value(axis)) % params.shape.ndims
    moved = indices.shape.ndims - batch
    size, batches = shape[axis], tf.reduce_prod(shape[:batch])
    outer = list(range(batch, axis))
    inner = list(range(axis + moved, dy.shape.ndims))
    front = [*range(batch), *range(axis, axis + moved), *outer, *inner]
    rest = tf.concat([shape[batch:axis], shape[axis + 1 :]], 0)
    values = tf.reshape(tf.transpose(dy, front), tf.concat([[-1], rest], 0))
    rows = tf.reshape(indices, tf.stack([batches, -1]))
    rows = tf.reshape(tf.expand_dims(tf.cast(tf.range(batches) * size, rows.dtype), 1) + rows, [-1])
    summed = tf.unsorted_segment_sum(values, rows, batches * size)
    summed = tf.reshape(summed, tf.concat([shape[:batch], [size], rest], 0))
    back = [*range(batch), *range(batch + 1, axis + 1), batch, *range(axis + 1, params.shape.ndims)]
    return tf.transpose(summed, back)


@api("gather")
def gather(params, indices, validate_indices=None, name=None, axis=None, batch_dims=0):
    """Slices of `params` along `axis` (the first), one for each element of `indices`, in the indices' shape.

    Indices out of range are an InvalidArgumentError when run. The gradient along axis 0 is IndexedSlices.
    """
    axis = batch_dims if axis is None else axis
    if batch_dims == 0 and isinstance(axis, (int, np.integer)) and axis == 0:
        return raw.Gather(params, indices, validate_indices=validate_indices, name=name)
    if batch_dims < 0:
        batch_dims += convert_to_tensor(indices).shape.with_rank_at_least(1).ndims
    return raw.GatherV2(params, indices, axis, batch_dims=batch_dims, name=name)


@api("batch_gather")
def batch_gather(params, indices, name=None):
    """`gather` along the last axis of `indices`, whose other axes are batch axes that `params` has too."""
    indices = convert_to_tensor(indices, name="indices")
    params = convert_to_tensor(params, name="params")
    if indices.shape.ndims is None:
        raise ValueError("batch_gather does not allow indices with unknown shape.")
    return tf.gather(params, indices, batch_dims=indices.shape.ndims - 1, axis=indices.shape.ndims - 1, name=name)


# -- elements by coordinates -----------------------------------------------------------------------------------------


def _gathered_nd(node):
    params, indices = node.inputs[0].shape, shapes.with_rank_at_least(node, 1, 1)
    depth = None if indices.ndims is None else indices.dims_or_none[-1]
    if params.ndims is None or depth is None:
        return shapes.UNKNOWN
    if depth > params.ndims:
        seen = f"{shapes.cpp_text(indices)} and params shape: {shapes.cpp_text(params)}"
        raise shapes.misfit(node, f"indices.shape[-1] must be <= params.rank, but saw indices shape: {seen}")
    return indices[:-1].concatenate(params[depth:])


def _inside(indices, sizes):
    return (indices >= 0) & (indices < np.array(sizes[: indices.shape[-1]], np.int64).astype(indices.dtype))


def _first_outside(values, sizes):
    flat = values.reshape(-1, values.shape[-1])
    bad = next(i for i, row in enumerate(flat) if not _inside(row, sizes).all())
    return bad, ", ".join(str(i) for i in flat[bad])


def _coordinates_check(params, indices):
    if not math.prod(params.shape[: indices.shape[-1]]) or not 0 < indices.shape[-1] <= params.ndim:
        return []

    def message(values):
        bad, row = _first_outside(values, params.shape)
        shape = ",".join(map(str, params.shape))
        return f"flat indices[{bad}, :] = [{row}] does not index into param (shape: [{shape}])."

    return [Check(_inside(indices, params.shape), InvalidArgumentError, message, [indices])]


@op(
    "params: Tparams, indices: Tindices -> output: Tparams",
    Tindices=INDICES,
    folds=True,
    checks=_coordinates_check,
    out=_gathered_nd,
)
def GatherNd(params, indices):
    xp, depth = numpy_or_jax(params, indices), indices.shape[-1]
    if depth > params.ndim:
        text = f"index innermost dimension length must be <= params rank; saw: {depth} vs. {params.ndim}"
        raise InvalidArgumentError(None, None, text)
    if not math.prod(params.shape[:depth]):
        if math.prod(indices.shape[:-1]):
            text = f"Requested more than 0 entries, but params is empty.  Params shape: {list(params.shape)}"
            raise InvalidArgumentError(None, None, text)
        return xp.zeros((*indices.shape[:-1], *params.shape[depth:]), params.dtype)
    if depth == 0:
        return xp.broadcast_to(params, (*indices.shape[:-1], *params.shape))
    # One flat index: XLA's gather is faster so than with one array an axis.
    flat = params.reshape((math.prod(params.shape[:depth]), *params.shape[depth:]))
    scale = np.cumprod([1, *params.shape[depth - 1 : 0 : -1]])[::-1].astype(indices.dtype)
    return xp.take(flat, (indices * scale).sum(-1), axis=0, mode="clip")


@GatherNd.gradient
def _(node, dy):
    params, indices = node.inputs
    return [tf.scatter_nd(indices, dy, tf.shape(params, out_type=indices.dtype)), None]


@api("gather_nd", "manip.gather_nd")
def gather_nd(params, indices, name=None, batch_dims=0):
    """Slices of `params` at the coordinates that the last axis of `indices` holds."""
    if batch_dims:
        return _batched_gather_nd(params, indices, batch_dims)
    return raw.GatherNd(params, indices, name=name)


def _batched_gather_nd(params, indices, batch_dims):
    """The batch axes' own numbers become the first coordinates."""
    indices = convert_to_tensor(indices, name="indices")
    params = convert_to_tensor(params, name="params")
    shape = tf.shape(indices)
    columns = []
    for i in range(batch_dims):
        numbers = tf.cast(tf.range(shape[i]), indices.dtype)
        row = tf.reshape(numbers, [-1 if j == i else 1 for j in range(indices.shape.ndims)])
        columns.append(row + tf.zeros_like(indices[..., :1]))
    return raw.GatherNd(params, tf.concat([*columns, indices], -1))


def _scattered(node):
    indices, updates, shape = node.inputs[0].shape, node.inputs[1].shape, shapes.constant_value_as_shape(node.inputs[2])
    if None not in (indices.ndims, updates.ndims, shape.ndims) and indices.ndims:
        depth = indices.dims_or_none[-1]
        if depth is not None:
            if depth > shape.ndims or updates.ndims != indices.ndims - 1 + shape.ndims - depth:
                raise shapes.misfit(node, _scatter_problem(indices, updates, shape, depth), partial=[2])
            outer = indices.ndims - 1
            clash = next((i for i in range(outer) if not updates[i].is_compatible_with(indices[i])), None)
            if clash is not None:
                text = (
                    f"The outer {outer} dimensions of indices.shape={shapes.cpp_text(indices)} must match the outer "
                    f"{outer} dimensions of updates.shape={shapes.cpp_text(updates)}: Dimension {clash} in both shapes "
                    f"must be equal, but are {indices[clash]} and {updates[clash]}"
                )
                raise shapes.misfit(node, text)
            if not updates[indices.ndims - 1 :].is_compatible_with(shape[depth:]):
                raise shapes.misfit(node, _scatter_problem(indices, updates, shape, depth), partial=[2])
    return shape


def _scatter_problem(indices, updates, shape, depth):
    inner = shape.ndims - depth
    where = f"The inner {inner} dimensions of output.shape={shapes.cpp_text(shape)} must match"
    return (
        f"{where} the inner {updates.ndims - indices.ndims + 1} dimensions of updates.shape={shapes.cpp_text(updates)}"
    )


def _scatter_check(indices, updates, shape):
    sizes = tuple(shape.tolist())
    if indices.shape[-1] == 0 or indices.shape[-1] > len(sizes):
        return []

    def message(values):
        bad, row = _first_outside(values, sizes)
        where = _subscript(values.shape[:-1], bad)
        return f"Invalid indices: {where} = [{row}] does not index into [{','.join(map(str, sizes))}]"

    return [Check(_inside(indices, sizes), InvalidArgumentError, message, [indices])]


def _scatter_shapes_fit(indices, updates, shape):
    depth, outer = indices.shape[-1], indices.ndim - 1
    if updates.shape[:outer] != indices.shape[:-1] or updates.shape[outer:] != tuple(shape[depth:]):
        text = (
            "Must have updates.shape = indices.shape[:batch_dim] + buffer_shape[num_index_dims:], got "
            f"updates.shape: {list(updates.shape)}, indices.shape: {list(indices.shape)}, shape: "
            f"{shape.tolist()}"
        )
        raise InvalidArgumentError(None, None, text)


@op(
    "indices: Tindices, updates: T, shape: Tindices -> output: T",
    Tindices=INDICES,
    fixed=("shape",),
    checks=_scatter_check,
    out=_scattered,
)
def ScatterNd(indices, updates, shape):
    _scatter_shapes_fit(indices, updates, shape)
    zeros = jnp.zeros(tuple(shape.tolist()), updates.dtype)
    return zeros.at[tuple(jnp.moveaxis(jnp.asarray(indices), -1, 0))].add(updates, mode="drop")


@ScatterNd.gradient
def _(node, dy):
    return [None, tf.gather_nd(dy, node.inputs[0]), None]


@api("scatter_nd", "manip.scatter_nd")
def scatter_nd(indices, updates, shape, name=None):
    """Zeros of `shape` with `updates` added at the coordinates that the last axis of `indices` holds; repeated
    coordinates sum.
    """
    return raw.ScatterNd(indices, updates, shape, name=name)


# -- a tensor with some elements changed -----------------------------------------------------------------------------


def _places(tensor, indices, updates):
    """`tensor` at the coordinates that the last axis of `indices` names, to be set or added to."""
    _scatter_shapes_fit(indices, updates, np.array(tensor.shape))
    return jnp.asarray(tensor).at[tuple(jnp.moveaxis(jnp.asarray(indices), -1, 0))]


def _tensor_scatter_check(tensor, indices, updates):
    return _scatter_check(indices, updates, np.array(tensor.shape))


_TENSOR_SCATTER = "tensor: T, indices: Tindices, updates: T -> output: T"


@api("tensor_scatter_update", "tensor_scatter_nd_update")
@op(_TENSOR_SCATTER, Tindices=INDICES, checks=_tensor_scatter_check, out=shapes.same)
def TensorScatterUpdate(tensor, indices, updates):
    """`tensor` with `updates` in the places that the last axis of `indices` names."""
    return _places(tensor, indices, updates).set(updates, mode="drop")


@TensorScatterUpdate.gradient
def _(node, dy):
    indices, updates = node.inputs[1], node.inputs[2]
    return [tf.tensor_scatter_update(dy, indices, tf.zeros_like(updates)), None, tf.gather_nd(dy, indices)]


@api("tensor_scatter_add", "tensor_scatter_nd_add")
@op(_TENSOR_SCATTER, Tindices=INDICES, checks=_tensor_scatter_check, out=shapes.same)
def TensorScatterAdd(tensor, indices, updates):
    """`tensor` with `updates` added in the places that the last axis of `indices` names."""
    return _places(tensor, indices, updates).add(updates, mode="drop")


@TensorScatterAdd.gradient
def _(node, dy):
    return [dy, None, tf.gather_nd(dy, node.inputs[1])]


@api("tensor_scatter_sub", "tensor_scatter_nd_sub")
@op(_TENSOR_SCATTER, Tindices=INDICES, checks=_tensor_scatter_check, out=shapes.same)
def TensorScatterSub(tensor, indices, updates):
    """`tensor` less `updates` in the places that the last axis of `indices` names."""
    return _places(tensor, indices, updates).add(-updates, mode="drop")


@TensorScatterSub.gradient
def _(node, dy):
    return [dy, None, -tf.gather_nd(dy, node.inputs[1])]
