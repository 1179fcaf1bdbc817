"""AttentionCellWrapper: a cell that attends to its own last states."""

from funcfit.tf1.api.rnn.cell import linear, warn_of
from funcfit.tf1.api.rnn.wrappers import Wrapper
from funcfit.tf1.build import nest
from funcfit.tf1.opdef import api, tf


@api("contrib.rnn.AttentionCellWrapper")
class AttentionCellWrapper(Wrapper):
    """A cell that is shown a weighted sum of its last `attn_length` outputs (Bahdanau et al. 2014, on itself).

    The state is (the cell's state, the last sum [batch, attn_size], the outputs kept [batch, attn_size * attn_length]),
    or all of it side by side.
    """

    _looks_for_weights = True

    def __init__(
        self,
        cell,
        attn_length,
        attn_size=None,
        attn_vec_size=None,
        input_size=None,
        state_is_tuple=True,
        reuse=None,
    ):
        super().__init__(cell, _reuse=reuse)
        if nest.is_sequence(cell.state_size) and not state_is_tuple:
            raise ValueError(
                "Cell returns tuple of states, but the flag state_is_tuple is not set. State size is: "
                f"{cell.state_size}"
            )
        if attn_length <= 0:
            raise ValueError(f"attn_length should be greater than zero, got {attn_length}")
        warn_of(self, state_is_tuple=state_is_tuple)
        self._state_is_tuple, self._length, self._input_size = state_is_tuple, attn_length, input_size
        self._size = cell.output_size if attn_size is None else attn_size
        self._vec_size = self._size if attn_vec_size is None else attn_vec_size

    @property
    def state_size(self):
        sizes = (self._cell.state_size, self._size, self._size * self._length)
        return sizes if self._state_is_tuple else sum(sizes)

    output_size = property(lambda self: self._size)

    def zero_state(self, batch_size, dtype):
        return super(Wrapper, self).zero_state(batch_size, dtype)

    def call(self, inputs, state):
        if self._state_is_tuple:
            state, attended, kept = state
        else:
            start, parts = 0, []
            for size in (self._cell.state_size, self._size, self._size * self._length):
                parts.append(tf.slice(state, [0, start], [-1, size]))
                start += size
            state, attended, kept = parts
        kept = tf.reshape(kept, [-1, self._length, self._size])
        input_size = self._input_size or inputs.get_shape().as_list()[1]
        inputs = linear([inputs, attended], input_size, True)
        output, state = self._cell(inputs, state)
        query = tf.concat(nest.flatten(state), 1) if self._state_is_tuple else state
        attended, kept = self._attention(query, kept)
        with tf.variable_scope("attn_output_projection"):
            output = linear([output, attended], self._size, True)
        kept = tf.concat([kept, tf.expand_dims(output, 1)], 1)
        kept = tf.reshape(kept, [-1, self._length * self._size])
        state = (state, attended, kept)
        return output, state if self._state_is_tuple else tf.concat(list(state), 1)

    def _attention(self, query, kept):
        """(the weighted sum of the kept outputs, all of them but the oldest)."""
        with tf.variable_scope("attention"):
            k = tf.get_variable("attn_w", [1, 1, self._size, self._vec_size])
            v = tf.get_variable("attn_v", [self._vec_size])
            hidden = tf.reshape(kept, [-1, self._length, 1, self._size])
            features = tf.nn.conv2d(hidden, k, [1, 1, 1, 1], "SAME")
            y = linear(query, self._vec_size, True)
            y = tf.reshape(y, [-1, 1, 1, self._vec_size])
            weights = tf.nn.softmax(tf.reduce_sum(v * tf.tanh(features + y), [2, 3]))
            attended = tf.reduce_sum(tf.reshape(weights, [-1, self._length, 1, 1]) * hidden, [1, 2])
            return tf.reshape(attended, [-1, self._size]), tf.slice(kept, [0, 1, 0], [-1, -1, -1])
