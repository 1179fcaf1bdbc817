"""Fit functions with JAX.

The functional half is this module's door: a `loss(params, batch, key)`, an optax optimizer, data, and `fit`.
The other half, `funcfit.tf1`, is the TensorFlow 1 that programs of 2016-2019 import; it is not imported from here.
"""

from .train import Batches as Batches
from .train import Program as Program
from .train import Result as Result
from .train import State as State
from .train import batches as batches
from .train import evaluate as evaluate
from .train import fit as fit
from .train import program as program
