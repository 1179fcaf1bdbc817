"""Resizes of images as nodes, and their gradients (kernels/image.py)."""

import jax.numpy as jnp

from funcfit.errors import InvalidArgumentError
from funcfit.kernels import image
from funcfit.tf1 import shapes
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import FLOATS, api, op, raw, tf

PIXELS = "uint8 int8 uint16 int16 int32 int64 float16 float32 float64"


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
        raise InvalidArgumentError(None, None, "output dimensions must be positive")
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
