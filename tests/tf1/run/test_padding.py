"""Sparse updates that sum repeated rows stay inside jit; a Unique that anything else can see does not."""

import numpy as np

import funcfit.tf1 as tf
from funcfit.tf1.run.plan import plan
from tests.compilations import counted_compilations


def looked_up(optimizer):
    """A table of six rows, ids to feed, and a step on the sum of squares of the rows looked up."""
    table = tf.Variable(np.arange(12, dtype=np.float32).reshape(6, 2), name="table")
    ids = tf.placeholder(tf.int32, [None], name="ids")
    return table, ids, optimizer.minimize(tf.reduce_sum(tf.square(tf.gather(table, ids))))


def test_an_update_that_sums_repeated_rows_is_one_stage_and_compiles_once():
    for optimizer in (tf.train.AdamOptimizer(0.1), tf.train.MomentumOptimizer(0.1, 0.9), tf.train.FtrlOptimizer(0.1)):
        with tf.Graph().as_default(), tf.Session() as session:
            _, ids, step = looked_up(optimizer)
            assert len(plan([step], [ids]).stages) == 1
            session.run(tf.global_variables_initializer())
            session.run(step, {ids: [0, 1, 2, 3]})
            with counted_compilations() as compiled:
                session.run(step, {ids: [0, 0, 0, 0]})
                session.run(step, {ids: [5, 1, 1, 5]})
            assert not compiled


def test_repeated_rows_are_summed_before_they_are_squared():
    with tf.Graph().as_default(), tf.Session() as session:
        table, ids, step = looked_up(tf.train.AdagradOptimizer(1.0, initial_accumulator_value=1.0))
        session.run(tf.global_variables_initializer())
        before = session.run(table)
        session.run(step, {ids: [2, 4, 2]})
        slopes = np.zeros_like(before)
        np.add.at(slopes, [2, 4, 2], 2 * before[[2, 4, 2]])
        np.testing.assert_allclose(session.run(table), before - slopes / np.sqrt(1 + slopes**2), rtol=1e-6)


def test_a_unique_that_is_fetched_has_its_own_size_and_order():
    with tf.Graph().as_default(), tf.Session() as session:
        _, ids, step = looked_up(tf.train.AdagradOptimizer(1.0))
        unique = tf.get_default_graph().get_operation_by_name("Adagrad/update_table/Unique")
        session.run(tf.global_variables_initializer())
        _, values, places = session.run([step, *unique.outputs], {ids: [4, 2, 4]})
        assert values.tolist() == [4, 2] and places.tolist() == [0, 1, 0]


def test_a_unique_whose_size_is_used_elsewhere_runs_on_the_host():
    with tf.Graph().as_default(), tf.Session() as session:
        _, ids, step = looked_up(tf.train.AdagradOptimizer(1.0))
        unique = tf.get_default_graph().get_operation_by_name("Adagrad/update_table/Unique")
        count = tf.reduce_sum(tf.ones_like(unique.outputs[0]))
        session.run(tf.global_variables_initializer())
        assert session.run([step, count], {ids: [4, 2, 4]})[1] == 2


def test_strings_are_made_distinct_on_the_host():
    with tf.Graph().as_default(), tf.Session() as session:
        values, _ = tf.unique(tf.constant(["b", "a", "b"]))
        assert session.run(tf.shape(values)).tolist() == [2]
