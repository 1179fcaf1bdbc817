"""Resizes of images by any method."""

import contextlib
import functools
import numbers

from funcfit.tf1.api.image.geometry import after, as_batch, assertion, image_sizes, pad_to_bounding_box
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.node import Tensor
from funcfit.tf1.opdef import api, tf
from funcfit.tf1.shapes import constant_value_as_shape


@api("image.ResizeMethod")
class ResizeMethod:
    """How pixels are made of pixels."""

    BILINEAR = 0
    NEAREST_NEIGHBOR = 1
    BICUBIC = 2
    AREA = 3


_RESIZES = {0: "resize_bilinear", 1: "resize_nearest_neighbor", 2: "resize_bicubic", 3: "resize_area"}
_NUMBERS = {"bilinear": 0, "nearest": 1, "bicubic": 2, "area": 3}  # since 1.14 methods have names too


def _resize_images(
    images, size, method=ResizeMethod.BILINEAR, align_corners=False, preserve_aspect_ratio=False, name=None
):
    """An image, or each of a batch, at `size` (height, width): float32, but for nearest neighbours and the same size.

    With `preserve_aspect_ratio`, at the largest size that fits. Takes the arguments of the releases before 0.12 too:
    (images, new_height, new_width, method, align_corners).
    """
    resize = _RESIZES.get(_NUMBERS.get(method, method))
    if resize is None:
        raise ValueError("Resize method is not implemented.")
    with name_scope(name) if name else contextlib.nullcontext():
        images = convert_to_tensor(images, name="images")
        if images.get_shape().ndims is None:
            raise ValueError("'images' contains no shape.")
        if images.get_shape().ndims not in (3, 4):
            raise ValueError("'images' must have either 3 or 4 dimensions.")
        images, was_batch = as_batch(images)
        size = _size_tensor(size)
        if preserve_aspect_ratio:
            size = _largest_fitting(images, size)
        wanted = constant_value_as_shape(size).with_rank(2)
        if not wanted.is_fully_defined() or wanted.dims_or_none != images.get_shape().dims_or_none[1:3]:
            images = getattr(tf.image, resize)(images, size, align_corners=align_corners)
            images.set_shape([None, *wanted, None])
        return images if was_batch else tf.squeeze(images, squeeze_dims=[0])


def _size_tensor(size):
    try:
        size = convert_to_tensor(size, dtypes.int32, name="size")
    except (TypeError, ValueError):
        raise ValueError("'size' must be a 1-D int32 Tensor") from None
    if not size.get_shape().is_compatible_with([2]):
        raise ValueError("'size' must be a 1-D Tensor of 2 elements: new_height, new_width")
    return size


def _largest_fitting(images, size):
    """The largest size within `size` that has the images' proportions."""
    _, height, width, _ = image_sizes(images)
    current = tf.stack([tf.to_float(height), tf.to_float(width)])
    factor = tf.reduce_min(tf.to_float(size) / current)
    return tf.to_int32(tf.round(factor * current))


def _are_sizes(*values):
    """True for two integers, or two scalar tensors."""
    if all(isinstance(x, numbers.Integral) for x in values):
        return True
    return all(isinstance(x, Tensor) and x.get_shape().ndims == 0 for x in values)


@api("image.resize_images", "image.resize")
@functools.wraps(_resize_images, assigned=["__doc__"])
def resize_images(*args, **kwargs):
    if len(args) > 2 and _are_sizes(*args[1:3]) or "new_width" in kwargs:
        return _resize_images_before_0_12(*args, **kwargs)
    return _resize_images(*args, **kwargs)


def _resize_images_before_0_12(images, new_height, new_width, method=ResizeMethod.BILINEAR, align_corners=False):
    size = [new_height, new_width]
    if any(isinstance(x, Tensor) for x in size):
        size = tf.stack(size)
    return _resize_images(images, size, method, align_corners)


@api("image.resize_image_with_pad")
def resize_image_with_pad(image, target_height, target_width, method=ResizeMethod.BILINEAR, align_corners=False):
    """An image, or each of a batch, as large as fits with its proportions kept, and zeros around it."""
    with name_scope(None, "resize_image_with_pad", [image]):
        image, was_batch = as_batch(convert_to_tensor(image, name="image"))
        checks = assertion(target_width > 0, "target_width must be > 0.")
        checks += assertion(target_height > 0, "target_height must be > 0.")
        image = after(checks, image)
        _, height, width, _ = (tf.to_double(size) for size in image_sizes(image))
        ratio = tf.maximum(width / tf.to_double(target_width), height / tf.to_double(target_height))
        exact = [height / ratio, width / ratio]
        inner = [tf.to_int32(tf.floor(length)) for length in exact]
        margins = [
            tf.maximum(0, tf.to_int32(tf.floor((tf.to_double(target) - length) / 2)))
            for target, length in zip((target_height, target_width), exact)
        ]
        resized = _resize_images(image, tf.stack(inner), method, align_corners)
        padded = pad_to_bounding_box(resized, *margins, target_height, target_width)
        return padded if was_batch else tf.squeeze(padded, squeeze_dims=[0])
