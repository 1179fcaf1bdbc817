"""cond, case and Assert: which side runs, what it writes, and gradients through them."""

import numpy as np
import pytest

import funcfit.tf1 as tf


@pytest.fixture(autouse=True)
def fresh_graph():
    with tf.Graph().as_default():
        yield


def both(session, fetches, p):
    return [session.run(fetches, {p: side}) for side in (True, False)]


def test_a_cond_gives_the_side_that_holds():
    p, x = tf.placeholder(tf.bool, []), tf.constant([1.0, 2.0])
    y = tf.cond(p, lambda: x * 2.0, lambda: x + 10.0)
    with tf.Session() as session:
        on, off = both(session, y, p)
    np.testing.assert_array_equal(on, [2, 4])
    np.testing.assert_array_equal(off, [11, 12])


def test_only_the_side_that_holds_writes():
    p, x = tf.placeholder(tf.bool, []), tf.Variable(1.0)
    y = tf.cond(p, lambda: tf.assign_add(x, 1.0), lambda: tf.identity(x))
    with tf.Session() as session:
        session.run(x.initializer)
        assert [session.run(y, {p: side}) for side in (False, True, True, False)] == [1, 2, 3, 3]
        assert session.run(x) == 3


def test_both_sides_may_write_the_same_variable():
    p, x = tf.placeholder(tf.bool, []), tf.Variable(1.0)
    y = tf.cond(p, lambda: tf.assign_add(x, 1.0), lambda: tf.assign_sub(x, 5.0))
    with tf.Session() as session:
        session.run(x.initializer)
        assert [session.run(y, {p: side}) for side in (True, False, True)] == [2, -3, -2]


def test_gradients_flow_through_the_side_that_holds():
    p, x = tf.placeholder(tf.bool, []), tf.Variable(3.0)
    y = tf.cond(p, lambda: x * x, lambda: 5.0 * x)
    g = tf.gradients(y, x)[0]
    with tf.Session() as session:
        session.run(x.initializer)
        assert both(session, [y, g], p) == [[9, 6], [15, 5]]


def test_sides_of_different_shapes_run():
    p, x = tf.placeholder(tf.bool, []), tf.Variable([1.0, 2.0, 3.0])
    y = tf.cond(tf.logical_and(p, tf.reduce_sum(x) > 0.0), lambda: x[:2], lambda: x * 1.0)
    with tf.Session() as session:
        session.run(x.initializer)
        assert [v.shape for v in both(session, y, p)] == [(2,), (3,)]


def test_a_host_op_in_a_side_runs_only_when_the_side_does():
    p, seen = tf.placeholder(tf.bool, []), []
    x = tf.constant(1.0)
    y = tf.cond(p, lambda: tf.py_func(lambda v: seen.append(1) or v, [x], tf.float32), lambda: x * 3.0)
    with tf.Session() as session:
        assert session.run(y, {p: False}) == 3 and seen == []
        assert session.run(y, {p: True}) == 1 and seen == [1]


def test_conds_nest():
    p, q, x = tf.placeholder(tf.bool, []), tf.placeholder(tf.bool, []), tf.Variable(2.0)
    y = tf.cond(p, lambda: tf.cond(q, lambda: x * 10.0, lambda: x * 20.0), lambda: x * 30.0)
    g = tf.gradients(y, x)[0]
    with tf.Session() as session:
        session.run(x.initializer)
        for a, b, want in ((True, True, 10), (True, False, 20), (False, True, 30), (False, False, 30)):
            assert session.run([y, g], {p: a, q: b}) == [2 * want, want]


def test_an_assert_in_a_side_that_does_not_run_is_not_checked():
    p, x = tf.placeholder(tf.bool, []), tf.placeholder(tf.float32, [])

    def checked():
        with tf.control_dependencies([tf.Assert(x > 0.0, [x])]):
            return tf.identity(x)

    y = tf.cond(p, checked, lambda: x * 2.0)
    with tf.Session() as session:
        assert session.run(y, {p: False, x: -1.0}) == -2
        assert session.run(y, {p: True, x: 1.0}) == 1
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"assertion failed: \[-1\]"):
            session.run(y, {p: True, x: -1.0})


def test_an_initialized_value_falls_back_on_the_initial_one():
    x = tf.Variable(4.0)
    y = tf.Variable(x.initialized_value() * 2.0)
    with tf.Session() as session:
        session.run(y.initializer)
        assert session.run(y) == 8
        session.run(x.initializer)
        session.run(tf.assign(x, 5.0))
        session.run(y.initializer)
        assert session.run(y) == 10


def test_a_case_takes_the_first_that_holds():
    p = tf.placeholder(tf.int32, [])
    y = tf.case([(p < 0, lambda: tf.constant(-1)), (p < 10, lambda: tf.constant(1))], default=lambda: tf.constant(100))
    with tf.Session() as session:
        assert [session.run(y, {p: v}) for v in (-5, 5, 50)] == [-1, 1, 100]


def test_an_exclusive_case_refuses_two_that_hold():
    p = tf.placeholder(tf.int32, [])
    y = tf.case(
        {p < 5: lambda: tf.constant(1), p < 10: lambda: tf.constant(2)}, default=lambda: tf.constant(3), exclusive=True
    )
    with tf.Session() as session:
        assert session.run(y, {p: 7}) == 2
        with pytest.raises(tf.errors.InvalidArgumentError, match="More than one condition evaluated as True"):
            session.run(y, {p: 1})


BAD = {
    "a Python bool": (lambda x: tf.cond(True, lambda: x, lambda: x), TypeError, "pred must not be a Python bool"),
    "no function": (lambda x: tf.cond(x > 0.0, x, lambda: x), TypeError, "true_fn must be callable"),
    "different numbers": (lambda x: tf.cond(x > 0.0, lambda: [x, x], lambda: x), ValueError, "same number of results"),
    "different dtypes": (lambda x: tf.cond(x > 0.0, lambda: x, lambda: tf.constant(1)), ValueError, "same type"),
    "nothing returned": (lambda x: tf.cond(x > 0.0, lambda: None, lambda: None), ValueError, "at least one result"),
}


@pytest.mark.parametrize("name", BAD)
def test_branches_that_do_not_match_are_refused(name):
    make, error, words = BAD[name]
    with pytest.raises(error, match=words):
        make(tf.constant(1.0))


def test_shapes_in_a_side_decide_programs_there():
    p, x = tf.placeholder(tf.bool, []), tf.placeholder(tf.float32, [None, 3])
    w = tf.Variable([1.0, 2.0, 3.0])
    y = tf.cond(p, lambda: x * w, lambda: x + w)
    g = tf.gradients(y, [x, w])
    with tf.Session() as session:
        session.run(w.initializer)
        for side, want in ((True, [2, 2, 2]), (False, [2, 2, 2])):
            np.testing.assert_array_equal(session.run(g[1], {p: side, x: np.ones((2, 3))}), want)


def test_what_a_side_that_is_not_taken_would_refuse_is_not_refused():
    taken = tf.placeholder(tf.bool, [])

    def refused():
        with tf.control_dependencies([tf.Assert(False, ["refused"])]):
            return tf.gather([1.0, 2.0], 7)

    result = tf.cond(taken, refused, lambda: tf.constant(3.0))
    with tf.Session() as session:
        assert session.run(result, {taken: False}) == 3
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"refused|is not in"):
            session.run(result, {taken: True})
