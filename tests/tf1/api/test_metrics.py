"""Metrics add up over batches as TensorFlow's do, from 0, and keep their sums in local variables."""

import json
import pathlib

import numpy as np
import pytest

import funcfit.tf1 as tf
from tests.fixtures.metrics import CASES, run

RECORDED = json.loads((pathlib.Path(__file__).parents[2] / "fixtures" / "metrics.json").read_text())


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


@pytest.mark.parametrize("case", CASES)
def test_a_metric_gives_after_each_batch_what_tensorflow_gives(case):
    values, names = run(tf, case)
    expected, expected_names = RECORDED[case]
    assert names == expected_names
    for ours, recorded in zip(values, expected, strict=True):
        np.testing.assert_allclose(ours, recorded, rtol=1e-5, atol=1e-7)


def test_sums_are_local_and_metric_variables_that_train_and_save_with_nothing():
    tf.metrics.precision([True, False], [True, True], name="measure")
    names = ["measure/true_positives/count:0", "measure/false_positives/count:0"]
    assert [v.name for v in tf.get_collection(tf.GraphKeys.METRIC_VARIABLES)] == names
    assert tf.local_variables(scope="measure") == tf.get_collection(tf.GraphKeys.METRIC_VARIABLES)
    assert tf.global_variables() == tf.trainable_variables() == []


def test_metrics_and_updates_go_to_the_collections_that_are_named():
    value, update = tf.metrics.mean([1.0], metrics_collections=["a", "b"], updates_collections="c")
    assert [tf.get_collection(key) for key in "abc"] == [[value], [value], [update]]


def test_a_column_of_labels_or_of_weights_is_as_good_as_a_vector():
    labels, predictions = tf.placeholder(tf.int32, [None, 1]), tf.placeholder(tf.int32, [None])
    weights = tf.placeholder(tf.float32)
    _, update = tf.metrics.accuracy(labels, predictions, weights)
    for given in ([1.0, 3.0], [[1.0], [3.0]]):
        with tf.Session() as session:
            session.run(tf.local_variables_initializer())
            assert session.run(update, {labels: [[1], [2]], predictions: [1, 3], weights: given}) == 0.25


def test_shapes_that_differ_and_arguments_out_of_range_are_refused():
    with pytest.raises(ValueError, match="incompatible"):
        tf.metrics.accuracy([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="can not be broadcast"):
        tf.metrics.mean([1.0, 2.0], weights=[1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="curve must be either ROC or PR, L unknown"):
        tf.metrics.auc([True], [0.5], curve="L")
    with pytest.raises(ValueError, match="Invalid summation_method: none"):
        tf.metrics.auc([True], [0.5], summation_method="none")
    with pytest.raises(ValueError, match="`specificity` must be in the range"):
        tf.metrics.sensitivity_at_specificity([True], [0.5], 1.5)
    with pytest.raises(ValueError, match="`sensitivity` must be in the range"):
        tf.metrics.specificity_at_sensitivity([True], [0.5], -0.5)
