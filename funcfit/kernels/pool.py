"""Pooling: the extreme or the mean of what a window covers, and the gradients, with TensorFlow's padding and ties.

`window` and `strides` have one number an axis, the batch's and the channels' included, so that any layout will do.
Of equal maxima in a window the first has it all: the whole gradient, the index.
"""

import functools
import itertools
import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Int, Num

from .module import AnyArray
from .windows import all_margins, all_places, largest, places, scattered, views

MOST_VIEWS = 64  # windows of more elements than this are not unrolled
MOST_SUMMED = 25  # nor, where a mean is taken, those of more than this

Sizes = Sequence[int]
In = Num[AnyArray, "..."]
Out = Num[Array, "..."]


@functools.partial(jax.custom_jvp, nondiff_argnums=(1, 2, 3))
def max_pool(x: In, window: Sizes, strides: Sizes, padding: str) -> Out:
    """The largest element that each window covers.

    XLA makes one loop of a small window's views and of what made x, which then is never stored.
    """
    if math.prod(window) <= MOST_VIEWS:
        return functools.reduce(jnp.maximum, views(x, window, strides, padding, _lowest(x.dtype)))
    return _reduced_max_pool(x, window, strides, padding)


@max_pool.defjvp
def _(window, strides, padding, primals, tangents):
    """jnp.maximum would share the gradient among equal maxima."""
    (x,), (dx,) = primals, tangents
    return max_pool(x, window, strides, padding), max_pool_picked(x, dx, window, strides, padding)


def _reduced_max_pool(x, window, strides, padding):
    margins = all_margins(x.shape, window, strides, padding)
    return lax.reduce_window(x, _lowest(x.dtype), lax.max, tuple(window), tuple(strides), margins)


def max_pool_gradient(x: In, dy: In, window: Sizes, strides: Sizes, padding: str) -> Out:
    """The gradient of max_pool's x: each element of dy goes to the first maximum of its window.

    Windows that do not overlap are cut out by a reshape; small ones that do are views laid over each other:
    on a CPU either is several times as fast as XLA's select-and-scatter.
    """
    if _apart(x.shape, window, strides, padding):
        return _max_pool_gradient_of_blocks(x, dy, window, strides, padding)
    if math.prod(window) > MOST_VIEWS:
        _, pull = jax.vjp(lambda x: _reduced_max_pool(x, window, strides, padding), x)
        return pull(dy)[0]
    _, first = _first_maximum(x, window, strides, padding)
    return scattered((jnp.where(first == i, dy, 0) for i in itertools.count()), x.shape, window, strides, padding)


def max_pool_picked(x: In, values: In, window: Sizes, strides: Sizes, padding: str) -> Out:
    """`values` at the first maximum of x in each window; what is transposed to max_pool_gradient."""
    (picked,) = jax.linear_transpose(
        lambda dy: max_pool_gradient(x, dy, window, strides, padding),
        jax.ShapeDtypeStruct(all_places(x.shape, window, strides, padding), values.dtype),
    )(values)
    return picked


def max_pool_with_argmax(
    x: In, window: Sizes, strides: Sizes, padding: str, include_batch: bool = False
) -> tuple[Out, Int[Array, "..."]]:
    """The maxima, and where the first of each is in x laid flat, the batch left out unless `include_batch`."""
    sizes = np.array(x.shape)
    steps = np.append(np.cumprod(sizes[:0:-1])[::-1], 1)
    if not include_batch:
        steps[0] = 0
    places_in_x = jnp.asarray(sum(i * step for i, step in zip(np.indices(x.shape, sparse=True), steps)), jnp.int32)
    maxima, first = _first_maximum(x, window, strides, padding)
    flat = jnp.zeros(first.shape, jnp.int32)
    for i, view in enumerate(views(places_in_x, window, strides, padding, 0)):
        flat = jnp.where(first == i, view, flat)
    return maxima, flat


def scattered_by_argmax(shape: Sizes, dy: In, argmax: Int[AnyArray, "..."], include_batch: bool = False) -> Out:
    """Each element of dy at the index that max_pool_with_argmax gave, added up; zeros elsewhere. `shape` is x's."""
    flat = jnp.zeros((math.prod(shape),), dy.dtype)
    if not include_batch:
        batch = np.arange(shape[0]).reshape([-1] + [1] * (len(shape) - 1)) * math.prod(shape[1:])
        argmax = argmax + batch
    return flat.at[argmax.ravel()].add(dy.ravel()).reshape(shape)


def avg_pool(x: In, window: Sizes, strides: Sizes, padding: str) -> Out:
    """The mean of the elements that each window covers, padding not counted."""
    if math.prod(window) <= MOST_SUMMED:
        sums = functools.reduce(jnp.add, views(x, window, strides, padding, 0))
    else:
        sums = _summed(x, window, strides, padding)
    return sums / _counts(x.shape, window, strides, padding).astype(x.dtype)


def _summed(x, window, strides, padding):
    margins = all_margins(x.shape, window, strides, padding)
    return lax.reduce_window(x, np.zeros((), x.dtype), lax.add, tuple(window), tuple(strides), margins)


def avg_pool_gradient(shape: Sizes, dy: In, window: Sizes, strides: Sizes, padding: str) -> Out:
    """The gradient of avg_pool's x, which has shape `shape`: each element of dy shared out among its window."""
    shares = dy / _counts(shape, window, strides, padding).astype(dy.dtype)
    if math.prod(window) > 4 and _apart(shape, window, strides, padding):  # of 2x2, four views are still quicker
        inner = tuple(range(1, 2 * dy.ndim, 2))
        blocks = jnp.broadcast_to(jnp.expand_dims(shares, inner), _blocks(dy.shape, window))
        return _whole(blocks, shape, window, strides, padding)
    if math.prod(window) <= MOST_SUMMED:
        return scattered(itertools.repeat(shares), shape, window, strides, padding)
    x = jax.ShapeDtypeStruct(tuple(shape), dy.dtype)
    (dx,) = jax.linear_transpose(lambda x: _summed(x, window, strides, padding), x)(shares)
    return dx


def _lowest(dtype):
    return np.array(-np.inf if jnp.issubdtype(dtype, np.floating) else np.iinfo(dtype).min, dtype)


def _counts(shape, window, strides, padding):
    """How many elements each window covers: an array that broadcasts over the pooled ones."""
    counts = np.ones([1] * len(shape), np.int64)
    for axis, (n, k, s, (before, _)) in enumerate(
        zip(shape, window, strides, all_margins(shape, window, strides, padding))
    ):
        starts = np.arange(places(n, k, s, padding)) * s - before
        covered = np.minimum(starts + k, n) - np.maximum(starts, 0)
        counts = counts * covered.reshape([-1 if i == axis else 1 for i in range(len(shape))])
    return counts


def _apart(shape, window, strides, padding):
    """Whether no two windows share an element, nor leave any out between them."""
    return all(k == s or places(n, k, s, padding) == 1 for n, k, s in zip(shape, window, strides))


def _max_pool_gradient_of_blocks(x, dy, window, strides, padding):
    """dx as whole windows, each axis as two: the place of the window and the place in it; then what is padding cut off.

    Which place is first comes from views, as bytes: on a CPU that takes 0.3 times as long as reducing the blocks does.
    """
    inner = tuple(range(1, 2 * x.ndim, 2))
    if math.prod(window) > MOST_VIEWS:
        margins = all_margins(x.shape, window, strides, padding)
        first = _first_maximum_of_blocks(x, margins, dy.shape, window)
    else:
        first = _first_maximum(x, window, strides, padding)[1].astype(np.int8)
    dblocks = jnp.where(_order(window, first.dtype) == jnp.expand_dims(first, inner), jnp.expand_dims(dy, inner), 0)
    return _whole(dblocks, x.shape, window, strides, padding)


def _blocks(counts, window):
    """The shape of whole windows, each axis as two."""
    return [size for count, k in zip(counts, window) for size in (count, k)]


def _whole(blocks, shape, window, strides, padding):
    """An array of `shape` from its windows: what is padding is cut off, what no window covers is zeros."""
    padded = [count * k for count, k in zip(blocks.shape[::2], blocks.shape[1::2])]
    margins = all_margins(shape, window, strides, padding)
    cut = [(-before, before + n - size, 0) for n, size, (before, _) in zip(shape, padded, margins)]
    return lax.pad(blocks.reshape(padded), np.zeros((), blocks.dtype), cut)


def _first_maximum_of_blocks(x, margins, counts, window):
    """Which place in the window has the first of its maxima, by two reductions."""
    cut = [(before, n * k - size - before, 0) for size, k, n, (before, _) in zip(x.shape, window, counts, margins)]
    inner = tuple(range(1, 2 * x.ndim, 2))
    blocks = lax.pad(x, _lowest(x.dtype), cut).reshape(_blocks(counts, window))
    maxima = jnp.max(blocks, axis=inner, keepdims=True)
    return jnp.min(jnp.where(blocks == maxima, _order(window, np.int32), math.prod(window)), axis=inner)


def _order(window, dtype):
    """The number of each place in a window, with an axis of one before each axis of the window."""
    return np.arange(math.prod(window), dtype=dtype).reshape([n for k in window for n in (1, k)])


def _first_maximum(x, window, strides, padding):
    """(the maxima, which place in the window has the first of each)."""
    return largest(views(x, window, strides, padding, _lowest(x.dtype)))
