"""`tf.gradients`: reverse-mode differentiation as nodes, in the order and with the names that TensorFlow 1.1.0 gives
them.

Nodes between ys and xs are visited from the ys down, each once all gradients of its outputs have arrived; their sum
goes to the card's gradient rule, whose nodes stand under `gradients/NAME_grad/`.
"""

import contextlib
from collections import Counter, deque

from funcfit.tf1.build.contexts import is_around, is_loop_switch
from funcfit.tf1.build.loop_gradients import LoopGradients
from funcfit.tf1.build.registry import gradient_rule
from funcfit.tf1.build.slices import sum_of_slices
from funcfit.tf1.graph.borders import is_exit
from funcfit.tf1.graph.convert import convert_n_to_tensor_or_indexed_slices
from funcfit.tf1.graph.graph import colocate_with, get_default_graph, name_scope
from funcfit.tf1.graph.node import IndexedSlices, Tensor
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import api, tf


@api("AggregationMethod")
class AggregationMethod:
    """How gradients that meet at one tensor are summed: all at once (AddN), or pairwise as they come."""

    ADD_N = 0
    DEFAULT = ADD_N
    EXPERIMENTAL_TREE = 1
    EXPERIMENTAL_ACCUMULATE_N = 2


@api("gradients")
def gradients(
    ys,
    xs,
    grad_ys=None,
    name="gradients",
    colocate_gradients_with_ops=False,
    gate_gradients=False,
    aggregation_method=None,
    stop_gradients=None,
):
    """d(sum of ys)/dx for each x in `xs`: a list of tensors or IndexedSlices, None where no y depends on x.

    `grad_ys` are the gradients that arrive at the ys (ones by default). Nothing is differentiated past
    `stop_gradients`. LookupError when an op type on the way has no gradient; TypeError for a y that is not numeric.
    """
    ys, xs, stop_gradients = _as_list(ys), _as_list(xs), _as_list(stop_gradients or [])
    grad_ys = [None] * len(ys) if grad_ys is None else _as_list(grad_ys)
    if aggregation_method not in (None, 0, 1, 2):
        raise ValueError(f"Invalid aggregation_method specified {aggregation_method}.")
    with name_scope(name, "gradients", ys + xs + stop_gradients + [g for g in grad_ys if g is not None]) as scope:
        ys = convert_n_to_tensor_or_indexed_slices(ys, name="y")
        xs = convert_n_to_tensor_or_indexed_slices([getattr(x, "handle", x) for x in xs], name="x", as_ref=True)
        stop_gradients = convert_n_to_tensor_or_indexed_slices(stop_gradients, name="stop_gradient", as_ref=True)
        grad_ys = _starting_gradients(grad_ys, ys, colocate_gradients_with_ops)
        pass_ = _Backward(
            ys, xs, stop_gradients, scope, colocate_gradients_with_ops, gate_gradients, aggregation_method
        )
        found = pass_.run(grad_ys)
    pass_.loops.finish()  # outside of the name scope, as in 1.1
    return found


def _as_list(x):
    return list(x) if isinstance(x, (list, tuple)) else [x]


def _maybe_colocate(node, wanted):
    return colocate_with(node) if wanted else contextlib.nullcontext()


def _starting_gradients(grad_ys, ys, colocate):
    if len(grad_ys) != len(ys):
        raise ValueError(f"Passed {len(grad_ys)} grad_ys for {len(ys)} ys")
    grad_ys = convert_n_to_tensor_or_indexed_slices(grad_ys, name="grad_y")
    for i, (grad, y) in enumerate(zip(grad_ys, ys)):
        if grad is None:
            if y.dtype.is_complex:
                raise TypeError(f"Gradients of complex tensors must set grad_ys (y.dtype = {y.dtype!r})")
            with _maybe_colocate(y.op, colocate):
                grad_ys[i] = tf.fill(tf.shape(y), tf.constant(1, dtype=y.dtype))
        elif y.dtype.is_floating or y.dtype.is_integer:
            if not grad.dtype.is_floating and not grad.dtype.is_integer:
                raise TypeError(
                    f"Gradient type {grad.dtype.name} generated for real or integer-valued tensor {y} with type "
                    f"{y.dtype.name} must be real or integer"
                )
        elif y.dtype.is_complex:
            if not grad.dtype.is_complex:
                raise TypeError(
                    f"Gradient type {grad.dtype.name} generated for complex-valued tensor {y} with type "
                    f"{y.dtype.name} must be real"
                )
        else:
            raise TypeError(f"Tensor {y} with type {y.dtype.name} must be numeric to obtain a default gradient")
    return grad_ys


def is_trainable(tensor):
    return tensor.dtype.is_floating or tensor.dtype.is_complex


class _Backward:
    """One backward pass: what has arrived at each output so far, and how many nodes each node still waits for."""

    def __init__(self, ys, xs, stops, scope, colocate, gate, aggregation):
        self.ys, self.xs, self.scope = ys, xs, scope
        self.colocate, self.gate, self.aggregation = colocate, gate, aggregation
        self.arrived = {}  # node -> a list of gradients for each output; the sum once it is taken
        self.loops = LoopGradients()
        self.from_nodes = [x.op for x in xs]
        self.pending = self._pending([y.op for y in ys])
        self.stops = self._frontier() | {x.op for x in stops}

    def _pending(self, to_nodes):
        """node -> how many nodes between xs and ys use its outputs. The loops between them get their gradients' loops,
        and all their exits count as between.
        """
        below, todo = set(), deque(self.from_nodes)
        while todo:
            node = todo.popleft()
            if node not in below:
                below.add(node)
                todo.extend(c for x in node.outputs for c in x._consumers if c not in below)
        below.update(to_nodes)  # a y that no x reaches is differentiated all the same, one step (1.1 gradients_impl.py)
        between, todo = {}, deque(to_nodes)  # a dict for its order
        while todo:
            node = todo.popleft()
            if node in below and node not in between:
                between[node] = None
                todo.extend(x.op for x in node._inputs)
        exits = deque(node for node in between if is_exit(node))
        while exits:
            node = exits.popleft()
            with _maybe_colocate(node, self.colocate):
                new = [x.op for x in self.loops.add(node) if x.op not in between]
            between.update(dict.fromkeys(new))
            exits.extend(new)
        self.between, pending = between, Counter()
        for node in between:
            pending.update(x.op for x in node._inputs if x.op in between)
        return pending

    def _frontier(self):
        """The xs' nodes at which differentiation ends: those that no other x lies before."""
        return {node for node in self.from_nodes if not any(self.pending[x.op] > 0 for x in node._inputs)}

    def run(self, grad_ys):
        for y, grad in zip(self.ys, grad_ys):
            self._add(y, grad)
        self.queue = deque(dict.fromkeys(y.op for y in self.ys if not self.pending[y.op]))
        for x in self.loops.exits_without_gradient(self.pending, set(self.queue)):
            if is_trainable(x):
                self._add(x, self.loops.zeros_for_exit(x))
                self.queue.append(x.op)
        while self.queue or self._conditions_that_wait():
            node = self.queue.popleft()
            with _maybe_colocate(node, self.colocate):
                for x, grad in zip(node._inputs, self._input_gradients(node)):
                    if grad is not None:
                        if isinstance(grad, Tensor):
                            grad.set_shape(x.shape)
                        self._add(x, grad)
            for x in node._inputs:
                self._count_off(x)
        return [self._taken(x) for x in self.xs]

    def _conditions_that_wait(self):
        """Has the conditions of loops visited that still wait when all else is done: for Switches of integers, at which
        no gradient arrives, so that 1.1 never comes to what else uses the tensors that decide (its gradients are then
        None or not whole; later releases mend it).
        """
        waiting = [node for node in self.between if node.type == "LoopCond" and self.pending[node] > 0]
        for node in waiting:
            self.pending[node] = 0
        self.queue.extend(waiting)
        return waiting

    def _count_off(self, x):
        """One node fewer uses `x`: is it its node's turn? A loop's Switch comes twice, Exits of one loop together."""
        node = x.op
        self.pending[node] -= 1
        left = self.pending[node]
        if left > 0 and not is_loop_switch(node) or left < 0:
            return
        if not is_exit(node):
            self.queue.append(node)
            return
        loop = self.loops.of(node)
        loop.deferred_exits.append(x)
        loop.pending_exits -= 1
        if loop.pending_exits:
            return
        used = [e for e in loop.deferred_exits if self._has_gradient(e.op)]
        loop.unused_exits += [e for e in loop.deferred_exits if e not in used]
        if not used and loop.forward.of_gradient:
            self._skip(loop.forward)
            return
        self.queue.extend(e.op for e in used)
        for e in loop.unused_exits:
            if used and is_trainable(e):
                self._add(e, self.loops.zeros_for_exit(e))
            self.queue.append(e.op)

    def _skip(self, loop):
        """Nothing flows through the loop of another gradient, and not all of its nodes can be reached from its exits:
        what it takes from outside waits no longer.
        """
        for node in self.between:
            if is_around(loop, node._get_control_flow_context()):
                for x in node._inputs:
                    if not is_around(loop, x.op._get_control_flow_context()):
                        self._count_off(x)

    def _has_gradient(self, node):
        slots = self.arrived.get(node, ())
        return any(any(g is not None for g in s) if isinstance(s, list) else s is not None for s in slots)

    def _add(self, tensor, grad):
        slots = self.arrived.setdefault(tensor.op, [[] for _ in tensor.op.outputs])
        if isinstance(slots[tensor.value_index], list):
            slots[tensor.value_index].append(grad)
        else:  # of a loop's Switch, on its second visit
            slots[tensor.value_index] = grad

    def _taken(self, x):
        slots = self.arrived.get(x.op)
        return None if slots is None else slots[x.value_index]

    def _input_gradients(self, node):
        with self.loops.inside(node, leaving=True):
            grads = self._summed(node)
        if all(g is None for g in grads) or node in self.stops:
            return [None] * len(node._inputs)
        try:
            rule = gradient_rule(node)
        except LookupError:
            raise LookupError(f"No gradient defined for operation '{node.name}' (op type: {node.type})") from None
        if rule is None:
            return [None] * len(node._inputs)
        graph = get_default_graph()
        if is_loop_switch(node) and graph._get_control_flow_context() is node._get_control_flow_context():
            raise ValueError(
                f"Cannot compute gradient inside while loop with respect to op '{self._reached_from(node).name}'. "
                "We do not support taking the gradient wrt or through the initial value of a loop variable. Gradients "
                "can be computed through loop invariants or wrt the input parameters to the loop body."
            )
        with self.loops.inside(node):
            for i, grad in enumerate(grads):
                if grad is None and is_trainable(node.outputs[i]):
                    grads[i] = self.loops.zeros_like_output(node, i)
            with name_scope(node.name + "_grad"), graph._original_op(node):
                made = _as_list(rule(node, *grads))
                if len(made) != len(node._inputs):
                    raise ValueError(
                        f"Num gradients {len(made)} generated for op {node.node_def} do not match num inputs "
                        f"{len(node._inputs)}"
                    )
                if self.gate and sum(g is not None for g in made) > 1:
                    made = tf.tuple(made)
        return made

    def _reached_from(self, node):
        """The first of the xs' nodes that `node` depends on."""
        seen, todo = set(), deque([node])
        while todo:
            node = todo.popleft()
            if node in self.from_nodes:
                return node
            if node not in seen:
                seen.add(node)
                todo.extend(x.op for x in node._inputs)

    def _summed(self, node):
        """The gradient of each output: what arrived, summed. The slots hold the sums from here on."""
        slots = self.arrived.setdefault(node, [[] for _ in node.outputs])
        for i, grads in enumerate(slots):
            if not isinstance(grads, list):
                continue
            grads = [g for g in grads if g is not None]
            if not grads:
                slots[i] = None
            elif len(grads) == 1:
                slots[i] = grads[0]
            elif all(isinstance(g, Tensor) for g in grads):
                slots[i] = self._sum_of_tensors(node, grads)
            elif all(isinstance(g, (Tensor, IndexedSlices)) for g in grads):
                slots[i] = sum_of_slices(grads)
            else:
                raise TypeError("gradients have to be either all Tensors or all IndexedSlices")
        return slots

    def _sum_of_tensors(self, node, grads):
        if self.aggregation in (AggregationMethod.EXPERIMENTAL_TREE, AggregationMethod.EXPERIMENTAL_ACCUMULATE_N):
            shape = TensorShape(None)
            for g in grads:
                shape = shape.merge_with(g.shape)
            if (
                self.aggregation == AggregationMethod.EXPERIMENTAL_ACCUMULATE_N
                and len(grads) > 2
                and shape.is_fully_defined()
            ):
                return tf.accumulate_n(grads)
            with name_scope(node.name + "_gradient_sum"):
                total = grads[0]
                for grad in grads[1:]:
                    total = tf.add_n([total, grad])
                return total
        by_device = {}
        for g in grads:
            by_device.setdefault(g.device, []).append(g)
        sums = []
        for device in sorted(by_device):
            with colocate_with(by_device[device][0].op, ignore_existing=True):
                sums.append(tf.add_n(by_device[device]))
        return tf.add_n(sums)


@api("hessians")
def hessians(ys, xs, name="hessians", colocate_gradients_with_ops=False, gate_gradients=False, aggregation_method=None):
    """The second derivatives of sum(ys) for each x: a tensor of shape `x.shape + x.shape`.

    For a vector of known length row by row, as TF 1.1 builds it; for other shapes in a loop, as 1.15 does.
    """
    kwargs = {
        "colocate_gradients_with_ops": colocate_gradients_with_ops,
        "gate_gradients": gate_gradients,
        "aggregation_method": aggregation_method,
    }
    found = []
    for x in _as_list(xs):
        by_rows = x.get_shape().ndims == 1 and x.get_shape().is_fully_defined()
        with name_scope(name + "_first_derivative"):
            slope = gradients(ys, x, **kwargs)[0]
            slopes = tf.unstack(slope) if by_rows else tf.reshape(slope, [-1])
        with name_scope(name + "_second_derivative"):
            if by_rows:
                rows = [gradients(slope, x, **kwargs)[0] for slope in slopes]
                found.append(tf.stack(rows, name=name))
            else:
                rows = _gradients_in_a_loop(slopes, x, kwargs)
                found.append(tf.reshape(rows, tf.concat([tf.shape(x), tf.shape(x)], 0), name=name))
    return found


def _gradients_in_a_loop(ys, x, kwargs):
    """The gradient of each element of the vector `ys`, stacked."""
    count = tf.size(x)
    start = [0, tf.TensorArray(x.dtype.base_dtype, count)]
    _, rows = tf.while_loop(
        lambda i, _: i < count,
        lambda i, rows: (i + 1, rows.write(i, gradients(ys[i], x, **kwargs)[0])),
        start,
    )
    return rows.stack()
