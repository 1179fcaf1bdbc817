"""NumPy-style slicing as TF's StridedSlice specifies it: begin, end and stride for each position, and masks that say
what a position means.

Bit i of a mask speaks of position i: `begin_mask` and `end_mask` ignore the number there, `ellipsis_mask` stands for
all axes that no other position names, `new_axis_mask` puts in an axis of size 1, `shrink_axis_mask` picks one index
and drops the axis. (TF: core/util/strided_slice_op.cc.)
"""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np


@dataclass
class Axis:
    """What happens to one axis of the input: the position of the spec that names it (None: all of it), taken or
    sliced.
    """

    position: int | None
    shrink: bool = False


def axes_of(rank, positions, masks):
    """The `Axis` of each of `rank` input axes, and the output's axes in order: an input axis's number, or None for a
    new one.

    ValueError for a second ellipsis, or more positions than axes.
    """
    _, _, ellipsis_mask, new_axis_mask, shrink_axis_mask = masks
    ellipses = [i for i in range(positions) if ellipsis_mask >> i & 1]
    if len(ellipses) > 1:
        raise ValueError("Multiple ellipses in slice spec not allowed")
    ellipsis = ellipses[0] if ellipses else positions
    new = [i for i in range(positions) if new_axis_mask >> i & 1 and i != ellipsis]
    named = [i for i in range(positions) if i != ellipsis and i not in new]
    rest = rank - len(named)
    axes, order = [], []
    for i in range(max(positions, ellipsis + 1)):
        if i == ellipsis:
            for _ in range(rest):
                order.append(len(axes))
                axes.append(Axis(None))
        elif i in new:
            order.append(None)
        else:
            if len(axes) == rank:
                raise ValueError(f"Index out of range using input dim {rank}; input has only {rank} dims")
            shrink = bool(shrink_axis_mask >> i & 1)
            if not shrink:
                order.append(len(axes))
            axes.append(Axis(i, shrink))
    return axes, order


def bounds(size, begin, end, stride, begin_masked, end_masked):
    """(start, count) of a slice of an axis of `size`, with Python's clamping and negative numbers."""
    low, high = (0, size) if stride > 0 else (-1, size - 1)

    def clamped(x):
        return max(low, min(high, x + size if x < 0 else x))

    start = (low if stride > 0 else high) if begin_masked else clamped(begin)
    stop = (high if stride > 0 else low) if end_masked else clamped(end)
    return start, max(0, -((start - stop) // stride))


def output_sizes(sizes, begin, end, strides, masks):
    """Sizes of the output, None where not known. `sizes` may hold None; `begin` and `end` may be None as a whole.

    ValueError for a spec that no tensor of these sizes can meet.
    """
    begin_mask, end_mask, *_ = masks
    axes, order = axes_of(len(sizes), len(strides), masks)
    found = []
    for number, (axis, size) in enumerate(zip(axes, sizes)):
        p = axis.position
        if p is None:
            found.append(size)
            continue
        stride = int(strides[p])
        if stride == 0:
            raise ValueError(f"strides[{p}] must be non-zero")
        if axis.shrink:
            if stride < 0:
                raise ValueError("only stride 1 allowed on non-range indexing.")
            if size is not None and begin is not None and not -size <= begin[p] < size:
                raise ValueError(f"slice index {begin[p]} of dimension {number} out of bounds.")
            found.append(1)
            continue
        masked = begin_mask >> p & 1, end_mask >> p & 1
        if size is None or (begin is None or end is None) and not all(masked):
            found.append(None)
        else:
            b, e = (0, 0) if all(masked) else (int(begin[p]), int(end[p]))
            found.append(bounds(size, b, e, stride, *masked)[1])
    return [1 if i is None else found[i] for i in order]


def only_picks(positions, masks):
    """True when each position takes one index or a whole axis: then `begin` may be a traced value, and the output's
    shape is known.
    """
    begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask = masks
    whole = begin_mask & end_mask | ellipsis_mask | new_axis_mask | shrink_axis_mask
    return all(whole >> i & 1 for i in range(positions))


def strided_slice(x, begin, end, strides, masks):
    """x: [...], begin, end, strides: [positions] -> the slice.

    `begin` may be traced when `only_picks`; out of range is clamped.
    """
    begin_mask, end_mask, *_ = masks
    if not isinstance(begin, np.ndarray):
        return _picked(x, begin, masks)
    axes, order = axes_of(x.ndim, len(strides), masks)
    index = []
    for axis, size in zip(axes, x.shape):
        p = axis.position
        if p is None:
            index.append(slice(None))
        elif axis.shrink:
            start = int(begin[p])
            index.append(slice(start, start + 1) if start >= 0 else slice(start + size, start + size + 1))
        else:
            stride = int(strides[p])
            start, count = bounds(size, int(begin[p]), int(end[p]), stride, begin_mask >> p & 1, end_mask >> p & 1)
            stop = start + count * stride
            index.append(slice(start, None if stop < 0 else stop, stride) if count else slice(0, 0))
    kept = x[tuple(index)]
    return kept.reshape([1 if i is None else kept.shape[i] for i in order])


def _picked(x, begin, masks):
    axes, order = axes_of(x.ndim, begin.shape[0], masks)
    kept = jnp.asarray(x)
    for number, axis in enumerate(axes):
        if axis.shrink:
            kept = jax.lax.dynamic_index_in_dim(kept, begin[axis.position], number)
    return kept.reshape([1 if i is None else kept.shape[i] for i in order])


def strided_slice_grad(shape, begin, end, strides, dy, masks):
    """Zeros of `shape` with `dy` where `strided_slice` took from; `begin` may be traced when `only_picks`."""
    begin_mask, end_mask, *_ = masks
    axes, _ = axes_of(len(shape), len(strides) if isinstance(strides, np.ndarray) else strides.shape[0], masks)
    traced = not isinstance(begin, np.ndarray)
    config, flipped, sizes = [], [], []
    for number, (axis, size) in enumerate(zip(axes, shape)):
        p = axis.position
        if p is None or traced and not axis.shrink:
            start, count, stride = 0, size, 1
        elif axis.shrink:
            start, count, stride = 0 if traced else int(begin[p]) % size, 1, 1
        else:
            stride = int(strides[p])
            start, count = bounds(size, int(begin[p]), int(end[p]), stride, begin_mask >> p & 1, end_mask >> p & 1)
            if stride < 0:
                flipped.append(number)
                start, stride = start + (count - 1) * stride, -stride
        sizes.append(count)
        config.append((start, size - start - max(0, (count - 1) * stride + 1), stride - 1) if count else (0, size, 0))
    dy = dy.reshape(sizes)
    dy = jnp.flip(dy, flipped) if flipped else dy
    if not traced:
        return jax.lax.pad(jnp.asarray(dy), jnp.zeros((), dy.dtype), config)
    starts = [begin[axis.position] if axis.shrink else jnp.zeros((), begin.dtype) for axis in axes]
    return jax.lax.dynamic_update_slice(jnp.zeros(shape, dy.dtype), jnp.asarray(dy), starts)


def strided_slice_assigned(x, begin, end, strides, value, masks):
    """`x` with `value` (broadcast) in the place that `strided_slice` would take.

    All but x and value are numpy arrays.
    """
    numbers = np.arange(x.size, dtype=np.int64).reshape(x.shape)
    where = strided_slice(numbers, begin, end, strides, masks)
    return jnp.asarray(x).ravel().at[where].set(value).reshape(x.shape)
