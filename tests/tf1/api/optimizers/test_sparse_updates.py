"""A gradient of rows stays one: nothing of the table's size is computed but what the algorithm itself decays."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import funcfit.tf1 as tf
from tests.fixtures.optimizers import OPTIMIZERS

ROWS, COLUMNS = 1000, 6
IN_PLACE = {"scatter", "scatter-add", "scatter-mul", "scatter-min", "scatter-max"}
PASSING_ON = {"while", "scan", "cond", "jit", "pjit", "closed_call", "custom_jvp_call", "custom_vjp_call", "copy"}
# Both moments of every row decay, and every row moves by them: in TensorFlow too.
ADAMS = {"mul", "add", "sub", "sqrt", "div"}


def inner(value):
    """The jaxprs in a parameter of an equation."""
    for each in value if isinstance(value, (list, tuple)) else [value]:
        each = getattr(each, "jaxpr", each)
        if hasattr(each, "eqns"):
            yield each


def made_in(jaxpr, shape):
    """The primitives by which anything of this shape is computed."""
    found = set()
    for eqn in jaxpr.eqns:
        if any(x.aval.shape == shape for x in eqn.outvars):
            found.add(eqn.primitive.name)
        for value in eqn.params.values():
            for each in inner(value):
                found |= made_in(each, shape)
    return found - IN_PLACE - PASSING_ON


def computed_for(train, feed):
    step, state = tf.functionalize(train, list(feed))
    traced = jax.make_jaxpr(step)(state, *feed.values())
    return made_in(traced.jaxpr, (ROWS, COLUMNS))


def table_of(rows=ROWS):
    return tf.Variable(np.ones((rows, COLUMNS), np.float32))


def ids_fed():
    ids = tf.placeholder(tf.int32, [None])
    return ids, {ids: jnp.array([3, 900, 3, 17])}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_no_optimizer_makes_a_dense_gradient_of_a_table(name):
    with tf.Graph().as_default(), tf.Session() as session:
        step = tf.Variable(0, trainable=False, dtype=tf.int64)
        ids, feed = ids_fed()
        loss = tf.reduce_sum(tf.square(tf.gather(table_of(), ids)))
        train = OPTIMIZERS[name](tf, step).minimize(loss, global_step=step)
        session.run(tf.global_variables_initializer())
        assert computed_for(train, feed) == (ADAMS if name.startswith("adam") else set())


def test_a_dense_gradient_would_be_found():
    with tf.Graph().as_default(), tf.Session() as session:
        table = table_of()
        ids, feed = ids_fed()
        loss = tf.reduce_sum(tf.gather(table, ids)) + tf.nn.l2_loss(table)
        train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
        session.run(tf.global_variables_initializer())
        assert computed_for(train, feed)


LOOKED_UP = {
    "embedding_lookup": lambda table, ids: tf.nn.embedding_lookup(table, ids),
    "two lookups": lambda table, ids: tf.gather(table, ids) + tf.gather(table, ids + 1),
    "in rows of two": lambda table, ids: tf.nn.embedding_lookup(table, tf.reshape(ids, [2, 2])),
    "bounded in norm": lambda table, ids: tf.nn.embedding_lookup(table, ids, max_norm=1.0),
    "through identity": lambda table, ids: tf.gather(tf.identity(table), ids),
    "one row": lambda table, ids: tf.gather(table, ids[0]),
    "in a loop": lambda table, ids: tf.while_loop(
        lambda i, y: i < 3, lambda i, y: (i + 1, y + tf.gather(table, ids + i)), [0, tf.zeros([4, COLUMNS])]
    )[1],
    "nce_loss": lambda table, ids: tf.nn.nce_loss(
        weights=table_of(),
        biases=tf.Variable(np.zeros(ROWS, np.float32)),
        labels=tf.reshape(ids, [-1, 1]),
        inputs=tf.nn.embedding_lookup(table, ids),
        num_sampled=8,
        num_classes=ROWS,
    ),
}


@pytest.mark.parametrize("name", LOOKED_UP)
@pytest.mark.parametrize("optimizer", [tf.train.GradientDescentOptimizer, tf.train.AdagradOptimizer])
def test_however_rows_are_looked_up_their_gradient_is_one_of_rows(name, optimizer):
    with tf.Graph().as_default(), tf.Session() as session:
        ids, feed = ids_fed()
        train = optimizer(0.1).minimize(tf.reduce_sum(tf.square(LOOKED_UP[name](table_of(), ids))))
        session.run(tf.global_variables_initializer())
        assert not computed_for(train, feed)


def test_gradients_of_rows_are_clipped_as_rows():
    with tf.Graph().as_default(), tf.Session() as session:
        ids, feed = ids_fed()
        optimizer = tf.train.AdagradOptimizer(0.1)
        loss = tf.reduce_sum(tf.square(tf.nn.embedding_lookup(table_of(), ids)))
        pairs = optimizer.compute_gradients(loss)
        clipped, _ = tf.clip_by_global_norm([g for g, _ in pairs], 1.0)
        train = optimizer.apply_gradients(zip(clipped, [v for _, v in pairs]))
        session.run(tf.global_variables_initializer())
        assert not computed_for(train, feed)


@pytest.mark.parametrize("optimizer", [tf.train.GradientDescentOptimizer, tf.train.AdagradOptimizer])
def test_a_session_updates_a_table_where_it_lies(optimizer):
    with tf.Graph().as_default(), tf.Session() as session:
        table, ids = table_of(100_000), tf.placeholder(tf.int32, [None])
        train = optimizer(0.1).minimize(tf.reduce_sum(tf.square(tf.gather(table, ids))))
        session.run(tf.global_variables_initializer())
        cells = [v._ref().op for v in tf.global_variables()]
        session.run(train, {ids: [3, 3, 5]})
        before = [session._state[c].unsafe_buffer_pointer() for c in cells]
        session.run(train, {ids: [3, 3, 5]})
        assert [session._state[c].unsafe_buffer_pointer() for c in cells] == before
