"""Matrix products: which op type they become, their shapes, and what is refused."""

import numpy as np
import pytest

import funcfit.tf1 as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def test_batches_of_matrices_are_another_op_type(session):
    a, b = tf.ones([2, 3]), tf.ones([5, 2, 3])
    types = [
        tf.matmul(a, a, transpose_b=True),
        tf.matmul(b, b, transpose_b=True),
        tf.matmul(a, a, True, a_is_sparse=True),
    ]
    assert [t.op.type for t in types] == ["MatMul", "BatchMatMul", "SparseMatMul"]
    assert [t.shape.as_list() for t in types] == [[2, 2], [5, 2, 2], [3, 3]]


def test_batches_broadcast(session):
    a, b = np.random.RandomState(0).rand(4, 1, 2, 3), np.random.RandomState(1).rand(5, 3, 2)
    x, y = tf.constant(a), tf.constant(b)
    product = tf.matmul(x, y)
    assert product.shape == [4, 5, 2, 2]
    np.testing.assert_allclose(session.run(product), a @ b)
    dx, dy = session.run(tf.gradients(product, [x, y]))
    np.testing.assert_allclose(dx, np.broadcast_to(b.sum((0, 2)), a.shape))
    np.testing.assert_allclose(dy, np.broadcast_to(a.sum((0, 1, 2))[:, None], b.shape))


def test_matrices_that_do_not_fit_are_refused(session):
    with pytest.raises(ValueError, match=r"Dimensions must be equal, but are 2 and 3 for 'MatMul' \(op: 'MatMul'\)"):
        tf.matmul(tf.ones([1, 2]), tf.ones([3, 1]))
    with pytest.raises(ValueError, match="Shape must be rank 2 but is rank 1"):
        tf.matmul(tf.ones([2]), tf.ones([2, 1]))
    with pytest.raises(ValueError, match="Only one of transpose_a and adjoint_a can be True"):
        tf.matmul(tf.ones([2, 2]), tf.ones([2, 2]), transpose_a=True, adjoint_a=True)
    x = tf.placeholder(tf.float32)
    with pytest.raises(tf.errors.InvalidArgumentError):
        session.run(tf.matmul(x, tf.ones([3, 1])), {x: np.ones([1, 2])})


def test_the_operator_takes_arrays_on_either_side(session):
    x = tf.constant([[1.0, 2.0]])
    assert session.run([x @ np.array([[3.0], [4.0]]), np.array([[3.0], [4.0]]) @ x])[0].tolist() == [[11.0]]


@pytest.mark.parametrize("transpose_a", [False, True])
@pytest.mark.parametrize("transpose_b", [False, True])
def test_gradients_have_the_shapes_of_the_factors(session, transpose_a, transpose_b):
    a = tf.constant(np.random.RandomState(0).rand(*([3, 2] if transpose_a else [2, 3])))
    b = tf.constant(np.random.RandomState(1).rand(*([4, 3] if transpose_b else [3, 4])))
    weights = np.random.RandomState(2).rand(2, 4)
    loss = tf.reduce_sum(weights * tf.matmul(a, b, transpose_a, transpose_b))
    left, right, da, db = session.run([a, b, *tf.gradients(loss, [a, b])])
    left, right = left.T if transpose_a else left, right.T if transpose_b else right
    np.testing.assert_allclose(da.T if transpose_a else da, weights @ right.T)
    np.testing.assert_allclose(db.T if transpose_b else db, left.T @ weights)
