"""LSTM cells that walk along frequencies as well as time: each step's input is a row of overlapping windows."""

import collections

from funcfit.tf1.api.rnn.cell import RNNCell, warn_of
from funcfit.tf1.api.rnn.contrib_cells import variable_in_shards
from funcfit.tf1.graph import dtypes
from funcfit.tf1.opdef import api, tf


def _columns(inputs):
    columns = inputs.get_shape().with_rank(2)[-1].value
    if columns is None:
        raise ValueError("Cannot infer input_size from static shape inference.")
    return columns


def _count(columns, width, skip):
    """How many windows of `width` columns, `skip` apart, fit into `columns`."""
    return int((columns - width) / skip) + 1


def _batch_size(inputs):
    return inputs.get_shape()[0].value or tf.shape(inputs)[0]


@api("contrib.rnn.TimeFreqLSTMCell")
class TimeFreqLSTMCell(RNNCell):
    """One LSTM for all windows of `feature_size` columns, `frequency_skip` apart: each sees the output of the window
    below it. Li et al. 2015.

    The state has c and m of each window, side by side.
    """

    _looks_for_weights = True

    def __init__(
        self,
        num_units,
        use_peepholes=False,
        cell_clip=None,
        initializer=None,
        num_unit_shards=1,
        forget_bias=1.0,
        feature_size=None,
        frequency_skip=1,
        reuse=None,
    ):
        super().__init__(_reuse=reuse)
        self._num_units, self._use_peepholes, self._cell_clip = num_units, use_peepholes, cell_clip
        self._scope_initializer, self._num_unit_shards, self._forget_bias = initializer, num_unit_shards, forget_bias
        self._feature_size, self._frequency_skip = feature_size, frequency_skip

    state_size = property(lambda self: 2 * self._num_units)
    output_size = property(lambda self: self._num_units)

    def __call__(self, inputs, state, scope=None):
        width, skip = self._feature_size, self._frequency_skip
        starts = [i * skip for i in range(_count(_columns(inputs), width, skip))]
        windows = [tf.slice(inputs, [0, start], [-1, width]) for start in starts]
        return super().__call__(windows, state, scope)

    def call(self, windows, state):
        units, dtype = self._num_units, windows[0].dtype
        columns = windows[0].get_shape().as_list()[1] + 2 * units
        kernel = variable_in_shards("W", [columns, 4 * units], dtype, self._num_unit_shards)
        bias = tf.get_variable("B", shape=[4 * units], initializer=tf.zeros_initializer(), dtype=dtype)
        if self._use_peepholes:
            w_f, w_i, w_o = (tf.get_variable(f"W_{gate}_diag", shape=[units], dtype=dtype) for gate in "FIO")
        below = tf.zeros([_batch_size(windows[0]), units], dtype)
        new_state = output = None
        for place, window in enumerate(windows):
            c = tf.slice(state, [0, 2 * place * units], [-1, units])
            m = tf.slice(state, [0, (2 * place + 1) * units], [-1, units])
            gates = tf.nn.bias_add(tf.matmul(tf.concat([window, m, below], 1), kernel), bias)
            i, j, f, o = tf.split(value=gates, num_or_size_splits=4, axis=1)
            if self._use_peepholes:
                c = tf.sigmoid(f + self._forget_bias + w_f * c) * c + tf.sigmoid(i + w_i * c) * tf.tanh(j)
            else:
                c = tf.sigmoid(f + self._forget_bias) * c + tf.sigmoid(i) * tf.tanh(j)
            if self._cell_clip is not None:
                c = tf.clip_by_value(c, -self._cell_clip, self._cell_clip)
            below = m = tf.sigmoid(o + w_o * c if self._use_peepholes else o) * tf.tanh(c)
            new_state = tf.concat([c, m] if new_state is None else [new_state, c, m], 1)
            output = m if output is None else tf.concat([output, m], 1)
        return output, new_state


@api("contrib.rnn.GridLSTMCell")
class GridLSTMCell(RNNCell):
    """Two LSTMs a window, one along frequencies and one along time, each of which sees the other: Kalchbrenner 2015.

    The windows come in blocks: block b has `num_frequency_blocks[b]` of them, between the columns
    `start_freqindex_list[b]` and `end_freqindex_list[b]` (one block over all columns without these). The outputs are
    those of both LSTMs of all windows; the state is that of the LSTMs along time.
    """

    _looks_for_weights = True
    _state_prefixes = ("state",)

    def __init__(
        self,
        num_units,
        use_peepholes=False,
        share_time_frequency_weights=False,
        cell_clip=None,
        initializer=None,
        num_unit_shards=1,
        forget_bias=1.0,
        feature_size=None,
        frequency_skip=None,
        num_frequency_blocks=None,
        start_freqindex_list=None,
        end_freqindex_list=None,
        couple_input_forget_gates=False,
        state_is_tuple=True,
        reuse=None,
    ):
        super().__init__(_reuse=reuse)
        warn_of(self, state_is_tuple=state_is_tuple)
        if num_frequency_blocks is None:
            raise ValueError("Must specify num_frequency_blocks")
        self._num_units, self._use_peepholes, self._cell_clip = num_units, use_peepholes, cell_clip
        self._shared, self._coupled = share_time_frequency_weights, couple_input_forget_gates
        self._scope_initializer, self._num_unit_shards, self._forget_bias = initializer, num_unit_shards, forget_bias
        self._feature_size, self._frequency_skip = feature_size, frequency_skip
        self._starts, self._ends, self._blocks = start_freqindex_list, end_freqindex_list, num_frequency_blocks
        self._state_is_tuple, self._state_type = state_is_tuple, None
        if state_is_tuple:
            names = [
                f"{self._place(prefix, window, block)}_{part}"
                for prefix in self._state_prefixes
                for block, count in enumerate(num_frequency_blocks)
                for window in range(count)
                for part in "cm"
            ]
            self._state_type = collections.namedtuple(type(self).__name__.removesuffix("Cell") + "StateTuple", names)

    @staticmethod
    def _place(prefix, window, block):
        return f"{prefix}_f{window:02d}_b{block:02d}"

    @property
    def state_size(self):
        count = 2 * sum(self._blocks) * len(self._state_prefixes)
        return self._state_type(*[self._num_units] * count) if self._state_is_tuple else self._num_units * count

    output_size = property(lambda self: 2 * self._num_units * sum(self._blocks) * len(self._state_prefixes))
    state_tuple_type = property(lambda self: self._state_type)

    def __call__(self, inputs, state, scope=None):
        return super().__call__(self._windows(inputs), state, scope)

    def call(self, windows, state):
        outputs, states = self._blocks_of(windows, state, "state")
        return tf.concat(outputs, 1), self._state_type(*states) if self._state_is_tuple else tf.concat(states, 1)

    def _blocks_of(self, windows, state, prefix):
        """(outputs, states) of all blocks, one after the other."""
        outputs, states = [], []
        for block, own in enumerate(windows):
            block_outputs, block_states = self._block(own, block, state, prefix)
            outputs += block_outputs
            states += block_states
        return outputs, states

    def _weights(self, name, columns, gates, dtype):
        kernel = variable_in_shards(f"W_{name}", [columns, gates * self._num_units], dtype, self._num_unit_shards)
        shape = [gates * self._num_units]
        bias = tf.get_variable(f"B_{name}", shape=shape, initializer=tf.zeros_initializer(), dtype=dtype)
        return kernel, bias

    def _peepholes(self, block, dtype):
        """{(gate, "freq" or "time"): its weights for the cells along frequencies, and for those along time}."""
        return {
            (gate, axis): [
                tf.get_variable(f"W_{gate}_diag_{axis}{seen}_{block}", shape=[self._num_units], dtype=dtype)
                for seen in "ft"
            ]
            for axis in (("freq",) if self._shared else ("freq", "time"))
            for gate in ("IO" if self._coupled else "FIO")
        }

    def _block(self, windows, block, state, prefix):
        units, dtype, count = self._num_units, windows[0].dtype, 3 if self._coupled else 4
        columns = windows[0].get_shape().as_list()[1] + 2 * units
        freq_weights = self._weights(f"f_{block}", columns, count, dtype)
        time_weights = None if self._shared else self._weights(f"t_{block}", columns, count, dtype)
        peepholes = self._peepholes(block, dtype) if self._use_peepholes else {}
        batch_size = _batch_size(windows[0])
        m_freq, c_freq = tf.zeros([batch_size, units], dtype), tf.zeros([batch_size, units], dtype)
        outputs, states = [], []

        def gate(name, axis, x, c_freq, c_time):
            if self._use_peepholes:
                w_freq, w_time = peepholes[name, "freq" if self._shared else axis]
                x = x + w_freq * c_freq + w_time * c_time
            return tf.sigmoid(x)

        def cell(axis, gates, c, c_freq, c_time):
            i, j, *f = gates
            take_in = gate("I", axis, i, c_freq, c_time)
            keep = 1.0 - take_in if self._coupled else gate("F", axis, f[0] + self._forget_bias, c_freq, c_time)
            c = keep * c + take_in * tf.tanh(j)
            return c if self._cell_clip is None else tf.clip_by_value(c, -self._cell_clip, self._cell_clip)

        for place, window in enumerate(windows):
            c_time, m_time = self._state_at(state, prefix, place, block)
            inputs = tf.concat([window, m_time, m_freq], 1)
            *freq, o_freq = self._gates(inputs, freq_weights, count)
            *time, o_time = (*freq, o_freq) if self._shared else self._gates(inputs, time_weights, count)
            c_freq, c_time = (
                cell("freq", freq, c_freq, c_freq, c_time),
                cell("time", time, c_time, c_freq, c_time),
            )
            m_freq = gate("O", "freq", o_freq, c_freq, c_time) * tf.tanh(c_freq)
            m_time = gate("O", "time", o_time, c_freq, c_time) * tf.tanh(c_time)
            states += [c_time, m_time]
            outputs += [m_time, m_freq]
        return outputs, states

    @staticmethod
    def _gates(inputs, weights, count):
        kernel, bias = weights
        return tf.split(value=tf.nn.bias_add(tf.matmul(inputs, kernel), bias), num_or_size_splits=count, axis=1)

    def _state_at(self, state, prefix, place, block):
        if self._state_is_tuple:
            name = self._place(prefix, place, block)
            return getattr(state, name + "_c"), getattr(state, name + "_m")
        units = self._num_units
        return (
            tf.slice(state, [0, 2 * place * units], [-1, units]),
            tf.slice(state, [0, (2 * place + 1) * units], [-1, units]),
        )

    def _windows(self, inputs, offset=0):
        """The windows of each block, moved by `offset` columns into zeros."""
        columns, width, skip = _columns(inputs), self._feature_size, self._frequency_skip
        if offset:
            before_and_after = [0, 0, 0, offset] if offset > 0 else [0, 0, -offset, 0]
            padding = tf.constant(before_and_after, shape=[2, 2], dtype=dtypes.int32)
            inputs, offset = tf.pad(inputs, padding, "CONSTANT"), max(offset, 0)
        starts, ends = self._starts or [0], self._ends or [columns]
        if not self._starts and len(self._blocks) != 1:
            raise ValueError(f"Length of num_frequency_blocks is not 1, but instead is {len(self._blocks)}")
        if len(starts) != len(ends):
            raise ValueError(f"Length of start and end freqindex_list does not match {len(starts)} {len(ends)}")
        if len(self._blocks) != len(starts):
            raise ValueError(
                f"Length of num_frequency_blocks is not equal to start_freqindex_list {len(self._blocks)} {len(starts)}"
            )
        blocks = []
        for wanted, start, end in zip(self._blocks, starts, ends):
            count = _count(end - start, width, skip)
            if count != wanted:
                raise ValueError(
                    f"Invalid num_frequency_blocks, requires {wanted} but gets {count}, please check the input size "
                    "and filter config are correct."
                )
            blocks.append([tf.slice(inputs, [0, start + offset + i * skip], [-1, width]) for i in range(count)])
        return blocks


@api("contrib.rnn.BidirectionalGridLSTMCell")
class BidirectionalGridLSTMCell(GridLSTMCell):
    """A grid LSTM that walks up the frequencies, and another that walks down them; the latter's windows may be moved by
    `backward_slice_offset` columns.
    """

    _state_prefixes = ("fwd_state", "bwd_state")

    def __init__(self, *args, backward_slice_offset=0, couple_input_forget_gates=False, **kwargs):
        super().__init__(*args, state_is_tuple=True, **kwargs)
        self._offset = int(backward_slice_offset)

    def __call__(self, inputs, state, scope=None):
        forward = self._windows(inputs)
        backward = self._windows(inputs, self._offset) if self._offset else forward
        return RNNCell.__call__(self, [forward, [block[::-1] for block in backward]], state, scope)

    def call(self, windows, state):
        outputs, states = [], []
        for name, own, prefix in zip(("fwd", "bwd"), windows, self._state_prefixes):
            with tf.variable_scope(name):
                direction_outputs, direction_states = self._blocks_of(own, state, prefix)
            outputs += direction_outputs
            states += direction_states
        return tf.concat(outputs, 1), self._state_type(*states)
