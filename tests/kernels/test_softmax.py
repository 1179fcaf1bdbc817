"""Softmax and cross entropies equal JAX's, their second result is the gradient of the first."""

import jax
import jax.numpy as jnp
import numpy as np

from funcfit.kernels import softmax

LOGITS = np.array([[1.0, 2.0, 3.0], [-1e4, 0.0, 1e4], [0.0, 0.0, 0.0], [5.0, -3.0, 80.0]], np.float32)
LABELS = np.array([[0.0, 1.0, 0.0], [0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.0, 0.5, 0.5]], np.float32)


def test_softmax_and_its_logarithm_are_jaxs():
    np.testing.assert_allclose(softmax.softmax(LOGITS), jax.nn.softmax(LOGITS), rtol=1e-6)
    np.testing.assert_allclose(softmax.log_softmax(LOGITS), jax.nn.log_softmax(LOGITS), rtol=1e-6)


def test_the_second_result_is_the_gradient_of_the_first():
    losses, backprop = softmax.cross_entropy(jnp.asarray(LOGITS), LABELS)
    gradient = jax.grad(lambda logits: softmax.cross_entropy(logits, LABELS)[0].sum())(jnp.asarray(LOGITS))
    np.testing.assert_allclose(backprop, gradient, atol=1e-6)
    np.testing.assert_allclose(losses, -(LABELS * jax.nn.log_softmax(LOGITS)).sum(-1), rtol=1e-6)


def test_classes_are_distributions_with_one_certainty():
    classes = np.array([1, 2, 0, 2])
    sparse = softmax.sparse_cross_entropy(jnp.asarray(LOGITS), classes)
    dense = softmax.cross_entropy(jnp.asarray(LOGITS), np.eye(3, dtype=np.float32)[classes])
    for a, b in zip(sparse, dense):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_a_label_that_is_no_class_gives_nan():
    losses, backprop = softmax.sparse_cross_entropy(jnp.asarray(LOGITS), np.array([1, 3, -1, 0]))
    assert np.isnan(losses).tolist() == [False, True, True, False]
    assert np.isnan(backprop).any(-1).tolist() == [False, True, True, False]
