"""Networks with one copy of the cell a step: static_rnn, static_state_saving_rnn, static_bidirectional_rnn."""

import functools

from funcfit.tf1.api.rnn.step import reversed_sequence, state_dtype, step_within_lengths
from funcfit.tf1.api.rnn.wrappers import check_cell
from funcfit.tf1.build import nest
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import control_dependencies
from funcfit.tf1.graph.shape import as_shape
from funcfit.tf1.opdef import api, tf


@api("nn.static_rnn", "contrib.rnn.static_rnn", "nn.rnn")
def static_rnn(cell, inputs, initial_state=None, dtype=None, sequence_length=None, scope=None):
    """(outputs, last state) of `cell` over `inputs`, a list with one [batch, n] (or a nest of such) a step.

    Rows past their `sequence_length` [batch] put out zeros and keep their state. Without `initial_state` the network
    starts from zeros of `dtype`.
    """
    check_cell("cell", cell)
    _check_steps(inputs)
    outputs = []
    with tf.variable_scope(scope or "rnn") as varscope:
        cache_beside_the_network(varscope)
        first = nest.flatten(inputs)[0]
        rows = _common_rows(first, inputs)
        batch_size = rows.value or tf.shape(first)[0]
        state = initial_state
        if state is None:
            if not dtype:
                raise ValueError("If no initial_state is provided, dtype must be specified")
            state = cell.zero_state(batch_size, dtype)
        if sequence_length is not None:
            sequence_length = convert_to_tensor(sequence_length, name="sequence_length")
            if sequence_length.get_shape().ndims not in (None, 1):
                raise ValueError("sequence_length must be a vector of length batch_size")

            def zeros(size):
                size = as_shape(size).as_list()
                output = tf.zeros(tf.stack([batch_size, *size]), state_dtype(dtype, state))
                output.set_shape([rows.value, *size])
                return output

            zero_output = nest.map_structure(zeros, cell.output_size)
            sequence_length = tf.to_int32(sequence_length)
            min_length, max_length = tf.reduce_min(sequence_length), tf.reduce_max(sequence_length)
        for time, step in enumerate(inputs):
            if time > 0:
                varscope.reuse_variables()
            if sequence_length is None:
                output, state = cell(step, state)
            else:
                output, state = step_within_lengths(
                    time,
                    sequence_length,
                    min_length,
                    max_length,
                    zero_output,
                    state,
                    functools.partial(cell, step, state),
                )
            outputs.append(output)
    return outputs, state


def _check_steps(inputs):
    if not nest.is_sequence(inputs):
        raise TypeError("inputs must be a sequence")
    if not inputs:
        raise ValueError("inputs must not be empty")


def cache_beside_the_network(varscope):
    """Variables made in this scope are read where they are used, as TF places their copies."""
    if varscope.caching_device is None:
        varscope.set_caching_device(lambda op: op.device)


def _common_rows(first, inputs):
    """How many rows the inputs have, as a Dimension. ValueError when they disagree or the other sizes are not known."""
    if first.get_shape().ndims == 1:
        return first.get_shape()[0]
    rows = first.get_shape().with_rank_at_least(2)[0]
    for step in nest.flatten(inputs):
        shape = step.get_shape().with_rank_at_least(2)
        rows.merge_with(shape[0])
        for i, size in enumerate(shape[1:]):
            if size.value is None:
                raise ValueError(
                    f"Input size (dimension {i} of inputs) must be accessible via shape inference, but saw value None."
                )
    return rows


@api("nn.static_state_saving_rnn", "contrib.rnn.static_state_saving_rnn", "nn.state_saving_rnn")
def static_state_saving_rnn(cell, inputs, state_saver, state_name, sequence_length=None, scope=None):
    """`static_rnn` that starts from `state_saver.state(name)` and hands its last state to `state_saver.save_state`.

    `state_name` is one name, or for a nested state a nest of names. The last output waits for the saving.
    """
    sizes = cell.state_size
    if nest.is_sequence(sizes) != nest.is_sequence(state_name):
        raise ValueError(
            "state_name should be the same type as cell.state_size.  "
            f"state_name: {state_name}, cell.state_size: {sizes}"
        )
    names, count = nest.flatten(state_name), len(nest.flatten(sizes))
    if len(names) != count:
        raise ValueError(f"#elems(state_name) != #elems(state_size): {len(names)} vs. {count}")
    initial_state = nest.pack_sequence_as(sizes, [state_saver.state(name) for name in names])
    outputs, state = static_rnn(cell, inputs, initial_state=initial_state, sequence_length=sequence_length, scope=scope)
    saved = [state_saver.save_state(name, part) for name, part in zip(names, nest.flatten(state))]
    with control_dependencies(saved):
        outputs[-1] = nest.map_structure(tf.identity, outputs[-1])
    return outputs, state


@api("nn.static_bidirectional_rnn", "contrib.rnn.static_bidirectional_rnn", "nn.bidirectional_rnn")
def static_bidirectional_rnn(
    cell_fw,
    cell_bw,
    inputs,
    initial_state_fw=None,
    initial_state_bw=None,
    dtype=None,
    sequence_length=None,
    scope=None,
):
    """(outputs, last forward state, last backward state): one cell reads the inputs from the first step on, the other
    from the last, and their outputs stand side by side.
    """
    check_cell("cell_fw", cell_fw)
    check_cell("cell_bw", cell_bw)
    _check_steps(inputs)
    with tf.variable_scope(scope or "bidirectional_rnn"):
        with tf.variable_scope("fw") as fw_scope:
            output_fw, state_fw = static_rnn(cell_fw, inputs, initial_state_fw, dtype, sequence_length, scope=fw_scope)
        with tf.variable_scope("bw") as bw_scope:
            output_bw, state_bw = static_rnn(
                cell_bw,
                reversed_sequence(inputs, sequence_length),
                initial_state_bw,
                dtype,
                sequence_length,
                scope=bw_scope,
            )
    output_bw = reversed_sequence(output_bw, sequence_length)
    joined = [tf.concat([fw, bw], 1) for fw, bw in zip(nest.flatten(output_fw), nest.flatten(output_bw))]
    return nest.pack_sequence_as(output_fw, joined), state_fw, state_bw
