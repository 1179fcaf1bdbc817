"""The global step: one for each graph."""

import pytest

import funcfit.tf1 as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def test_it_is_made_once_and_found_after(graph):
    assert tf.train.get_global_step() is None
    step = tf.train.get_or_create_global_step()
    assert tf.train.get_global_step(graph) is tf.train.get_or_create_global_step() is step
    assert step.dtype.base_dtype is tf.int64 and step not in tf.trainable_variables()
    with pytest.raises(ValueError, match='"global_step" already exists'):
        tf.train.create_global_step()
    with tf.Session() as session:
        session.run([step.initializer, step.assign_add(3)][0])
        session.run(step.assign_add(3))
        assert tf.train.global_step(session, step) == 3


def test_a_variable_of_the_name_is_taken_for_it():
    v = tf.Variable(0, name="global_step", trainable=False)
    assert tf.train.get_global_step().op is v.op


def test_it_must_be_an_integer_scalar():
    for wrong in (tf.Variable(1.0), tf.Variable([1, 2]), 3):
        with pytest.raises(TypeError, match="global_step"):
            tf.train.assert_global_step(wrong)
