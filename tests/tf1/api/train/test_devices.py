"""Clusters and strategies that choose a task."""

import pytest

import funcfit.tf1 as tf


def test_a_cluster_tells_its_tasks():
    cluster = tf.train.ClusterSpec({"ps": ["a:1", "b:1"], "worker": {1: "c:1", 3: "d:1"}})
    assert cluster.as_dict() == {"ps": ["a:1", "b:1"], "worker": {1: "c:1", 3: "d:1"}}
    assert cluster.num_tasks("worker") == 2 and cluster.task_indices("worker") == [1, 3]
    assert cluster.task_address("worker", 3) == "d:1" and cluster.job_tasks("worker") == [None, "c:1", None, "d:1"]
    assert tf.train.ClusterSpec(cluster.as_cluster_def()) == tf.train.ClusterSpec(cluster) == cluster
    with pytest.raises(ValueError, match="No such job in cluster: 'chief'"):
        cluster.num_tasks("chief")
    with pytest.raises(ValueError, match="No task with index 0"):
        cluster.task_address("worker", 0)
    with pytest.raises(TypeError, match="must be a dictionary"):
        tf.train.ClusterSpec(["a:1"])


def test_without_parameter_servers_nothing_is_placed():
    assert tf.train.replica_device_setter() is None
    assert tf.train.replica_device_setter(cluster={"worker": ["a:1"]}) is None


def test_large_variables_are_spread_by_their_bytes():
    strategy = tf.contrib.training.GreedyLoadBalancingStrategy(2, tf.contrib.training.byte_size_load_fn)
    with tf.Graph().as_default(), tf.device(tf.train.replica_device_setter(ps_tasks=2, ps_strategy=strategy)):
        made = [tf.Variable(tf.zeros([n])) for n in (100, 10, 10, 200)]
        assert [v.device for v in made] == ["/job:ps/task:0", "/job:ps/task:1", "/job:ps/task:1", "/job:ps/task:1"]
