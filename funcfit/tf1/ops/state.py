"""Variables as nodes: the cell itself, and the writes to the whole of it (rows: scatter_updates.py).

Resource variables (`use_resource=True`, ResourceVariable) are not a second kind here: the arguments are accepted, and
what they make is the cell below.
"""

import jax.numpy as jnp
import numpy as np

from funcfit.errors import InvalidArgumentError, OutOfRangeError
from funcfit.tf1 import shapes
from funcfit.tf1.graph.shape import as_shape
from funcfit.tf1.opdef import NUMBERS, Check, Empty, also, api, op, raw


@op("-> ref: &dtype", cell=True, out=shapes.from_attr("shape"), gradient=None)
def VariableV2(*, shape, dtype, container="", shared_name=""):
    raise AssertionError("a cell's value comes from the session's state")


also(VariableV2, "Variable")


@op("-> ref: &dtype", cell=True, out=shapes.from_attr("shape"), gradient=None)
def TemporaryVariable(*, shape, dtype, var_name=""):
    raise AssertionError("a cell's value comes from the session's state")


@op("ref: &T -> value: T", out=shapes.same, gradient=None)
def DestroyTemporaryVariable(ref, *, var_name):
    return ref


def _assigned(node):
    ref, value = (x.shape for x in node.inputs)
    return shapes.merged_into(node, ref, value) if node.attrs["validate_shape"] else value


@op("ref: &T, value: T -> output_ref: &T", writes=("ref",), blind=("ref",), out=_assigned, gradient=None)
def Assign(ref, value, *, validate_shape=True, use_locking=True):
    holds = as_shape(ref.shape)
    if validate_shape and holds.is_fully_defined() and holds != as_shape(value.shape):
        shapes_text = f"lhs shape= {shapes.cpp_text(holds)} rhs shape= {shapes.cpp_text(as_shape(value.shape))}"
        raise InvalidArgumentError(message=f"Assign requires shapes of both tensors to match. {shapes_text}")
    return value


@api("assign")
def assign(ref, value, validate_shape=None, use_locking=None, name=None):
    """Writes `value` to the variable `ref` and gives the variable as it then is.

    ValueError when the shapes can never agree, InvalidArgumentError when a run finds that they do not, unless
    `validate_shape` is False.
    """
    if not ref.dtype._is_ref_dtype:
        return ref.assign(value, name=name)  # what is no variable says so itself, as in TF
    return raw.Assign(ref, value, validate_shape=validate_shape, use_locking=use_locking, name=name)


def _merged(node):
    return shapes.merged_into(node, *(x.shape for x in node.inputs))


def _checked(ref, value):
    if ref.shape != value.shape:
        raise InvalidArgumentError(message="Parameters and update must be the same size")


@op("ref: &T, value: T -> output_ref: &T", T=NUMBERS, writes=("ref",), out=_merged, gradient=None)
def AssignAdd(ref, value, *, use_locking=False):
    _checked(ref, value)
    return ref + value


@op("ref: &T, value: T -> output_ref: &T", T=NUMBERS, writes=("ref",), out=_merged, gradient=None)
def AssignSub(ref, value, *, use_locking=False):
    _checked(ref, value)
    return ref - value


@api("assign_add")
def assign_add(ref, value, use_locking=None, name=None):
    """Adds `value` to the variable `ref` and gives the variable as it then is."""
    if not ref.dtype._is_ref_dtype:
        return ref.assign_add(value, name=name)
    return raw.AssignAdd(ref, value, use_locking=use_locking, name=name)


@api("assign_sub")
def assign_sub(ref, value, use_locking=None, name=None):
    """Takes `value` off the variable `ref` and gives the variable as it then is."""
    if not ref.dtype._is_ref_dtype:
        return ref.assign_sub(value, name=name)
    return raw.AssignSub(ref, value, use_locking=use_locking, name=name)


@api("is_variable_initialized")
@op("ref: &dtype -> is_initialized: bool", blind=("ref",), out=shapes.scalar, gradient=None, folds=True)
def IsVariableInitialized(ref):
    return np.bool_(not isinstance(ref, Empty))


def _below_limit(ref, *, limit):
    return [Check(ref < limit, OutOfRangeError, lambda: f"Reached limit of {limit}")]


@api("count_up_to")
@op("ref: &T -> output: T", T="int32 int64", writes=("ref",), out=shapes.scalar, checks=_below_limit, gradient=None)
def CountUpTo(ref, *, limit):
    """The value before one is added. At `limit` it stays, and the run ends in OutOfRangeError."""
    return jnp.where(ref < limit, ref + 1, ref), ref
