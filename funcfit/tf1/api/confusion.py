"""The confusion matrix of a classifier."""

from funcfit.tf1.api.losses import remove_squeezable_dimensions
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.node import SparseTensor
from funcfit.tf1.opdef import api, tf


@api("confusion_matrix", "math.confusion_matrix", "contrib.metrics.confusion_matrix")
def confusion_matrix(labels, predictions, num_classes=None, dtype=dtypes.int32, name=None, weights=None):
    """Element [i, j] counts the examples of class i that were predicted to be of class j, or sums their weights.

    `labels` and `predictions` are vectors of class numbers below `num_classes`; without it the largest decides.
    """
    with name_scope(name, "confusion_matrix", [predictions, labels, num_classes, weights]):
        labels, predictions = remove_squeezable_dimensions(
            convert_to_tensor(labels, name="labels"), convert_to_tensor(predictions, name="predictions")
        )
        predictions, labels = tf.cast(predictions, dtypes.int64), tf.cast(labels, dtypes.int64)
        if num_classes is None:
            num_classes = tf.maximum(tf.reduce_max(predictions), tf.reduce_max(labels)) + 1
        if weights is not None:
            weights = convert_to_tensor(weights, name="weights")
            predictions.shape.assert_is_compatible_with(weights.shape)
            weights = tf.cast(weights, dtype)
        shape = tf.stack([num_classes, num_classes])
        indices = tf.transpose(tf.stack([labels, predictions]))
        values = tf.ones_like(predictions, dtype) if weights is None else weights
        counts = SparseTensor(indices, values, tf.to_int64(shape))
        return tf.sparse_add(tf.zeros(tf.to_int32(shape), dtype), counts)
