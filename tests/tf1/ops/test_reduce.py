"""Reductions: how the axes may be given, what is known of the result's shape, and the nodes that come of it."""

import numpy as np
import pytest

import funcfit.tf1 as tf

X = np.arange(24, dtype=np.float32).reshape(2, 3, 4) - 7


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


@pytest.mark.parametrize("axis", [None, 0, -1, [0, 2], (1,), [], np.array([1, 0])])
@pytest.mark.parametrize("keep", [False, True])
def test_axes_are_given_as_numbers_or_lists(session, axis, keep):
    y = tf.reduce_sum(X, axis, keep_dims=keep)
    expected = X.sum(None if axis is None else tuple(np.ravel(axis).astype(int)), keepdims=keep)
    np.testing.assert_allclose(session.run(y), expected)
    assert y.shape == expected.shape


def test_axes_have_had_three_names(session):
    values = [
        tf.reduce_max(X, axis=1, keepdims=True),
        tf.reduce_max(X, reduction_indices=1, keep_dims=True),
        tf.reduce_max(X, 1, True),
    ]
    for value in session.run(values):
        np.testing.assert_array_equal(value, X.max(1, keepdims=True))
    with pytest.raises(ValueError, match="Cannot specify both 'axis' and 'reduction_indices'"):
        tf.reduce_max(X, axis=1, reduction_indices=1)


def test_an_axis_that_is_not_there_is_refused(session):
    with pytest.raises(ValueError, match="Invalid reduction dimension 3 for input with 3 dimensions"):
        tf.reduce_sum(tf.constant(X), 3)


def test_axes_may_be_fed(session):
    axes = tf.placeholder(tf.int32, [None])
    y = tf.reduce_mean(tf.constant(X), axes)
    assert y.shape.ndims is None
    for given in ([0], [0, 2], []):
        np.testing.assert_allclose(session.run(y, {axes: given}), X.mean(tuple(given)), rtol=1e-6)


def test_without_axes_a_tensor_of_unknown_rank_is_reduced_to_a_scalar(session):
    x = tf.placeholder(tf.float32)
    y = tf.reduce_sum(x)
    assert session.run(y, {x: X}) == X.sum() and session.run(y, {x: 3.0}) == 3.0
    assert session.run(tf.gradients(y, x)[0], {x: X}).shape == X.shape


def test_the_mean_of_integers_is_cut_off(session):
    assert session.run([tf.reduce_mean([1, 2]), tf.reduce_mean([-1, -2])]) == [1, -1]


def test_reductions_of_nothing(session):
    x = tf.zeros([0, 2])
    total, mean, product, largest = session.run(
        [f(x, 0) for f in (tf.reduce_sum, tf.reduce_mean, tf.reduce_prod, tf.reduce_max)]
    )
    assert total.tolist() == [0, 0] and np.isnan(mean).all() and product.tolist() == [1, 1]
    assert largest.tolist() == [-np.inf, -np.inf]


def test_equal_extremes_share_the_gradient(session):
    x = tf.constant([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
    gradient = session.run(tf.gradients(tf.reduce_max(x, 1), x)[0])
    np.testing.assert_allclose(gradient, [[0, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3]], rtol=1e-6)


def test_the_gradient_of_a_product_takes_zeros(session):
    x = tf.constant([[2.0, 0.0, 3.0], [0.0, 0.0, 4.0]])
    gradient = session.run(tf.gradients(tf.reduce_prod(x, 1), x)[0])
    assert gradient.tolist() == [[0, 6, 0], [0, 0, 0]]


def test_the_position_of_an_extreme_is_the_first_of_equals_and_never_a_nans(session):
    x = tf.constant([[1.0, 3.0, 3.0], [np.nan, 2.0, 5.0]])
    assert session.run(tf.argmax(x, 1)).tolist() == [1, 2] and session.run(tf.argmin(x, axis=1)).tolist() == [0, 1]
    assert tf.argmax(x, 0).dtype is tf.int64 and tf.argmax(x, 0, output_type=tf.int32).dtype is tf.int32
    with pytest.raises(LookupError, match="No gradient defined for operation 'ArgMax"):
        tf.gradients(tf.argmax(x, 1), x)
    with pytest.raises(ValueError, match=r"Dimension \(2\) must be in the range \[-2, 2\)"):
        tf.argmax(x, 2)


def test_counting_what_is_not_zero(session):
    counts = session.run([tf.count_nonzero([[0, 1], [2, 0]], 1), tf.count_nonzero(["a", "", "b"])])
    assert counts[0].tolist() == [1, 1] and counts[1] == 2


def test_logsumexp_does_not_overflow(session):
    assert session.run(tf.reduce_logsumexp([1000.0, 1000.0])) == np.float32(1000 + np.log(2))
