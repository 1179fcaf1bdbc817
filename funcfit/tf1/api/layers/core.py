"""Layers without windows: Dense, Dropout, Flatten."""

from funcfit.tf1.api.layers.arguments import ZEROS, choose
from funcfit.tf1.api.layers.base import InputSpec, Layer
from funcfit.tf1.api.layers.functions import layer_function
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import api, tf


@api("layers.Dense")
class Dense(Layer):
    """activation(inputs @ kernel + bias): [..., features] -> [..., units]."""

    def __init__(
        self,
        units,
        activation=None,
        use_bias=True,
        kernel_initializer=None,
        bias_initializer=ZEROS,
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        trainable=True,
        name=None,
        **kwargs,
    ):
        super().__init__(trainable=trainable, name=name, activity_regularizer=activity_regularizer, **kwargs)
        self.units, self.activation, self.use_bias = int(units), activation, use_bias
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        self.kernel_regularizer, self.bias_regularizer = kernel_regularizer, bias_regularizer
        self.kernel_constraint, self.bias_constraint = kernel_constraint, bias_constraint
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape):
        features = TensorShape(input_shape)[-1].value
        if features is None:
            raise ValueError("The last dimension of the inputs to `Dense` should be defined. Found `None`.")
        self.input_spec = InputSpec(min_ndim=2, axes={-1: features})
        self.kernel = self.add_weight(
            "kernel",
            [features, self.units],
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                "bias",
                [self.units],
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.built = True

    def call(self, inputs):
        inputs = convert_to_tensor(inputs, dtype=self._dtype)
        sizes = inputs.get_shape().as_list()
        if len(sizes) > 2:
            outputs = tf.tensordot(inputs, self.kernel, [[len(sizes) - 1], [0]])
            outputs.set_shape([*sizes[:-1], self.units])
        else:
            outputs = tf.matmul(inputs, self.kernel)
        if self.use_bias:
            outputs = tf.nn.bias_add(outputs, self.bias)
        return outputs if self.activation is None else self.activation(outputs)

    def compute_output_shape(self, input_shape):
        input_shape = TensorShape(input_shape).with_rank_at_least(2)
        if input_shape[-1].value is None:
            raise ValueError(f"The innermost dimension of input_shape must be defined, but saw: {input_shape}")
        return input_shape[:-1].concatenate(self.units)


@api("layers.Dropout")
class Dropout(Layer):
    """Sets a fraction `rate` of the inputs to 0 and scales the others by 1 / (1 - rate), when called with `training`.

    Elements that share a place of `noise_shape` (None: the inputs' size) are dropped together.
    """

    def __init__(self, rate=0.5, noise_shape=None, seed=None, name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        self.rate, self.noise_shape, self.seed = rate, noise_shape, seed

    def call(self, inputs, training=False):
        def dropped():
            return tf.nn.dropout(inputs, 1 - self.rate, noise_shape=self._noise_shape(inputs), seed=self.seed)

        return choose(training, dropped, lambda: tf.identity(inputs))

    def _noise_shape(self, inputs):
        if not isinstance(self.noise_shape, list | tuple) or None not in self.noise_shape:
            return self.noise_shape
        sizes = tf.shape(inputs)
        return [sizes[axis] if size is None else size for axis, size in enumerate(self.noise_shape)]

    def compute_output_shape(self, input_shape):
        return input_shape


@api("layers.Flatten")
class Flatten(Layer):
    """All axes but the first as one: [batch, ...] -> [batch, features], channels last."""

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = data_format or "channels_last"
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs):
        rank = inputs.get_shape().ndims
        if self.data_format == "channels_first" and rank is not None and rank > 2:
            inputs = tf.transpose(inputs, [0, *range(2, rank), 1])
        outputs = tf.reshape(inputs, (tf.shape(inputs)[0], -1))
        outputs.set_shape(self.compute_output_shape(inputs.get_shape()))
        return outputs

    def compute_output_shape(self, input_shape):
        batch, features = TensorShape(input_shape)[:1], TensorShape(input_shape)[1:]
        return batch.concatenate(features.num_elements())


layer_function("dense", Dense)
layer_function("dropout", Dropout, ("training", False))


@api("layers.flatten")
def flatten(inputs, name=None, data_format="channels_last"):
    """Makes a `Flatten` layer and applies it to `inputs`."""
    return Flatten(data_format=data_format, name=name).apply(inputs)
