"""Gradients of Switch, Merge and of loops' nodes."""

from funcfit.tf1.build.contexts import merge, switch, switch_ref_or_tensor
from funcfit.tf1.build.flow import CondContext
from funcfit.tf1.opdef import raw, tf


@raw.Switch.gradient
def _switch_gradient(node, *grads):
    context = node._get_control_flow_context()
    if isinstance(context, CondContext):
        return [merge([grads[context.branch], grads[1 - context.branch]], name="cond_grad")[0], None]
    false_grad = switch(grads[0], node.inputs[1])[0]
    true_grad = switch(grads[1], node.inputs[1])[1]
    return [merge([false_grad, true_grad])[0], None]


raw.RefSwitch.gradient(_switch_gradient)


@raw.Merge.gradient
def _merge_gradient(node, grad, _):
    source = node.inputs[0].op
    context = source._get_control_flow_context()
    if isinstance(context, CondContext):
        return list(switch_ref_or_tensor(grad, context.pred, name="cond_grad"))
    return [tf.where(tf.equal(node.outputs[1], i), grad, tf.zeros_like(grad)) for i in range(len(node.inputs))]


raw.RefMerge.gradient(_merge_gradient)
