"""What every metric needs: variables that add up over runs, labels and weights that fit predictions, collections."""

from funcfit.tf1.api.losses import remove_squeezable_dimensions
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.keys import GraphKeys, add_to_collections
from funcfit.tf1.opdef import tf


def local_variable(name, shape, dtype=dtypes.float32):
    """A variable that begins at zero with `local_variables_initializer`."""
    collections = [GraphKeys.LOCAL_VARIABLES, GraphKeys.METRIC_VARIABLES]
    return tf.Variable(tf.zeros(shape, dtype), name=name, trainable=False, collections=collections)


def published(metric, update, metrics_collections, updates_collections):
    """Both, put into the collections that a program names."""
    if metrics_collections:
        add_to_collections(metrics_collections, metric)
    if updates_collections:
        add_to_collections(updates_collections, update)
    return metric, update


def quotient(numerator, denominator, name):
    """A scalar quotient, 0 where the denominator is not positive."""
    return tf.where(tf.greater(denominator, 0), tf.truediv(numerator, denominator), 0, name=name)


def quotients(numerators, denominators, name=None):
    """Quotients of elements, 0 where the denominator is not positive."""
    divided = tf.truediv(numerators, denominators)
    return tf.where(tf.greater(denominators, 0), divided, tf.zeros_like(divided), name=name)


def fitted(predictions, labels, weights):
    """The three with ranks that agree: one that has a last axis of size 1 too many loses it, weights may gain one."""
    predictions = convert_to_tensor(predictions)
    if labels is not None:
        labels, predictions = remove_squeezable_dimensions(labels, predictions)
        predictions.shape.assert_is_compatible_with(labels.shape)
    if weights is None:
        return predictions, labels, None
    weights = convert_to_tensor(weights)
    rank, wanted = weights.shape.ndims, predictions.shape.ndims
    if rank == 0:
        return predictions, labels, weights
    if rank is None or wanted is None:
        return predictions, labels, _fitted_when_run(weights, predictions)
    if rank - wanted == 1:
        weights = tf.squeeze(weights, [-1])
    elif wanted - rank == 1:
        weights = tf.expand_dims(weights, [-1])
    return predictions, labels, weights


def _fitted_when_run(weights, predictions):
    """`fitted` for weights when a rank is not known yet."""
    rank = tf.rank(weights)
    excess = rank - tf.rank(predictions)
    squeezable = weights.shape.ndims is None or weights.shape[-1].is_compatible_with(1)

    def squeezed():
        return tf.squeeze(weights, [-1]) if squeezable else weights

    def expanded():
        return tf.cond(tf.equal(excess, -1), lambda: tf.expand_dims(weights, [-1]), lambda: weights)

    return tf.cond(tf.equal(rank, 0), lambda: weights, lambda: tf.cond(tf.equal(excess, 1), squeezed, expanded))
