"""Convolutions of images by way of their spectra: Fourier transforms that are matrix products.

In place of one product for each element of the window there is one for each frequency. An image is one tile, of a size
at which what a circular convolution wraps around is zeros. What comes out is as exact as the sum itself where an
image's numbers are of one magnitude. A number that is not finite spoils all of its image.

The gradients are written out, as JAX's own transposes have their matrices the wrong way round for XLA's fast products.
A step that computes all three has the spectra of x and of dy only once.

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
CACHED = 4 << 20  # numbers that a processor's last cache holds, with what they are made of

Sizes = Sequence[int]
Margins = Sequence[tuple[int, int]]


class Tables(NamedTuple):
    """What the transforms multiply by. Complex numbers are pairs of real ones.

    A spectrum has `bins` frequencies along the height, the others being their conjugates, and along the width all.
    """

    down: np.ndarray  # [bins pair, height]
    across: np.ndarray  # [frequencies pair, pair width]
    along: np.ndarray  # [pair width, frequencies pair], of the image that comes out
    up: np.ndarray  # [height, bins pair]
    window: np.ndarray  # [bins frequencies pair pair, window]


Images = Float[AnyArray, "batch height width channels"]
Spectra = Float[Array, "frequencies batch pair_channels"]
Filter = Float[AnyArray, "rows columns in out"]


def convolution(x: Images, filter: Filter, margins: Margins) -> Float[Array, "batch _ _ out"]:
    """The convolution with strides of one, its `margins` (before, after) for each axis."""
    t = _tables_for(x.shape, filter.shape, margins)
    return _images(jnp.matmul(_spectra(x, t.down, t.across), _weights(filter, t.window)), t.along, t.up)


def input_gradient(shape: Sizes, filter: Filter, dy: Images, margins: Margins) -> Float[Array, "batch _ _ in"]:
    """The gradient of `convolution`'s x, which has shape `shape`."""
    t = _tables_for(shape, filter.shape, margins)
    spectra = jnp.einsum("fno,fio->fni", _spectra(dy, t.up.T, t.along.T), _weights(filter, t.window))
    return _images(spectra, t.across.T, t.down.T)


def filter_gradient(x: Images, shape: Sizes, dy: Float[AnyArray, "batch _ _ out"], margins: Margins) -> Filter:
    """The gradient of `convolution`'s filter, which has shape `shape`."""
    *_, inputs, outputs = shape
    t = _tables_for(x.shape, shape, margins)
    of_x, of_dy = _spectra(x, t.down, t.across), _spectra(dy, t.up.T, t.along.T)
    weights = jnp.einsum("fni,fno->fio", of_x, of_dy).reshape(-1, 2, inputs, 2, outputs)
    weights = weights.transpose(0, 1, 3, 2, 4).reshape(-1, inputs * outputs)
    return jnp.matmul(t.window.T, weights).reshape(shape)


def _tables_for(images, filter, margins):
    return tables(tuple(images[1:3]), tuple(filter[:2]), tuple(map(tuple, margins)))


def _spectra(x: Images, down, across) -> Spectra:
    batch, height, width, channels = x.shape
    lines = jnp.matmul(_each(down, batch), x.reshape(batch, height, width * channels))
    spectra = jnp.matmul(_each(across, batch * len(down) // 2), lines.reshape(-1, 2 * width, channels))
    return spectra.reshape(batch, -1, 2 * channels).transpose(1, 0, 2)


def _images(spectra: Spectra, along, up) -> Images:
    _, batch, pairs = spectra.shape
    (twice_width, frequencies), (height, bins) = along.shape, up.shape
    spectra = spectra.transpose(1, 0, 2).reshape(-1, frequencies, pairs // 2)
    lines = jnp.matmul(_each(along, batch * bins // 2), spectra)
    images = jnp.matmul(_each(up, batch), lines.reshape(batch, bins, -1))
    return images.reshape(batch, height, twice_width // 2, pairs // 2)


def _weights(filter, window):
    """For each frequency the matrix [pair in, pair out] that a spectrum is multiplied by."""
    *_, inputs, outputs = filter.shape
    weights = (window @ filter.reshape(-1, inputs * outputs)).reshape(-1, 2, 2, inputs, outputs)
    return weights.transpose(0, 1, 3, 2, 4).reshape(-1, 2 * inputs, 2 * outputs)


def _each(table, count):
    return np.broadcast_to(table, (count, *table.shape))


def pays(batch: int, sizes: Sizes, filter: Sizes, margins: Margins) -> bool:
    """Whether `convolution` takes clearly less of a CPU's time than the sum, by the multiplications of either.

    A transform takes longer than its multiplications, its matrices being thin and what it makes being large: those of
    images count four times, and each number of the filter's spectra counts as many multiplications as fit the
    measurements in docs/performance.md.
    """
    *window, inputs, outputs = filter
    counts = _counts(sizes, window, margins)
    height, width = _tile(sizes, margins)
    bins = height // 2 + 1
    weights = bins * width * 4 * inputs * outputs
    summed = batch * math.prod(counts) * math.prod(filter)
    by_spectra = weights * (batch + (60 if weights < CACHED else 250))
    for channels, (high, wide) in ((inputs, sizes), (outputs, counts)):
        by_spectra += 4 * batch * channels * bins * (2 * high * wide + 4 * width * wide)
    return summed >= LEAST and by_spectra < 0.8 * summed


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
    rows, columns = (np.arange(k) - before for k, (before, _) in zip(window, margins))
    bins, frequencies = np.arange(height // 2 + 1), np.arange(width)

    down = _pairs(np.outer(bins, np.arange(sizes[0])) / height)
    across = _pairs(np.outer(frequencies, np.arange(sizes[1])) / width)
    along = _pairs(np.outer(np.arange(places[1]), -frequencies) / width)
    up = _pairs(np.outer(np.arange(places[0]), -bins) / height)
    turns = np.add.outer(np.outer(-bins, rows) / height, np.outer(-frequencies, columns) / width)
    of_window = _pairs(turns.transpose(0, 2, 1, 3).reshape(len(bins) * width, -1))
    conjugates_too = np.where((bins == 0) | (2 * bins == height), 1, 2) / (height * width)

    arrays = (
        down[:, :, 0].reshape(-1, sizes[0]),
        across.reshape(2 * width, -1),
        along.transpose(1, 0, 3, 2).reshape(-1, 2 * width),
        (up[:, 0] * conjugates_too).transpose(0, 2, 1).reshape(places[0], -1),
        of_window.transpose(0, 2, 1, 3).reshape(-1, math.prod(window)),
    )
    return Tables(*(np.ascontiguousarray(a, np.float32) for a in arrays))


def _pairs(turns):
    """exp(-2j pi turns) as real matrices of its product with a pair: [a, b] to [a, pair out, pair in, b]."""
    real, imag = np.cos(2 * np.pi * turns), -np.sin(2 * np.pi * turns)
    return np.stack([np.stack([real, -imag], 1), np.stack([imag, real], 1)], 1)
