"""Graphs with loops that TensorFlow 1.15.5 built, rebuilt from lists of their nodes (scripts/record_graphs.py), run and
are differentiated as there.
"""

import json
import pathlib
import types

import numpy as np
import pytest

import funcfit.tf1 as tf
from funcfit.tf1.graph.imported import add_nodes

GRAPHS = pathlib.Path(__file__).parents[2] / "fixtures" / "graphs"
RECORDED = {path.stem: json.loads(path.read_text()) for path in sorted(GRAPHS.glob("*.json"))}


def attr(value):
    """An attr from its JSON."""
    if isinstance(value, list):
        return [attr(each) for each in value]
    if isinstance(value, str):
        return value.encode()
    if not isinstance(value, dict):
        return value
    if "tensor" in value:
        dtype = tf.as_dtype(value["dtype"]).as_numpy_dtype
        encoded = [x.encode() for x in np.ravel(value["tensor"])] if dtype is np.object_ else value["tensor"]
        return np.array(encoded, dtype).reshape(value["shape"])
    return tf.TensorShape(value["shape"]) if "shape" in value else tf.as_dtype(value["dtype"])


def described(recorded):
    """The recorded nodes, as NodeDefs would describe them."""
    return [
        types.SimpleNamespace(
            name=node["name"],
            op=node["op"],
            input=node["inputs"],
            attr={key: attr(value) for key, value in node["attrs"].items()},
            device="",
        )
        for node in recorded["nodes"]
    ]


def rebuilt(name):
    """(what was recorded, the same graph here)"""
    recorded, graph = RECORDED[name], tf.Graph()
    add_nodes(graph, described(recorded))
    return recorded, graph


def assert_gives(graph, recorded, fetches, expected):
    with tf.Session(graph=graph) as session:
        session.run(recorded["initializer"])
        for name, value in zip(expected, session.run(fetches, recorded["feeds"])):
            np.testing.assert_allclose(value, expected[name], rtol=2e-5, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("name", RECORDED)
def test_a_graph_from_1_15_gives_what_it_gave_there(name):
    recorded, graph = rebuilt(name)
    assert_gives(graph, recorded, list(recorded["fetches"]), recorded["fetches"])


@pytest.mark.parametrize("name", [name for name in RECORDED if "gradients" in RECORDED[name]])
def test_a_graph_from_1_15_is_differentiated_as_there(name):
    recorded, graph = rebuilt(name)
    with graph.as_default():
        xs = [graph.get_tensor_by_name(x) for x in recorded["gradients"]]
        gradients = tf.gradients(graph.get_tensor_by_name(recorded["y"]), xs)
    assert_gives(graph, recorded, [tf.convert_to_tensor(g) for g in gradients], recorded["gradients"])


def gradient(graph, recorded, name):
    return tf.gradients(graph.get_tensor_by_name(recorded["y"]), graph.get_tensor_by_name(name))[0]


@pytest.mark.parametrize("name", ["cond_in_a_loop", "nested_loops"])
def test_nodes_that_nothing_needs_may_be_missing(name):
    recorded, whole = rebuilt(name)
    wanted, todo = set(), [whole.get_tensor_by_name(recorded["y"]).op]
    while todo:
        node = todo.pop()
        if node not in wanted:
            wanted.add(node)
            todo += [*(x.op for x in node.inputs), *node.control_inputs]
    names = {node.name for node in wanted}
    with tf.Graph().as_default() as graph:
        add_nodes(graph, [node for node in described(recorded) if node.name in names])
        found = gradient(graph, recorded, "x:0")
        with tf.Session() as session:
            weights = {graph.get_tensor_by_name("w:0"): np.cos([1.0, 2.0, 3.0])}
            value = session.run(found, {**recorded["feeds"], **weights})
    np.testing.assert_allclose(value, recorded["gradients"]["x:0"], rtol=1e-5)


def test_a_list_that_is_added_twice_has_loops_of_its_own_each_time():
    recorded = RECORDED["bounded"]
    with tf.Graph().as_default() as graph:
        xs, gradients = [], []
        for scope in ("a", "b"):
            with graph.name_scope(scope):
                made = add_nodes(graph, described(recorded))
            xs.append(made["x"].outputs[0])
        for scope, x in zip("ab", xs):
            gradients += tf.gradients(graph.get_tensor_by_name(f"{scope}/{recorded['y']}"), x)
        with tf.Session() as session:
            value = recorded["feeds"]["x:0"]
            one, other = session.run(gradients, {xs[0]: value, xs[1]: value})
    np.testing.assert_allclose(one, recorded["gradients"]["x:0"], rtol=1e-5)
    np.testing.assert_array_equal(one, other)


def test_what_is_built_around_a_loop_from_a_list_is_differentiated_with_it():
    recorded, graph = rebuilt("bounded")
    with graph.as_default():
        x, y = (graph.get_tensor_by_name(name) for name in ("x:0", recorded["y"]))
        _, again = tf.while_loop(lambda i, _: i < 2, lambda i, z: (i + 1, z * y), [0, y])
        cube, plain = tf.gradients(again, x)[0], tf.gradients(y * y * y, x)[0]
        with tf.Session() as session:
            np.testing.assert_allclose(*session.run([cube, plain], recorded["feeds"]), rtol=1e-5)


def test_a_loop_of_gradients_is_not_differentiated_again():
    recorded, graph = rebuilt("cond_with_gradients")
    of_gradients = next(name for name in recorded["fetches"] if name.startswith("gradients"))
    with pytest.raises(TypeError, match="Second-order gradient for while loops not supported"), graph.as_default():
        tf.gradients(graph.get_tensor_by_name(of_gradients), graph.get_tensor_by_name("x:0"))


@pytest.mark.parametrize("name", ["while/mul", "while/Merge", "while/Less"])
def test_what_is_in_a_loop_from_a_list_cannot_be_fetched(name):
    recorded, graph = rebuilt("bounded")
    with tf.Session(graph=graph) as session, pytest.raises(tf.errors.InvalidArgumentError, match="in a while loop"):
        session.run(name + ":0", recorded["feeds"])
