"""Rows looked up by number, in one table or several."""

import numpy as np
import pytest

import funcfit.tf1 as tf

TABLE = np.arange(20, dtype=np.float32).reshape(10, 2)
IDS = np.array([[3, 9], [0, 3]])


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def run(fetch, feeds=None):
    with tf.Session() as session:
        return session.run(fetch, feeds)


@pytest.mark.parametrize("strategy", ["mod", "div"])
@pytest.mark.parametrize("parts", [1, 2, 3, 4])
def test_a_table_in_parts_is_the_table(strategy, parts):
    if strategy == "mod":
        tables = [TABLE[i::parts] for i in range(parts)]
    else:
        tables = np.array_split(TABLE, parts)
    rows = tf.nn.embedding_lookup([tf.constant(t) for t in tables], IDS, partition_strategy=strategy)
    assert rows.shape.as_list() == [2, 2, 2]
    np.testing.assert_array_equal(run(rows), TABLE[IDS])


def test_gradients_are_rows_of_the_table():
    table = tf.Variable(TABLE)
    slope = tf.gradients(tf.nn.embedding_lookup(table, IDS), table)[0]
    assert isinstance(slope, tf.IndexedSlices)
    values, indices = run([slope.values, slope.indices])
    assert indices.tolist() == [3, 9, 0, 3]
    assert values.tolist() == [[1, 1]] * 4


def test_long_rows_are_shortened():
    lengths = np.linalg.norm(run(tf.nn.embedding_lookup(TABLE, IDS, max_norm=5.0)), axis=-1)
    np.testing.assert_allclose(lengths, np.minimum(np.linalg.norm(TABLE[IDS], axis=-1), 5), rtol=1e-5)


def test_no_table_and_unknown_strategies_are_refused():
    for nothing in (None, []):
        with pytest.raises(ValueError, match="Need at least one param"):
            tf.nn.embedding_lookup(nothing, IDS)
    with pytest.raises(ValueError, match="Unrecognized partition strategy: hash"):
        tf.nn.embedding_lookup([tf.constant(TABLE)] * 2, IDS, partition_strategy="hash")


PLACES = np.array([[0, 0], [0, 1], [1, 0], [2, 0], [2, 1], [2, 2]], np.int64)
NAMED = np.array([1, 3, 0, 2, 2, 9], np.int64)
WEIGHTS = np.array([1.0, 2.0, 0.5, 1.0, 1.0, 3.0], np.float32)


@pytest.mark.parametrize("combiner", ["sum", "mean", "sqrtn"])
@pytest.mark.parametrize("weighted", [False, True])
def test_rows_that_an_example_names_are_combined(combiner, weighted):
    ids = tf.SparseTensor(tf.constant(PLACES), tf.constant(NAMED), tf.constant([3, 3], tf.int64))
    weights = tf.SparseTensor(ids.indices, tf.constant(WEIGHTS), ids.dense_shape) if weighted else None
    got = run(tf.nn.embedding_lookup_sparse(tf.constant(TABLE), ids, weights, combiner=combiner))
    for i in range(3):
        mine = PLACES[:, 0] == i
        w = WEIGHTS[mine] if weighted else np.ones(mine.sum())
        total = (TABLE[NAMED[mine]] * w[:, None]).sum(0)
        over = {"sum": 1, "mean": w.sum(), "sqrtn": np.sqrt(np.square(w).sum())}[combiner]
        np.testing.assert_allclose(got[i], total / over, rtol=1e-5)


def test_sparse_lookups_want_sparse_tensors():
    ids = tf.SparseTensor(tf.constant(PLACES), tf.constant(NAMED), tf.constant([3, 3], tf.int64))
    with pytest.raises(TypeError, match="sp_ids must be SparseTensor"):
        tf.nn.embedding_lookup_sparse(TABLE, IDS, None)
    with pytest.raises(TypeError, match="sp_weights must be either None or SparseTensor"):
        tf.nn.embedding_lookup_sparse(TABLE, ids, WEIGHTS)
    with pytest.raises(ValueError, match="combiner must be one of"):
        tf.nn.embedding_lookup_sparse(TABLE, ids, None, combiner="max")
