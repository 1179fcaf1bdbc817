"""Where a plan is cut, and what decides a program."""

import numpy as np
import pytest

import funcfit.tf1 as tf
from funcfit import compile as compiling


@pytest.fixture(autouse=True)
def fresh_graph():
    with tf.Graph().as_default():
        yield


def test_a_fed_shape_compiles_once_per_value():
    n = tf.placeholder(tf.int32, [])
    y = tf.fill(tf.reshape(n, [1]), 2.0)
    with tf.Session() as session:
        for count in (3, 4, 3, 4):
            assert session.run(y, {n: count}).shape == (count,)
        before = compiling.traces()
        assert session.run(y, {n: 4}).shape == (4,)
        assert compiling.traces() == before


def test_a_shape_computed_from_a_variable_splits_the_plan():
    n = tf.Variable(3)
    y = tf.fill(tf.reshape(n * 2, [1]), 1.0)
    with tf.Session() as session:
        session.run(n.initializer)
        assert session.run(y).shape == (6,)
        session.run(tf.assign(n, 5))
        assert session.run(y).shape == (10,)
    assert "split because" in tf.explain(y)


@pytest.mark.parametrize("view", [lambda n: n, tf.identity, lambda n: tf.reshape(n, [-1])])
def test_a_variable_that_is_a_shape_splits_the_plan_too(view):
    n = tf.Variable([2, 3])
    y = tf.zeros(view(n))
    grown = tf.assign_add(n, [1, 1])
    with tf.control_dependencies([grown]):
        after = tf.zeros(view(tf.identity(n)))
    with tf.Session() as session:
        session.run(n.initializer)
        assert session.run(y).shape == (2, 3)
        assert session.run(after).shape == (3, 4)
        assert [x.shape for x in session.run([y, after])] == [(3, 4), (4, 5)]


def test_shapes_of_fed_arrays_are_known_while_tracing():
    x = tf.placeholder(tf.float32)
    y = tf.reshape(x, [tf.shape(x)[0], -1])
    with tf.Session() as session:
        assert session.run(y, {x: np.zeros((4, 3, 2))}).shape == (4, 6)
    assert "in 1 stage" in tf.explain(y, [x])


def test_a_host_op_splits_the_plan_and_keeps_the_order():
    x = tf.Variable(1.0)
    seen = []

    def look(value):
        seen.append(float(value))
        return value * 2

    with tf.control_dependencies([tf.assign_add(x, 1.0)]):
        looked = tf.py_func(look, [x.read_value()], tf.float32)
    y = looked + x
    with tf.Session() as session:
        session.run(x.initializer)
        assert session.run(y) == 6
        assert session.run(x) == 2
    assert seen == [2.0]


def test_an_error_in_a_later_stage_keeps_what_earlier_stages_wrote():
    x = tf.Variable(1.0)

    def fail(value):
        raise ValueError("on purpose")

    with tf.control_dependencies([tf.assign_add(x, 1.0)]):
        y = tf.py_func(fail, [tf.constant(1.0)], tf.float32) * 2.0
    with tf.Session() as session:
        session.run(x.initializer)
        with pytest.raises(tf.errors.OpError, match="on purpose"):
            session.run(y)
        assert session.run(x) == 2


def test_explain_names_cells_that_are_read_written_and_donated(capsys):
    x, y = tf.Variable(1.0, name="x"), tf.Variable(2.0, name="y")
    text = tf.explain(tf.assign_add(x, y))
    assert "writes (donated): x" in text and "reads: y" in text
    assert text in capsys.readouterr().out


def test_64_bit_values_are_kept_without_the_users_switch():
    import jax

    a = tf.constant(np.int64(2) ** 40)
    b = tf.constant(1.0 + 1e-12, dtype=tf.float64)
    p = tf.placeholder(tf.float64)
    with tf.Session() as session:
        assert session.run(a * 2) == 2**41
        assert session.run(b + p, {p: 1e-12}) == 1.0 + 1e-12 + 1e-12
    assert not jax.config.jax_enable_x64


def test_a_string_variable_keeps_its_value():
    name = tf.Variable("none")
    with tf.Session() as session:
        session.run(name.initializer)
        assert session.run(name) == b"none"
        assert session.run(tf.assign(name, "some")) == b"some"
        assert session.run(name) == b"some"


def test_a_predicate_made_of_a_fed_number_decides_between_shapes():
    n = tf.placeholder(tf.int32, [])
    y = tf.cond(tf.logical_and(tf.equal(n, 1), n > 0), lambda: tf.zeros([2]), lambda: tf.zeros([3]))
    with tf.Session() as session:
        assert [session.run(y, {n: value}).shape for value in (1, 0, 1)] == [(2,), (3,), (2,)]


@pytest.mark.parametrize("rows", [4, 100_000], ids=["a select keeps the old cells", "the checks are made before"])
def test_a_failing_check_leaves_cells_of_any_size_as_they_were(rows):
    logits = tf.Variable(tf.zeros([rows, 3]))
    labels = tf.placeholder(tf.int32, [None])
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits[:2])
    train = tf.train.GradientDescentOptimizer(1.0).minimize(tf.reduce_sum(loss))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train, {labels: [0, 1]})
        before = session.run(logits)
        with pytest.raises(tf.errors.InvalidArgumentError, match="label value of 7"):
            session.run(train, {labels: [0, 7]})
        np.testing.assert_array_equal(session.run(logits), before)
        session.run(train, {labels: [0, 1]})
        assert not np.array_equal(session.run(logits), before)


def test_initializers_of_known_numbers_and_draws_compile_nothing():
    tf.set_random_seed(1)
    variables = [tf.Variable(tf.truncated_normal([3 + i, 2], stddev=0.1)) for i in range(5)]
    variables += [tf.Variable(tf.zeros([4], tf.float64)), tf.get_variable("g", [3, 3]), tf.Variable(7)]
    with tf.Session() as session:
        before = compiling.traces()
        session.run(tf.global_variables_initializer())
        assert compiling.traces() == before
        values = session.run(variables)
        assert values[5].dtype == np.float64 and values[7] == 7 and (abs(values[0]) < 0.2).all()
        first = values[0]
        session.run(tf.global_variables_initializer())
        assert not np.array_equal(session.run(variables[0]), first)  # the streams have moved on


def test_an_initial_value_is_the_same_drawn_at_once_or_compiled():
    draw = tf.truncated_normal([1000], seed=3)
    v = tf.Variable(draw)
    with tf.Session() as at_once, tf.Session() as compiled:
        at_once.run(v.initializer)
        np.testing.assert_array_max_ulp(at_once.run(v), compiled.run(draw), 1)


def test_a_run_that_is_planned_again_draws_what_it_would_have_drawn():
    drawn = tf.random_uniform([3], seed=7)
    count = tf.py_func(lambda _: np.int32(2), [drawn], tf.int32)
    sized = tf.cond(count > 1, lambda: tf.zeros([2]), lambda: tf.zeros([3]))  # its predicate turns out to decide shapes
    with tf.Session() as session:
        first = session.run(drawn)
    with tf.Session() as session:
        values, zeros = session.run([drawn, sized])
    np.testing.assert_array_equal(values, first)
    assert zeros.shape == (2,)
