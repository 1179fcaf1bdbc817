"""Concat and split, in the order of arguments of each era."""

import numpy as np
import pytest

import funcfit.tf1 as tf

X = np.arange(12, dtype=np.float32).reshape(2, 6)


def value(tensor):
    with tf.Session(graph=tensor.graph) as session:
        return session.run(tensor)


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def test_concat_takes_the_axis_first_or_last():
    x, y = tf.constant(X), tf.constant(-X)
    expected = np.concatenate([X, -X], 1)
    for joined in (
        tf.concat([x, y], 1),
        tf.concat(1, [x, y]),
        tf.concat(concat_dim=1, values=[x, y]),
        tf.concat(tf.constant(1), [x, y]),
        tf.concat_v2([x, y], 1),
        tf.concat([x, y], -1),
    ):
        assert joined.op.type == "ConcatV2"
        np.testing.assert_array_equal(value(joined), expected)
    assert tf.concat(x, 0).op.type == "Identity"


def test_split_takes_the_axis_first_or_last():
    x = tf.constant(X)
    expected = np.split(X, 3, 1)
    for parts in (
        tf.split(x, 3, 1),
        tf.split(1, 3, x),
        tf.split(split_dim=1, num_split=3, value=x),
        tf.split(x, [2, 2, 2], axis=1),
        tf.split(x, [2, -1, 2], 1),
    ):
        np.testing.assert_array_equal([value(p) for p in parts], expected)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda x: tf.concat([x, x[0]], 0), "Shape must be rank 2 but is rank 1"),
        (lambda x: tf.concat([x, x[:, :2]], 0), "Dimension 1 in both shapes must be equal, but are 6 and 2"),
        (lambda x: tf.concat([x, x], 2), "Shape must be at least rank 3 but is rank 2"),
        (lambda x: tf.concat([x[0, 0], x[0, 0]], 0), r"Can't concatenate scalars \(use tf.stack instead\)"),
        (lambda x: tf.concat([], 0), "shorter than minimum length 2"),
        (lambda x: tf.split(x, 4, 1), "Dimension size must be evenly divisible by 4 but is 6"),
        (lambda x: tf.split(x, [1, 1], 1), "can't split axis of size 6"),
        (lambda x: tf.split(x, tf.placeholder(tf.int32, [None]), 1), "Cannot infer num from shape"),
    ],
)
def test_what_does_not_fit_is_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build(tf.constant(X))


def test_sizes_that_are_fed_and_do_not_fit_are_an_error():
    x, y = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    with tf.Session() as session:
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"shape\[0\] = \[1,2\] vs. shape\[1\] = \[1,3\]"):
            session.run(tf.concat([x, y], 0), {x: [[1, 2]], y: [[1, 2, 3]]})
        with pytest.raises(tf.errors.InvalidArgumentError, match="ConcatOp : Expected concatenating dimensions"):
            session.run(tf.concat([x, y], 3), {x: [1], y: [1]})


def test_gradients_of_many_parts_and_of_rows():
    parts = [tf.constant(X) for _ in range(20)]
    dy = np.arange(240, dtype=np.float32).reshape(2, 120)
    with tf.Session() as session:
        found = session.run(tf.gradients(tf.concat(parts, 1), parts, dy))
        np.testing.assert_array_equal(np.concatenate(found, 1), dy)
        x, y = tf.constant(X), tf.constant(X)
        rows = tf.gradients(tf.gather(tf.concat([x, y], 0), [3, 0]), [x, y])
        assert [session.run(tf.convert_to_tensor(r))[:, 0].tolist() for r in rows] == [[1, 0], [0, 1]]
