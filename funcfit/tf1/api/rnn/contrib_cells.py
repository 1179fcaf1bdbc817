"""Variations on LSTM and GRU of tf.contrib.rnn."""

import math

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
from funcfit.tf1.api.rnn.names import BIAS, KERNEL
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.keys import GraphKeys, add_to_collection, get_collection
from funcfit.tf1.opdef import api, tf


def variable_in_shards(name, shape, dtype, num_shards):
    """A variable [rows, ...] made of `num_shards` variables with some rows each, joined."""
    if num_shards > shape[0]:
        raise ValueError(f"Too many shards: shape={shape}, num_shards={num_shards}")
    rows, more = divmod(shape[0], num_shards)
    shards = [tf.get_variable(f"{name}_{i}", [rows + (i < more), *shape[1:]], dtype=dtype) for i in range(num_shards)]
    if num_shards == 1:
        return shards[0]
    joined_name = f"{tf.get_variable_scope().name}/{name}/concat:0"
    for value in get_collection(GraphKeys.CONCATENATED_VARIABLES):
        if value.name == joined_name:
            return value
    joined = tf.concat(shards, 0, name=name + "/concat")
    add_to_collection(GraphKeys.CONCATENATED_VARIABLES, joined)
    return joined


@api("contrib.rnn.CoupledInputForgetGateLSTMCell")
class CoupledInputForgetGateLSTMCell(ProjectedCell):
    """An LSTM that takes in as much as it forgets: its input gate is 1 - the forget gate. Greff et al. 2015."""

    _looks_for_weights = True

    def __init__(
        self,
        num_units,
        use_peepholes=False,
        initializer=None,
        num_proj=None,
        proj_clip=None,
        num_unit_shards=1,
        num_proj_shards=1,
        forget_bias=1.0,
        state_is_tuple=True,
        activation=None,
        reuse=None,
        layer_norm=False,
        norm_gain=1.0,
        norm_shift=0.0,
    ):
        super().__init__(_reuse=reuse)
        warn_of(self, state_is_tuple=state_is_tuple)
        self._num_units, self._use_peepholes, self._scope_initializer = num_units, use_peepholes, initializer
        self._num_proj, self._proj_clip = num_proj, proj_clip
        self._num_unit_shards, self._num_proj_shards = num_unit_shards, num_proj_shards
        self._forget_bias, self._state_is_tuple = forget_bias, state_is_tuple
        self._activation = activation_named(activation)
        self._layer_norm, self._norm = layer_norm, (norm_gain, norm_shift)

    def call(self, inputs, state):
        c, m = state
        dtype, size = inputs.dtype, known_size(inputs)
        kernel = variable_in_shards("W", [size + self.output_size, 3 * self._num_units], dtype, self._num_unit_shards)
        bias = tf.get_variable("B", shape=[3 * self._num_units], initializer=tf.zeros_initializer(), dtype=dtype)
        gates = tf.matmul(tf.concat([inputs, m], 1), kernel)
        if not self._layer_norm:
            gates = tf.nn.bias_add(gates, bias)
        j, f, o = tf.split(value=gates, num_or_size_splits=3, axis=1)
        if self._layer_norm:
            j, f, o = (
                layer_normalized(x, name, *self._norm) for x, name in ((j, "transform"), (f, "forget"), (o, "output"))
            )
        if self._use_peepholes:
            w_f, w_o = (tf.get_variable(f"W_{gate}_diag", shape=[self._num_units], dtype=dtype) for gate in ("F", "O"))
        forget = tf.sigmoid(f + self._forget_bias + w_f * c if self._use_peepholes else f + self._forget_bias)
        c = forget * c + (1 - forget) * self._activation(j)
        if self._layer_norm:
            c = layer_normalized(c, "state", *self._norm)
        m = tf.sigmoid(o + w_o * c if self._use_peepholes else o) * self._activation(c)
        if self._num_proj is not None:
            shape = [self._num_units, self._num_proj]
            m = tf.matmul(m, variable_in_shards("W_P", shape, dtype, self._num_proj_shards))
            if self._proj_clip is not None:
                m = tf.clip_by_value(m, -self._proj_clip, self._proj_clip)
        return m, LSTMStateTuple(c, m)


def layer_normalized(x, scope, gain, shift):
    """`x` [batch, n] with mean 0 and variance 1 along each row, times `scope/gamma`, plus `scope/beta`: variables that
    start from `gain` and `shift`. Ba et al. 2016.
    """
    columns = x.get_shape()[-1:]
    with tf.variable_scope(scope):
        tf.get_variable("gamma", shape=columns, initializer=tf.constant_initializer(gain), dtype=x.dtype)
        tf.get_variable("beta", shape=columns, initializer=tf.constant_initializer(shift), dtype=x.dtype)
    with tf.variable_scope(scope, reuse=True):
        beta = tf.get_variable("beta", shape=columns, dtype=x.dtype)
        gamma = tf.get_variable("gamma", shape=columns, dtype=x.dtype)
        mean, variance = tf.nn.moments(x, [1], keep_dims=True)
        outputs = tf.nn.batch_normalization(x, mean, variance, beta, gamma, 1e-12)
        outputs.set_shape(x.get_shape())
        return outputs


@api("contrib.rnn.NASCell")
class NASCell(RNNCell):
    """The cell that Zoph and Le (2016) found by search."""

    _looks_for_weights = True

    def __init__(self, num_units, num_proj=None, use_bias=False, reuse=None, use_biases=False, **kwargs):
        super().__init__(_reuse=reuse, **kwargs)
        self._num_units, self._num_proj, self._use_bias = num_units, num_proj, use_bias or use_biases

    state_size = property(lambda self: LSTMStateTuple(self._num_units, self.output_size))

    @property
    def output_size(self):
        return self._num_units if self._num_proj is None else self._num_proj

    def call(self, inputs, state):
        c, m = state
        columns, dtype, size = 8 * self._num_units, inputs.dtype, known_size(inputs)
        recurrent = tf.get_variable("recurrent_" + KERNEL, [self.output_size, columns], dtype)
        kernel = tf.get_variable(KERNEL, [size, columns], dtype)
        from_state, from_inputs = tf.matmul(m, recurrent), tf.matmul(inputs, kernel)
        if self._use_bias:
            bias = tf.get_variable(BIAS, shape=[columns], initializer=tf.zeros_initializer(), dtype=dtype)
            from_state = tf.nn.bias_add(from_state, bias)
        h = tf.split(axis=1, num_or_size_splits=8, value=from_state)
        x = tf.split(axis=1, num_or_size_splits=8, value=from_inputs)
        first = [
            tf.sigmoid(x[0] + h[0]),
            tf.nn.relu(x[1] + h[1]),
            tf.sigmoid(x[2] + h[2]),
            tf.nn.relu(x[3] * h[3]),
            tf.tanh(x[4] + h[4]),
            tf.sigmoid(x[5] + h[5]),
            tf.tanh(x[6] + h[6]),
            tf.sigmoid(x[7] + h[7]),
        ]
        second = [
            tf.tanh(first[0] * first[1]),
            tf.tanh(first[2] + first[3]),
            tf.tanh(first[4] * first[5]),
            tf.sigmoid(first[6] + first[7]),
        ]
        c = tf.tanh(second[0] + c) * second[1]
        m = tf.tanh(c * tf.tanh(second[2] + second[3]))
        if self._num_proj is not None:
            m = tf.matmul(m, tf.get_variable("projection_weights", [self._num_units, self._num_proj], dtype))
        return m, LSTMStateTuple(c, m)


@api("contrib.rnn.UGRNNCell")
class UGRNNCell(RNNCell):
    """The update gate RNN of Collins et al. 2016: a gated mean of the state and what is new."""

    def __init__(self, num_units, initializer=None, forget_bias=1.0, activation=None, reuse=None):
        super().__init__(_reuse=reuse)
        self._num_units, self._scope_initializer, self._forget_bias = num_units, initializer, forget_bias
        self._activation = activation_named(activation)

    state_size = property(lambda self: self._num_units)
    output_size = property(lambda self: self._num_units)

    def call(self, inputs, state):
        known_size(inputs)
        gate, new = tf.split(linear([inputs, state], 2 * self._num_units, True), 2, 1)
        gate = tf.sigmoid(gate + self._forget_bias)
        state = gate * state + (1.0 - gate) * self._activation(new)
        return state, state


@api("contrib.rnn.IntersectionRNNCell")
class IntersectionRNNCell(RNNCell):
    """The +RNN of Collins et al. 2016: one gate through time, one through depth, where inputs pass as they are.

    Inputs have `num_units` columns, or are mapped to them first when `num_in_proj` says so.
    """

    def __init__(self, num_units, num_in_proj=None, initializer=None, forget_bias=1.0, y_activation=None, reuse=None):
        super().__init__(_reuse=reuse)
        self._num_units, self._num_in_proj, self._scope_initializer = num_units, num_in_proj, initializer
        self._forget_bias, self._y_activation = forget_bias, y_activation or tf.nn.relu

    state_size = property(lambda self: self._num_units)
    output_size = property(lambda self: self._num_units)

    def call(self, inputs, state):
        if known_size(inputs) != self._num_units:
            if not self._num_in_proj:
                raise ValueError(
                    "Must have input size == output size for Intersection RNN. To fix, num_in_proj should be set to "
                    "num_units at cell init."
                )
            with tf.variable_scope("in_projection"):
                inputs = linear(inputs, self._num_units, True)
        time_gate, new_state, depth_gate, new_output = tf.split(
            linear([inputs, state], 4 * self._num_units, True), 4, 1
        )
        new_state, new_output = tf.tanh(new_state), self._y_activation(new_output)
        time_gate = tf.sigmoid(time_gate + self._forget_bias)
        depth_gate = tf.sigmoid(depth_gate + self._forget_bias)
        state = time_gate * state + (1.0 - time_gate) * new_state
        return depth_gate * inputs + (1.0 - depth_gate) * new_output, state


@api("contrib.rnn.PhasedLSTMCell")
class PhasedLSTMCell(RNNCell):
    """An LSTM whose units are open for a part of each of their periods only: Neil et al. 2016.

    Its inputs are a pair (times [batch, 1], values [batch, n]). `leak` lets a little through a closed unit.
    """

    def __init__(
        self,
        num_units,
        use_peepholes=False,
        leak=0.001,
        ratio_on=0.1,
        trainable_ratio_on=True,
        period_init_min=1.0,
        period_init_max=1000.0,
        reuse=None,
    ):
        super().__init__(_reuse=reuse)
        self._num_units, self._use_peepholes, self._leak = num_units, use_peepholes, leak
        self._ratio_on, self._trainable_ratio_on = ratio_on, trainable_ratio_on
        self._period_range = period_init_min, period_init_max

    state_size = property(lambda self: LSTMStateTuple(self._num_units, self._num_units))
    output_size = property(lambda self: self._num_units)

    def call(self, inputs, state):
        old_c, old_h = state
        time, x = inputs
        with tf.variable_scope("mask_gates"):
            gates = linear([x, old_h, old_c] if self._use_peepholes else [x, old_h], 2 * self._num_units, True)
            take_in, keep = tf.split(axis=1, num_or_size_splits=2, value=tf.sigmoid(gates))
        with tf.variable_scope("new_input"):
            new = tf.tanh(linear([x, old_h], self._num_units, True))
        c = old_c * keep + take_in * new
        with tf.variable_scope("output_gate"):
            put_out = tf.sigmoid(linear([x, old_h, c] if self._use_peepholes else [x, old_h], self._num_units, True))
        h = tf.tanh(c) * put_out
        openness = self._openness(time)
        c, h = openness * c + (1 - openness) * old_c, openness * h + (1 - openness) * old_h
        return h, LSTMStateTuple(c, h)

    def _openness(self, time):
        """How open each unit is at `time`: rises from 0 to 1, falls again, then leaks until its period is over."""
        shape = [self._num_units]
        period = tf.get_variable("period", shape, initializer=_exponentials_between(*self._period_range))
        phase = tf.get_variable("phase", shape, initializer=tf.random_uniform_initializer(0.0, period.initial_value))
        ratio_on = tf.get_variable(
            "ratio_on",
            shape,
            initializer=tf.constant_initializer(self._ratio_on),
            trainable=self._trainable_ratio_on,
        )
        shifted, period = time - tf.cast(phase, dtype=time.dtype), tf.cast(period, dtype=time.dtype)
        # The remainder's gradient is that of the dividend: 1.
        remainder = tf.stop_gradient(tf.mod(shifted, period) - shifted) + shifted
        cycle = tf.cast(remainder / period, dtype=dtypes.float32)
        rising = 2 * cycle / ratio_on
        openness = tf.where(cycle < ratio_on, 2 - rising, self._leak * cycle)
        return tf.where(cycle < 0.5 * ratio_on, rising, openness)


def _exponentials_between(minval, maxval):
    """An initializer: numbers whose logarithms are uniform between those of `minval` and `maxval`."""

    def initializer(shape, dtype=dtypes.float32, partition_info=None):
        return tf.exp(tf.random_uniform(shape, math.log(minval), math.log(maxval), dtype))

    return initializer


@api("contrib.rnn.GLSTMCell")
class GLSTMCell(RNNCell):
    """An LSTM in groups of units that see only their part of inputs and outputs: Kuchaiev, Ginsburg 2017."""

    def __init__(
        self,
        num_units,
        initializer=None,
        num_proj=None,
        number_of_groups=1,
        forget_bias=1.0,
        activation=None,
        reuse=None,
    ):
        super().__init__(_reuse=reuse)
        self._num_units, self._scope_initializer, self._num_proj = num_units, initializer, num_proj
        self._groups, self._forget_bias, self._activation = number_of_groups, forget_bias, activation_named(activation)
        if num_units % number_of_groups:
            raise ValueError("num_units must be divisible by number_of_groups")
        if num_proj and num_proj % number_of_groups:
            raise ValueError("num_proj must be divisible by number_of_groups")

    state_size = property(lambda self: LSTMStateTuple(self._num_units, self.output_size))

    @property
    def output_size(self):
        return self._num_proj or self._num_units

    def call(self, inputs, state):
        c, m = state
        batch_size = inputs.get_shape()[0].value or tf.shape(inputs)[0]
        input_size = inputs.get_shape()[1].value
        if input_size is None:
            raise ValueError("input size must be statically known")
        if input_size % self._groups:
            raise ValueError(f"input size ({input_size}) must be divisible by number_of_groups ({self._groups})")

        def part(x, size, group):
            name = f"GLSTM_group{group}_input_generation"
            return tf.slice(x, [0, group * size], [batch_size, size], name=name)

        parts = []
        for group in range(self._groups):
            with tf.variable_scope(f"group{group}"):
                own = [
                    part(inputs, input_size // self._groups, group),
                    part(m, self.output_size // self._groups, group),
                ]
                gates = linear(tf.concat(own, axis=1), 4 * self._num_units // self._groups, False)
                parts.append(tf.split(gates, 4, 1))

        def joined(gate, values):
            zeros = tf.constant_initializer(0.0, dtype=inputs.dtype)
            bias = tf.get_variable(f"bias_{gate}", shape=[self._num_units], dtype=inputs.dtype, initializer=zeros)
            return tf.nn.bias_add(tf.concat(values, axis=1), bias)

        i, j, f, o = (joined(gate, values) for gate, values in zip("ijfo", zip(*parts)))
        c = tf.sigmoid(f + self._forget_bias) * c + tf.sigmoid(i) * tf.tanh(j)
        m = tf.sigmoid(o) * self._activation(c)
        if self._num_proj is not None:
            with tf.variable_scope("projection"):
                m = linear(m, self._num_proj, False)
        return m, LSTMStateTuple(c, m)


@api("contrib.rnn.SRUCell")
class SRUCell(RNNCell):
    """The simple recurrent unit of Lei et al. 2017: its products are all of inputs, none of states."""

    def __init__(self, num_units, activation=None, reuse=None, name=None, **kwargs):
        super().__init__(_reuse=reuse, name=name, **kwargs)
        self.input_spec = InputSpec(ndim=2)
        self._num_units, self._activation = num_units, activation_named(activation)

    state_size = property(lambda self: self._num_units)
    output_size = property(lambda self: self._num_units)

    def call(self, inputs, state):
        kernel = tf.get_variable(KERNEL, [known_size(inputs), 4 * self._num_units], inputs.dtype)
        bias = tf.get_variable(BIAS, [2 * self._num_units], inputs.dtype, initializer=tf.zeros_initializer())
        new, forget, reset, direct = tf.split(tf.matmul(inputs, kernel), 4, 1)
        gates = tf.sigmoid(tf.nn.bias_add(tf.concat([forget, reset], 1), bias))
        forget, reset = tf.split(gates, 2, 1)
        c = forget * state + (1.0 - forget) * new
        return reset * self._activation(c) + (1.0 - reset) * direct, c
