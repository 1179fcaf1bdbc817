"""Resizes of images and batches, with the arguments of all releases."""

import inspect

import numpy as np
import pytest

import funcfit.tf1 as tf

IMAGE = np.random.default_rng(0).random((5, 7, 3), np.float32)
METHODS = [tf.image.ResizeMethod.BILINEAR, tf.image.ResizeMethod.NEAREST_NEIGHBOR]
METHODS += [tf.image.ResizeMethod.BICUBIC, tf.image.ResizeMethod.AREA]


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def value(x, feeds=None):
    with tf.Session() as session:
        return session.run(x, feeds)


@pytest.mark.parametrize("method", METHODS)
def test_a_fed_size_gives_what_a_constant_size_gives(method):
    size, image = tf.placeholder(tf.int32, [2]), tf.constant(IMAGE)
    fixed, fed = tf.image.resize_images(image, [3, 9], method), tf.image.resize_images(image, size, method)
    assert fixed.get_shape() == (3, 9, 3)
    assert fed.get_shape().as_list() == [None, None, 3]
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(fed, {size: [3, 9]}), session.run(fixed))
        np.testing.assert_allclose(session.run(fed, {size: [5, 7]}), IMAGE, rtol=1e-6)


def test_an_unchanged_size_leaves_the_dtype_too():
    same = tf.image.resize_images((IMAGE * 255).astype(np.uint8), [5, 7])
    assert same.dtype == tf.uint8
    assert tf.image.resize_images((IMAGE * 255).astype(np.uint8), [5, 6]).dtype == tf.float32


def test_arguments_of_all_releases():
    new = tf.image.resize_images(IMAGE, [3, 4], method=1)
    for old in (
        tf.image.resize_images(IMAGE, 3, 4, 1),
        tf.image.resize_images(IMAGE, 3, 4, method=1),
        tf.image.resize_images(IMAGE, new_height=3, new_width=4, method=1),
        tf.image.resize_images(IMAGE, tf.constant(3), tf.constant(4), method=1),
        tf.image.resize(IMAGE, (3, 4), "nearest"),
    ):
        np.testing.assert_array_equal(*value([new, old]))
    parameters = list(inspect.signature(tf.image.resize_images).parameters)
    assert parameters == ["images", "size", "method", "align_corners", "preserve_aspect_ratio", "name"]


def test_wrong_sizes_and_methods_are_refused():
    for size in (tf.constant(4), [4], [1, 2, 3], [1.5, 2.0]):
        with pytest.raises(ValueError, match="'size' must be a 1-D"):
            tf.image.resize_images(IMAGE, size, 0)
    with pytest.raises(ValueError, match="method is not implemented"):
        tf.image.resize_images(IMAGE, [2, 2], 7)
    with pytest.raises(ValueError, match="either 3 or 4 dimensions"):
        tf.image.resize_images(IMAGE[0], [2, 2])
    size = tf.placeholder(tf.int32, [2])
    with pytest.raises(tf.errors.InvalidArgumentError, match="output dimensions must be positive"):
        value(tf.image.resize_images(IMAGE, size), {size: [0, 2]})


def test_proportions_are_kept_where_wanted():
    assert value(tf.image.resize_images(IMAGE, [10, 10], preserve_aspect_ratio=True)).shape == (7, 10, 3)
    padded = value(tf.image.resize_image_with_pad(IMAGE, 10, 10, method=1))
    assert padded.shape == (10, 10, 3)
    assert (padded[0] == 0).all() and (padded[-2:] == 0).all() and (padded[1:8] != 0).all()


@pytest.mark.parametrize("method", ["bilinear", "bicubic", "nearest_neighbor"])
def test_gradients_of_gradients_are_resizes(method):
    resize = getattr(tf.image, "resize_" + method)
    images, dy = tf.constant(IMAGE[None]), tf.placeholder(tf.float32, [1, 3, 9, 3])
    (dx,) = tf.gradients(resize(images, [3, 9], align_corners=True), images, dy)
    if method == "bicubic":
        return
    (again,) = tf.gradients(dx, dy, images)
    np.testing.assert_allclose(
        *value([again, resize(images, [3, 9], align_corners=True)], {dy: np.ones([1, 3, 9, 3])}), rtol=1e-5
    )
