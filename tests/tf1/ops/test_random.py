"""Random nodes draw what genuine TensorFlow drew: the recorded calls, replayed through the public functions."""

import numpy as np
import pytest

import funcfit.tf1 as tf
from tests.recorded_random import RELEASES, assert_same, cases

PUBLIC = {"parameterized_truncated_normal": "random.parameterized_truncated_normal"}
SAMPLERS = ("uniform", "log_uniform", "learned_unigram", "fixed_unigram")

# Units in the last place by which values may differ, and the magnitude below which the unit no longer shrinks.
ULPS = {
    "random_normal": (2, 1e-6),
    "truncated_normal": (2, 1e-6),
    "random_gamma": (16, 0),  # the kernel's own bound for float64; float32 is within 2
    "parameterized_truncated_normal": (2, 2),
    **{f"nn.{name}_candidate_sampler": (2, 0) for name in SAMPLERS},  # expected counts; the classes are exact
}


def named(path):
    found = tf
    for part in path.split("."):
        found = getattr(found, part)
    return found


def recorded_cases():
    for release in RELEASES:
        for number, case in enumerate(cases(release)):
            yield pytest.param(case, id=f"{release}-{number}-{'-'.join(call.function for call in case.calls)[:50]}")


@pytest.mark.parametrize("case", list(recorded_cases()))
def test_draws_are_tensorflows(case):
    with tf.Graph().as_default():
        if case.graph_seed is not None:
            tf.set_random_seed(case.graph_seed)
        fetches, feed = [], {}
        for call in case.calls:
            kwargs = dict(call.kwargs)
            for name in call.fed:
                value = np.asarray(kwargs[name])
                kwargs[name] = tf.placeholder(value.dtype, value.shape)
                feed[kwargs[name]] = value
            made = named(PUBLIC.get(call.function, call.function))(**kwargs)
            fetches.append(list(made) if isinstance(made, (list, tuple)) else [made])
        with tf.Session() as session:
            for run in range(3):
                for call, got in zip(case.calls, session.run(fetches, feed)):
                    ulps, floor = ULPS.get(call.function, (0, 0))
                    for value, want in zip(got, call.runs[run]):
                        assert_same(np.asarray(value), want, ulps, floor)


def test_runs_without_a_seed_differ():
    with tf.Graph().as_default():
        x = tf.random_uniform([4])
        with tf.Session() as a, tf.Session() as b:
            draws = [session.run(x).tolist() for session in (a, a, b)]
    assert len({tuple(d) for d in draws}) == 3


def test_a_graph_seed_gives_the_numbers_of_the_books():
    with tf.Graph().as_default():
        tf.set_random_seed(42)
        x = tf.random_uniform([])
        with tf.Session() as session:
            assert [session.run(x), session.run(x)] == [np.float32(0.63789964), np.float32(0.8774011)]


def test_an_integer_dtype_needs_a_maxval():
    with pytest.raises(ValueError, match="Must specify maxval for integer dtype"):
        tf.random_uniform([2], dtype=tf.int32)
