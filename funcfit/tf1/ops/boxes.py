"""Boxes in images as nodes: outlines, choices among overlapping ones, random crops (kernels/boxes.py)."""

import jax.numpy as jnp
import numpy as np

from funcfit.errors import InvalidArgumentError
from funcfit.kernels import boxes as kernels
from funcfit.kernels import philox
from funcfit.tf1 import shapes
from funcfit.tf1.graph.node import Tensor
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import api, op, raw


def _drawn(images, boxes, colours):
    return kernels.drawn(jnp.asarray(images), jnp.asarray(boxes), colours)


@op("images: T, boxes: float32 -> output: T", T="float32 float16", gradient=None, out=shapes.same)
def DrawBoundingBoxes(images, boxes):
    return _drawn(images, boxes, _colour_table(images))


@op("images: T, boxes: float32, colors: float32 -> output: T", T="float32 float16", gradient=None, out=shapes.same)
def DrawBoundingBoxesV2(images, boxes, colors):
    return _drawn(images, boxes, jnp.asarray(colors) if colors.size else _colour_table(images))


def _colour_table(images):
    """TF's colours, as many channels as the images have; white for grey images."""
    channels = images.shape[3]
    if channels not in (1, 3, 4):
        raise _refused("Channel depth should be either 1 (GRY), 3 (RGB), or 4 (RGBA)")
    return jnp.ones((10, 1), jnp.float32) if channels == 1 else jnp.asarray(kernels.COLOURS[:, :channels])


@api("image.draw_bounding_boxes")
def draw_bounding_boxes(images, boxes, name=None, colors=None):
    """`images` with the outlines of `boxes` [batch, boxes, 4], (ymin, xmin, ymax, xmax) as fractions."""
    if colors is None:
        return raw.DrawBoundingBoxes(images, boxes, name=name)
    return raw.DrawBoundingBoxesV2(images, boxes, colors, name=name)


def _overlap_of(boxes, scores, iou_threshold):
    """The function that gives the overlaps of a box with others, by their indices."""
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise _refused(f"boxes must be 2-D with 4 columns, not {list(boxes.shape)}")
    if scores.shape != boxes.shape[:1]:
        raise _refused("scores has incompatible shape")
    if not 0 <= iou_threshold <= 1:
        raise _refused("iou_threshold must be in [0, 1]")
    return lambda i, others: kernels.overlaps(boxes[i], boxes[others])


def _chosen(boxes, scores, most, iou_threshold, score_threshold=-np.inf):
    overlap = _overlap_of(boxes, scores, iou_threshold)
    return kernels.non_max_suppression(overlap, scores, int(most), iou_threshold, score_threshold)


_CHOICE = dict(host=True, gradient=None, out=shapes.vector)


@op("boxes: float32, scores: float32, max_output_size: int32 -> selected_indices: int32", **_CHOICE)
def NonMaxSuppression(boxes, scores, max_output_size, *, iou_threshold=0.5):
    return _chosen(boxes, scores, max_output_size, np.float32(iou_threshold))


@op(
    "boxes: float32, scores: float32, max_output_size: int32, iou_threshold: float32 -> selected_indices: int32",
    **_CHOICE,
)
def NonMaxSuppressionV2(boxes, scores, max_output_size, iou_threshold):
    return _chosen(boxes, scores, max_output_size, iou_threshold)


@op(
    "boxes: float32, scores: float32, max_output_size: int32, iou_threshold: float32, score_threshold: float32"
    " -> selected_indices: int32",
    **_CHOICE,
)
def NonMaxSuppressionV3(boxes, scores, max_output_size, iou_threshold, score_threshold):
    return _chosen(boxes, scores, max_output_size, iou_threshold, score_threshold)


@op(
    "boxes: float32, scores: float32, max_output_size: int32, iou_threshold: float32, score_threshold: float32"
    " -> selected_indices: int32, valid_outputs: int32",
    host=True,
    gradient=None,
    out=lambda node: [TensorShape((None,)), shapes.SCALAR],
)
def NonMaxSuppressionV4(
    boxes, scores, max_output_size, iou_threshold, score_threshold, *, pad_to_max_output_size=False
):
    chosen = _chosen(boxes, scores, max_output_size, iou_threshold, score_threshold)
    padding = max(int(max_output_size) - len(chosen), 0) if pad_to_max_output_size else 0
    return np.pad(chosen, (0, padding)), np.int32(len(chosen))


@op(
    "boxes: T, scores: T, max_output_size: int32, iou_threshold: T, score_threshold: T, soft_nms_sigma: T"
    " -> selected_indices: int32, selected_scores: T, valid_outputs: int32",
    T="float32 float16",
    host=True,
    gradient=None,
    out=lambda node: [TensorShape((None,)), TensorShape((None,)), shapes.SCALAR],
)
def NonMaxSuppressionV5(
    boxes, scores, max_output_size, iou_threshold, score_threshold, soft_nms_sigma, *, pad_to_max_output_size=False
):
    chosen, values = kernels.soft_non_max_suppression(
        _overlap_of(boxes, scores, iou_threshold),
        scores,
        int(max_output_size),
        float(iou_threshold),
        float(score_threshold),
        float(soft_nms_sigma),
    )
    padding = (0, max(int(max_output_size) - len(chosen), 0) if pad_to_max_output_size else 0)
    return np.pad(chosen, padding), np.pad(values, padding), np.int32(len(chosen))


@op(
    "overlaps: float32, scores: float32, max_output_size: int32, overlap_threshold: float32, score_threshold: float32"
    " -> selected_indices: int32",
    **_CHOICE,
)
def NonMaxSuppressionWithOverlaps(overlaps, scores, max_output_size, overlap_threshold, score_threshold):
    overlap = lambda i, others: overlaps[i, others]
    return kernels.non_max_suppression(overlap, scores, int(max_output_size), overlap_threshold, score_threshold)


@api("image.non_max_suppression")
def non_max_suppression(boxes, scores, max_output_size, iou_threshold=0.5, score_threshold=float("-inf"), name=None):
    """Indices of at most `max_output_size` boxes, best score first, none of which overlaps a better one too much."""
    no_least = isinstance(score_threshold, float) and score_threshold == float("-inf")
    if no_least and isinstance(iou_threshold, Tensor):
        return raw.NonMaxSuppressionV2(boxes, scores, max_output_size, iou_threshold, name=name)
    if no_least:
        return raw.NonMaxSuppression(boxes, scores, max_output_size, iou_threshold, name=name)
    return raw.NonMaxSuppressionV3(boxes, scores, max_output_size, iou_threshold, score_threshold, name=name)


@api("image.non_max_suppression_padded")
def non_max_suppression_padded(
    boxes,
    scores,
    max_output_size,
    iou_threshold=0.5,
    score_threshold=float("-inf"),
    pad_to_max_output_size=False,
    name=None,
):
    """`non_max_suppression` filled up with zeros to `max_output_size` if wanted, and how many indices count."""
    return raw.NonMaxSuppressionV4(
        boxes, scores, max_output_size, iou_threshold, score_threshold, pad_to_max_output_size, name=name
    )


@api("image.non_max_suppression_with_scores")
def non_max_suppression_with_scores(
    boxes,
    scores,
    max_output_size,
    iou_threshold=0.5,
    score_threshold=float("-inf"),
    soft_nms_sigma=0.0,
    name=None,
):
    """`non_max_suppression`, and the chosen boxes' scores; with `soft_nms_sigma`, overlaps lower scores instead."""
    chosen = raw.NonMaxSuppressionV5(
        boxes, scores, max_output_size, iou_threshold, score_threshold, soft_nms_sigma, name=name
    )
    return chosen.selected_indices, chosen.selected_scores


@api("image.non_max_suppression_overlaps")
def non_max_suppression_with_overlaps(
    overlaps, scores, max_output_size, overlap_threshold=0.5, score_threshold=float("-inf"), name=None
):
    """`non_max_suppression` by a matrix of overlaps instead of boxes."""
    return raw.NonMaxSuppressionWithOverlaps(
        overlaps, scores, max_output_size, overlap_threshold, score_threshold, name=name
    )


def _combined_shapes(node):
    batch = node.inputs[0].shape[:1]
    per_class, total = (shapes.constant_value(x) for x in node.inputs[2:4])
    classes = node.inputs[1].shape.with_rank(3).dims_or_none[2]
    count = None if total is None else int(total)
    if node.attrs["pad_per_class"]:
        known = None not in (per_class, total, classes)
        count = min(int(total), int(per_class) * classes) if known else None
    return [batch.concatenate(rest) for rest in ((count, 4), (count,), (count,), ())]


@op(
    "boxes: float32, scores: float32, max_output_size_per_class: int32, max_total_size: int32, iou_threshold: float32,"
    " score_threshold: float32"
    " -> nmsed_boxes: float32, nmsed_scores: float32, nmsed_classes: float32, valid_detections: int32",
    host=True,
    gradient=None,
    out=_combined_shapes,
)
def CombinedNonMaxSuppression(
    boxes,
    scores,
    max_output_size_per_class,
    max_total_size,
    iou_threshold,
    score_threshold,
    *,
    pad_per_class=False,
    clip_boxes=True,
):
    batch, _, classes = scores.shape
    per_class, total = int(max_output_size_per_class), int(max_total_size)
    count = min(total, per_class * classes) if pad_per_class else total
    out_boxes, out_scores = np.zeros((batch, count, 4), np.float32), np.zeros((batch, count), np.float32)
    out_classes, valid = np.zeros((batch, count), np.float32), np.zeros(batch, np.int32)
    for i in range(batch):
        found = []
        for k in range(classes):
            of_class = boxes[i, :, k if boxes.shape[2] > 1 else 0]
            chosen = _chosen(of_class, scores[i, :, k], per_class, iou_threshold, score_threshold)
            found += [(scores[i, j, k], k, of_class[j]) for j in chosen]
        found = sorted(found, key=lambda each: -each[0])[:count]
        valid[i] = len(found)
        for j, (score, k, box) in enumerate(found):
            out_boxes[i, j] = np.clip(box, 0, 1) if clip_boxes else box
            out_scores[i, j], out_classes[i, j] = score, k
    return out_boxes, out_scores, out_classes, valid


@api("image.combined_non_max_suppression")
def combined_non_max_suppression(
    boxes,
    scores,
    max_output_size_per_class,
    max_total_size,
    iou_threshold=0.5,
    score_threshold=float("-inf"),
    pad_per_class=False,
    clip_boxes=True,
    name=None,
):
    """Boxes [batch, n, 1 or classes, 4] chosen in each class by `scores` [batch, n, classes], then the best of all.

    Gives boxes, scores, classes, filled up with zeros, and how many count.
    """
    return raw.CombinedNonMaxSuppression(
        boxes,
        scores,
        max_output_size_per_class,
        max_total_size,
        iou_threshold,
        score_threshold,
        pad_per_class,
        clip_boxes,
        name=name,
    )


_SAMPLED = dict(
    T="uint8 int8 int16 int32 int64",
    host=True,
    keeps=lambda attrs, entropy: philox.new_stream(attrs["seed"], attrs["seed2"], entropy),
    gradient=None,
    out=lambda node: [TensorShape((3,)), TensorShape((3,)), TensorShape((1, 1, 4))],
)


@op("image_size: T, bounding_boxes: float32 -> begin: T, size: T, bboxes: float32", **_SAMPLED)
def SampleDistortedBoundingBox(
    cell,
    image_size,
    bounding_boxes,
    *,
    seed=0,
    seed2=0,
    min_object_covered=0.1,
    aspect_ratio_range=(0.75, 1.33),
    area_range=(0.05, 1.0),
    max_attempts=100,
    use_image_if_no_bounding_boxes=False,
):
    boxes = _objects(bounding_boxes, use_image_if_no_bounding_boxes)
    return _sampled(cell, image_size, boxes, min_object_covered, aspect_ratio_range, area_range, max_attempts)


def _objects(bounding_boxes, use_image):
    boxes = bounding_boxes.reshape(-1, 4)
    if not ((boxes >= 0) & (boxes <= 1)).all():
        raise _refused(f"All bounding box coordinates must be in [0.0, 1.0]: {boxes[(boxes < 0) | (boxes > 1)][0]}")
    if len(boxes):
        return boxes
    if not use_image:
        raise _refused(
            "No bounding boxes provided as input. One must enable use_image_if_no_bounding_boxes if you wish to not "
            "provide any bounding boxes."
        )
    return np.array([[0, 0, 1, 1]], np.float32)


def _sampled(cell, image_size, boxes, min_object_covered, aspect_ratio_range, area_range, max_attempts):
    height, width, _ = image_size.tolist()
    cell = np.asarray(cell)
    following = philox.word_by_word(cell)
    ratios, areas = tuple(aspect_ratio_range), tuple(area_range)
    top, left, bottom, right = kernels.sampled_crop(
        following.__next__, height, width, boxes, float(min_object_covered), ratios, areas, max_attempts
    )
    edges = np.array([[[top, left, bottom, right]]], np.float32)
    fractions = edges / np.array([height, width, height, width], np.float32)
    begin, size = np.array([top, left, 0]), np.array([bottom - top, right - left, -1])
    return (begin, size, fractions), philox.skip(cell, max_attempts)


@op(
    "image_size: T, bounding_boxes: float32, min_object_covered: float32 -> begin: T, size: T, bboxes: float32",
    **_SAMPLED,
)
def SampleDistortedBoundingBoxV2(
    cell,
    image_size,
    bounding_boxes,
    min_object_covered,
    *,
    seed=0,
    seed2=0,
    aspect_ratio_range=(0.75, 1.33),
    area_range=(0.05, 1.0),
    max_attempts=100,
    use_image_if_no_bounding_boxes=False,
):
    boxes = _objects(bounding_boxes, use_image_if_no_bounding_boxes)
    return _sampled(cell, image_size, boxes, min_object_covered, aspect_ratio_range, area_range, max_attempts)


@api("image.sample_distorted_bounding_box")
def sample_distorted_bounding_box(
    image_size,
    bounding_boxes,
    seed=None,
    seed2=None,
    min_object_covered=0.1,
    aspect_ratio_range=None,
    area_range=None,
    max_attempts=None,
    use_image_if_no_bounding_boxes=None,
    name=None,
):
    """(begin, size) for `tf.slice`, and the box as fractions: a random crop that covers enough of one of the boxes.

    With neither `seed` nor `seed2` each session draws its own; a graph seed does not count.
    """
    options = dict(
        seed=seed,
        seed2=seed2,
        aspect_ratio_range=aspect_ratio_range,
        area_range=area_range,
        max_attempts=max_attempts,
        use_image_if_no_bounding_boxes=use_image_if_no_bounding_boxes,
        name=name,
    )
    if isinstance(min_object_covered, Tensor):
        return raw.SampleDistortedBoundingBoxV2(image_size, bounding_boxes, min_object_covered, **options)
    return raw.SampleDistortedBoundingBox(image_size, bounding_boxes, min_object_covered=min_object_covered, **options)


def _refused(text):
    return InvalidArgumentError(None, None, text)
