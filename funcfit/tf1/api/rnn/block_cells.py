"""Cells and layers that are one op each: they compute what LSTMCell and GRUCell do."""

import abc

from funcfit.tf1.api.layers.base import InputSpec
from funcfit.tf1.api.rnn.cell import LSTMStateTuple, RNNCell
from funcfit.tf1.api.rnn.fused import FusedRNNCell
from funcfit.tf1.api.rnn.names import BIAS, KERNEL
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.opdef import api, raw, tf


def _lstm_variables(input_size, units, use_peephole, dtype):
    """w, (wci, wcf, wco), b."""
    w = tf.get_variable(KERNEL, [input_size + units, 4 * units], dtype=dtype)
    b = tf.get_variable(BIAS, [4 * units], dtype=dtype, initializer=tf.constant_initializer(0.0))
    if not use_peephole:
        return w, [tf.zeros([units], dtype=dtype)] * 3, b
    wci, wco, wcf = (tf.get_variable(f"w_{gate}_diag", [units], dtype=dtype) for gate in "iof")
    return w, [wci, wcf, wco], b


@api("contrib.rnn.LSTMBlockCell")
class LSTMBlockCell(RNNCell):
    """`LSTMCell` as one op."""

    def __init__(
        self,
        num_units,
        forget_bias=1.0,
        cell_clip=None,
        use_peephole=False,
        dtype=None,
        reuse=None,
        name="lstm_cell",
    ):
        super().__init__(_reuse=reuse, dtype=dtype, name=name)
        self.input_spec = InputSpec(ndim=2)
        self._num_units, self._forget_bias, self._use_peephole = num_units, forget_bias, use_peephole
        self._cell_clip = -1 if cell_clip is None else cell_clip

    state_size = property(lambda self: LSTMStateTuple(self._num_units, self._num_units))
    output_size = property(lambda self: self._num_units)

    def call(self, inputs, state):
        if len(state) != 2:
            raise ValueError("Expecting state to be a tuple with length 2.")
        input_size = inputs.get_shape().with_rank(2)[1].value
        if not input_size:
            raise ValueError(f"Expecting inputs_shape[1] to be set: {inputs.get_shape()}")
        w, peepholes, b = _lstm_variables(input_size, self._num_units, self._use_peephole, inputs.dtype)
        step = raw.LSTMBlockCell(
            inputs,
            *state,
            w,
            *peepholes,
            b,
            forget_bias=self._forget_bias,
            cell_clip=self._cell_clip,
            use_peephole=self._use_peephole,
        )
        return step.h, LSTMStateTuple(step.cs, step.h)


@api("contrib.rnn.GRUBlockCell")
class GRUBlockCell(RNNCell):
    """`GRUCell` as one op. Its variables are called w_ru, b_ru, w_c and b_c."""

    _variable_names = ("w_ru", "b_ru", "w_c", "b_c")

    def __init__(self, num_units=None, cell_size=None, reuse=None, name="gru_cell"):
        super().__init__(_reuse=reuse, name=name)
        if (cell_size is None) == (num_units is None):
            raise ValueError("Exactly one of num_units or cell_size must be provided.")
        self.input_spec = InputSpec(ndim=2)
        self._num_units = cell_size if num_units is None else num_units

    state_size = property(lambda self: self._num_units)
    output_size = property(lambda self: self._num_units)

    def call(self, inputs, h_prev):
        units, found = self._num_units, h_prev.get_shape().with_rank(2)[1].value
        if found != units:
            raise ValueError(f"Shape of h_prev[1] incorrect: cell_size {units} vs {found}")
        input_size = inputs.get_shape().with_rank(2)[1].value
        if input_size is None:
            raise ValueError("Expecting input_size to be set.")
        w_ru, b_ru, w_c, b_c = self._variable_names
        w_ru = tf.get_variable(w_ru, [input_size + units, 2 * units])
        b_ru = tf.get_variable(b_ru, [2 * units], initializer=tf.constant_initializer(1.0))
        w_c = tf.get_variable(w_c, [input_size + units, units])
        b_c = tf.get_variable(b_c, [units], initializer=tf.constant_initializer(0.0))
        h = raw.GRUBlockCell(inputs, h_prev, w_ru, w_c, b_ru, b_c).h
        return h, h


@api("contrib.rnn.GRUBlockCellV2")
class GRUBlockCellV2(GRUBlockCell):
    """A `GRUBlockCell` whose variables are called as GRUCell's are."""

    _variable_names = (f"gates/{KERNEL}", f"gates/{BIAS}", f"candidate/{KERNEL}", f"candidate/{BIAS}")


@api("contrib.rnn.LSTMBlockWrapper")
class LSTMBlockWrapper(FusedRNNCell):
    """An LSTM over whole sequences. A subclass has `num_units` and `_call_cell`, which gives (cells, outputs), each
    [time, batch, units].
    """

    _name, _reuse, _scope = "lstm_block_wrapper", None, None

    @property
    @abc.abstractmethod
    def num_units(self):
        """How many units the LSTM has."""

    @abc.abstractmethod
    def _call_cell(self, inputs, initial_cell_state, initial_output, dtype, sequence_length):
        """The cells and outputs of all steps."""

    def __call__(self, inputs, initial_state=None, dtype=None, sequence_length=None, scope=None):
        with self._entered(scope) as self._scope:
            is_list = isinstance(inputs, list)
            inputs = tf.stack(inputs) if is_list else inputs
            shape = inputs.get_shape().with_rank(3)
            if not shape[2].value:
                raise ValueError(f"Expecting inputs_shape[2] to be set: {shape}")
            batch_size = tf.shape(inputs)[1] if shape[1].value is None else shape[1].value
            time_steps = tf.shape(inputs)[0] if shape[0].value is None else shape[0].value
            if initial_state is None:
                if dtype is None:
                    raise ValueError("Either initial_state or dtype needs to be specified")
                zeros = tf.zeros(tf.stack([batch_size, self.num_units]), dtype=dtype)
                initial_state = zeros, zeros
            elif len(initial_state) != 2:
                raise ValueError("Expecting initial_state to be a tuple with length 2 or None")
            dtype = dtype or initial_state[0].dtype
            if sequence_length is not None:
                sequence_length = convert_to_tensor(sequence_length)
            cells, outputs = self._call_cell(inputs, *initial_state, dtype, sequence_length)
            if sequence_length is None:
                state = LSTMStateTuple(cells[-1], outputs[-1])
            else:
                mask = tf.transpose(tf.sequence_mask(sequence_length, time_steps, dtype=dtype), [1, 0])
                outputs *= tf.tile(tf.expand_dims(mask, [-1]), [1, 1, self.num_units])
                # Before the first step stands the initial state: it is the last one of a row without steps.
                rows = tf.to_int32(sequence_length) * batch_size + tf.range(batch_size)
                state = LSTMStateTuple(
                    *(
                        tf.gather(tf.reshape(tf.concat([tf.expand_dims(first, [0]), x], 0), [-1, self.num_units]), rows)
                        for first, x in zip(initial_state, (cells, outputs))
                    )
                )
        return tf.unstack(outputs) if is_list else outputs, state

    def _entered(self, scope):
        """The layer's variable scope; the first call decides it."""
        if self._scope is not None:
            return tf.variable_scope(self._scope, reuse=True)
        if self._reuse:
            return tf.variable_scope(scope or self._name, reuse=self._reuse)
        return tf.variable_scope(scope, default_name=self._name)


@api("contrib.rnn.LSTMBlockFusedCell")
class LSTMBlockFusedCell(LSTMBlockWrapper):
    """An LSTM layer as one op over the whole sequence."""

    def __init__(
        self,
        num_units,
        forget_bias=1.0,
        cell_clip=None,
        use_peephole=False,
        reuse=None,
        dtype=None,
        name="lstm_fused_cell",
    ):
        self._num_units, self._forget_bias, self._use_peephole = num_units, forget_bias, use_peephole
        self._cell_clip = -1 if cell_clip is None else cell_clip
        self._name, self._reuse = name, reuse

    num_units = property(lambda self: self._num_units)

    def _call_cell(self, inputs, initial_cell_state, initial_output, dtype, sequence_length):
        shape = inputs.get_shape()
        steps = tf.shape(inputs)[0] if shape[0].value is None else shape[0].value
        w, peepholes, b = _lstm_variables(shape[2].value, self._num_units, self._use_peephole, dtype)
        last = steps if sequence_length is None else tf.reduce_max(sequence_length)
        results = raw.BlockLSTM(
            tf.cast(last, dtypes.int64),
            inputs,
            initial_cell_state,
            initial_output,
            w,
            *peepholes,
            b,
            forget_bias=self._forget_bias,
            cell_clip=self._cell_clip,
            use_peephole=self._use_peephole,
        )
        return results.cs, results.h
