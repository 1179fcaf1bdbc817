"""Convolutions of one to three spatial axes, and their gradients, with TensorFlow's padding and filter layout.

Filters are [*window, in, out], of depthwise convolutions [*window, in, multiplier]. `strides` and `dilations` have one
number a spatial axis.
`padding` is "SAME", "VALID" or a list of (before, after). `channels_first`: images are [batch, channels, *spatial].

The gradients are transposes of the convolution, which is linear in either argument.
"""

import functools
import itertools
import math
import operator
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

from . import spectral
from .module import AnyArray
from .windows import all_margins, views

Padding = str | Sequence[tuple[int, int]]
Sizes = Sequence[int]
Images = Float[AnyArray, "batch *image"]
Filter = Float[AnyArray, "*window in out"]

PIECE = 1 << 20  # bytes of images and their gradients: a core's second cache
MOST_PIECES = 16


def convolution(
    x: Images,
    filter: Filter,
    strides: Sizes,
    padding: Padding,
    dilations: Sizes,
    channels_first: bool = False,
) -> Float[Array, "..."]:
    """[batch, *spatial, in] and [*window, in, out] to [batch, *spatial, out]."""
    how = (strides, padding, dilations, channels_first)
    summed = functools.partial(_summed, how=how)
    if not _has_spectra(x.shape, filter, *how):
        return summed(x, filter)
    margins = _margins(x.shape[1:-1], filter, strides, padding, dilations)
    by_spectra = functools.partial(spectral.convolution, margins=margins)
    return lax.platform_dependent(x, filter, cpu=by_spectra, default=summed)


def _summed(x, filter, how):
    """The convolution as XLA has it.

    Margins that a window does not bridge are padded before: XLA for CPUs makes negative ones of them for the gradient
    of x, and then reads what stands before the array (jaxlib 0.10.2).
    """
    strides, padding, dilations, channels_first = how
    spatial = "DHW"[5 - x.ndim :]
    images = "NC" + spatial if channels_first else "N" + spatial + "C"
    margins = _margins(x.shape[2:] if channels_first else x.shape[1:-1], filter, strides, padding, dilations)
    reach = [(k - 1) * d for k, d in zip(filter.shape, dilations)]
    if any(max(margin) > r for margin, r in zip(margins, reach)):
        beyond = [(max(before - r, 0), max(after - r, 0), 0) for (before, after), r in zip(margins, reach)]
        none = [(0, 0, 0)]
        x = lax.pad(x, jnp.zeros((), x.dtype), none * 2 + beyond if channels_first else none + beyond + none)
        margins = [(min(before, r), min(after, r)) for (before, after), r in zip(margins, reach)]
    return lax.conv_general_dilated(
        x,
        filter,
        window_strides=tuple(strides),
        padding=margins,
        rhs_dilation=tuple(dilations),
        dimension_numbers=(images, spatial + "IO", images),
    )


def _has_spectra(shape, filter, strides, padding, dilations, channels_first):
    """Whether a CPU should make a convolution, and its gradients, by way of spectra."""
    if len(shape) != 4 or filter.dtype != np.float32 or channels_first or max(*strides, *dilations) > 1:
        return False
    margins = _margins(shape[1:-1], filter, strides, padding, dilations)
    return spectral.pays(shape[0], shape[1:-1], filter.shape, margins)


def _margins(sizes, filter, strides, padding, dilations):
    if isinstance(padding, str):
        return all_margins(sizes, filter.shape[:-2], strides, padding, dilations)
    return [(before, after) for before, after in padding]


def convolution_input_gradient(
    shape: Sizes,
    filter: Filter,
    dy: Float[AnyArray, "..."],
    strides: Sizes,
    padding: Padding,
    dilations: Sizes,
    channels_first: bool = False,
) -> Float[Array, "..."]:
    """The gradient of `convolution`'s x, which has shape `shape`; also called a transposed convolution.

    On a CPU XLA spreads dy by zeros when there are strides, and then computes with loops of its own: for 5x5 filters of
    256 and 512 channels that takes 70 times as long as `_by_phases`.
    """
    how = (strides, padding, dilations, channels_first)

    def transposed(filter, dy):
        x = jax.ShapeDtypeStruct(tuple(shape), dy.dtype)
        return jax.linear_transpose(lambda x: _summed(x, filter, how), x)(dy)[0]

    margins = _margins(shape[2:] if channels_first else shape[1:-1], filter, strides, padding, dilations)
    if _has_spectra(shape, filter, *how):
        on_cpu = lambda filter, dy: spectral.input_gradient(shape, filter, dy, margins)
    elif math.prod(strides) == 1 or math.prod(dilations) > 1 or channels_first:
        return transposed(filter, dy)
    else:
        on_cpu = lambda filter, dy: _by_phases(shape, filter, dy, strides, margins)
    return lax.platform_dependent(filter, dy, cpu=on_cpu, default=transposed)


def _by_phases(shape, filter, dy, strides, margins):
    """The gradient of x in strides: a convolution for each phase, the pixels that one part of the filter reaches.

    Pixel i stands at t * stride + r in the padded image. It gets sum over m of dy[t - m] * filter[r + stride * m].
    """
    batch, *sizes, channels = shape
    counts = dy.shape[1:-1]
    steps = [-(-(n + before) // s) for n, s, (before, _) in zip(sizes, strides, margins)]
    ones = [1] * len(sizes)
    phases = []
    for start in itertools.product(*map(range, strides)):
        part = filter[tuple(slice(r, None, s) for r, s in zip(start, strides))]
        if not part.size:
            phases.append(jnp.zeros((batch, *steps, channels), dy.dtype))
            continue
        around = [(m - 1, step - count) for m, step, count in zip(part.shape, steps, counts)]
        turned = jnp.swapaxes(jnp.flip(part, range(len(sizes))), -1, -2)
        phases.append(convolution(dy, turned, ones, around, ones))
    grid = jnp.stack(phases).reshape(*strides, batch, *steps, channels)
    spatial = range(len(sizes))
    order = [len(sizes), *(axis for i in spatial for axis in (len(sizes) + 1 + i, i)), 2 * len(sizes) + 1]
    whole = grid.transpose(order).reshape(batch, *(n * s for n, s in zip(steps, strides)), channels)
    inside = tuple(slice(before, before + n) for n, (before, _) in zip(sizes, margins))
    return whole[(slice(None), *inside)]


def convolution_filter_gradient(
    x: Images,
    shape: Sizes,
    dy: Float[AnyArray, "..."],
    strides: Sizes,
    padding: Padding,
    dilations: Sizes,
    channels_first: bool = False,
) -> Float[Array, "..."]:
    """The gradient of `convolution`'s filter, which has shape `shape`.

    XLA makes it a convolution whose window is the image and whose channels are the batch. On a CPU that reads all of
    x and dy once for each part of the result, so the batch is cut into pieces that stay in a core's cache.
    """

    how = (strides, padding, dilations, channels_first)
    filter = jax.ShapeDtypeStruct(tuple(shape), dy.dtype)

    def transposed(x, dy):
        return jax.linear_transpose(lambda filter: _summed(x, filter, how), filter)(dy)[0]

    def by_pieces(x, dy):
        cuts = [len(x) * i // pieces for i in range(pieces + 1)]
        return functools.reduce(operator.add, (transposed(x[i:j], dy[i:j]) for i, j in itertools.pairwise(cuts)))

    pieces = min(len(x), MOST_PIECES, -(-(x.size + dy.size) * dy.dtype.itemsize // PIECE))
    if _has_spectra(x.shape, filter, *how):
        margins = _margins(x.shape[1:-1], filter, strides, padding, dilations)
        on_cpu = lambda x, dy: spectral.filter_gradient(x, shape, dy, margins)
    elif pieces < 2 or math.prod(strides) > 1:
        return transposed(x, dy)
    else:
        on_cpu = by_pieces
    return lax.platform_dependent(x, dy, cpu=on_cpu, default=transposed)


def depthwise_convolution(
    x: Images,
    filter: Filter,
    strides: Sizes,
    padding: str,
    dilations: Sizes,
    channels_first: bool = False,
) -> Float[Array, "..."]:
    """Each channel by its own filters: [batch, *spatial, in] to [batch, *spatial, in * multiplier].

    A sum of products, element by element of the window. On a CPU it and its gradient by x take a twentieth of the time
    of XLA's grouped convolutions, or less (scripts/bench_convolutions.py); on other devices it was not measured.
    """
    *window, channels, multiplier = filter.shape
    whole = lambda sizes: (1, 1, *sizes) if channels_first else (1, *sizes, 1)
    seen = views(x, whole(window), whole(strides), padding, 0, whole(dilations))
    spread = (1, channels, multiplier, *[1] * len(window)) if channels_first else (channels, multiplier)
    axis = 2 if channels_first else -1
    weights = filter.reshape(-1, *spread)
    total = functools.reduce(operator.add, (jnp.expand_dims(view, axis) * w for view, w in zip(seen, weights)))
    if channels_first:
        return total.reshape(x.shape[0], channels * multiplier, *total.shape[3:])
    return total.reshape(*total.shape[:-2], channels * multiplier)


def depthwise_input_gradient(shape: Sizes, filter: Filter, dy: Float[AnyArray, "..."], *how) -> Float[Array, "..."]:
    """The gradient of `depthwise_convolution`'s x, which has shape `shape`."""
    x = jax.ShapeDtypeStruct(tuple(shape), dy.dtype)
    (dx,) = jax.linear_transpose(lambda x: depthwise_convolution(x, filter, *how), x)(dy)
    return dx


def depthwise_filter_gradient(x: Images, shape: Sizes, dy: Float[AnyArray, "..."], *how) -> Float[Array, "..."]:
    """The gradient of `depthwise_convolution`'s filter, which has shape `shape`."""
    filter = jax.ShapeDtypeStruct(tuple(shape), dy.dtype)
    (dfilter,) = jax.linear_transpose(lambda filter: depthwise_convolution(x, filter, *how), filter)(dy)
    return dfilter
