"""Handles keep a run's tensors for later runs."""

import numpy as np
import pytest

import funcfit.tf1 as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def test_a_handle_is_fed_in_place_of_its_value(session):
    c = tf.constant([1.0, 2.0]) * 3.0
    handle = session.run(tf.get_session_handle(c))
    holder, again = tf.get_session_tensor(handle.handle, tf.float32)
    assert session.run(again * 2.0, {holder: handle.handle}).tolist() == [6.0, 12.0]
    assert session.run(c + 1.0, {c: handle}).tolist() == [4.0, 7.0]
    assert handle.eval().tolist() == [3.0, 6.0]


def test_a_handle_keeps_the_value_that_a_variable_had(session):
    v = tf.Variable([1.0])
    session.run(v.initializer)
    handle = session.run(tf.get_session_handle(v.read_value()))
    session.run(v.assign([5.0]))
    np.testing.assert_array_equal(handle.eval(), [1.0])


def test_a_deleted_handle_cannot_be_read(session):
    handle = session.run(tf.get_session_handle(tf.constant(1)))
    holder, delete = tf.delete_session_tensor(handle.handle)
    session.run(delete, {holder: handle.handle})
    with pytest.raises(tf.errors.InvalidArgumentError, match="deleted"):
        handle.eval()
    with pytest.raises(TypeError, match="already been deleted"):
        handle.delete()


def test_only_tensors_have_handles():
    with pytest.raises(TypeError, match="must be of type Tensor"):
        tf.get_session_handle(3.0)
