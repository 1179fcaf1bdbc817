"""A network with one copy of the cell in a loop: dynamic_rnn."""

from funcfit.tf1.api.rnn.static import cache_beside_the_network
from funcfit.tf1.api.rnn.step import state_dtype, step_within_lengths
from funcfit.tf1.api.rnn.wrappers import check_cell
from funcfit.tf1.build import nest
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.graph import control_dependencies, name_scope
from funcfit.tf1.graph.shape import as_shape
from funcfit.tf1.opdef import api, tf


@api("nn.dynamic_rnn")
def dynamic_rnn(
    cell,
    inputs,
    sequence_length=None,
    initial_state=None,
    dtype=None,
    parallel_iterations=None,
    swap_memory=False,
    time_major=False,
    scope=None,
):
    """(outputs, last state) of `cell` over `inputs` [batch, time, ...], or [time, batch, ...] with `time_major`.

    Inputs may be a nest of such; outputs are laid out as inputs are. Rows past their `sequence_length` [batch] put out
    zeros and keep their state. Without `initial_state` the network starts from zeros of `dtype`; the static batch size
    of the last state is then unknown, as in TF 1.1, whose gradients hang on it (later releases know it).
    """
    check_cell("cell", cell)
    flat_inputs = nest.flatten(inputs)
    if not time_major:
        flat_inputs = [transposed_time_and_batch(x) for x in flat_inputs]
    if sequence_length is not None:
        sequence_length = tf.to_int32(sequence_length)
        if sequence_length.get_shape().ndims not in (None, 1):
            raise ValueError(
                f"sequence_length must be a vector of length batch_size, but saw shape: {sequence_length.get_shape()}"
            )
        sequence_length = tf.identity(sequence_length, name="sequence_length")
    with tf.variable_scope(scope or "rnn") as varscope:
        cache_beside_the_network(varscope)
        input_shapes = [tf.shape(x) for x in flat_inputs]
        batch_size = input_shapes[0][1]
        for shape in input_shapes:
            shape[1]  # 1.1 compares the shapes of these slices: nodes that nothing reads (rnn.py)
        state = initial_state
        if state is None:
            if not dtype:
                raise ValueError("If there is no initial_state, you must give a dtype.")
            state = cell.zero_state(batch_size, dtype)
        if sequence_length is not None:
            with control_dependencies([_has_shape(sequence_length, [batch_size])]):
                sequence_length = tf.identity(sequence_length, name="CheckSeqLen")
        outputs, state = _loop(
            cell,
            nest.pack_sequence_as(inputs, flat_inputs),
            state,
            parallel_iterations or 32,
            swap_memory,
            sequence_length,
            dtype,
        )
        if not time_major:
            outputs = nest.map_structure(transposed_time_and_batch, outputs)
    return outputs, state


@api("contrib.rnn.transpose_batch_time", "python.ops.rnn._transpose_batch_time")
def transposed_time_and_batch(x):
    """The first two axes exchanged; anything of lower rank as it is."""
    rank = x.get_shape().ndims
    if rank is not None and rank < 2:
        return x
    order = [1, 0, *range(2, rank)] if rank is not None else tf.concat(([1, 0], tf.range(2, tf.rank(x))), axis=0)
    return tf.transpose(x, order)


def _has_shape(x, shape):
    actual, packed = tf.shape(x), tf.stack(shape)
    return tf.Assert(
        tf.reduce_all(tf.equal(actual, packed)),
        [f"Expected shape for Tensor {x.name} is ", packed, " but saw shape: ", actual],
    )


def _loop(cell, inputs, state, parallel_iterations, swap_memory, sequence_length, dtype):
    """The network over inputs [time, batch, ...]."""
    flat_inputs, output_sizes = nest.flatten(inputs), nest.flatten(cell.output_size)
    input_shape = tf.shape(flat_inputs[0])
    steps, batch_size = input_shape[0], input_shape[1]
    shapes = [x.get_shape().with_rank_at_least(2) for x in flat_inputs]
    known_steps, known_batch = shapes[0].as_list()[:2]
    for shape in shapes:
        if not shape[2:].is_fully_defined():
            raise ValueError("Input size (depth of inputs) must be accessible via shape inference, but saw value None.")
        if shape[0].value != known_steps:
            raise ValueError("Time steps is not the same for all the elements in the input in a batch.")
        if shape[1].value != known_batch:
            raise ValueError("Batch_size is not the same for all the elements in the input.")

    def zeros(size):
        return tf.zeros(tf.stack([batch_size, *as_shape(size).as_list()]), state_dtype(dtype, state))

    zero_output = nest.map_structure(zeros, cell.output_size)
    if sequence_length is not None:
        min_length, max_length = tf.reduce_min(sequence_length), tf.reduce_max(sequence_length)
    time = tf.constant(0, dtype=dtypes.int32, name="time")
    with name_scope("dynamic_rnn") as base_name:
        pass

    def array(name, dtype):
        return tf.TensorArray(dtype=dtype, size=steps, tensor_array_name=base_name + name)

    output_arrays = tuple(array(f"output_{i}", state_dtype(dtype, state)) for i in range(len(output_sizes)))
    input_arrays = tuple(array(f"input_{i}", x.dtype) for i, x in enumerate(flat_inputs))
    input_arrays = tuple(ta.unstack(x) for ta, x in zip(input_arrays, flat_inputs))

    def turn(time, output_arrays, state):
        step = [ta.read(time) for ta in input_arrays]
        for x, shape in zip(step, shapes):
            x.set_shape(shape[1:])
        step = nest.pack_sequence_as(inputs, step)
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
                lambda: cell(step, state),
                skip_conditionals=True,
            )
        output_arrays = tuple(ta.write(time, out) for ta, out in zip(output_arrays, nest.flatten(output)))
        return time + 1, output_arrays, state

    _, output_arrays, state = tf.while_loop(
        lambda time, *_: time < steps,
        turn,
        loop_vars=(time, output_arrays, state),
        parallel_iterations=parallel_iterations,
        swap_memory=swap_memory,
    )
    outputs = [ta.stack() for ta in output_arrays]
    for output, size in zip(outputs, output_sizes):
        output.set_shape([known_steps, known_batch, *as_shape(size).as_list()])
    return nest.pack_sequence_as(cell.output_size, outputs), state
