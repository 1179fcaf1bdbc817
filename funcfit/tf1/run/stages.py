"""Stages: where a plan is cut, and what each stage takes and gives."""

from dataclasses import dataclass, field

from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.borders import is_enter, is_merge, is_switch
from funcfit.tf1.graph.node import Tensor
from funcfit.tf1.run.branches import scheduled
from funcfit.tf1.run.cells import View, is_reference
from funcfit.tf1.run.levels import knowable, levels

LARGE_CONSTANT = 1 << 20  # bytes from which a constant is an argument: XLA takes seconds to compile 64 MB of them
FEW_NUMBERS = 1 << 24  # so many are drawn by NumPy sooner than XLA has compiled the draws


@dataclass
class Stage:
    """Part of a plan that runs as one: a jitted function (`host` False), or nodes that run on numpy arrays in order."""

    host: bool
    nodes: list
    why: str = ""  # why the plan was split before this stage
    steps: list = field(default_factory=list)  # nodes and conditionals in the order they run
    feeds: list = field(default_factory=list)  # fed tensors it uses as values
    static_feeds: list = field(default_factory=list)  # fed tensors whose values decide the program
    reads: list = field(default_factory=list)  # cells it takes from the session's state and leaves
    writes: list = field(default_factory=list)  # cells it takes (donated) and puts back
    constants: list = field(default_factory=list)  # large Const nodes, which it takes as arguments
    takes: list = field(default_factory=list)  # keys that earlier stages gave
    static_takes: list = field(default_factory=list)  # of these, what decides the program
    gives: list = field(default_factory=list)  # keys that later stages or the fetches want
    wide: bool = False  # holds 64-bit dtypes
    fills: bool = False  # only gives cells their first values, of known numbers and draws: NumPy does that at once


def behind(tensor, fed):
    """The tensors from which shape arithmetic makes `tensor`, itself included, down to feeds, constants and shapes."""
    todo, seen = [tensor], set()
    while todo:
        x = todo.pop()
        if x not in seen:
            seen.add(x)
            if x not in fed and x.op.card.folds != "shape" and not any(map(is_reference, x.op._inputs)):
                todo.extend(x.op._inputs)
    return seen


def cut(order, fetches, fed, inside, uses, cells, contexts, static, outside):
    """Stages: even levels are jitted, odd ones run on the host."""
    level, why = levels(order, fetches, fed, inside, uses, cells, contexts, static, outside)
    by_level = {}
    for node in order:
        by_level.setdefault(level[node], []).append(node)
    stages = []
    for number, nodes in sorted(by_level.items()):
        host = number % 2 == 1
        reason = why.get(number, "") or (f"{nodes[0].name} ({nodes[0].type}) runs on the host" if host else "")
        stages.append(Stage(host, nodes, reason))
    return stages


def requirements(node, made, fed):
    """The keys that `node` needs: tensors, and cell versions (with what the alias chain to the cell needs besides)."""
    keys = []
    for i, x in enumerate(fed.inputs(node)):
        keys += keys_of(x, made.uses[node].get(i), made, fed)
    if node in made.loops:
        keys += [(cell, made.uses[node][cell]) for cell in made.loops[node].reads + made.loops[node].writes]
    elif node.card.keeps is not None or node.card.makes and node.card.makes is not True:
        (cell,) = made.writes(node)
        keys.append((cell, made.previous[cell, node]))
    return keys


def keys_of(tensor, version, made, fed):
    """The keys behind one use of `tensor`: itself, or the cell it shows and the other inputs along the alias chain."""
    cell = made.cells.behind(tensor)
    if cell is None:
        return [tensor]
    keys = [(cell, version)]
    if is_merge(tensor.op):
        return keys + list(tensor.op.outputs)
    while tensor.op.card.alias and tensor.op not in fed.boundary:
        for extra in tensor.op._inputs[1:]:
            keys += keys_of(extra, made.uses[tensor.op].get(list(tensor.op._inputs).index(extra)), made, fed)
        tensor = tensor.op._inputs[0]
    return keys + (list(tensor.op.outputs) if is_merge(tensor.op) else [])


def connect(made, fed, contexts, static):
    """Fills in what each stage takes and gives, and its steps."""
    home = {}  # key -> number of the stage that makes it
    writers = {}  # cell -> numbers of the stages that write it
    for number, stage in enumerate(made.stages):
        for node in stage.nodes:
            for x in node.outputs:
                home[x] = number
            for cell in made.writes(node):
                home[cell, node] = number
                writers.setdefault(cell, []).append(number)
    stage_of = {node: number for number, stage in enumerate(made.stages) for node in stage.nodes}
    deciding, static_feeds, views = _what_decides(made, fed, contexts, static, stage_of)
    needs = {node: requirements(node, made, fed) for node in made.nodes}
    wanted = {}  # key -> numbers of the stages that use it
    for number, stage in enumerate(made.stages):
        for node in stage.nodes:
            for key in (*needs[node], *contexts.predicates(node)):
                wanted.setdefault(key, []).append(number)
    for view, numbers in views.items():
        home[view] = max(stage_of.get(view.tensor.op, 0), stage_of.get(view.write, 0))
        wanted[view] = numbers
        for key in keys_of(*view, made, fed):
            wanted.setdefault(key, []).append(home[view])
    last = len(made.stages)
    for key in made.fetch_keys:
        if isinstance(key, View) and key not in made.shown:
            number = _last_stage(made.stages, host=key.tensor.dtype.base_dtype in dtypes.HOST_ONLY)
            last = len(made.stages)
            for each in keys_of(key.tensor, key.write, made, fed):
                wanted.setdefault(each, []).append(number)
            if key not in made.stages[number].gives:
                made.stages[number].gives.append(key)
    guarding = [predicate for branches in made.guards.values() for predicate, _ in branches]
    for key in (*made.fetch_keys, *guarding):
        if isinstance(key, Tensor):
            wanted.setdefault(key, []).append(last)
    for cell, write in made.final.items():
        if fed.boundary and cell.card.makes and (cell, None) in wanted:  # a loop's turn hands it on to the next
            wanted.setdefault((cell, write), []).append(last)
    for key, numbers in wanted.items():
        _route(made, key, numbers, home, writers, fed, static_feeds, deciding)
    for number, stage in enumerate(made.stages):
        written = dict.fromkeys(c for c, numbers in writers.items() if number in numbers and not c.card.makes)
        stage.writes = list(written)
        stage.reads = [cell for cell in stage.reads if cell not in written]
        if not stage.host:
            stage.constants = [node for node in stage.nodes if _is_large(node) and node.outputs[0] not in deciding]
        stage.wide = any(is_wide(node, made) for node in stage.nodes)
        stage.wide |= any(key.dtype.base_dtype in dtypes.WIDE for key in stage.takes if isinstance(key, Tensor))
        ends = set(stage.gives)
        for key in stage.gives:
            if isinstance(key, View):
                ends.update(keys_of(key.tensor, key.write, made, fed))
        stage.steps = scheduled(stage, made, contexts, fed, needs, ends)


def _what_decides(made, fed, contexts, static, stage_of):
    """What must be known while a stage is traced: the keys, those of them that are fed, and the views of cells among
    them, each with the numbers of the stages that it decides.
    """
    deciding, static_feeds, views = set(static), set(), {}
    known, _ = knowable(made.nodes, fed, static)
    for node in made.nodes:
        if made.stages[stage_of[node]].host:
            deciding.update(pred for pred, _ in contexts[node])
            continue  # on the host every value is known
        for i in node.card.fixed_positions(node):
            x = node._inputs[i]
            if x in known:
                # What an earlier stage worked out of it is handed on as a value that is known while tracing.
                deciding |= behind(x, fed)
                static_feeds |= behind(x, fed) & fed
            elif made.cells.behind(x) is None:
                deciding.add(x)
            else:
                views.setdefault(View(x, made.uses[node].get(i)), []).append(stage_of[node])
    deciding.update(views)
    for pred in set(static) & known:
        deciding |= behind(pred, fed)  # a predicate that shape arithmetic makes of a fed number is known when that is
    return deciding, static_feeds | deciding & fed, views


def _is_large(node):
    """True for a large constant of which only the values matter, not what is known of them while tracing."""
    if node.type != "Const" or node.attrs["value"].nbytes < LARGE_CONSTANT or node.outputs[0].dtype in dtypes.HOST_ONLY:
        return False
    return not any(is_enter(c) or is_switch(c) for c in node.outputs[0].consumers())


def is_wide(node, made):
    """True for a node that takes or puts out 64-bit numbers, and for a loop that holds one."""
    loop = made.loops.get(node)
    inside = loop is not None and any(is_wide(n, plan) for plan in (loop.test, loop.turn) for n in plan.nodes)
    return inside or any(x.dtype.base_dtype in dtypes.WIDE for x in (*node.outputs, *node._inputs))


def _route(made, key, numbers, home, writers, fed, static_feeds, deciding):
    """Brings the value of `key` to the stages in `numbers` (one past the last stage stands for the fetches)."""
    stages, uses = made.stages, sorted(set(numbers))
    if isinstance(key, Tensor):
        if key in fed:
            for number in uses:
                if number < len(stages):
                    (stages[number].static_feeds if key in static_feeds else stages[number].feeds).append(key)
            return
        if key.op.type == "Const":
            return  # known anywhere
        source = home[key]
    elif isinstance(key, View):
        source = home[key]
    else:
        cell, write = key
        if write is None and cell.card.makes:
            if fed.boundary:
                for number in uses:
                    if number < len(stages):
                        stages[number].takes.append(key)
            return
        if write is None:
            earlier = min(writers.get(cell, [len(stages)]))
            for number in uses:
                if number <= earlier and number < len(stages):
                    stages[number].reads.append(cell)
            uses = [number for number in uses if number > earlier]
            if not uses:
                return
            if cell not in stages[earlier].reads:
                stages[earlier].reads.append(cell)
            source = earlier
        else:
            source = home[key]
    later = [number for number in uses if number > source]
    if later and not (isinstance(key, View) and key in stages[source].gives):
        stages[source].gives.append(key)
    for number in later:
        if number < len(stages):
            stages[number].takes.append(key)
            if key in deciding:
                stages[number].static_takes.append(key)


def _last_stage(stages, host):
    """The number of the last stage of that kind; a new one when there is none."""
    for number in reversed(range(len(stages))):
        if stages[number].host == host:
            return number
    stages.append(Stage(host, []))
    return len(stages) - 1


def fills(stage, made):
    """True for a stage of initializers whose values are constants, draws and sums and products of these."""
    if stage.host or stage.feeds or stage.static_feeds or stage.gives or not stage.writes or made.loops:
        return False
    drawn = 0
    for node in stage.nodes:
        card = node.card
        written = card.input_positions(node, card.writes) if card.writes else ()
        looks = not card.alias and any(i not in written for i in made.uses[node])
        acts = card.writes and set(card.writes) <= set(card.blind)
        idle = card.cell or card.alias or not (node.outputs or card.checks or card.host)
        if made.contexts[node] or is_merge(node) or looks or not (acts or idle or card.folds or node.type == "Const"):
            return False
        if card.keeps is not None:
            drawn += node.outputs[0].shape.num_elements() or FEW_NUMBERS
    return drawn < FEW_NUMBERS
