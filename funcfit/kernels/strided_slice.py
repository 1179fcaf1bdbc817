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


@dataclass(frozen=True)
class Spec:
    """begin, end and strides as lists, None for a number that is not known; masks in the order named above."""

    begin: list
    end: list
    strides: list
    masks: tuple

    def bit(self, mask, position):
        return bool(self.masks[mask] >> position & 1)

    def takes_all(self, position):
        return self.bit(0, position) and self.bit(1, position)

    def is_decided(self):
        """True when only the positions of single picks are unknown: then the output's shape is known."""
        return all(
            self.bit(2, p)
            or self.bit(3, p)
            or self.strides[p] is not None
            and (self.bit(4, p) or self.takes_all(p) or None not in (self.begin[p], self.end[p]))
            for p in range(len(self.strides))
        )


@dataclass(frozen=True)
class Axis:
    """What happens to one axis: `position` of the spec names it (None: all is taken), `shrink` picks one index."""

    position: int | None
    shrink: bool = False


def axes_of(rank, spec):
    """The `Axis` of each of `rank` input axes, and the output's axes in order: an input axis, or None for a new one.

    ValueError for a second ellipsis, or more positions than axes.
    """
    positions = len(spec.strides)
    ellipses = [i for i in range(positions) if spec.bit(2, i)]
    if len(ellipses) > 1:
        raise ValueError("Multiple ellipses in slice spec not allowed")
    ellipsis = ellipses[0] if ellipses else positions
    new = [i for i in range(positions) if spec.bit(3, i) and i != ellipsis]
    named = [i for i in range(positions) if i != ellipsis and i not in new]
    axes, order = [], []
    for i in range(max(positions, ellipsis + 1)):
        if i == ellipsis:
            for _ in range(rank - len(named)):
                order.append(len(axes))
                axes.append(Axis(None))
        elif i in new:
            order.append(None)
        else:
            if len(axes) == rank:
                raise ValueError(f"Index out of range using input dim {rank}; input has only {rank} dims")
            if not spec.bit(4, i):
                order.append(len(axes))
            axes.append(Axis(i, spec.bit(4, i)))
    return axes, order


def bounds(size, begin, end, stride, begin_masked, end_masked):
    """(start, count) of a slice of an axis of `size`, with Python's clamping and negative numbers."""
    low, high = (0, size) if stride > 0 else (-1, size - 1)

    def clamped(x):
        return max(low, min(high, x + size if x < 0 else x))

    start = (low if stride > 0 else high) if begin_masked else clamped(begin)
    stop = (high if stride > 0 else low) if end_masked else clamped(end)
    return start, max(0, -((start - stop) // stride))


def output_sizes(sizes, spec):
    """Sizes of the output, None where not known; `sizes` may hold None, and so may the spec.

    ValueError for a spec that no tensor of these sizes can meet.
    """
    axes, order = axes_of(len(sizes), spec)
    found = []
    for number, (axis, size) in enumerate(zip(axes, sizes)):
        p = axis.position
        if p is None:
            found.append(size)
            continue
        begin, end, stride = spec.begin[p], spec.end[p], spec.strides[p]
        if stride == 0:
            raise ValueError(f"strides[{p}] must be non-zero")
        if axis.shrink:
            if stride is not None and stride < 0:
                raise ValueError("only stride 1 allowed on non-range indexing.")
            if None not in (size, begin) and not -size <= begin < size:
                raise ValueError(f"slice index {begin} of dimension {number} out of bounds.")
            found.append(1)
        elif None in (size, stride) or None in (begin, end) and not spec.takes_all(p):
            found.append(None)
        else:
            found.append(bounds(size, begin, end, stride, spec.bit(0, p), spec.bit(1, p))[1])
    return [1 if i is None else found[i] for i in order]


def _ranges(shape, spec):
    """(start, count, stride) of each axis, in its own order of elements; None for a pick that is not known yet."""
    axes, order = axes_of(len(shape), spec)
    found = []
    for axis, size in zip(axes, shape):
        p = axis.position
        if p is None:
            found.append((0, size, 1))
        elif axis.shrink:
            found.append(None if spec.begin[p] is None else (spec.begin[p] % size, 1, 1))
        else:
            start, count = bounds(size, spec.begin[p], spec.end[p], spec.strides[p], spec.bit(0, p), spec.bit(1, p))
            found.append((start, count, spec.strides[p]))
    return axes, order, found


def _as_slice(start, count, stride):
    stop = start + count * stride
    return slice(start, None if stop < 0 else stop, stride) if count else slice(0, 0)


def strided_slice(x, spec, begin=()):
    """x: [...] -> the slice. Picks that `spec` does not know come from `begin` [positions], which may be traced."""
    axes, order, ranges = _ranges(x.shape, spec)
    x = x[tuple(slice(None) if r is None else _as_slice(*r) for r in ranges)]
    for number, r in enumerate(ranges):
        if r is None:
            x = jax.lax.dynamic_index_in_dim(jnp.asarray(x), begin[axes[number].position], number)
    return x.reshape([1 if i is None else x.shape[i] for i in order])


def strided_slice_grad(shape, spec, dy, begin=()):
    """Zeros of `shape` with `dy` in the place that `strided_slice` takes."""
    axes, _, ranges = _ranges(shape, spec)
    if isinstance(dy, np.ndarray) and None not in ranges:
        whole = np.zeros(shape, dy.dtype)
        place = tuple(_as_slice(*r) for r in ranges)
        whole[place] = dy.reshape(whole[place].shape)
        return whole
    sizes, config, flipped = [], [], []
    for number, (r, size) in enumerate(zip(ranges, shape)):
        start, count, stride = (0, 1, 1) if r is None else r
        sizes.append(count)
        if stride < 0:
            flipped.append(number)
            start, stride = start + (count - 1) * stride, -stride
        after = 0 if r is None else size - start - (count - 1) * stride - 1
        config.append((start, after, stride - 1) if count else (0, size, 0))
    dy = jnp.asarray(dy).reshape(sizes)
    dy = jax.lax.pad(jnp.flip(dy, flipped) if flipped else dy, jnp.zeros((), dy.dtype), config)
    if None not in ranges:
        return dy
    begin = jnp.asarray(begin)
    zero = jnp.zeros((), begin.dtype)
    starts = [begin[axis.position] if r is None else zero for axis, r in zip(axes, ranges)]
    return jax.lax.dynamic_update_slice(jnp.zeros(shape, dy.dtype), dy, starts)


def strided_slice_assigned(x, spec, value):
    """`x` with `value` (broadcast) in the place that `strided_slice` takes."""
    numbers = np.arange(x.size, dtype=np.int64).reshape(x.shape)
    return jnp.asarray(x).ravel().at[strided_slice(numbers, spec)].set(value).reshape(x.shape)
