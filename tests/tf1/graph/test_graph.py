"""Graphs: names, scopes, control dependencies, collections, look-up."""

import pytest

import funcfit.tf1 as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def test_names_are_made_unique_and_case_matters():
    names = [tf.constant(1, name=n).op.name for n in ("a", "a", "A", "a", "a_1")]
    assert names == ["a", "a_1", "A", "a_2", "a_1_1"]


def test_a_name_scope_prefixes_and_is_made_unique_too():
    with tf.name_scope("s"):
        assert tf.constant(1, name="c").op.name == "s/c"
    with tf.name_scope("s") as scope:
        assert (scope, tf.constant(1, name="c").op.name) == ("s_1/", "s_1/c")
    with tf.name_scope(scope):
        assert tf.constant(1, name="c").op.name == "s_1/c_1"
    with tf.name_scope("s"), tf.name_scope(None):
        assert tf.constant(1, name="c").op.name == "c"


@pytest.mark.parametrize("name", ["_a", "a b", "a:b", "", "é"])
def test_bad_names_are_refused(name):
    with pytest.raises(ValueError, match="is not a valid"):
        tf.placeholder(tf.float32, name=name) if name else tf.get_default_graph().unique_name(name)


def test_a_node_in_a_block_waits_unless_an_input_has_waited():
    first = tf.constant(1)
    with tf.control_dependencies([first]):
        waits = tf.constant(2)
        through = tf.identity(waits)
        direct = tf.identity(first)
        with tf.control_dependencies(None):
            free = tf.constant(3)
    assert waits.op.control_inputs == [first.op]
    assert through.op.control_inputs == direct.op.control_inputs == free.op.control_inputs == []


def test_collections_keep_order_and_filter_by_scope():
    with tf.name_scope("a"):
        x = tf.constant(1, name="x")
    y = tf.constant(2, name="y")
    for tensor in (x, y):
        tf.add_to_collection("mine", tensor)
    assert tf.get_collection("mine") == [x, y]
    assert tf.get_collection("mine", "a/") == [x]
    tf.get_collection("mine").clear()
    tf.get_collection_ref("mine").append(3)
    assert tf.get_collection("mine") == [x, y, 3]


def test_elements_are_found_by_name(graph):
    x = tf.constant(1, name="x")
    assert graph.get_tensor_by_name("x:0") is x
    assert graph.get_operation_by_name("x") is x.op
    assert graph.as_graph_element(tf.Variable(1)).dtype._is_ref_dtype


MISSING = {
    "no such tensor": ("y:0", "tensor", KeyError, "refers to a Tensor which does not exist"),
    "no such output": ("x:1", "tensor", KeyError, "exists but only has 1 outputs"),
    "an operation's name": ("x", "tensor", ValueError, "refers to an Operation, not a Tensor"),
    "no such operation": ("y", "operation", KeyError, "not in the graph"),
    "a tensor's name": ("x:0", "operation", ValueError, "appears to refer to a Tensor"),
    "no name": ("x:y:z", "tensor", ValueError, "not a valid one"),
}


@pytest.mark.parametrize("case", MISSING)
def test_what_is_not_there_is_said(case, graph):
    name, kind, error, words = MISSING[case]
    tf.constant(1, name="x")
    with pytest.raises(error, match=words):
        getattr(graph, f"get_{kind}_by_name")(name)


def test_a_finalized_graph_takes_no_more_nodes(graph):
    graph.finalize()
    with pytest.raises(RuntimeError, match="Graph is finalized"):
        tf.constant(1)


def test_elements_of_two_graphs_do_not_mix():
    x = tf.constant(1.0)
    with tf.Graph().as_default():
        y = tf.constant(2.0)
        with pytest.raises(ValueError, match="must be from the same graph"):
            tf.add(x, y)


def test_reprs_are_tensorflows():
    x = tf.placeholder(tf.float32, [None, 784], name="x")
    assert repr(x) == "<tf.Tensor 'x:0' shape=(?, 784) dtype=float32>"
    assert str(x) == 'Tensor("x:0", shape=(?, 784), dtype=float32)'
    assert str(tf.placeholder(tf.float32, name="y")) == 'Tensor("y:0", dtype=float32)'
    assert repr(x.op) == "<tf.Operation 'x' type=Placeholder>"
    assert repr(tf.Variable(1.0, name="v")) == "<tf.Variable 'v:0' shape=() dtype=float32_ref>"
    assert (repr(tf.float32), str(tf.float32)) == ("tf.float32", "<dtype: 'float32'>")


def test_a_tensor_is_no_truth_value_and_no_sequence():
    x = tf.constant([1, 2])
    with pytest.raises(TypeError, match="as a Python `bool` is not allowed"):
        bool(x)
    with pytest.raises(TypeError, match="not iterable"):
        list(x)


def test_an_operation_tells_the_line_that_made_it():
    x = tf.constant(1)
    assert x.op.made_at().startswith(__file__)
    assert "x = tf.constant(1)" in x.op.traceback[-1]


def test_a_device_function_may_ask_for_the_node_def():
    def placed(op):
        assert not isinstance(op, tf.NodeDef)
        return "/cpu:0" if op.node_def.op == "VariableV2" else "/gpu:0"

    with tf.device(placed):
        v = tf.Variable(1.0, name="v")
    assert isinstance(v.op.node_def, tf.NodeDef)
    assert (v.op.device, v.initializer.node_def.op, v.initializer.node_def.input) == (
        "/cpu:0",
        "Assign",
        ["v", "v/initial_value"],
    )
