"""Activations are differentiated as JAX differentiates their lowerings, twice."""

import jax
import numpy as np
import pytest

import funcfit.tf1 as tf
from funcfit.tf1.opdef import raw

X = np.array([-4.0, -2.0, -0.3, 0.4, 1.5, 5.0, 6.5], np.float32)
ACTIVATIONS = ["Relu", "Relu6", "Elu", "Selu", "Softplus", "Softsign", "LeakyRelu"]
TWICE = ["Relu", "Relu6", "Elu", "Selu", "Softplus", "LeakyRelu"]


def run(fetch):
    with tf.Session() as session:
        return session.run(fetch)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slopes_are_jaxs(name):
    card = raw.get(name)
    with tf.Graph().as_default():
        x = tf.constant(X)
        got = run(tf.gradients(card(x), x)[0])
    np.testing.assert_allclose(got, jax.vmap(jax.grad(card.lower))(X), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", TWICE)
def test_curvatures_are_jaxs(name):
    card = raw.get(name)
    with tf.Graph().as_default():
        x = tf.constant(X)
        slope = tf.gradients(card(x), x)[0]
        got = run(tf.gradients(slope, x)[0])
    np.testing.assert_allclose(got, jax.vmap(jax.grad(jax.grad(card.lower)))(X), rtol=1e-4, atol=1e-6)


def test_integers_may_be_rectified():
    with tf.Graph().as_default():
        assert run(tf.nn.relu(tf.constant([-3, 4]))).tolist() == [0, 4]
        assert run(tf.nn.relu6(tf.constant([-3, 4, 9]))).tolist() == [0, 4, 6]


def test_a_leaky_relu_takes_its_slope_as_a_number_or_a_tensor():
    with tf.Graph().as_default():
        for alpha in (0.25, tf.constant(0.25)):
            assert run(tf.nn.leaky_relu(tf.constant([-4.0, 4.0]), alpha)).tolist() == [-1, 4]
        assert run(tf.nn.leaky_relu(tf.constant([-10, 4]), 0.5)).tolist() == [-5, 4]


def test_concatenated_relus_have_both_signs():
    with tf.Graph().as_default():
        x = tf.constant([[1.0, -2.0]])
        assert run(tf.nn.crelu(x)).tolist() == [[1, 0, 0, 2]]
        assert run(tf.nn.crelu(x, axis=0)).tolist() == [[1, 0], [0, 2]]
