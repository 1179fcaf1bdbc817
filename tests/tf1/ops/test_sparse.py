"""Sparse tensors beside the dense ones they stand for."""

import numpy as np
import pytest

import funcfit.tf1 as tf

DENSE = np.array([[0, 1, 0, 0], [0, 0, 0, 0], [2, 0, 0, 3]], np.float32)


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def sparse(dense=DENSE):
    places = np.argwhere(dense)
    return tf.SparseTensor(places, dense[tuple(places.T)], dense.shape)


def dense(value):
    found = np.zeros(value.dense_shape, np.asarray(value.values).dtype)
    found[tuple(value.indices.T)] = value.values
    return found


def test_a_placeholder_takes_a_value_or_a_tuple(session):
    x = tf.sparse_placeholder(tf.float32, name="x")
    whole = tf.sparse_tensor_to_dense(x)
    places = np.argwhere(DENSE)
    parts = (places, DENSE[tuple(places.T)], DENSE.shape)
    for feed in (parts, tf.SparseTensorValue(*parts)):
        np.testing.assert_array_equal(session.run(whole, {x: feed}), DENSE)
    assert x.values.name == "x/values:0"


def test_products_with_dense_matrices_and_tensors(session):
    b = tf.constant(np.arange(8, dtype=np.float32).reshape(4, 2))
    x = sparse()
    y = tf.sparse_tensor_dense_matmul(x, b)
    value, dv, db = session.run([y, *tf.gradients(y * y, [x.values, b])])
    expected = DENSE @ np.arange(8, dtype=np.float32).reshape(4, 2)
    np.testing.assert_allclose(value, expected)
    np.testing.assert_allclose(db, DENSE.T @ (2 * expected))
    np.testing.assert_allclose(dv, [2 * expected[0] @ [2, 3], 2 * expected[2] @ [0, 1], 2 * expected[2] @ [6, 7]])
    np.testing.assert_array_equal(dense(session.run(x * [1.0, 2.0, 3.0, 4.0])), DENSE * [1, 2, 3, 4])
    np.testing.assert_array_equal(session.run(tf.sparse_add(x, tf.ones([3, 4]))), DENSE + 1)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: tf.sparse_transpose(x), DENSE.T),
        (lambda x: tf.sparse_reshape(x, [2, -1]), DENSE.reshape(2, 6)),
        (lambda x: tf.sparse_retain(x, [True, False, True]), DENSE * (DENSE != 2)),
        (lambda x: tf.sparse_concat(1, [x, x]), np.concatenate([DENSE, DENSE], 1)),
        (lambda x: tf.sparse_slice(x, [0, 1], [2, 2]), DENSE[:2, 1:3]),
        (lambda x: tf.sparse_split(sp_input=x, num_split=2, axis=1)[1], DENSE[:, 2:]),
        (lambda x: tf.sparse_add(x, x), DENSE * 2),
        (lambda x: tf.sparse_maximum(x, sparse(np.float32(3 - DENSE))), np.maximum(DENSE, 3 - DENSE)),
        (lambda x: tf.sparse_fill_empty_rows(x, 9.0)[0], np.where([[False], [True], [False]], [9, 0, 0, 0], DENSE)),
        (lambda x: tf.sparse_reset_shape(x, [4, 5]), np.pad(DENSE, [[0, 1], [0, 1]])),
    ],
)
def test_sparse_results_stand_for_the_dense_ones(session, function, expected):
    np.testing.assert_array_equal(dense(session.run(function(sparse()))), expected)


def test_sums_over_axes(session):
    x = sparse()
    assert session.run(tf.sparse_reduce_sum(x)) == 6
    assert session.run(tf.sparse_reduce_sum(x, 1)).tolist() == [1, 0, 5]
    assert session.run(tf.sparse_reduce_sum(x, [0], keep_dims=True)).tolist() == [[2, 1, 0, 3]]


@pytest.mark.parametrize(
    ("indices", "message"),
    [
        ([[0, 1], [3, 0]], r"indices\[1\] = \[3,0\] is out of bounds: need 0 <= index < \[3,4\]"),
        ([[2, 0], [0, 1]], r"indices\[1\] = \[0,1\] is out of order"),
        ([[0, 1], [0, 1]], r"indices\[1\] = \[0,1\] is repeated"),
    ],
)
def test_bad_indices_are_an_error(session, indices, message):
    fed = tf.placeholder(tf.int64, [None, 2])
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        session.run(tf.sparse_to_dense(fed, [3, 4], [1.0, 2.0]), {fed: indices})


def test_parts_that_do_not_belong_together_are_refused(session):
    with pytest.raises(ValueError, match="not compatible"):
        tf.SparseTensor([[0, 1]], [1.0, 2.0], [2, 3])
    with pytest.raises(TypeError, match=r"Input must be a SparseTensor\."):
        tf.sparse_tensor_to_dense(tf.constant(1.0))
    with pytest.raises(TypeError, match="At least one input should be SparseTensor"):
        tf.sparse_add(tf.constant(1.0), tf.constant(1.0))


def test_edit_distances(session):
    said = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], ["a", "b", "x"], [3, 2])
    true = tf.SparseTensor([[0, 0], [0, 1], [0, 2], [2, 0]], ["a", "c", "b", "y"], [3, 3])
    assert session.run(tf.edit_distance(said, true, normalize=False)).tolist() == [1, 1, 1]
    np.testing.assert_allclose(session.run(tf.edit_distance(said, true)), [1 / 3, np.inf, 1])
