"""Counts of right and wrong answers, and what is made of them."""

from funcfit.tf1.api.metrics.streams import fitted, local_variable, published
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import control_dependencies
from funcfit.tf1.opdef import api, tf

# -- yes or no ---------------------------------------------------------------------------------------------------------


def _count(name, label, prediction, doc):
    """A metric that counts, or adds the weights of, the elements with that label and that prediction."""

    def metric(labels, predictions, weights=None, metrics_collections=None, updates_collections=None, name=None):
        with tf.variable_scope(name, default, (predictions, labels, weights)):
            predictions, labels, weights = _answers(predictions, labels, weights)
            cases = tf.logical_and(tf.equal(labels, label), tf.equal(predictions, prediction))
            return _counted(cases, weights, metrics_collections, updates_collections)

    default = metric.__name__ = name
    metric.__doc__ = f"{doc}, as a float scalar. Labels and predictions are cast to bool."
    return api(f"metrics.{name}")(metric)


def _answers(predictions, labels, weights):
    return fitted(tf.cast(predictions, tf.bool), tf.cast(labels, tf.bool), weights)


def _counted(cases, weights, metrics_collections, updates_collections):
    tf.assert_type(cases, tf.bool)
    count = local_variable("count", [])
    cases = tf.to_float(cases)
    if weights is not None:
        with control_dependencies([tf.assert_rank_in(weights, (0, tf.rank(cases)))]):
            cases = tf.multiply(cases, tf.to_float(weights))
    metric = tf.identity(count)
    update = tf.assign_add(count, tf.reduce_sum(cases))
    return published(metric, update, metrics_collections, updates_collections)


true_positives = _count("true_positives", True, True, "How many labels are true and predicted so")
false_positives = _count("false_positives", False, True, "How many labels are false and predicted true")
true_negatives = _count("true_negatives", False, False, "How many labels are false and predicted so")
false_negatives = _count("false_negatives", True, False, "How many labels are true and predicted false")


@api("metrics.precision")
def precision(labels, predictions, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """The share of true labels among those predicted true; 0 when none is. Both are cast to bool."""
    with tf.variable_scope(name, "precision", (predictions, labels, weights)):
        return _share(false_positives, labels, predictions, weights, metrics_collections, updates_collections)


@api("metrics.recall")
def recall(labels, predictions, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """The share of true labels that are predicted true; 0 when no label is true. Both are cast to bool."""
    with tf.variable_scope(name, "recall", (predictions, labels, weights)):
        return _share(false_negatives, labels, predictions, weights, metrics_collections, updates_collections)


def _share(misses, labels, predictions, weights, metrics_collections, updates_collections):
    """True positives among themselves and `misses`."""
    predictions, labels, weights = _answers(predictions, labels, weights)
    hit, new_hit = true_positives(labels, predictions, weights)
    miss, new_miss = misses(labels, predictions, weights)

    def share(hit, miss, name):
        return tf.where(tf.greater(hit + miss, 0), tf.div(hit, hit + miss), 0, name)

    metric, update = share(hit, miss, "value"), share(new_hit, new_miss, "update_op")
    return published(metric, update, metrics_collections, updates_collections)


# -- several classes ---------------------------------------------------------------------------------------------------


@api("metrics.mean_iou")
def mean_iou(
    labels, predictions, num_classes, weights=None, metrics_collections=None, updates_collections=None, name=None
):
    """The mean, over classes that occur, of true positives / (true positives + false positives + false negatives).

    The update gives the confusion matrix.
    """
    with tf.variable_scope(name, "mean_iou", (predictions, labels, weights)):
        matrix, update = _confusion(labels, predictions, num_classes, weights)
        predicted, seen = tf.to_float(tf.reduce_sum(matrix, 0)), tf.to_float(tf.reduce_sum(matrix, 1))
        hits = tf.to_float(tf.diag_part(matrix))
        union = predicted + seen - hits
        present = tf.reduce_sum(tf.to_float(tf.not_equal(union, 0)))
        union = tf.where(tf.greater(union, 0), union, tf.ones_like(union))
        total = tf.reduce_sum(tf.div(hits, union), name="mean_iou")
        metric = tf.where(tf.greater(present, 0), total / present, 0)
        return published(metric, update, metrics_collections, updates_collections)


@api("metrics.mean_per_class_accuracy")
def mean_per_class_accuracy(
    labels, predictions, num_classes, weights=None, metrics_collections=None, updates_collections=None, name=None
):
    """The mean over all classes of the share of a class's labels that are predicted, 0 for a class that does not occur.

    The update gives the confusion matrix.
    """
    with tf.variable_scope(name, "mean_accuracy", (predictions, labels, weights)):
        matrix, update = _confusion(labels, predictions, num_classes, weights)
        seen, hits = tf.to_float(tf.reduce_sum(matrix, 1)), tf.to_float(tf.diag_part(matrix))
        seen = tf.where(tf.greater(seen, 0), seen, tf.ones_like(seen))
        metric = tf.reduce_mean(tf.div(hits, seen), name="mean_accuracy")
        return published(metric, update, metrics_collections, updates_collections)


def _confusion(labels, predictions, num_classes, weights):
    """The confusion matrix of all that has been seen, and its update."""
    predictions, labels = convert_to_tensor(predictions), convert_to_tensor(labels)
    predictions.shape.assert_is_compatible_with(labels.shape)
    matrix = local_variable("total_confusion_matrix", [num_classes, num_classes], dtypes.float64)
    predictions, labels, num_classes = tf.to_int64(predictions), tf.to_int64(labels), tf.to_int64(num_classes)
    predictions, labels = _flat(predictions), _flat(labels)
    weights = None if weights is None else _flat(weights)
    batch = tf.confusion_matrix(labels, predictions, num_classes, weights=weights, dtype=dtypes.float64)
    return matrix, tf.assign_add(matrix, batch)


def _flat(x):
    x = convert_to_tensor(x)
    return x if x.shape.ndims in (0, 1) else tf.reshape(x, [-1])
