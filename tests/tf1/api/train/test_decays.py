"""Learning rates against the formulas in NumPy."""

import numpy as np
import pytest

import funcfit.tf1 as tf

STEPS = [0, 1, 5, 9, 10, 11, 25]


def polynomial(t, cycle=False):
    length = 10 * max(1, np.ceil(t / 10)) if cycle else 10
    return (0.5 - 0.1) * (1 - min(t, length) / length) ** 2 + 0.1


def restarts(t):
    start, length, height = 0, 10, 1.0
    while t >= start + length:
        start, length, height = start + length, length * 2, height * 0.5
    return 0.5 * ((1 - 0.1) * height * 0.5 * (1 + np.cos(np.pi * (t - start) / length)) + 0.1)


def cosine(t):
    return 0.5 * (1 + np.cos(np.pi * min(t, 10) / 10))


train = tf.train
DECAYS = {
    "exponential": (lambda s: train.exponential_decay(0.5, s, 10, 0.9), lambda t: 0.5 * 0.9 ** (t / 10)),
    "staircase": (lambda s: train.exponential_decay(0.5, s, 10, 0.9, True), lambda t: 0.5 * 0.9 ** (t // 10)),
    "natural": (lambda s: train.natural_exp_decay(0.5, s, 10, 0.9), lambda t: 0.5 * np.exp(-0.9 * t / 10)),
    "inverse": (lambda s: train.inverse_time_decay(0.5, s, 10, 0.9), lambda t: 0.5 / (1 + 0.9 * t / 10)),
    "inverse_staircase": (
        lambda s: train.inverse_time_decay(0.5, s, 10, 0.9, True),
        lambda t: 0.5 / (1 + 0.9 * (t // 10)),
    ),
    "polynomial": (lambda s: train.polynomial_decay(0.5, s, 10, 0.1, power=2.0), polynomial),
    "cycle": (lambda s: train.polynomial_decay(0.5, s, 10, 0.1, power=2.0, cycle=True), lambda t: polynomial(t, True)),
    "piecewise": (
        lambda s: train.piecewise_constant(s, [5, 10], [0.5, 0.2, 0.1]),
        lambda t: 0.5 if t <= 5 else 0.2 if t <= 10 else 0.1,
    ),
    "cosine": (lambda s: train.cosine_decay(0.5, s, 10, alpha=0.1), lambda t: 0.5 * (0.9 * cosine(t) + 0.1)),
    "restarts": (lambda s: train.cosine_decay_restarts(0.5, s, 10, m_mul=0.5, alpha=0.1), restarts),
    "linear_cosine": (
        lambda s: train.linear_cosine_decay(0.5, s, 10, alpha=0.1),
        lambda t: 0.5 * ((0.1 + 1 - min(t, 10) / 10) * cosine(t) + 0.001),
    ),
    "noiseless": (
        lambda s: train.noisy_linear_cosine_decay(0.5, s, 10, initial_variance=0.0, alpha=0.1),
        lambda t: 0.5 * ((0.1 + 1 - min(t, 10) / 10) * cosine(t) + 0.001),
    ),
}


@pytest.mark.parametrize("name", DECAYS)
def test_the_rate_follows_its_formula(name):
    decay, formula = DECAYS[name]
    with tf.Graph().as_default(), tf.Session() as session:
        step = tf.placeholder(tf.int32, [])
        rate = decay(step)
        assert rate.dtype is tf.float32
        np.testing.assert_allclose(
            [session.run(rate, {step: t}) for t in STEPS], [formula(t) for t in STEPS], rtol=1e-5
        )


def test_a_step_is_required():
    for decay in (train.exponential_decay, train.natural_exp_decay, train.inverse_time_decay):
        with pytest.raises(ValueError, match="global_step is required"):
            decay(0.1, None, 10, 0.9)
    for decay in (train.polynomial_decay, train.cosine_decay, train.cosine_decay_restarts, train.linear_cosine_decay):
        with pytest.raises(ValueError, match="global_step is required"):
            decay(0.1, None, 10)


def test_boundaries_and_values_must_fit():
    with tf.Graph().as_default():
        step = tf.Variable(0, dtype=tf.int64)
        train.piecewise_constant(step, [1, 2], [1.0, 0.5, 0.1])
        with pytest.raises(ValueError, match="length of boundaries"):
            train.piecewise_constant(step, [1, 2], [1.0, 0.5])
        with pytest.raises(ValueError, match="Boundaries"):
            train.piecewise_constant(step, [1.5, 2.5], [1.0, 0.5, 0.1])
        with pytest.raises(ValueError, match="Values must have elements all with the same dtype"):
            train.piecewise_constant(step, [1], [1.0, 2])
