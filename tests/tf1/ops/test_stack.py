"""Stack, unstack, and lists with tensors in them."""

import numpy as np
import pytest

import funcfit.tf1 as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def test_lists_with_tensors_are_packed_at_any_depth(session):
    i = tf.constant(7)
    packed = tf.convert_to_tensor([[1, i], [2, 3]], name="grid")
    assert session.run(packed).tolist() == [[1, 7], [2, 3]]
    assert [node.name for node in packed.graph.get_operations()] == ["Const", "grid/0/0", "grid/0", "grid/1_1", "grid"]
    np.testing.assert_array_equal(session.run(tf.reshape(tf.range(6), [i - 5, 3])), [[0, 1, 2], [3, 4, 5]])


def test_lists_of_mixed_dtypes_are_refused(session):
    with pytest.raises(TypeError, match=r"Expected int32, got 1\.5 of type 'float'"):
        tf.convert_to_tensor([tf.constant(1), 1.5])
    with pytest.raises(TypeError, match="Cannot convert a list containing a tensor of dtype"):
        tf.convert_to_tensor([tf.constant(1), tf.constant(1.0)])


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
def test_stack_and_unstack_are_each_others_reverse(session, axis):
    x = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    parts = tf.unstack(tf.constant(x), axis=axis)
    assert len(parts) == x.shape[axis]
    np.testing.assert_array_equal(session.run(tf.stack(parts, axis=axis)), x)


def test_the_names_before_1_0_are_there(session):
    assert tf.pack([tf.constant(1), 2]).name == "pack:0"
    assert [x.name for x in tf.unpack(tf.constant([1, 2]))] == ["unpack:0", "unpack:1"]


def test_what_cannot_be_stacked_is_refused(session):
    x, unknown = tf.zeros([2, 3]), tf.placeholder(tf.float32)
    with pytest.raises(ValueError, match="Shapes must be equal rank, but are 2 and 1"):
        tf.stack([x, tf.zeros([2])])
    with pytest.raises(ValueError, match=r"axis = 3 not in \[-3, 3\)"):
        tf.stack([x, x], axis=3)
    with pytest.raises(ValueError, match="Cannot infer num from shape <unknown>"):
        tf.unstack(unknown)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Shapes of all inputs must match"):
        session.run(tf.stack([unknown, [1.0]], axis=1), {unknown: [1.0, 2.0]})
