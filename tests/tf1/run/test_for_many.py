"""Feeds of many sizes: programs for ranges of sizes give what a program for each size gives."""

import numpy as np
import pytest

import funcfit.tf1 as tf
from funcfit.compile import traces
from funcfit.tf1.run import executable

SIZES = [5, 9, 7, 2, 12]


def matrix(rows, columns, seed):
    return tf.Variable(np.random.RandomState(seed).randn(rows, columns).astype("float32") / 3)


def policy_gradient(rng):
    observed, acted = tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.int32, [None])
    rewards = tf.placeholder(tf.float32, [None])
    logits = tf.matmul(tf.nn.tanh(tf.matmul(observed, matrix(4, 8, 1))), matrix(8, 2, 2))
    taken = tf.gather(tf.reshape(tf.nn.softmax(logits), [-1]), tf.range(tf.shape(logits)[0]) * 2 + acted)
    centred = rewards - tf.reduce_mean(rewards)
    spread = tf.sqrt(tf.reduce_mean(tf.square(centred)) + 1e-8)
    loss = tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(logits=logits, labels=acted) * centred / spread
    ) - tf.reduce_sum(tf.log(taken)) / tf.cast(tf.shape(observed)[0], tf.float32)
    fetches = [loss, taken, tf.argmax(logits, 1), tf.train.AdamOptimizer(0.01).minimize(loss)]
    return fetches, lambda n: {observed: rng.randn(n, 4), acted: rng.randint(0, 2, n), rewards: rng.randn(n)}


def normalized_batches(rng):
    x, y = tf.placeholder(tf.float32, [None, 6]), tf.placeholder(tf.float32, [None, 1])
    h = tf.layers.batch_normalization(tf.matmul(x, matrix(6, 8, 1)), training=True)
    loss = tf.losses.mean_squared_error(y, tf.matmul(tf.nn.dropout(tf.nn.relu(h), 0.5, seed=3), matrix(8, 1, 2)))
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        train = tf.train.MomentumOptimizer(0.01, 0.9).minimize(loss)
    return [loss, train], lambda n: {x: rng.randn(n, 6), y: rng.randn(n, 1)}


def convolutions(rng):
    x, y = tf.placeholder(tf.float32, [None, 8, 8, 1]), tf.placeholder(tf.int64, [None])
    filters = tf.reshape(matrix(9, 4, 1), [3, 3, 1, 4])
    h = tf.nn.max_pool(tf.nn.relu(tf.nn.conv2d(x, filters, [1] * 4, "SAME")), [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    logits = tf.matmul(tf.reshape(h, [-1, 64]), matrix(64, 3, 2))
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits=logits, labels=y))
    right = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1), y), tf.float32))
    return [loss, right, tf.train.AdamOptimizer().minimize(loss)], lambda n: {
        x: rng.randn(n, 8, 8, 1),
        y: rng.randint(0, 3, n),
    }


def sequences(rng):
    x, y = tf.placeholder(tf.float32, [4, None, 8]), tf.placeholder(tf.int32, [None])
    cell = tf.nn.rnn_cell.BasicLSTMCell(16)
    with tf.variable_scope("rnn", initializer=tf.random_uniform_initializer(-0.1, 0.1, seed=3)):
        outputs, final = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    logits = tf.matmul(tf.reshape(outputs, [-1, 16]), matrix(16, 5, 1))
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits=logits, labels=y))
    train = tf.train.AdamOptimizer(0.01).minimize(loss + tf.reduce_mean(tf.square(final.h)))
    return [outputs, loss, train], lambda n: {x: rng.randn(4, n, 8), y: rng.randint(0, 5, 4 * n)}


def rows_of_a_table(rng):
    places, y = tf.placeholder(tf.int32, [None, 4]), tf.placeholder(tf.float32, [None])
    table = matrix(20, 3, 1)
    loss = tf.reduce_mean(tf.square(tf.reduce_sum(tf.nn.embedding_lookup(table, places), [1, 2]) - y))
    train = tf.train.AdagradOptimizer(0.1).minimize(loss)
    return [loss, train, table], lambda n: {places: rng.randint(0, 20, (n, 4)), y: rng.randn(n)}


def what_a_mask_leaves(rng):
    x, mask = tf.placeholder(tf.float32, [None, 6]), tf.placeholder(tf.bool, [None])
    left = tf.boolean_mask(tf.matmul(x, matrix(6, 8, 1)), mask)
    loss = tf.reduce_sum(tf.square(left))
    train = tf.train.GradientDescentOptimizer(0.01).minimize(loss)
    return [loss, left, train], lambda n: {x: rng.randn(n, 6), mask: rng.rand(n) > 0.3}


def noise(rng):
    x = tf.placeholder(tf.float32, [None, 6])
    mean, spread = tf.matmul(x, matrix(6, 2, 1)), tf.matmul(x, matrix(6, 2, 2))
    z = mean + tf.exp(spread / 2) * tf.random_normal(tf.shape(mean), seed=5)
    loss = tf.reduce_mean(tf.reduce_sum(tf.square(tf.matmul(z, matrix(2, 6, 3)) - x), 1))
    return [loss, z, tf.train.AdamOptimizer(0.01).minimize(loss)], lambda n: {x: rng.rand(n, 6)}


def clusters(rng):
    x, centres = tf.placeholder(tf.float32, [None, 2]), tf.Variable(np.array([[0, 0], [1, 1], [-1, 1]], "float32"))
    near = tf.argmin(tf.reduce_sum(tf.square(tf.expand_dims(x, 1) - tf.expand_dims(centres, 0)), 2), 1)
    sums, counts = (tf.unsorted_segment_sum(values, near, 3) for values in (x, tf.ones_like(x)))
    moved = tf.assign(centres, sums / tf.maximum(counts, 1))
    return [near, moved, tf.scan(lambda a, b: a * 0.5 + b, x), tf.map_fn(lambda row: row * 2, x)], lambda n: {
        x: rng.randn(n, 2)
    }


PROGRAMS = [policy_gradient, normalized_batches, convolutions, sequences, rows_of_a_table, what_a_mask_leaves]
PROGRAMS += [noise, clusters]


def run_all(make, monkeypatch, exact):
    """What each size gives, and the executables that met more than so many."""
    monkeypatch.setattr(executable, "EXACT_SHAPES", exact)
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(1)
        fetches, feed = make(np.random.RandomState(0))
        session.run(tf.global_variables_initializer())
        results = [session.run(fetches, feed(n)) for n in SIZES]
        many = [e for program in session._programs.values() for e in program.executables.values()]
        return results, [e for e in many if e._for_many is not None]


@pytest.mark.parametrize("make", PROGRAMS, ids=lambda make: make.__name__)
def test_ranges_of_sizes_give_what_each_size_gives(make, monkeypatch):
    wanted, _ = run_all(make, monkeypatch, exact=len(SIZES))
    results, many = run_all(make, monkeypatch, exact=2)
    assert many and not any(e._for_many.unfit for e in many)
    for one, other in zip(results, wanted):
        for value, meant in zip(one, other):
            if meant is not None:
                np.testing.assert_allclose(value, meant, rtol=1e-5, atol=2e-6)


def test_fifty_sizes_are_six_programs():
    x, total = tf.placeholder(tf.float32, [None]), tf.Variable(0.0)
    add = tf.assign_add(total, tf.reduce_sum(x))
    with tf.Session() as session:
        session.run(total.initializer)
        before = traces()
        sums = [session.run(add, {x: np.ones(n)}) for n in [*range(5, 55)] * 2]
        np.testing.assert_array_equal(sums, np.cumsum([*range(5, 55)] * 2))
        assert traces() - before == 2 + 4  # two sizes as they come, and up to 8, 16, 32 and 64


def test_a_check_that_fails_shows_what_was_fed():
    x, labels = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.int32, [None])
    logits = tf.matmul(x, matrix(3, 3, 1))
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(logits=logits, labels=labels))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for n in SIZES:
            session.run(train, {x: np.ones((n, 3)), labels: np.ones(n)})
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"Label values: 9 0 0 0 0\s"):
            session.run(train, {x: np.ones((5, 3)), labels: [9, 0, 0, 0, 0]})
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"Label values: 9 0 0 0 0 0 0 0 0 0 0\s"):
            session.run(train, {x: np.ones((11, 3)), labels: [9] + [0] * 10})


def test_what_is_fed_may_change_afterwards():
    x, total = tf.placeholder(tf.float32, [None]), tf.Variable(0.0)
    add = tf.assign_add(total, tf.reduce_sum(x))
    with tf.Session() as session:
        session.run(total.initializer)
        for n in (5, 6, 7, 8):
            fed = np.ones(n, "float32")
            session.run(add.op, {x: fed})
            fed[:] = 100
        assert session.run(total) == 5 + 6 + 7 + 8


@pytest.mark.parametrize(
    "of_size",
    [
        lambda n: tf.cond(tf.equal(n, 20), lambda: 1, lambda: 0),
        lambda n: tf.cond(tf.equal(n % 3, 0), lambda: 1, lambda: 0),
        lambda n: tf.minimum(n, 22),
        lambda n: tf.cast(tf.cast(n, tf.float32) / 3.0, tf.int32),
    ],
    ids=["equal to one", "a remainder", "no more than", "rounded"],
)
def test_what_depends_on_a_size_otherwise_than_by_a_line_is_right_at_each(of_size):
    x = tf.placeholder(tf.float32, [None])
    y, size = tf.reduce_sum(x), tf.placeholder(tf.int32)
    known, fed = y * tf.to_float(of_size(tf.shape(x)[0])), y * tf.to_float(of_size(size))
    with tf.Session() as session:
        for n in range(17, 33):
            ones = np.ones(n)
            assert session.run(known, {x: ones}) == session.run(fed, {x: ones[:1], size: n}) * n, n


@pytest.mark.parametrize("good", [1, 2, 3], ids=lambda n: f"after {n}")
def test_feeds_that_do_not_go_together_change_nothing(good):
    x, y = tf.placeholder(tf.float32, [None]), tf.placeholder(tf.float32, [None])
    total = tf.Variable(0.0)
    add = tf.assign_add(total, tf.reduce_sum(x * y))
    with tf.Session() as session:
        session.run(total.initializer)
        for n in range(5, 5 + good):
            session.run(add, {x: np.ones(n), y: np.ones(n)})
        for _ in range(3):
            with pytest.raises(tf.errors.InvalidArgumentError):
                session.run(add, {x: np.ones(8), y: np.ones(9)})
        before = traces()
        for n in range(5 + good, 30):
            session.run(add, {x: np.ones(n), y: np.ones(n)})
        assert traces() - before <= 4
        assert session.run(total) == sum(range(5, 30))


def test_shapes_that_vary_in_something_new_and_unfit_leave_ranges_as_they_are():
    x = tf.placeholder(tf.float32, [None, None, 1])
    total = tf.Variable(0.0)
    add = tf.assign_add(total, tf.reduce_sum(tf.layers.max_pooling1d(x, 2, 2)))
    with tf.Session() as session:
        session.run(total.initializer)
        for n in (5, 6, 7):
            session.run(add, {x: np.ones((n, 4, 1))})
        session.run(add, {x: np.ones((5, 9, 1))})
        before = traces()
        for n in range(5, 9):
            session.run(add, {x: np.ones((n, 4, 1))})
        assert traces() == before
        assert session.run(total) == 2 * (5 + 6 + 7) + 4 * 5 + 2 * (5 + 6 + 7 + 8)


def test_a_size_that_stays_short_is_left_as_it_is():
    x, total = tf.placeholder(tf.float32, [None, None]), tf.Variable(0.0)
    add = tf.assign_add(total, tf.reduce_sum(x))
    with tf.Session() as session:
        session.run(total.initializer)
        before, fed = traces(), 0
        for batch in (1, 2):
            for n in range(5, 30):
                session.run(add, {x: np.ones((batch, n))})
                fed += batch * n
        assert traces() - before == 2 + 2 * 3  # for each batch up to 8, 16 and 32
        assert session.run(total) == fed
