"""Constants and placeholders: dtypes that values get, and what is refused."""

import numpy as np
import pytest

import funcfit.tf1 as tf


@pytest.mark.parametrize(
    ("value", "dtype", "shape"),
    [
        (1, tf.int32, []),
        (2**31, tf.int64, []),
        (1.5, tf.float32, []),
        (1j, tf.complex128, []),
        (True, tf.bool, []),
        ("word", tf.string, []),
        ([], tf.float32, [0]),
        ([[1, 2], [3, 4]], tf.int32, [2, 2]),
        ([1, 2.5], tf.float32, [2]),
        (np.float64(1), tf.float64, []),
        ([np.float64(1)], tf.float32, [1]),
        (np.arange(3), tf.int64, [3]),
        (range(3), tf.int32, [3]),
        (tf.TensorShape([2, 3]), tf.int32, [2]),
        ([tf.Dimension(2), 3], tf.int32, [2]),
    ],
    ids=str,
)
def test_a_value_gets_the_dtype_that_tensorflow_gives_it(value, dtype, shape):
    with tf.Graph().as_default():
        constant = tf.constant(value)
    assert constant.dtype == dtype and constant.shape.as_list() == shape


@pytest.mark.parametrize(
    "dtype", ["float16", "float32", "float64", "int8", "int64", "uint16", "complex64", "bool", "string"]
)
def test_constants_of_each_dtype_are_fetched_as_they_are(dtype):
    with tf.Graph().as_default(), tf.Session() as session:
        value = session.run(tf.constant(["a", "b"] if dtype == "string" else np.array([1, 0], dtype)))
    assert value.tolist() == ([b"a", b"b"] if dtype == "string" else [1, 0])
    assert dtype == "string" or value.dtype == dtype


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: tf.constant(None), ValueError, "None values not supported."),
        (lambda: tf.constant(1.5, tf.int32), TypeError, "Expected int32, got 1.5 of type 'float' instead."),
        (lambda: tf.constant("a", tf.float32), TypeError, "Expected float32, got 'a' of type 'str' instead."),
        (lambda: tf.constant(1, tf.bool), TypeError, "Expected bool, got 1 of type 'int' instead."),
        (lambda: tf.constant([1, "a"]), TypeError, "Expected binary or unicode string, got 1"),
        (lambda: tf.constant([[1, 2], [3]]), ValueError, "Argument must be a dense tensor"),
        (lambda: tf.constant([1, 2, 3], shape=[2]), ValueError, "Too many elements provided. Needed at most 2"),
        (
            lambda: tf.constant([1, 2], shape=[3], verify_shape=True),
            TypeError,
            r"Expected Tensor's shape: \(3,\), got \(2,\).",
        ),
        (lambda: tf.constant(1, shape=[None]), TypeError, "must be fully known"),
        (lambda: tf.constant(tf.TensorShape([1, None])), TypeError, "Failed to convert"),
        (lambda: tf.placeholder(None), TypeError, "Cannot convert value None"),
        (lambda: tf.placeholder(tf.float32, [-1]), ValueError, "Dimension -1 must be >= 0"),
        (lambda: tf.placeholder_with_default([1, 2], [3]), ValueError, "must be equal, but are 2 and 3"),
    ],
)
def test_values_that_do_not_fit_are_refused(make, error, message):
    with tf.Graph().as_default(), pytest.raises(error, match=message):
        make()


def test_a_constant_is_filled_up_with_its_last_element():
    with tf.Graph().as_default(), tf.Session() as session:
        assert session.run(tf.constant([1, 2], shape=[2, 2])).tolist() == [[1, 2], [2, 2]]
        assert session.run(tf.constant(7, shape=[0, 2])).shape == (0, 2)
        assert session.run(tf.constant(-1, tf.uint8)) == 255


def test_makers_are_constants_where_the_shape_is_known():
    with tf.Graph().as_default(), tf.Session() as session:
        n = tf.placeholder(tf.int32, [])
        assert tf.zeros([2, 3]).op.type == "Const" and tf.ones([n, 2]).op.type == "Fill"
        assert session.run(tf.ones([n, 2], tf.bool), {n: 1}).tolist() == [[True, True]]
        assert session.run(tf.zeros([2], tf.string)).tolist() == [b"", b""]
        sizes = tf.placeholder(tf.int64, [2])
        assert session.run(tf.zeros(sizes), {sizes: [1, 2]}).shape == (1, 2)
        assert "index_type" not in tf.ones([n]).op.attrs
