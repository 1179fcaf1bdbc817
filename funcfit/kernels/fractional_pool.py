"""Pooling by a ratio that need not be whole: windows of two lengths, in an order drawn at random.

An axis is cut at `edges`: window i covers edges[i] to edges[i + 1], that end included when windows overlap.
Graham 2014, "Fractional max-pooling"; TensorFlow's core/kernels/fractional_pool_common.cc draws the edges.
"""

import itertools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Int, Num

from .philox import Stream, skip, unit_float64, words
from .samplers import shuffle

Images = Num[ArrayLike, "batch height width channels"]
Pooled = Num[ArrayLike, "batch rows columns channels"]
Edges = Int[ArrayLike, "edges"]


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
    maxima, _ = _first_maximum(x, row_edges, column_edges, overlapping)
    return maxima


def fractional_max_pool_gradient(
    x: Images, dy: Pooled, row_edges: Edges, column_edges: Edges, overlapping: bool
) -> Num[Array, "batch height width channels"]:
    """The gradient of fractional_max_pool's x: the first of equal maxima has it."""
    _, first = _first_maximum(x, row_edges, column_edges, overlapping)
    total = jnp.zeros(x.shape, dy.dtype)
    for i, (rows, columns, _) in enumerate(_places(x.shape, row_edges, column_edges, overlapping)):
        total = total.at[:, rows, columns].add(jnp.where(first == i, dy, 0))
    return total


def fractional_avg_pool(
    x: Images, row_edges: Edges, column_edges: Edges, overlapping: bool
) -> Num[Array, "batch rows columns channels"]:
    """The mean of each window's elements."""
    total = count = 0
    for rows, columns, within in _places(x.shape, row_edges, column_edges, overlapping):
        total = total + jnp.where(within, jnp.asarray(x)[:, rows, columns], 0)
        count = count + within
    return (total / count).astype(total.dtype)


def fractional_avg_pool_gradient(
    shape: Sequence[int], dy: Pooled, row_edges: Edges, column_edges: Edges, overlapping: bool
) -> Num[Array, "batch height width channels"]:
    """The gradient of fractional_avg_pool's x, which has shape `shape`."""
    places = list(_places(shape, row_edges, column_edges, overlapping))
    share = (dy / sum(within for _, _, within in places)).astype(dy.dtype)
    total = jnp.zeros(shape, dy.dtype)
    for rows, columns, within in places:
        total = total.at[:, rows, columns].add(jnp.where(within, share, 0))
    return total


def _first_maximum(x, row_edges, column_edges, overlapping):
    """(the maxima, which place of the window has the first of each)."""
    x = jnp.asarray(x)
    maxima = first = None
    for i, (rows, columns, within) in enumerate(_places(x.shape, row_edges, column_edges, overlapping)):
        view = x[:, rows, columns]
        if maxima is None:
            maxima, first = view, jnp.zeros(view.shape, jnp.int32)
        else:
            larger = within & (view > maxima)
            maxima, first = jnp.where(larger, view, maxima), jnp.where(larger, i, first)
    return maxima, first


def _places(shape, row_edges, column_edges, overlapping):
    """For each place in the largest window, in order: rows [rows, 1], columns [columns], and which windows have it."""
    rows, columns = (
        list(_axis_places(size, jnp.asarray(edges), overlapping))
        for size, edges in zip(shape[1:3], (row_edges, column_edges))
    )
    for (row, row_within), (column, column_within) in itertools.product(rows, columns):
        yield row[:, None], column[None, :], (row_within[:, None] & column_within[None, :])[None, :, :, None]


def _axis_places(size, edges, overlapping):
    longest = size // (edges.shape[0] - 1) + 1 + overlapping
    starts, ends = edges[:-1], jnp.minimum(edges[1:] + overlapping, size)
    for i in range(longest):
        yield jnp.minimum(starts + i, size - 1), starts + i < ends
