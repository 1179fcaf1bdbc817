"""Boxes as nodes: choices and crops that depend on values, outlines."""

import numpy as np
import pytest

import funcfit.tf1 as tf

BOXES = np.array([[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, -0.1, 1, 0.9], [0, 10, 1, 11], [0, 10.1, 1, 11.1]], np.float32)
SCORES = np.array([0.9, 0.75, 0.6, 0.95, 0.5], np.float32)


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def value(x, feeds=None):
    with tf.Session() as session:
        return session.run(x, feeds)


def test_boxes_are_chosen_by_score_and_overlap():
    size = tf.placeholder(tf.int32, [])
    chosen = [
        tf.image.non_max_suppression(BOXES, SCORES, size),
        tf.image.non_max_suppression(BOXES, SCORES, size, iou_threshold=tf.constant(0.9)),
        tf.image.non_max_suppression(BOXES, SCORES, size, 0.9, score_threshold=0.6),
    ]
    for ours, expected in zip(value(chosen, {size: 10}), ([3, 0], [3, 0, 1, 2, 4], [3, 0, 1])):
        assert ours.tolist() == expected
    assert value(chosen[1], {size: 2}).tolist() == [3, 0]
    padded, count = value(tf.image.non_max_suppression_padded(BOXES, SCORES, 4, pad_to_max_output_size=True))
    assert (padded.tolist(), count) == ([3, 0, 0, 0], 2)
    overlaps = np.eye(3, dtype=np.float32) + np.eye(3, k=1, dtype=np.float32) + np.eye(3, k=-1, dtype=np.float32)
    assert value(tf.image.non_max_suppression_overlaps(overlaps, SCORES[:3], 3)).tolist() == [0, 2]
    with pytest.raises(tf.errors.InvalidArgumentError, match="iou_threshold"):
        value(tf.image.non_max_suppression(BOXES, SCORES, 3, iou_threshold=1.5))


def test_overlaps_may_lower_scores():
    options = dict(iou_threshold=1.0, soft_nms_sigma=0.5)
    indices, scores = value(tf.image.non_max_suppression_with_scores(BOXES, SCORES, 4, **options))
    assert indices.tolist() == [3, 0, 1, 4]
    np.testing.assert_allclose(scores, [0.95, 0.9, 0.384004, 0.256003], rtol=1e-5)  # as TensorFlow 1.15 has them
    hard, kept = value(tf.image.non_max_suppression_with_scores(BOXES, SCORES, 4))
    assert hard.tolist() == [3, 0]
    np.testing.assert_array_equal(kept, SCORES[[3, 0]])


def test_classes_are_suppressed_by_themselves_and_then_compete():
    scores = np.stack([SCORES, SCORES[::-1]], 1)[None]
    boxes = BOXES[None, :, None] / 12
    found = value(tf.image.combined_non_max_suppression(boxes, scores, 2, 5))
    assert [x.shape for x in found] == [(1, 5, 4), (1, 5), (1, 5), (1,)]
    np.testing.assert_allclose(found[1], [[0.95, 0.95, 0.9, 0.9, 0]], rtol=1e-6)
    assert sorted(found[2][0, :4].tolist()) == [0, 0, 1, 1] and found[3].tolist() == [4]
    padded = tf.image.combined_non_max_suppression(boxes, scores, 2, 5, pad_per_class=True)
    assert padded[0].get_shape() == (1, 4, 4)


def test_a_chosen_box_can_be_gathered():
    boxes, scores = tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.float32, [None])
    best = tf.gather(boxes, tf.image.non_max_suppression(boxes, scores, 5))
    np.testing.assert_array_equal(value(best, {boxes: BOXES, scores: SCORES}), BOXES[[3, 0]])


def test_crops_by_lot_are_tensorflows_run_after_run():
    objects = [[[0.1, 0.2, 0.8, 0.9], [0.4, 0.4, 0.6, 0.6]]]
    options = dict(seed=1, seed2=9)
    begin, size, box = tf.image.sample_distorted_bounding_box([50, 37, 3], objects, **options)
    late = tf.placeholder(tf.float32, [])
    same = tf.image.sample_distorted_bounding_box([50, 37, 3], objects, min_object_covered=late, **options)
    cut = tf.slice(tf.zeros([50, 37, 3]), begin, size)
    with tf.Session() as session:
        # Recorded from TensorFlow 1.1 and 1.15.
        for expected in ([23, 7, 12, 11], [6, 0, 32, 37], [2, 2, 23, 28]):
            b, s, fractions, other, pixels = session.run([begin, size, box, same.begin, cut], {late: 0.1})
            assert [*b[:2], *s[:2]] == expected
            assert (b[2], s[2], pixels.shape) == (0, -1, (*expected[2:], 3))
            np.testing.assert_allclose(fractions[0, 0, :2], [b[0] / 50, b[1] / 37], rtol=1e-6)
            np.testing.assert_array_equal(other, b)


def test_a_crop_by_lot_needs_boxes_or_the_permission_to_do_without():
    none = np.zeros([1, 0, 4], np.float32)
    with pytest.raises(tf.errors.InvalidArgumentError, match="No bounding boxes provided"):
        value(tf.image.sample_distorted_bounding_box([4, 4, 3], none))
    whole = tf.image.sample_distorted_bounding_box(
        [4, 4, 3], none, use_image_if_no_bounding_boxes=True, min_object_covered=1.0
    )
    assert value(whole.size).tolist() == [4, 4, -1]
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"must be in \[0.0, 1.0\]"):
        value(tf.image.sample_distorted_bounding_box([4, 4, 3], [[[0.0, 0.0, 1.5, 1.0]]]))


def test_outlines_take_the_given_colours():
    boxes = np.array([[[0, 0, 1, 1]]], np.float32)
    images = np.zeros([1, 3, 3, 3], np.float32)
    ours, given = value(
        [tf.image.draw_bounding_boxes(images, boxes), tf.image.draw_bounding_boxes(images, boxes, colors=[[0, 0, 1]])]
    )
    assert ours[0, 0, 0].tolist() == [1, 1, 0] and given[0, 0, 0].tolist() == [0, 0, 1]
    assert (ours[0, 1, 1] == 0).all() and (given[0, 1, 1] == 0).all()
