"""Sampling of images as TensorFlow 1.x does it: resizing, crops from boxes, glimpses.

Images are [batch, height, width, channels]. Pixel i stands at position i, not i + 1/2: the i-th of `count` outputs
lies at i * scale, where scale is size / count, or (size - 1) / (count - 1) under `align_corners`; without it the last
source pixels weigh less than the first. Positions are float32, and so is what a resize gives, whatever the images'
dtype (nearest neighbours keep theirs). With `half_pixel_centers`, a choice of the latest 1.x releases, output i lies
at (i + 1/2) * scale - 1/2.

TensorFlow's core/kernels/image_resizer_state.h, resize_*_op.cc, crop_and_resize_op.cc, eigen_attention.h.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Num

Images = Num[Array, "batch height width channels"]
FloatImages = Float[Array, "batch height width channels"]
Resized = Num[Array, "batch rows columns channels"]
FloatResized = Float[Array, "batch rows columns channels"]
Size = tuple[int, int]

_TABLE = 1 << 10  # TF looks the weights of a cubic up at multiples of 1 / 1024


def resize_nearest(images: Images, size: Size, align_corners=False, half_pixel_centers=False) -> Resized:
    """The source pixel at or before each output's position; the nearest one under `align_corners`.

    TF 1.1 took the pixel before under `align_corners` too; the releases from 1.5 on round.
    """
    rows, columns = nearest_indices(images.shape, size, align_corners, half_pixel_centers)
    return images[:, rows[:, None], columns]


def resize_nearest_gradient(dy: Images, size: Size, align_corners=False, half_pixel_centers=False) -> Resized:
    """The gradient for images of height and width `size`, in the dtype of `dy`."""
    shape = (dy.shape[0], *size, dy.shape[3])
    rows, columns = nearest_indices(shape, dy.shape[1:3], align_corners, half_pixel_centers)
    return jnp.zeros(shape, dy.dtype).at[:, rows[:, None], columns].add(dy)


def nearest_indices(shape, size, align_corners, half_pixel_centers):
    """The source row of each output row, and the source column of each output column."""
    found = []
    for length, count in zip(shape[1:3], size):
        scale = _scale(length, count, align_corners)
        at = (np.arange(count, dtype=np.float32) + np.float32(0.5 if half_pixel_centers else 0)) * scale
        nearest = _rounded(at) if align_corners else np.floor(at)
        found.append(np.clip(nearest.astype(np.int64), 0, length - 1))
    return found


def resize_bilinear(images: Images, size: Size, align_corners=False, half_pixel_centers=False) -> FloatResized:
    """Linear interpolation between the four pixels around each output's position."""
    out = images.astype(jnp.float32)
    if tuple(size) == images.shape[1:3]:
        return out
    for axis, count in ((2, size[1]), (1, size[0])):
        length = images.shape[axis]
        at = _positions(length, count, align_corners, half_pixel_centers)
        floor = np.floor(at)
        low = np.maximum(floor.astype(np.int64), 0)
        high = np.minimum(np.ceil(at).astype(np.int64), length - 1)
        fraction = (at - floor).reshape(_along(axis))
        start = jnp.take(out, low, axis)
        out = start + (jnp.take(out, high, axis) - start) * fraction
    return out


def resize_bicubic(images: Images, size: Size, align_corners=False, half_pixel_centers=False) -> FloatResized:
    """Cubic convolution over 4 x 4 pixels.

    Pixels beyond an edge repeat it; with half-pixel centres they weigh nothing.
    """
    out = images.astype(jnp.float32)
    for axis, count in ((1, size[0]), (2, size[1])):
        at = _positions(images.shape[axis], count, align_corners, half_pixel_centers)
        out = _weighted(out, axis, *_cubic(at, images.shape[axis], keys=half_pixel_centers))
    return out


def _cubic(at, length, keys):
    """Indices and weights [count, 4] of the pixels around each position.

    `keys` is Keys' cubic with a = -1/2, with weights that sum to 1 over the pixels that exist; otherwise a = -3/4.
    """
    first = np.floor(at).astype(np.int64)
    step = np.rint((at - first).astype(np.float32) * np.float32(_TABLE)).astype(np.int64)
    near, far = _cubic_tables(-0.5 if keys else -0.75)
    weights = np.stack([far[step], near[step], near[_TABLE - step], far[_TABLE - step]], 1)
    wanted = first[:, None] + np.arange(-1, 3)
    indices = np.clip(wanted, 0, length - 1)
    if keys:
        weights = np.where(indices == wanted, weights, np.float32(0))
        weights = weights * (np.float32(1) / weights.sum(1, keepdims=True, dtype=np.float32))
    return indices, weights


def _cubic_tables(a):
    """The cubic's values at k / 1024 and at 1 + k / 1024."""
    x = np.arange(_TABLE + 1) / _TABLE
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    x = x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return near.astype(np.float32), far.astype(np.float32)


def resize_area(images: Images, size: Size, align_corners=False) -> FloatResized:
    """The mean over each output's footprint, pixels that lie partly in it counted for that part.

    A single pixel stretched under `align_corners` has a footprint of no area, and the mean is NaN, as in TF.
    """
    out = images.astype(jnp.float32)
    scales = []
    for axis, count in ((2, size[1]), (1, size[0])):
        scale = _scale(images.shape[axis], count, align_corners)
        scales.append(scale)
        out = _weighted(out, axis, *_footprints(images.shape[axis], count, scale))
    with np.errstate(divide="ignore"):
        return out * (np.float32(1) / (scales[0] * scales[1]))


def _footprints(length, count, scale):
    """Indices and weights [count, widest] of the pixels that each output covers, filled up with weight 0."""
    start = np.arange(count, dtype=np.float32) * scale
    end = np.arange(1, count + 1, dtype=np.float32) * scale
    first, last = np.floor(start).astype(np.int64), np.ceil(end).astype(np.int64) - 1
    pixels = first[:, None] + np.arange(max((last - first).max() + 1, 1))
    low, high = pixels.astype(np.float32), (pixels + 1).astype(np.float32)
    start, end = start[:, None], end[:, None]
    from_start = np.where(high > end, scale, high - start)  # of a pixel that begins before the footprint
    to_end = np.where(high > end, end - low, np.float32(1))
    weights = np.where(pixels <= last[:, None], np.where(low < start, from_start, to_end), np.float32(0))
    return np.clip(np.minimum(pixels, last[:, None]), 0, length - 1), weights


def resize_gradient(resize: Callable, dy: FloatResized, size: Size, dtype, **options) -> Images:
    """The gradient of a linear `resize(images, ...)` for images of height and width `size` and of `dtype`."""
    source = jax.ShapeDtypeStruct((dy.shape[0], *size, dy.shape[3]), jnp.float32)
    back = jax.linear_transpose(lambda images: resize(images, dy.shape[1:3], **options), source)
    return back(dy.astype(jnp.float32))[0].astype(dtype)


def crop_and_resize(
    images: Images,
    boxes: Float[Array, "boxes 4"],
    box_index: Int[Array, "boxes"],
    size: Size,
    method: str = "bilinear",
    extrapolation_value: float = 0.0,
) -> Float[Array, "boxes out_height out_width channels"]:
    """Box i (y1, x1, y2, x2, as fractions of height - 1 and width - 1) of image `box_index[i]`, resized to `size`.

    Corners are aligned; y1 > y2 turns a crop upside down. Positions outside the image give `extrapolation_value`.
    An index out of range is clamped.
    """
    y1, x1, y2, x2 = (boxes[:, i].astype(jnp.float32) for i in range(4))
    y, y_inside = _across(y1, y2, images.shape[1], size[0])
    x, x_inside = _across(x1, x2, images.shape[2], size[1])
    image = box_index[:, None, None]

    def pixels(row, column):
        return images[image, row.astype(jnp.int32)[:, :, None], column.astype(jnp.int32)[:, None, :]].astype(
            jnp.float32
        )

    if method == "nearest":
        crops = pixels(_rounded(y), _rounded(x))
    else:
        top, bottom, left, right = jnp.floor(y), jnp.ceil(y), jnp.floor(x), jnp.ceil(x)
        x_part, y_part = (x - left)[:, None, :, None], (y - top)[:, :, None, None]
        top_left, bottom_left = pixels(top, left), pixels(bottom, left)
        upper = top_left + (pixels(top, right) - top_left) * x_part
        lower = bottom_left + (pixels(bottom, right) - bottom_left) * x_part
        crops = upper + (lower - upper) * y_part
    inside = y_inside[:, :, None, None] & x_inside[:, None, :, None]
    return jnp.where(inside, crops, jnp.float32(extrapolation_value))


def _across(start, end, length, count):
    """The `count` positions of each box along one axis [boxes, count], those outside as 0, and which are inside."""
    if count > 1:
        scale = (end - start) * (length - 1) / (count - 1)
        at = (start * (length - 1))[:, None] + jnp.arange(count, dtype=jnp.float32) * scale[:, None]
    else:
        at = (0.5 * (start + end) * (length - 1))[:, None]
    inside = (at >= 0) & (at <= length - 1)
    return jnp.where(inside, at, 0.0), inside


def glimpse_windows(
    images: FloatImages,
    size: Size,
    offsets: Float[Array, "batch 2"],
    noise: FloatResized,
    centered=True,
    normalized=True,
) -> FloatResized:
    """The window of `size` around `offsets[i]` (y, x) in image i; what lies outside the image comes from `noise`.

    `normalized` offsets are fractions of the image's size; `centered` ones count from its centre, the edges being
    -1 and 1.
    """
    indices, inside = [], []
    for axis in (0, 1):
        length, count = images.shape[axis + 1], size[axis]
        at = offsets[:, axis].astype(jnp.float32)
        at = at * length if normalized else at
        at = at / 2 + length / 2 if centered else at
        first = jnp.trunc(at - count / 2).astype(jnp.int32)
        index = first[:, None] + jnp.arange(count, dtype=jnp.int32)
        inside.append((index >= 0) & (index < length))
        indices.append(jnp.clip(index, 0, length - 1))
    image = jnp.arange(images.shape[0])[:, None, None]
    windows = images[image, indices[0][:, :, None], indices[1][:, None, :]]
    return jnp.where((inside[0][:, :, None] & inside[1][:, None, :])[..., None], windows, noise)


def _weighted(images, axis, indices, weights):
    """Sums along one axis: output i is the sum over k of weights[i, k] times the pixels at indices[i, k]."""
    shape = [1] * (images.ndim + 1)
    shape[axis : axis + 2] = weights.shape
    return jnp.sum(jnp.take(images, indices, axis) * weights.reshape(shape), axis + 1)


def _scale(length, count, align_corners):
    if align_corners and count > 1:
        return np.float32(length - 1) / np.float32(count - 1)
    return np.float32(length) / np.float32(count)


def _positions(length, count, align_corners, half_pixel_centers):
    scale = _scale(length, count, align_corners)
    at = np.arange(count, dtype=np.float32)
    return (at + np.float32(0.5)) * scale - np.float32(0.5) if half_pixel_centers else at * scale


def _along(axis):
    shape = [1, 1, 1, 1]
    shape[axis] = -1
    return shape


def _rounded(x):
    """To the nearest integer, halves upwards: C's roundf for what is not negative."""
    xp = np if isinstance(x, np.ndarray) else jnp
    floor = xp.floor(x)
    return floor + (x - floor >= 0.5)
