"""The maxout layer (Goodfellow et al. 2013, arXiv:1302.4389)."""

from funcfit.tf1.api.layers.base import Layer
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.opdef import api, tf


@api("layers.MaxOut")
class MaxOut(Layer):
    """The largest of each group of inputs along `axis`: `num_units` groups, [..., features] -> [..., num_units]."""

    def __init__(self, num_units, axis=-1, name=None, **kwargs):
        super().__init__(name=name, trainable=False, **kwargs)
        self.num_units, self.axis = num_units, axis

    def call(self, inputs):
        inputs = convert_to_tensor(inputs)
        sizes = inputs.get_shape().as_list()
        features = sizes[self.axis]
        if features % self.num_units:
            raise ValueError(f"number of features({features}) is not a multiple of num_units({self.num_units})")
        grouped = [tf.shape(inputs)[i] if size is None else size for i, size in enumerate(sizes)]
        grouped[self.axis] = self.num_units
        outputs = tf.reduce_max(tf.reshape(inputs, [*grouped, features // self.num_units]), -1, keep_dims=False)
        sizes[self.axis] = self.num_units
        outputs.set_shape(sizes)
        return outputs


@api("contrib.layers.maxout")
def maxout(inputs, num_units, axis=-1, name=None):
    """Makes a `MaxOut` layer and applies it to `inputs`."""
    return MaxOut(num_units, axis=axis, name=name)(inputs)
