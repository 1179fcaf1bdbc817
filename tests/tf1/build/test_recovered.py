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


def rebuilt(name):
    """(what was recorded, the same graph here)"""
    recorded, graph = RECORDED[name], tf.Graph()
    add_nodes(
        graph,
        [
            types.SimpleNamespace(
                name=node["name"],
                op=node["op"],
                input=node["inputs"],
                attr={key: attr(value) for key, value in node["attrs"].items()},
                device="",
            )
            for node in recorded["nodes"]
        ],
    )
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
