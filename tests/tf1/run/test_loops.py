"""Loops as plans run them: compiled with a known or an unknown number of turns, or turn by turn; each gives what the
same turns written out in Python give.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import funcfit.tf1 as tf
from funcfit import compile as compiling
from funcfit.tf1.run.plan import plan


@pytest.fixture(autouse=True)
def fresh_graph():
    with tf.Graph().as_default():
        yield


def turns(count, step, *start):
    """`start` after `count` turns of `step`, in Python."""
    for i in range(count):
        start = step(i, *start)
    return start if len(start) > 1 else start[0]


def counted(count, step, *start):
    """The same as a while_loop."""
    return tf.while_loop(lambda i, *_: i < count, lambda i, *x: (i + 1, *step(i, *x)), (tf.constant(0), *start))[1:]


def nested(x, y):
    return tf.while_loop(lambda j, z: j < 3, lambda j, z: (j + 1, z * x + y * 0.1), (0, y))[1]


# A program of x, the same in JAX, and how its loops have to run.
PROGRAMS = {
    "a counter": (lambda x: counted(5, lambda i, y: [y * x], x)[0], lambda x: x**6, "compiled"),
    "down by two": (
        lambda x: tf.while_loop(lambda i, y: i > 0, lambda i, y: (i - 2, y * x), (9, x))[1],
        lambda x: x**6,
        "compiled",
    ),
    "until a number is reached": (
        lambda x: tf.while_loop(lambda y: y < 20.0, lambda y: y * x, [x]),
        lambda x: x**14,
        "by turn",
    ),
    "a bound beside": (
        lambda x: tf.while_loop(lambda i, y: (i < 30) & (y < 20.0), lambda i, y: (i + 1, y * x), (0, x))[1],
        lambda x: x**14,
        "compiled",
    ),
    "a bound beside, and shapes that the run tells": (
        lambda x: tf.while_loop(
            lambda i, y: (i < 30) & (y[0] < 20.0),
            lambda i, y: (i + 1, y * x),
            (0, tf.placeholder_with_default(tf.stack([x]), [None])),
        )[1][0],
        lambda x: x**14,
        "compiled",
    ),
    "no turn": (lambda x: counted(0, lambda i, y: [y * x], x)[0], lambda x: x, "compiled"),
    "a loop in a loop": (
        lambda x: counted(2, lambda i, y: [nested(x, y)], x)[0],
        lambda x: turns(2, lambda i, y: [turns(3, lambda j, z: [z * x + y * 0.1], y)], x),
        "compiled",
    ),
    "a loop of another length in each turn": (
        lambda x: counted(
            4, lambda i, y: [tf.while_loop(lambda j, z: j < i, lambda j, z: (j + 1, z * x), (0, y))[1]], x
        )[0],
        lambda x: x**7,
        "by turn",
    ),
    "a conditional": (
        lambda x: counted(4, lambda i, y: [tf.cond(i < 2, lambda: y * x, lambda: y * y + x)], x)[0],
        lambda x: turns(4, lambda i, y: [y * x if i < 2 else y * y + x], x),
        "compiled",
    ),
    "a conditional on what the turns compute": (
        lambda x: counted(4, lambda i, y: [tf.cond(y < 2.0, lambda: y * x, lambda: y - x)], x)[0],
        lambda x: turns(4, lambda i, y: [jnp.where(y < 2.0, y * x, y - x)], x),
        "compiled",
    ),
    "a conditional, and a bound beside": (
        lambda x: tf.while_loop(
            lambda i, y: (i < 12) & (y < 50.0),
            lambda i, y: (i + 1, tf.cond(i < 3, lambda: y * x + 1.0, lambda: y * y)),
            (0, x),
        )[1],
        lambda x: turns(5, lambda i, y: [y * x + 1.0 if i < 3 else y * y], x),
        "compiled",
    ),
    "a conditional, until a number is reached": (
        lambda x: tf.while_loop(
            lambda y: y < 50.0, lambda y: tf.cond(y < 6.0, lambda: y * x + 1.0, lambda: y * y), [x]
        ),
        lambda x: turns(5, lambda i, y: [y * x + 1.0 if i < 3 else y * y], x),
        "by turn",
    ),
    "arrays read and written": (
        lambda x: tf.reduce_sum(written_by(x)),
        lambda x: sum(turns(4, lambda i, s, out: (s + x * i, [*out, s * x * i]), 1.0, [])[1]),
        "compiled",
    ),
    "what earlier turns wrote": (
        lambda x: powers(x).read(4),
        lambda x: x**5,
        "compiled",
    ),
    "shapes that grow": (
        lambda x: tf.reduce_sum(
            tf.while_loop(
                lambda i, y: i < 3,
                lambda i, y: (i + 1, tf.concat([y, y * x], 0)),
                (0, tf.reshape(x, [1])),
                shape_invariants=(tf.TensorShape([]), tf.TensorShape([None])),
            )[1]
        ),
        lambda x: x * (1 + x) ** 3,
        "by turn",
    ),
    "a Python function": (
        lambda x: counted(3, lambda i, y: [y * x + called(x)], x)[0],
        lambda x: x**4,
        "by turn",
    ),
}


def called(x):
    y = tf.py_func(lambda v: v * np.float32(0), [x], tf.float32)
    y.set_shape([])
    return y


def written_by(x):
    _, _, out = tf.while_loop(
        lambda i, *_: i < 4,
        lambda i, s, out: (i + 1, s + x * tf.to_float(i), out.write(i, s * x * tf.to_float(i))),
        (0, 1.0, tf.TensorArray(tf.float32, 4)),
    )
    return out.stack()


def powers(x):
    start = tf.TensorArray(tf.float32, 5, clear_after_read=False).write(0, x)
    return tf.while_loop(lambda i, a: i < 5, lambda i, a: (i + 1, a.write(i, a.read(i - 1) * x)), (1, start))[1]


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_loop_gives_what_its_turns_written_out_give(name):
    program, reference, _ = PROGRAMS[name]
    x = tf.placeholder(tf.float32, [])
    y = program(x)
    with tf.Session() as session:
        for value in (1.25, 1.24):
            np.testing.assert_allclose(session.run(y, {x: value}), reference(np.float32(value)), rtol=2e-6)
        before = compiling.traces()
        session.run(y, {x: 1.25})
        assert compiling.traces() == before


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name != "a Python function"])
def test_the_gradient_of_a_loop_is_that_of_its_turns_written_out(name):
    program, reference, how = PROGRAMS[name]
    x = tf.placeholder(tf.float32, [])
    y = program(x)
    (slope,) = tf.gradients(y, x)
    with tf.Session() as session:
        for value in (1.25, 1.24):
            np.testing.assert_allclose(session.run(slope, {x: value}), jax.grad(reference)(value), rtol=1e-5)
        before = compiling.traces()
        session.run(slope, {x: 1.25})
        assert compiling.traces() == before
        (run,) = (p for p in session._programs.values() if slope in p.elements)
        assert (how == "by turn") == bool(run.by_turn or any(loop.by_turn for loop in run.plan.loops.values()))


def test_a_loop_variable_that_counts_is_known_after_the_loop():
    n = tf.while_loop(lambda i: i < 7, lambda i: i + 2, [tf.constant(1)])
    with tf.Session() as session:
        assert session.run(tf.zeros([n])).shape == (7,)
        assert len(plan([tf.zeros([n])], []).stages) == 2  # known only to the trace


def test_a_variable_written_in_each_turn_is_whole_after_the_loop():
    v = tf.Variable(1.0)

    def body(i):
        with tf.control_dependencies([tf.assign_add(v, tf.to_float(i))]):
            return i + 1

    n = tf.while_loop(lambda i: i < 4, body, [tf.constant(0)])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(n) == 4 and session.run(v) == 7.0
        session.run(n)
        assert session.run(v) == 13.0


def test_random_nodes_draw_anew_in_each_turn_and_go_on_in_the_next_run():
    def draws(count):
        out = tf.TensorArray(tf.float32, count)
        return tf.while_loop(
            lambda i, a: i < count, lambda i, a: (i + 1, a.write(i, tf.random_uniform([], seed=3))), (0, out)
        )[1].stack()

    first, single = draws(3), tf.random_uniform([], seed=3)
    with tf.Session() as session:
        looped = np.concatenate([session.run(first), session.run(first)])
        np.testing.assert_array_equal(looped, [session.run(single) for _ in range(6)])


def test_an_assertion_that_fails_in_a_turn_says_what_it_saw_then():
    def body(i):
        with tf.control_dependencies([tf.Assert(i < 3, [i])]):
            return i + 1

    n = tf.placeholder(tf.int32, [])
    end = tf.while_loop(lambda i: i < n, body, [tf.constant(0)])
    with tf.Session() as session:
        assert session.run(end, {n: 3}) == 3
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"assertion failed: \[3\]"):
            session.run(end, {n: 6})


def test_an_index_that_counts_turns_needs_no_check_in_them():
    a = tf.TensorArray(tf.float32, 3).unstack([1.0, 2.0, 3.0])
    total = counted(3, lambda i, s: [s + a.read(i)], tf.constant(0.0))[0]
    with tf.Session() as session:
        assert session.run(total) == 6.0
        (run,) = session._programs.values()
        (executable,) = run.executables.values()
        assert not any(noted.checks for noted in executable.noted.values())


def test_a_long_loop_runs_in_constant_memory():
    x = tf.placeholder(tf.float32, [1000])
    y = tf.while_loop(lambda i, x: i < 100_000, lambda i, x: (i + 1, x * 0.999 + 1.0), (0, x))[1]
    with tf.Session() as session:
        session.run(y, {x: np.zeros(1000)})
        (run,) = session._programs.values()
        (executable,) = run.executables.values()
        shape = jax.ShapeDtypeStruct((1000,), np.float32)
        memory = executable.compiled.lower(shape).compile().memory_analysis()
        assert memory.temp_size_in_bytes < 100_000


def test_functionalize_gives_a_loop_that_maps_and_differentiates():
    x = tf.placeholder(tf.float32, [])
    y = counted(3, lambda i, y: [y * x], x)[0]
    fn, state = tf.functionalize(y, [x])
    cubed = lambda value: fn(state, value)[0]
    np.testing.assert_allclose(jax.jit(jax.vmap(cubed))(jnp.array([1.0, 2.0])), [1.0, 16.0])
    np.testing.assert_allclose(jax.grad(cubed)(2.0), 32.0)


def test_explain_shows_loops(capsys):
    end = tf.while_loop(lambda i: i < 3, lambda i: i + 1, [tf.constant(0)])
    assert "loop while/LoopCond: 1 variable" in tf.explain(end)
