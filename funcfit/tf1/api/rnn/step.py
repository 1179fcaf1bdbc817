"""What a step through time needs: one that ends with its sequence, zero outputs, dtypes, reversed sequences."""

import contextlib

from funcfit.tf1.build import nest
from funcfit.tf1.build.tensor_array import TensorArray
from funcfit.tf1.graph.graph import device
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import api, tf


def state_dtype(dtype, state):
    """`dtype`, or the one that all parts of the state have. ValueError when they differ."""
    if dtype is not None:
        return dtype
    found = [part.dtype for part in nest.flatten(state)]
    if not found:
        raise ValueError("Unable to infer dtype from empty state.")
    if any(one != found[0] for one in found):
        raise ValueError(
            "State has tensors of different inferred_dtypes. Unable to infer a single representative dtype."
        )
    return found[0]


def step_within_lengths(
    time, sequence_length, min_length, max_length, zero_output, state, call_cell, skip_conditionals=False
):
    """One step, (outputs, state), where rows whose sequence is over put out zeros and keep their state.

    A step past the longest sequence does not call the cell at all, one before the end of the shortest copies nothing;
    with `skip_conditionals` every step calls the cell and copies.
    """
    zeros, old = nest.flatten(zero_output), nest.flatten(state)

    def stepped():
        output, new_state = call_cell()
        nest.assert_same_structure(state, new_state)
        return nest.flatten(output), nest.flatten(new_state)

    def chosen(output, new_state):
        return [_unless_over(time, sequence_length, a, b) for a, b in zip(zeros + old, output + new_state)]

    def before_the_end():
        output, new_state = stepped()
        return tf.cond(time < min_length, lambda: output + new_state, lambda: chosen(output, new_state))

    if skip_conditionals:
        results = chosen(*stepped())
    else:
        results = tf.cond(time >= max_length, lambda: zeros + old, before_the_end)
    for result, like in zip(results, zeros + old):
        if not isinstance(result, TensorArray):
            result.set_shape(like.get_shape())
    return (
        nest.pack_sequence_as(zero_output, results[: len(zeros)]),
        nest.pack_sequence_as(state, results[len(zeros) :]),
    )


def _unless_over(time, sequence_length, otherwise, value):
    if isinstance(value, TensorArray) or otherwise.get_shape().ndims == 0:
        return value  # belongs to no row
    over = time >= sequence_length
    with device(value.op.device) if value.op.device else contextlib.nullcontext():
        return tf.where(over, otherwise, value)


@api("contrib.rnn.best_effort_input_batch_size", "python.ops.rnn._best_effort_input_batch_size")
def batch_size_of(flat_input):
    """How many rows the inputs [time, batch, ...] have: the number when it is known of one of them, else a tensor."""
    for x in flat_input:
        if x.get_shape().ndims is None or x.get_shape().ndims < 2:
            raise ValueError(f"Expected input tensor {x.name} to have rank at least 2")
        if x.get_shape()[1].value is not None:
            return x.get_shape()[1].value
    return tf.shape(flat_input[0])[1]


def reversed_sequence(inputs, lengths):
    """A list of steps from last to first, each row only within its length."""
    if lengths is None:
        return list(reversed(inputs))
    results = [[] for _ in inputs]
    for sequence in zip(*map(nest.flatten, inputs)):
        shape = TensorShape([None] * sequence[0].get_shape().ndims)
        for step in sequence:
            shape.merge_with(step.get_shape())
            step.set_shape(shape)
        joined = tf.stack(sequence)
        lengths = tf.to_int64(lengths)
        for result, step in zip(results, tf.unstack(tf.reverse_sequence(joined, lengths, 0, 1))):
            step.set_shape(shape)
            result.append(step)
    return [nest.pack_sequence_as(step, result) for step, result in zip(inputs, results)]
