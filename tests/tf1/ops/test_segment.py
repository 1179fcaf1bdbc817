"""Reductions by segment ids: which ids are taken, and gradients."""

import numpy as np
import pytest

import funcfit.tf1 as tf

X = np.array([[1.0, -2.0], [3.0, 4.0], [-5.0, 6.0], [7.0, 0.5]], np.float32)


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([0, 1, 0, 1], "segment ids are not increasing"),
        ([0, 1, -1, -1], "segment ids must be >= 0"),
        ([0, 1], "segment_ids should be the same size as dimension 0 of input"),
    ],
)
def test_sorted_ids_rise_from_zero(session, ids, message):
    fed = tf.placeholder(tf.int32, [None])
    sums = tf.segment_sum(X, fed)
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        session.run(sums, {fed: ids})
    assert session.run(sums, {fed: [0, 0, 2, 2]}).tolist() == [[4, 2], [0, 0], [2, 6.5]]


def test_the_number_of_sorted_segments_is_known_when_the_graph_runs(session):
    sums = tf.segment_sum(X, tf.placeholder(tf.int32, [None]))
    assert sums.shape.as_list() == [None, 2]
    assert tf.unsorted_segment_sum(X, [0, 1, 1, 0], 3).shape.as_list() == [3, 2]


def test_unsorted_ids_past_the_end_are_an_error_and_negative_ones_are_left_out(session):
    ids = tf.placeholder(tf.int32, [None])
    sums = tf.unsorted_segment_sum(X, ids, 2)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"segment_ids\[1\] = 2 is out of range \[0, 2\)"):
        session.run(sums, {ids: [0, 2, 1, 1]})
    assert session.run(sums, {ids: [0, -1, 1, 1]}).tolist() == [[1, -2], [2, 6.5]]


@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "mean", "sqrt_n"])
def test_gradients_match_finite_differences(session, name):
    x = tf.placeholder(tf.float64, [4, 2])
    y = getattr(tf, f"unsorted_segment_{name}")(x, [1, 0, 1, -1], 3)
    y = tf.where(tf.equal(tf.range(3), 2), tf.zeros_like(y), y)  # no row has id 2
    gradient = session.run(tf.gradients(tf.reduce_sum(y), x)[0], {x: X})
    step = 1e-6
    for i in np.ndindex(4, 2):
        bump = np.zeros([4, 2])
        bump[i] = step
        up, down = (session.run(tf.reduce_sum(y), {x: X + sign * bump}) for sign in (1, -1))
        assert gradient[i] == pytest.approx((up - down) / (2 * step), rel=1e-5, abs=1e-7)


def test_segments_of_chosen_rows(session):
    x = tf.constant(X)
    sums = tf.sparse_segment_sum(x, [3, 0, 0], [0, 1, 1])
    means = tf.sparse_segment_mean(x, [3, 0, 1], [0, 2, 2], num_segments=4)
    assert session.run(sums).tolist() == [[7, 0.5], [2, -4]]
    assert session.run(means).tolist() == [[7, 0.5], [0, 0], [2, 1], [0, 0]]
    assert session.run(tf.gradients(means, x)[0])[:, 0].tolist() == [0.5, 0.5, 0, 1]
    rows = tf.placeholder(tf.int32, [None])
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"indices\[0\] == 9 out of range \[0, 4\)"):
        session.run(tf.sparse_segment_sum(x, rows, [0]), {rows: [9]})
