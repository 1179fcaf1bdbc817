"""Ranges and evenly spaced numbers."""

import numpy as np
import pytest

import funcfit.tf1 as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


@pytest.mark.parametrize("ends", [(5,), (2, 9), (2, 9, 3), (9, 2, -3), (0.0, 1.0, 0.25), (3, 3), (0, 5, 2.0)])
def test_ranges_are_numpys(session, ends):
    numbers = tf.range(*ends)
    expected = np.arange(*ends)
    np.testing.assert_allclose(session.run(numbers), expected, rtol=1e-6)
    assert numbers.shape == expected.shape and numbers.dtype is (tf.float32 if expected.dtype.kind == "f" else tf.int32)


def test_a_range_to_a_fed_end_has_a_length_of_its_own(session):
    end = tf.placeholder(tf.int32, [])
    numbers = tf.range(end)
    assert numbers.shape.as_list() == [None]
    assert session.run(numbers, {end: 3}).tolist() == [0, 1, 2] and session.run(numbers, {end: 0}).shape == (0,)


@pytest.mark.parametrize(
    ("ends", "message"), [((5, 0), "start <= limit"), ((0, 5, -1), "start >= limit"), ((0, 5, 0), "delta != 0")]
)
def test_ranges_that_never_end_are_refused(session, ends, message):
    with pytest.raises(ValueError, match=f"Requires {message}"):
        tf.range(*ends)
    start = tf.placeholder(tf.int32, [])
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"Requires {message}"):
        session.run(tf.range(start, *ends[1:]), {start: ends[0]})


def test_linspace_has_both_ends(session):
    numbers = tf.linspace(1.0, 2.0, 5)
    np.testing.assert_allclose(session.run(numbers), np.linspace(1, 2, 5), rtol=1e-6)
    assert numbers.shape == [5] and session.run(tf.linspace(1.0, 2.0, 1)).tolist() == [1.0]
    with pytest.raises(ValueError, match="Requires num > 0: 0"):
        tf.linspace(1.0, 2.0, 0)
