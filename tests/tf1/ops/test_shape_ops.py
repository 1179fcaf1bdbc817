"""Shapes as values, and other shapes for the same elements."""

import numpy as np
import pytest

import funcfit.tf1 as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def test_what_is_known_of_a_shape_is_a_constant(session):
    known, partly = tf.zeros([2, 3]), tf.placeholder(tf.float32, [None, 3])
    assert [f(known).op.type for f in (tf.shape, tf.size, tf.rank)] == ["Const"] * 3
    assert [f(partly).op.type for f in (tf.shape, tf.size, tf.rank)] == ["Shape", "Size", "Const"]
    assert tf.shape(partly, out_type=tf.int64).dtype == tf.int64
    assert [v.tolist() for v in session.run(tf.shape_n([known, partly]), {partly: [[1, 2, 3]]})] == [[2, 3], [1, 3]]


def test_shapes_of_strings_are_known(session):
    words = tf.placeholder(tf.string, [None])
    assert session.run([tf.shape(words), tf.size(words)], {words: ["a", "b"]})[1] == 2


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ([4], "Input to reshape is a tensor with 6 values, but the requested shape has 4"),
        ([4, -1], "Input to reshape is a tensor with 6 values, but the requested shape requires a multiple of 4"),
        ([-1, -1], "only one input size may be -1, not both 0 and 1"),
        ([-2], "size 0 must be non-negative, not -2"),
    ],
)
def test_shapes_that_are_fed_and_do_not_fit_are_an_error(session, shape, message):
    x, to = tf.placeholder(tf.float32), tf.placeholder(tf.int32)
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        session.run(tf.reshape(x, to), {x: [[1, 2, 3], [4, 5, 6]], to: shape})


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda x: tf.reshape(x, [5]), r"Cannot reshape a tensor with 6 elements to shape \[5\] \(5 elements\)"),
        (lambda x: tf.reshape(x, [4, -1]), "Dimension size must be evenly divisible by 4 but is 6"),
        (lambda x: tf.expand_dims(x, 4), r"dim 4 not in the interval \[-3, 2\]."),
        (lambda x: tf.expand_dims(x, 0, dim=0), "can't specify both 'dim' and 'axis'"),
        (lambda x: tf.squeeze(x, [0]), r"Can not squeeze dim\[0\], expected a dimension of 1, got 2"),
        (lambda x: tf.squeeze(x, [4]), r"squeeze_dims\[0\] not in \[-2,2\)."),
        (lambda x: tf.fill([-1], 0), "Fill dimensions must be >= 0"),
        (lambda x: tf.transpose(x, [0, 2]), "perm dim 2 is out of range of input rank 2"),
        (lambda x: tf.tile(x, [1]), "Shape must be rank 2 but is rank 1"),
        (lambda x: tf.pad(x, [[1, -1], [0, 0]]), "Paddings must be non-negative"),
        (lambda x: tf.pad(x, [[1, 1], [0, 0]], "ODD"), "Unknown padding mode: ODD"),
        (lambda x: tf.broadcast_static_shape(x.shape, tf.TensorShape([2])), "Incompatible shapes for broadcasting"),
    ],
)
def test_what_can_never_fit_is_refused_when_it_is_built(session, build, message):
    with pytest.raises(ValueError, match=message):
        build(tf.zeros([2, 3]))


def test_a_shape_from_an_earlier_stage_is_known_to_a_later_one(session):
    x = tf.placeholder(tf.float32, [None, 2])
    rest = tf.shape(x)[1:]
    kept = tf.boolean_mask(x, [True, False, True])
    flat = tf.reshape(kept, tf.concat([[tf.size(kept) // 2], rest], 0))
    np.testing.assert_array_equal(session.run(flat, {x: [[1, 2], [3, 4], [5, 6]]}), [[1, 2], [5, 6]])


def test_ensured_shapes(session):
    x = tf.placeholder(tf.float32)
    sure = tf.ensure_shape(x, [None, 2])
    assert sure.shape.as_list() == [None, 2]
    with pytest.raises(tf.errors.InvalidArgumentError, match="is not compatible with expected shape"):
        session.run(sure, {x: [1.0]})
