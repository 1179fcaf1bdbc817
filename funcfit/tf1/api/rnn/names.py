"""What the cells call their variables, and what the same variables were called in other releases.

This file is the one place that knows. A checkpoint's reader asks `names_of_other_releases` under which names a
variable of a graph may have been saved.
"""

import re

from funcfit.tf1.opdef import place

KERNEL, BIAS = "kernel", "bias"
place("python.ops.rnn_cell_impl._WEIGHTS_VARIABLE_NAME", KERNEL)
place("python.ops.rnn_cell_impl._BIAS_VARIABLE_NAME", BIAS)

# Release -> (pattern in a name as it has been since 1.2, what stood there), applied one after the other.
_SPELLINGS = {
    "1.0 and 1.1": [(r"\bkernel$", "weights"), (r"\bbias$", "biases")],
    "0.12": [
        (r"\blstm_cell/projection/kernel$", "lstm_cell/W_P_0"),
        (r"\blstm_cell/kernel$", "lstm_cell/W_0"),
        (r"\blstm_cell/bias$", "lstm_cell/B"),
        (r"\bw_([fio])_diag$", lambda found: f"W_{found[1].upper()}_diag"),
        (r"\bkernel$", "Linear/Matrix"),
        (r"\bbias$", "Linear/Bias"),
        (r"\bbidirectional_rnn/", "BiRNN/"),
        (r"\b(fw|bw|rnn)/", lambda found: found[0].upper()),
        (r"\bcell_(\d+)/", r"Cell\1/"),
        (r"\b(gates|candidate)/", lambda found: found[0].capitalize()),
        (r"\b(multi_rnn|basic_rnn|basic_lstm|lstm|gru)_cell/", lambda found: _capitals(found[1]) + "Cell/"),
    ],
    "a block cell or a plain one, saved for the other": [
        (r"\b(basic_)?lstm_cell/", lambda found: "lstm_cell/" if found[1] else "basic_lstm_cell/")
    ],
}


def names_of_other_releases(name):
    """The names that the variable `name` of a cell had elsewhere.

    >>> names_of_other_releases("rnn/basic_lstm_cell/kernel")
    ['rnn/basic_lstm_cell/weights', 'RNN/BasicLSTMCell/Linear/Matrix', 'rnn/lstm_cell/kernel']
    """
    others = []
    for spelling in _SPELLINGS.values():
        other = name
        for pattern, then in spelling:
            other = re.sub(pattern, then, other)
        if other != name:
            others.append(other)
    return others


def _capitals(name):
    """basic_lstm -> BasicLSTM"""
    return "".join(part.capitalize() if part in ("basic", "multi") else part.upper() for part in name.split("_"))
