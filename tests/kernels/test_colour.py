"""Colours turn into hues and back; the fused adjustments equal the way through hue, saturation and value."""

import colorsys

import jax.numpy as jnp
import numpy as np

from funcfit.kernels import colour

RANDOM = np.random.default_rng(0).random((40, 3), np.float32)
EDGES = np.array(
    [[0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.5], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1]],
    np.float32,
)
COLOURS = jnp.asarray(np.concatenate([RANDOM, EDGES]))


def through_hsv(change):
    return colour.hsv_to_rgb(change(colour.rgb_to_hsv(COLOURS)))


def test_hue_saturation_and_value_are_those_of_the_standard_library():
    expected = [colorsys.rgb_to_hsv(*c) for c in COLOURS.tolist()]
    np.testing.assert_allclose(colour.rgb_to_hsv(COLOURS), expected, atol=1e-6)


def test_the_way_back_gives_the_same_colours():
    np.testing.assert_allclose(through_hsv(lambda hsv: hsv), COLOURS, atol=1e-6)


def test_a_turned_hue_equals_the_way_through_hsv():
    for delta in (0.0, 0.1, -0.3, 0.5, 1.0):
        expected = through_hsv(lambda hsv, d=delta: hsv.at[:, 0].set((hsv[:, 0] + d) % 1.0))
        np.testing.assert_allclose(colour.turned_hue(COLOURS, delta), expected, atol=2e-6)


def test_a_scaled_saturation_equals_the_way_through_hsv():
    for factor in (0.0, 0.5, 1.0, 3.0):
        expected = through_hsv(lambda hsv, f=factor: hsv.at[:, 1].set(jnp.clip(hsv[:, 1] * f, 0, 1)))
        np.testing.assert_allclose(colour.scaled_saturation(COLOURS, factor), expected, atol=2e-6)


def test_contrast_is_scaled_about_each_channel_of_each_image():
    images = jnp.asarray(np.random.default_rng(1).random((2, 4, 5, 3), np.float32))
    scaled = colour.scaled_contrast(images, 2.0)
    np.testing.assert_allclose(scaled.mean((1, 2)), images.mean((1, 2)), rtol=1e-5)
    np.testing.assert_allclose(scaled.std((1, 2)), 2 * images.std((1, 2)), rtol=1e-4)
