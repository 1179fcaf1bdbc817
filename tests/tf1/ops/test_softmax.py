"""Cross entropies: what they take and refuse, and where gradients flow."""

import jax
import numpy as np
import pytest

import funcfit.tf1 as tf

LOGITS = np.array([[1.0, 2.0, 0.5], [-1.0, 0.0, 3.0]], np.float32)
LABELS = np.array([[0.0, 1.0, 0.0], [0.2, 0.3, 0.5]], np.float32)


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def run(fetch, feeds=None):
    with tf.Session() as session:
        return session.run(fetch, feeds)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
def test_softmax_goes_along_any_axis(axis):
    x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)
    with tf.Session() as session:
        plain, logarithm = session.run([tf.nn.softmax(x, axis), tf.nn.log_softmax(x, dim=axis)])
    np.testing.assert_allclose(plain, jax.nn.softmax(x, axis), rtol=1e-5)
    np.testing.assert_allclose(logarithm, jax.nn.log_softmax(x, axis), rtol=1e-5)


def test_an_axis_that_is_not_there_is_refused():
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be in the range"):
        tf.nn.softmax(tf.zeros([2, 3]), 2)


def test_axis_and_dim_are_one_argument():
    with pytest.raises(ValueError, match="Cannot specify both"):
        tf.nn.softmax(tf.zeros([2, 3]), axis=1, dim=1)


FUNCTIONS = [
    tf.nn.softmax_cross_entropy_with_logits,
    tf.nn.sigmoid_cross_entropy_with_logits,
]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_programs_from_before_1_0_pass_logits_and_labels_by_position(function):
    by_name, by_position = run([function(labels=LABELS, logits=LOGITS), function(LOGITS, LABELS)])
    np.testing.assert_array_equal(by_name, by_position)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_other_positional_calls_are_refused(function):
    with pytest.raises(ValueError, match=r"Only call `\w+` with named arguments \(labels=..., logits=..., ...\)"):
        function(LOGITS, LABELS, LABELS)
    with pytest.raises(ValueError, match=r"Only call `\w+` with named arguments"):
        function(LOGITS)
    with pytest.raises(ValueError, match="Both labels and logits must be provided"):
        function(labels=LABELS)


def test_a_label_that_is_no_class_is_an_error_that_names_it():
    labels = tf.placeholder(tf.int32, [2])
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=LOGITS)
    expected = "Received a label value of 3 which is outside the valid range of"
    with tf.Session() as session:
        with pytest.raises(tf.errors.InvalidArgumentError, match=expected):
            session.run(loss, {labels: [0, 3]})
        assert session.run(loss, {labels: [0, 2]}).shape == (2,)


def test_ranks_and_sizes_must_fit():
    sparse = tf.nn.sparse_softmax_cross_entropy_with_logits
    with pytest.raises(ValueError, match="Logits cannot be scalars"):
        sparse(labels=tf.constant(0), logits=tf.constant(1.0))
    with pytest.raises(ValueError, match="Rank mismatch"):
        sparse(labels=tf.zeros([2, 1], tf.int32), logits=LOGITS)
    with pytest.raises(ValueError, match="logits and labels must have the same shape"):
        tf.nn.sigmoid_cross_entropy_with_logits(labels=LABELS, logits=LOGITS[:, :2])
    unknown = tf.placeholder(tf.float32)
    loss = tf.nn.softmax_cross_entropy_with_logits(labels=unknown, logits=LOGITS)
    with pytest.raises(tf.errors.InvalidArgumentError, match="logits and labels must be same size"):
        run(loss, {unknown: LABELS[:, :2]})


def test_only_the_second_version_differentiates_labels():
    labels, logits = tf.constant(LABELS), tf.constant(LOGITS)
    first = tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    assert tf.gradients(first, labels) == [None]
    second = tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels, logits=logits)
    np.testing.assert_allclose(run(tf.gradients(second, labels)[0]), -jax.nn.log_softmax(LOGITS), rtol=1e-5)


def test_the_curvature_of_softmax_cross_entropy_is_jaxs():
    def loss(logits):
        return -(LABELS * jax.nn.log_softmax(logits)).sum()

    logits = tf.constant(LOGITS)
    ours = tf.nn.softmax_cross_entropy_with_logits(labels=LABELS, logits=logits)
    slope = tf.gradients(ours, logits)[0]
    direction = np.array([[1.0, -2.0, 0.5], [0.0, 1.0, 1.0]], np.float32)
    got = run(tf.gradients(slope * direction, logits)[0])
    expected = jax.jvp(jax.grad(loss), (LOGITS,), (direction,))[1]
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-6)


def test_a_second_derivative_that_tensorflow_cannot_take_is_refused():
    logits = tf.constant(LOGITS)
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[0, 1], logits=logits)
    slope = tf.gradients(loss, logits)[0]
    with pytest.raises(LookupError, match="explicitly disabled"):
        tf.gradients(slope, logits)


def test_half_precision_losses_are_computed_in_single():
    logits = LOGITS.astype(np.float16)
    dense = tf.nn.softmax_cross_entropy_with_logits(labels=LABELS.astype(np.float16), logits=logits)
    sparse = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[0, 1], logits=logits)
    assert dense.dtype == sparse.dtype == tf.float16
    assert all(np.isfinite(loss).all() for loss in run([dense, sparse]))
