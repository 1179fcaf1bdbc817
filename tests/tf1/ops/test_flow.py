"""Assertions say what they were given."""

import pytest

import funcfit.tf1 as tf


def test_an_assertion_shows_its_data_as_tensorflow_prints_it():
    with tf.Graph().as_default(), tf.Session() as session:
        check = tf.Assert(tf.constant(False), ['it\'s "q" \\ \n é', [True, False], [1.5, 2.0], [1, 2, 3, 4]])
        with pytest.raises(tf.errors.InvalidArgumentError) as raised:
            session.run(check)
    shown = raised.value.message.splitlines()[0]
    assert shown == r"assertion failed: [it\'s \"q\" \\ \n \303\251] [1 0] [1.5 2] [1 2 3...]"
