"""Handles: tensors that name a list of the run (a TensorArray, a stack), and which node made what they name.

A loop enters a handle, a cond switches it, and the gradient of a loop in which an array was made pops its handle from a
stack: each is the same handle.
"""

from funcfit.tf1.graph import dtypes

_HAND_ON = (
    *("Enter", "RefEnter", "Identity", "RefIdentity", "Switch", "RefSwitch"),
    *("Merge", "RefMerge", "NextIteration", "Exit"),
)


def maker(handle):
    """The node that made what `handle` names."""
    while handle.op.type in _HAND_ON or is_popped(handle):
        handle = pushed(handle.op) if is_popped(handle) else handle.op.inputs[0]
    return handle.op


def is_popped(tensor):
    """True for a handle that comes from a stack."""
    return tensor.op.type in ("StackPop", "StackPopV2") and tensor.dtype is dtypes.resource


def pushed(pop):
    """The tensor whose values a StackPop gives back."""
    return next(user.inputs[1] for user in users(maker(pop.inputs[0]).outputs[0]) if user.type.startswith("StackPush"))


def users(handle):
    """The nodes that take a handle, where it was made and where it was handed on to."""
    todo = [handle]
    while todo:
        for user in todo.pop().consumers():
            if user.type in _HAND_ON:
                todo += user.outputs
            else:
                yield user
