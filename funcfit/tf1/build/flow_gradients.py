"""Gradients of the nodes at the borders of branches and loops, in the node order of TensorFlow 1.1.0.

Inside a loop the rules run in the context of the loop of its gradient (loop_gradients.py).
"""

from funcfit.tf1.build import nest
from funcfit.tf1.build.contexts import is_loop_switch, leave, merge, output_context, switch, switch_ref_or_tensor
from funcfit.tf1.build.flow import CondContext
from funcfit.tf1.build.loops import WhileContext, add_back_edge
from funcfit.tf1.graph.graph import get_default_graph
from funcfit.tf1.opdef import raw, tf


def _current():
    return get_default_graph()._get_control_flow_context()


@raw.Switch.gradient
def _switch_gradient(node, *grads):
    context = node._get_control_flow_context()
    if is_loop_switch(node):
        return [_loop_switch_gradient(node, *grads), None]
    if isinstance(context, CondContext):
        if any(g is None for g in grads):  # integers: nothing flows (1.1 forgets to ask)
            return [None, None]
        return [merge([grads[context.branch], grads[1 - context.branch]], name="cond_grad")[0], None]
    false_grad = switch(grads[0], node.inputs[1])[0]
    true_grad = switch(grads[1], node.inputs[1])[1]
    return [merge([false_grad, true_grad])[0], None]


def _loop_switch_gradient(node, when_done, when_on):
    """A loop's Switch is visited twice: from its Exit, which gives the Merge of the backward loop, and from the body's
    start, which gives what goes into the next turn.
    """
    merges = _current().grad_state.merges
    if node in merges:
        if when_on is not None:
            add_back_edge(merges[node], when_on)
        return None
    if when_done is None:
        return None
    merges[node] = merge([when_done, when_done], name="b_switch")[0]
    return merges[node]


raw.RefSwitch.gradient(_switch_gradient)


@raw.Merge.gradient
def _merge_gradient(node, grad, _):
    context, current = output_context(node.inputs[0].op), _current()
    if isinstance(context, WhileContext):
        return list(switch_ref_or_tensor(grad, current.pivot))
    if isinstance(context, CondContext):
        state = None if current is None else current.grad_state
        pred = context.pred if state is None else state.real_pred(context.pred)
        return list(switch_ref_or_tensor(grad, pred, name="cond_grad"))
    return [tf.where(tf.equal(node.outputs[1], i), grad, tf.zeros_like(grad)) for i in range(len(node.inputs))]


raw.RefMerge.gradient(_merge_gradient)


@raw.Exit.gradient
def _exit_gradient(node, grad):
    backward = _current()
    if not backward.back_prop:
        return [None]
    if node._get_control_flow_context().of_gradient:
        raise TypeError("Second-order gradient for while loops not supported.")
    backward._values.update(nest.tensors_of(grad))
    return [backward.entered(grad, name="b_exit")]


@raw.NextIteration.gradient
def _next_iteration_gradient(node, grad):
    return [grad]


@raw.Enter.gradient
def _enter_gradient(node, grad):
    backward = _current()
    if backward is None or not backward.back_prop or backward.grad_state is None:
        return [grad]
    if node.attrs["is_constant"]:
        return [backward.grad_state.summed(node, grad)]
    left = leave(grad)
    backward.loop_exits.append(left)
    backward.ExitResult([left])
    return [left]


raw.RefEnter.gradient(_enter_gradient)


@raw.LoopCond.gradient
def _loop_cond_gradient(node, grad):
    return [None]
