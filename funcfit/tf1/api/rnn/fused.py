"""Cells that take a whole sequence at once."""

import abc

from funcfit.tf1.api.rnn.dynamic import dynamic_rnn
from funcfit.tf1.api.rnn.static import static_rnn
from funcfit.tf1.opdef import api, tf


@api("contrib.rnn.FusedRNNCell")
class FusedRNNCell(abc.ABC):
    """(inputs [time, batch, n], or a list of steps) -> (outputs laid out as the inputs, last state)."""

    @abc.abstractmethod
    def __call__(self, inputs, initial_state=None, dtype=None, sequence_length=None, scope=None):
        """The network over the whole sequence."""


@api("contrib.rnn.FusedRNNCellAdaptor")
class FusedRNNCellAdaptor(FusedRNNCell):
    """A plain cell as one that takes whole sequences: by `static_rnn`, or with `use_dynamic_rnn` by `dynamic_rnn`."""

    def __init__(self, cell, use_dynamic_rnn=False):
        self._cell, self._use_dynamic_rnn = cell, use_dynamic_rnn

    def __call__(self, inputs, initial_state=None, dtype=None, sequence_length=None, scope=None):
        is_list = isinstance(inputs, list)
        common = dict(initial_state=initial_state, dtype=dtype, sequence_length=sequence_length, scope=scope)
        if self._use_dynamic_rnn:
            inputs = tf.stack(inputs) if is_list else inputs
            outputs, state = dynamic_rnn(self._cell, inputs, time_major=True, **common)
            return tf.unstack(outputs) if is_list else outputs, state
        outputs, state = static_rnn(self._cell, inputs if is_list else tf.unstack(inputs), **common)
        return outputs if is_list else tf.stack(outputs), state


@api("contrib.rnn.TimeReversedFusedRNN")
class TimeReversedFusedRNN(FusedRNNCell):
    """A fused cell that reads from the last step to the first."""

    def __init__(self, cell):
        self._cell = cell

    def __call__(self, inputs, initial_state=None, dtype=None, sequence_length=None, scope=None):
        def reverse(x):
            if isinstance(x, list):
                return list(reversed(x))
            return tf.reverse(x, [0]) if sequence_length is None else tf.reverse_sequence(x, sequence_length, 0, 1)

        outputs, state = self._cell(
            reverse(inputs), initial_state=initial_state, dtype=dtype, sequence_length=sequence_length, scope=scope
        )
        return reverse(outputs), state
