"""`while_loop` and the context that builds it, in the node order of TensorFlow 1.1.0.

A loop variable is Enter, Merge (the first value, or the last turn's), Switch (by the LoopCond: on to the body, or out),
NextIteration back to the Merge, and Exit. What the condition or the body takes from outside comes in through an Enter
that holds in all turns. Gradients of loops: loop_gradients.py.
"""

from funcfit.errors import InvalidArgumentError
from funcfit.tf1.build import nest
from funcfit.tf1.build.contexts import (
    ControlFlowContext,
    enter,
    flows,
    identity,
    leave,
    merge,
    next_iteration,
    output_context,
    switch_ref_or_tensor,
    while_context,
    with_flows,
)
from funcfit.tf1.build.slices import as_slices, on_parts
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.borders import is_constant_enter, is_exit
from funcfit.tf1.graph.convert import convert_n_to_tensor_or_indexed_slices, convert_to_tensor
from funcfit.tf1.graph.graph import control_dependencies, get_default_graph, name_scope
from funcfit.tf1.graph.keys import GraphKeys, add_to_collection
from funcfit.tf1.graph.node import IndexedSlices, SparseTensor, Tensor
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import api, raw, tf


class WhileContext(ControlFlowContext):
    """A loop, or (with a `grad_state`) the loop that runs its turns backwards for the gradient."""

    def __init__(self, parallel_iterations, back_prop, swap_memory, name, grad_state=None):
        super().__init__()
        self.name = get_default_graph().unique_name(name)  # the frame's
        self.parallel_iterations, self.back_prop, self.swap_memory = parallel_iterations, back_prop, swap_memory
        self.grad_state, self.of_gradient = grad_state, grad_state is not None
        self.pivot = self.pivot_for_pred = self.pivot_for_body = None  # LoopCond; what constants inside wait for
        self.loop_exits = []

    def GetWhileContext(self):
        return self

    def GetControlPivot(self):
        return self.pivot_for_pred if self.pivot_for_body is None else self.pivot_for_body

    def AddValue(self, value):
        """What stands for `value` in this loop: itself when it was made here, else its Enter. In a gradient's loop, for
        a value of the loop that is differentiated, that value as it was in the turn.
        """
        if value in self._values:
            return self._external_values.get(value, value)
        self._values.add(value)
        backward = self._differentiating(while_context(value.op, leaving=True))
        if backward is not None:
            self._external_values[value] = backward.real_value(value)
            return self._external_values[value]
        inner = value if self._outer_context is None else self._outer_context.AddValue(value)
        with control_dependencies(None):
            inner = self.entered(inner, is_constant=True)
            inner.graph.prevent_feeding(inner)
        self._take_over(inner)
        self._values.add(inner)
        self._external_values[value] = inner
        return inner

    @staticmethod
    def _differentiating(loop):
        """The state of the gradient that is being built just now, if it is that of `loop`."""
        current = get_default_graph()._get_control_flow_context()
        state = None if current is None else current.grad_state
        return state if state is not None and state.forward is loop else None

    def AddOp(self, node):
        # The shape of a value of the forward loop is taken there: a stack of shapes is less than one of values.
        if node.type in ("Shape", "Size", "Rank") and self._differentiating(while_context(node._inputs[0].op)):
            context = node._inputs[0].op._get_control_flow_context()
            node._set_control_flow_context(context)
            context.AddOpHere(node)
        else:
            self.AddOpHere(node)

    def AddOpHere(self, node):
        self.AddInputs(node)
        self.RemoveExternalControlEdges(node)
        if not node._control_inputs and all(is_constant_enter(x.op) for x in node._inputs):
            node._add_control_input(self.GetControlPivot().op)  # else it would run when the loop makes no turn
        self._values.update(node.outputs)
        if self._outer_context is not None or not is_exit(node):
            node.graph.prevent_fetching(node)
            for x in node.outputs:
                node.graph.prevent_feeding(x)

    def entered(self, value, is_constant=False, use_input_shape=True, name=None):
        return enter(value, self.name, is_constant, self.parallel_iterations, use_input_shape, name)

    def _take_over(self, entered):
        """Makes an Enter, made outside of all contexts, this context's; of the control inputs asked for it keeps those
        that are made in the frame around.
        """
        node, graph = entered.op, get_default_graph()
        around = None if self._outer_context is None else self._outer_context.GetWhileContext()
        node._set_control_flow_context(self)
        wanted = graph._control_inputs_for(node._inputs)
        node._add_control_inputs([c for c in wanted if self._reaches(c, around)])
        for controller in graph._controllers:
            controller.seen.add(node)

    def _reaches(self, node, around):
        """Whether the node's context is one of those from here out to the loop `around`."""
        context, wanted = self._outer_context, output_context(node)
        while context is not wanted:
            if context is None or context is around:
                return False
            context = context.outer_context
        return True

    def build(self, cond, body, loop_vars, shape_invariants, return_same_structure):
        """Adds the loop's nodes: the final values of `loop_vars`, in the structure in which `body` gives them."""
        flat_vars = nest.flatten(loop_vars)
        initial = convert_n_to_tensor_or_indexed_slices(flows(flat_vars))
        self.Enter()
        try:
            returned, exits = self._build(cond, body, loop_vars, flat_vars, initial, shape_invariants)
        finally:
            self.Exit()
        results = with_flows(nest.flatten(returned), exits)
        packed = nest.pack_sequence_as(returned, results)
        return packed[0] if len(results) == 1 and not return_same_structure else packed

    def _build(self, cond, body, loop_vars, flat_vars, initial, shape_invariants):
        self._know_only(initial)
        if self._outer_context is not None:
            initial = [on_parts(lambda x, _: self._outer_context.AddValue(x), x) for x in initial]
        with control_dependencies(None):
            entered = [self.entered(x, use_input_shape=shape_invariants is None) for x in initial]
        for x in _tensors(entered):
            x.graph.prevent_feeding(x)
            if self._outer_context is not None and is_constant_enter(x.op._inputs[0].op):
                x.op._add_control_input(self._outer_context.GetControlPivot().op)
        if shape_invariants is not None:
            _set_shapes(initial, entered, nest.flatten(shape_invariants))
        for x in _tensors(entered):
            self._take_over(x)
        self._know_only(entered)

        merged = [merge([x, x])[0] for x in entered]
        self.pivot_for_pred = merged[0] if isinstance(merged[0], Tensor) else merged[0].values
        holds = convert_to_tensor(cond(*nest.pack_sequence_as(loop_vars, with_flows(flat_vars, merged))))
        self.pivot = raw.LoopCond(holds, name="LoopCond")
        switched = [switch_ref_or_tensor(x, self.pivot) for x in merged]

        on = [identity(x[1]) for x in switched]
        self.pivot_for_body = on[0] if isinstance(on[0], Tensor) else on[0].values
        given = nest.pack_sequence_as(loop_vars, with_flows(flat_vars, on))
        returned = body(*given)
        if not nest.is_sequence(returned):
            returned = [returned]
        # Their outermost layers may differ: loop_vars mostly come as a list, what a body returns as a tuple.
        nest.assert_same_structure(list(given), list(returned))
        results = convert_n_to_tensor_or_indexed_slices(flows(nest.flatten(returned)))

        following = [add_back_edge(m, x) for m, x in zip(merged, results)]
        self.loop_exits = [leave(x[0]) for x in switched]
        for m, x in zip(merged, following):
            _check_invariant(m, x)
        self.ExitResult(self.loop_exits)
        return returned, self.loop_exits

    def _know_only(self, values):
        self._values = set(_tensors(values))


def _tensors(values):
    return [x for value in values for x in nest.tensors_of(value)]


def add_back_edge(merged, value):
    """Closes a loop: `value` goes into the next turn by a NextIteration, which becomes the Merge's second input."""
    if isinstance(merged, Tensor):
        value = convert_to_tensor(value)
    elif isinstance(merged, IndexedSlices):
        value = as_slices(value, optimize=False)
        if merged.dense_shape is not None and value.dense_shape is None:
            raise ValueError(f"Must have dense shape: {value.name}")
    elif not isinstance(value, SparseTensor):
        raise ValueError(f"Must be a sparse tensor: {value.name}")
    following = next_iteration(value)
    for m, x in zip(nest.tensors_of(merged), nest.tensors_of(following)):
        wanted, came = (dtypes.kernel_name(t.dtype.base_dtype) for t in (m, x))
        if wanted != came:  # TF says so when the graph is run
            raise InvalidArgumentError(
                message=f"Input 1 of node {m.op.name} was passed {came} from {x.name} incompatible with expected "
                f"{wanted}."
            )
        m.op._update_input(1, x)
    return following


def _fits(shape, invariant):
    """Whether the invariant holds of `shape`: it is as specific or more."""
    if invariant.ndims is None:
        return True
    if shape.ndims != invariant.ndims:
        return False
    return all(b is None or a == b for a, b in zip(shape.dims_or_none, invariant.dims_or_none))


def _set_shapes(initial, entered, shapes):
    """Gives the Enters the shapes that the caller says will hold in all turns."""
    if not all(isinstance(s, TensorShape) for s in shapes):
        raise ValueError("`shapes` must be a (possibly nested) list of shapes.")
    for first, x, shape in zip(initial, entered, shapes):
        if isinstance(x, Tensor):
            _check_entering(first, shape, "loop variable")
            x.set_shape(shape)
        elif isinstance(x, IndexedSlices):
            _check_entering(first.values, shape, "values tensor of this IndexedSlices")
            x.values.set_shape(shape)
            x.indices.set_shape(TensorShape([shape[0]]))
            if x.dense_shape is not None:
                x.dense_shape.set_shape(TensorShape([shape.ndims]))
        else:
            _check_entering(first.dense_shape, shape, "shape tensor of this SparseTensor")
            x.values.set_shape(TensorShape([None]))
            x.indices.set_shape(TensorShape([None, shape.ndims]))
            x.dense_shape.set_shape(shape)


def _check_entering(first, shape, what):
    if not _fits(first.shape, shape):
        raise ValueError(
            f"The shape invariant specified for {first.name} is not compatible with the initial shape of the {what}. "
            f"It enters the loop with shape {first.shape}, but the specified shape invariant is {shape}."
        )


def _check_invariant(merged, following):
    parts = list(zip(nest.tensors_of(merged), nest.tensors_of(following)))
    if all(_fits(x.shape, m.shape) for m, x in parts):
        return
    before, after = ([str(pair[i].shape) for pair in parts] for i in (0, 1))
    if not isinstance(merged, Tensor):
        before, after = [f"({', '.join(before)})"], [f"({', '.join(after)})"]
    raise ValueError(
        f"The shape for {merged.name if isinstance(merged, Tensor) else merged.values.name} is not an invariant for "
        f"the loop. It enters the loop with shape {before[0]}, but has shape {after[0]} after one iteration. Provide "
        "shape invariants using either the `shape_invariants` argument of tf.while_loop or set_shape() on the loop "
        "variables."
    )


@api("while_loop")
def while_loop(
    cond,
    body,
    loop_vars,
    shape_invariants=None,
    parallel_iterations=10,
    back_prop=True,
    swap_memory=False,
    name=None,
    maximum_iterations=None,
    return_same_structure=False,
):
    """Repeats `loop_vars = body(*loop_vars)` while `cond(*loop_vars)` holds, a boolean scalar; gives the last values.

    `loop_vars` is a list or tuple of tensors, IndexedSlices, SparseTensors, TensorArrays and structures of these, of
    which `body` gives the same structure. A list of one variable gives that variable, unless `return_same_structure`.
    Shapes stay what they are at the start, or what `shape_invariants` says (TensorShapes in the same structure; of a
    SparseTensor, the shape of its `dense_shape`; of IndexedSlices, of their `values`): ValueError for a body that
    changes them. `maximum_iterations` ends the loop after so many turns. Without `back_prop` no gradient flows.
    `parallel_iterations` and `swap_memory` change nothing about the results.
    """
    with name_scope(name, "while", loop_vars) as scope:
        if not loop_vars:
            raise ValueError("No loop variables provided")
        if not callable(cond):
            raise TypeError("cond must be callable.")
        if not callable(body):
            raise TypeError("body must be callable.")
        if parallel_iterations < 1:
            raise TypeError("parallel_iterations must be a positive integer.")
        if maximum_iterations is not None:
            single = len(loop_vars) == 1 and not return_same_structure
            cond, body, loop_vars = _counted(cond, body, loop_vars, maximum_iterations, single)
            if shape_invariants is not None:
                shape_invariants = (TensorShape([]), shape_invariants[0] if single else shape_invariants)
        if shape_invariants is not None:
            nest.assert_same_structure(loop_vars, shape_invariants)
        context = WhileContext(parallel_iterations, back_prop, swap_memory, scope)
        add_to_collection(GraphKeys.WHILE_CONTEXT, context)
        result = context.build(cond, body, loop_vars, shape_invariants, return_same_structure)
        return result if maximum_iterations is None else result[1]


def _counted(cond, body, loop_vars, maximum_iterations, single):
    """The loop with a counter beside its variables, as TF 1.15 builds it."""
    limit = convert_to_tensor(maximum_iterations, name="maximum_iterations")
    if limit.shape.ndims != 0:
        raise ValueError(f"maximum_iterations must be a scalar, saw shape: {limit.shape}")
    counter = tf.constant(0, dtype=limit.dtype, name="iteration_counter")
    if single:
        return (
            lambda i, x: tf.logical_and(i < limit, cond(x)),
            lambda i, x: (i + 1, body(x)),
            (counter, loop_vars[0]),
        )
    return (
        lambda i, xs: tf.logical_and(i < limit, cond(*xs)),
        lambda i, xs: (i + 1, body(*xs)),
        (counter, loop_vars),
    )
