"""Boxes are chosen, drawn and drawn by lot as TensorFlow does it."""

import jax.numpy as jnp
import numpy as np
import pytest

from funcfit.kernels import boxes
from funcfit.kernels.philox import new_stream, skip, word_by_word

CLUSTERS = np.array([[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, -0.1, 1, 0.9], [0, 10, 1, 11], [0, 10.1, 1, 11.1]], np.float32)
SCORES = np.array([0.9, 0.75, 0.6, 0.95, 0.5], np.float32)


def chosen(all_boxes, scores, most, *thresholds):
    overlap = lambda i, others: boxes.overlaps(all_boxes[i], all_boxes[others])
    return boxes.non_max_suppression(overlap, scores, most, *thresholds).tolist()


def test_one_box_of_each_cluster_is_chosen_best_first():
    assert chosen(CLUSTERS, SCORES, 5) == [3, 0]
    assert chosen(CLUSTERS, SCORES, 1) == [3]
    assert chosen(CLUSTERS, SCORES, 5, 0.9) == [3, 0, 1, 2, 4]
    assert chosen(CLUSTERS, SCORES, 5, 0.9, 0.6) == [3, 0, 1]
    assert chosen(CLUSTERS[:0], SCORES[:0], 5) == []


def test_corners_may_come_in_any_order_and_an_empty_box_overlaps_nothing():
    turned = CLUSTERS[:, [2, 3, 0, 1]]
    np.testing.assert_array_equal(boxes.overlaps(turned[0], turned), boxes.overlaps(CLUSTERS[0], CLUSTERS))
    empty = np.array([0.5, 0.5, 0.5, 0.5], np.float32)
    assert boxes.overlaps(empty, np.stack([empty, CLUSTERS[0]])).tolist() == [0, 0]


def test_outlines_are_drawn_inside_the_image_only():
    images = jnp.zeros((1, 4, 4, 1))
    inside, outside, turned = [0.0, 0.34, 0.67, 1.0], [-1.0, 0.0, 0.34, 0.34], [1.0, 1.0, 0.0, 0.0]
    white = jnp.ones((1, 1))
    lines = boxes.drawn(images, jnp.array([[inside]]), white)[0, :, :, 0]
    assert lines.tolist() == [[0, 1, 1, 1], [0, 1, 0, 1], [0, 1, 1, 1], [0, 0, 0, 0]]
    lines = boxes.drawn(images, jnp.array([[outside, turned]]), white)[0, :, :, 0]
    assert lines.tolist() == [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]


# What TensorFlow 1.1 and 1.15 drew for an image of 50 x 37 with seed2 9: (seed, options) -> begin and size of two runs.
CROPS = {
    (1, 0.1, (0.75, 1.33), (0.05, 1.0), 100): [(23, 7, 12, 11), (6, 0, 32, 37)],
    (2, 0.7, (0.75, 1.33), (0.05, 1.0), 100): [(7, 0, 39, 37), (5, 4, 25, 30)],
    (3, 0.1, (0.5, 2.0), (0.05, 0.3), 100): [(16, 5, 11, 19), (2, 6, 18, 23)],
    (4, 0.9, (0.75, 1.33), (0.05, 1.0), 3): [(7, 2, 25, 31), (0, 0, 50, 37)],
}


@pytest.mark.parametrize("case", CROPS)
def test_crops_are_those_that_tensorflow_draws(case):
    seed, *options = case
    objects = np.array([[0.1, 0.2, 0.8, 0.9], [0.4, 0.4, 0.6, 0.6]], np.float32)
    stream = new_stream(seed, 9, entropy=int)
    for expected in CROPS[case]:
        following = word_by_word(stream)
        top, left, bottom, right = boxes.sampled_crop(following.__next__, 50, 37, objects, *options)
        assert (top, left, bottom - top, right - left) == expected
        stream = skip(stream, options[-1])
