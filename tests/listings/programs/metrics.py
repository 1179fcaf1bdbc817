"""tf.metrics: measures that add up over runs."""

import numpy as np

CLASSES = [0, 1, 2, 1]
GUESSED_CLASSES = [0, 2, 2, 1]
ANSWERS = [True, False, True, True]
GUESSES = [True, True, False, True]
CHANCES = [0.9, 0.2, 0.4, 0.6]


def accuracy(tf):
    labels = tf.placeholder(tf.int32, [None, 3])
    logits = tf.placeholder(tf.float32, [None, 3])
    tf.metrics.accuracy(labels=tf.argmax(labels, axis=1), predictions=tf.argmax(logits, axis=1))
    tf.metrics.accuracy(labels=tf.argmax(labels, axis=1), predictions=tf.argmax(logits, axis=1), name="again")
    return {labels: np.eye(3)[CLASSES], logits: np.eye(3)[GUESSED_CLASSES]}


def accuracy_of_columns(tf):
    labels = tf.placeholder(tf.int64, [None, 1])
    predictions = tf.placeholder(tf.float32, [None])
    with tf.variable_scope("model"):
        tf.metrics.accuracy(labels, predictions, weights=[[1.0], [0.5], [2.0], [0.0]], metrics_collections=["measures"])
    tf.add_n(tf.get_collection("measures"))
    return {labels: np.array(CLASSES)[:, None], predictions: np.array(GUESSED_CLASSES)}


def means(tf):
    values = tf.placeholder(tf.float32, [2, None])
    tf.metrics.mean(values)
    tf.metrics.mean(values, weights=0.5, name="weighted")
    tf.metrics.mean(values, weights=values, updates_collections="updates")
    tf.metrics.percentage_below(values, 0.5)
    return {values: np.reshape(CHANCES, [2, 2])}


def weights_of_unknown_rank(tf):
    values, weights = tf.placeholder(tf.float32, [None]), tf.placeholder(tf.float32)
    tf.metrics.mean(values, weights)
    return {values: np.array(CHANCES), weights: np.array(CHANCES)[:, None]}


def errors(tf):
    labels, predictions = tf.placeholder(tf.float32, [None, 2]), tf.placeholder(tf.float32, [None, 2])
    tf.metrics.mean_absolute_error(labels, predictions)
    tf.metrics.mean_squared_error(labels, predictions)
    tf.metrics.root_mean_squared_error(labels, predictions, weights=[[1.0], [0.5]])
    tf.metrics.mean_relative_error(labels, predictions, normalizer=labels)
    tf.metrics.mean_cosine_distance(labels, predictions, dim=1)
    return {labels: np.reshape(CLASSES, [2, 2]), predictions: np.reshape(CHANCES, [2, 2])}


def counts(tf):
    labels, predictions = tf.placeholder(tf.bool, [None]), tf.placeholder(tf.bool, [None])
    tf.metrics.true_positives(labels, predictions)
    tf.metrics.false_positives(labels, predictions, weights=[1.0, 0.5, 2.0, 0.0])
    tf.metrics.false_negatives(labels, predictions)
    tf.metrics.precision(labels, predictions)
    tf.metrics.recall(labels, predictions, weights=0.5)
    return {labels: np.array(ANSWERS), predictions: np.array(GUESSES)}


def accuracy_of_classes(tf):
    labels, predictions = tf.placeholder(tf.int32, [None]), tf.placeholder(tf.int64, [None])
    tf.metrics.mean_per_class_accuracy(labels, predictions, num_classes=4)
    return {labels: np.array(CLASSES), predictions: np.array(GUESSED_CLASSES)}


def thresholds(tf):
    labels, predictions = tf.placeholder(tf.bool, [None]), tf.placeholder(tf.float32, [None])
    tf.metrics.precision_at_thresholds(labels, predictions, [0.3, 0.5])
    tf.metrics.recall_at_thresholds(labels, predictions, [0.3, 0.5], weights=[1.0, 0.5, 2.0, 0.0])
    tf.metrics.sensitivity_at_specificity(labels, predictions, 0.5, num_thresholds=5)
    tf.metrics.specificity_at_sensitivity(labels, predictions, 0.7, num_thresholds=5)
    return {labels: np.array(ANSWERS), predictions: np.array(CHANCES)}


def areas(tf):
    labels, predictions = tf.placeholder(tf.int32, [4]), tf.placeholder(tf.float32, [4])
    tf.metrics.auc(labels, predictions, num_thresholds=7)
    tf.metrics.auc(labels, predictions, num_thresholds=7, curve="PR", weights=[1.0, 0.5, 2.0, 0.0])
    return {labels: np.array(ANSWERS), predictions: np.array(CHANCES)}
