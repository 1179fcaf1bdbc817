"""Boxes in images, with TensorFlow 1.x's rules: choosing among overlapping ones, outlines, random crops.

A box is (ymin, xmin, ymax, xmax). Choices and crops are made on
numpy arrays: they give as many boxes as they find, or decide the shape of a slice.

TensorFlow's core/kernels/non_max_suppression_op.cc, draw_bounding_box_op.cc, sample_distorted_bounding_box_op.cc.
"""

import heapq
from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

COLOURS = np.array(
    [
        [1, 1, 0, 1],
        [0, 0, 1, 1],
        [1, 0, 0, 1],
        [0, 1, 0, 1],
        [0.5, 0, 0.5, 1],
        [0.5, 0.5, 0, 1],
        [0.5, 0, 0, 1],
        [0, 0, 0.5, 1],
        [0, 1, 1, 1],
        [1, 0, 1, 1],
    ],
    np.float32,
)  # yellow, blue, red, lime, purple, olive, maroon, navy, aqua, fuchsia


def overlaps(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersection over union of a box with each of `others` [n, 4], whose corners may come in any order.

    A box without area overlaps nothing.
    """
    low, high = np.minimum(box[:2], box[2:]), np.maximum(box[:2], box[2:])
    lows, highs = np.minimum(others[:, :2], others[:, 2:]), np.maximum(others[:, :2], others[:, 2:])
    area, areas = np.prod(high - low), np.prod(highs - lows, 1)
    shared = np.prod(np.maximum(np.minimum(high, highs) - np.maximum(low, lows), 0), 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where((area <= 0) | (areas <= 0), 0, shared / (area + areas - shared))


def non_max_suppression(
    overlap: Callable[[int, np.ndarray], np.ndarray],
    scores: np.ndarray,
    most: int,
    iou_threshold=0.5,
    score_threshold=-np.inf,
) -> np.ndarray:
    """Indices of at most `most` boxes, best score first; none overlaps a better one by more than `iou_threshold`.

    `overlap(i, others)` gives the overlaps of box i with those at the indices `others`. Boxes whose score does not
    exceed `score_threshold` are left out.
    """
    chosen = np.zeros(0, np.int32)
    for i in np.argsort(-scores, kind="stable"):
        if len(chosen) >= most or not scores[i] > score_threshold:
            break
        if not np.any(overlap(i, chosen) > iou_threshold):
            chosen = np.append(chosen, np.int32(i))
    return chosen


def soft_non_max_suppression(
    overlap: Callable[[int, np.ndarray], np.ndarray],
    scores: np.ndarray,
    most: int,
    iou_threshold: float,
    score_threshold: float,
    sigma: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Indices and scores of chosen boxes, as `non_max_suppression`, where overlaps below the threshold matter too.

    With `sigma` above 0 each lowers a box's score, by exp(-overlap**2 / (2 sigma)). Bodla et al. 2017,
    arXiv:1704.04503.
    """
    queue = [(-score, i, 0) for i, score in enumerate(scores.tolist()) if score > score_threshold]
    heapq.heapify(queue)  # by score, then by index; with how many chosen boxes a candidate has been compared to
    chosen, chosen_scores = np.zeros(0, np.int32), []
    while queue and len(chosen) < most:
        negative, i, compared = heapq.heappop(queue)
        shared = overlap(i, chosen[compared:])
        if np.any(shared > iou_threshold):
            continue
        score = np.float32(-negative)
        for each in shared[::-1] if sigma > 0 else ():
            score *= np.exp(np.float32(-0.5 / sigma) * each * each)
        if score == np.float32(-negative):
            chosen, chosen_scores = np.append(chosen, np.int32(i)), [*chosen_scores, score]
        elif score > score_threshold:
            heapq.heappush(queue, (-float(score), i, len(chosen)))
    return chosen, np.array(chosen_scores, np.float32)


def drawn(
    images: Float[Array, "batch height width channels"],
    boxes: Float[Array, "batch boxes 4"],
    colours: Float[Array, "colours channels"],
) -> Float[Array, "batch height width channels"]:
    """The images with the outlines of the boxes, one pixel wide, each in the next colour.

    Boxes are fractions of height - 1 and width - 1; later ones cover earlier ones. What lies outside the image is not
    drawn, nor is a box whose corners are swapped.
    """
    _, height, width, channels = images.shape
    rows, columns = jnp.arange(height)[None, :, None], jnp.arange(width)[None, None, :]
    lengths = jnp.array([height - 1, width - 1] * 2, jnp.float32)
    pixels = (boxes.astype(jnp.float32) * lengths).astype(jnp.int32)

    def with_box(i, canvas):
        box = lax.dynamic_index_in_dim(pixels, i, 1, keepdims=False)
        top, left, bottom, right = (box[:, None, None, k] for k in range(4))
        inside = (rows >= top) & (rows <= bottom) & (columns >= left) & (columns <= right)
        edge = (rows == top) | (rows == bottom) | (columns == left) | (columns == right)
        colour = colours[i % colours.shape[0], :channels]
        return jnp.where((inside & edge)[..., None], colour.astype(canvas.dtype), canvas)

    return lax.fori_loop(0, boxes.shape[1], with_box, images)


def sampled_crop(
    words: Callable[[], int],
    height: int,
    width: int,
    boxes: np.ndarray,
    min_object_covered: float,
    aspect_ratio_range: tuple[float, float],
    area_range: tuple[float, float],
    max_attempts: int,
) -> tuple[int, int, int, int]:
    """A random crop (ymin, xmin, ymax, xmax in pixels) that covers enough of one of `boxes` [n, 4], given as fractions.

    `words()` gives the next 32 random bits. The whole image when no attempt fits.
    """
    f = np.float32
    objects = (boxes * np.array([height, width, height, width], np.float32)).astype(np.int32)
    low, high = f(aspect_ratio_range[0]), f(aspect_ratio_range[1])
    for _ in range(max_attempts):
        fraction = np.uint32(words() & 0x7FFFFF | 0x3F800000).view(np.float32) - f(1)
        crop = _attempt(words, height, width, f(area_range[0]), f(area_range[1]), fraction * (high - low) + low)
        if crop is not None and _covers(crop, objects, min_object_covered):
            return crop
    return 0, 0, height, width


def _attempt(words, full_height, full_width, min_part, max_part, ratio):
    """One crop of the given width to height, or None when the area cannot be had."""
    if max_part <= 0 or ratio <= 0 or full_width <= 0 or full_height <= 0 or min_part > max_part:
        return None
    min_area, max_area = (part * np.float32(full_width) * np.float32(full_height) for part in (min_part, max_part))
    height, most = (int(np.rint(np.sqrt(area / ratio))) for area in (min_area, max_area))
    if np.rint(np.float32(most) * ratio) > full_width:
        most = int((full_width + 0.5 - float(np.float32(0.0000001))) / float(ratio))
    most = min(most, full_height)
    height = min(height, most)
    if height < most:
        height += below(words, most - height + 1)
    width = int(np.rint(np.float32(height) * ratio))
    if width * height < min_area:
        height += 1
        width = int(np.rint(np.float32(height) * ratio))
    if width * height > max_area:
        height -= 1
        width = int(np.rint(np.float32(height) * ratio))
    if not min_area <= width * height <= max_area or not 0 < width <= full_width or not 0 < height <= full_height:
        return None
    y = below(words, full_height - height) if height < full_height else 0
    x = below(words, full_width - width) if width < full_width else 0
    return y, x, y + height, x + width


def below(words: Callable[[], int], n: int) -> int:
    """A uniform integer in [0, n) from 32-bit words: those that would favour small numbers are passed over."""
    if n & (n - 1) == 0:
        return words() & (n - 1)
    skewed = 0xFFFFFFFF % n + 1
    word = words()
    while word < skewed:
        word = words()
    return word % n


def _covers(crop, objects, least):
    """Whether the crop holds at least the part `least` of one of the objects that have a pixel."""
    if (crop[2] - crop[0]) * (crop[3] - crop[1]) < 1:
        return False
    for ymin, xmin, ymax, xmax in objects.tolist():
        area = (ymax - ymin) * (xmax - xmin)
        rows, columns = min(crop[2], ymax) - max(crop[0], ymin), min(crop[3], xmax) - max(crop[1], xmin)
        shared = rows * columns if rows >= 0 and columns >= 0 else 0
        if area >= 1 and np.float32(shared) / np.float32(area) >= np.float32(least):
            return True
    return False
