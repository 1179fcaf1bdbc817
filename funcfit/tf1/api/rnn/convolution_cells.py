"""LSTM cells whose linear maps are convolutions: Shi et al. 2015."""

from funcfit.tf1.api.rnn.cell import LSTMStateTuple, RNNCell
from funcfit.tf1.api.rnn.names import KERNEL
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import api, tf


@api("contrib.rnn.ConvLSTMCell")
class ConvLSTMCell(RNNCell):
    """An LSTM over images of shape `input_shape` (channels last, no batch) with `conv_ndims` spatial axes.

    With `skip_connection` the inputs' channels follow the outputs'.
    """

    def __init__(
        self,
        conv_ndims,
        input_shape,
        output_channels,
        kernel_shape,
        use_bias=True,
        skip_connection=False,
        forget_bias=1.0,
        initializers=None,
        name="conv_lstm_cell",
    ):
        super().__init__(name=name)
        if conv_ndims != len(input_shape) - 1:
            raise ValueError(f"Invalid input_shape {input_shape} for conv_ndims={conv_ndims}.")
        self._conv_ndims, self._output_channels, self._kernel_shape = conv_ndims, output_channels, list(kernel_shape)
        self._use_bias, self._skip_connection, self._forget_bias = use_bias, skip_connection, forget_bias
        self._space, self._input_channels = list(input_shape[:-1]), input_shape[-1]
        self._scope_initializer = initializers

    @property
    def state_size(self):
        shape = TensorShape([*self._space, self._output_channels])
        return LSTMStateTuple(shape, shape)

    @property
    def output_size(self):
        skipped = self._input_channels if self._skip_connection else 0
        return TensorShape([*self._space, self._output_channels + skipped])

    def call(self, inputs, state):
        c, h = state
        axis = self._conv_ndims + 1
        i, j, f, o = tf.split(value=self._convolved(inputs, h), num_or_size_splits=4, axis=axis)
        c = tf.sigmoid(f + self._forget_bias) * c + tf.sigmoid(i) * tf.tanh(j)
        output = tf.tanh(c) * tf.sigmoid(o)
        if self._skip_connection:
            output = tf.concat([output, inputs], axis=-1)
        return output, LSTMStateTuple(c, output)

    def _convolved(self, inputs, h):
        both = tf.concat([inputs, h], self._conv_ndims + 1)
        features = 4 * self._output_channels
        shape = [*self._kernel_shape, both.get_shape()[-1].value, features]
        kernel = tf.get_variable(KERNEL, shape, dtype=inputs.dtype)
        convolve = {1: tf.nn.conv1d, 2: tf.nn.conv2d, 3: tf.nn.conv3d}[self._conv_ndims]
        strides = 1 if self._conv_ndims == 1 else [1] * (self._conv_ndims + 2)
        result = convolve(both, kernel, strides, padding="SAME")
        if not self._use_bias:
            return result
        zeros = tf.constant_initializer(0.0, dtype=inputs.dtype)
        return result + tf.get_variable("biases", [features], dtype=inputs.dtype, initializer=zeros)


def _with_axes(count):
    class Cell(ConvLSTMCell):
        def __init__(self, name=f"conv_{count}d_lstm_cell", **kwargs):
            super().__init__(conv_ndims=count, name=name, **kwargs)

    Cell.__name__ = Cell.__qualname__ = f"Conv{count}DLSTMCell"
    Cell.__doc__ = f"`ConvLSTMCell` with {count} spatial {'axes' if count > 1 else 'axis'}."
    return api(f"contrib.rnn.{Cell.__name__}")(Cell)


Conv1DLSTMCell, Conv2DLSTMCell, Conv3DLSTMCell = map(_with_axes, (1, 2, 3))
