"""How many turns a loop takes and which of its variables count them, as far as its nodes and what enters it tell."""

import math

import numpy as np

from funcfit.tf1.graph.borders import is_loop_merge


class Counting:
    """What is known of a loop's variables. `value(tensor)` gives what the trace has for a tensor outside: a NumPy array
    where it is known.

    constant  the variables that no turn changes
    steps     variable -> by how much it grows in a turn: whole numbers that count from a known one
    """

    def __init__(self, loop, value):
        self.loop, self._value = loop, value
        variables = list(loop.variables.values())
        self.constant = [v for v in variables if self._source(v.next._inputs[0]) is v.merge]
        self.steps = {v: step for v in variables if (step := self._step(v)) is not None}

    def turns(self):
        """The number of turns (inf: unknown), and whether it is exact or a bound."""
        return self._turns_until(self.loop.condition._inputs[0])

    def only_grows(self, variable):
        """True for a variable of which the turns know only that they add rows at its end."""
        following = variable.next._inputs[0].op
        if following.type != "ConcatV2" or len(following._inputs) != 3 or self._known(following._inputs[2]) != 0:
            return False
        first, second = (self._source(x) for x in following._inputs[:2])
        if first is not variable.merge or second is variable.merge:
            return False
        inside, todo = {*self.loop.turn.nodes, *self.loop.test.nodes}, [variable.merge, variable.switch]
        while todo:
            users = {user for x in todo.pop().outputs for user in x._consumers if user in inside} - {following}
            if any(user.type != "Identity" for user in users):
                return False
            todo += users
        return True

    def _source(self, tensor):
        """The node whose value `tensor` shows: through the Switches and Identities of the loop."""
        while tensor.op.type in ("Switch", "Identity") and tensor.op not in self.loop.enters:
            tensor = tensor.op._inputs[0]
        return tensor.op

    def _known(self, tensor):
        """A scalar whole number that no turn changes, when it is known."""
        node = self._source(tensor)
        if node.type == "Const":
            return _whole(node.attrs["value"])
        if node in self.loop.enters:
            return _whole(self._value(node.outputs[0]))
        if is_loop_merge(node) and self.loop.variables.get(node) in self.constant:
            return _whole(self._value(self.loop.variables[node].enter.outputs[0]))
        return None

    def _first(self, variable):
        return _whole(self._value(variable.enter.outputs[0]))

    def _step(self, variable):
        """By how much a counting variable grows in a turn; None for one that does not count from a known number."""
        node = self._source(variable.next._inputs[0])
        if node.type not in ("Add", "AddV2", "Sub") or self._first(variable) is None:
            return None
        a, b = node._inputs
        if self._source(a) is variable.merge and (step := self._known(b)) is not None:
            return -step if node.type == "Sub" else step
        if node.type != "Sub" and self._source(b) is variable.merge:
            return self._known(a)
        return None

    def _turns_until(self, tensor):
        """The turns after which `tensor` no longer holds, as `turns` gives them."""
        node = self._source(tensor)
        if node.type == "Const" and not node.attrs["value"].all():
            return 0, True
        if node.type == "LogicalAnd":
            sides = [self._turns_until(x) for x in node._inputs]
            return min(count for count, _ in sides), all(exact for _, exact in sides)
        if node.type not in ("Less", "LessEqual", "Greater", "GreaterEqual"):
            return math.inf, False
        (a, step), (b, other) = (self._line(x) for x in node._inputs)
        if a is None or b is None:
            return math.inf, False
        # a + k * step < b + k * other, as a distance that shrinks
        distance, pace = (b - a, step - other) if node.type.startswith("Less") else (a - b, other - step)
        distance += node.type.endswith("Equal")
        if distance <= 0:
            return 0, True
        return (-(-distance // pace), True) if pace > 0 else (math.inf, False)

    def _line(self, tensor):
        """(first, step) of a whole number that grows evenly; (None, None) for any other tensor."""
        variable = self.loop.variables.get(self._source(tensor))
        if variable is not None and variable in self.steps:
            return self._first(variable), self.steps[variable]
        known = self._known(tensor)
        return (None, None) if known is None else (known, 0)


def _whole(value):
    """A known scalar whole number as an int, None for anything else."""
    known = isinstance(value, (np.ndarray, np.generic))
    return int(value) if known and value.ndim == 0 and value.dtype.kind in "iu" else None
