"""Conditionals, read back from Switch and Merge (graph/borders.py): a stage's nodes as nested steps."""

import heapq
from dataclasses import dataclass

from funcfit.tf1.graph.borders import is_merge, is_switch, possible


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


def scheduled(stage, made, contexts, fed, needs, ends):
    """The stage's nodes as steps: nodes, and Conditionals that hold as many nodes as can run together.

    `needs` maps nodes to the keys they use; `ends` are the keys wanted when the stage is over.
    """
    if not any(contexts[node] or is_merge(node) for node in stage.nodes):
        return [made.loops.get(node, node) for node in stage.nodes]
    return _Scheduler(stage, made, contexts, fed, needs, ends).steps(stage.nodes, 0)


class _Scheduler:
    def __init__(self, stage, made, contexts, fed, needs, ends):
        self.made, self.contexts, self.fed, self.ends = made, contexts, fed, ends
        self.number = {node: i for i, node in enumerate(stage.nodes)}
        self.users = {}  # key -> the nodes of the stage that use it
        for node in stage.nodes:
            for key in needs[node]:
                self.users.setdefault(key, set()).add(node)
        self.writes = {node: written for node in stage.nodes if (written := made.writes(node))}
        self.replacing = {}  # a cell's version -> the write that replaces it
        for node, written in self.writes.items():
            self.replacing.update(((cell, made.previous[cell, node]), node) for cell in written)
        self.switches = {}  # predicate -> the first Switch that decides by it
        for node in made.nodes:
            if is_switch(node):
                self.switches.setdefault(contexts.predicate(node), node)

    def _waits(self, node):
        waits = set(self.fed.before(node))
        waits.update(w for w in self.made.uses[node].values() if w is not None)
        return waits

    def steps(self, nodes, depth):
        steps, waiting = [], _Waiting(self, nodes, depth)
        while waiting.any():
            for node in waiting.taken(None):
                steps.append(self.made.loops.get(node, node))
                waiting.done(node)
            if waiting.any():
                steps.append(self._conditional(waiting, depth))
        return steps

    def predicate(self, node, depth):
        """What a node at this depth must wait for: the predicate of its branch, or that of the branches which a Merge
        closes; None for one that is in no conditional.
        """
        context = self.contexts[node]
        if len(context) > depth:
            return context[depth][0]
        if not is_merge(node):
            return None
        return next((context[depth][0] for context in self._sources(node).values() if len(context) > depth), None)

    def _sources(self, merge):
        """The branches of each input that can be alive, by its position."""
        contexts = {i: self.contexts.outer(x) for i, x in enumerate(merge._inputs)}
        return {i: context for i, context in contexts.items() if possible(context)}

    def _conditional(self, waiting, depth):
        """All that can run in one conditional with the first node that waits for one."""
        first, predicate = waiting.first()
        inside, merges, left = {}, [], []
        for node in waiting.taken(predicate):
            if len(self.contexts[node]) == depth:
                chosen = self._chosen(node, predicate, depth)
                if not chosen:
                    left.append(node)
                    continue
                merges.append((node, chosen))
            inside[node] = None
            waiting.done(node)
        if not inside:
            raise NotImplementedError(
                f"{first.name} ({first.type}) merges branches of different predicates; funcfit cannot run that"
            )
        for node in left:
            waiting.add(node)
        sides = {}
        for side in (True, False):
            members = [n for n in inside if len(self.contexts[n]) > depth and self.contexts[n][depth][1] is side]
            sides[side] = self.steps(members, depth + 1)
        version = self.made.uses[self.switches[predicate]].get(1)
        return Conditional(predicate, version, sides, merges, self._gives(inside))

    def _chosen(self, merge, predicate, depth):
        """The position of the input that a Merge takes on each side: one from there, else one that is alive on both.
        Nothing when it is another predicate that decides.
        """
        sources = self._sources(merge)
        inside = {i: source[depth] for i, source in sources.items() if len(source) > depth}
        if any(other is not predicate for other, _ in inside.values()):
            return {}
        anywhere = [i for i in sources if i not in inside][:1] if inside else ()
        chosen = {side: i for i in anywhere for side in (True, False)}
        return chosen | {side: i for i, (_, side) in inside.items()}

    def _gives(self, inside):
        """The keys made inside that anything outside uses: other nodes, later stages, the state, and writes that
        replace them.
        """

        def is_wanted(key):
            final = isinstance(key, tuple) and self.made.final[key[0]] is key[1]
            replaced = key in self.replacing and self.replacing[key] not in inside
            return key in self.ends or final or replaced or any(node not in inside for node in self.users.get(key, ()))

        outputs = [x for node in inside for x in node.outputs]
        return list(
            filter(is_wanted, outputs + [(cell, node) for node in inside for cell in self.writes.get(node, ())])
        )


class _Waiting:
    """The nodes of one depth that are still to run: which of them can, once what they wait for is done."""

    def __init__(self, scheduler, nodes, depth):
        self._scheduler, self._depth = scheduler, depth
        self._followers, self._unmet = {}, {}
        self._ready = {None: []}  # by predicate, None for nodes in no conditional: those that can run, first the first
        here = set(nodes)
        for node in nodes:
            before = scheduler._waits(node) & here
            self._unmet[node] = len(before)
            for other in before:
                self._followers.setdefault(other, []).append(node)
        for node in nodes:
            if not self._unmet[node]:
                self.add(node)

    def any(self):
        return any(self._ready.values())

    def add(self, node):
        """Counts `node` among those that can run."""
        predicate = self._scheduler.predicate(node, self._depth)
        heapq.heappush(self._ready.setdefault(predicate, []), (self._scheduler.number[node], node))

    def done(self, node):
        for follower in self._followers.get(node, ()):
            self._unmet[follower] -= 1
            if not self._unmet[follower]:
                self.add(follower)

    def taken(self, predicate):
        """The nodes that can run with this predicate, in order; those among them that `done` lets come later."""
        ready = self._ready[predicate]
        while ready:
            yield heapq.heappop(ready)[1]
        if predicate is not None:
            del self._ready[predicate]

    def first(self):
        """The first node that can run, and its predicate."""
        (_, node), predicate = min((ready[0], predicate) for predicate, ready in self._ready.items() if ready)
        return node, predicate
