"""What cells do beyond their formulas: scopes and sharing, weights, states, errors, names."""

import copy

import numpy as np
import pytest

import funcfit.tf1 as tf
from funcfit.tf1.api.rnn.names import names_of_other_releases


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def x(rows=2, columns=3):
    return tf.constant(np.ones([rows, columns], np.float32))


def names():
    return [variable.op.name for variable in tf.global_variables()]


def test_a_cell_keeps_its_variables_wherever_it_is_called():
    cell = tf.nn.rnn_cell.BasicRNNCell(3)
    with tf.variable_scope("first"):
        cell(x(), x())
    with tf.variable_scope("second"):
        cell(x(), x())
    assert names() == ["first/basic_rnn_cell/kernel", "first/basic_rnn_cell/bias"]
    assert [variable.op.name for variable in cell.trainable_variables] == names()


def test_a_second_cell_in_a_scope_has_variables_of_its_own():
    for _ in range(2):
        tf.nn.rnn_cell.BasicRNNCell(3)(x(), x())
    assert names()[::2] == ["basic_rnn_cell/kernel", "basic_rnn_cell_1/kernel"]


def test_a_cell_made_to_reuse_finds_the_variables_of_another():
    tf.nn.rnn_cell.GRUCell(3)(x(), x())
    before = names()
    tf.nn.rnn_cell.GRUCell(3, reuse=True)(x(), x())
    assert names() == before


def test_a_scope_that_is_given_takes_the_place_of_the_cells_name():
    tf.nn.rnn_cell.BasicLSTMCell(3)(x(), (x(), x()), scope="mine")
    assert names() == ["mine/kernel", "mine/bias"]


def test_a_stacks_weights_are_those_of_its_cells():
    cells = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.GRUCell(3), tf.nn.rnn_cell.BasicRNNCell(2)])
    cells(x(), cells.zero_state(2, tf.float32))
    assert [v.op.name for v in cells.weights] == names()
    assert names()[-1] == "multi_rnn_cell/cell_1/basic_rnn_cell/bias"


def test_a_copied_cell_has_variables_of_its_own():
    cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.GRUCell(3)])
    for one in (cell, copy.deepcopy(cell)):
        with tf.variable_scope(None, default_name="network"):
            one(x(), one.get_initial_state(x()))
    assert len(names()) == 8
    assert names()[4:] == [name.replace("network", "network_1") for name in names()[:4]]


def test_a_cell_of_ones_own_needs_sizes_and_a_step():
    class Sum(tf.nn.rnn_cell.RNNCell):
        state_size = output_size = 3

        def call(self, inputs, state):
            scale = tf.get_variable("scale", [3], initializer=tf.ones_initializer())
            return scale * inputs, state + inputs

    class Counter(tf.nn.rnn_cell.RNNCell):  # as before 1.2: no __init__, the step is __call__
        state_size = output_size = 1

        def __call__(self, inputs, state, scope=None):
            return state, state + 1

    xs = tf.ones([2, 4, 3])
    summed = tf.nn.dynamic_rnn(Sum(), xs, dtype=tf.float32)[1]
    counted = tf.nn.dynamic_rnn(Counter(), xs, dtype=tf.float32)[0]
    assert names() == ["rnn/sum/scale"]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        np.testing.assert_array_equal(session.run(summed), np.full([2, 3], 4))
        np.testing.assert_array_equal(session.run(counted)[0, :, 0], [0, 1, 2, 3])


def test_inputs_of_another_rank_are_refused():
    with pytest.raises(
        ValueError, match=r"Input 0 of layer basic_rnn_cell is incompatible.*expected ndim=2, found ndim=3"
    ):
        tf.nn.rnn_cell.BasicRNNCell(3)(tf.ones([2, 3, 4]), x())


def test_what_is_no_cell_is_refused():
    with pytest.raises(TypeError, match="cell must be an instance of RNNCell"):
        tf.nn.dynamic_rnn(lambda: None, tf.ones([2, 3, 4]), dtype=tf.float32)
    with pytest.raises(TypeError, match="not a RNNCell"):
        tf.nn.rnn_cell.DropoutWrapper("cell")
    with pytest.raises(ValueError, match="at least one cell"):
        tf.nn.rnn_cell.MultiRNNCell([])


def test_a_network_needs_a_state_or_a_dtype_to_start_from():
    with pytest.raises(ValueError, match="If there is no initial_state"):
        tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(3), tf.ones([2, 3, 4]))
    with pytest.raises(ValueError, match="dtype must be specified"):
        tf.nn.static_rnn(tf.nn.rnn_cell.GRUCell(3), [tf.ones([2, 4])])


def test_inputs_of_unknown_depth_are_refused():
    with pytest.raises(ValueError, match="must be accessible via shape inference"):
        tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(3), tf.placeholder(tf.float32, [2, 3, None]), dtype=tf.float32)


def test_lengths_of_another_number_than_rows_are_refused_when_run():
    lengths = tf.placeholder(tf.int32, [None])
    outputs, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(3), tf.ones([2, 3, 4]), lengths, dtype=tf.float32)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        with pytest.raises(tf.errors.InvalidArgumentError, match="Expected shape for Tensor"):
            session.run(outputs, {lengths: [1, 2, 3]})


def test_a_name_is_known_as_other_releases_had_it():
    assert names_of_other_releases("rnn/multi_rnn_cell/cell_0/gru_cell/gates/kernel") == [
        "rnn/multi_rnn_cell/cell_0/gru_cell/gates/weights",
        "RNN/MultiRNNCell/Cell0/GRUCell/Gates/Linear/Matrix",
    ]
    assert names_of_other_releases("bidirectional_rnn/fw/lstm_cell/projection/kernel") == [
        "bidirectional_rnn/fw/lstm_cell/projection/weights",
        "BiRNN/FW/LSTMCell/W_P_0",
        "bidirectional_rnn/fw/basic_lstm_cell/projection/kernel",
    ]
    assert names_of_other_releases("dense/gamma") == []
