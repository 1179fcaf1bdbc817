"""Pooling by a ratio that need not be whole: windows of two lengths, in an order drawn at random.

An axis is cut at `edges`: window i covers edges[i] to edges[i + 1], that end included when windows overlap.
Graham 2014, "Fractional max-pooling"; TensorFlow's core/kernels/fractional_pool_common.cc draws the edges.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Num

from .module import AnyArray
from .philox import Stream, skip, unit_float64, words
from .samplers import shuffle

Images = Num[AnyArray, "batch height width channels"]
Pooled = Num[AnyArray, "batch rows columns channels"]
Edges = Int[AnyArray, "_"]


def pooling_edges(stream: Stream, size: int, count: int, pseudo_random: bool) -> tuple[Int[Array, "edges"], Stream]:
    """Where an axis of `size` is cut into `count` windows, and the stream after the draw: bit for bit TF's.

    Random: the longer windows are shuffled among the shorter. Pseudo-random: edges at ceil(size / count * (i + u)).
    """
    if pseudo_random:
        with jax.enable_x64(True):
            alpha, k = size / count, size // count
            most = min((k + 2) / alpha - 1, (size + 1 - k) / alpha - (count - 1))
            w = words(stream, 2)
            u = unit_float64(w[0], w[1]) * most
            inner = jnp.ceil(alpha * (np.arange(1, count) + u)).astype(jnp.int32) - 1
        edges = jnp.concatenate([np.array([0], np.int32), inner, np.array([size], np.int32)])
        return edges, skip(stream, 1)
    lengths = np.full(count, size // count, np.int32)
    lengths[: size % count] += 1
    lengths, _ = shuffle(stream, lengths)
    edges = jnp.concatenate([np.zeros(1, np.int32), jnp.cumsum(lengths, dtype=jnp.int32)])
    return edges, skip(stream, -(-count // 4))


def fractional_max_pool(
    x: Images, row_edges: Edges, column_edges: Edges, overlapping: bool
) -> Num[Array, "batch rows columns channels"]:
    """The largest element of each window."""
    seen, _, _ = _covered(x, row_edges, column_edges, overlapping)
    return jnp.max(seen, axis=1)


def fractional_max_pool_gradient(
    x: Images, dy: Pooled, row_edges: Edges, column_edges: Edges, overlapping: bool
) -> Num[Array, "batch height width channels"]:
    """The gradient of fractional_max_pool's x: the first of equal maxima has it."""
    seen, rows, columns = _covered(x, row_edges, column_edges, overlapping)
    place = np.arange(seen.shape[1]).reshape(-1, 1, 1, 1)
    shares = jnp.where(place == jnp.argmax(seen, axis=1)[:, None], jnp.asarray(dy)[:, None], 0)
    return jnp.zeros(x.shape, dy.dtype).at[:, rows, columns].add(shares)


def fractional_avg_pool(
    x: Images, row_edges: Edges, column_edges: Edges, overlapping: bool
) -> Num[Array, "batch rows columns channels"]:
    """The mean of each window's elements."""
    rows, columns, within = _places(x.shape, row_edges, column_edges, overlapping)
    seen = jnp.where(within, jnp.asarray(x)[:, rows, columns], 0)
    return (jnp.sum(seen, axis=1) / jnp.sum(within, axis=0)).astype(seen.dtype)


def fractional_avg_pool_gradient(
    shape: Sequence[int], dy: Pooled, row_edges: Edges, column_edges: Edges, overlapping: bool
) -> Num[Array, "batch height width channels"]:
    """The gradient of fractional_avg_pool's x, which has shape `shape`."""
    rows, columns, within = _places(shape, row_edges, column_edges, overlapping)
    shares = jnp.where(within, (dy / jnp.sum(within, axis=0)).astype(dy.dtype)[:, None], 0)
    return jnp.zeros(shape, dy.dtype).at[:, rows, columns].add(shares)


def _covered(x, row_edges, column_edges, overlapping):
    """What each place of each window sees [batch, place, row, column, channel], and the rows and columns it sees."""
    rows, columns, within = _places(x.shape, row_edges, column_edges, overlapping)
    lowest = -np.inf if jnp.issubdtype(x.dtype, jnp.floating) else np.iinfo(x.dtype).min
    return jnp.where(within, jnp.asarray(x)[:, rows, columns], np.asarray(lowest, x.dtype)), rows, columns


def _places(shape, row_edges, column_edges, overlapping):
    """Of each place in the largest window: rows [place, row, 1], columns [place, 1, column], which windows have it."""
    (row, row_within), (column, column_within) = (
        _axis_places(size, jnp.asarray(edges), overlapping)
        for size, edges in zip(shape[1:3], (row_edges, column_edges))
    )
    down, across = np.indices((row.shape[0], column.shape[0])).reshape(2, -1)
    within = row_within[down][:, :, None] & column_within[across][:, None, :]
    return row[down][:, :, None], column[across][:, None, :], within[..., None]


def _axis_places(size, edges, overlapping):
    """Positions on an axis [place, window], and which of them lie in the window."""
    longest = size // (edges.shape[0] - 1) + 1 + overlapping
    positions = edges[:-1] + np.arange(longest)[:, None]
    return jnp.minimum(positions, size - 1), positions < jnp.minimum(edges[1:] + overlapping, size)
