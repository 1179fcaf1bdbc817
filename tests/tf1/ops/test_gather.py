"""Gathers: which elements, errors for those that are not there, gradients as IndexedSlices."""

import numpy as np
import pytest

import funcfit.tf1 as tf

X = np.arange(12, dtype=np.float32).reshape(3, 4)


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


@pytest.mark.parametrize(
    ("indices", "message"),
    [
        ([5], r"indices\[0\] = 5 is not in \[0, 3\)"),
        ([[0, 1], [-1, 2]], r"indices\[1,0\] = -1 is not in \[0, 3\)"),
        (3, r"indices = 3 is not in \[0, 3\)"),
    ],
)
def test_rows_that_are_not_there_are_an_error_and_the_session_goes_on(session, indices, message):
    fed = tf.placeholder(tf.int32)
    rows = tf.gather(X, fed)
    for fetch, feed in ((tf.gather(X, indices), {}), (rows, {fed: indices})):
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            session.run(fetch, feed)
    np.testing.assert_array_equal(session.run(rows, {fed: [2, 0]}), X[[2, 0]])


def test_the_gradient_of_a_gather_is_rows(session):
    x, ids = tf.constant(X), tf.placeholder(tf.int32, [None])
    slices = tf.gradients(tf.gather(x, ids) * 2.0, x)[0]
    assert isinstance(slices, tf.IndexedSlices)
    indices, values, shape = session.run([slices.indices, slices.values, slices.dense_shape], {ids: [1, 1, 0]})
    assert indices.tolist() == [1, 1, 0] and (values == 2).all() and shape.tolist() == [3, 4]
    dense = session.run(tf.convert_to_tensor(slices), {ids: [1, 1, 0]})
    assert dense[:, 0].tolist() == [2, 4, 0]


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_gathers_along_an_axis_differentiate(session, axis):
    x = tf.constant(X)
    y = tf.gather(x, [2, 0, 2], axis=axis)
    value, d = session.run([y, tf.convert_to_tensor(tf.gradients(tf.reduce_sum(tf.square(y)), x)[0])])
    np.testing.assert_array_equal(value, np.take(X, [2, 0, 2], axis))
    times = np.zeros(X.shape[axis])
    np.add.at(times, [2, 0, 2], 1)
    np.testing.assert_array_equal(d, 2 * X * np.expand_dims(times, 1 - axis % 2))


def test_batches_are_gathered_each_by_its_own_indices(session):
    x = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    ids = np.array([[2, 0], [1, 1]])
    y = tf.batch_gather(tf.constant(x), ids)
    np.testing.assert_array_equal(session.run(y), np.stack([x[0][ids[0]], x[1][ids[1]]]))
    inner = tf.gather(tf.constant(x), ids, batch_dims=1, axis=2)
    np.testing.assert_array_equal(session.run(inner), np.stack([x[0][:, ids[0]], x[1][:, ids[1]]]))
    source = tf.constant(x)
    d = session.run(tf.gradients(tf.gather(source, ids, batch_dims=1, axis=2), source)[0])
    np.testing.assert_array_equal(d[0, 0], [1, 0, 1, 0])
    np.testing.assert_array_equal(d[1, 0], [0, 2, 0, 0])


def test_coordinates_out_of_range_are_an_error(session):
    fed = tf.placeholder(tf.int32, [None, 2])
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"flat indices\[1, :\] = \[3, 0\] does not index into param"
    ):
        session.run(tf.gather_nd(X, fed), {fed: [[0, 0], [3, 0]]})
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"Invalid indices: \[0\] = \[0, 9\] does not index into \[3,4\]"
    ):
        session.run(tf.scatter_nd(fed, [1.0], [3, 4]), {fed: [[0, 9]]})


def test_scattered_values_that_meet_are_summed(session):
    assert session.run(tf.scatter_nd([[1], [3], [1]], [1.0, 2.0, 4.0], [5])).tolist() == [0, 5, 0, 2, 0]
