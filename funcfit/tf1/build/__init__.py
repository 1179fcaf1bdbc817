"""What adds many nodes at once.

autodiff   tf.gradients and hessians       variables        Variable and its initializers' bookkeeping
"""

import importlib
import pkgutil

import funcfit.tf1.ops  # the cards that these modules build on

for _module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")
