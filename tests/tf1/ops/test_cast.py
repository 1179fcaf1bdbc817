"""Casts and the parts of complex numbers."""

import numpy as np
import pytest

import funcfit.tf1 as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def test_a_cast_to_its_own_dtype_is_the_tensor_itself(session):
    x = tf.constant([1.0])
    assert tf.cast(x, tf.float32) is x and tf.to_float(x) is x


@pytest.mark.parametrize("fed", [False, True])
def test_floats_that_do_not_fit_become_what_c_makes_of_them(session, fed):
    values = np.array([300.7, -1.5, 3e9, np.nan, np.inf], np.float32)
    x = tf.placeholder_with_default(values, [5]) if fed else tf.constant(values)
    small, whole, wide = session.run([tf.cast(x, tf.uint8), tf.cast(x, tf.int32), tf.cast(x, tf.int64)])
    assert small.tolist() == [44, 255, 0, 0, 0]
    assert whole.tolist() == [300, -1, -(2**31), -(2**31), -(2**31)]
    assert wide.tolist() == [300, -1, 3_000_000_000, -(2**63), -(2**63)]


def test_casting_saturates_when_asked_to(session):
    assert session.run(tf.saturate_cast([300.7, -1.5, 7.9], tf.uint8)).tolist() == [255, 0, 7]


def test_strings_are_not_numbers(session):
    with pytest.raises(tf.errors.UnimplementedError, match="Cast int64 to string is not supported"):
        session.run(tf.cast(tf.constant(0, tf.int64), tf.string))


def test_gradients_flow_between_floats_only(session):
    x = tf.constant([1.0, 2.0])
    assert tf.gradients(tf.to_double(x), x)[0].dtype is tf.float32
    assert tf.gradients(tf.to_float(tf.to_int32(x)), x) == [None]


def test_sparse_tensors_are_cast_by_their_values(session):
    x = tf.SparseTensor(tf.constant([[0]], tf.int64), tf.constant([1.5]), tf.constant([2], tf.int64))
    assert session.run(tf.cast(x, tf.int32)).values.tolist() == [1]


def test_complex_numbers_come_apart_and_together(session):
    z = tf.complex([1.0, 2.0], [3.0, -4.0])
    assert z.dtype is tf.complex64 and tf.real(z).dtype is tf.float32
    parts = session.run([tf.real(z), tf.imag(z), tf.conj(z), tf.abs(z)])
    np.testing.assert_allclose(parts[3], np.abs([1 + 3j, 2 - 4j]), rtol=1e-6)
    assert parts[2].tolist() == [1 - 3j, 2 + 4j]
    x = tf.constant([1.0])
    assert tf.real(x) is x and tf.conj(x) is x
    with pytest.raises(TypeError, match="real and imag have incorrect types: float64 float32"):
        tf.complex(tf.constant(1.0, tf.float64), 2.0)


def test_bits_change_their_meaning_and_their_shape(session):
    x = tf.constant([[1.0, -2.5]])
    as_bytes = tf.bitcast(x, tf.uint8)
    assert as_bytes.shape == [1, 2, 4] and tf.bitcast(as_bytes, tf.float32).shape == [1, 2]
    np.testing.assert_array_equal(session.run(as_bytes), np.array([[1.0, -2.5]], np.float32)[..., None].view(np.uint8))
    with pytest.raises(ValueError, match="Cannot bitcast due to shape"):
        tf.bitcast(tf.zeros([3], tf.uint8), tf.float32)
