"""LSTM cells with layer normalization."""

from funcfit.tf1.api.rnn.cell import LSTMStateTuple, RNNCell, activation_named, known_size, linear, warn_of
from funcfit.tf1.api.rnn.contrib_cells import layer_normalized
from funcfit.tf1.api.rnn.names import BIAS, KERNEL
from funcfit.tf1.opdef import api, tf

_GATES = ("input", "transform", "forget", "output")


@api("contrib.rnn.LayerNormBasicLSTMCell")
class LayerNormBasicLSTMCell(RNNCell):
    """A basic LSTM with layer normalization (Ba et al. 2016) and dropout that forgets nothing (Semeniuta et al. 2016).

    `norm_gain` and `norm_shift` are what gamma and beta start from. Without `layer_norm` it has biases instead.
    """

    _looks_for_weights = True

    def __init__(
        self,
        num_units,
        forget_bias=1.0,
        input_size=None,
        activation=None,
        layer_norm=True,
        norm_gain=1.0,
        norm_shift=0.0,
        dropout_keep_prob=1.0,
        dropout_prob_seed=None,
        reuse=None,
    ):
        super().__init__(_reuse=reuse)
        warn_of(self, input_size=input_size)
        self._num_units, self._forget_bias, self._activation = num_units, forget_bias, activation_named(activation)
        self._layer_norm, self._norm = layer_norm, (norm_gain, norm_shift)
        self._keep_prob, self._seed = dropout_keep_prob, dropout_prob_seed

    state_size = property(lambda self: LSTMStateTuple(self._num_units, self._num_units))
    output_size = property(lambda self: self._num_units)

    def call(self, inputs, state):
        c, h = state
        joined = tf.concat([inputs, h], 1)
        columns, dtype = 4 * self._num_units, joined.dtype
        gates = tf.matmul(joined, tf.get_variable(KERNEL, [joined.get_shape()[-1], columns], dtype=dtype))
        if not self._layer_norm:
            gates = tf.nn.bias_add(gates, tf.get_variable(BIAS, [columns], dtype=dtype))
        i, j, f, o = tf.split(value=gates, num_or_size_splits=4, axis=1)
        if self._layer_norm:
            i, j, f, o = (layer_normalized(x, name, *self._norm) for x, name in zip((i, j, f, o), _GATES))
        new = self._activation(j)
        if not isinstance(self._keep_prob, float) or self._keep_prob < 1:
            new = tf.nn.dropout(new, self._keep_prob, seed=self._seed)
        c = c * tf.sigmoid(f + self._forget_bias) + tf.sigmoid(i) * new
        if self._layer_norm:
            c = layer_normalized(c, "state", *self._norm)
        h = self._activation(c) * tf.sigmoid(o)
        return h, LSTMStateTuple(c, h)


@api("contrib.rnn.LayerNormLSTMCell")
class LayerNormLSTMCell(RNNCell):
    """The LSTM with peepholes, clipping and projection, and with `layer_norm` normalized gates and cells."""

    def __init__(
        self,
        num_units,
        use_peepholes=False,
        cell_clip=None,
        initializer=None,
        num_proj=None,
        proj_clip=None,
        forget_bias=1.0,
        activation=None,
        layer_norm=False,
        norm_gain=1.0,
        norm_shift=0.0,
        reuse=None,
    ):
        super().__init__(_reuse=reuse)
        self._num_units, self._use_peepholes, self._cell_clip = num_units, use_peepholes, cell_clip
        self._scope_initializer, self._num_proj, self._proj_clip = initializer, num_proj, proj_clip
        self._forget_bias, self._activation = forget_bias, activation_named(activation)
        self._layer_norm, self._norm = layer_norm, (norm_gain, norm_shift)

    state_size = property(lambda self: LSTMStateTuple(self._num_units, self.output_size))

    @property
    def output_size(self):
        return self._num_proj or self._num_units

    def call(self, inputs, state):
        c, m = state
        known_size(inputs)
        gates = linear([inputs, m], 4 * self._num_units, not self._layer_norm)
        i, j, f, o = tf.split(value=gates, num_or_size_splits=4, axis=1)
        if self._layer_norm:
            i, j, f, o = (layer_normalized(x, name, *self._norm) for x, name in zip((i, j, f, o), _GATES))
        f = f + self._forget_bias
        if self._use_peepholes:
            w_f, w_i, w_o = (
                tf.get_variable(f"w_{gate}_diag", shape=[self._num_units], dtype=inputs.dtype) for gate in "fio"
            )
            f, i = f + w_f * c, i + w_i * c
        c = tf.sigmoid(f) * c + tf.sigmoid(i) * self._activation(j)
        if self._layer_norm:
            c = layer_normalized(c, "state", *self._norm)
        if self._cell_clip is not None:
            c = tf.clip_by_value(c, -self._cell_clip, self._cell_clip)
        m = tf.sigmoid(o + w_o * c if self._use_peepholes else o) * self._activation(c)
        if self._num_proj is not None:
            with tf.variable_scope("projection"):
                m = linear(m, self._num_proj, False)
            if self._proj_clip is not None:
                m = tf.clip_by_value(m, -self._proj_clip, self._proj_clip)
        return m, LSTMStateTuple(c, m)
