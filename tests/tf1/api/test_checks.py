"""Assertions: when they fail, with what words, and what they leave in the graph."""

import numpy as np
import pytest

import funcfit.tf1 as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


@pytest.mark.parametrize(
    ("name", "good", "bad", "sign"),
    [
        ("assert_equal", [1, 2], [1, 3], "=="),
        ("assert_none_equal", [2, 3], [1, 3], "!="),
        ("assert_less", [2, 3], [1, 3], "<"),
        ("assert_less_equal", [1, 3], [0, 3], "<="),
        ("assert_greater", [0, 1], [1, 1], ">"),
        ("assert_greater_equal", [1, 2], [2, 2], ">="),
    ],
)
def test_comparisons_hold_or_fail_the_run(session, name, good, bad, sign):
    y = tf.placeholder(tf.int32, [2], name="y")
    check = getattr(tf, name)(tf.constant([1, 2]), y, message="so there")
    assert session.run(check, {y: good}) is None
    with pytest.raises(tf.errors.InvalidArgumentError, match=rf"(?s)so there.*Condition x {sign} y did not hold"):
        session.run(check, {y: bad})


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("assert_positive", 1.0, 0.0),
        ("assert_negative", -1.0, 0.0),
        ("assert_non_negative", 0.0, -1.0),
        ("assert_non_positive", 0.0, 1.0),
    ],
)
def test_signs_hold_or_fail_the_run(session, name, good, bad):
    x = tf.placeholder(tf.float32)
    with tf.control_dependencies([getattr(tf, name)(x)]):
        y = tf.identity(x)
    assert session.run(y, {x: good}) == good
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Condition x .* 0 did not hold element-wise"):
        session.run(y, {x: bad})


def test_known_values_that_differ_fail_at_once(session):
    with pytest.raises(tf.errors.InvalidArgumentError, match="never"):
        tf.assert_equal(tf.constant(1), 2, message="never")


def test_numbers_near_each_other(session):
    x = tf.placeholder(tf.float32)
    check = tf.assert_near(x, 1.0, rtol=0.0, atol=0.1)
    session.run(check, {x: 1.05})
    with pytest.raises(tf.errors.InvalidArgumentError, match="x and y not equal to tolerance"):
        session.run(check, {x: 1.2})


def test_known_ranks_are_settled_while_the_graph_is_built(session):
    x = tf.zeros([2, 3], name="x")
    assert (
        tf.assert_rank(x, 2).type == tf.assert_rank_at_least(x, 1).type == tf.assert_rank_in(x, (1, 2)).type == "NoOp"
    )
    with pytest.raises(ValueError, match=r"Tensor x:0 must have rank 3.  Received rank 2, shape \(2, 3\)"):
        tf.assert_rank(x, 3)
    with pytest.raises(ValueError, match="must have rank at least 3"):
        tf.assert_rank_at_least(x, 3)
    with pytest.raises(ValueError, match="must have rank in"):
        tf.assert_rank_in(x, (0, 1))
    with pytest.raises(ValueError, match="Rank must be a scalar"):
        tf.assert_rank(x, [1, 2])


def test_unknown_ranks_are_checked_by_the_run(session):
    x = tf.placeholder(tf.float32)
    check = tf.assert_rank(x, 1)
    session.run(check, {x: [1.0]})
    with pytest.raises(tf.errors.InvalidArgumentError, match="must have rank"):
        session.run(check, {x: 1.0})
    rank = tf.placeholder(tf.int32)
    check = tf.assert_rank(tf.constant([1]), rank)
    session.run(check, {rank: 1})
    with pytest.raises(tf.errors.InvalidArgumentError, match="Rank must be a scalar"):
        session.run(check, {rank: [1, 2]})


def test_dtypes(session):
    x = tf.constant(1.0)
    assert tf.assert_type(x, tf.float32).type == "NoOp" and tf.assert_integer(3).type == "NoOp"
    with pytest.raises(TypeError, match='Expected "x" to be integer type'):
        tf.assert_integer(x)
    with pytest.raises(TypeError, match="must be of type"):
        tf.assert_type(x, tf.int32)
    assert (
        tf.assert_same_float_dtype([x, None], tf.float32) is tf.float32 and tf.assert_same_float_dtype() is tf.float32
    )
    with pytest.raises(ValueError, match="must be of the same type"):
        tf.assert_same_float_dtype([x, tf.constant(1.0, tf.float64)])
    with pytest.raises(ValueError, match="Expected floating point type"):
        tf.assert_same_float_dtype([tf.constant(1)])
    assert tf.is_numeric_tensor(x) and not tf.is_numeric_tensor(tf.constant("a")) and not tf.is_numeric_tensor(1.0)


def test_proper_iterables(session):
    tf.assert_proper_iterable([tf.constant(1)])
    for improper in (tf.constant([1]), np.ones(2), "abc", 3):
        with pytest.raises(TypeError, match='Expected argument "values" to be'):
            tf.assert_proper_iterable(improper)


def test_order_of_elements(session):
    x = tf.placeholder(tf.float32)
    rises, falls_never = tf.is_strictly_increasing(x), tf.is_non_decreasing(x)
    for values, expected in (
        ([1, 2, 3], (True, True)),
        ([1, 1], (False, True)),
        ([2, 1], (False, False)),
        ([], (True, True)),
    ):
        assert tuple(session.run([rises, falls_never], {x: values})) == expected


def test_nans_and_infinities_are_found(session):
    x = tf.placeholder(tf.float32)
    y = tf.verify_tensor_all_finite(x, "bad weights")
    assert session.run(y, {x: 1.0}) == 1.0
    for value, words in ((np.nan, "NaN"), (np.inf, "Inf"), ([np.nan, np.inf], "Inf and NaN")):
        with pytest.raises(tf.errors.InvalidArgumentError, match=f"bad weights : Tensor had {words} values"):
            session.run(y, {x: value})
    z = tf.log(x)
    everything = tf.add_check_numerics_ops()
    with pytest.raises(tf.errors.InvalidArgumentError, match="Log:0 : Tensor had Inf values"):
        session.run([z, everything], {x: 0.0})
