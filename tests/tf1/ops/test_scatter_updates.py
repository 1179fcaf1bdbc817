"""Writes to rows, against loops in NumPy."""

import numpy as np
import pytest

import funcfit.tf1 as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def variable(session, value):
    v = tf.Variable(value)
    session.run(v.initializer)
    return v


ROWS = {
    tf.scatter_update: lambda old, new: new,
    tf.scatter_add: np.add,
    tf.scatter_sub: np.subtract,
    tf.scatter_mul: np.multiply,
    tf.scatter_div: lambda old, new: old / new if old.dtype.kind == "f" else np.trunc(old / new).astype(old.dtype),
    tf.scatter_min: np.minimum,
    tf.scatter_max: np.maximum,
}


@pytest.mark.parametrize("scatter", ROWS)
@pytest.mark.parametrize("dtype", [np.float32, np.int32, np.int64])
@pytest.mark.parametrize("indices", [3, [0, 2], [1, 1, 4], [[0, 1], [1, 4]]], ids=["one", "some", "twice", "matrix"])
def test_rows_are_written_in_turn(session, scatter, dtype, indices):
    rng = np.random.default_rng(0)
    start = rng.integers(-50, 50, (5, 2)).astype(dtype)
    updates = rng.integers(1, 9, (*np.shape(indices), 2)).astype(dtype)
    expected = start.copy()
    for row, update in zip(np.ravel(indices), updates.reshape(-1, 2)):
        expected[row] = ROWS[scatter](expected[row], update)
    v = variable(session, start)
    np.testing.assert_allclose(session.run(scatter(v, indices, updates)), expected, rtol=1e-6)
    np.testing.assert_allclose(session.run(v), expected, rtol=1e-6)


def test_a_scalar_goes_to_all_rows(session):
    v = variable(session, np.ones((3, 2), np.float32))
    assert session.run(tf.scatter_mul(v, [0, 2], 5.0)).tolist() == [[5.0, 5.0], [1.0, 1.0], [5.0, 5.0]]


def test_no_rows_change_nothing(session):
    v = variable(session, [1.0, 2.0])
    assert session.run(tf.scatter_add(v, tf.zeros([0], tf.int32), tf.zeros([0]))).tolist() == [1.0, 2.0]


def test_a_row_that_is_not_there_is_named(session):
    v, rows = variable(session, np.zeros((6, 2), np.float32)), tf.placeholder(tf.int32, [3])
    scatter = tf.scatter_add(v, rows, np.ones((3, 2), np.float32))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"indices\[2\] = 6 is not in \[0, 6\)"):
        session.run(scatter, {rows: [2, 5, 6]})
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"indices\[0\] = -1 is not in \[0, 6\)"):
        session.run(scatter, {rows: [-1, 5, 4]})


def test_updates_of_another_shape_are_refused(session):
    v = tf.Variable(np.zeros((6, 2), np.float32))
    with pytest.raises(ValueError, match="Dimension 0 in both shapes must be equal"):
        tf.scatter_update(v, [1, 2], np.ones((3, 2), np.float32))


def test_elements_are_written_by_index_vectors(session):
    v = variable(session, np.zeros((2, 3), np.float32))
    assert session.run(tf.scatter_nd_update(v, [[0, 1], [1, 2]], [5.0, 6.0])).tolist() == [[0, 5, 0], [0, 0, 6]]
    assert session.run(tf.scatter_nd_add(v, [[0, 1], [0, 1]], [1.0, 1.0])).tolist() == [[0, 7, 0], [0, 0, 6]]
    assert session.run(tf.scatter_nd_sub(v, [[1]], [[1.0, 1.0, 1.0]])).tolist() == [[0, 7, 0], [-1, -1, 5]]


def test_an_index_vector_that_points_outside_is_named(session):
    v, where = variable(session, np.zeros((2, 3), np.float32)), tf.placeholder(tf.int32, [2, 2])
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"\[1\] = \[0, 3\] does not index into \[2,3\]"):
        session.run(tf.scatter_nd_update(v, where, [1.0, 1.0]), {where: [[1, 2], [0, 3]]})


def test_a_variable_takes_indexed_slices(session):
    v = variable(session, [1.0, 2.0, 3.0])
    slices = tf.IndexedSlices(tf.constant([10.0, 20.0]), tf.constant([0, 2]))
    assert session.run(v.scatter_sub(slices)).tolist() == [-9.0, 2.0, -17.0]
    assert session.run(v.scatter_update(slices)).tolist() == [10.0, 2.0, 20.0]
    with pytest.raises(ValueError, match="is not IndexedSlices"):
        v.scatter_add(tf.constant(1.0))
