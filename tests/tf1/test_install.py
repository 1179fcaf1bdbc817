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
