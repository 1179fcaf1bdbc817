"""Conditionals, read back from Switch and Merge (graph/borders.py): a stage's nodes as nested steps."""

from dataclasses import dataclass

from funcfit.tf1.graph.borders import is_merge, possible


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
        self.stage, self.made, self.contexts, self.fed, self.ends = stage, made, contexts, fed, ends
        self.users = {}  # key -> the nodes of the stage that use it
        for node in stage.nodes:
            for key in needs[node]:
                self.users.setdefault(key, set()).add(node)
        self.writes = {node: written for node in stage.nodes if (written := made.writes(node))}

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
        inside, merges, ready = set(), [], set(done)
        for node in remaining:
            if not waits[node] <= ready:
                continue
            context = self.contexts[node]
            if len(context) > depth and context[depth][0] is predicate:
                inside.add(node)
                ready.add(node)
            elif len(context) == depth and is_merge(node):
                chosen = self._chosen(node, predicate, depth)
                if chosen:
                    inside.add(node)
                    ready.add(node)
                    merges.append((node, chosen))
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
        for node, written in self.writes.items():
            wanted.update((cell, self.made.final[cell]) for cell in written)
            if node not in inside:
                wanted.update((cell, self.made.previous[cell, node]) for cell in written)
        keys = [x for node in inside for x in node.outputs] + [
            (cell, node) for node in inside for cell in self.writes.get(node, ())
        ]
        return [key for key in keys if key in wanted or self.users.get(key, set()) - inside]
