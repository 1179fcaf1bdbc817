"""Counts of right and wrong answers at many thresholds at once, and areas under the curves that they draw."""

from funcfit.tf1.api.metrics.streams import fitted, local_variable, published, quotients
from funcfit.tf1.api.weights_broadcast import broadcast_weights
from funcfit.tf1.graph import dtypes
from funcfit.tf1.opdef import api, tf

_NAMES = {"tp": "true_positives", "fn": "false_negatives", "tn": "true_negatives", "fp": "false_positives"}
_SLACK = 1e-7  # how far the outermost thresholds lie outside of [0, 1]


def _counts(labels, predictions, thresholds, weights, includes=tuple(_NAMES)):
    """Two dicts by the keys of `includes`: variables with a count for each threshold, and their updates.

    A prediction is positive when it is above the threshold.
    """
    predictions, labels, weights = fitted(tf.to_float(predictions), tf.cast(labels, tf.bool), weights)
    number = len(thresholds)
    column = tf.reshape(predictions, [-1, 1])
    row = tf.reshape(tf.cast(labels, tf.bool), [1, -1])
    size = column.shape[0].value
    if size is None:
        size = tf.shape(column)[0]
    limits = tf.tile(tf.expand_dims(tf.constant(thresholds), [1]), tf.stack([1, size]))
    positive = tf.greater(tf.tile(tf.transpose(column), [number, 1]), limits)
    negative = tf.logical_not(positive) if {"fn", "tn"} & {*includes} else None
    true = tf.tile(row, [number, 1])
    false = tf.logical_not(true) if {"fp", "tn"} & {*includes} else None
    if weights is not None:
        weights = broadcast_weights(tf.to_float(weights), predictions)
        weights = tf.tile(tf.reshape(weights, [1, -1]), [number, 1])
    sides = {"tp": (true, positive), "fn": (true, negative), "tn": (false, negative), "fp": (false, positive)}
    variables, updates = {}, {}
    for key in includes:
        variables[key] = local_variable(_NAMES[key], [number])
        cases = tf.to_float(tf.logical_and(*sides[key]))
        if weights is not None:
            cases *= weights
        updates[key] = tf.assign_add(variables[key], tf.reduce_sum(cases, 1))
    return variables, updates


def _count_at_thresholds(key, what):
    def metric(
        labels, predictions, thresholds, weights=None, metrics_collections=None, updates_collections=None, name=None
    ):
        with tf.variable_scope(name, what, (predictions, labels, weights)):
            variables, updates = _counts(labels, predictions, thresholds, weights, (key,))
            value = tf.identity(variables[key])
            return published(value, updates[key], metrics_collections, updates_collections)

    metric.__name__ = f"{what}_at_thresholds"
    metric.__doc__ = f"How many {what.replace('_', ' ')} there are at each of `thresholds`."
    api(f"metrics.{metric.__name__}")(metric)


for _key, _what in _NAMES.items():
    _count_at_thresholds(_key, _what)


@api("metrics.precision_at_thresholds")
def precision_at_thresholds(
    labels, predictions, thresholds, weights=None, metrics_collections=None, updates_collections=None, name=None
):
    """At each threshold, the share of true labels among the predictions above it."""
    with tf.variable_scope(name, "precision_at_thresholds", (predictions, labels, weights)):
        counts = _counts(labels, predictions, thresholds, weights, ("tp", "fp"))
        metric, update = (
            tf.div(each["tp"], 1e-7 + each["tp"] + each["fp"], name=name)
            for each, name in zip(counts, ("precision_value", "precision_update_op"))
        )
        return published(metric, update, metrics_collections, updates_collections)


@api("metrics.recall_at_thresholds")
def recall_at_thresholds(
    labels, predictions, thresholds, weights=None, metrics_collections=None, updates_collections=None, name=None
):
    """At each threshold, the share of true labels whose prediction is above it."""
    with tf.variable_scope(name, "recall_at_thresholds", (predictions, labels, weights)):
        counts = _counts(labels, predictions, thresholds, weights, ("tp", "fn"))
        metric, update = (
            tf.div(each["tp"], 1e-7 + each["tp"] + each["fn"], name=name)
            for each, name in zip(counts, ("recall_value", "recall_update_op"))
        )
        return published(metric, update, metrics_collections, updates_collections)


def _spread(number, above=_SLACK):
    """`number` thresholds over [0, 1], the outermost a little outside."""
    return [-_SLACK, *(i / (number - 1) for i in range(1, number - 1)), 1.0 + above]


@api("metrics.sensitivity_at_specificity")
def sensitivity_at_specificity(
    labels,
    predictions,
    specificity,
    weights=None,
    num_thresholds=200,
    metrics_collections=None,
    updates_collections=None,
    name=None,
):
    """Recall at the threshold where the share of false labels that are left out is nearest to `specificity`."""
    if not 0 <= specificity <= 1:
        raise ValueError("`specificity` must be in the range [0, 1].")

    def sensitivity(tp, fn, tn, fp, name):
        specificities = tf.div(tn, tn + fp + _SLACK)
        nearest = tf.cast(tf.argmin(tf.abs(specificities - specificity), 0), dtypes.int32)
        return tf.div(tp[nearest], tp[nearest] + fn[nearest] + _SLACK, name)

    with tf.variable_scope(name, "sensitivity_at_specificity", (predictions, labels, weights)):
        counts = _counts(labels, predictions, _spread(num_thresholds), weights)
        metric, update = (sensitivity(**each, name=name) for each, name in zip(counts, ("value", "update_op")))
        return published(metric, update, metrics_collections, updates_collections)


@api("metrics.specificity_at_sensitivity")
def specificity_at_sensitivity(
    labels,
    predictions,
    sensitivity,
    weights=None,
    num_thresholds=200,
    metrics_collections=None,
    updates_collections=None,
    name=None,
):
    """The share of false labels left out, at the last of the thresholds where recall is nearest to `sensitivity`."""
    if not 0 <= sensitivity <= 1:
        raise ValueError("`sensitivity` must be in the range [0, 1].")

    def specificity(tp, fn, tn, fp, name):
        sensitivities = tf.div(tp, tp + fn + _SLACK)
        least = tf.reduce_min(tf.abs(sensitivities - sensitivity))
        are_nearest = tf.to_int64(tf.equal(tf.abs(sensitivities - sensitivity), least))
        last = tf.cast(tf.argmax(tf.cumsum(are_nearest), 0), dtypes.int32)
        return tf.div(tn[last], tn[last] + fp[last] + _SLACK, name)

    with tf.variable_scope(name, "specificity_at_sensitivity", (predictions, labels, weights)):
        counts = _counts(labels, predictions, _spread(num_thresholds, above=-_SLACK), weights)
        metric, update = (specificity(**each, name=name) for each, name in zip(counts, ("value", "update_op")))
        return published(metric, update, metrics_collections, updates_collections)


@api("metrics.auc")
def auc(
    labels,
    predictions,
    weights=None,
    num_thresholds=200,
    metrics_collections=None,
    updates_collections=None,
    curve="ROC",
    name=None,
    summation_method="trapezoidal",
    thresholds=None,
):
    """The area under the ROC curve, recall over the rate of false alarms, or under the PR curve, precision over recall.

    It is summed over `num_thresholds` thresholds (or over `thresholds` and the ends of [0, 1]) by trapezes, or by the
    lower or the upper of their two sides ("minoring", "majoring"); "careful_interpolation" draws PR curves between
    their points as Davis and Goadrich 2006 do, "The relationship between precision-recall and ROC curves".
    """
    if curve not in ("ROC", "PR"):
        raise ValueError(f"curve must be either ROC or PR, {curve} unknown")
    if summation_method not in _HEIGHTS:
        raise ValueError(f"Invalid summation_method: {summation_method}")
    if thresholds is None:
        thresholds = _spread(num_thresholds)
    else:
        thresholds = [-_SLACK, *sorted(thresholds), 1.0 + _SLACK]
    last = len(thresholds) - 1
    if curve == "PR" and summation_method == "careful_interpolation":

        def area(tp, fn, tn, fp, name):
            return _interpolated_area(tp, fn, fp, last)
    else:
        x_and_y = _roc if curve == "ROC" else _precision_recall
        height = _HEIGHTS[summation_method]

        def area(tp, fn, tn, fp, name):
            x, y = x_and_y(tp, fn, tn, fp)
            return tf.reduce_sum(tf.multiply(x[:last] - x[1:], height(y[:last], y[1:])), name=name)

    with tf.variable_scope(name, "auc", (labels, predictions, weights)):
        counts = _counts(labels, predictions, thresholds, weights)
        metric, update = (area(**each, name=name) for each, name in zip(counts, ("value", "update_op")))
        return published(metric, update, metrics_collections, updates_collections)


_HEIGHTS = {
    "trapezoidal": lambda y, after: (y + after) / 2.0,
    "careful_interpolation": lambda y, after: (y + after) / 2.0,
    "minoring": lambda y, after: tf.minimum(y, after),
    "majoring": lambda y, after: tf.maximum(y, after),
}
_EPSILON = 1.0e-6


def _roc(tp, fn, tn, fp):
    recall = tf.div(tp + _EPSILON, tp + fn + _EPSILON)
    return tf.div(fp, fp + tn + _EPSILON), recall


def _precision_recall(tp, fn, tn, fp):
    recall = tf.div(tp + _EPSILON, tp + fn + _EPSILON)
    return recall, tf.div(tp + _EPSILON, tp + fp + _EPSILON)


def _interpolated_area(tp, fn, fp, last):
    """Between two thresholds true positives are taken to grow in proportion to predicted ones, so that the precision
    is slope + intercept / predicted; its integral over recall has a logarithm.
    """
    gained = tp[:last] - tp[1:]
    predicted = tp + fp
    before, after = predicted[:last], predicted[1:]
    slope = quotients(gained, tf.maximum(before - after, 0), "prec_slope")
    intercept = tp[1:] - tf.multiply(slope, after)
    ratio = quotients(before, tf.maximum(after, 0), "recall_relative_ratio")
    ratio = tf.where(tf.logical_and(before > 0, after > 0), ratio, tf.ones_like(after))
    found = tf.maximum(tp[1:] + fn[1:], 0)
    increments = quotients(slope * (gained + intercept * tf.log(ratio)), found, "pr_auc_increment")
    return tf.reduce_sum(increments, name="interpolate_pr_auc")
