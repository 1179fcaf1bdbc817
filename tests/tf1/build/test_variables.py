"""Variable objects: what they say of themselves, their collections, and what is initialized."""

import numpy as np
import pytest

import funcfit.tf1 as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def test_collections_follow_the_arguments(session):
    a = tf.Variable(1.0)
    b = tf.Variable(1.0, trainable=False)
    c = tf.Variable(1.0, collections=[tf.GraphKeys.LOCAL_VARIABLES], trainable=None)
    assert tf.global_variables() == tf.all_variables() == [a, b]
    assert tf.trainable_variables() == [a, c]
    assert tf.local_variables() == [c]


def test_a_scope_selects_variables_by_name(session):
    with tf.variable_scope("in"):
        inside = tf.get_variable("v", [1])
    tf.get_variable("out", [1])
    assert tf.trainable_variables("in/") == tf.global_variables(scope="in/") == [inside]


def test_a_value_is_loaded_without_a_node(session):
    v = tf.Variable(np.zeros(2, np.float32))
    count = len(session.graph.get_operations())
    v.load([1.0, 2.0], session)
    assert session.run(v).tolist() == [1.0, 2.0]
    v.load([3.0, 4.0])
    assert session.run(v).tolist() == [3.0, 4.0]
    assert len(session.graph.get_operations()) == count


def test_loading_needs_a_session():
    with tf.Graph().as_default(), pytest.raises(ValueError, match="session"):
        tf.Variable(1.0).load(2.0)


def test_variables_that_hold_nothing_are_reported(session):
    a, b = tf.Variable(1.0, name="a"), tf.Variable(2.0, name="b", collections=[tf.GraphKeys.LOCAL_VARIABLES])
    report = tf.report_uninitialized_variables()
    assert session.run(report).tolist() == [b"a", b"b"]
    session.run(a.initializer)
    assert session.run(report).tolist() == [b"b"]
    check = tf.assert_variables_initialized([a, b])
    with pytest.raises(tf.errors.FailedPreconditionError, match="uninitialized value b"):
        session.run(check)
    session.run(b.initializer)
    session.run(check)


def test_an_initializer_may_use_another_variable(session):
    a = tf.Variable([1.0, 2.0])
    b = tf.Variable(a.initialized_value() * 3.0)
    session.run(tf.global_variables_initializer())
    assert session.run(b).tolist() == [3.0, 6.0]


def test_a_function_makes_the_initial_value_in_the_variables_scope(session):
    v = tf.Variable(lambda: tf.zeros([2]), dtype=tf.float32, name="v")
    assert v.initial_value.name.startswith("v/Initializer/")


def test_what_cannot_start_a_variable_is_refused(session):
    with pytest.raises(ValueError, match="initial_value must be specified"):
        tf.Variable()
    with pytest.raises(ValueError, match="must have a shape specified"):
        tf.Variable(tf.placeholder(tf.float32))
    with pytest.raises(ValueError, match="collections argument"):
        tf.Variable(1.0, collections="variables")
    with pytest.raises(ValueError, match="constraint"):
        tf.Variable(1.0, constraint=3)


def test_nothing_iterates_over_a_variable(session):
    with pytest.raises(TypeError, match="not iterable"):
        iter(tf.Variable([1.0]))
