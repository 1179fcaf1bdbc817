"""Nodes from a list."""

import types

import pytest

import funcfit.tf1 as tf
from funcfit.tf1.graph.imported import add_nodes
from tests.listings.programs import programs

PROGRAMS = programs()


def described(name, op, *inputs, **attrs):
    return types.SimpleNamespace(name=name, op=op, input=inputs, attr=attrs, device="")


ONE = described("x", "Placeholder", dtype=tf.float32, shape=tf.TensorShape([]))


@pytest.mark.parametrize("name", ["loops.gradient", "control.cond_gradient", "layers.dense_trained"])
def test_a_listed_graph_is_the_same_when_it_is_added_in_reverse_order(name):
    with tf.Graph().as_default() as graph:
        PROGRAMS[name](tf)
    copy = tf.Graph()
    add_nodes(copy, [node.node_def for node in reversed(graph.get_operations())])
    nodes = {node.name: node for node in copy.get_operations()}
    assert [str(nodes[node.name].node_def) for node in graph.get_operations()] == [
        str(node.node_def) for node in graph.get_operations()
    ]


def test_attrs_that_are_missing_have_their_defaults():
    graph = tf.Graph()
    types = {"dtype": tf.float32, "shape": tf.TensorShape([2, 2])}
    nodes = [described("x", "Placeholder", **types), described("y", "MatMul", "x", "x:0", T=tf.float32)]
    made = add_nodes(graph, nodes)
    assert made["y"].get_attr("transpose_a") is False
    assert made["y"].outputs[0].shape == [2, 2]


@pytest.mark.parametrize(
    "nodes, message",
    [
        ([described("x", "NoOp"), described("x", "NoOp")], "Node 'x' is not unique"),
        ([described("x", "NoOp", "^y")], "Node 'x': Unknown input node '\\^y'"),
        ([described("x", "Unheard")], "No op named Unheard in defined operations."),
        ([described("x", "Identity", "x", T=tf.float32)], "Node 'x' takes what it gives"),
        ([ONE, described("y", "Identity", "x")], "NodeDef missing attr 'T' from Op<name=Identity>"),
        ([ONE, described("y", "Identity", T=tf.float32)], "expected inputs 'float' do not match 0 inputs specified"),
        (
            [ONE, described("y", "Identity", "x", T=tf.int32)],
            "Input 0 of node y was passed float from x:0 incompatible with expected int32.",
        ),
        (
            [ONE, described("y", "Assign", "x", "x", T=tf.float32)],
            "Input 0 of node y was passed float from x:0 incompatible with expected float_ref.",
        ),
    ],
)
def test_a_list_that_makes_no_graph_is_refused(nodes, message):
    with pytest.raises(ValueError, match=message):
        add_nodes(tf.Graph(), nodes)
