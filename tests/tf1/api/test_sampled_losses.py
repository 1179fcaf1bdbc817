"""Sampled losses take their arguments in the order of either era."""

import numpy as np
import pytest

import funcfit.tf1 as tf

ROWS = np.linspace(-1.0, 1.0, 6, dtype=np.float32).reshape(2, 3)
CLASSES = [[1], [4]]


@pytest.mark.parametrize("name", ["nce_loss", "sampled_softmax_loss"])
@pytest.mark.parametrize("kind", [tf.constant, np.array], ids=["tensors", "arrays"])
def test_inputs_may_stand_before_labels_as_they_did_before_1_0(name, kind):
    with tf.Graph().as_default(), tf.Session() as session:
        loss = getattr(tf.nn, name)
        weights, biases = tf.ones([5, 3]), tf.zeros([5])
        sample = ([0, 2], [[0.5], [0.25]], [0.5, 0.75])
        rows, classes = kind(ROWS), kind(CLASSES)
        by_name = loss(
            weights, biases, labels=classes, inputs=rows, num_sampled=2, num_classes=5, sampled_values=sample
        )
        now = loss(weights, biases, classes, rows, 2, 5, sampled_values=sample)
        then = loss(weights, biases, rows, classes, 2, 5, sampled_values=sample)
        expected, *others = session.run([by_name, now, then])
        for each in others:
            np.testing.assert_array_equal(each, expected)
