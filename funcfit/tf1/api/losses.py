"""tf.losses: weighted losses that are also put into a collection, and their totals.

A loss is computed for each element, multiplied by `weights` (a scalar, or of the same rank with sizes 1 or equal) and
reduced; by default to the sum over the number of elements whose weight is not 0.

Nodes are those of TensorFlow 1.1; what 1.5 and later add (`reduction`, `huber_loss`) follows them.
"""

from funcfit.tf1.api.weights_broadcast import assert_broadcastable, broadcast_weights
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import control_dependencies, name_scope
from funcfit.tf1.graph.keys import GraphKeys, add_to_collection, get_collection
from funcfit.tf1.opdef import api, tf


@api("losses.Reduction")
class Reduction:
    """How the losses of single elements become one: not at all, their sum, or their sum over one of three counts."""

    NONE = "none"
    SUM = "weighted_sum"
    SUM_OVER_BATCH_SIZE = "weighted_sum_over_batch_size"
    MEAN = "weighted_mean"
    SUM_BY_NONZERO_WEIGHTS = "weighted_sum_by_nonzero_weights"
    SUM_OVER_NONZERO_WEIGHTS = SUM_BY_NONZERO_WEIGHTS

    @classmethod
    def all(cls):
        return (
            cls.NONE,
            cls.SUM,
            cls.MEAN,
            cls.SUM_OVER_BATCH_SIZE,
            cls.SUM_OVER_NONZERO_WEIGHTS,
            cls.SUM_BY_NONZERO_WEIGHTS,
        )

    @classmethod
    def validate(cls, key):
        if key not in cls.all():
            raise ValueError(f"Invalid ReductionKey {key}.")


_MEAN = Reduction.SUM_BY_NONZERO_WEIGHTS


@api("losses.compute_weighted_loss")
def compute_weighted_loss(losses, weights=1.0, scope=None, loss_collection=GraphKeys.LOSSES, reduction=_MEAN):
    """`losses` times `weights`, reduced, in the dtype of `losses`; a scalar except for `Reduction.NONE`.

    With no weight but 0 the mean is 0. ValueError when the weights cannot be broadcast to the losses.
    """
    Reduction.validate(reduction)
    with (
        name_scope(scope, "weighted_loss", (losses, weights)),
        control_dependencies([assert_broadcastable(weights, losses)]),
    ):
        losses = convert_to_tensor(losses)
        dtype = losses.dtype
        losses, weights = tf.to_float(losses), tf.to_float(weights)
        loss = tf.multiply(losses, weights)
        if reduction != Reduction.NONE:
            loss = tf.reduce_sum(loss)
            if reduction == Reduction.MEAN:
                loss = _safe_mean(loss, tf.reduce_sum(tf.ones_like(losses) * weights))
            elif reduction == Reduction.SUM_BY_NONZERO_WEIGHTS:
                loss = _safe_mean(loss, _num_present(losses, weights))
            elif reduction == Reduction.SUM_OVER_BATCH_SIZE:
                loss = _safe_mean(loss, tf.to_float(tf.size(losses, name="num_elements")))
        loss = tf.cast(loss, dtype)
        add_loss(loss, loss_collection)
        return loss


def _safe_mean(losses, count):
    return _safe_div(tf.reduce_sum(losses), count)


def _safe_div(numerator, denominator):
    """The quotient, and 0 where the denominator is not positive."""
    positive = tf.greater(denominator, 0)
    divisor = tf.where(tf.equal(denominator, 0), tf.ones_like(denominator), denominator)
    return tf.where(positive, tf.div(numerator, divisor), tf.zeros_like(numerator), name="value")


def _num_present(losses, weights, per_batch=False):
    """How many losses have a weight that is not 0; with `per_batch`, in each row of axis 0."""
    with name_scope(None, "num_present", (losses, weights)) as scope:
        weights = tf.to_float(weights)
        present = tf.where(tf.equal(weights, 0.0), tf.zeros_like(weights), tf.ones_like(weights))
        present = broadcast_weights(present, losses)
        if per_batch:
            return tf.reduce_sum(present, axis=tf.range(1, tf.rank(present)), keep_dims=True, name=scope)
        return tf.reduce_sum(present, name=scope)


# -- losses --------------------------------------------------------------------------------------------------------


@api("losses.absolute_difference")
def absolute_difference(
    labels, predictions, weights=1.0, scope=None, loss_collection=GraphKeys.LOSSES, reduction=_MEAN
):
    """|predictions - labels|."""
    _check_given(labels=labels, predictions=predictions)
    with name_scope(scope, "absolute_difference", (predictions, labels, weights)) as scope:
        predictions, labels = _floats(predictions, labels)
        losses = tf.abs(tf.subtract(predictions, labels))
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction)


@api("losses.mean_squared_error")
def mean_squared_error(labels, predictions, weights=1.0, scope=None, loss_collection=GraphKeys.LOSSES, reduction=_MEAN):
    """(predictions - labels)**2."""
    _check_given(labels=labels, predictions=predictions)
    with name_scope(scope, "mean_squared_error", (predictions, labels, weights)) as scope:
        predictions, labels = _floats(predictions, labels)
        losses = tf.square(tf.subtract(predictions, labels))
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction)


@api("losses.huber_loss")
def huber_loss(
    labels, predictions, weights=1.0, delta=1.0, scope=None, loss_collection=GraphKeys.LOSSES, reduction=_MEAN
):
    """error**2 / 2 up to |error| = delta, and from there on its tangent, delta * |error| - delta**2 / 2."""
    _check_given(labels=labels, predictions=predictions)
    with name_scope(scope, "huber_loss", (predictions, labels, weights)) as scope:
        predictions, labels = _floats(predictions, labels)
        error = tf.abs(tf.subtract(predictions, labels))
        quadratic = tf.minimum(error, delta)
        linear = error - quadratic
        losses = 0.5 * quadratic**2 + delta * linear
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction)


@api("losses.log_loss")
def log_loss(
    labels, predictions, weights=1.0, epsilon=1e-7, scope=None, loss_collection=GraphKeys.LOSSES, reduction=_MEAN
):
    """-labels * log(predictions) - (1 - labels) * log(1 - predictions), with `epsilon` added inside each logarithm."""
    _check_given(labels=labels, predictions=predictions)
    with name_scope(scope, "log_loss", (predictions, labels, weights)) as scope:
        predictions, labels = _floats(predictions, labels)
        if_true = -tf.multiply(labels, tf.log(predictions + epsilon))
        losses = if_true - tf.multiply(1 - labels, tf.log(1 - predictions + epsilon))
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction)


@api("losses.hinge_loss")
def hinge_loss(labels, logits, weights=1.0, scope=None, loss_collection=GraphKeys.LOSSES, reduction=_MEAN):
    """max(0, 1 - (2 * labels - 1) * logits), for labels 0 and 1."""
    _check_given(labels=labels, logits=logits)
    with name_scope(scope, "hinge_loss", (logits, labels, weights)) as scope:
        logits, labels = _floats(logits, labels)
        ones = tf.ones_like(labels)
        signs = tf.subtract(2 * labels, ones)
        losses = tf.nn.relu(tf.subtract(ones, tf.multiply(signs, logits)))
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction)


@api("losses.cosine_distance")
def cosine_distance(
    labels,
    predictions,
    axis=None,
    weights=1.0,
    scope=None,
    loss_collection=GraphKeys.LOSSES,
    reduction=_MEAN,
    dim=None,
):
    """1 - the sum of labels * predictions along `axis` (once called `dim`), both of unit length."""
    if axis is not None and dim is not None:
        raise ValueError("Cannot specify both 'axis' and 'dim'")
    axis = dim if axis is None else axis
    if axis is None:
        raise ValueError("You must specify 'axis': `dim` cannot be None.")
    _check_given(labels=labels, predictions=predictions)
    with name_scope(scope, "cosine_distance_loss", (predictions, labels, weights)) as scope:
        predictions, labels = _floats(predictions, labels)
        losses = 1 - tf.reduce_sum(tf.multiply(predictions, labels), axis=(axis,), keep_dims=True)
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction)


@api("losses.mean_pairwise_squared_error")
def mean_pairwise_squared_error(labels, predictions, weights=1.0, scope=None, loss_collection=GraphKeys.LOSSES):
    """The mean square of the differences between pairs of errors within each row; `weights` are for rows.

    The mean is taken over n * n pairs of n present elements, as TF 1.1 and 1.5 do; 1.15 takes n * (n - 1).
    """
    _check_given(labels=labels, predictions=predictions)
    with name_scope(scope, "mean_pairwise_squared_error", (predictions, labels, weights)) as scope:
        weights, labels = tf.to_float(weights), tf.to_float(labels)
        with control_dependencies([assert_broadcastable(weights, labels)]):
            predictions = tf.to_float(predictions)
            predictions.shape.assert_is_compatible_with(labels.shape)
            errors = tf.subtract(predictions, labels)
            axes = tf.range(1, tf.rank(errors))
            squares = tf.reduce_sum(tf.square(errors), reduction_indices=axes, keep_dims=True)
            present = _num_present(errors, weights, per_batch=True)
            mean_square = 2.0 * _safe_div(squares, present)
            total = tf.reduce_sum(errors, reduction_indices=axes, keep_dims=True)
            squared_mean = 2.0 * _safe_div(tf.square(total), tf.square(present))
            loss = tf.reduce_sum(tf.multiply(mean_square - squared_mean, weights))
            loss = tf.where(tf.reduce_sum(present) > 0, loss, tf.zeros_like(loss), name="value")
            add_loss(loss, loss_collection)
            return loss


@api("losses.sigmoid_cross_entropy")
def sigmoid_cross_entropy(
    multi_class_labels,
    logits,
    weights=1.0,
    label_smoothing=0,
    scope=None,
    loss_collection=GraphKeys.LOSSES,
    reduction=_MEAN,
):
    """Cross entropy of independent classes; `label_smoothing` moves labels towards 1/2."""
    _check_given(multi_class_labels=multi_class_labels, logits=logits)
    with name_scope(scope, "sigmoid_cross_entropy_loss", (logits, multi_class_labels, weights)) as scope:
        logits = convert_to_tensor(logits)
        labels = tf.cast(multi_class_labels, logits.dtype)
        logits.shape.assert_is_compatible_with(labels.shape)
        if label_smoothing > 0:
            labels = labels * (1 - label_smoothing) + 0.5 * label_smoothing
        losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction)


@api("losses.softmax_cross_entropy")
def softmax_cross_entropy(
    onehot_labels,
    logits,
    weights=1.0,
    label_smoothing=0,
    scope=None,
    loss_collection=GraphKeys.LOSSES,
    reduction=_MEAN,
):
    """Cross entropy of one class in n; `label_smoothing` moves labels towards 1/n. One loss, and one weight, a row."""
    _check_given(onehot_labels=onehot_labels, logits=logits)
    with name_scope(scope, "softmax_cross_entropy_loss", (logits, onehot_labels, weights)) as scope:
        logits = convert_to_tensor(logits)
        labels = tf.cast(onehot_labels, logits.dtype)
        logits.shape.assert_is_compatible_with(labels.shape)
        if label_smoothing > 0:
            classes = tf.cast(tf.shape(labels)[1], logits.dtype)
            negative = label_smoothing / classes
            labels = labels * (1.0 - label_smoothing) + negative
        losses = tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction)


@api("losses.sparse_softmax_cross_entropy")
def sparse_softmax_cross_entropy(
    labels, logits, weights=1.0, scope=None, loss_collection=GraphKeys.LOSSES, reduction=_MEAN
):
    """Cross entropy of one class in n, labels being their numbers; they and the weights may have a last axis of 1."""
    _check_given(labels=labels, logits=logits)
    with name_scope(scope, "sparse_softmax_cross_entropy_loss", (logits, labels, weights)) as scope:
        labels, logits = remove_squeezable_dimensions(labels, logits, expected_rank_diff=1)
        weights = _squeezed_weights(weights, labels)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction)


def _check_given(**arguments):
    for name, value in arguments.items():
        if value is None:
            raise ValueError(f"{name} must not be None.")


def _floats(predictions, labels):
    """Both as float32; ValueError when their shapes can never agree."""
    predictions, labels = tf.to_float(predictions), tf.to_float(labels)
    predictions.shape.assert_is_compatible_with(labels.shape)
    return predictions, labels


def remove_squeezable_dimensions(labels, predictions, expected_rank_diff=0, name=None):
    """Both, one of them without a last axis of size 1 when predictions have one axis too many, or labels.

    `expected_rank_diff` is how many axes more the predictions should have.
    """
    with name_scope(name, "remove_squeezable_dimensions", [labels, predictions]):
        predictions, labels = convert_to_tensor(predictions), convert_to_tensor(labels)
        ranks = predictions.shape.ndims, labels.shape.ndims
        if None not in ranks:
            excess = ranks[0] - ranks[1] - expected_rank_diff
            if excess == 1:
                predictions = tf.squeeze(predictions, [-1])
            elif excess == -1:
                labels = tf.squeeze(labels, [-1])
            return labels, predictions
        difference = tf.rank(predictions) - tf.rank(labels)
        if _may_lose_last_axis(predictions.shape):
            predictions = _squeezed_if(tf.equal(expected_rank_diff + 1, difference), predictions)
        if _may_lose_last_axis(labels.shape):
            labels = _squeezed_if(tf.equal(expected_rank_diff - 1, difference), labels)
        return labels, predictions


def _squeezed_weights(weights, labels):
    """The weights without a last axis of size 1 when they have one axis more than the labels."""
    weights = convert_to_tensor(weights)
    if None not in (labels.shape.ndims, weights.shape.ndims):
        return tf.squeeze(weights, [-1]) if weights.shape.ndims - labels.shape.ndims == 1 else weights
    difference = tf.rank(weights) - tf.rank(labels)
    if not _may_lose_last_axis(weights.shape):
        return weights
    return _squeezed_if(tf.equal(1, difference), weights)


def _may_lose_last_axis(shape):
    return shape.ndims is None or shape.ndims > 0 and shape.dims_or_none[-1] in (None, 1)


def _squeezed_if(predicate, tensor):
    return tf.cond(predicate, lambda: tf.squeeze(tensor, [-1]), lambda: tensor)


# -- the collection ------------------------------------------------------------------------------------------------


@api("losses.add_loss")
def add_loss(loss, loss_collection=GraphKeys.LOSSES):
    """Puts a loss into the collection of losses; nothing when `loss_collection` is None."""
    if loss_collection:
        add_to_collection(loss_collection, loss)


@api("losses.get_losses")
def get_losses(scope=None, loss_collection=GraphKeys.LOSSES):
    """The losses of the collection, of those whose names match `scope`."""
    return get_collection(loss_collection, scope)


@api("losses.get_regularization_losses")
def get_regularization_losses(scope=None):
    """The regularization losses that layers and variable scopes have added."""
    return get_collection(GraphKeys.REGULARIZATION_LOSSES, scope)


@api("losses.get_regularization_loss")
def get_regularization_loss(scope=None, name="total_regularization_loss"):
    """The sum of the regularization losses; a constant 0 when there are none."""
    losses = get_regularization_losses(scope)
    return tf.add_n(losses, name=name) if losses else tf.constant(0.0)


@api("losses.get_total_loss")
def get_total_loss(add_regularization_losses=True, name="total_loss", scope=None):
    """The sum of all losses in the collection, regularization included."""
    losses = get_losses(scope)
    if add_regularization_losses:
        losses = losses + get_regularization_losses(scope)
    return tf.add_n(losses, name=name)
