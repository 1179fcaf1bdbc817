"""Cells and the writes to them."""

import numpy as np
import pytest

import funcfit.tf1 as tf
from funcfit.tf1.opdef import raw


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def variable(session, value, **arguments):
    v = tf.Variable(value, **arguments)
    session.run(v.initializer)
    return v


def test_assignments_give_the_variable_as_it_then_is(session):
    v = variable(session, [1.0, 2.0])
    assert session.run(tf.assign(v, [3.0, 4.0])).tolist() == [3.0, 4.0]
    assert session.run(v.assign_add([1.0, 1.0])).tolist() == [4.0, 5.0]
    assert session.run(tf.assign_sub(v, [4.0, 0.0])).tolist() == [0.0, 5.0]
    assert session.run(v.assign([0.0, 0.0], read_value=False)) is None


def test_an_assignment_can_be_assigned_to(session):
    v = variable(session, 1.0)
    assert session.run(tf.assign_add(tf.assign(v, 5.0), 2.0)) == 7.0


def test_shapes_that_can_never_agree_are_refused_when_the_node_is_made(session):
    v = tf.Variable([1.0, 2.0])
    for write in (tf.assign, tf.assign_add, tf.assign_sub):
        with pytest.raises(ValueError, match="Dimension 0 in both shapes must be equal, but are 2 and 3"):
            write(v, [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="Shapes must be equal rank, but are 1 and 0"):
        tf.assign(v, 1.0)


def test_shapes_that_turn_out_not_to_agree_are_refused_by_the_run(session):
    v, value = variable(session, [1.0, 2.0]), tf.placeholder(tf.float32)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"lhs shape= \[2\] rhs shape= \[3\]"):
        session.run(tf.assign(v, value), {value: [1.0, 2.0, 3.0]})
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be the same size"):
        session.run(tf.assign_add(v, value), {value: [1.0, 2.0, 3.0]})
    assert session.run(v).tolist() == [1.0, 2.0]


def test_without_validation_a_variable_changes_its_shape(session):
    v = variable(session, [1.0, 2.0], validate_shape=False)
    assert v.shape.ndims is None
    session.run(tf.assign(v, [[1.0]], validate_shape=False))
    assert session.run(v).shape == (1, 1)


def test_a_variable_of_strings_is_assigned(session):
    v = variable(session, ["a", "b"])
    session.run(v.assign(["c", "d"]))
    assert session.run(v).tolist() == [b"c", b"d"]


def test_counting_stops_at_the_limit_and_stays_there(session):
    v = variable(session, 0)
    count = v.count_up_to(2)
    assert [session.run(count), session.run(count)] == [0, 1]
    for _ in range(2):
        with pytest.raises(tf.errors.OutOfRangeError, match="Reached limit of 2"):
            session.run(count)
    assert session.run(v) == 2


def test_a_temporary_variable_gives_its_last_value(session):
    cell = raw.TemporaryVariable(shape=tf.TensorShape([2]), dtype=tf.float32, var_name="t")
    summed = tf.assign_add(tf.assign(cell, [1.0, 2.0]), [3.0, 4.0])
    total = raw.DestroyTemporaryVariable(summed, var_name="t")
    for _ in range(2):
        assert session.run(total).tolist() == [4.0, 6.0]


def test_writing_to_what_is_no_variable_is_refused(session):
    with pytest.raises(AttributeError, match="'Tensor' object has no attribute 'assign'"):
        tf.assign(tf.constant(1.0), 2.0)


def test_what_is_initialized_is_known(session):
    v = tf.Variable(1.0)
    assert not session.run(tf.is_variable_initialized(v))
    session.run(v.initializer)
    assert session.run(tf.is_variable_initialized(v))


def test_updates_of_every_dtype_keep_it(session):
    for dtype in (tf.float16, tf.float64, tf.int32, tf.int64, tf.uint8, tf.complex64):
        v = variable(session, np.ones(3), dtype=dtype)
        added = session.run(v.assign_add(np.full(3, 2)))
        assert added.dtype == dtype.as_numpy_dtype
        np.testing.assert_array_equal(added, np.full(3, 3))
