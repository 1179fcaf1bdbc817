"""Regularizers of tf.contrib.layers: functions from a variable to a scalar loss, for variable scopes and layers."""

import numbers

from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.keys import GraphKeys, add_to_collection, get_collection
from funcfit.tf1.opdef import api, tf


@api("contrib.layers.l1_regularizer")
def l1_regularizer(scale, scope=None):
    """w -> scale * sum(|w|). A scale of 0.0 gives no loss (None); ValueError for a negative or an integer scale."""
    return _scaled(scale, scope, "l1_regularizer", lambda weights: tf.reduce_sum(tf.abs(weights)))


@api("contrib.layers.l2_regularizer")
def l2_regularizer(scale, scope=None):
    """w -> scale * sum(w**2) / 2, with the same rules for the scale."""
    return _scaled(scale, scope, "l2_regularizer", lambda weights: tf.nn.l2_loss(weights))


def _scaled(scale, scope, default_name, size):
    if isinstance(scale, numbers.Integral):
        raise ValueError(f"scale cannot be an integer: {scale}")
    if isinstance(scale, numbers.Real):
        if scale < 0.0:
            raise ValueError(f"Setting a scale less than 0 on a regularizer: {scale:g}.")
        if scale == 0.0:
            return lambda _: None

    def regularizer(weights, name=None):
        with name_scope(scope, default_name, [weights]) as name:
            factor = convert_to_tensor(scale, dtype=weights.dtype.base_dtype, name="scale")
            return tf.multiply(factor, size(weights), name=name)

    return regularizer


@api("contrib.layers.l1_l2_regularizer")
def l1_l2_regularizer(scale_l1=1.0, scale_l2=1.0, scope=None):
    """The sum of both."""
    return sum_regularizer([l1_regularizer(scale_l1), l2_regularizer(scale_l2)], scope=scope or "l1_l2_regularizer")


@api("contrib.layers.sum_regularizer")
def sum_regularizer(regularizer_list, scope=None):
    """The sum of several; None among them are left out, and None when nothing is left."""
    regularizers = [regularizer for regularizer in regularizer_list if regularizer is not None]
    if not regularizers:
        return None

    def regularizer(weights):
        with name_scope(scope, "sum_regularizer", [weights]) as name:
            return tf.add_n([each(weights) for each in regularizers], name=name)

    return regularizer


@api("contrib.layers.apply_regularization")
def apply_regularization(regularizer, weights_list=None):
    """The sum of the losses of `weights_list` (by default, the collection WEIGHTS), put with those of others."""
    weights_list = weights_list or get_collection(GraphKeys.WEIGHTS)
    if not weights_list:
        raise ValueError("No weights to regularize.")
    with name_scope("get_regularization_penalty", values=weights_list) as scope:
        penalties = [regularizer(weights) for weights in weights_list]
        penalties = [tf.constant(0.0) if penalty is None else penalty for penalty in penalties]
        for penalty in penalties:
            rank = penalty.get_shape().ndims
            if rank != 0:
                raise ValueError(f"regularizer must return a scalar Tensor instead of a Tensor with rank {rank}.")
        total = tf.add_n(penalties, name=scope)
        add_to_collection(GraphKeys.REGULARIZATION_LOSSES, total)
        return total
