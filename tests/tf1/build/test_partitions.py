"""Variables in parts."""

import numpy as np
import pytest

import funcfit.tf1 as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def test_parts_are_named_cut_and_joined_again():
    rows = np.arange(10, dtype=np.float32).reshape(5, 2)
    whole = tf.get_variable("w", initializer=tf.constant(rows), partitioner=tf.fixed_size_partitioner(2))
    assert [v.name for v in whole] == ["w/part_0:0", "w/part_1:0"]
    assert [v.shape.as_list() for v in whole] == [[3, 2], [2, 2]]
    assert [v._get_save_slice_info().spec for v in whole] == ["5 2 0,3:0,2", "5 2 3,2:0,2"]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        np.testing.assert_array_equal(session.run(tf.identity(whole)), rows)
        session.run(whole.assign(tf.constant(-rows)))
        np.testing.assert_array_equal(session.run(whole.as_tensor()), -rows)


def test_initializers_see_the_whole():
    seen = []

    def initializer(shape, dtype, partition_info):
        seen.append((shape, partition_info.full_shape, partition_info.var_offset))
        return tf.zeros(shape, dtype)

    tf.get_variable("w", [2, 6], initializer=initializer, partitioner=tf.fixed_size_partitioner(3, axis=1))
    assert seen == [([2, 2], [2, 6], [0, 0]), ([2, 2], [2, 6], [0, 2]), ([2, 2], [2, 6], [0, 4])]


def test_reuse_finds_the_parts_and_refuses_other_ones():
    with tf.variable_scope("a", partitioner=tf.fixed_size_partitioner(2)):
        whole = tf.get_variable("w", [4])
    with tf.variable_scope("a", reuse=True):
        assert tf.get_variable("w", [4]) is whole
        with pytest.raises(ValueError, match="specified partitions"):
            tf.get_variable("w", [4], partitioner=tf.fixed_size_partitioner(4))
    with tf.variable_scope("a"), pytest.raises(ValueError, match="a partitioned version of the variable was found"):
        tf.get_variable("w", [4])


def test_partitioners_count_bytes():
    shape = tf.TensorShape([100, 10])
    assert tf.variable_axis_size_partitioner(400)(shape=shape, dtype=tf.float32) == [10, 1]
    assert tf.variable_axis_size_partitioner(400, max_shards=3)(shape=shape, dtype=tf.float32) == [3, 1]
    assert tf.min_max_variable_partitioner(8, min_slice_size=1000)(shape=shape, dtype=tf.float32) == [4, 1]
    assert tf.fixed_size_partitioner(1000, axis=1)(shape=shape, dtype=tf.float32) == [1, 10]


def test_old_style_parts_are_a_list():
    parts = tf.create_partitioned_variables([4, 2], [1, 2], tf.ones_initializer(), name="p")
    assert [v.name for v in parts] == ["p/part_0:0", "p/part_1:0"]
    with pytest.raises(ValueError, match="only slice a variable along one dimension"):
        tf.create_partitioned_variables([4, 2], [2, 2], tf.ones_initializer())


def test_an_optimizer_updates_the_parts():
    whole = tf.get_variable("w", [4], initializer=tf.ones_initializer(), partitioner=tf.fixed_size_partitioner(2))
    step = tf.train.MomentumOptimizer(0.5, 0.9).minimize(tf.reduce_sum(tf.square(whole)))
    slots = [v for v in tf.global_variables() if "Momentum" in v.name]
    assert [v._get_save_slice_info().full_name for v in slots] == ["w/Momentum", "w/Momentum"]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(step)
        assert session.run(whole.as_tensor()).tolist() == [0.0] * 4
