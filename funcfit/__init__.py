"""Fit functions with JAX.

The functional half is this module's door: a `loss(params, batch, key)`, an optax optimizer, data, and `fit`.
The other half, `funcfit.tf1`, is the TensorFlow 1 that programs of 2016-2019 import; it is not imported from here.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .train import (
        Batches,
        Data,
        Event,
        Every,
        NonFinite,
        OutOfMemory,
        Program,
        Result,
        Run,
        State,
        Stop,
        batches,
        early_stopping,
        evaluate,
        fit,
        on,
        plateau,
        predict,
        program,
        replay,
        tensorboard,
    )

_TRAIN = (
    *("Batches", "Data", "Event", "Every", "NonFinite", "OutOfMemory", "Program", "Result", "Run", "State", "Stop"),
    *("batches", "early_stopping", "evaluate", "fit", "on", "plateau", "predict", "program", "replay", "tensorboard"),
)


_ROOMS = ("checkpoint", "losses", "metrics", "nn")


def __getattr__(name):
    # Programs that import only funcfit.tf1 do not wait for optax.
    if name in _TRAIN:
        from . import train

        return getattr(train, name)
    if name in _ROOMS:
        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module 'funcfit' has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *_TRAIN, *_ROOMS])


def load_ipython_extension(ipython):
    """`%load_ext funcfit`: the cells that follow find funcfit.tf1 under the name `tensorflow`."""
    from .cli import live

    live.load(ipython)


def unload_ipython_extension(ipython):
    from .cli import live

    live.unload(ipython)
