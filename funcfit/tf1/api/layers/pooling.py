"""Pooling layers: the maximum or the average of each window."""

from funcfit.tf1.api.layers.arguments import (
    checked_data_format,
    checked_padding,
    convolved_length,
    op_data_format,
    sizes,
    spatial_axes,
    window,
)
from funcfit.tf1.api.layers.base import InputSpec, Layer
from funcfit.tf1.api.layers.functions import layer_function
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import api, tf


class _Pooling(Layer):
    """`_pooled` of windows along `rank` spatial axes."""

    rank = 2

    def __init__(self, pool_size, strides, padding="valid", data_format="channels_last", name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        self.pool_size = sizes(pool_size, self.rank, "pool_size")
        self.strides = sizes(strides, self.rank, "strides")
        self.padding, self.data_format = checked_padding(padding), checked_data_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def call(self, inputs):
        return self._windows(inputs, self.pool_size, self.strides, self.data_format)

    def _windows(self, inputs, pool_size, strides, data_format):
        return self._pooled(
            inputs,
            ksize=window(pool_size, data_format),
            strides=window(strides, data_format),
            padding=self.padding.upper(),
            data_format=op_data_format(data_format, inputs.get_shape().ndims),
        )

    def compute_output_shape(self, input_shape):
        lengths = TensorShape(input_shape).as_list()
        for i, axis in enumerate(spatial_axes(self.data_format, self.rank)):
            lengths[axis] = convolved_length(lengths[axis], self.pool_size[i], self.padding, self.strides[i])
        return TensorShape(lengths)


class _Pooling1D(_Pooling):
    """Sequences, pooled as images of width 1."""

    rank = 1

    def call(self, inputs):
        width = 3 if self.data_format == "channels_first" else 2
        images = tf.expand_dims(inputs, width)
        outputs = self._windows(images, (*self.pool_size, 1), (*self.strides, 1), self.data_format)
        return tf.squeeze(outputs, [width])


class _Pooling3D(_Pooling):
    """Volumes, pooled with their channels last."""

    rank = 3

    def call(self, inputs):
        if self.data_format == "channels_last":
            return self._windows(inputs, self.pool_size, self.strides, "channels_last")
        volumes = tf.transpose(inputs, (0, 2, 3, 4, 1))
        outputs = self._windows(volumes, self.pool_size, self.strides, "channels_last")
        return tf.transpose(outputs, (0, 4, 1, 2, 3))


@api("layers.MaxPooling1D")
class MaxPooling1D(_Pooling1D):
    """The largest element of each window of a sequence."""

    def _pooled(self, *args, **kwargs):
        return tf.nn.max_pool(*args, **kwargs)


@api("layers.MaxPooling2D")
class MaxPooling2D(_Pooling):
    """The largest element of each window of an image."""

    def _pooled(self, *args, **kwargs):
        return tf.nn.max_pool(*args, **kwargs)


@api("layers.MaxPooling3D")
class MaxPooling3D(_Pooling3D):
    """The largest element of each window of a volume."""

    def _pooled(self, *args, **kwargs):
        return tf.nn.max_pool3d(*args, **kwargs)


@api("layers.AveragePooling1D")
class AveragePooling1D(_Pooling1D):
    """The mean of each window of a sequence."""

    def _pooled(self, *args, **kwargs):
        return tf.nn.avg_pool(*args, **kwargs)


@api("layers.AveragePooling2D")
class AveragePooling2D(_Pooling):
    """The mean of each window of an image."""

    def _pooled(self, *args, **kwargs):
        return tf.nn.avg_pool(*args, **kwargs)


@api("layers.AveragePooling3D")
class AveragePooling3D(_Pooling3D):
    """The mean of each window of a volume."""

    def _pooled(self, *args, **kwargs):
        return tf.nn.avg_pool3d(*args, **kwargs)


for _name, _layer in {
    "max_pooling1d": MaxPooling1D,
    "max_pooling2d": MaxPooling2D,
    "max_pooling3d": MaxPooling3D,
    "average_pooling1d": AveragePooling1D,
    "average_pooling2d": AveragePooling2D,
    "average_pooling3d": AveragePooling3D,
}.items():
    layer_function(_name, _layer)
