"""The cells of tf.nn.rnn_cell. Formulas: funcfit.kernels.recurrent."""

from funcfit.tf1.api.layers.base import InputSpec
from funcfit.tf1.api.rnn.cell import (
    LSTMStateTuple,
    ProjectedCell,
    RNNCell,
    activation_named,
    known_size,
    linear,
    warn_of,
)
from funcfit.tf1.opdef import api, tf


@api("nn.rnn_cell.BasicRNNCell", "contrib.rnn.BasicRNNCell")
class BasicRNNCell(RNNCell):
    """output = state = activation([inputs, state] @ kernel + bias)."""

    _looks_for_weights = True

    def __init__(self, num_units, activation=None, reuse=None, name=None, dtype=None, input_size=None, **kwargs):
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        warn_of(self, input_size=input_size)
        self.input_spec = InputSpec(ndim=2)
        self._num_units, self._activation = num_units, activation_named(activation)

    state_size = property(lambda self: self._num_units)
    output_size = property(lambda self: self._num_units)

    def call(self, inputs, state):
        output = self._activation(linear([inputs, state], self._num_units, True))
        return output, output


@api("nn.rnn_cell.GRUCell", "contrib.rnn.GRUCell")
class GRUCell(RNNCell):
    """The gated recurrent unit of Cho et al. 2014. The biases of its gates start at 1: neither reset nor update."""

    _looks_for_weights = True

    def __init__(
        self,
        num_units,
        activation=None,
        reuse=None,
        kernel_initializer=None,
        bias_initializer=None,
        name=None,
        dtype=None,
        input_size=None,
        **kwargs,
    ):
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        warn_of(self, input_size=input_size)
        self.input_spec = InputSpec(ndim=2)
        self._num_units, self._activation = num_units, activation_named(activation)
        self._kernel_initializer, self._bias_initializer = kernel_initializer, bias_initializer

    state_size = property(lambda self: self._num_units)
    output_size = property(lambda self: self._num_units)

    def call(self, inputs, state):
        initializers = dict(kernel_initializer=self._kernel_initializer, bias_initializer=self._bias_initializer)
        with tf.variable_scope("gates"):
            gates = tf.sigmoid(linear([inputs, state], 2 * self._num_units, True, bias_start=1.0, **initializers))
            r, u = tf.split(value=gates, num_or_size_splits=2, axis=1)
        with tf.variable_scope("candidate"):
            c = self._activation(linear([inputs, r * state], self._num_units, True, **initializers))
        state = u * state + (1 - u) * c
        return state, state


@api("nn.rnn_cell.BasicLSTMCell", "contrib.rnn.BasicLSTMCell")
class BasicLSTMCell(RNNCell):
    """The LSTM of Zaremba et al. 2014: no peepholes, clipping or projection. `forget_bias` is added to the forget gate.

    The state is an LSTMStateTuple, or with `state_is_tuple` off both its parts side by side.
    """

    _looks_for_weights = True

    def __init__(
        self,
        num_units,
        forget_bias=1.0,
        state_is_tuple=True,
        activation=None,
        reuse=None,
        name=None,
        dtype=None,
        input_size=None,
        **kwargs,
    ):
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        warn_of(self, input_size=input_size, state_is_tuple=state_is_tuple)
        self.input_spec = InputSpec(ndim=2)
        self._num_units, self._forget_bias, self._state_is_tuple = num_units, forget_bias, state_is_tuple
        self._activation = activation_named(activation)

    @property
    def state_size(self):
        return LSTMStateTuple(self._num_units, self._num_units) if self._state_is_tuple else 2 * self._num_units

    output_size = property(lambda self: self._num_units)

    def call(self, inputs, state):
        c, h = state if self._state_is_tuple else tf.split(value=state, num_or_size_splits=2, axis=1)
        gates = linear([inputs, h], 4 * self._num_units, True)
        i, j, f, o = tf.split(value=gates, num_or_size_splits=4, axis=1)
        c = c * tf.sigmoid(f + self._forget_bias) + tf.sigmoid(i) * self._activation(j)
        h = self._activation(c) * tf.sigmoid(o)
        return h, LSTMStateTuple(c, h) if self._state_is_tuple else tf.concat([c, h], 1)


@api("nn.rnn_cell.LSTMCell", "contrib.rnn.LSTMCell")
class LSTMCell(ProjectedCell):
    """The LSTM with what was added to it: peepholes, clipped cells, a projection of its output (Sak et al. 2014)."""

    _looks_for_weights = True

    def __init__(
        self,
        num_units,
        use_peepholes=False,
        cell_clip=None,
        initializer=None,
        num_proj=None,
        proj_clip=None,
        num_unit_shards=None,
        num_proj_shards=None,
        forget_bias=1.0,
        state_is_tuple=True,
        activation=None,
        reuse=None,
        name=None,
        dtype=None,
        input_size=None,
        **kwargs,
    ):
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        warn_of(self, input_size=input_size, state_is_tuple=state_is_tuple)
        if num_unit_shards is not None or num_proj_shards is not None:
            tf.logging.warn(
                "%s: The num_unit_shards and proj_unit_shards parameters are deprecated and will be removed in Jan "
                "2017.  Use a variable scope with a partitioner instead.",
                self,
            )
        self.input_spec = InputSpec(ndim=2)
        self._num_units, self._use_peepholes, self._cell_clip = num_units, use_peepholes, cell_clip
        self._scope_initializer = initializer
        self._num_proj, self._proj_clip = num_proj, proj_clip
        self._num_unit_shards, self._num_proj_shards = num_unit_shards, num_proj_shards
        self._forget_bias, self._state_is_tuple = forget_bias, state_is_tuple
        self._activation = activation_named(activation)

    def call(self, inputs, state):
        c, m = state
        known_size(inputs)
        unit_scope = tf.get_variable_scope()
        if self._num_unit_shards is not None:
            unit_scope.set_partitioner(tf.fixed_size_partitioner(self._num_unit_shards))
        gates = linear([inputs, m], 4 * self._num_units, True)
        i, j, f, o = tf.split(value=gates, num_or_size_splits=4, axis=1)
        if self._use_peepholes:
            with tf.variable_scope(unit_scope) as peephole_scope:
                if self._num_unit_shards is not None:
                    peephole_scope.set_partitioner(None)
                w_f, w_i, w_o = (
                    tf.get_variable(f"w_{gate}_diag", shape=[self._num_units], dtype=inputs.dtype) for gate in "fio"
                )
            c = tf.sigmoid(f + self._forget_bias + w_f * c) * c + tf.sigmoid(i + w_i * c) * self._activation(j)
        else:
            c = tf.sigmoid(f + self._forget_bias) * c + tf.sigmoid(i) * self._activation(j)
        if self._cell_clip is not None:
            c = tf.clip_by_value(c, -self._cell_clip, self._cell_clip)
        m = tf.sigmoid(o + w_o * c if self._use_peepholes else o) * self._activation(c)
        if self._num_proj is not None:
            with tf.variable_scope("projection") as projection_scope:
                if self._num_proj_shards is not None:
                    projection_scope.set_partitioner(tf.fixed_size_partitioner(self._num_proj_shards))
                m = linear(m, self._num_proj, False)
            if self._proj_clip is not None:
                m = tf.clip_by_value(m, -self._proj_clip, self._proj_clip)
        return m, LSTMStateTuple(c, m)
