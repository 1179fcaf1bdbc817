"""Factorizations and solutions: matrices that have none, which triangle is read, shapes."""

import numpy as np
import pytest

import funcfit.tf1 as tf

POSITIVE = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]])


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def test_what_is_not_positive_definite_has_no_cholesky_factor(session):
    a = tf.placeholder(tf.float64, [2, 2])
    factor = tf.cholesky(a)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Cholesky decomposition was not successful"):
        session.run(factor, {a: [[1.0, 2.0], [2.0, 1.0]]})
    assert session.run(factor, {a: np.eye(2)}).tolist() == [[1, 0], [0, 1]]


def test_a_singular_matrix_has_no_inverse_and_no_solution(session):
    a = tf.placeholder(tf.float64, [2, 2])
    with pytest.raises(tf.errors.InvalidArgumentError, match="Input is not invertible"):
        session.run(tf.matrix_inverse(a), {a: [[1.0, 2.0], [2.0, 4.0]]})
    with pytest.raises(tf.errors.InvalidArgumentError, match="Input matrix is not invertible"):
        session.run(tf.matrix_solve(a, tf.ones([2, 1], tf.float64)), {a: [[1.0, 2.0], [2.0, 4.0]]})
    with pytest.raises(tf.errors.InvalidArgumentError, match="Input matrix is not invertible"):
        session.run(tf.matrix_triangular_solve(a, tf.ones([2, 1], tf.float64)), {a: [[1.0, 2.0], [2.0, 0.0]]})


def test_only_the_lower_triangle_is_read(session):
    spoiled = np.tril(POSITIVE) + np.triu(np.full([3, 3], 9.0), 1)
    factor, values, x = session.run(
        [tf.cholesky(spoiled), tf.self_adjoint_eigvals(spoiled), tf.matrix_triangular_solve(spoiled, np.ones([3, 1]))]
    )
    np.testing.assert_allclose(factor, np.linalg.cholesky(POSITIVE))
    np.testing.assert_allclose(values, np.linalg.eigvalsh(POSITIVE))
    np.testing.assert_allclose(np.tril(POSITIVE) @ x, np.ones([3, 1]))


def test_factors_multiply_to_the_matrix(session):
    a = np.random.RandomState(0).rand(2, 4, 3)
    (s, u, v), (q, r), e = session.run([tf.svd(a), tf.qr(a), tf.self_adjoint_eig(POSITIVE)])
    np.testing.assert_allclose(u @ (s[..., None] * np.swapaxes(v, -1, -2)), a)
    np.testing.assert_allclose(q @ r, a)
    np.testing.assert_allclose(e[1] @ np.diag(e[0]) @ e[1].T, POSITIVE)


def test_static_shapes_of_batches(session):
    a = tf.placeholder(tf.float32, [None, 4, 3])
    s, u, v = tf.svd(a)
    q, r = tf.qr(a, full_matrices=True)
    shapes = [x.shape.as_list() for x in (s, u, v, q, r, tf.matrix_solve_ls(a, tf.ones([5, 4, 2])))]
    assert shapes == [[None, 3], [None, 4, 3], [None, 3, 3], [None, 4, 4], [None, 4, 3], [5, 3, 2]]
    with pytest.raises(ValueError, match="Dimensions must be equal, but are 4 and 3 for 'Cholesky'"):
        tf.cholesky(a)


@pytest.mark.parametrize(
    "function",
    [tf.cholesky, tf.matrix_inverse, tf.matrix_determinant, tf.self_adjoint_eigvals, tf.linalg.sqrtm],
    ids=lambda f: getattr(f, "__name__", str(f)),
)
def test_gradients_match_finite_differences_along_symmetric_steps(session, function):
    a = tf.placeholder(tf.float64, [3, 3])
    y = function(a)
    weights = np.random.RandomState(0).rand(*y.shape.as_list())
    loss = tf.reduce_sum(weights * y)
    gradient = session.run(tf.gradients(loss, a)[0], {a: POSITIVE})
    direction = np.random.RandomState(1).rand(3, 3)
    direction = (direction + direction.T) / 2
    up, down = (session.run(loss, {a: POSITIVE + sign * 1e-6 * direction}) for sign in (1, -1))
    assert np.sum(gradient * direction) == pytest.approx((up - down) / 2e-6, rel=1e-6)


def test_identity_matrices(session):
    assert session.run(tf.eye(2, 3)).tolist() == [[1, 0, 0], [0, 1, 0]]
    assert tf.eye(2, batch_shape=[4], dtype=tf.int32).shape == [4, 2, 2]


def test_diagonals_other_than_the_main_one_are_refused(session):
    with pytest.raises(NotImplementedError, match="only the main diagonal is provided: k=1 must be 0"):
        tf.matrix_diag_part(tf.ones([2, 2]), k=1)
    assert session.run(tf.matrix_diag_part(tf.ones([2, 3]), k=0)).tolist() == [1, 1]
