"""Device names on nodes: merged from the inside out, as tf.device blocks nest."""

import contextlib

import pytest

import funcfit.tf1 as tf


def device_in(*blocks):
    with contextlib.ExitStack() as nested:
        nested.enter_context(tf.Graph().as_default())
        for block in blocks:
            nested.enter_context(tf.device(block))
        return tf.constant(1).device


def test_an_inner_name_fills_in_what_it_says_and_the_outer_the_rest():
    assert device_in("/job:worker/task:1", "/cpu:0") == "/job:worker/task:1/device:CPU:0"
    assert device_in("/job:worker/task:1", "/job:ps") == "/job:ps/task:1"
    assert device_in("/gpu:1", "/device:GPU:2") == "/device:GPU:2"
    assert device_in("/gpu") == "/device:GPU:*"


def test_none_forgets_the_outer_blocks():
    assert device_in("/job:worker", None) == ""
    assert device_in("/job:worker", None, "/cpu:0") == "/device:CPU:0"


def test_a_function_sees_the_node():
    assert device_in(lambda node: "/gpu:0" if node.type == "MatMul" else "/cpu:1") == "/cpu:1"


def test_a_name_that_is_none_is_refused_at_the_block():
    with pytest.raises(ValueError, match="Unknown attribute: 'foo' in '/foo:1'"):
        tf.device("/foo:1").__enter__()


def test_a_device_spec_is_a_device():
    spec = tf.DeviceSpec(job="ps", task=2, device_type="cpu", device_index=0)
    assert device_in(spec) == spec.to_string() == "/job:ps/task:2/device:CPU:0"


def test_variables_go_to_parameter_servers_in_turn_and_the_rest_to_the_worker():
    cluster = tf.train.ClusterSpec({"ps": ["a:1", "b:1"], "worker": ["c:1"]})
    with tf.Graph().as_default(), tf.device(tf.train.replica_device_setter(cluster=cluster)):
        v, w = tf.Variable(1.0), tf.Variable(2.0)
        assert [x.device for x in (v, w, v + w)] == ["/job:ps/task:0", "/job:ps/task:1", "/job:worker"]
