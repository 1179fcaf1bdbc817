"""Convolutions of one to three spatial axes, and their gradients, with TensorFlow's padding and filter layout.

Filters are [*window, in, out], of depthwise convolutions [*window, in, multiplier]. `strides` and `dilations` have one
number a spatial axis.
`padding` is "SAME", "VALID" or a list of (before, after). `channels_first`: images are [batch, channels, *spatial].

The gradients are transposes of the convolution, which is linear in either argument.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from .module import AnyArray
from .windows import all_margins

Padding = str | Sequence[tuple[int, int]]
Sizes = Sequence[int]
Images = Float[AnyArray, "batch *image"]
Filter = Float[AnyArray, "*window in out"]


def convolution(
    x: Images,
    filter: Filter,
    strides: Sizes,
    padding: Padding,
    dilations: Sizes,
    channels_first: bool = False,
    groups: int = 1,
) -> Float[Array, "..."]:
    """[batch, *spatial, in] and [*window, in / groups, out] to [batch, *spatial, out]."""
    spatial = "DHW"[5 - x.ndim :]
    images = "NC" + spatial if channels_first else "N" + spatial + "C"
    if isinstance(padding, str):
        sizes = x.shape[2:] if channels_first else x.shape[1:-1]
        padding = all_margins(sizes, filter.shape[:-2], strides, padding, dilations)
    return lax.conv_general_dilated(
        x,
        filter,
        window_strides=tuple(strides),
        padding=tuple(padding),
        rhs_dilation=tuple(dilations),
        dimension_numbers=(images, spatial + "IO", images),
        feature_group_count=groups,
    )


def convolution_input_gradient(
    shape: Sizes, filter: Filter, dy: Float[AnyArray, "..."], *how, **options
) -> Float[Array, "..."]:
    """The gradient of `convolution`'s x, which has shape `shape`; also called a transposed convolution."""
    x = jax.ShapeDtypeStruct(tuple(shape), dy.dtype)
    (dx,) = jax.linear_transpose(lambda x: convolution(x, filter, *how, **options), x)(dy)
    return dx


def convolution_filter_gradient(
    x: Images, shape: Sizes, dy: Float[AnyArray, "..."], *how, **options
) -> Float[Array, "..."]:
    """The gradient of `convolution`'s filter, which has shape `shape`."""
    filter = jax.ShapeDtypeStruct(tuple(shape), dy.dtype)
    (dfilter,) = jax.linear_transpose(lambda filter: convolution(x, filter, *how, **options), filter)(dy)
    return dfilter


def depthwise_convolution(
    x: Images,
    filter: Filter,
    strides: Sizes,
    padding: Padding,
    dilations: Sizes,
    channels_first: bool = False,
) -> Float[Array, "..."]:
    """Each channel by its own filters: [batch, *spatial, in] to [batch, *spatial, in * multiplier]."""
    *window, channels, multiplier = filter.shape
    filter = jnp.reshape(filter, (*window, 1, channels * multiplier))
    return convolution(x, filter, strides, padding, dilations, channels_first, groups=channels)


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
