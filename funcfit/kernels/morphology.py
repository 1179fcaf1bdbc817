"""Grey-scale dilation: the largest sum of a window's elements with a filter's, and its gradients.

Images are [batch, height, width, channels], filters [height, width, channels]; `strides` and `rates` have four numbers.
Of equal sums the first has the whole gradient, as in TensorFlow's kernels.
"""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Float

from .windows import scattered, views

Sizes = Sequence[int]
Images = Float[ArrayLike, "batch height width channels"]
Filter = Float[ArrayLike, "down across channels"]
Dilated = Float[ArrayLike, "batch rows columns channels"]


def dilation(x: Images, filter: Filter, strides: Sizes, padding: str, rates: Sizes) -> Dilated:
    """The largest sum at each place."""
    largest, _ = _first_largest(x, filter, strides, padding, rates)
    return largest


def dilation_gradients(
    x: Images, filter: Filter, dy: Dilated, strides: Sizes, padding: str, rates: Sizes
) -> tuple[Images, Filter]:
    """The gradients of `dilation`'s x and filter."""
    _, first = _first_largest(x, filter, strides, padding, rates)
    height, width, _ = filter.shape
    shares = [jnp.where(first == i, dy, 0) for i in range(height * width)]
    dx = scattered(shares, x.shape, (1, height, width, 1), strides, padding, rates)
    dfilter = jnp.stack([jnp.sum(share, (0, 1, 2)) for share in shares])
    return dx, dfilter.reshape(filter.shape)


def _first_largest(x, filter, strides, padding, rates):
    """(the largest sums, which element of the filter is in the first of each)."""
    height, width, channels = filter.shape
    covered = views(x, (1, height, width, 1), strides, padding, -np.inf, rates)
    largest = first = None
    for i, (view, added) in enumerate(zip(covered, filter.reshape(-1, channels))):
        if largest is None:
            largest, first = view + added, jnp.zeros(view.shape, jnp.int32)
        else:
            first = jnp.where(view + added > largest, i, first)
            largest = jnp.maximum(view + added, largest)
    return largest, first
