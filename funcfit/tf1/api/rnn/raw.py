"""raw_rnn: a network whose loop is the caller's, turn by turn."""

import contextlib

from funcfit.tf1.api.rnn.static import cache_beside_the_network
from funcfit.tf1.api.rnn.wrappers import check_cell
from funcfit.tf1.build import nest
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import device
from funcfit.tf1.graph.shape import as_shape
from funcfit.tf1.opdef import api, tf


@api("nn.raw_rnn")
def raw_rnn(cell, loop_fn, parallel_iterations=None, swap_memory=False, scope=None):
    """(TensorArrays of what was emitted, last state, last loop state) of a network that `loop_fn` drives.

    `loop_fn(time, output, state, loop_state)` gives (rows that are finished, next input, next state, what to emit, next
    loop state). Its first call, with None for all but the time, gives the initial state and as its fourth value how
    emitted tensors look (None: like outputs). Finished rows emit zeros and keep their state; the loop ends when all
    are.
    """
    check_cell("cell", cell)
    if not callable(loop_fn):
        raise TypeError("loop_fn must be a callable")
    with tf.variable_scope(scope or "rnn") as varscope:
        cache_beside_the_network(varscope)
        time = tf.constant(0, dtype=dtypes.int32)
        finished, inputs, initial_state, emitted, first_loop_state = loop_fn(time, None, None, None)
        flat_inputs = nest.flatten(inputs)
        loop_state = tf.constant(0, dtype=dtypes.int32) if first_loop_state is None else first_loop_state
        rows = flat_inputs[0].get_shape()[0]
        for x in flat_inputs:
            rows.merge_with(x.get_shape()[0])
        batch_size = rows.value
        if batch_size is None:
            batch_size = tf.shape(flat_inputs[0])[0]
        nest.assert_same_structure(initial_state, cell.state_size)
        state = nest.map_structure(convert_to_tensor, initial_state)
        if emitted is not None:
            sizes = [x.get_shape() if x.get_shape().is_fully_defined() else tf.shape(x) for x in nest.flatten(emitted)]
            emitted_dtypes = [x.dtype for x in nest.flatten(emitted)]
        else:
            emitted = cell.output_size
            sizes = nest.flatten(emitted)
            emitted_dtypes = [nest.flatten(state)[0].dtype] * len(sizes)
        arrays = [
            tf.TensorArray(dtype=dtype, dynamic_size=True, size=0, name=f"rnn_output_{i}")
            for i, dtype in enumerate(emitted_dtypes)
        ]
        arrays = nest.pack_sequence_as(emitted, arrays)
        zero_emit = nest.pack_sequence_as(
            emitted, [tf.zeros(_rows_of(batch_size, size), dtype) for size, dtype in zip(sizes, emitted_dtypes)]
        )

        def goes_on(time, finished, *_):
            return tf.logical_not(tf.reduce_all(finished))

        def turn(time, finished, inputs, arrays, state, loop_state):
            def unless_finished(current, candidate):
                return nest.map_structure(lambda a, b: _unless(finished, a, b), current, candidate)

            output, cell_state = cell(inputs, state)
            nest.assert_same_structure(state, cell_state)
            nest.assert_same_structure(cell.output_size, output)
            next_time = time + 1
            next_finished, next_inputs, next_state, emit, next_loop_state = loop_fn(
                next_time, output, cell_state, loop_state
            )
            nest.assert_same_structure(state, next_state)
            nest.assert_same_structure(inputs, next_inputs)
            nest.assert_same_structure(arrays, emit)
            emit = unless_finished(zero_emit, emit)
            next_state = unless_finished(state, next_state)
            next_finished = tf.logical_or(finished, next_finished)
            written = [ta.write(time, x) for ta, x in zip(nest.flatten(arrays), nest.flatten(emit))]
            return (
                next_time,
                next_finished,
                next_inputs,
                nest.pack_sequence_as(emitted, written),
                next_state,
                loop_state if next_loop_state is None else next_loop_state,
            )

        *_, arrays, state, loop_state = tf.while_loop(
            goes_on,
            turn,
            loop_vars=[time, finished, inputs, arrays, state, loop_state],
            parallel_iterations=parallel_iterations or 32,
            swap_memory=swap_memory,
        )
        return arrays, state, None if first_loop_state is None else loop_state


def _rows_of(batch_size, size):
    """The shape [batch_size, *size], where the size may itself be a tensor."""
    if hasattr(size, "op"):
        return tf.concat([[batch_size], size], 0)
    return [batch_size, *as_shape(size).as_list()]


def _unless(finished, current, candidate):
    if isinstance(candidate, tf.TensorArray) or current.get_shape().ndims == 0:
        return candidate  # belongs to no row
    with device(candidate.op.device) if candidate.op.device else contextlib.nullcontext():
        return tf.where(finished, current, candidate)
