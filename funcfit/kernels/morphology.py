"""Grey-scale dilation: the largest sum of a window's elements with a filter's, and its gradients.

Images are [batch, height, width, channels], filters [height, width, channels]; `strides` and `rates` have four numbers.
Of equal sums the first has the whole gradient, as in TensorFlow's kernels.
"""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from .module import AnyArray
from .windows import largest, scattered, views

Sizes = Sequence[int]
Images = Float[AnyArray, "batch height width channels"]
Filter = Float[AnyArray, "down across channels"]
Dilated = Float[AnyArray, "batch rows columns channels"]


def dilation(x: Images, filter: Filter, strides: Sizes, padding: str, rates: Sizes) -> Dilated:
    """The largest sum at each place."""
    sums, _ = _first_largest(x, filter, strides, padding, rates)
    return sums


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
    return largest(view + added for view, added in zip(covered, filter.reshape(-1, channels)))
