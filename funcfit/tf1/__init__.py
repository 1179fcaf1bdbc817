"""TensorFlow 1.x for JAX: the `tensorflow` that a program of those years imports.

graph          nodes, shapes, dtypes, scopes
opdef          what an op card is, and the registries of op types and public names
shapes         shape rules that cards share; broadcasting: what cards of two inputs share
ops            the op cards by family
build          gradients, variables, scopes, control flow
run            plans, stages, sessions
api            layers, losses, optimizers, metrics, images
functionalize  a graph as a pure function
install        `import tensorflow` means this module

Public names are given where the functions are (`@api("nn.relu")`); this module loads the floors and shows the
registry's names as its own.
"""

from funcfit.tf1 import api as _api
from funcfit.tf1 import build as _build
from funcfit.tf1 import ops as _ops
from funcfit.tf1.functionalize import functionalize
from funcfit.tf1.install import install, uninstall
from funcfit.tf1.opdef import tf as _tf
from funcfit.tf1.run import session as _session
from funcfit.tf1.run.explain import explain


def __getattr__(name):
    return getattr(_tf, name)


def __dir__():
    return sorted(vars(_tf))
