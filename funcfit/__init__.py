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


def load_ipython_extension(ipython):
    """`%load_ext funcfit`: the cells that follow find funcfit.tf1 under the name `tensorflow`."""
    from .cli import live

    live.load(ipython)


def unload_ipython_extension(ipython):
    from .cli import live

    live.unload(ipython)
