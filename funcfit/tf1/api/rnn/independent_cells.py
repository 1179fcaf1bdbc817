"""Cells whose units see only themselves in the last step: Li et al. 2018, Gonnet, Deselaers 2019."""

from funcfit.tf1.api.layers.base import InputSpec
from funcfit.tf1.api.rnn.cell import LSTMStateTuple, RNNCell, activation_named, known_size
from funcfit.tf1.api.rnn.names import BIAS, KERNEL
from funcfit.tf1.opdef import api, tf


class _Independent(RNNCell):
    def __init__(
        self,
        num_units,
        activation=None,
        reuse=None,
        kernel_initializer=None,
        bias_initializer=None,
        name=None,
        dtype=None,
    ):
        super().__init__(_reuse=reuse, name=name, dtype=dtype)
        self.input_spec = InputSpec(ndim=2)
        self._num_units, self._activation = num_units, activation_named(activation)
        self._kernel_initializer, self._bias_initializer = kernel_initializer, bias_initializer

    state_size = property(lambda self: self._num_units)
    output_size = property(lambda self: self._num_units)

    def _mapped(self, inputs, state, times, bias_start=0.0, prefix="", kernel=KERNEL + "_w"):
        """inputs @ kernel + u * state (as often as `times` says) + bias."""
        columns, dtype = times * self._num_units, inputs.dtype
        w = tf.get_variable(prefix + kernel, [known_size(inputs), columns], dtype, initializer=self._kernel_initializer)
        u = tf.get_variable(
            f"{prefix}{KERNEL}_u", [1, columns], dtype, initializer=tf.random_uniform_initializer(-1, 1, dtype=dtype)
        )
        start = self._bias_initializer or tf.constant_initializer(bias_start, dtype=dtype)
        bias = tf.get_variable(prefix + BIAS, [columns], dtype, initializer=start)
        return tf.nn.bias_add(tf.matmul(inputs, w) + (tf.tile(state, [1, times]) if times > 1 else state) * u, bias)


@api("contrib.rnn.IndRNNCell")
class IndRNNCell(_Independent):
    """output = state = activation(inputs @ w + u * state + bias)."""

    def __init__(self, num_units, activation=None, reuse=None, name=None, dtype=None):
        super().__init__(num_units, activation, reuse, name=name or "ind_rnn_cell", dtype=dtype)

    def call(self, inputs, state):
        output = self._activation(self._mapped(inputs, state, 1))
        return output, output


@api("contrib.rnn.IndyGRUCell")
class IndyGRUCell(_Independent):
    """A GRU of independent units."""

    def call(self, inputs, state):
        gates = tf.sigmoid(self._mapped(inputs, state, 2, bias_start=1.0, prefix="gates/"))
        r, u = tf.split(value=gates, num_or_size_splits=2, axis=1)
        c = self._activation(self._mapped(inputs, r * state, 1, prefix="candidate/", kernel=KERNEL))
        state = u * state + (1 - u) * c
        return state, state


@api("contrib.rnn.IndyLSTMCell")
class IndyLSTMCell(_Independent):
    """An LSTM of independent units."""

    def __init__(
        self,
        num_units,
        forget_bias=1.0,
        activation=None,
        reuse=None,
        kernel_initializer=None,
        bias_initializer=None,
        name=None,
        dtype=None,
    ):
        super().__init__(num_units, activation, reuse, kernel_initializer, bias_initializer, name, dtype)
        self._forget_bias = forget_bias

    state_size = property(lambda self: LSTMStateTuple(self._num_units, self._num_units))

    def call(self, inputs, state):
        c, h = state
        i, j, f, o = tf.split(value=self._mapped(inputs, h, 4), num_or_size_splits=4, axis=1)
        c = c * tf.sigmoid(f + self._forget_bias) + tf.sigmoid(i) * self._activation(j)
        h = self._activation(c) * tf.sigmoid(o)
        return h, LSTMStateTuple(c, h)
