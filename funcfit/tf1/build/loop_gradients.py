"""What `tf.gradients` keeps of the loops it goes through, in the node order of TensorFlow 1.1.0.

The gradient of a loop is a second loop, which counts the turns of the first down (`LoopGradient`). What it needs of a
turn the first loop pushes on a stack, and the second pops it. What arrives at a constant of the loop is summed over the
turns. `LoopGradients` are the loops that one call of `tf.gradients` goes through.
"""

from funcfit.tf1.build.contexts import (
    inside,
    is_loop_switch,
    leave,
    merge,
    next_iteration,
    output_context,
    outside,
    switch,
    switch_ref_or_tensor,
    while_context,
)
from funcfit.tf1.build.flow import CondContext
from funcfit.tf1.build.loops import WhileContext
from funcfit.tf1.build.recovered import recover_contexts
from funcfit.tf1.graph.borders import is_constant_enter, is_switch
from funcfit.tf1.graph.graph import colocate_with, control_dependencies, get_default_graph
from funcfit.tf1.graph.node import IndexedSlices, Tensor
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import raw, tf


class LoopGradient:
    """One loop (`forward`) and the loop of its gradient (`backward`); `outer` is the same of the loop around it.

    Changes while gradients are made: both loops get nodes.
    """

    def __init__(self, forward, outer):
        self.forward, self.outer = forward, outer
        self.real_values = {}  # tensor of the forward loop -> what gives it in the backward loop
        self.merges = {}  # Switch of the forward loop -> the Merge of its gradient
        self.exits = list(forward.loop_exits)
        self.pending_exits = len(self.exits)
        self.deferred_exits, self.unused_exits = [], []
        self._forward_sync = self._sync = None
        around = forward.outer_context if outer is None else outer.forward
        with inside(around):
            turns, self._forward_index = self._count_turns()
        if outer is not None:
            around._values.add(turns)
            history = outer.pushed(turns)
            around = outer.backward
        with inside(around):
            self.backward = WhileContext(
                forward.parallel_iterations, forward.back_prop, forward.swap_memory, forward.name, self
            )
            self._index = self._count_down(turns if outer is None else outer.popped(history, turns))

    def _count_turns(self):
        """Adds a counter to the forward loop: how many turns it made, and the counter's NextIteration."""
        zero = tf.constant(0, name="f_count")
        if self.outer is not None:  # the pushes of one run of this loop come before those of the next
            zero.op._add_control_input(self.outer._forward_index.op._inputs[0].op)
        forward = self.forward
        with inside(forward):
            forward._values.add(zero)
            first = forward.entered(zero, name="f_count")
            merged = merge([first, first])[0]
            done, on = switch(merged, forward.pivot)
            following = next_iteration(tf.add(on, 1))
            merged.op._update_input(1, following)
            return self._left(forward, done, "f_count"), following

    def _count_down(self, turns):
        """The backward loop, with a counter from `turns` to zero."""
        one = tf.constant(1, name="b_count")
        backward = self.backward
        with inside(backward):
            backward._values.add(turns)
            first = backward.entered(turns, name="b_count")
            merged = merge([first, first])[0]
            backward.pivot_for_pred = merged
            backward.pivot = raw.LoopCond(tf.greater_equal(merged, one), name="b_count")
            done, on = switch(merged, backward.pivot)
            index = tf.subtract(on, one)
            backward.pivot_for_body = index
            following = next_iteration(index)
            merged.op._update_input(1, following)
            left = leave(done, name="b_count")
            backward.loop_exits.append(left)
            if self.outer is not None:  # the pops of one run of this loop come before those of the next
                self.outer.sync._add_control_input(left.op)
            backward.ExitResult([left])
            return following

    @staticmethod
    def _left(context, tensor, name):
        left = leave(tensor, name=name)
        context.loop_exits.append(left)
        context.ExitResult([left])
        return left

    @property
    def forward_sync(self):
        """A node that each turn of the forward loop waits for: pushes of conditionals come before it."""
        if self._forward_sync is None:
            self._forward_sync = self._trigger("f_sync", self.forward, self._forward_index)
        return self._forward_sync

    @property
    def sync(self):
        """The same of the backward loop: pops come before it."""
        if self._sync is None:
            self._sync = self._trigger("b_sync", self.backward, self._index)
        return self._sync

    @staticmethod
    def _trigger(name, context, index):
        with control_dependencies(None):
            node = raw.ControlTrigger(name=name)
        node.graph.prevent_fetching(node)  # TF forgets to: it has nothing to give outside of its loop
        node._set_control_flow_context(context)
        index.op._add_control_input(node)
        return node

    # -- values of the forward loop in the backward loop --

    def real_value(self, value):
        """What gives, in the backward loop, `value` as it was in that turn of the forward loop. Called inside the
        backward loop.
        """
        if value not in self.real_values:
            self.real_values[value] = self._real_value(value)
        return self.real_values[value]

    def _real_value(self, value):
        state = self
        while (entry := _constant_enter(value)) is not None:
            value, state = entry._inputs[0], state.outer
            if state is None:  # it comes from outside of all the loops, the same in all turns
                return self.backward.AddValue(value)
        with outside(self.backward):
            history = state.pushed(value)
        popped = state.popped(history, value)
        return popped if state is self else self.backward.AddValue(popped)

    def pushed(self, value, dead_branch=False):
        """A stack on which each turn of the forward loop pushes `value`. Called where gradients are asked for.

        `dead_branch`: `value` belongs to the side of a conditional that is not taken.
        """
        current, forward = get_default_graph()._get_control_flow_context(), self.forward
        with control_dependencies(None):
            with inside(current), colocate_with(value):
                stack = raw.Stack(value.dtype.base_dtype, name="f_acc")
            entered = forward.AddValue(stack)
            context = output_context(value.op)
            if context is not forward and not isinstance(context, CondContext):
                raise TypeError(f"value_ctxt is not a CondContext: {context}")
            with inside(context.outer_context if dead_branch else context):
                push = raw.StackPush(entered, value, swap_memory=forward.swap_memory).op
            if dead_branch:
                push._set_control_flow_context(context)
            # In each turn after the counter's step, and before the next turn.
            (self._forward_index.op if context is forward else self.forward_sync)._add_control_input(push)
            push._add_control_input(self._forward_index.op._inputs[0].op)
        return stack

    def popped(self, stack, value, dead_branch=False):
        """What the backward loop pops from the stack on which `value` was pushed; in a conditional as the push was."""
        with control_dependencies(None), inside(self.backward):
            context = _cond_between(value.op._get_control_flow_context(), stack.op._get_control_flow_context())
            if context is not None:
                side = 1 - context.branch if dead_branch else context.branch
                stack = switch_ref_or_tensor(stack, self._real_pred(context.pred))[side]
            pop = raw.StackPop(stack, elem_type=value.dtype.base_dtype)
            pop.set_shape(value.shape)
        if self.backward.parallel_iterations > 1:
            self.sync._add_control_input(pop.op)
        return pop

    def _real_pred(self, pred):
        state = self
        while state is not None:
            if pred in state.real_values:
                return state.real_values[pred]
            state = state.outer
        return pred

    def real_pred(self, pred):
        """The predicate of a conditional in the forward loop, in the backward loop. Called inside the backward loop."""
        if pred not in self.real_values:
            with outside(self.backward):
                history = self.pushed(pred)
            self.real_values[pred] = self.popped(history, pred)
        return self.real_values[pred]

    # -- sums over the turns --

    def summed(self, node, grad):
        """The sum over the turns of the gradient of a constant Enter. Called inside the backward loop."""
        return (self._summed_tensor if isinstance(grad, Tensor) else self._summed_slices)(node, grad)

    def _summed_tensor(self, node, grad):
        backward = self.backward
        with outside(backward):
            zero = self._zeros_outside(node._inputs[0], grad)
        backward._values.add(zero)
        first = backward.entered(zero, name="b_acc")
        merged = merge([first, first], name="b_acc")[0]
        done, on = switch(merged, backward.pivot)
        merged.op._update_input(1, next_iteration(tf.add(on, grad)))
        return self._left(backward, done, "b_acc")

    def _zeros_outside(self, value, grad):
        """Zeros to start a sum from, outside of the loops."""
        around = self.backward.outer_context
        if grad.shape.is_fully_defined():
            with inside(around):
                return tf.constant(0, dtype=grad.dtype, shape=grad.shape, name="b_acc")
        if isinstance(around, WhileContext) and around.grad_state is not None:
            with inside(self.forward.outer_context):
                shape = raw.Shape(value)
            history = self.outer.pushed(shape)
            with inside(around):
                zeros = tf.zeros(self.outer.popped(history, shape), grad.dtype)
        else:
            with inside(around):
                zeros = tf.zeros(raw.Shape(value), grad.dtype)
        zeros._static = grad.shape
        return zeros

    def _summed_slices(self, node, grad):
        """As `_summed_tensor`: the rows of all turns, one after the other, below one row of zeros."""
        backward = self.backward
        with outside(backward), inside(backward.outer_context):
            starts = self._no_rows(node._inputs[0], grad)
        backward._values.update(starts)
        entered = [backward.entered(x, name="b_acc") for x in starts]
        merged = [merge([x, x], name="b_acc")[0] for x in entered]
        switched = [switch(x, backward.pivot) for x in merged]
        sums = [tf.concat([on, x], 0) for (_, on), x in zip(switched, (grad.indices, grad.values))]
        if grad.dense_shape is not None:
            sums.append(tf.maximum(grad.dense_shape, switched[2][1]))
        for x, following in zip(merged, [next_iteration(x) for x in sums]):
            x.op._update_input(1, following)
        left = [leave(done, name="b_acc") for done, _ in switched]
        backward.loop_exits.extend(left)
        backward.ExitResult(left)
        return IndexedSlices(left[1], left[0], left[2] if len(left) == 3 else None)

    @staticmethod
    def _no_rows(value, grad):
        """[indices, values, dense_shape] of IndexedSlices that add nothing."""
        if grad.values.shape.is_fully_defined():
            row = TensorShape([1]).concatenate(grad.values.shape[1:])
            values = tf.constant(0, dtype=grad.values.dtype, shape=row, name="b_acc")
        else:
            values = tf.zeros(tf.concat([[1], raw.Shape(value)[1:]], 0), dtype=grad.values.dtype)
        parts = [tf.constant([0], dtype=grad.indices.dtype), values]
        if grad.dense_shape is not None:
            shape = grad.dense_shape.shape
            known = shape.is_fully_defined()
            parts.append(
                tf.constant(0, dtype=grad.dense_shape.dtype, shape=shape)
                if known
                else tf.zeros_like(raw.Shape(value), optimize=False)
            )
        return parts

    def finish(self):
        """Where a loop variable's value in one turn does not depend on that in the turn before, nothing came for its
        Merge's second input: zeros.
        """
        for merged in self.merges.values():
            first, second = merged.op._inputs
            if first is not second:
                continue
            if first.shape.is_fully_defined():
                with inside(self.backward):
                    following = next_iteration(tf.constant(0, dtype=first.dtype, shape=first.shape))
            else:
                with inside(self.backward.outer_context):
                    zeros = tf.zeros(raw.Shape(first.op._inputs[0]), dtype=first.dtype)
                with inside(self.backward):
                    following = next_iteration(zeros)
            merged.op._update_input(1, following)


def _constant_enter(value):
    """The Enter by which `value`, the same in all turns, came into its loop; None when it did not."""
    node = value.op
    while node.type in ("Switch", "RefSwitch", "Identity", "RefIdentity"):
        node = node._inputs[0].op
    return node if is_constant_enter(node) else None


def _cond_between(context, outer):
    """The innermost branch from `context` out to `outer`, or None."""
    while context is not None and context is not outer:
        if isinstance(context, CondContext):
            return context
        context = context.outer_context
    return None


def _around(context):
    """The loop around a loop's context, or None."""
    return None if context.outer_context is None else context.outer_context.GetWhileContext()


class LoopGradients:
    """The loops that one call of `tf.gradients` goes through, each with its LoopGradient."""

    def __init__(self):
        self._of = {}  # forward loop -> LoopGradient

    def add(self, node):
        """Takes the loop of an Exit: the exits to differentiate with it, none when the loop is known already."""
        if node._get_control_flow_context() is None:
            recover_contexts(node.graph)
        forward = while_context(node)
        if forward in self._of:
            return []
        self._of[forward] = LoopGradient(forward, self._of.get(_around(forward)))
        return self._of[forward].exits

    def of(self, node, leaving=False):
        """The LoopGradient of the loop that a node is in (`leaving`: that its outputs are in); None outside of them."""
        return self._of.get(while_context(node, leaving))

    def inside(self, node, leaving=False):
        """A with-block inside the backward loop in which the node's gradient belongs."""
        state = self.of(node, leaving)
        return inside(None if state is None else state.backward)

    def exits_without_gradient(self, pending, ys):
        """Exits of loops through which a gradient comes to none of the exits but those of `ys` (a set of nodes)."""
        found = []
        for state in self._of.values():
            for x in state.exits:
                if not pending[x.op]:
                    state.pending_exits -= 1
                    if x.op not in ys:
                        state.unused_exits.append(x)
                    if not state.pending_exits:
                        found += state.unused_exits
        return found

    def zeros_for_exit(self, value):
        """A zero gradient for an Exit that nothing uses: its loop variable may matter to the others."""
        forward = value.op._get_control_flow_context()
        outer = self._of.get(_around(forward))
        if outer is None:
            return (
                tf.zeros(value.shape, value.dtype)
                if value.shape.is_fully_defined()
                else tf.zeros_like(value, optimize=False)
            )
        if value.shape.is_fully_defined():
            with inside(outer.backward):
                return tf.zeros(value.shape, value.dtype)
        with inside(forward.outer_context):
            shape = raw.Shape(value)
        history = outer.pushed(shape)
        with inside(outer.backward):
            return tf.zeros(outer.popped(history, shape), value.dtype)

    def zeros_like_output(self, node, index):
        """Zeros for an output that no y depends on; None for a loop's Switch, whose sides are taken one by one.

        For a Switch into a branch they belong to the other branch, as its Merge expects.
        """
        context, value = node._get_control_flow_context(), node.outputs[index]
        if is_loop_switch(node):
            return None
        state = self.of(node)
        dead_branch = is_switch(node) and context is not None
        if state is None:
            if not dead_branch:
                return tf.zeros_like(value, optimize=False)
            other = switch(node._inputs[0], context.pred)[1 - context.branch]
            return tf.zeros(raw.Shape(other), dtype=value.dtype)
        if value.shape.is_fully_defined():
            zeros = tf.constant(0, dtype=value.dtype, shape=value.shape)
            if dead_branch:
                zeros = switch_ref_or_tensor(zeros, state.real_values[context.pred])[1 - context.branch]
            return zeros
        if dead_branch:
            with inside(context.outer_context):
                other = switch_ref_or_tensor(node._inputs[0], context.pred)[1 - context.branch]
                shape = raw.Shape(other)
            other.op._set_control_flow_context(context)
            shape.op._set_control_flow_context(context)
        else:
            with inside(context):
                shape = raw.Shape(value)
        with outside(state.backward):
            history = state.pushed(shape, dead_branch)
        return tf.zeros(state.popped(history, shape, dead_branch), value.dtype)

    def finish(self):
        for state in self._of.values():
            state.finish()
