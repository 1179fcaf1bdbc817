"""Crops from boxes and glimpses as nodes (kernels/image.py)."""

import jax
import jax.numpy as jnp

from funcfit.errors import InvalidArgumentError, OutOfRangeError
from funcfit.kernels import image, philox, samplers
from funcfit.tf1 import shapes
from funcfit.tf1.opdef import FLOATS, Check, api, op, raw, tf

PIXELS = "uint8 int8 uint16 int16 int32 int64 float16 float32 float64"


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
        raise InvalidArgumentError(None, None, "crop dimensions must be positive")
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
