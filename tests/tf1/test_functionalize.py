"""A part of a graph as a pure function."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import funcfit.tf1 as tf


@pytest.fixture(autouse=True)
def fresh_graph():
    with tf.Graph().as_default():
        yield


def test_a_step_as_a_function_is_the_sessions_step():
    x, y = tf.placeholder(tf.float32, [None]), tf.placeholder(tf.float32, [None])
    m = tf.Variable(1.0, name="m")
    loss = tf.reduce_mean(tf.square(m * x - y))
    train = tf.train.AdamOptimizer(0.1).minimize(loss)
    fn, state = tf.functionalize([train, loss], [x, y])
    data = np.arange(4, dtype=np.float32), 3 * np.arange(4, dtype=np.float32)
    step = jax.jit(fn)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(5):
            (_, ours), state = step(state, *data)
            assert session.run([train, loss], {x: data[0], y: data[1]})[1] == pytest.approx(float(ours), rel=1e-6)
        assert session.run(m) == pytest.approx(float(state["m"]), rel=1e-6)


def test_the_function_differentiates_and_vmaps():
    x = tf.placeholder(tf.float32, [])
    w = tf.Variable(2.0, name="w")
    fn, state = tf.functionalize(w * x * x, [x])
    value = lambda x: fn(state, x)[0]
    assert jax.grad(value)(3.0) == 12
    np.testing.assert_array_equal(jax.vmap(value)(jnp.arange(3.0)), [0, 2, 8])


def test_random_nodes_draw_the_sessions_numbers():
    tf.set_random_seed(42)
    draw = tf.random_uniform([])
    fn, state = tf.functionalize(draw)
    first, state = fn(state)
    second, state = fn(state)
    assert [np.float32(first), np.float32(second)] == [np.float32(0.63789964), np.float32(0.8774011)]


def test_the_state_comes_from_the_session_where_it_has_one():
    w = tf.Variable(1.0, name="w")
    with tf.Session() as session:
        session.run(w.initializer)
        session.run(tf.assign(w, 7.0))
        _, state = tf.functionalize(w * 2.0, session=session)
    assert state["w"] == 7


def test_a_feed_that_decides_a_shape_is_an_ordinary_value():
    n = tf.placeholder(tf.int32, [])
    fn, state = tf.functionalize(tf.zeros(tf.stack([n, 2])), [n])
    assert fn(state, 3)[0].shape == (3, 2)
    with pytest.raises(TypeError, match="decides shapes"):
        jax.jit(fn)(state, 3)


REFUSED = {
    "a host op": (lambda: tf.py_func(lambda: np.float32(1), [], tf.float32), NotImplementedError, "runs on the host"),
    "a shape from a variable": (
        lambda: tf.zeros(tf.reshape(tf.Variable(3), [1])),
        NotImplementedError,
        "needs the value of",
    ),
    "a wide constant": (lambda: tf.constant(2**40) + 1, ValueError, "do not fit 32 bits"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_one_function_is_refused_by_name(name):
    make, error, words = REFUSED[name]
    with pytest.raises(error, match=words):
        tf.functionalize(make())


def test_too_few_values_are_refused():
    x = tf.placeholder(tf.float32, [])
    fn, state = tf.functionalize(x * 2.0, [x])
    with pytest.raises(TypeError, match="takes 1 feeds"):
        fn(state)
