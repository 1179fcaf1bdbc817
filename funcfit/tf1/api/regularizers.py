"""Penalties on weights: tf.contrib.layers' regularizers, functions of a tensor to a scalar tensor."""

import numbers

from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.keys import GraphKeys, add_to_collection, get_collection
from funcfit.tf1.opdef import api, tf


def _is_off(scale, what="scale"):
    """True for a scale of zero. ValueError for integers, which are mistakes, and negative numbers."""
    if isinstance(scale, numbers.Integral):
        raise ValueError(f"{what} cannot be an integer: {scale}")
    if isinstance(scale, numbers.Real) and scale < 0.0:
        raise ValueError(f"Setting a scale less than 0 on a regularizer: {scale:g}.")
    if isinstance(scale, numbers.Real) and scale == 0.0:
        tf.logging.info("Scale of 0 disables regularizer.")
        return True
    return False


def _scaled(scale, scope, default_name, penalty):
    if _is_off(scale):
        return lambda _: None

    def regularizer(weights, name=None):
        with name_scope(scope, default_name, [weights]) as inner:
            factor = convert_to_tensor(scale, dtype=weights.dtype.base_dtype, name="scale")
            return tf.multiply(factor, penalty(weights), name=inner)

    return regularizer


@api("contrib.layers.l1_regularizer")
def l1_regularizer(scale, scope=None):
    """scale * sum of |weights|. No penalty (None) for a scale of 0.0; ValueError for a negative or integer scale."""
    return _scaled(scale, scope, "l1_regularizer", lambda weights: tf.reduce_sum(tf.abs(weights)))


@api("contrib.layers.l2_regularizer")
def l2_regularizer(scale, scope=None):
    """scale * half the sum of weights squared. No penalty (None) for a scale of 0.0; ValueError for a negative or
    integer scale.
    """
    return _scaled(scale, scope, "l2_regularizer", lambda weights: tf.nn.l2_loss(weights))


@api("contrib.layers.l1_l2_regularizer")
def l1_l2_regularizer(scale_l1=1.0, scale_l2=1.0, scope=None):
    """The sum of both penalties, or the one whose scale is not zero."""
    for which, scale in (("scale_l1", scale_l1), ("scale_l2", scale_l2)):
        if isinstance(scale, numbers.Integral):
            raise ValueError(f"{which} cannot be an integer: {scale}")
    scope = scope or "l1_l2_regularizer"
    if scale_l1 == 0.0:
        return l2_regularizer(scale_l2, scope)
    if scale_l2 == 0.0:
        return l1_regularizer(scale_l1, scope)
    return sum_regularizer([l1_regularizer(scale_l1), l2_regularizer(scale_l2)], scope=scope)


@api("contrib.layers.sum_regularizer")
def sum_regularizer(regularizer_list, scope=None):
    """The sum of several penalties; None for an empty list (Nones are left out)."""
    regularizers = [r for r in regularizer_list if r is not None]
    if not regularizers:
        return None

    def regularizer(weights):
        with name_scope(scope, "sum_regularizer", [weights]) as inner:
            penalties = [p for p in (r(weights) for r in regularizers) if p is not None]
            return tf.add_n(penalties, name=inner) if penalties else None

    return regularizer


@api("contrib.layers.apply_regularization")
def apply_regularization(regularizer, weights_list=None):
    """The penalty of all `weights_list` (the collection WEIGHTS by default), also put into REGULARIZATION_LOSSES.

    ValueError when there are no weights, or when the penalty of one is not a scalar.
    """
    weights_list = weights_list or get_collection(GraphKeys.WEIGHTS)
    if not weights_list:
        raise ValueError("No weights to regularize.")
    with name_scope("get_regularization_penalty", values=weights_list) as scope:
        penalties = [regularizer(w) for w in weights_list]
        penalties = [tf.constant(0.0) if p is None else p for p in penalties]
        for p in penalties:
            if p.get_shape().ndims != 0:
                raise ValueError(
                    f"regularizer must return a scalar Tensor instead of a Tensor with rank {p.get_shape().ndims}."
                )
        total = tf.add_n(penalties, name=scope)
        add_to_collection(GraphKeys.REGULARIZATION_LOSSES, total)
        return total
