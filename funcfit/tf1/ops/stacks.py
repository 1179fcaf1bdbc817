"""Stacks: what a loop pushes in its turns, the loop of its gradient pops in the reverse order (kernels/stack.py)."""

from funcfit.kernels.stack import Stack as Values
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import op


def _pushed(node):
    return node.inputs[1].shape


@op("-> handle: &string", makes=True, out=lambda node: TensorShape((2,)), gradient=None)
def Stack(*, elem_type, stack_name=""):
    return Values.empty(elem_type.as_numpy_dtype)


@op("handle: &string, elem: T -> output: T", writes=("handle",), out=_pushed, folds=True, gradient=None)
def StackPush(handle, elem, *, swap_memory=False):
    return handle.push(elem), elem


@op("handle: &string -> elem: elem_type", writes=("handle",), folds=True, gradient=None)
def StackPop(handle, *, elem_type):
    return handle.pop()


@op("handle: &string ->", gradient=None)
def StackClose(handle):
    return ()


@op("max_size: int32 -> handle: resource", makes=True, gradient=None)
def StackV2(max_size, *, elem_type, stack_name=""):
    return Values.empty(elem_type.as_numpy_dtype)


@op("handle: resource, elem: T -> output: T", writes=("handle",), out=_pushed, folds=True, gradient=None)
def StackPushV2(handle, elem, *, swap_memory=False):
    return handle.push(elem), elem


@op("handle: resource -> elem: elem_type", writes=("handle",), folds=True, gradient=None)
def StackPopV2(handle, *, elem_type):
    return handle.pop()


@op("handle: resource ->", gradient=None)
def StackCloseV2(handle):
    return ()
