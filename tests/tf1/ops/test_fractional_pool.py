"""Fractional pooling in a graph: which windows are drawn when, what flows back, what is refused."""

import numpy as np
import pytest

import funcfit.tf1 as tf

X = np.random.default_rng(0).normal(size=(2, 17, 20, 3)).astype(np.float32)
RATIO = [1.0, 1.7, 1.3, 1.0]
# What TensorFlow 1.1 drew for X with seeds 5 and 7.
ROWS = [0, 2, 4, 5, 7, 9, 11, 13, 14, 15, 17]
COLUMNS = [0, 1, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 18, 20]

every_pool = pytest.mark.parametrize(
    "pool, summary", [(tf.nn.fractional_max_pool, np.max), (tf.nn.fractional_avg_pool, np.mean)], ids=["max", "avg"]
)


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


@every_pool
def test_deterministic_windows_follow_from_the_seeds_in_every_run(pool, summary):
    out = pool(X, RATIO, deterministic=True, seed=5, seed2=7)
    assert [x.shape.as_list() for x in out] == [[2, 10, 15, 3], [11], [16]]
    with tf.Session() as session:
        pooled, rows, columns = session.run(out)
        again, _, _ = session.run(out)
    assert (rows.tolist(), columns.tolist()) == (ROWS, COLUMNS)
    np.testing.assert_array_equal(again, pooled)
    corner = X[:, ROWS[3] : ROWS[4], COLUMNS[1] : COLUMNS[2]]
    np.testing.assert_allclose(pooled[:, 3, 1], summary(corner, (1, 2)), rtol=1e-6)


@every_pool
def test_windows_are_drawn_anew_in_each_run(pool, summary):
    _, rows, columns = pool(X, RATIO)
    with tf.Session() as session:
        drawn = {tuple(np.concatenate(session.run([rows, columns])).tolist()) for _ in range(5)}
    assert len(drawn) > 1
    for edges in drawn:
        assert (edges[0], edges[10], edges[11], edges[26]) == (0, 17, 0, 20)
        assert {int(step) for step in np.diff(edges[:11])} == {1, 2}


@every_pool
@pytest.mark.parametrize("shape", [X.shape, [None, None, None, 3]], ids=["known", "fed"])
def test_each_window_hands_back_what_arrives_at_it(pool, summary, shape):
    x = tf.placeholder(tf.float32, shape)
    pooled, _, _ = pool(x, RATIO, deterministic=True, seed=5, seed2=7)
    slope = tf.gradients(pooled, x)[0]
    with tf.Session() as session:
        dx = session.run(slope, {x: X})
    for i, j in [(0, 0), (3, 1), (9, 14)]:
        window = dx[:, ROWS[i] : ROWS[i + 1], COLUMNS[j] : COLUMNS[j + 1]]
        np.testing.assert_allclose(window.sum((1, 2)), 1.0, rtol=1e-5)


def test_seeds_without_determinism_are_refused():
    pooled, _, _ = tf.nn.fractional_max_pool(X, RATIO, seed=5)
    with tf.Session() as session:
        with pytest.raises(tf.errors.InvalidArgumentError, match="Both seed and seed2 should be 0"):
            session.run(pooled)


def test_a_ratio_for_each_dimension_is_asked_for():
    with pytest.raises(ValueError, match="pooling_ratio field must specify 4 dimensions"):
        tf.nn.fractional_max_pool(X, [1.7, 1.3])
