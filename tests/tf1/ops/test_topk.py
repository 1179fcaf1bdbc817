"""The largest entries of rows: order, ties, limits."""

import numpy as np
import pytest

import funcfit.tf1 as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def run(fetch, feeds=None):
    with tf.Session() as session:
        return session.run(fetch, feeds)


def test_of_equal_entries_the_earlier_comes_first():
    values, indices = run(tf.nn.top_k([[1, 3, 3, 2], [5, 5, 5, 5]], 3))
    assert values.tolist() == [[3, 3, 2], [5, 5, 5]]
    assert indices.tolist() == [[1, 2, 3], [0, 1, 2]]


def test_k_may_be_known_to_the_run_alone():
    k = tf.placeholder(tf.int32, [])
    values, _ = tf.nn.top_k(tf.constant([[1.0, 3.0, 2.0]]), k)
    assert values.shape.as_list() == [1, None]
    with tf.Session() as session:
        assert session.run(values, {k: 1}).tolist() == [[3]]
        assert session.run(values, {k: 2}).tolist() == [[3, 2]]
        with pytest.raises(tf.errors.InvalidArgumentError, match="input must have at least k columns"):
            session.run(values, {k: 4})


def test_too_large_a_k_is_refused_when_it_is_known():
    with pytest.raises(ValueError, match="input must have last dimension >= k = 4 but is 3"):
        tf.nn.top_k(tf.zeros([2, 3]), 4)
    with pytest.raises(ValueError, match="Need k >= 0, got -1"):
        tf.nn.top_k(tf.zeros([2, 3]), -1)


def test_the_gradient_goes_to_the_entries_chosen():
    x = tf.constant([[1.0, 3.0, 2.0], [6.0, 4.0, 5.0]])
    values, _ = tf.nn.top_k(x, 2)
    slope = tf.gradients(values, x, tf.constant([[10.0, 20.0], [30.0, 40.0]]))[0]
    assert run(slope).tolist() == [[0, 10, 20], [30, 0, 40]]


def test_a_target_is_in_the_top_when_fewer_than_k_are_above_it():
    predictions = [[0.1, 0.3, 0.2, 0.2], [0.4, 0.1, 0.3, 0.2], [np.inf, 0.0, 0.0, 0.0]]
    assert run(tf.nn.in_top_k(predictions, [2, 1, 0], 2)).tolist() == [True, False, False]
    assert run(tf.nn.in_top_k(predictions, [2, 1, 0], tf.constant(4))).tolist() == [True, True, False]


def test_a_target_that_is_no_class_is_an_error():
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"targets\[1\] is out of range"):
        run(tf.nn.in_top_k(tf.zeros([2, 3]), [0, 3], 1))


def test_the_nth_entry_of_each_row():
    x = tf.constant([[3.0, 1.0, 2.0], [6.0, 5.0, 5.0]])
    smallest, largest = tf.nn.nth_element(x, 1), tf.nn.nth_element(x, 0, reverse=True)
    assert smallest.shape.as_list() == [2]
    values, slope = run([[smallest, largest], tf.gradients(smallest, x)[0]])
    assert [v.tolist() for v in values] == [[2, 5], [3, 6]]
    assert slope.tolist() == [[0, 0, 1], [0, 0.5, 0.5]]
    with pytest.raises(ValueError, match="Input must have last dimension > n = 3 but is 3"):
        tf.nn.nth_element(x, 3)


def test_graphs_from_before_2016_have_k_in_the_node():
    values, indices = tf.raw_ops.TopK(tf.constant([[1.0, 3.0, 2.0]]), k=2)
    assert (values.shape.as_list(), values.op.get_attr("k")) == ([1, 2], 2)
    assert [x.tolist() for x in run([values, indices])] == [[[3, 2]], [[1, 2]]]
