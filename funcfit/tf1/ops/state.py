"""Variables as nodes: the cell itself, and the writes to it."""

import jax.numpy as jnp
import numpy as np

from funcfit.tf1 import shapes
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import NUMBERS, also, api, op, raw


@op("-> ref: &dtype", cell=True, out=shapes.from_attr("shape"), gradient=None)
def VariableV2(*, shape, dtype, container="", shared_name=""):
    raise AssertionError("a cell's value comes from the session's state")


also(VariableV2, "Variable")


def _assigned(node):
    ref, value = (x.shape for x in node.inputs)
    if not node.attrs["validate_shape"]:
        return value
    if not ref.is_compatible_with(value):
        raise ValueError(f"Dimension {_first_difference(ref, value)} in both shapes must be equal, but are {shapes.cpp_text(ref)} and {shapes.cpp_text(value)} for '{node.name}' (op: 'Assign') with input shapes: {shapes.cpp_text(ref)}, {shapes.cpp_text(value)}.")
    return ref.merge_with(value)


def _first_difference(a, b):
    if a.ndims != b.ndims:
        return "count"
    return next(i for i, (x, y) in enumerate(zip(a.dims_or_none, b.dims_or_none)) if None not in (x, y) and x != y)


@op("ref: &T, value: T -> output_ref: &T", writes=("ref",), blind=("ref",), out=_assigned, gradient=None)
def Assign(ref, value, *, validate_shape=True, use_locking=True):
    return jnp.asarray(value)


@api("assign_add")
@op("ref: &T, value: T -> output_ref: &T", T=NUMBERS, writes=("ref",), out=shapes.merged, gradient=None)
def AssignAdd(ref, value, *, use_locking=False):
    return ref + value


@api("assign_sub")
@op("ref: &T, value: T -> output_ref: &T", T=NUMBERS, writes=("ref",), out=shapes.merged, gradient=None)
def AssignSub(ref, value, *, use_locking=False):
    return ref - value


@api("is_variable_initialized")
@op("ref: &dtype -> is_initialized: bool", blind=("ref",), out=shapes.scalar, gradient=None, folds=True)
def IsVariableInitialized(ref):
    return np.bool_(ref is not None)


@op("var: &T, alpha: T, delta: T -> out: &T", T=NUMBERS, writes=("var",), out=shapes.same, gradient=None)
def ApplyGradientDescent(var, alpha, delta, *, use_locking=False):
    return var - alpha * delta


@api("assign")
def assign(ref, value, validate_shape=None, use_locking=None, name=None):
    """Writes `value` to the variable `ref` and gives the variable as it then is.

    ValueError when the shapes can never agree, unless `validate_shape` is False.
    """
    return raw.Assign(ref, value, validate_shape=validate_shape, use_locking=use_locking, name=name)
