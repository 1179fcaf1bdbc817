"""Sampled losses with all classes as candidates are the losses they estimate."""

import jax
import numpy as np
import pytest

import funcfit.tf1 as tf

CLASSES = 6
RNG = np.random.default_rng(0)
W = RNG.normal(size=(CLASSES, 3)).astype(np.float32)
B = RNG.normal(size=CLASSES).astype(np.float32)
X = RNG.normal(size=(4, 3)).astype(np.float32)
LABELS = np.array([[0], [5], [2], [2]])
LOGITS = X @ W.T + B


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def run(fetch, feeds=None):
    with tf.Session() as session:
        return session.run(fetch, feeds)


def all_classes():
    return tf.nn.all_candidate_sampler(tf.constant(LABELS, tf.int64), 1, CLASSES, unique=True)


def test_a_softmax_over_all_classes_is_the_softmax():
    loss = run(tf.nn.sampled_softmax_loss(W, B, LABELS, X, CLASSES, CLASSES, sampled_values=all_classes()))
    expected = -np.asarray(jax.nn.log_softmax(LOGITS))[np.arange(4), LABELS[:, 0]]
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_noise_contrast_over_all_classes_adds_a_logistic_loss_for_each():
    loss = run(tf.nn.nce_loss(W, B, LABELS, X, CLASSES, CLASSES, sampled_values=all_classes()))
    true = LOGITS[np.arange(4), LABELS[:, 0]]
    expected = np.log1p(np.exp(-true)) + np.log1p(np.exp(LOGITS)).sum(1)
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_tables_may_come_in_parts_and_gradients_reach_them():
    parts = [tf.Variable(W[:3]), tf.Variable(W[3:])]
    whole = tf.nn.nce_loss(W, B, LABELS, X, CLASSES, CLASSES, sampled_values=all_classes())
    loss = tf.nn.nce_loss(parts, B, LABELS, X, CLASSES, CLASSES, sampled_values=all_classes(), partition_strategy="div")
    slopes = tf.gradients(loss, parts)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        a, b, *_ = session.run([whole, loss, *(slope.values for slope in slopes)])
    np.testing.assert_allclose(a, b, rtol=1e-5)


def test_hits_are_where_a_true_class_was_sampled():
    rows, positions, weights = run(tf.nn.compute_accidental_hits(LABELS, [2, 4, 5], num_true=1))
    assert list(zip(rows, positions)) == [(1, 2), (2, 0), (3, 0)]
    assert (weights == np.finfo(np.float32).min).all()


def test_a_seed_makes_draws_repeat():
    losses = [
        run(tf.nn.sampled_softmax_loss(W, B, LABELS, X, 2, CLASSES, seed=3, remove_accidental_hits=False))
        for _ in range(2)
    ]
    np.testing.assert_array_equal(*losses)
