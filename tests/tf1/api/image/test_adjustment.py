"""Adjusted images: dtypes are kept, random factors stay in range, batches are like their images."""

import numpy as np
import pytest

import funcfit.tf1 as tf

BYTES = np.random.default_rng(0).integers(0, 256, (2, 5, 6, 3)).astype(np.uint8)
ADJUSTMENTS = {
    "adjust_brightness": (0.2,),
    "adjust_contrast": (1.7,),
    "adjust_hue": (0.1,),
    "adjust_saturation": (0.5,),
    "per_image_standardization": (),
}


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def value(x, feeds=None):
    with tf.Session() as session:
        return session.run(x, feeds)


@pytest.mark.parametrize("name", ADJUSTMENTS)
def test_a_batch_is_adjusted_as_its_images_are(name):
    adjust = lambda image: getattr(tf.image, name)(image, *ADJUSTMENTS[name])
    batch, one, other = value([adjust(BYTES), adjust(BYTES[0]), adjust(BYTES[1])])
    assert one.dtype == (np.float32 if name == "per_image_standardization" else np.uint8)
    np.testing.assert_allclose(
        np.float32(batch), np.float32([one, other]), atol=1.01 if one.dtype == np.uint8 else 1e-5
    )


def test_pixels_beyond_the_range_are_clipped():
    assert value(tf.image.adjust_brightness(BYTES, 1.5)).min() == 255
    assert value(tf.image.adjust_brightness(BYTES, -1.5)).max() == 0


def test_random_adjustments_stay_in_their_range_and_change_from_run_to_run():
    image = np.full([1, 1, 1], 0.5, np.float32)
    brightness = tf.image.random_brightness(image, 0.25, seed=1)
    two = np.array([[[0.25], [0.75]]], np.float32)
    contrast = tf.image.random_contrast(two, 0.5, 1.5, seed=1)
    with tf.Session() as session:
        bright = [float(session.run(brightness)[0, 0, 0]) for _ in range(20)]
        spreads = [float(np.ptp(session.run(contrast))) for _ in range(20)]
    assert 0.25 <= min(bright) < max(bright) < 0.75
    assert 0.25 <= min(spreads) < max(spreads) < 0.75


@pytest.mark.parametrize(
    ("name", "arguments", "complaint"),
    [
        ("random_brightness", (-1,), "max_delta must be non-negative"),
        ("random_hue", (0.6,), "max_delta must be <= 0.5"),
        ("random_contrast", (1.0, 0.5), "upper must be > lower"),
        ("random_saturation", (-1.0, 0.5), "lower must be non-negative"),
        ("adjust_gamma", (-1.0,), "Gamma should be a non-negative real number"),
    ],
)
def test_ranges_are_checked(name, arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        getattr(tf.image, name)(BYTES[0], *arguments)


def test_a_fed_gamma_is_checked_when_run():
    gamma = tf.placeholder(tf.float32, [])
    adjusted = tf.image.adjust_gamma(BYTES[0], gamma)
    expected = (BYTES[0] / 255.0) ** 2 * 255
    np.testing.assert_allclose(value(adjusted, {gamma: 2.0}), expected, rtol=1e-5)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Gamma should be a non-negative"):
        value(adjusted, {gamma: -1.0})


def test_integers_are_rescaled_between_dtypes():
    small = np.array([0, 1, 127], np.int8)
    wide = tf.image.convert_image_dtype(small, tf.int16)
    back = tf.image.convert_image_dtype(wide, tf.int8)
    np.testing.assert_array_equal(value(wide), small.astype(np.int16) * 256)
    np.testing.assert_array_equal(value(back), small)


def test_colours_need_three_channels():
    with pytest.raises(ValueError, match="Dimension must be 3 but is 4"):
        tf.image.rgb_to_hsv(np.zeros([2, 4], np.float32))
