"""Sums, products and extremes of rows that share a segment id.

Sorted ids say themselves how many segments there are: those functions take and give numpy arrays. The others are JAX's.
"""

import jax.numpy as jnp
import numpy as np


def sorted_segments(rows, ids, reduce, empty):
    """Row i of the result is `reduce` (a numpy ufunc) of the rows with id i, `empty` where there are none.

    rows [n, ...], ids [n] rising from 0 or more; the result has ids[-1] + 1 rows. ValueError for other ids.

    >>> sorted_segments(np.array([1, 2, 4]), np.array([0, 0, 2]), np.add, 0).tolist()
    [3, 0, 4]
    """
    starts = segment_starts(rows, ids)
    out = np.full((int(ids[-1]) + 1 if len(ids) else 0, *rows.shape[1:]), empty, rows.dtype)
    if len(ids):
        out[ids[starts]] = reduce.reduceat(rows, starts, axis=0, dtype=rows.dtype)
    return out


def segment_starts(rows, ids):
    """Where in `ids` each segment starts; ValueError for ids that `sorted_segments` does not take."""
    if ids.ndim != 1:
        raise ValueError("segment_ids should be a vector.")
    if len(rows) != len(ids):
        raise ValueError("segment_ids should be the same size as dimension 0 of input.")
    if not len(ids):
        return np.zeros(0, np.int64)
    if ids[-1] < 0:
        raise ValueError("segment ids must be >= 0")
    steps = np.diff(ids)
    starts = np.concatenate([[0], np.flatnonzero(steps) + 1])
    if ids[0] < 0 or (ids >= ids[-1] + 1).any():
        bad = ids[(ids < 0) | (ids > ids[-1])][0]
        raise ValueError(
            f"Segment id {bad} out of range [0, {ids[-1] + 1}), possibly because 'segment_ids' input is not sorted."
        )
    if (steps < 0).any():
        raise ValueError("segment ids are not increasing")
    return starts


def counts(ids):
    """How many rows each segment has: ids [n], as above -> [ids[-1] + 1]."""
    return np.bincount(ids, minlength=int(ids[-1]) + 1 if len(ids) else 0)


def unsorted_segments(rows, ids, count, method, empty):
    """Row i of the result, which has `count`, is made of the rows with id i; negative ids are left out.

    `method` is add, multiply, max or min, and `empty` what it starts with. rows [*ids.shape, ...].

    >>> unsorted_segments(jnp.array([1, 2, 4]), jnp.array([2, -1, 2]), 3, "add", 0).tolist()
    [0, 0, 5]
    """
    rest = rows.shape[np.ndim(ids) :]
    ids = jnp.where(ids < 0, count, ids).ravel()
    out = jnp.full((count, *rest), empty, rows.dtype)
    return getattr(out.at[ids], method)(rows.reshape(ids.size, *rest), mode="drop")
