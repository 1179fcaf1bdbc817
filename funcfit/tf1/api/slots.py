"""Slots: variables that an optimizer or a moving average keeps beside a variable, named `variable/optimizer`."""

from funcfit.tf1.build.initializers import Zeros
from funcfit.tf1.build.variable_scope import get_variable_scope, variable_scope
from funcfit.tf1.build.variables import Variable
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.graph import colocate_with
from funcfit.tf1.opdef import api, tf


def _slot(primary, initializer, validate_shape, shape, dtype):
    scope = get_variable_scope()
    partitioner = scope.partitioner
    scope.set_partitioner(None)  # a slot of a part is not cut again
    # An empty name below a scope that ends in the slot's name: the variable is named as the scope is.
    slot = tf.get_variable(
        "", initializer=initializer, trainable=False, shape=shape, dtype=dtype, validate_shape=validate_shape
    )
    scope.set_partitioner(partitioner)
    whole = primary._save_slice_info if isinstance(primary, Variable) else None
    if whole is not None:
        name = slot.op.name.removeprefix(primary.op.name + "/")
        slot._set_save_slice_info(
            Variable.SaveSliceInfo(
                f"{whole.full_name}/{name}", whole.full_shape[:], whole.var_offset[:], whole.var_shape[:]
            )
        )
    return slot


def _named_slot(primary, name, colocate_with_primary, *arguments):
    with variable_scope(None, f"{primary.op.name}/{name}"):
        if not colocate_with_primary:
            return _slot(primary, *arguments)
        with colocate_with(primary):
            return _slot(primary, *arguments)


@api("python.training.slot_creator.create_slot")
def create_slot(primary, val, name, colocate_with_primary=True):
    """A slot of `primary` that starts as the tensor `val`."""
    return _named_slot(primary, name, colocate_with_primary, val, val.shape.is_fully_defined(), None, None)


@api("python.training.slot_creator.create_slot_with_initializer")
def create_slot_with_initializer(primary, initializer, shape, dtype, name, colocate_with_primary=True):
    """A slot of `primary` that `initializer` starts."""
    return _named_slot(primary, name, colocate_with_primary, initializer, shape.is_fully_defined(), shape, dtype)


@api("python.training.slot_creator.create_zeros_slot")
def create_zeros_slot(primary, name, dtype=None, colocate_with_primary=True):
    """A slot of zeros, shaped like `primary`: at run time when its static shape is not known."""
    dtype = (primary.dtype if dtype is None else dtypes.as_dtype(dtype)).base_dtype
    shape = primary.get_shape()
    if shape.is_fully_defined():
        return create_slot_with_initializer(primary, Zeros(dtype), shape, dtype, name, colocate_with_primary)
    value = tf.zeros(tf.shape(primary.initialized_value()), dtype=dtype)
    return create_slot(primary, value, name, colocate_with_primary)
