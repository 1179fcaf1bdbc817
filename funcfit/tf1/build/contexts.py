"""What conditionals and loops share: the context that sees every node made inside, and the nodes at their borders.

`switch`, `merge`, `enter`, `leave` and `next_iteration` take tensors, cells, IndexedSlices and SparseTensors. A
TensorArray crosses a border as its flow.
"""

import contextlib

from funcfit.tf1.build.slices import as_slices_list, on_parts
from funcfit.tf1.graph.borders import is_enter, is_exit, is_switch
from funcfit.tf1.graph.convert import convert_to_tensor, convert_to_tensor_or_indexed_slices
from funcfit.tf1.graph.graph import colocate_with, get_default_graph, name_scope
from funcfit.tf1.graph.node import IndexedSlices, SparseTensor, Tensor
from funcfit.tf1.opdef import raw, tf


class ControlFlowContext:
    """What a branch or a loop knows of the values inside it. Changes as nodes are made inside.

    The graph's current context gets each new node (`AddOp`), in which it puts what stands inside for tensors from
    outside (`AddValue`).
    """

    grad_state = None  # of the context that differentiates a loop: see loop_gradients.py
    back_prop = False

    def __init__(self):
        self._outer_context = get_default_graph()._get_control_flow_context()
        self._context_stack = []
        self._values = set()  # tensors that belong here
        self._external_values = {}  # tensor outside -> what stands for it here

    outer_context = property(lambda self: self._outer_context)

    def Enter(self):
        graph = get_default_graph()
        self._context_stack.append(graph._get_control_flow_context())
        graph._set_control_flow_context(self)

    def Exit(self):
        get_default_graph()._set_control_flow_context(self._context_stack.pop())

    def ExitResult(self, result):
        """Tells the outer context of the tensors that leave."""
        if self._outer_context is not None:
            for value in result:
                on_parts(lambda x, _: self._outer_context._values.add(x) or x, value)

    def GetWhileContext(self):
        """The innermost loop around, this context included; None outside of loops."""
        return None if self._outer_context is None else self._outer_context.GetWhileContext()

    @staticmethod
    def CheckUse(value, node):
        """ValueError when a node takes a value from a loop that it is not in."""
        made_in = while_context(value.op, leaving=True)
        if made_in is None:
            return
        used_in = while_context(node)
        if used_in is None:
            if not is_enter(node) and not is_switch(node):  # made before they get their context
                raise ValueError(
                    f"Cannot use '{value.op.name}' as input to '{node.name}' because '{value.op.name}' is in a while "
                    "loop. See info log for more details."
                )
            return
        if is_around(made_in, used_in):
            return
        forward = None if used_in.grad_state is None else used_in.grad_state.forward
        if forward is None or not (is_around(made_in, forward) or is_around(forward, made_in)):
            raise ValueError(
                f"Cannot use '{value.op.name}' as input to '{node.name}' because they are in different while loops. "
                "See info log for more details."
            )

    def AddOp(self, node):
        self.AddOpHere(node)

    def AddInputs(self, node):
        """Has what stands here for the node's inputs take their places."""
        for i, x in enumerate(node._inputs):
            inner = self.AddValue(x)
            if inner is not x:
                node._update_input(i, inner)

    def RemoveExternalControlEdges(self, node):
        """Takes away the control inputs that lie outside of the innermost loop: what comes in through an Enter has
        waited for them.
        """
        loop = self.GetWhileContext()
        if loop is not None:
            node._control_inputs = [c for c in node._control_inputs if while_context(c, leaving=True) is loop]


@contextlib.contextmanager
def inside(context):
    """Nodes made in the with-block are in `context`; where it is None, the current one stays."""
    if context is None:
        yield
        return
    context.Enter()
    try:
        yield
    finally:
        context.Exit()


@contextlib.contextmanager
def outside(context):
    """The opposite: `context` was entered, and is not for the length of the with-block."""
    context.Exit()
    try:
        yield
    finally:
        context.Enter()


def is_around(outer, context):
    """Whether `context` is `outer`, or in it."""
    while context is not None and context is not outer:
        context = context.outer_context
    return context is outer


def is_loop_switch(node):
    """Whether the node is the Switch of a loop variable, not of a branch."""
    context = node._get_control_flow_context()
    return is_switch(node) and context is not None and context.GetWhileContext() is context


def output_context(node):
    """The context that a node's outputs belong to: an Exit's is the one around its loop (none when that is unknown)."""
    context = node._get_control_flow_context()
    return context.outer_context if context is not None and is_exit(node) else context


def while_context(node, leaving=False):
    """The innermost loop that a node is in; with `leaving`, that its outputs are in."""
    context = output_context(node) if leaving else node._get_control_flow_context()
    return None if context is None else context.GetWhileContext()


def identity(data, name=None):
    def one(x, name):
        return (raw.RefIdentity if x.dtype._is_ref_dtype else raw.Identity)(x, name=name)

    return on_parts(one, _as_tensors(data), name)


def switch_ref_or_tensor(data, pred, name="Switch"):
    """(output_false, output_true) of a Switch of a tensor, a cell, or IndexedSlices, placed with its data."""
    data = convert_to_tensor_or_indexed_slices(data, name="data")
    with colocate_with(data, ignore_existing=True):
        if isinstance(data, Tensor) and data.dtype._is_ref_dtype:
            return raw.RefSwitch(data, pred, name=name)
        return switch(data, pred, name=name)


def switch(data, pred, dtype=None, name=None):
    with name_scope(name, "Switch", [data, pred]) as scope:
        data = convert_to_tensor_or_indexed_slices(data, dtype=dtype, name="data", as_ref=True)
        pred = convert_to_tensor(pred, name="pred")
        if isinstance(data, Tensor):
            return raw.Switch(data, pred, name=scope)
        values, indices = raw.Switch(data.values, pred, name=scope), raw.Switch(data.indices, pred, name="indices")
        dense = (None, None) if data.dense_shape is None else raw.Switch(data.dense_shape, pred, name="dense_shape")
        if isinstance(data, SparseTensor):
            return tuple(SparseTensor(indices[i], values[i], dense[i]) for i in (0, 1))
        return tuple(IndexedSlices(values[i], indices[i], dense[i]) for i in (0, 1))


def merge(inputs, name=None):
    """(the input that is alive, its index); IndexedSlices when any input is such."""
    if any(x is None for x in inputs):
        raise ValueError(f"At least one of the merge inputs is None: {inputs}")
    with name_scope(name, "Merge", inputs) as scope:
        inputs = [_as_tensors(x) for x in inputs]
        if all(isinstance(x, Tensor) for x in inputs):
            card = raw.RefMerge if all(x.dtype._is_ref_dtype for x in inputs) else raw.Merge
            return card(inputs, name=scope)
        sparse = all(isinstance(x, SparseTensor) for x in inputs)
        if not sparse:
            inputs = as_slices_list(inputs, optimize=False)
        values, _ = merge([x.values for x in inputs], name=scope)
        indices, chosen = raw.Merge([x.indices for x in inputs], name="indices")
        shapes = [x.dense_shape for x in inputs]
        if all(s is None for s in shapes):
            return IndexedSlices(values, indices), chosen
        if any(s is None for s in shapes):
            raise ValueError(
                "Either all merged IndexedSlices must have a dense_shape, or none must have a dense_shape."
            )
        dense, _ = raw.Merge(shapes, name="dense_shape")
        return SparseTensor(indices, values, dense) if sparse else IndexedSlices(values, indices, dense), chosen


def enter(data, frame, is_constant=False, parallel_iterations=10, use_input_shape=True, name=None):
    """`data` inside the loop `frame`. Without `use_input_shape` nothing is known of the shape there."""

    def one(x, name):
        card = raw.RefEnter if x.dtype._is_ref_dtype else raw.Enter
        entered = card(x, frame, is_constant, parallel_iterations, name=name)
        if use_input_shape:
            entered.set_shape(x.shape)
        return entered

    return on_parts(one, _as_tensors(data), name)


def leave(data, name=None):
    """`data` outside of its loop (TF's `exit`)."""
    return on_parts(raw.Exit, _as_tensors(data), name, dense_name=name)


def next_iteration(data, name=None):
    """`data` in the next turn of its loop."""
    return on_parts(raw.NextIteration, _as_tensors(data), name)


def _as_tensors(data):
    return convert_to_tensor_or_indexed_slices(data, as_ref=True)


def flows(values):
    """TensorArrays among the values as their flows."""
    return [x.flow if isinstance(x, tf.TensorArray) else x for x in values]


def with_flows(values, tensors):
    """The tensors; where the value at that place is a TensorArray, that array as of the flow."""
    return [_with_flow(x, t) if isinstance(x, tf.TensorArray) else t for x, t in zip(values, tensors, strict=True)]


def _with_flow(array, flow):
    new = tf.TensorArray(dtype=array.dtype, handle=array.handle, flow=flow, infer_shape=array._infer_shape)
    new._element_shape = array._element_shape
    return new
