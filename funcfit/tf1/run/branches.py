"""Conditionals, read back from Switch and Merge: which branch a node is in, and a stage's nodes as nested steps.

A node is dead, and does nothing, when the predicate of one of the branches around it chose the other side. The nodes
alone tell: a Switch opens a branch at each output, what depends on it is inside, and a Merge closes the branches that
its inputs do not share.
"""

from dataclasses import dataclass


class Contexts(dict):
    """node -> the branches it is in, outermost first: a tuple of (predicate tensor, side)."""

    def __init__(self, fed):
        super().__init__()
        self._fed = fed

    def outer(self, tensor):
        """The branches that `tensor` is in: its node's, and the side a Switch output opens."""
        context = self[tensor.op]
        if tensor.op.type in ("Switch", "RefSwitch"):
            context = (*context, (self.predicate(tensor.op), bool(tensor.value_index)))
        return context

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


@dataclass
class Conditional:
    """Nodes that run on one side of a predicate only. `merges` take the value of the side that ran; `gives` are the
    keys used outside.
    """

    predicate: object
    version: object  # of the predicate's cell, when it shows one
    sides: dict  # bool -> steps
    merges: list  # (Merge, {side: position of its input})
    gives: list


def branch_contexts(order, fed):
    contexts, position = Contexts(fed), {node: i for i, node in enumerate(order)}
    for node in order:
        around = [contexts.outer(x) for x in fed.inputs(node) if x not in fed]
        if is_merge(node):
            contexts[node] = _shared([context for context in around if possible(context)])
            continue
        around += [contexts[c] for c in fed.before(node)]
        context = max(around, key=len, default=())
        if any(other != context[: len(other)] for other in around):
            union = dict.fromkeys(branch for each in around for branch in each)
            context = tuple(sorted(union, key=lambda branch: position.get(branch[0].op, -1)))
        contexts[node] = context
    return contexts


def is_merge(node):
    return node.type in ("Merge", "RefMerge")


def possible(context):
    """False for what is in both branches of one predicate, and so never alive (gradients taken inside a branch make
    such nodes).
    """
    return not any((predicate, not side) in context for predicate, side in context)


def _shared(contexts):
    if not contexts:
        return ()
    shared = []
    for branches in zip(*contexts):
        if any(b != branches[0] for b in branches):
            break
        shared.append(branches[0])
    return tuple(shared)


def scheduled(stage, made, contexts, fed, needs, ends):
    """The stage's nodes as steps: nodes, and Conditionals that hold as many nodes as can run together.

    `needs` maps nodes to the keys they use; `ends` are the keys wanted when the stage is over.
    """
    if not any(contexts[node] or is_merge(node) for node in stage.nodes):
        return [made.loops.get(node, node) for node in stage.nodes]
    return _Scheduler(stage, made, contexts, fed, needs, ends).steps(stage.nodes, 0)


class _Scheduler:
    def __init__(self, stage, made, contexts, fed, needs, ends):
        self.stage, self.made, self.contexts, self.fed, self.ends = stage, made, contexts, fed, ends
        self.users = {}  # key -> the nodes of the stage that use it
        for node in stage.nodes:
            for key in needs[node]:
                self.users.setdefault(key, set()).add(node)

    def _waits(self, node):
        waits = set(self.fed.before(node))
        waits.update(w for w in self.made.uses[node].values() if w is not None)
        return waits

    def steps(self, nodes, depth):
        steps, done, remaining = [], set(), list(nodes)
        here = set(nodes)
        waits = {node: self._waits(node) & here for node in nodes}
        while remaining:
            left = []
            for node in remaining:
                if len(self.contexts[node]) <= depth and waits[node] <= done and not self._closes(node, depth):
                    steps.append(self.made.loops.get(node, node))
                    done.add(node)
                else:
                    left.append(node)
            if len(left) == len(remaining):
                conditional, inside = self._conditional(left, depth, waits, done)
                steps.append(conditional)
                done |= inside
                left = [node for node in left if node not in inside]
            remaining = left
        return steps

    def _closes(self, node, depth):
        """A Merge of branches that open at this depth runs as the end of their conditional."""
        return is_merge(node) and any(len(context) > depth for context in self._sources(node).values())

    def _sources(self, merge):
        """The branches of each input that can be alive, by its position."""
        contexts = {i: self.contexts.outer(x) for i, x in enumerate(merge._inputs)}
        return {i: context for i, context in contexts.items() if possible(context)}

    def _conditional(self, remaining, depth, waits, done):
        first = remaining[0]
        if len(self.contexts[first]) > depth:
            predicate = self.contexts[first][depth][0]
        else:
            predicate = next(context[depth][0] for context in self._sources(first).values() if len(context) > depth)
        inside, merges = set(), []
        for node in remaining:
            if not waits[node] <= done | inside:
                continue
            context = self.contexts[node]
            if len(context) > depth and context[depth][0] is predicate:
                inside.add(node)
            elif len(context) == depth and is_merge(node):
                sources = self._sources(node)
                if all(len(source) > depth and source[depth][0] is predicate for source in sources.values()):
                    inside.add(node)
                    merges.append((node, {source[depth][1]: i for i, source in sources.items()}))
        if not inside:
            raise NotImplementedError(
                f"{first.name} ({first.type}) merges branches of different predicates; funcfit cannot run that"
            )
        sides = {}
        for side in (True, False):
            members = [
                n
                for n in remaining
                if n in inside and len(self.contexts[n]) > depth and self.contexts[n][depth][1] is side
            ]
            sides[side] = self.steps(members, depth + 1)
        return Conditional(predicate, self._version(predicate), sides, merges, self._gives(inside)), inside

    def _version(self, predicate):
        switch = next(
            n for n in self.made.nodes if n.type in ("Switch", "RefSwitch") and self.contexts.predicate(n) is predicate
        )
        return self.made.uses[switch].get(1)

    def _gives(self, inside):
        """The keys made inside that anything outside uses: other nodes, later stages, the state, and writes that
        replace them.
        """
        wanted = set(self.ends)
        for node in self.stage.nodes:
            written = self.made.writes(node)
            wanted.update((cell, self.made.final[cell]) for cell in written)
            if node not in inside:
                wanted.update((cell, self.made.previous[cell, node]) for cell in written)
        keys = [x for node in inside for x in node.outputs] + [
            (cell, node) for node in inside for cell in self.made.writes(node)
        ]
        return [key for key in keys if key in wanted or self.users.get(key, set()) - inside]
