"""Stacks: what a loop pushes in its turns, the loop of its gradient pops in the reverse order (kernels/stack.py)."""

import numpy as np

from funcfit.kernels.stack import Stack as Values
from funcfit.kernels.tensor_array import TensorArray
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.handles import maker
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import op


def _pushed(node):
    return node.inputs[1].shape


def _push(stack, elem):
    """Of a TensorArray its size is kept: only gradients are made of what is popped, and they start from zero."""
    if isinstance(elem, TensorArray):
        return stack.push(np.int32(elem.size)), None
    return stack.push(elem), elem


def _array_dtype(node):
    """The dtype of the TensorArray whose handle is popped; None where an array is popped."""
    return maker(node.outputs[0]).attrs["dtype"] if node.attrs["elem_type"] is dtypes.resource else None


def _pop(stack, array_dtype):
    stack, elem = stack.pop()
    return stack, elem if array_dtype is None else TensorArray.empty(array_dtype.as_numpy_dtype, int(elem))


@op("-> handle: &string", makes=True, out=lambda node: TensorShape((2,)), gradient=None)
def Stack(*, elem_type, stack_name=""):
    return Values.empty(elem_type.as_numpy_dtype)


@op("handle: &string, elem: T -> output: T", writes=("handle",), out=_pushed, folds=True, gradient=None)
def StackPush(handle, elem, *, swap_memory=False):
    return _push(handle, elem)


@op("handle: &string -> elem: elem_type", writes=("handle",), knows=_array_dtype, folds=True, gradient=None)
def StackPop(handle, *, elem_type, known):
    return _pop(handle, known)


@op("handle: &string ->", gradient=None)
def StackClose(handle):
    return ()


@op("max_size: int32 -> handle: resource", makes=True, gradient=None)
def StackV2(max_size, *, elem_type, stack_name=""):
    return Values.empty(elem_type.as_numpy_dtype)


@op("handle: resource, elem: T -> output: T", writes=("handle",), out=_pushed, folds=True, gradient=None)
def StackPushV2(handle, elem, *, swap_memory=False):
    return _push(handle, elem)


@op("handle: resource -> elem: elem_type", writes=("handle",), knows=_array_dtype, folds=True, gradient=None)
def StackPopV2(handle, *, elem_type, known):
    return _pop(handle, known)


@op("handle: resource ->", gradient=None)
def StackCloseV2(handle):
    return ()
