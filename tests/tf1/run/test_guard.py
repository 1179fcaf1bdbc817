"""A run whose checks fail leaves its cells as they were, however the checks are made."""

import numpy as np
import pytest

import funcfit.tf1 as tf


@pytest.fixture(autouse=True)
def fresh_graph():
    with tf.Graph().as_default():
        yield


def of_feeds(ids, v):
    return tf.assign_add(v, tf.reduce_sum(tf.gather(np.arange(4, dtype=np.float32), ids)) + tf.zeros_like(v))


def of_many_feeds(ids, v):
    large = tf.Variable(tf.zeros([400, 400]))
    spread = tf.reshape(tf.tile(ids, [40000]), [-1])
    with tf.control_dependencies([tf.assign_add(large, tf.ones([400, 400]))]):
        return tf.assign_add(v, tf.reduce_mean(tf.gather([0.0, 2.0, 4.0, 6.0], spread)) + tf.zeros_like(v))


def of_state(ids, v):
    shift = tf.Variable(0, trainable=False)
    return tf.assign_add(v, tf.reduce_sum(tf.gather([0.0, 1.0, 2.0, 3.0], ids + shift)) + tf.zeros_like(v))


def by_rows(ids, v):
    return tf.scatter_add(v, ids, tf.cast(ids, tf.float32))


@pytest.mark.parametrize("update", [of_feeds, of_many_feeds, of_state, by_rows])
def test_a_failed_check_leaves_the_cells_as_they_were(update):
    ids, v = tf.placeholder(tf.int32, [None]), tf.Variable(np.zeros(4, np.float32))
    up = update(ids, v)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for good, bad in (([1, 2], [1, 4]), ([3, 2, 1], [-1, 0, 0]), ([1, 2], [7, 0])):
            session.run(up, {ids: good})
            before = session.run(tf.global_variables())
            with pytest.raises(tf.errors.InvalidArgumentError, match="is not in"):
                session.run(up, {ids: bad})
            for ours, kept in zip(session.run(tf.global_variables()), before):
                np.testing.assert_array_equal(ours, kept)
        assert session.run(v).any()


@pytest.mark.parametrize("lengths", [(1, 5), (5, 1)])
def test_which_checks_there_are_may_depend_on_the_shapes(lengths):
    x, v = tf.placeholder(tf.float32, [None]), tf.Variable(1.0)
    checked = lambda: tf.reduce_sum(tf.gather([1.0, 2.0], tf.cast(x, tf.int32)))
    value = tf.cond(tf.shape(x)[0] > 2, checked, lambda: tf.reduce_sum(x))
    step = tf.assign_sub(v, value)
    with tf.Session() as session:
        session.run(v.initializer)
        for length in lengths:
            session.run(step, {x: np.zeros(length)})
        assert session.run(v) == -4.0
        with pytest.raises(tf.errors.InvalidArgumentError, match="= 3 is not in"):
            session.run(step, {x: np.full(5, 3.0)})
        assert session.run(v) == -4.0
