"""Moments, and batch normalization in its three forms, against NumPy and each other."""

import numpy as np
import pytest

import funcfit.tf1 as tf
from funcfit.tf1.opdef import raw

X = np.random.default_rng(0).normal(3.0, 2.0, (4, 5, 6, 3)).astype(np.float32)
SCALE, OFFSET = np.array([1.0, 2.0, 0.5], np.float32), np.array([0.0, -1.0, 1.0], np.float32)


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def run(fetch, feeds=None):
    with tf.Session() as session:
        return session.run(fetch, feeds)


@pytest.mark.parametrize("axes", [[0], [0, 1, 2], [3], 0, [-1]])
@pytest.mark.parametrize("keep", [False, True])
def test_moments_are_numpys(axes, keep):
    along = tuple(axes) if isinstance(axes, list) else axes
    mean, variance = run(tf.nn.moments(X, axes, keep_dims=keep))
    np.testing.assert_allclose(mean, X.mean(along, keepdims=keep), rtol=1e-5)
    np.testing.assert_allclose(variance, X.var(along, keepdims=keep), rtol=1e-4)


def test_axes_of_moments_may_be_a_tensor():
    axes = tf.placeholder(tf.int32, [None])
    mean, variance = run(tf.nn.moments(tf.constant(X), axes), {axes: [0, 2]})
    np.testing.assert_allclose(mean, X.mean((0, 2)), rtol=1e-5)
    np.testing.assert_allclose(variance, X.var((0, 2)), rtol=1e-4)


def test_moments_of_halves_are_computed_in_single():
    mean, variance = tf.nn.moments(tf.constant(np.full([4096], 8.0, np.float16)), [0])
    assert mean.dtype == variance.dtype == tf.float16
    assert run([mean, variance]) == [8, 0]


def test_weights_count_elements():
    weights = np.array([1.0, 0.0, 3.0, 2.0], np.float32).reshape(4, 1, 1, 1)
    mean, variance = run(tf.nn.weighted_moments(X, [0], weights))
    repeated = np.repeat(X, [1, 0, 3, 2], axis=0)
    np.testing.assert_allclose(mean, repeated.mean(0), rtol=1e-5)
    np.testing.assert_allclose(variance, repeated.var(0), rtol=1e-4, atol=1e-5)


def test_statistics_normalize_to_moments():
    count, sums, squares, shift = tf.nn.sufficient_statistics(X, [0, 1, 2], shift=tf.constant(3.0))
    mean, variance = run(tf.nn.normalize_moments(count, sums, squares, shift))
    np.testing.assert_allclose(mean, X.mean((0, 1, 2)), rtol=1e-5)
    np.testing.assert_allclose(variance, X.var((0, 1, 2)), rtol=1e-4)


def forms(x, scale, offset):
    """The three ways to write batch normalization, on the batch's own moments."""
    mean, variance = tf.nn.moments(x, [0, 1, 2])
    yield tf.nn.batch_normalization(x, mean, variance, offset, scale, 1e-3)
    yield tf.nn.fused_batch_norm(x, scale, offset)[0]
    old = raw.BatchNormWithGlobalNormalization
    yield old(x, mean, variance, offset, scale, variance_epsilon=1e-3, scale_after_normalization=True)


def test_the_forms_of_batch_normalization_agree_and_so_do_their_gradients():
    x, scale, offset = tf.constant(X), tf.constant(SCALE), tf.constant(OFFSET)
    weights = np.random.default_rng(1).normal(size=X.shape).astype(np.float32)
    plain, *others = run([[y, *tf.gradients(y * weights, [x, scale, offset])] for y in forms(x, scale, offset)])
    for other in others:
        for a, b in zip(plain, other):
            np.testing.assert_allclose(a, b, rtol=3e-4, atol=3e-5)


def test_fused_normalization_gives_the_unbiased_variance():
    _, mean, variance = run(tf.nn.fused_batch_norm(X, SCALE, OFFSET))
    np.testing.assert_allclose(mean, X.mean((0, 1, 2)), rtol=1e-5)
    np.testing.assert_allclose(variance, X.var((0, 1, 2), ddof=1), rtol=1e-4)


@pytest.mark.parametrize("is_training", [True, False])
def test_fused_normalization_takes_channels_first(is_training):
    moments = {} if is_training else {"mean": OFFSET, "variance": SCALE}
    last = tf.nn.fused_batch_norm(X, SCALE, OFFSET, is_training=is_training, **moments)[0]
    first = tf.nn.fused_batch_norm(
        X.transpose(0, 3, 1, 2), SCALE, OFFSET, is_training=is_training, data_format="NCHW", **moments
    )[0]
    a, b = run([last, first])
    np.testing.assert_allclose(b.transpose(0, 2, 3, 1), a, rtol=1e-4, atol=1e-5)


def test_fused_normalization_trains_on_the_moments_of_the_batch():
    with pytest.raises(ValueError, match="Both 'mean' and 'variance' must be None if is_training is True"):
        tf.nn.fused_batch_norm(X, SCALE, OFFSET, mean=OFFSET, variance=SCALE)


def test_the_curvature_of_fused_normalization_is_that_of_arithmetic():
    x, scale, offset = tf.constant(X[:2, :2, :2]), tf.constant(SCALE), tf.constant(OFFSET)
    weights = np.random.default_rng(1).normal(size=(2, 2, 2, 2, 3)).astype(np.float32)
    curvatures = []
    for y in list(forms(x, scale, offset))[:2]:
        slope = tf.gradients(y * weights[0], x)[0]
        curvatures.append(tf.gradients(slope * weights[1], [x, scale]))
    for a, b in zip(*run(curvatures)):
        np.testing.assert_allclose(a, b, rtol=3e-4, atol=3e-5)


def test_unit_vectors_and_zeros():
    lengths = np.linalg.norm(run(tf.nn.l2_normalize(X, 3)), axis=3)
    np.testing.assert_allclose(lengths, np.ones_like(lengths), rtol=1e-5)
    assert run(tf.nn.zero_fraction(tf.constant([0.0, 1.0, 0.0, -0.0]))) == 0.75


def test_later_releases_gradients_of_fused_batch_norm_are_the_same():
    y, _, _, mean, variance, more = raw.FusedBatchNormV3(X, SCALE, OFFSET, [], [])
    second, third = (
        raw.FusedBatchNormGradV2(y, X, SCALE, mean, variance)[:3],
        raw.FusedBatchNormGradV3(y, X, SCALE, mean, variance, more)[:3],
    )
    for a, b in zip(*run([second, third]), strict=True):
        np.testing.assert_array_equal(a, b)
