"""Convolutions of images by way of their spectra: Fourier transforms that are matrix products.

In place of one product for each element of the window there is one for each frequency. An image is one tile, of a size
at which what a circular convolution wraps around is zeros. What comes out is as exact as the sum itself where an
image's numbers are of one magnitude, and it is linear in either argument, so that gradients are transposes. A number
that is not finite spoils all of its image.

Mathieu, Henaff, LeCun 2014, "Fast training of convolutional networks through FFTs".
"""

import functools
import math
from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .module import AnyArray

LEAST = 10**8  # multiplications; a sum of fewer takes a core two milliseconds at most

Sizes = Sequence[int]
Margins = Sequence[tuple[int, int]]


class Tables(NamedTuple):
    """What the transforms multiply by. Complex numbers are pairs of real ones.

    A spectrum has `rows` frequencies along the height, and `bins` along the width: the others are their conjugates.
    """

    across: np.ndarray  # [bins pair, width]
    down: np.ndarray  # [rows pair, pair height]
    up: np.ndarray  # [pair height, rows pair], of the image that comes out
    along: np.ndarray  # [width, bins pair]
    window: np.ndarray  # [bins rows pair pair, window]
    bins: int
    rows: int


def convolution(
    x: Float[AnyArray, "batch height width in"],
    filter: Float[AnyArray, "*window in out"],
    margins: Margins,
) -> Float[Array, "batch _ _ out"]:
    """The convolution with strides of one, its `margins` (before, after) for each axis."""
    batch, *sizes, inputs = x.shape
    *window, _, outputs = filter.shape
    t = tables(tuple(sizes), tuple(window), tuple(map(tuple, margins)))
    places, counts = t.bins * t.rows, (len(t.along), len(t.up) // 2)

    lines = t.across @ x.transpose(2, 1, 3, 0).reshape(sizes[1], -1)
    lines = lines.reshape(t.bins, 2 * sizes[0], inputs * batch)
    spectrum = jnp.matmul(_each(t.down, t.bins), lines).reshape(places, 2 * inputs, batch)

    weights = t.window @ filter.transpose(0, 1, 3, 2).reshape(-1, outputs * inputs)
    weights = weights.reshape(places, 2, 2, outputs, inputs).transpose(0, 1, 3, 2, 4)
    spectrum = jnp.matmul(weights.reshape(places, 2 * outputs, 2 * inputs), spectrum)

    lines = jnp.matmul(_each(t.up, t.bins), spectrum.reshape(t.bins, 2 * t.rows, outputs * batch))
    y = t.along @ lines.reshape(2 * t.bins, -1)
    return y.reshape(*counts, outputs, batch).transpose(3, 1, 0, 2)


def _each(table, count):
    return np.broadcast_to(table, (count, *table.shape))


def pays(batch: int, sizes: Sizes, filter: Sizes, margins: Margins) -> bool:
    """Whether `convolution` takes clearly less of a CPU's time than the sum, by the multiplications of either.

    A transform's count four times: its matrices are thin, and what it makes is large. Measured where batches of 8 to
    256 images of 7x7 to 56x56, with 1 to 128 channels, meet windows of 3x3 to 7x7.
    """
    *window, inputs, outputs = filter
    counts = _counts(sizes, window, margins)
    height, width = _tile(sizes, margins)
    bins = width // 2 + 1
    summed = batch * math.prod(counts) * math.prod(filter)
    products = bins * height * 4 * inputs * outputs * batch
    transforms = bins * height * 4 * math.prod(filter)
    for channels, (high, wide) in ((inputs, sizes), (outputs, counts)):
        transforms += batch * channels * bins * (2 * high * wide + 4 * height * high)
    return summed >= LEAST and products + 4 * transforms < 0.8 * summed


def _counts(sizes, window, margins):
    return [n + sum(m) - k + 1 for n, m, k in zip(sizes, margins, window)]


def _tile(sizes, margins):
    """The sizes of a tile: what wraps around an edge falls into the other edge's margin."""
    return [n + max(m) for n, m in zip(sizes, margins)]


@functools.lru_cache(maxsize=256)
def tables(sizes: tuple[int, int], window: tuple[int, int], margins: tuple[tuple[int, int], ...]) -> Tables:
    """For images of `sizes`. The filter's are those of its mirror, since what layers compute is a correlation."""
    height, width = _tile(sizes, margins)
    places = _counts(sizes, window, margins)
    shifted = [np.arange(k) - before for k, (before, _) in zip(window, margins)]
    rows, bins = np.arange(height), np.arange(width // 2 + 1)

    across = _pairs(np.outer(bins, np.arange(sizes[1])) / width)
    down = _pairs(np.outer(rows, np.arange(sizes[0])) / height)
    up = _pairs(np.outer(np.arange(places[0]), -rows) / height)
    along = _pairs(np.outer(np.arange(places[1]), -bins) / width)
    of_window = np.add.outer(np.outer(-rows, shifted[0]) / height, np.outer(-bins, shifted[1]) / width)
    conjugates_too = np.where((bins == 0) | (2 * bins == width), 1, 2) / (height * width)

    arrays = (
        across[:, :, 0].reshape(-1, sizes[1]),
        down.reshape(2 * height, -1),
        up.transpose(1, 0, 3, 2).reshape(-1, 2 * height),
        (along[:, 0] * conjugates_too).transpose(0, 2, 1).reshape(places[1], -1),
        _pairs(of_window.transpose(2, 0, 1, 3).reshape(len(bins) * height, -1)).reshape(-1, math.prod(window)),
    )
    return Tables(*(np.ascontiguousarray(a, np.float32) for a in arrays), len(bins), height)


def _pairs(turns):
    """exp(-2j pi turns) as real matrices of its product with a pair: [a, b] to [a, pair out, pair in, b]."""
    real, imag = np.cos(2 * np.pi * turns), -np.sin(2 * np.pi * turns)
    return np.stack([np.stack([real, -imag], 1), np.stack([imag, real], 1)], 1)
