"""Softmax, its logarithm, the cross entropies that are computed with it, and the losses that are plain arithmetic."""

import math

import jax.numpy as jnp

from funcfit.errors import InvalidArgumentError
from funcfit.kernels import softmax as kernels
from funcfit.tf1 import shapes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.opdef import FLOATS, Check, api, op, raw, tf


def _at_least_a_vector(node):
    return node.inputs[0].shape.with_rank_at_least(1)


@op("logits: T -> softmax: T", T=FLOATS, out=_at_least_a_vector)
def Softmax(logits):
    return kernels.softmax(logits)


@Softmax.gradient
def _(node, dy):
    y = node.outputs[0]
    # 1.1 sums over axis 1: softmax is of matrices there, other ranks are reshaped around it.
    return [(dy - tf.reshape(tf.reduce_sum(dy * y, [1]), [-1, 1])) * y]


@op("logits: T -> logsoftmax: T", T=FLOATS, out=_at_least_a_vector)
def LogSoftmax(logits):
    return kernels.log_softmax(logits)


@LogSoftmax.gradient
def _(node, dy):
    y = tf.exp(node.outputs[0])
    return [dy - tf.reduce_sum(dy, 1, keep_dims=True) * y]


@api("nn.softmax", "math.softmax")
def softmax(logits, axis=None, name=None, dim=None):
    """exp(logits) over their sum along `axis`, the last one when none is named; any rank."""
    return _along(logits, raw.Softmax, _axis(axis, dim), name)


@api("nn.log_softmax", "math.log_softmax")
def log_softmax(logits, axis=None, name=None, dim=None):
    """logits - log(sum(exp(logits))) along `axis`, the last one when none is named; any rank."""
    return _along(logits, raw.LogSoftmax, _axis(axis, dim), name)


def _axis(axis, dim):
    if axis is not None and dim is not None:
        raise ValueError("Cannot specify both 'axis' and 'dim'")
    return next((each for each in (axis, dim) if each is not None), -1)


def _along(logits, card, axis, name):
    """The card, which takes matrices and works along their rows, on tensors of any rank and along any axis."""
    logits = convert_to_tensor(logits)
    shape = logits.shape
    if shape.ndims is not None and not -shape.ndims <= axis < shape.ndims:
        raise InvalidArgumentError(
            None, None, f"Dimension (axis) {axis} must be in the range [{-shape.ndims}, {shape.ndims}) of logits' axes"
        )
    is_last = axis == -1 or axis + 1 == shape.ndims
    if shape.ndims == 2 and is_last:
        return card(logits, name=name)
    if is_last:
        whole = tf.shape(logits)
        return tf.reshape(card(_rows(logits), name=name), whole)
    rank = tf.rank(logits)
    if axis < 0:
        axis = axis + (rank if shape.ndims is None else shape.ndims)
    swapped = _swapped(logits, axis, tf.subtract(rank, 1))
    whole = tf.shape(swapped)
    output = tf.reshape(card(_rows(swapped), name=name), whole)
    output = _swapped(output, axis, tf.subtract(rank, 1))
    output.set_shape(shape)
    return output


def _swapped(logits, axis, last):
    order = tf.concat([tf.range(axis), [last], tf.range(axis + 1, last), [axis]], 0)
    return tf.transpose(logits, order)


def _rows(logits):
    """All axes but the last made one."""
    rank = tf.rank(logits)
    row = tf.slice(tf.shape(logits), [tf.subtract(rank, 1)], [1])
    output = tf.reshape(logits, tf.concat([[-1], row], 0))
    sizes = logits.shape.dims_or_none
    if sizes is not None and None not in sizes[:-1]:
        output.set_shape([logits.shape[:-1].num_elements(), sizes[-1]])
    return output


# Cross entropies with softmax ---------------------------------------------------------------------------------------


def _losses(node):
    logits, labels = (x.shape.with_rank(2) for x in node.inputs)
    both = logits.merge_with(labels)
    return [both[:1], both]


@op("features: T, labels: T -> loss: T, backprop: T", T=FLOATS, out=_losses)
def SoftmaxCrossEntropyWithLogits(features, labels):
    if features.shape != labels.shape:
        raise InvalidArgumentError(
            None,
            None,
            f"logits and labels must be same size: logits_size={list(features.shape)} labels_size={list(labels.shape)}",
        )
    return kernels.cross_entropy(features, labels)


@SoftmaxCrossEntropyWithLogits.gradient
def _(node, dloss, dbackprop):
    grad = tf.expand_dims(dloss, -1) * node.outputs[1]
    if dbackprop.op.type not in ("ZerosLike", "Zeros"):
        y = softmax(node.inputs[0])
        along = tf.squeeze(tf.matmul(dbackprop[:, None, :], y[:, :, None]), axis=1)
        grad += (dbackprop - along) * y
    if "_labels_too" not in node.attrs:
        return [grad, None]
    return [grad, tf.expand_dims(dloss, -1) * -log_softmax(node.inputs[0])]


def _sparse_losses(node):
    logits, labels = node.inputs[0].shape.with_rank(2), node.inputs[1].shape.with_rank(1)
    if not logits[0].is_compatible_with(labels[0]):
        raise ValueError(
            f"Dimensions must be equal, but are {logits[0]} and {labels[0]} for '{node.name}' (op: '{node.type}') "
            f"with input shapes: {shapes.cpp_text(logits)}, {shapes.cpp_text(labels)}."
        )
    batch = labels.merge_with(logits[:1])
    return [batch, batch.concatenate(logits[1:])]


def _labels_are_classes(features, labels):
    classes = features.shape[-1]
    within = (labels >= 0) & (labels < classes)

    def message(labels):
        worst = labels.min() if labels.min() < 0 else labels.max()
        return (
            f"Received a label value of {worst} which is outside the valid range of [0, {classes}).  "
            f"Label values: {' '.join(map(str, labels))}"
        )

    return [Check(within, InvalidArgumentError, message, [labels])]


@op(
    "features: T, labels: Tlabels=int64 -> loss: T, backprop: T",
    T=FLOATS,
    Tlabels="int32 int64",
    out=_sparse_losses,
    checks=_labels_are_classes,
)
def SparseSoftmaxCrossEntropyWithLogits(features, labels):
    return kernels.sparse_cross_entropy(features, labels)


@SparseSoftmaxCrossEntropyWithLogits.gradient
def _(node, dloss, _):
    backprop = raw.PreventGradient(
        node.outputs[1],
        message="Currently there is no way to take the second derivative of sparse_softmax_cross_entropy_with_logits "
        "due to the fused implementation's interaction with tf.gradients()",
    )
    return [tf.expand_dims(dloss, -1) * backprop, None]


def labels_and_logits(function, sentinel, labels, logits):
    """What a call of a cross entropy names; releases before 1.0 took (logits, labels) by position."""
    if sentinel is not None:
        if labels is None or logits is not None:
            raise ValueError(f"Only call `{function}` with named arguments (labels=..., logits=..., ...)")
        return labels, sentinel
    if labels is None or logits is None:
        raise ValueError("Both labels and logits must be provided.")
    return labels, logits


@api("nn.softmax_cross_entropy_with_logits")
def softmax_cross_entropy_with_logits(_sentinel=None, labels=None, logits=None, dim=-1, name=None, axis=None):
    """Cross entropy of each distribution in `labels` along `dim` with softmax(logits); labels get no gradient."""
    labels, logits = labels_and_logits("softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    return _cross_entropy(labels, logits, dim if axis is None else axis, name)


@api("nn.softmax_cross_entropy_with_logits_v2")
def softmax_cross_entropy_with_logits_v2(labels, logits, axis=None, name=None, dim=None):
    """Cross entropy of each distribution in `labels` along `axis` with softmax(logits); gradients flow to both."""
    if labels is None or logits is None:
        raise ValueError("Both labels and logits must be provided.")
    return _cross_entropy(labels, logits, _axis(axis, dim), name, labels_too=True)


def _cross_entropy(labels, logits, axis, name, labels_too=False):
    logits = convert_to_tensor(logits)
    labels = convert_to_tensor(labels)
    half = logits.dtype == tf.float16
    precise = tf.cast(logits, tf.float32) if half else logits
    labels = tf.cast(labels, precise.dtype)
    rank = tf.rank(precise)
    shape = logits.shape
    if axis != -1:
        if axis < 0:
            axis += shape.ndims
        precise, labels = _with_last(precise, axis, rank), _with_last(labels, axis, rank)
    whole = tf.shape(precise)
    precise, labels = _rows(precise), _rows(labels)
    cost, _ = raw.SoftmaxCrossEntropyWithLogits(precise, labels, name=name)
    if labels_too:
        cost.op._set_attr("_labels_too", True)
    cost = tf.reshape(cost, tf.slice(whole, [0], [tf.subtract(rank, 1)]))
    if shape.ndims is not None:
        sizes = shape.as_list()
        del sizes[axis]
        cost.set_shape(sizes)
    return tf.cast(cost, tf.float16) if half else cost


def _with_last(tensor, axis, rank):
    return tf.transpose(tensor, tf.concat([tf.range(axis), tf.range(axis + 1, rank), [axis]], 0))


@api("nn.sparse_softmax_cross_entropy_with_logits")
def sparse_softmax_cross_entropy_with_logits(_sentinel=None, labels=None, logits=None, name=None):
    """Cross entropy of the classes numbered in `labels` [...] with softmax(logits) [..., classes]; as many come out.

    A label that is not a class is an InvalidArgumentError at the time.
    """
    labels, logits = labels_and_logits("sparse_softmax_cross_entropy_with_logits", _sentinel, labels, logits)
    with name_scope(name, "SparseSoftmaxCrossEntropyWithLogits", [labels, logits]):
        labels = convert_to_tensor(labels)
        logits = convert_to_tensor(logits)
        half = logits.dtype == tf.float16
        precise = tf.cast(logits, tf.float32) if half else logits
        labels_static = labels.shape
        labels_shape = tf.shape(labels)
        if logits.shape.ndims == 0:
            raise ValueError(f"Logits cannot be scalars - received shape {logits.shape}.")
        if None not in (logits.shape.ndims, labels_static.ndims) and labels_static.ndims != logits.shape.ndims - 1:
            raise ValueError(
                f"Rank mismatch: Rank of labels (received {labels_static.ndims}) should equal rank of logits minus 1 "
                f"(received {logits.shape.ndims})."
            )
        if logits.shape.ndims == 2:
            cost, _ = raw.SparseSoftmaxCrossEntropyWithLogits(precise, labels, name=name)
            return tf.cast(cost, tf.float16) if half else cost
        classes = tf.shape(logits)[tf.rank(logits) - 1]
        precise = tf.reshape(precise, [-1, classes])
        labels = tf.reshape(labels, [-1])
        cost, _ = raw.SparseSoftmaxCrossEntropyWithLogits(precise, labels, name=name)
        cost = tf.reshape(cost, labels_shape)
        cost.set_shape(labels_static)
        return tf.cast(cost, tf.float16) if half else cost


# Losses that are arithmetic -----------------------------------------------------------------------------------------


@api("nn.l2_loss")
@op("t: T -> output: T", T=FLOATS, out=shapes.scalar)
def L2Loss(t):
    return jnp.sum(jnp.square(t)) / 2


@L2Loss.gradient
def _(node, dy):
    return [node.inputs[0] * dy]


def _same_shape(a, b, names):
    try:
        a.shape.merge_with(b.shape)
    except ValueError:
        raise ValueError(f"{names} must have the same shape ({b.shape} vs {a.shape})") from None


@api("nn.sigmoid_cross_entropy_with_logits")
def sigmoid_cross_entropy_with_logits(_sentinel=None, labels=None, logits=None, name=None):
    """-labels * log(sigmoid(logits)) - (1 - labels) * log(1 - sigmoid(logits)), by elements, without overflow."""
    labels, logits = labels_and_logits("sigmoid_cross_entropy_with_logits", _sentinel, labels, logits)
    with name_scope(name, "logistic_loss", [logits, labels]) as scope:
        logits = convert_to_tensor(logits, name="logits")
        labels = convert_to_tensor(labels, name="labels")
        _same_shape(labels, logits, "logits and labels")
        # max(x, 0) - x * z + log(1 + exp(-|x|)); selects instead of relu and abs, which have no gradient at zero.
        zeros = tf.zeros_like(logits, dtype=logits.dtype)
        positive = logits >= zeros
        relu = tf.where(positive, logits, zeros)
        neg_abs = tf.where(positive, -logits, logits)
        return tf.add(relu - logits * labels, tf.log1p(tf.exp(neg_abs)), name=scope)


@api("nn.weighted_cross_entropy_with_logits")
def weighted_cross_entropy_with_logits(labels=None, logits=None, pos_weight=None, name=None, targets=None):
    """As `sigmoid_cross_entropy_with_logits`, the term of positive labels multiplied by `pos_weight`."""
    targets = labels if targets is None else targets
    with name_scope(name, "logistic_loss", [logits, targets]) as scope:
        logits = convert_to_tensor(logits, name="logits")
        targets = convert_to_tensor(targets, name="targets")
        _same_shape(targets, logits, "logits and targets")
        weight = 1 + (pos_weight - 1) * targets
        return tf.add(
            (1 - targets) * logits,
            weight * (tf.log1p(tf.exp(-tf.abs(logits))) + tf.nn.relu(-logits)),
            name=scope,
        )


@api("nn.log_poisson_loss")
def log_poisson_loss(targets, log_input, compute_full_loss=False, name=None):
    """exp(log_input) - log_input * targets: what a Poisson rate loses, up to a constant.

    `compute_full_loss` adds Stirling's approximation of log(targets!) for targets above one.
    """
    with name_scope(name, "log_poisson_loss", [log_input, targets]):
        log_input = convert_to_tensor(log_input, name="log_input")
        targets = convert_to_tensor(targets, name="targets")
        _same_shape(targets, log_input, "log_input and targets")
        result = tf.exp(log_input) - log_input * targets
        if compute_full_loss:
            half = tf.constant(0.5, dtype=targets.dtype)
            two_pi = tf.constant(2 * math.pi, dtype=targets.dtype)
            stirling = targets * tf.log(targets) - targets + half * tf.log(two_pi * targets)
            zeros = tf.zeros_like(targets, dtype=targets.dtype)
            ones = tf.ones_like(targets, dtype=targets.dtype)
            small = tf.logical_and(targets >= zeros, targets <= ones)
            result += tf.where(small, zeros, stirling)
        return result
