"""TF1 modules written the way a TF1 user would write them, on top of the op cards: each file is a public module or a
part of one.

core      the graph's own names: Graph, Tensor, dtypes, scopes, collections
optimizers/, train/   tf.train: optimizers; decays, moving averages, the global step, devices
regularizers          penalties on weights
"""

import importlib
import pkgutil

import funcfit.tf1.build  # registers what these modules build on

for _module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")
