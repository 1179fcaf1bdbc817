"""Images as nodes: resizes, crops from boxes, glimpses, colours, boxes (kernels/image.py, colour.py, boxes.py)."""

import jax
import jax.numpy as jnp
import numpy as np

from funcfit.errors import InvalidArgumentError, OutOfRangeError
from funcfit.kernels import boxes as box_kernels
from funcfit.kernels import colour, image, philox, samplers
from funcfit.tf1 import shapes
from funcfit.tf1.graph.node import Tensor
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import FLOATS, Check, api, op, raw, tf

PIXELS = "uint8 int8 uint16 int16 int32 int64 float16 float32 float64"


def _refused(text):
    return InvalidArgumentError(None, None, text)


# -- resizing -------------------------------------------------------------------------------------------------------


def _resized(node):
    batch, _, _, channels = shapes.with_rank(node, 0, 4)
    size = node.inputs[1]
    if size.shape.ndims not in (None, 1) or size.shape.dims_or_none not in (None, (None,), (2,)):
        raise ValueError(f"'size' must be a 1-D Tensor of 2 elements: new_height, new_width, not of shape {size.shape}")
    known = shapes.constant_value_as_shape(size).with_rank(2).dims_or_none
    return TensorShape((batch, *known, channels))


def _size(size):
    height, width = size.tolist()
    if height <= 0 or width <= 0:
        raise _refused("output dimensions must be positive")
    return height, width


def _like_original(node):
    return node.inputs[1].shape


_RESIZE = dict(T=PIXELS, fixed=("size",), out=_resized, later=("half_pixel_centers",))


def _half_pixels(node):
    """The attr that 1.15 added, where the node has it."""
    return {key: node.attrs[key] for key in ("half_pixel_centers",) if key in node.attrs}


@op("images: T, size: int32 -> resized_images: float32", **_RESIZE)
def ResizeBilinear(images, size, *, align_corners=False, half_pixel_centers=False):
    return image.resize_bilinear(jnp.asarray(images), _size(size), align_corners, half_pixel_centers)


@op("grads: float32, original_image: T -> output: T", T=FLOATS, out=_like_original, later=("half_pixel_centers",))
def ResizeBilinearGrad(grads, original_image, *, align_corners=False, half_pixel_centers=False):
    return _resize_gradient(image.resize_bilinear, grads, original_image, align_corners, half_pixel_centers)


def _resize_gradient(resize, grads, original, align_corners, half_pixel_centers):
    options = dict(align_corners=align_corners, half_pixel_centers=half_pixel_centers)
    return image.resize_gradient(resize, jnp.asarray(grads), original.shape[1:3], original.dtype, **options)


@ResizeBilinear.gradient
def _(node, dy):
    images = node.inputs[0]
    if images.dtype.base_dtype.name not in ("float32", "float64"):
        return [None, None]
    return [raw.ResizeBilinearGrad(dy, images, node.attrs["align_corners"], **_half_pixels(node)), None]


@ResizeBilinearGrad.gradient
def _(node, dy):  # the resize is linear: its gradient's gradient is the resize
    size = tf.shape(node.inputs[0])[1:3]
    return [raw.ResizeBilinear(dy, size, node.attrs["align_corners"], **_half_pixels(node)), None]


@op("images: T, size: int32 -> resized_images: float32", **_RESIZE)
def ResizeBicubic(images, size, *, align_corners=False, half_pixel_centers=False):
    return image.resize_bicubic(jnp.asarray(images), _size(size), align_corners, half_pixel_centers)


@op(
    "grads: float32, original_image: T -> output: T",
    T="float32 float64",
    out=_like_original,
    later=("half_pixel_centers",),
)
def ResizeBicubicGrad(grads, original_image, *, align_corners=False, half_pixel_centers=False):
    return _resize_gradient(image.resize_bicubic, grads, original_image, align_corners, half_pixel_centers)


@ResizeBicubic.gradient
def _(node, dy):
    images = node.inputs[0]
    if images.dtype.base_dtype.name not in ("float32", "float64"):
        return [None, None]
    return [raw.ResizeBicubicGrad(dy, images, node.attrs["align_corners"], **_half_pixels(node)), None]


@op(
    "images: T, size: int32 -> resized_images: float32",
    T=PIXELS,
    fixed=("size",),
    out=_resized,
    gradient="unregistered",
)
def ResizeArea(images, size, *, align_corners=False):
    return image.resize_area(jnp.asarray(images), _size(size), align_corners)


@op("images: T, size: int32 -> resized_images: T", **_RESIZE)
def ResizeNearestNeighbor(images, size, *, align_corners=False, half_pixel_centers=False):
    return image.resize_nearest(jnp.asarray(images), _size(size), align_corners, half_pixel_centers)


@op("grads: T, size: int32 -> output: T", **_RESIZE)
def ResizeNearestNeighborGrad(grads, size, *, align_corners=False, half_pixel_centers=False):
    return image.resize_nearest_gradient(jnp.asarray(grads), _size(size), align_corners, half_pixel_centers)


@ResizeNearestNeighbor.gradient
def _(node, dy):
    images = node.inputs[0]
    known = images.shape.ndims is not None and images.shape[1:3].is_fully_defined()
    size = images.shape[1:3] if known else tf.shape(images)[1:3]
    return [raw.ResizeNearestNeighborGrad(dy, size, node.attrs["align_corners"], **_half_pixels(node)), None]


@ResizeNearestNeighborGrad.gradient
def _(node, dy):
    size = tf.shape(node.inputs[0])[1:3]
    return [raw.ResizeNearestNeighbor(dy, size, node.attrs["align_corners"], **_half_pixels(node)), None]


@api("image.resize_bilinear")
def resize_bilinear(images, size, align_corners=False, name=None, half_pixel_centers=False):
    """`images` [batch, height, width, channels] at `size` (height, width) by linear interpolation, as float32."""
    return raw.ResizeBilinear(images, size, align_corners, half_pixel_centers, name=name)


@api("image.resize_bicubic")
def resize_bicubic(images, size, align_corners=False, name=None, half_pixel_centers=False):
    """`images` [batch, height, width, channels] at `size` (height, width) by cubic convolution, as float32."""
    return raw.ResizeBicubic(images, size, align_corners, half_pixel_centers, name=name)


@api("image.resize_nearest_neighbor")
def resize_nearest_neighbor(images, size, align_corners=False, name=None, half_pixel_centers=False):
    """`images` [batch, height, width, channels] at `size` (height, width), each pixel one of the images' pixels."""
    return raw.ResizeNearestNeighbor(images, size, align_corners, half_pixel_centers, name=name)


api("image.resize_area")(ResizeArea)


# -- crops and glimpses ---------------------------------------------------------------------------------------------


def _cropped(node):
    channels = shapes.with_rank(node, 0, 4)[3]
    boxes, index = node.inputs[1].shape.with_rank(2), node.inputs[2].shape.with_rank(1)
    count = index.merge_with(boxes[:1])
    boxes.merge_with((None, 4))
    size = shapes.constant_value_as_shape(node.inputs[3]).with_rank(2)
    return count.concatenate(size).concatenate(channels)


def _in_batch(box_ind, batch):
    ok = (box_ind >= 0) & (box_ind < batch)
    return [Check(ok, OutOfRangeError, lambda: "box_index has values outside [0, batch_size)")]


def _crop_size(size):
    if min(size) <= 0:
        raise _refused("crop dimensions must be positive")
    return tuple(size)


@op(
    "image: T, boxes: float32, box_ind: int32, crop_size: int32 -> crops: float32",
    T=PIXELS,
    fixed=("crop_size",),
    checks=lambda image, boxes, box_ind, crop_size, **_: _in_batch(box_ind, image.shape[0]),
    out=_cropped,
)
def CropAndResize(image, boxes, box_ind, crop_size, *, method="bilinear", extrapolation_value=0.0):
    size = _crop_size(crop_size.tolist())
    return _crops(jnp.asarray(image), jnp.asarray(boxes), jnp.asarray(box_ind), size, method, extrapolation_value)


_crops = image.crop_and_resize


@op(
    "grads: float32, boxes: float32, box_ind: int32, image_size: int32 -> output: T",
    T=FLOATS,
    fixed=("image_size",),
    checks=lambda grads, boxes, box_ind, image_size, **_: _in_batch(box_ind, image_size[0]),
    out=shapes.from_input(3),
)
def CropAndResizeGradImage(grads, boxes, box_ind, image_size, *, T, method="bilinear"):
    def crops(images):
        return _crops(images, jnp.asarray(boxes), jnp.asarray(box_ind), grads.shape[1:3], method)

    images = jax.ShapeDtypeStruct(tuple(image_size.tolist()), jnp.float32)
    return jax.linear_transpose(crops, images)(jnp.asarray(grads))[0].astype(T.as_numpy_dtype)


@op(
    "grads: float32, image: T, boxes: float32, box_ind: int32 -> output: float32",
    T=PIXELS,
    checks=lambda grads, image, boxes, box_ind, **_: _in_batch(box_ind, image.shape[0]),
    out=lambda node: node.inputs[2].shape,
)
def CropAndResizeGradBoxes(grads, image, boxes, box_ind, *, method="bilinear"):
    def crops(boxes):  # TF takes the slope between pixels whatever the method was
        return _crops(jnp.asarray(image), boxes, jnp.asarray(box_ind), grads.shape[1:3], method)

    return jax.vjp(crops, jnp.asarray(boxes))[1](jnp.asarray(grads))[0]


@CropAndResize.gradient
def _(node, dy):
    images, boxes, box_ind, _ = node.inputs
    method = node.attrs["method"]
    size = images.shape.as_list() if images.shape.is_fully_defined() else tf.shape(images)
    to_images = None
    if images.dtype.is_floating:
        to_images = raw.CropAndResizeGradImage(dy, boxes, box_ind, size, T=images.dtype.base_dtype, method=method)
    return [to_images, raw.CropAndResizeGradBoxes(dy, images, boxes, box_ind), None, None]


@api("image.crop_and_resize")
def crop_and_resize(
    image,
    boxes,
    box_ind=None,
    crop_size=None,
    method="bilinear",
    extrapolation_value=0,
    name=None,
    box_indices=None,
):
    """Crops [boxes, height, width, channels] of the images that `box_ind` (later `box_indices`) names, at `crop_size`.

    A box is (y1, x1, y2, x2) as fractions of the image; outside it `extrapolation_value` is taken.
    """
    box_ind = box_indices if box_ind is None else box_ind
    return raw.CropAndResize(image, boxes, box_ind, crop_size, method, extrapolation_value, name=name)


def _glimpse_shape(node):
    batch, _, _, channels = shapes.with_rank(node, 0, 4)
    size = shapes.constant_value_as_shape(node.inputs[1]).with_rank(2)
    return node.inputs[2].shape.with_rank(2)[:1].merge_with([batch]).concatenate(size).concatenate(channels)


@api("image.extract_glimpse")
@op(
    "input: float32, size: int32, offsets: float32 -> glimpse: float32",
    fixed=("size",),
    keeps=lambda attrs, entropy: philox.new_stream(0, 0, entropy),
    gradient=None,
    out=_glimpse_shape,
)
def ExtractGlimpse(cell, input, size, offsets, *, centered=True, normalized=True, uniform_noise=True):
    images, size = jnp.asarray(input), tuple(size.tolist())
    shape = (images.shape[0], *size, images.shape[3])
    if 0 in shape:
        return jnp.zeros(shape, jnp.float32), cell
    if uniform_noise:
        low, high = images.min((1, 2, 3), keepdims=True), images.max((1, 2, 3), keepdims=True)
        drawn, cell = samplers.uniform(cell, shape)
        noise = low + drawn * (high - low)
    else:
        low, high = images.min((1, 2), keepdims=True), images.max((1, 2), keepdims=True)
        drawn, cell = samplers.standard_normal(cell, shape)
        noise = jnp.clip(images.mean((1, 2), keepdims=True) + drawn * images.std((1, 2), keepdims=True), low, high)
    return image.glimpse_windows(images, size, jnp.asarray(offsets), noise, centered, normalized), cell


# -- colours --------------------------------------------------------------------------------------------------------


def _three_channels(node):
    shape = node.inputs[0].shape
    if shape.ndims == 0:
        raise ValueError(f"Shape must be at least rank 1 but is rank 0 for '{node.name}' (op: '{node.type}')")
    if shape.ndims is not None and shape.dims_or_none[-1] not in (None, 3):
        found = shape.dims_or_none[-1]
        raise ValueError(f"Dimension must be 3 but is {found} for '{node.name}' (op: '{node.type}')")
    return shape if shape.ndims is None else shape[:-1].concatenate(3)


def _check_colours(images):
    if images.ndim < 3:
        raise _refused(f"input must be at least 3-D, got shape{list(images.shape)}")
    if images.shape[-1] != 3:
        raise _refused(f"input must have 3 channels but instead has {images.shape[-1]} channels.")
    return jnp.asarray(images)


@api("image.rgb_to_hsv")
@op("images: T -> output: T", T="float32 float64", out=_three_channels)
def RGBToHSV(images):
    return colour.rgb_to_hsv(jnp.asarray(images))


@api("image.hsv_to_rgb")
@op("images: T -> output: T", T="float32 float64", gradient=None, out=_three_channels)
def HSVToRGB(images):
    return colour.hsv_to_rgb(jnp.asarray(images))


@op("images: float32, delta: float32 -> output: float32", gradient="unregistered", out=shapes.same)
def AdjustHue(images, delta):
    return colour.turned_hue(_check_colours(images), delta)


@op("images: float32, scale: float32 -> output: float32", gradient="unregistered", out=shapes.same)
def AdjustSaturation(images, scale):
    return colour.scaled_saturation(_check_colours(images), scale)


@op("images: float32, contrast_factor: float32 -> output: float32", gradient="unregistered", out=shapes.same)
def AdjustContrastv2(images, contrast_factor):
    if images.ndim < 3:
        raise _refused(f"input must be at least 3-D, got shape{list(images.shape)}")
    return colour.scaled_contrast(jnp.asarray(images), contrast_factor)


# -- boxes ----------------------------------------------------------------------------------------------------------


def _drawn(images, boxes, colours):
    return box_kernels.drawn(jnp.asarray(images), jnp.asarray(boxes), colours)


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
    return jnp.ones((10, 1), jnp.float32) if channels == 1 else jnp.asarray(box_kernels.COLOURS[:, :channels])


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
    return lambda i, others: box_kernels.overlaps(boxes[i], boxes[others])


def _chosen(boxes, scores, most, iou_threshold, score_threshold=-np.inf):
    overlap = _overlap_of(boxes, scores, iou_threshold)
    return box_kernels.non_max_suppression(overlap, scores, int(most), iou_threshold, score_threshold)


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
    chosen, values = box_kernels.soft_non_max_suppression(
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
    return box_kernels.non_max_suppression(overlap, scores, int(max_output_size), overlap_threshold, score_threshold)


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
    top, left, bottom, right = box_kernels.sampled_crop(
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
