"""Choices by condition, masks, partitions and sets."""

import numpy as np
import pytest

import funcfit.tf1 as tf
from tests.compilations import counted_compilations


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def test_a_vector_chooses_rows_and_a_scalar_chooses_all(session):
    x = np.arange(6, dtype=np.float32).reshape(3, 2)
    assert session.run(tf.where([True, False, True], x, -x)).tolist() == [[0, 1], [-2, -3], [4, 5]]
    assert session.run(tf.select(tf.constant(False), x, -x)).tolist() == (-x).tolist()
    with pytest.raises(ValueError, match=r"x and y must both be non-None or both be None\."):
        tf.where(x > 0, x)


def test_where_gives_coordinates_of_what_holds_or_is_not_zero(session):
    assert session.run(tf.where([[True, False], [False, True]])).tolist() == [[0, 0], [1, 1]]
    assert session.run(tf.where(tf.constant([0, 3, 2]))).tolist() == [[1], [2]]
    assert session.run(tf.where(True)).shape == (1, 0)


@pytest.mark.parametrize("axis", [0, 1])
def test_masked_parts_differentiate(session, axis):
    value = np.arange(9, dtype=np.float32).reshape(3, 3)
    x, mask = tf.placeholder(tf.float32, [3, 3]), [True, False, True]
    y = tf.boolean_mask(x, mask, axis=axis)
    parts, d = session.run([y, tf.convert_to_tensor(tf.gradients(y * y, x)[0])], {x: value})
    np.testing.assert_array_equal(parts, np.compress(mask, value, axis))
    np.testing.assert_array_equal(d, 2 * value * np.expand_dims(mask, 1 - axis))


def test_partitions_are_stitched_back_without_a_compilation_for_each_arrangement(session):
    x, into = tf.placeholder(tf.float32, [None]), tf.placeholder(tf.int32, [None])
    low, high = tf.dynamic_partition(x, into, 2)
    places = tf.dynamic_partition(tf.range(tf.shape(x)[0]), into, 2)
    y = tf.dynamic_stitch(places, [low * 2, high * 3])
    d = tf.gradients(y * y, x)[0]
    random = np.random.default_rng(0)
    for run in range(4):
        kinds, values = random.permutation([0, 0, 0, 1, 1]), random.normal(size=5).astype(np.float32)
        with counted_compilations() as compiled:
            found, gradient = session.run([y, d], {x: values, into: kinds})
        factor = np.where(kinds == 0, 2, 3)
        np.testing.assert_allclose(found, factor * values)
        np.testing.assert_allclose(gradient, 2 * factor * found, rtol=1e-6)
        assert run < 2 or not compiled  # the first run may be NumPy's


def test_of_rows_stitched_to_one_place_the_last_counts(session):
    assert session.run(tf.dynamic_stitch([[0, 1], [1, 3]], [[1.0, 2.0], [3.0, 4.0]])).tolist() == [1, 3, 0, 4]
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"partitions\[1\] = 7 is not in \[0, 2\)"):
        session.run(tf.dynamic_partition([1.0, 2.0], [0, 7], 2))


def test_unique_values_come_in_order_of_appearance(session):
    values, which, counts = session.run(tf.unique_with_counts([5, 3, 5, 9, 3]))
    assert (values.tolist(), which.tolist(), counts.tolist()) == ([5, 3, 9], [0, 1, 0, 2, 1], [2, 2, 1])
    words, _ = session.run(tf.unique(["b", "a", "b"]))
    assert words.tolist() == [b"b", b"a"]
    left, places = session.run(tf.setdiff1d([1, 2, 3, 4], [2, 4]))
    assert (left.tolist(), places.tolist()) == ([1, 3], [0, 2])
    assert session.run(tf.listdiff([1, 2], [2]))[0].tolist() == [1]
