"""install(): the modules below tensorflow.python that programs imported although they were internal."""

import subprocess
import sys


def prints(program):
    """What `program` prints in a process of its own, after install()."""
    code = "import funcfit.tf1 as tf1; tf1.install()\n" + program
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_names_that_never_were_public_are_where_they_were():
    program = """
import tensorflow as tf
from tensorflow.python.training import moving_averages
from tensorflow.python.training.moving_averages import assign_moving_average
from tensorflow.python.ops.resource_variable_ops import ResourceVariable
from tensorflow.python.ops import variable_scope as vs
print(moving_averages.assign_moving_average is assign_moving_average, ResourceVariable is tf.Variable, vs.get_variable
is tf.get_variable)
"""
    assert prints(program) == "True True True"


def test_internal_modules_of_recurrent_networks_are_where_they_were():
    program = """
import tensorflow as tf
from tensorflow.python.ops import rnn, rnn_cell
from tensorflow.python.ops.rnn_cell_impl import _linear, LSTMStateTuple
from tensorflow.contrib.rnn.python.ops import core_rnn_cell, rnn as contrib_rnn
from tensorflow.contrib.rnn.python.ops.core_rnn_cell_impl import BasicLSTMCell
from tensorflow.contrib.rnn.python.ops.rnn_cell import LayerNormBasicLSTMCell
print(rnn.dynamic_rnn is tf.nn.dynamic_rnn, rnn_cell.GRUCell is tf.nn.rnn_cell.GRUCell)
print(LSTMStateTuple is tf.contrib.rnn.LSTMStateTuple, core_rnn_cell._linear is _linear)
print(BasicLSTMCell is tf.contrib.rnn.BasicLSTMCell, contrib_rnn.stack_bidirectional_rnn.__name__)
"""
    assert prints(program).split() == ["True"] * 5 + ["stack_bidirectional_rnn"]


def test_who_asks_whether_tensorflow_is_there_is_told_so():
    program = """
import importlib.util
print(importlib.util.find_spec("tensorflow") is not None)
"""
    assert prints(program) == "True"
