"""Colours as nodes (kernels/colour.py)."""

import jax.numpy as jnp

from funcfit.errors import InvalidArgumentError
from funcfit.kernels import colour
from funcfit.tf1 import shapes
from funcfit.tf1.opdef import api, op


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


def _refused(text):
    return InvalidArgumentError(None, None, text)
