"""A plan in words: stages, cells read, written and donated, and why a stage was split off."""

from funcfit.tf1.graph.graph import get_default_graph
from funcfit.tf1.opdef import api
from funcfit.tf1.run.branches import Conditional
from funcfit.tf1.run.cells import View
from funcfit.tf1.run.fetch import FetchTree, fed_pairs
from funcfit.tf1.run.loops import Loop
from funcfit.tf1.run.plan import plan


@api("explain")
def explain(fetches, feeds=(), graph=None):
    """Prints, and gives as a string, what `Session.run(fetches, feeds)` would do: one paragraph a stage.

    `feeds` are the tensors to be fed (a list, or the feed dictionary itself).
    """
    text = explained(fetches, feeds, graph or get_default_graph())
    print(text)
    return text


def explained(fetches, feeds, graph):
    tensors = [x for x, _ in fed_pairs(graph, dict.fromkeys(feeds, 0))]
    made = plan(FetchTree(graph, fetches).elements, tensors)
    lines = [f"{len(made.nodes)} nodes in {len(made.stages)} stage{'s' if len(made.stages) != 1 else ''}"]
    for number, stage in enumerate(made.stages):
        kind = "on the host" if stage.host else "compiled"
        lines.append(
            f"stage {number} ({kind}): {len(stage.nodes)} nodes" + (f", split because {stage.why}" if stage.why else "")
        )
        lines += _row("feeds", stage.feeds)
        lines += _row("feeds whose values are compiled in", stage.static_feeds)
        lines += _row("reads", stage.reads)
        lines += _row("writes (donated)", stage.writes)
        lines += _row("takes from earlier stages", stage.takes)
        lines += _row("takes as values that decide the program", stage.static_takes)
        lines += _row("gives", stage.gives)
        lines += [
            f"  conditional on {step.predicate.name}: {len(step.sides[True])} / {len(step.sides[False])} steps"
            for step in stage.steps
            if isinstance(step, Conditional)
        ]
        lines += [_loop(step) for step in stage.steps if isinstance(step, Loop)]
    return "\n".join(lines)


def _loop(loop):
    count = len(loop.variables)
    how = ", turn by turn" if loop.by_turn else ""
    written = f", writes {', '.join(cell.name for cell in loop.writes)}" if loop.writes else ""
    return f"  loop {loop.condition.name}: {count} variable{'s' if count != 1 else ''}{how}{written}"


def _row(title, keys):
    return [f"  {title}: {', '.join(_name(key) for key in keys)}"] if keys else []


def _name(key):
    if isinstance(key, View):
        return key.tensor.name
    if isinstance(key, tuple):
        cell, write = key
        return f"{cell.name} as {write.name if write is not None else 'the run found it'}" + (
            " left it" if write is not None else ""
        )
    return key.name
