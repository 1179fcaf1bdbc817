"""Losses over many classes that look at a sample of them: noise-contrastive estimation and sampled softmax."""

import numpy as np

from funcfit.tf1.build.partitions import PartitionedVariable
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.opdef import api, tf


def _row_sums(x):
    """Sums of rows as a product with ones, which is how TF computes them."""
    columns = tf.shape(x)[1]
    ones = tf.ones(tf.stack([columns, 1]), x.dtype)
    return tf.reshape(tf.matmul(x, ones), [-1])


def _sampled_logits(
    weights,
    biases,
    labels,
    inputs,
    num_sampled,
    num_classes,
    num_true,
    sampled_values,
    remove_accidental_hits,
    partition_strategy,
    name,
    seed=None,
):
    """(logits, labels), both [batch, num_true + num_sampled]: of the true classes, then of the sampled ones."""
    weights = list(weights) if isinstance(weights, (list, PartitionedVariable)) else [weights]
    if _holds_floats(labels) and not _holds_floats(inputs):
        labels, inputs = inputs, labels  # their order until 0.12
    with name_scope(name, "compute_sampled_logits", [*weights, biases, inputs, labels]):
        labels = convert_to_tensor(labels)
        if labels.dtype != tf.int64:
            labels = tf.cast(labels, tf.int64)
        flat = tf.reshape(labels, [-1])
        if sampled_values is None:
            sampled_values = tf.nn.log_uniform_candidate_sampler(
                labels, num_true, num_sampled, unique=True, range_max=num_classes, seed=seed
            )
        sampled, true_count, sampled_count = (tf.stop_gradient(each) for each in sampled_values)
        sampled = tf.cast(sampled, tf.int64)
        ids = tf.concat([flat, sampled], 0)
        w = tf.nn.embedding_lookup(weights, ids, partition_strategy=partition_strategy)
        b = tf.nn.embedding_lookup(biases, ids, partition_strategy=partition_strategy)
        true_w = tf.slice(w, [0, 0], tf.stack([tf.shape(flat)[0], -1]))
        true_b = tf.slice(b, [0], tf.shape(flat))
        width = tf.shape(true_w)[1:2]
        shape = tf.concat([[-1, num_true], width], 0)
        products = tf.multiply(tf.expand_dims(inputs, 1), tf.reshape(true_w, shape))
        rows = tf.reshape(products, tf.concat([[-1], width], 0))
        true_logits = tf.reshape(_row_sums(rows), [-1, num_true])
        true_logits += tf.reshape(true_b, [-1, num_true])
        sampled_w = tf.slice(w, tf.stack([tf.shape(flat)[0], 0]), [-1, -1])
        sampled_b = tf.slice(b, tf.shape(flat), [-1])
        sampled_logits = tf.matmul(inputs, sampled_w, transpose_b=True) + sampled_b
        if remove_accidental_hits:
            sampled_logits += _penalties(labels, sampled, num_true, num_sampled, sampled_logits.dtype)
        true_logits -= tf.log(true_count)
        sampled_logits -= tf.log(sampled_count)
        logits = tf.concat([true_logits, sampled_logits], 1)
        return logits, tf.concat([tf.ones_like(true_logits) / num_true, tf.zeros_like(sampled_logits)], 1)


def _holds_floats(x):
    return dtypes.as_dtype(x.dtype if hasattr(x, "dtype") else np.asarray(x).dtype).is_floating


def _penalties(labels, sampled, num_true, num_sampled, dtype):
    """The lowest float where a sampled class is one of the row's true ones, and zero elsewhere."""
    rows, positions, weights = tf.nn.compute_accidental_hits(labels, sampled, num_true=num_true)
    rows = tf.reshape(rows, [-1, 1])
    positions = tf.reshape(tf.cast(positions, tf.int32), [-1, 1])
    places = tf.concat([rows, positions], 1, "sparse_indices")
    shape = tf.concat([tf.shape(labels)[:1], tf.expand_dims(num_sampled, 0)], 0)
    if weights.dtype != dtype:
        weights = tf.cast(weights, dtype)
    return tf.sparse_to_dense(places, shape, weights, default_value=0.0, validate_indices=False)


@api("nn.nce_loss")
def nce_loss(
    weights,
    biases,
    labels,
    inputs,
    num_sampled,
    num_classes,
    num_true=1,
    sampled_values=None,
    remove_accidental_hits=False,
    partition_strategy="mod",
    name="nce_loss",
):
    """Noise-contrastive estimation: for each row of `inputs`, telling its true classes from sampled ones.

    Gutmann and Hyvärinen 2010, "Noise-contrastive estimation".
    """
    logits, labels = _sampled_logits(
        weights,
        biases,
        labels,
        inputs,
        num_sampled,
        num_classes,
        num_true,
        sampled_values,
        remove_accidental_hits,
        partition_strategy,
        name,
    )
    losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits, name="sampled_losses")
    return _row_sums(losses)


@api("nn.sampled_softmax_loss")
def sampled_softmax_loss(
    weights,
    biases,
    labels,
    inputs,
    num_sampled,
    num_classes,
    num_true=1,
    sampled_values=None,
    remove_accidental_hits=True,
    partition_strategy="mod",
    name="sampled_softmax_loss",
    seed=None,
):
    """Cross entropy with a softmax over the true classes and sampled ones; below the full softmax's. For training only.

    Jean et al. 2014, "On using very large target vocabulary for neural machine translation".
    """
    logits, labels = _sampled_logits(
        weights,
        biases,
        labels,
        inputs,
        num_sampled,
        num_classes,
        num_true,
        sampled_values,
        remove_accidental_hits,
        partition_strategy,
        name,
        seed,
    )
    return tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits)
