"""Contexts of loops and conditionals, recovered from nodes that were made without them: those of an imported graph.

`tf.gradients` asks for them when it comes to such a loop. For conditionals outside of loops it does without: what the
rules of Switch and Merge then make gives the same values.
"""

from funcfit.tf1.build.contexts import inside, while_context
from funcfit.tf1.build.flow import CondContext
from funcfit.tf1.build.loops import WhileContext
from funcfit.tf1.graph.borders import Branches, frame, is_enter, is_exit, is_loop_merge, is_next_iteration, is_switch
from funcfit.tf1.graph.order import in_order
from funcfit.tf1.opdef import raw


def recover_contexts(graph):
    """Gives the nodes of `graph` that are in no context those in which `while_loop` and `cond` would have made them."""
    nodes = graph.get_operations()
    places = _Places(nodes)
    with graph.as_default(), graph.name_scope(None), graph.control_dependencies(None):  # and outside of all contexts
        contexts = _Contexts(places)
        found = [
            (node, contexts.at(places.home(node)), [contexts.at(places.outer(x)) for x in node.outputs])
            for node in nodes
            if node._get_control_flow_context() is None
        ]
    for node, home, around in found:
        node._set_control_flow_context(home)
        for x, context in zip(node.outputs, around):
            if context is not None:
                context._values.add(x)
        if node.type in ("StackPop", "StackPopV2") and (loop := while_context(node)) is not None:
            loop.of_gradient = True


class _Edges:
    """A whole graph as `Branches` looks at one: without the edges by which loops turn."""

    def inputs(self, node):
        back = is_loop_merge(node)
        return [x for x in node._inputs if not (back and is_next_iteration(x.op))]

    def before(self, node):
        """What a NextIteration or a ControlTrigger waits for may be in branches that it is not in."""
        controls = () if is_next_iteration(node) or node.type == "ControlTrigger" else node._control_inputs
        return [*(x.op for x in self.inputs(node)), *controls]

    def __contains__(self, tensor):
        return False


class _Places(Branches):
    """node -> the loops and branches around it, outermost first. A loop is there as (output of an Enter, None)."""

    def __init__(self, nodes):
        edges = _Edges()
        self._first_enters = {}  # (place around a loop, frame) -> the Enter that stands for the loop
        super().__init__(in_order({node: set(edges.before(node)) for node in nodes}, lambda node: node._id), edges)

    def _found(self, node):
        place = super()._found(node)
        if is_enter(node):
            return (*place, (self._first_enters.setdefault((place, frame(node)), node).outputs[0], None))
        return place[: max(i for i, (_, side) in enumerate(place) if side is None)] if is_exit(node) else place

    def outer(self, tensor):
        return self[tensor.op] if _is_turn_switch(tensor.op) else super().outer(tensor)

    def home(self, node):
        """The place whose context a node has: an Exit that of its loop, a Switch that of the branch it leads to."""
        if is_exit(node):
            return self.outer(node._inputs[0])
        used = [x for x in node.outputs if x._consumers] if is_switch(node) else ()
        return self.outer(used[0]) if len(used) == 1 else self[node]


def _is_turn_switch(node):
    return is_switch(node) and node._inputs[1].op.type == "LoopCond"


class _Contexts:
    """The context of each place that is asked for, with what `tf.gradients` looks at in one."""

    def __init__(self, places):
        self._places, self._made = places, {(): None}
        self._members = {}  # place -> the nodes whose context is its
        self._alive = {}  # branch or loop -> outputs of Switches, alive when it is taken
        for node in places:
            self._members.setdefault(places.home(node), []).append(node)
            if is_switch(node):
                for x in node.outputs[_is_turn_switch(node) :]:
                    self._alive.setdefault(places.outer(x)[-1], []).append(x)

    def at(self, place):
        if place not in self._made:
            with inside(self.at(place[:-1])):
                self._made[place] = self._branch(place) if place[-1][1] is not None else self._loop(place)
        return self._made[place]

    def _branch(self, place):
        predicate, side = place[-1]
        return CondContext(predicate, self._pivot(place), int(side))

    def _loop(self, place):
        enter, members = place[-1][0].op, self._members[place]
        loop = enter._get_control_flow_context()
        if loop is None:
            loop = WhileContext(enter.attrs["parallel_iterations"], True, False, frame(enter))
            loop.name = frame(enter)  # whatever else has that name
            loop.pivot = next(node.outputs[0] for node in members if node.type == "LoopCond")
            loop.pivot_for_pred = next(node.outputs[0] for node in members if is_loop_merge(node))
            loop.pivot_for_body = self._pivot(place)
            loop.loop_exits = [node.outputs[0] for node in members if is_exit(node)]
        return loop

    def _pivot(self, place):
        """A tensor that is alive in all of a branch or turn, and its node dead elsewhere (a Switch is not)."""
        outer = self._places.outer
        # The same predicate may be that of branches elsewhere: those in the fewest others are alive the most.
        alive = sorted(self._alive[place[-1]], key=lambda x: (outer(x) != place, len(outer(x))))
        there = (user.outputs[0] for x in alive for user in x._consumers if user.type == "Identity")
        if (pivot := next(there, None)) is None:
            with alive[0].graph.control_dependencies(None):
                pivot = raw.Identity(alive[0])
        return pivot
