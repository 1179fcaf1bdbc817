"""Large constants are arguments of the compiled programs, held once; what is computed of them is the same."""

import jax
import numpy as np
import pytest

import funcfit.tf1 as tf

LARGE = np.random.RandomState(0).randn(1 << 18, 2).astype("float32")


def compiled(session):
    return [e for program in session._programs.values() for e in program.executables.values()]


def test_programs_share_one_copy_and_hold_none():
    data, weights = tf.constant(LARGE), tf.Variable(np.ones([2, 1], "float32"))
    loss = tf.reduce_mean(tf.square(tf.matmul(data, weights) - 1.0))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    with tf.Session() as session:
        session.run(weights.initializer)
        for fetches in (train, [loss, train], loss):
            session.run(fetches)
        by_hand = jax.grad(lambda w: jax.numpy.mean((LARGE @ w - 1.0) ** 2))
        w = np.ones([2, 1], "float32")
        for _ in range(2):
            w = w - 0.1 * by_hand(w)
        np.testing.assert_allclose(session.run(weights), w, rtol=1e-5)
        takers = [e for e in compiled(session) if e.stage.constants]
        assert len(takers) == 3
        assert {id(session._state[node]) for e in takers for node in e.stage.constants} == {id(session._state[data.op])}
        arguments = [session._state[cell] for cell in takers[0].cells]
        assert LARGE.shape not in {x.shape for x in takers[0].compiled.trace(*arguments).jaxpr.consts}


def places():
    return tf.constant(np.arange(1 << 18)[::-1].copy())  # int64


def summed_in_a_loop(data):
    return tf.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x + data[0]), [0, tf.zeros([2])])[1]


# name: what is made of a large constant, and the same by NumPy
USES = {
    "64 bits": (lambda: tf.reduce_sum(tf.constant(LARGE.astype("float64"))), lambda: LARGE.astype("float64").sum()),
    "rows": (lambda: tf.gather(tf.constant(LARGE), [5, 7]), lambda: LARGE[[5, 7]]),
    "places": (lambda: tf.gather(tf.constant(LARGE), places()), lambda: LARGE[::-1]),
    "a mask": (
        lambda: tf.boolean_mask(tf.constant(LARGE), tf.constant(np.repeat(LARGE > 0, 4, 1))[:, 0]),
        lambda: LARGE[LARGE[:, 0] > 0],
    ),
    "its shape": (lambda: tf.zeros(tf.shape(tf.constant(LARGE))[1:]), lambda: np.zeros(2)),
    "a slice in strides": (lambda: tf.constant(LARGE)[::1000], lambda: LARGE[::1000]),
    "the constant": (lambda: tf.constant(LARGE), lambda: LARGE),
    "its gradient": (
        lambda: tf.gradients(tf.reduce_sum(tf.square(data := tf.constant(LARGE))), data)[0],
        lambda: 2 * LARGE,
    ),
    "in a loop": (
        lambda: tf.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x * 2), [0, tf.constant(LARGE)])[1],
        lambda: LARGE * 8,
    ),
    "seen from a loop": (lambda: summed_in_a_loop(tf.constant(LARGE)), lambda: LARGE[0] * 3),
    "in a branch": (
        lambda: tf.cond(tf.reduce_sum(tf.ones([3])) > 0, lambda: tf.constant(LARGE) * 2, lambda: tf.constant(LARGE)),
        lambda: LARGE * 2,
    ),
}


@pytest.mark.parametrize("name", USES)
def test_what_is_made_of_a_large_constant(name):
    made, meant = USES[name]
    value = made()
    with tf.Session() as session:
        for _ in range(2):
            np.testing.assert_allclose(session.run(value), meant(), rtol=1e-6)


def test_the_next_session_gets_it_too():
    total = tf.reduce_sum(tf.constant(LARGE)) * tf.Variable(2.0)
    start = tf.global_variables_initializer()
    for _ in range(2):
        with tf.Session() as session:
            session.run(start)
            np.testing.assert_allclose(session.run(total), 2 * LARGE.sum(), rtol=1e-3)
