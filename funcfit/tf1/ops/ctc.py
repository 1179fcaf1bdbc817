"""Connectionist temporal classification: its loss, and its decoders, which run outside the jit."""

import jax.numpy as jnp
import numpy as np

from funcfit.errors import FailedPreconditionError, InvalidArgumentError
from funcfit.kernels import ctc as kernels
from funcfit.tf1.graph.node import SparseTensor
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import Check, api, op, raw, tf


def _losses(node):
    inputs, lengths = node.inputs[0].shape.with_rank(3), node.inputs[3].shape.with_rank(1)
    node.inputs[1].shape.with_rank(2)[0].merge_with(node.inputs[2].shape.with_rank(1)[0])
    batch = inputs[1].merge_with(lengths[0])
    return [TensorShape([batch]), TensorShape([inputs[0], batch, inputs[2]])]


def _kept(rows, values, classes, collapse):
    """Which labels count: not blanks at the end, nor, under `collapse`, repetitions."""
    repeated = (values == jnp.roll(values, 1)) & (rows == jnp.roll(rows, 1)) & (np.arange(len(values)) > 0)
    distinct = ~repeated if collapse else jnp.ones(values.shape, bool)
    return distinct & (values < classes - 1), distinct


def _labels_fit(
    inputs,
    labels_indices,
    labels_values,
    sequence_length,
    *,
    preprocess_collapse_repeated,
    ctc_merge_repeated,
    ignore_longer_outputs_than_inputs,
):
    frames, batch, classes = inputs.shape
    if not batch:
        raise InvalidArgumentError(None, None, "batch_size must not be 0")
    rows = labels_indices[:, 0]
    counts = jnp.zeros(batch, jnp.int32).at[rows].add(1, mode="drop")
    kept, distinct = _kept(rows, labels_values, classes, preprocess_collapse_repeated)
    # The label after this one, in the same example, is none of the blanks that this one starts.
    followed = (jnp.roll(rows, -1) == rows) & (np.arange(len(rows)) < len(rows) - 1)
    resumes = followed & distinct & ~kept & (jnp.roll(labels_values, -1) < classes - 1)

    def bad(ok, message, *values):
        """`message` gets the position of the first label or example that is not `ok`, then `values`."""
        return Check(ok, InvalidArgumentError, lambda ok, *values: message(int(np.argmin(ok)), *values), [ok, *values])

    checks = [
        bad(sequence_length <= frames, lambda b: f"sequence_length({b}) <= {frames}"),
        bad(counts > 0, lambda b: f"Labels length is zero in batch {b}"),
        bad(
            labels_values >= 0,
            lambda i, rows, values: (
                f"All labels must be nonnegative integers, batch: {rows[i]} labels: {_row(i, rows, values)}"
            ),
            rows,
            labels_values,
        ),
        bad(
            ~resumes,
            lambda i, rows, values: (
                f"Saw a non-null label (index >= num_classes - 1) following a null label, batch: {rows[i]} "
                f"num_classes: {classes} labels: {_row(i, rows, values)}"
            ),
            rows,
            labels_values,
        ),
    ]
    if not ignore_longer_outputs_than_inputs:
        checks.append(
            bad(
                counts <= sequence_length,
                lambda b, counts, lengths: (
                    f"Not enough time for target transition sequence (required: {counts[b]}, "
                    f"available: {lengths[b]}){b}"
                    "You can turn this error into a warning by using the flag ignore_longer_outputs_than_inputs"
                ),
                counts,
                sequence_length,
            )
        )
    return checks


def _row(i, rows, values):
    return ",".join(map(str, values[rows == rows[i]]))


@op(
    "inputs: float32, labels_indices: int64, labels_values: int32, sequence_length: int32 -> "
    "loss: float32, gradient: float32",
    out=_losses,
    checks=_labels_fit,
    later=("ignore_longer_outputs_than_inputs",),
)
def CTCLoss(
    inputs,
    labels_indices,
    labels_values,
    sequence_length,
    *,
    preprocess_collapse_repeated=False,
    ctc_merge_repeated=True,
    ignore_longer_outputs_than_inputs=False,
):
    frames, batch, classes = inputs.shape
    rows = labels_indices[:, 0]
    most = max(min(frames, rows.shape[0]), 1)  # longer ones are an error, or count for nothing
    kept, _ = _kept(rows, labels_values, classes, preprocess_collapse_repeated)
    labels, label_lengths = kernels.packed_labels(rows, labels_values, kept, batch, most)
    given = jnp.zeros(batch, jnp.int32).at[rows].add(1, mode="drop")
    lengths = jnp.where(given > sequence_length, 0, sequence_length)
    return kernels.ctc_loss_and_gradient(inputs, labels, label_lengths, lengths, ctc_merge_repeated)


@CTCLoss.gradient
def _(node, dloss, _):
    gradient = raw.PreventGradient(
        node.outputs[1],
        message="Currently there is no way to take the second  derivative of ctc_loss due to the fused "
        "implementation's interaction  with tf.gradients()",
    )
    return [tf.expand_dims(dloss, -1) * gradient, None, None, None]


def _decoded(node):
    inputs, lengths = node.inputs[0].shape.with_rank(3), node.inputs[1].shape.with_rank(1)
    paths = node.attrs.get("top_paths", 1)
    sparse = [TensorShape([None, 2])] * paths + [TensorShape([None])] * paths + [TensorShape([2])] * paths
    return [*sparse, TensorShape([inputs[1].merge_with(lengths[0]), paths])]


def _check_lengths(inputs, lengths):
    frames, batch, _ = inputs.shape
    if not frames:
        raise InvalidArgumentError(None, None, "max_time is 0")
    if batch != len(lengths):
        problem = f"len(sequence_length) != batch_size.  len(sequence_length):  {len(lengths)} batch_size: {batch}"
        raise FailedPreconditionError(None, None, problem)
    for b, length in enumerate(lengths):
        if length > frames:
            raise FailedPreconditionError(None, None, f"sequence_length({b}) <= {frames}")


def _sparse(paths):
    """(indices, values, shape) of a list of label lists."""
    places = [(b, i) for b, path in enumerate(paths) for i in range(len(path))]
    values = [label for path in paths for label in path]
    most = max((len(path) for path in paths), default=0)
    return np.array(places, np.int64).reshape(-1, 2), np.array(values, np.int64), np.array([len(paths), most], np.int64)


@op(
    "inputs: float32, sequence_length: int32 -> "
    "decoded_indices: int64, decoded_values: int64, decoded_shape: int64, log_probability: float32",
    host=True,
    out=_decoded,
    gradient=None,
)
def CTCGreedyDecoder(inputs, sequence_length, *, merge_repeated=False):
    _check_lengths(inputs, sequence_length)
    paths, costs = kernels.best_paths(np.asarray(inputs), np.asarray(sequence_length), merge_repeated)
    return (*_sparse(paths), costs[:, None])


@op(
    "inputs: float32, sequence_length: int32 -> decoded_indices: top_paths*int64, decoded_values: top_paths*int64, "
    "decoded_shape: top_paths*int64, log_probability: float32",
    host=True,
    out=_decoded,
    gradient=None,
)
def CTCBeamSearchDecoder(inputs, sequence_length, *, beam_width, top_paths, merge_repeated=True):
    _check_lengths(inputs, sequence_length)
    if top_paths > beam_width:
        raise InvalidArgumentError(None, None, "requested more paths than the beam width.")
    try:
        found = [
            kernels.beam_paths(np.asarray(inputs[:length, b]), beam_width, top_paths, merge_repeated)
            for b, length in enumerate(sequence_length)
        ]
    except ValueError as error:
        raise InvalidArgumentError(None, None, str(error)) from None
    sparse = [_sparse([paths[i] for paths, _ in found]) for i in range(top_paths)]
    indices, values, dense_shapes = zip(*sparse)
    return (*indices, *values, *dense_shapes, np.array([totals for _, totals in found], np.float32))


@api("nn.ctc_loss")
def ctc_loss(
    labels,
    inputs=None,
    sequence_length=None,
    preprocess_collapse_repeated=False,
    ctc_merge_repeated=True,
    ignore_longer_outputs_than_inputs=False,
    time_major=True,
    logits=None,
):
    """Negative log-likelihood [batch] of the SparseTensor `labels` under `inputs` [time, batch, classes], blanks last.

    `inputs` are logits. Releases before 1.0 took (inputs, labels).
    """
    inputs = logits if inputs is None else inputs
    if isinstance(inputs, SparseTensor):
        labels, inputs = inputs, labels
    if not isinstance(labels, SparseTensor):
        raise TypeError("Expected labels (first argument) to be a SparseTensor")
    if not time_major:
        inputs = tf.transpose(inputs, [1, 0, 2])
    loss, _ = raw.CTCLoss(
        inputs,
        labels.indices,
        labels.values,
        sequence_length,
        preprocess_collapse_repeated=preprocess_collapse_repeated,
        ctc_merge_repeated=ctc_merge_repeated,
        ignore_longer_outputs_than_inputs=ignore_longer_outputs_than_inputs,
    )
    return loss


@api("nn.ctc_greedy_decoder")
def ctc_greedy_decoder(inputs, sequence_length, merge_repeated=True):
    """([labels as a SparseTensor], negative sums of scores [batch, 1]): the best label of each frame."""
    indices, values, shape, costs = raw.CTCGreedyDecoder(inputs, sequence_length, merge_repeated=merge_repeated)
    return [SparseTensor(indices, values, shape)], costs


@api("nn.ctc_beam_search_decoder")
def ctc_beam_search_decoder(inputs, sequence_length, beam_width=100, top_paths=1, merge_repeated=True):
    """(`top_paths` SparseTensors of labels, likeliest first, their log-probabilities [batch, top_paths])."""
    found = raw.CTCBeamSearchDecoder(
        inputs, sequence_length, beam_width=beam_width, top_paths=top_paths, merge_repeated=merge_repeated
    )
    indices, values, dense_shapes, totals = found
    return [SparseTensor(*each) for each in zip(indices, values, dense_shapes)], totals


@api("nn.ctc_beam_search_decoder_v2")
def ctc_beam_search_decoder_v2(inputs, sequence_length, beam_width=100, top_paths=1):
    """`ctc_beam_search_decoder` that leaves repeated labels in its results."""
    return ctc_beam_search_decoder(inputs, sequence_length, beam_width, top_paths, merge_repeated=False)
