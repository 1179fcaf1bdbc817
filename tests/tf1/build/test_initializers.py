"""Initializers: shapes, dtypes, variances, and the function style of 0.12."""

import numpy as np
import pytest

import funcfit.tf1 as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


# initializer -> the variance it promises for a weight of 30 inputs and 50 outputs
VARIANCES = {
    "random_uniform": (tf.random_uniform_initializer(-3.0, 3.0, seed=1), 3.0),
    "random_normal": (tf.random_normal_initializer(stddev=2.0, seed=1), 4.0),
    "uniform_unit_scaling": (tf.uniform_unit_scaling_initializer(seed=1), 1 / 30),
    "glorot_uniform": (tf.glorot_uniform_initializer(seed=1), 2 / 80),
    "glorot_normal": (tf.glorot_normal_initializer(seed=1), 2 / 80 * 0.87962566**2),  # truncated and not corrected
    "variance_scaling": (tf.variance_scaling_initializer(2.0, "fan_out", seed=1), 2 / 50),
    "untruncated": (tf.variance_scaling_initializer(1.0, "fan_in", "untruncated_normal", seed=1), 1 / 30),
    "he_normal": (tf.initializers.he_normal(seed=1), 2 / 30),
    "he_uniform": (tf.initializers.he_uniform(seed=1), 2 / 30),
    "lecun_normal": (tf.initializers.lecun_normal(seed=1), 1 / 30),
    "lecun_uniform": (tf.initializers.lecun_uniform(seed=1), 1 / 30),
    "xavier": (tf.contrib.layers.xavier_initializer(seed=1), 2 / 80),
    "contrib": (tf.contrib.layers.variance_scaling_initializer(seed=1, uniform=True), 2 / 30),
}


@pytest.mark.parametrize("name", VARIANCES)
def test_draws_have_the_promised_variance(session, name):
    initializer, variance = VARIANCES[name]
    draws = session.run(initializer([40, 30 // 40 or 1, 30, 50][-2:], dtype=tf.float32))
    assert draws.dtype == np.float32 and draws.shape == (30, 50)
    assert abs(draws.mean()) < 4 * np.sqrt(variance / draws.size)
    assert draws.var() == pytest.approx(variance, rel=0.1)


def test_a_window_counts_to_inputs_and_outputs(session):
    draws = session.run(tf.glorot_uniform_initializer(seed=3)([3, 3, 8, 16]))
    assert np.abs(draws).max() == pytest.approx(np.sqrt(6 / (9 * 8 + 9 * 16)), rel=0.05)


def test_constants_fill_a_shape_up_or_must_fit(session):
    assert session.run(tf.constant_initializer([1, 2])([2, 2])).tolist() == [[1.0, 2.0], [2.0, 2.0]]
    assert session.run(tf.constant_initializer(3)([2], dtype=tf.int64)).dtype == np.int64
    with pytest.raises(TypeError, match="Expected Tensor's shape"):
        tf.constant_initializer([1, 2, 3], verify_shape=True)([2])
    with pytest.raises(TypeError, match="Invalid type for initial value"):
        tf.constant_initializer(tf.constant(1.0))


def test_zeros_and_ones_with_a_shape_are_tensors_as_before_1_0(session):
    assert session.run(tf.zeros_initializer([2, 3])).shape == (2, 3)
    assert session.run(tf.ones_initializer([2], tf.int32)).tolist() == [1, 1]
    assert session.run(tf.zeros_initializer([2], dtype=tf.int32, partition_info=None)).dtype == np.int32
    assert session.run(tf.zeros_initializer(shape=[2], dtype=tf.float64)).dtype == np.float64
    assert session.run(tf.ones_initializer(dtype=tf.float64)([1])).dtype == np.float64
    assert session.run(tf.zeros_initializer()([2], dtype=tf.bool)).tolist() == [False, False]


@pytest.mark.parametrize("shape", [[4, 3], [3, 4], [2, 2, 3]])
def test_orthogonal_rows_or_columns(session, shape):
    w = session.run(tf.orthogonal_initializer(gain=2.0, seed=1)(shape)).reshape(-1, shape[-1])
    product = w.T @ w if w.shape[0] >= w.shape[1] else w @ w.T
    np.testing.assert_allclose(product, 4.0 * np.eye(len(product)), atol=1e-5)


def test_orthogonal_takes_its_arguments_in_the_order_of_1_1_too():
    new, old = tf.orthogonal_initializer(1.0, 7, tf.float64), tf.orthogonal_initializer(1.0, tf.float64, 7)
    assert (new.seed, new.dtype) == (old.seed, old.dtype) == (7, tf.float64)


def test_the_identity_is_a_matrix(session):
    assert session.run(tf.initializers.identity(3.0)([2, 3])).tolist() == [[3.0, 0.0, 0.0], [0.0, 3.0, 0.0]]
    with pytest.raises(ValueError, match="2D"):
        tf.initializers.identity()([3])


def test_a_config_makes_an_equal_initializer(session):
    for initializer in (
        tf.random_normal_initializer(1.0, 2.0, 3),
        tf.variance_scaling_initializer(2.0, seed=3),
        tf.constant_initializer(4),
    ):
        again = type(initializer).from_config(initializer.get_config())
        np.testing.assert_array_equal(*session.run([initializer([2, 3]), again([2, 3])]))


def test_integers_are_refused_where_they_cannot_be_drawn():
    with pytest.raises(ValueError, match="Expected floating point type"):
        tf.truncated_normal_initializer(dtype=tf.int32)
    with pytest.raises(TypeError, match="non-floating"):
        tf.contrib.layers.xavier_initializer(dtype=tf.int32)
