"""Crops and glimpses as nodes: errors, random windows."""

import numpy as np
import pytest

import funcfit.tf1 as tf

IMAGES = np.random.default_rng(0).random((2, 6, 5, 3), np.float32)


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def value(x, feeds=None):
    with tf.Session() as session:
        return session.run(x, feeds)


def test_a_crop_of_an_image_that_is_not_there_is_an_error():
    index = tf.placeholder(tf.int32, [1])
    crops = tf.image.crop_and_resize(IMAGES, [[0.0, 0.0, 1.0, 1.0]], index, [2, 2])
    assert crops.get_shape() == (1, 2, 2, 3)
    with tf.Session() as session:
        assert session.run(crops, {index: [1]}).shape == (1, 2, 2, 3)
        with pytest.raises(tf.errors.OutOfRangeError, match=r"outside \[0, batch_size\)"):
            session.run(crops, {index: [2]})
        assert session.run(crops, {index: [0]}).shape == (1, 2, 2, 3)


def test_noise_of_glimpses_lies_within_the_images_range():
    for uniform in (True, False):
        glimpse = tf.image.extract_glimpse(IMAGES, [4, 4], [[9.0, 9.0]] * 2, uniform_noise=uniform)
        with tf.Session() as session:
            first, second = session.run(glimpse), session.run(glimpse)
        assert (first != second).any()
        for i in range(2):
            assert IMAGES[i].min() <= first[i].min() < first[i].max() <= IMAGES[i].max()
