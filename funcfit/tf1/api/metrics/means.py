"""Means over all that has been seen: of values, of errors, of hits."""

from funcfit.tf1.api.losses import remove_squeezable_dimensions
from funcfit.tf1.api.metrics.streams import fitted, local_variable, published, quotient, quotients
from funcfit.tf1.api.weights_broadcast import broadcast_weights
from funcfit.tf1.graph.graph import control_dependencies
from funcfit.tf1.opdef import api, tf


@api("metrics.mean")
def mean(values, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """The weighted mean of all values, a scalar; 0 before any."""
    with tf.variable_scope(name, "mean", (values, weights)):
        values = tf.to_float(values)
        total, count = local_variable("total", []), local_variable("count", [])
        if weights is None:
            number = tf.to_float(tf.size(values))
        else:
            values, weights = _weighted(values, weights)
            number = tf.reduce_sum(weights)
        new_total = tf.assign_add(total, tf.reduce_sum(values))
        with control_dependencies([values]):
            new_count = tf.assign_add(count, number)
        metric, update = quotient(total, count, "value"), quotient(new_total, new_count, "update_op")
        return published(metric, update, metrics_collections, updates_collections)


@api("metrics.mean_tensor")
def mean_tensor(values, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """The weighted mean of each element, in the shape of `values`."""
    with tf.variable_scope(name, "mean", (values, weights)):
        values = tf.to_float(values)
        total = local_variable("total_tensor", values.shape)
        count = local_variable("count_tensor", values.shape)
        number = tf.ones_like(values)
        if weights is not None:
            values, weights = _weighted(values, weights)
            number = tf.multiply(number, weights)
        new_total = tf.assign_add(total, values)
        with control_dependencies([values]):
            new_count = tf.assign_add(count, number)
        metric, update = quotients(total, count, "value"), quotients(new_total, new_count, "update_op")
        return published(metric, update, metrics_collections, updates_collections)


def _weighted(values, weights):
    """The values times their weights, and these in the shape of the values."""
    values, _, weights = fitted(values, None, weights)
    weights = broadcast_weights(tf.to_float(weights), values)
    return tf.multiply(values, weights), weights


@api("metrics.accuracy")
def accuracy(labels, predictions, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """How often a prediction equals its label."""
    predictions, labels, weights = fitted(predictions, labels, weights)
    if labels.dtype != predictions.dtype:
        predictions = tf.cast(predictions, labels.dtype)
    hits = tf.to_float(tf.equal(predictions, labels))
    return mean(hits, weights, metrics_collections, updates_collections, name or "accuracy")


@api("metrics.percentage_below")
def percentage_below(values, threshold, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """The share of values below `threshold`, between 0 and 1."""
    below = tf.to_float(tf.less(values, threshold))
    return mean(below, weights, metrics_collections, updates_collections, name or "percentage_below_threshold")


@api("metrics.mean_absolute_error")
def mean_absolute_error(
    labels, predictions, weights=None, metrics_collections=None, updates_collections=None, name=None
):
    """The mean of |predictions - labels|."""
    predictions, labels, weights = fitted(predictions, labels, weights)
    errors = tf.abs(predictions - labels)
    return mean(errors, weights, metrics_collections, updates_collections, name or "mean_absolute_error")


@api("metrics.mean_relative_error")
def mean_relative_error(
    labels, predictions, normalizer, weights=None, metrics_collections=None, updates_collections=None, name=None
):
    """The mean of |labels - predictions| / normalizer, where the error counts as 0 when the normalizer is 0."""
    predictions, labels, weights = fitted(predictions, labels, weights)
    predictions, normalizer = remove_squeezable_dimensions(predictions, normalizer)
    predictions.shape.assert_is_compatible_with(normalizer.shape)
    zeros = tf.equal(normalizer, 0.0)
    errors = tf.where(zeros, tf.zeros_like(labels), tf.div(tf.abs(labels - predictions), normalizer))
    return mean(errors, weights, metrics_collections, updates_collections, name or "mean_relative_error")


@api("metrics.mean_squared_error")
def mean_squared_error(
    labels, predictions, weights=None, metrics_collections=None, updates_collections=None, name=None
):
    """The mean of (labels - predictions)**2."""
    predictions, labels, weights = fitted(predictions, labels, weights)
    errors = tf.square(labels - predictions)
    return mean(errors, weights, metrics_collections, updates_collections, name or "mean_squared_error")


@api("metrics.root_mean_squared_error")
def root_mean_squared_error(
    labels, predictions, weights=None, metrics_collections=None, updates_collections=None, name=None
):
    """The square root of the mean of (labels - predictions)**2."""
    predictions, labels, weights = fitted(predictions, labels, weights)
    squared = mean_squared_error(labels, predictions, weights, name=name or "root_mean_squared_error")
    metric, update = (tf.sqrt(each) for each in squared)
    return published(metric, update, metrics_collections, updates_collections)


@api("metrics.mean_cosine_distance")
def mean_cosine_distance(
    labels, predictions, dim, weights=None, metrics_collections=None, updates_collections=None, name=None
):
    """One less the mean of labels . predictions along the axis `dim`; both are taken to have length 1 along it."""
    predictions, labels, weights = fitted(predictions, labels, weights)
    products = tf.reduce_sum(tf.multiply(predictions, labels), axis=[dim], keep_dims=True)
    similarity = mean(products, weights, name=name or "mean_cosine_distance")
    metric, update = (tf.subtract(1.0, each) for each in similarity)
    return published(metric, update, metrics_collections, updates_collections)
