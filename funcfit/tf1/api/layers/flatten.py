"""tf.contrib.layers.flatten, whose nodes are its own; tf.layers.flatten is a layer (core.py)."""

import math

from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.keys import add_to_collections
from funcfit.tf1.opdef import api, tf


@api("contrib.layers.flatten")
def flatten(inputs, outputs_collections=None, scope=None):
    """[batch, ...] -> [batch, features]. ValueError when `inputs` is not known to have two dimensions or more."""
    with name_scope(scope, "Flatten", [inputs]):
        inputs = convert_to_tensor(inputs)
        rank = inputs.shape.ndims
        if rank is None or rank < 2:
            raise ValueError("Inputs must have a least 2 dimensions.")
        shape = tf.shape(inputs)
        batch, others = tf.slice(shape, [0], [1]), tf.slice(shape, [1], [rank - 1])
        features = tf.expand_dims(tf.reduce_prod(others), 0)
        outputs = tf.reshape(inputs, tf.concat([batch, features], 0))
        size, *sizes = inputs.shape.as_list()
        outputs.set_shape([size, None if None in sizes else math.prod(sizes)])
        add_to_collections(outputs_collections or (), outputs)
        return outputs
