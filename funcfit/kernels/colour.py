"""Colour spaces, with TensorFlow 1.x's formulas.

The last axis holds red, green and blue, or hue, saturation and value, all in [0, 1].

TensorFlow's core/kernels/colorspace_op.h, adjust_hue_op.cc, adjust_saturation_op.cc, adjust_contrast_op.cc.
"""

import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float

Colours = Float[Array, "*batch 3"]


def rgb_to_hsv(rgb: Colours) -> Colours:
    """Hue, saturation, value. Grey has hue 0, black saturation 0 too, and there they have no slope."""
    red, green, blue = (rgb[..., i] for i in range(3))
    value = jnp.max(rgb, -1)
    spread = value - jnp.min(rgb, -1)
    saturation = jnp.where(value > 0, spread / jnp.where(value > 0, value, 1), 0)
    sixth = (1 / jnp.where(spread > 0, spread, 1)) * (1 / 6)
    hue = jnp.where(
        red == value,
        sixth * (green - blue),
        jnp.where(green == value, sixth * (blue - red) + 2 / 6, sixth * (red - green) + 4 / 6),
    )
    hue = jnp.where(spread > 0, hue, 0)
    return jnp.stack([jnp.where(hue < 0, hue + 1, hue), saturation, value], -1)


def hsv_to_rgb(hsv: Colours) -> Colours:
    """The inverse of `rgb_to_hsv`; hues outside [0, 1] are not wrapped."""
    hue, saturation, value = (hsv[..., i] for i in range(3))
    sextant = hue * 6
    ramps = [
        jnp.abs(sextant - 3) - 1,
        2 - jnp.abs(sextant - 2),
        2 - jnp.abs(sextant - 4),
    ]
    return jnp.stack([(1 - saturation + saturation * jnp.clip(ramp, 0, 1)) * value for ramp in ramps], -1)


def turned_hue(rgb: Colours, delta: ArrayLike) -> Colours:
    """The hue moved on by `delta` turns; the lightest and the darkest channel swap places and keep their values."""
    red, green, blue = (rgb[..., i] for i in range(3))
    low, high = jnp.min(rgb, -1), jnp.max(rgb, -1)
    middle = jnp.max(jnp.stack([jnp.minimum(red, green), jnp.minimum(jnp.maximum(red, green), blue)]), 0)
    sextant = jnp.where(
        red < green,
        jnp.where(blue < red, 1, jnp.where(blue > green, 3, 2)),
        jnp.where(blue < green, 0, jnp.where(blue > red, 4, 5)),
    )
    part = (middle - low) / (high - low)
    hue = jnp.where(high == low, 0, sextant + jnp.where(sextant % 2 == 0, part, 1 - part)) + delta * 6
    hue = hue - 6 * jnp.floor(hue / 6)
    sextant = jnp.minimum(hue.astype(jnp.int32), 5)
    part = hue - sextant
    middle = low + jnp.where(sextant % 2 == 0, part, 1 - part) * (high - low)
    return _of_sextant(sextant, high, middle, low)


def scaled_saturation(rgb: Colours, factor: ArrayLike) -> Colours:
    """The saturation multiplied by `factor` and clipped to [0, 1]."""
    hsv = rgb_to_hsv(rgb)
    hue, saturation, value = hsv[..., 0], jnp.clip(hsv[..., 1] * factor, 0, 1), hsv[..., 2]
    chroma = saturation * value
    sextant = hue * 6
    middle = chroma * (1 - jnp.abs(sextant % 2 - 1))
    lowest = value - chroma
    return _of_sextant(sextant.astype(jnp.int32), chroma + lowest, middle + lowest, lowest)


def _of_sextant(sextant, high, middle, low):
    """Red, green and blue from the highest, the middle and the lowest channel, by the sextant of the hue."""
    sextant = sextant[..., None]
    orders = [
        (high, middle, low),
        (middle, high, low),
        (low, high, middle),
        (low, middle, high),
        (middle, low, high),
        (high, low, middle),
    ]
    grey = jnp.stack([low, low, low], -1)
    return jnp.select([sextant == i for i in range(6)], [jnp.stack(order, -1) for order in orders], grey)


def scaled_contrast(images: Float[Array, "*batch height width channels"], factor: ArrayLike) -> Array:
    """Each channel of each image moved away from its mean: (x - mean) * factor + mean."""
    mean = jnp.mean(images, (-3, -2), keepdims=True)
    return mean + factor * (images - mean)
