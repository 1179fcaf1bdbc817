"""The nodes at the borders of loops and conditionals: what each is, and which branches a node is in.

A node is dead, and does nothing, when the predicate of one of the branches around it chose the other side. The nodes
alone tell: a Switch opens a branch at each output, what depends on it is inside, and a Merge closes the branches that
its inputs do not share.
"""


def is_switch(node):
    return node.type in ("Switch", "RefSwitch")


def is_merge(node):
    return node.type in ("Merge", "RefMerge")


def is_enter(node):
    return node.type in ("Enter", "RefEnter")


def is_exit(node):
    return node.type == "Exit"


def is_next_iteration(node):
    return node.type == "NextIteration"


def is_constant_enter(node):
    return is_enter(node) and node.attrs["is_constant"]


def is_loop_merge(node):
    return is_merge(node) and any(is_next_iteration(x.op) for x in node._inputs)


def frame(enter):
    return enter.attrs["frame_name"]


def switch_before(exit):
    """The Switch at which a loop variable leaves by `exit`; gates of gradients may stand between them."""
    node = exit._inputs[0].op
    while node.type in ("Identity", "RefIdentity"):
        node = node._inputs[0].op
    return node


def condition_of(exit):
    """The LoopCond of the loop that `exit` leaves."""
    return switch_before(exit)._inputs[1].op


class Branches(dict):
    """node -> the branches it is in, outermost first: a tuple of (predicate tensor, side).

    `order` are the nodes; `fed` are the tensors that come from elsewhere, and tells what a node takes (`inputs`) and
    waits for (`before`).
    """

    def __init__(self, order, fed):
        super().__init__()
        self._fed, self._position = fed, {node: i for i, node in enumerate(order)}
        for node in order:
            self[node] = self._found(node)

    def _found(self, node):
        around = [self.outer(x) for x in self._fed.inputs(node) if x not in self._fed]
        if is_merge(node):
            return _shared([branches for branches in around if possible(branches)])
        around += [self[c] for c in self._fed.before(node)]
        deepest = max(around, key=len, default=())
        if all(other == deepest[: len(other)] for other in around):
            return deepest
        union = dict.fromkeys(branch for each in around for branch in each)
        return tuple(sorted(union, key=lambda branch: self._position.get(branch[0].op, -1)))

    def outer(self, tensor):
        """The branches that `tensor` is in: its node's, and the side a Switch output opens."""
        branches = self[tensor.op]
        if is_switch(tensor.op):
            branches = (*branches, (self.predicate(tensor.op), bool(tensor.value_index)))
        return branches

    def predicates(self, node):
        """What must be known to run `node`: the predicates of its branches and, for a Merge, of those it closes."""
        around = [self[node]] + ([self.outer(x) for x in node._inputs if x not in self._fed] if is_merge(node) else [])
        return dict.fromkeys(predicate for branches in around for predicate, _ in branches)

    def predicate(self, switch):
        """What a Switch decides by; the Identities through which a cond's Switches name it make no difference."""
        tensor = switch._inputs[1]
        while tensor not in self._fed and tensor.op.type == "Identity":
            tensor = tensor.op._inputs[0]
        return tensor


def possible(branches):
    """False for what is in both branches of one predicate, and so never alive (gradients taken inside a branch make
    such nodes).
    """
    return not any((predicate, not side) in branches for predicate, side in branches)


def _shared(paths):
    if not paths:
        return ()
    shared = []
    for branches in zip(*paths):
        if any(b != branches[0] for b in branches):
            break
        shared.append(branches[0])
    return tuple(shared)
