"""Python functions and printing in a graph."""

import numpy as np
import pytest

import funcfit.tf1 as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def test_a_function_is_called_with_arrays_and_its_results_go_on(session):
    seen = []

    def function(x, n, word):
        seen.append((type(x), type(n), word))
        return x * float(n), [b"done"]

    doubled, words = tf.py_func(function, [tf.constant([1.0, 2.0]), 2, "go"], [tf.float32, tf.string])
    with pytest.raises(
        tf.errors.InvalidArgumentError, match=r"0-th value returned by pyfunc_.* is double, but expects"
    ):
        session.run(tf.py_func(lambda: 1.5, [], tf.float32))
    assert session.run([tf.reduce_sum(doubled), words])[0] == 6
    assert seen == [(np.ndarray, np.int32, b"go")]
    assert tf.gradients(doubled, tf.constant(1.0)) == [None]


@pytest.mark.parametrize(
    ("raised", "seen"),
    [
        (ValueError, "InvalidArgumentError"),
        (StopIteration, "OutOfRangeError"),
        (NotImplementedError, "UnimplementedError"),
        (KeyError, "UnknownError"),
    ],
)
def test_what_a_function_raises_becomes_an_error_of_the_run(session, raised, seen):
    def fails():
        raise raised("blah")

    with pytest.raises(getattr(tf.errors, seen), match="blah"):
        session.run(tf.py_func(fails, [], tf.float32))


def test_a_function_without_results_is_a_node(session):
    seen = []
    node = tf.py_func(lambda x: seen.append(x), [3], [])
    assert session.run(node) is None and seen == [3]
    assert tf.py_func(lambda x: None, [3], [], stateful=False) == []


def test_print_passes_on_its_input_and_prints_so_many_times_a_session(session, capfd):
    x = tf.constant([1.0, 2.5])
    shown = tf.Print(x, [x, x > 2, "word"], message="here: ", first_n=2)
    for _ in range(3):
        assert session.run(shown * 2).tolist() == [2, 5]
    assert capfd.readouterr().err == "here: [1 2.5][0 1][word]\n" * 2
    with tf.Session() as other:
        other.run(shown)
    assert capfd.readouterr().err == "here: [1 2.5][0 1][word]\n"
    assert session.run(tf.gradients(shown * 3, x)[0]).tolist() == [3, 3]


def test_numbers_become_strings(session):
    assert session.run(tf.as_string([1.5, -2.0], precision=2)).tolist() == [b"1.50", b"-2.00"]
    assert session.run(tf.as_string([1, 12], width=4, fill="0")).tolist() == [b"0001", b"0012"]
    assert session.run(tf.string_join(["a", ["b", "c"]], "-")).tolist() == [b"a-b", b"a-c"]
