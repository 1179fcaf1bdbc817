"""Flips, turns, crops and pads equal NumPy's, for images and batches, of known and unknown shapes."""

import numpy as np
import pytest

import funcfit.tf1 as tf

IMAGE = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
BATCH = np.stack([IMAGE, IMAGE[::-1]])


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def value(x, feeds=None):
    with tf.Session() as session:
        return session.run(x, feeds)


def flipped(axis):
    return lambda image: np.flip(image, axis - 3)


EXPECTED = {
    "flip_left_right": flipped(1),
    "flip_up_down": flipped(0),
    "transpose_image": lambda image: np.swapaxes(image, -2, -3),
    "rot90": lambda image: np.rot90(image, axes=(-3, -2)),
}


@pytest.mark.parametrize("image", [IMAGE, BATCH], ids=["image", "batch"])
@pytest.mark.parametrize("name", EXPECTED)
def test_turned_images_equal_numpys(name, image):
    function, expected = getattr(tf.image, name), EXPECTED[name](image)
    np.testing.assert_array_equal(value(function(image)), expected)
    sizes_unknown = tf.placeholder(tf.uint8, [None] * image.ndim)
    np.testing.assert_array_equal(value(function(sizes_unknown), {sizes_unknown: image}), expected)
    with pytest.raises(ValueError, match="must be three-dimensional"):
        function(tf.placeholder(tf.uint8, [2, 3]))
    with pytest.raises(ValueError, match="must be > 0"):
        function(tf.placeholder(tf.uint8, [2, 0, 3]))


def test_an_image_turns_by_a_fed_number_of_right_angles():
    k = tf.placeholder(tf.int32, [])
    turned = tf.image.rot90(IMAGE, k)
    with tf.Session() as session:
        for times in (0, 1, 2, 3, 5, -1):
            np.testing.assert_array_equal(session.run(turned, {k: times}), np.rot90(IMAGE, times))


def test_random_flips_are_those_of_their_seeds():
    image = tf.constant(np.arange(2.0, dtype=np.float32).reshape(1, 2, 1))
    drawn, flip = tf.random_uniform([], seed=3), tf.image.random_flip_left_right(image, seed=3)
    with tf.Session() as session:
        runs = [session.run([drawn, flip]) for _ in range(12)]
    flips = [number < 0.5 for number, _ in runs]  # the two have the same seeds
    assert [bool(pixels[0, 0, 0]) for _, pixels in runs] == flips
    assert 2 <= sum(flips) <= 10


def test_each_image_of_a_batch_is_flipped_by_itself():
    batch = tf.constant(np.tile(np.arange(2.0, dtype=np.float32).reshape(1, 1, 2, 1), (64, 1, 1, 1)))
    firsts = value(tf.image.random_flip_left_right(batch, seed=1))[:, 0, 0, 0]
    assert 16 < firsts.sum() < 48


@pytest.mark.parametrize("image", [IMAGE, BATCH], ids=["image", "batch"])
def test_crops_and_pads_equal_numpys(image):
    rows, columns = (slice(None),) * (image.ndim - 3), (slice(0, 2), slice(1, 3))
    crop = tf.image.crop_to_bounding_box(image, 0, 1, 2, 2)
    np.testing.assert_array_equal(value(crop), image[(*rows, *columns)])
    pad = tf.image.pad_to_bounding_box(image, 1, 2, 5, 7)
    margins = [(0, 0)] * (image.ndim - 3) + [(1, 2), (2, 1), (0, 0)]
    np.testing.assert_array_equal(value(pad), np.pad(image, margins))
    assert crop.get_shape().as_list()[-3:] == [2, 2, 3] and pad.get_shape().as_list()[-3:] == [5, 7, 3]
    both = tf.image.resize_image_with_crop_or_pad(image, 4, 2)
    expected = np.pad(image[(*rows, slice(None), slice(1, 3))], [(0, 0)] * (image.ndim - 3) + [(1, 1), (0, 0), (0, 0)])
    np.testing.assert_array_equal(value(both), expected)


def test_sizes_may_be_tensors():
    image, height = tf.placeholder(tf.uint8, [None, None, None]), tf.placeholder(tf.int32, [])
    resized = tf.image.resize_image_with_crop_or_pad(image, height, 3)
    with tf.Session() as session:
        assert session.run(resized, {image: IMAGE, height: 1}).shape == (1, 3, 3)
        assert session.run(resized, {image: IMAGE, height: 5}).shape == (5, 3, 3)
        with pytest.raises(tf.errors.InvalidArgumentError, match="target_height must be > 0"):
            session.run(resized, {image: IMAGE, height: 0})


@pytest.mark.parametrize(
    ("function", "arguments", "complaint"),
    [
        ("crop_to_bounding_box", (-1, 0, 1, 1), "offset_height must be >= 0"),
        ("crop_to_bounding_box", (0, 0, 3, 1), "height must be >= target \\+ offset"),
        ("pad_to_bounding_box", (0, -1, 5, 5), "offset_width must be >= 0"),
        ("pad_to_bounding_box", (0, 2, 5, 5), "width must be <= target - offset"),
        ("resize_image_with_crop_or_pad", (0, 1), "target_height must be > 0"),
        ("central_crop", (1.5,), "central_fraction must be within"),
    ],
)
def test_what_does_not_fit_is_refused(function, arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        getattr(tf.image, function)(IMAGE, *arguments)


@pytest.mark.parametrize("fraction", [0.1, 0.33, 0.5, 0.66, 0.875])
def test_the_central_crop_takes_equal_margins(fraction):
    image = np.arange(9 * 14).reshape(9, 14, 1)
    known = tf.image.central_crop(image, fraction)
    unknown = tf.placeholder(tf.int32, [None, None, 1])
    late = tf.image.central_crop(unknown, fraction)
    top, left = (int((size - size * fraction) / 2) for size in image.shape[:2])
    expected = image[top : 9 - top, left : 14 - left]
    np.testing.assert_array_equal(value(known), expected)
    np.testing.assert_array_equal(value(late, {unknown: image}), expected)
    batch = tf.image.central_crop(np.stack([image, image + 1]), fraction)
    np.testing.assert_array_equal(value(batch), [expected, expected + 1])
