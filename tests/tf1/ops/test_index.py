"""Slices: what brackets on a tensor mean, indices that are tensors, and what is refused."""

import numpy as np
import pytest

import funcfit.tf1 as tf
from tests.compilations import counted_compilations

X = np.arange(24, dtype=np.float32).reshape(2, 3, 4)

SPECS = [
    np.s_[0],
    np.s_[-1],
    np.s_[1:],
    np.s_[:, 1:3],
    np.s_[::-1],
    np.s_[:, ::-2, 1:],
    np.s_[..., 0],
    np.s_[..., None],
    np.s_[None, 1, ..., 2:4],
    np.s_[0, 1, 2],
    np.s_[5:],
    np.s_[:, 2:0:-1],
    (),
]


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_brackets_mean_what_numpy_means_and_differentiate(spec):
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [2, 3, 4])
        unknown = tf.placeholder(tf.float32)
        y = x[spec]
        gradient = tf.gradients(tf.square(y), x)[0]
        value, d, same = session.run([y, gradient, unknown[spec]], {x: X, unknown: X})
    assert y.shape.as_list() == list(X[spec].shape)
    np.testing.assert_array_equal(value, X[spec])
    np.testing.assert_array_equal(same, X[spec])
    expected = np.zeros_like(X)
    expected[spec] = 2 * X[spec]
    np.testing.assert_array_equal(d, expected)


def test_an_index_may_be_a_tensor_and_compiles_once():
    with tf.Graph().as_default(), tf.Session() as session:
        x, i = tf.constant(X), tf.placeholder(tf.int32, [])
        wide = tf.placeholder(tf.int64, [])
        row, corner, block = x[i], x[1, i, i], x[:, i : i + 2]
        for n in (0, 1):
            np.testing.assert_array_equal(session.run(row, {i: n}), X[n])
            np.testing.assert_array_equal(session.run(corner, {i: n}), X[1, n, n])
            np.testing.assert_array_equal(session.run(block, {i: n}), X[:, n : n + 2])
            np.testing.assert_array_equal(session.run(x[wide], {wide: n}), X[n])
        with pytest.raises(tf.errors.InvalidArgumentError, match="slice index 2 of dimension 0 out of bounds"):
            session.run(row, {i: 2})


@pytest.mark.parametrize(
    "part",
    [
        lambda x, i: x[i],
        lambda x, i: x[i, 1:3],
        lambda x, i: x[i : i + 2],
        lambda x, i: tf.slice(x, [i, 0], [2, -1]),
        lambda x, i: tf.gradients(tf.square(x[i : i + 2]), x)[0],
        lambda x, i: tf.gradients(tf.square(x[i, :2]), x)[0],
    ],
)
def test_a_slice_compiles_once_wherever_it_begins(part):
    with tf.Graph().as_default(), tf.Session() as session:
        x, i = tf.Variable(np.arange(40, dtype=np.float32).reshape(10, 4)), tf.placeholder(tf.int32, [])
        taken = part(x, i)
        session.run(x.initializer)
        for _ in range(2):  # the first run may be NumPy's
            session.run(taken, {i: 1})
        with counted_compilations() as compiled:
            for begin in (2, 5, 3):
                session.run(taken, {i: begin})
        assert not compiled


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda x: x[2], ValueError, "slice index 2 of dimension 0 out of bounds. for 'strided_slice'"),
        (lambda x: x[0, 0, 0, 0], ValueError, "Index out of range using input dim 3; input has only 3 dims"),
        (lambda x: x[::0], ValueError, r"strides\[0\] must be non-zero"),
        (lambda x: x[..., ...], ValueError, "Multiple ellipses in slice spec not allowed"),
        (lambda x: x["a"], TypeError, "Only integers, slices"),
        (lambda x: x[1.5], TypeError, "Only integers, slices"),
        (lambda x: tf.slice(x, [0], [1]), ValueError, "Shape must be rank 1 but is rank 3"),
        (lambda x: x[0].assign([1.0]), ValueError, "only supported for variables"),
    ],
)
def test_bad_slices_are_refused_when_they_are_built(build, error, message):
    with tf.Graph().as_default(), pytest.raises(error, match=message):
        build(tf.constant(X))


def test_a_slice_of_a_fixed_size_may_begin_anywhere():
    with tf.Graph().as_default(), tf.Session() as session:
        begin = tf.placeholder(tf.int32, [3])
        part = tf.slice(X, begin, [1, 2, 2])
        np.testing.assert_array_equal(session.run(part, {begin: [1, 1, 2]}), X[1:2, 1:3, 2:4])
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"Expected size\[1\] in \[0, 1\], but got 2"):
            session.run(part, {begin: [0, 2, 0]})
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"Expected begin\[2\] in \[0, 4\], but got -1"):
            session.run(part, {begin: [0, 0, -1]})


def test_a_part_of_a_variable_is_assigned():
    with tf.Graph().as_default(), tf.Session() as session:
        v = tf.Variable(tf.zeros([3, 4]))
        block, row = v[1:2, 1:3].assign([[1.0, 2.0]]), v[2].assign([5.0, 6.0, 7.0, 8.0])
        session.run(v.initializer)
        assert session.run(block).tolist() == [[0] * 4, [0, 1, 2, 0], [0] * 4]
        assert session.run(row)[1:].tolist() == [[0, 1, 2, 0], [5, 6, 7, 8]]
        assert session.run(v[-1, 0]) == 5
