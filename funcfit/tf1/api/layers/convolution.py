"""Convolution layers over 1, 2 and 3 spatial axes: plain, separable, transposed."""

from funcfit.tf1.api.layers.arguments import (
    ZEROS,
    channel_axis,
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


class _Conv(Layer):
    """activation(inputs * kernel + bias), with `rank` spatial axes.

    Inputs are [batch, *space, channels], or [batch, channels, *space] with `data_format` 'channels_first'. Sizes,
    strides and dilation rates are one integer for all axes or one for each.
    """

    rank = 2

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format="channels_last",
        dilation_rate=1,
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
        self.filters = filters
        self.kernel_size = sizes(kernel_size, self.rank, "kernel_size")
        self.strides = sizes(strides, self.rank, "strides")
        self.padding, self.data_format = checked_padding(padding), checked_data_format(data_format)
        self.dilation_rate = sizes(dilation_rate, self.rank, "dilation_rate")
        self.activation, self.use_bias = activation, use_bias
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        self.kernel_regularizer, self.bias_regularizer = kernel_regularizer, bias_regularizer
        self.kernel_constraint, self.bias_constraint = kernel_constraint, bias_constraint
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def build(self, input_shape):
        channels = self._channels(input_shape)
        self.kernel = self.add_weight(
            "kernel",
            self._kernel_shape(channels),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self._add_bias(channels)

    def _channels(self, input_shape):
        input_shape = TensorShape(input_shape).with_rank(self.rank + 2)
        channels = input_shape[channel_axis(self.data_format)].value
        if channels is None:
            raise ValueError("The channel dimension of the inputs should be defined. Found `None`.")
        return channels

    def _kernel_shape(self, channels):
        return (*self.kernel_size, channels, self.filters)

    def _add_bias(self, channels):
        """Ends `build`: the bias, if any, and what is known of the inputs now."""
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                "bias",
                (self.filters,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={channel_axis(self.data_format): channels})
        self.built = True

    def call(self, inputs):
        outputs = tf.nn.convolution(
            input=inputs,
            filter=self.kernel,
            dilation_rate=self.dilation_rate,
            strides=self.strides,
            padding=self.padding.upper(),
            data_format=op_data_format(self.data_format, self.rank + 2),
        )
        return self._finished(outputs)

    def _finished(self, outputs):
        """Bias and activation."""
        if self.use_bias:
            if self.data_format == "channels_first" and self.rank != 2:
                outputs = outputs + tf.reshape(self.bias, (1, self.filters, *[1] * self.rank))
            else:
                outputs = tf.nn.bias_add(outputs, self.bias, data_format=op_data_format(self.data_format, 4))
        return outputs if self.activation is None else self.activation(outputs)

    def compute_output_shape(self, input_shape):
        lengths = TensorShape(input_shape).as_list()
        lengths[channel_axis(self.data_format)] = self.filters
        for i, axis in enumerate(spatial_axes(self.data_format, self.rank)):
            lengths[axis] = self._output_length(lengths[axis], i)
        return TensorShape(lengths)

    def _output_length(self, length, i):
        return convolved_length(length, self.kernel_size[i], self.padding, self.strides[i], self.dilation_rate[i])


@api("layers.Conv1D")
class Conv1D(_Conv):
    """Convolution of sequences [batch, length, channels]."""

    rank = 1


@api("layers.Conv2D")
class Conv2D(_Conv):
    """Convolution of images [batch, height, width, channels]."""

    rank = 2


@api("layers.Conv3D")
class Conv3D(_Conv):
    """Convolution of volumes [batch, depth, height, width, channels]."""

    rank = 3


class _SeparableConv(_Conv):
    """A convolution of each channel by itself, `depth_multiplier` times, then one of size 1 that mixes the channels."""

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format="channels_last",
        dilation_rate=1,
        depth_multiplier=1,
        activation=None,
        use_bias=True,
        depthwise_initializer=None,
        pointwise_initializer=None,
        bias_initializer=ZEROS,
        depthwise_regularizer=None,
        pointwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        pointwise_constraint=None,
        bias_constraint=None,
        trainable=True,
        name=None,
        **kwargs,
    ):
        super().__init__(
            filters,
            kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilation_rate=dilation_rate,
            activation=activation,
            use_bias=use_bias,
            bias_initializer=bias_initializer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            bias_constraint=bias_constraint,
            trainable=trainable,
            name=name,
            **kwargs,
        )
        self.depth_multiplier = depth_multiplier
        self.depthwise_initializer, self.pointwise_initializer = depthwise_initializer, pointwise_initializer
        self.depthwise_regularizer, self.pointwise_regularizer = depthwise_regularizer, pointwise_regularizer
        self.depthwise_constraint, self.pointwise_constraint = depthwise_constraint, pointwise_constraint

    def build(self, input_shape):
        channels = self._channels(input_shape)
        self.depthwise_kernel = self.add_weight(
            "depthwise_kernel",
            (*self.kernel_size, channels, self.depth_multiplier),
            initializer=self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )
        self.pointwise_kernel = self.add_weight(
            "pointwise_kernel",
            (*[1] * self.rank, channels * self.depth_multiplier, self.filters),
            initializer=self.pointwise_initializer,
            regularizer=self.pointwise_regularizer,
            constraint=self.pointwise_constraint,
        )
        self._add_bias(channels)

    def _separated(self, images, depthwise_kernel, pointwise_kernel, strides, dilation_rate):
        return tf.nn.separable_conv2d(
            images,
            depthwise_kernel,
            pointwise_kernel,
            strides=window(strides, self.data_format),
            padding=self.padding.upper(),
            rate=dilation_rate,
            data_format=op_data_format(self.data_format, 4),
        )


@api("layers.SeparableConv1D")
class SeparableConv1D(_SeparableConv):
    """Separable convolution of sequences [batch, length, channels]."""

    rank = 1

    def call(self, inputs):
        axis = spatial_axes(self.data_format, 1)[0]
        outputs = self._separated(
            tf.expand_dims(inputs, axis),
            tf.expand_dims(self.depthwise_kernel, 0),
            tf.expand_dims(self.pointwise_kernel, 0),
            self.strides * 2,
            (1, *self.dilation_rate),
        )
        return self._finished(tf.squeeze(outputs, [axis]))


@api("layers.SeparableConv2D")
class SeparableConv2D(_SeparableConv):
    """Separable convolution of images [batch, height, width, channels]."""

    rank = 2

    def call(self, inputs):
        outputs = self._separated(
            inputs, self.depthwise_kernel, self.pointwise_kernel, self.strides, self.dilation_rate
        )
        return self._finished(outputs)


class _ConvTranspose(_Conv):
    """The transpose of a convolution: from shapes that it gives to shapes that it takes.

    The kernel is [*size, filters, channels].
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format="channels_last",
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
        super().__init__(
            filters,
            kernel_size,
            strides=strides,
            padding=padding,
            data_format=data_format,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            trainable=trainable,
            name=name,
            **kwargs,
        )

    def _kernel_shape(self, channels):
        return (*self.kernel_size, self.filters, channels)

    def call(self, inputs):
        shape = tf.shape(inputs)
        batch = shape[0]
        axes = spatial_axes(self.data_format, self.rank)
        space = [shape[axis] for axis in axes]
        space = [self._output_length(length, i) for i, length in enumerate(space)]
        if self.data_format == "channels_first":
            output_shape = (batch, self.filters, *space)
        else:
            output_shape = (batch, *space, self.filters)
        outputs = self._transposed(
            inputs,
            self.kernel,
            tf.stack(output_shape),
            window(self.strides, self.data_format),
            padding=self.padding.upper(),
            data_format=op_data_format(self.data_format, self.rank + 2),
        )
        outputs.set_shape(self.compute_output_shape(inputs.get_shape()))
        return self._finished(outputs)

    def _output_length(self, length, i):
        if length is None:
            return None
        length = tf.multiply(length, self.strides[i]) if hasattr(length, "graph") else length * self.strides[i]
        if self.padding == "valid":
            length = length + max(self.kernel_size[i] - self.strides[i], 0)
        return length


@api("layers.Conv2DTranspose")
class Conv2DTranspose(_ConvTranspose):
    """Transposed convolution of images, also called deconvolution."""

    rank = 2

    def _transposed(self, *args, **kwargs):
        return tf.nn.conv2d_transpose(*args, **kwargs)


@api("layers.Conv3DTranspose")
class Conv3DTranspose(_ConvTranspose):
    """Transposed convolution of volumes."""

    rank = 3

    def _transposed(self, *args, **kwargs):
        return tf.nn.conv3d_transpose(*args, **kwargs)


for _name, _layer in {
    "conv1d": Conv1D,
    "conv2d": Conv2D,
    "conv3d": Conv3D,
    "separable_conv1d": SeparableConv1D,
    "separable_conv2d": SeparableConv2D,
    "conv2d_transpose": Conv2DTranspose,
    "conv3d_transpose": Conv3DTranspose,
}.items():
    layer_function(_name, _layer)
