"""Loops, read back from Enter, Merge, Switch, NextIteration and Exit.

In a plan the LoopCond node stands for its whole loop: it waits for the Enters, and the Exits wait for it. What is
inside is two plans of its own, the condition's and the turn's, over the values that the loop's boundary nodes give.
"""

from dataclasses import dataclass, field

from funcfit.tf1.graph.borders import condition_of, frame, is_enter, is_exit, is_loop_merge, is_switch, switch_before
from funcfit.tf1.graph.node import Operation


class ByTurn(Exception):
    """A loop cannot be compiled as one: its condition's node is `condition`. The session plans again."""

    def __init__(self, condition):
        super().__init__(condition.name)
        self.condition = condition


class Given(frozenset):
    """The tensors whose values a plan is given: fed ones, and inside a loop those of its boundary nodes.

    `boundary` are these nodes, `windows` those of them through which a turn sees a variable as it is at the time.
    `loops` (LoopCond -> Loop) and `exits` (Exit -> LoopCond) are the plan's own loops, which `needed` finds.
    """

    def __new__(cls, fed, boundary=(), windows=()):
        made = super().__new__(cls, {*fed, *(x for node in boundary for x in node.outputs)})
        made.boundary, made.windows, made.loops, made.exits = frozenset(boundary), frozenset(windows), {}, {}
        return made

    def inputs(self, node):
        """The tensors a node takes in this plan: a loop takes what enters it, its exits nothing."""
        if node in self.loops:
            return [enter.outputs[0] for enter in self.loops[node].enters]
        return () if node in self.exits else node._inputs

    def before(self, node):
        """The nodes that must run before `node`: what makes its inputs, and its control inputs (a placeholder that is
        fed is over and done with).
        """
        if node in self.exits:
            return [self.exits[node]]
        before = [x.op for x in self.inputs(node) if x not in self]
        if node not in self.loops:
            before += self.controls(node)
        return before

    def controls(self, node):
        return [
            c
            for c in node._control_inputs
            if c not in self.boundary and not (c.type in ("Placeholder", "PlaceholderV2") and c.outputs[0] in self)
        ]


@dataclass(eq=False)
class Variable:
    """A loop variable: what enters, the Merge that shows it to the condition, the Switch that shows it to the turn
    (None when the turn does not look), the NextIteration, and the Exit when it is wanted.
    """

    enter: Operation
    merge: Operation
    next: Operation
    switch: Operation | None = None
    exit: Operation | None = None


@dataclass(eq=False)
class Loop:
    """The part of one loop that a run needs. It grows while the plan finds out which variables these are (`need`)."""

    condition: Operation  # the LoopCond
    variables: dict = field(default_factory=dict)  # Merge -> Variable
    enters: dict = field(default_factory=dict)  # Enter nodes of variables and constants, as an ordered set
    windows: list = field(default_factory=list)  # the Enters by which a turn sees a variable as it is at the time
    by_turn: bool = False  # runs turn by turn, as programs of their own
    reads: list = field(default_factory=list)  # cells that a turn looks at as it finds them
    writes: list = field(default_factory=list)  # cells that a turn writes and leaves to the next
    test: object = None  # the plan of the condition
    turn: object = None  # the plan of the body
    programs: list = field(default_factory=list)  # the same as programs of their own, once it runs turn by turn
    _seen: set = field(default_factory=set)
    _inner: dict = field(default_factory=dict)  # LoopCond -> Loop, for the loops inside

    def need(self, exit):
        """Makes sure of what the variable that leaves by `exit` needs; gives the Enters found new."""
        known = len(self.enters)
        switch = switch_before(exit)
        if not self.variables:
            self._frame = frame(next(x.op for x in switch._inputs[0].op._inputs if is_enter(x.op)))
            self._follow([self.condition._inputs[0].op])
        self._follow([switch])
        variable = self.variables[switch._inputs[0].op]
        variable.switch, variable.exit = switch, exit
        return list(self.enters)[known:]

    def _follow(self, todo):
        """Goes up from nodes inside to the loop's Enters, and round through the variables on the way."""
        while todo:
            node = todo.pop()
            if node in self._seen:
                continue
            self._seen.add(node)
            if is_enter(node) and frame(node) == self._frame:
                self.enters[node] = None
            elif is_loop_merge(node):
                enter = next(x.op for x in node._inputs if is_enter(x.op))
                following = next(x.op for x in node._inputs if not is_enter(x.op))
                self.enters[enter] = None
                self.variables[node] = Variable(enter, node, following)
                todo += [following._inputs[0].op, *following._control_inputs, enter]
            elif is_switch(node) and node._inputs[1].op is self.condition:
                self._follow([node._inputs[0].op])
                self.variables[node._inputs[0].op].switch = node
            elif is_exit(node):
                condition = condition_of(node)
                todo += self._inner.setdefault(condition, Loop(condition)).need(node)
            else:
                todo += [x.op for x in node._inputs]
                todo += node._control_inputs

    @property
    def boundary(self):
        """The nodes whose outputs a turn is given."""
        merges = [v.merge for v in self.variables.values()]
        switches = [v.switch for v in self.variables.values() if v.switch is not None]
        return [*self.enters, *merges, *switches]

    def given(self):
        """What the plans of the inside are given."""
        return Given((), self.boundary, self.windows)

    @property
    def results(self):
        """What a turn works out: each variable's next value, then the nodes that must have run besides."""
        nexts = [v.next for v in self.variables.values()]
        return [n._inputs[0] for n in nexts], list(dict.fromkeys(c for n in nexts for c in n._control_inputs))
