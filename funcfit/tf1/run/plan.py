"""A plan: the nodes that a run needs, cut into stages, with every read of a variable tied to the write it must see.

Keys name values in a run: a Tensor names what its node put out; `(cell, write)` names a cell's value as the node
`write` left it (None: as it was when the run began). A tensor that is an alias of a cell (a variable, its read, a
reshape of that) has no value of its own: each consumer sees the cell as of the newest write that precedes the consumer
(docs/design.md, "reads and writes").
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from funcfit.errors import InvalidArgumentError
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.borders import Branches, condition_of, is_exit, is_loop_merge, is_merge
from funcfit.tf1.graph.handles import is_popped, pushed
from funcfit.tf1.graph.node import Operation, Tensor
from funcfit.tf1.graph.order import in_order
from funcfit.tf1.run.branches import scheduled
from funcfit.tf1.run.loops import Given, Loop
from funcfit.tf1.run.padding import padded


class View(NamedTuple):
    """The key of a fetched alias: what `tensor` shows of its cell as `write`, the last of the run, left it."""

    tensor: Tensor
    write: object


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
    takes: list = field(default_factory=list)  # keys that earlier stages gave
    static_takes: list = field(default_factory=list)  # of these, what decides the program
    gives: list = field(default_factory=list)  # keys that later stages or the fetches want
    wide: bool = False  # holds 64-bit dtypes
    fills: bool = False  # only gives cells their first values, of known numbers and draws: NumPy does that at once


@dataclass
class Plan:
    """What `run` does for one list of fetches and one set of fed tensors."""

    fetches: list
    feeds: list
    nodes: list
    stages: list
    fetch_keys: list  # a key a fetch: a Tensor or a View, None for an Operation
    uses: dict  # node -> the version of the cell behind each of its inputs (missing: not a cell)
    cells: "Cells"
    previous: dict  # (cell, write) -> the version that write replaced
    final: dict  # cell -> the last write of the run
    contexts: Branches  # node -> the branches it is in
    guards: dict  # fetched tensor -> the branches it is in, when there are any
    padded: set  # host nodes that run inside jit, by their padded lowering
    loops: dict  # LoopCond -> the Loop it stands for

    def writes(self, node):
        """The cells that a node writes: those it declares, the one that it keeps or makes, and a loop those of its
        turns.
        """
        return self.loops[node].writes if node in self.loops else self.cells.written(node)


class Cells:
    """Which cell, if any, a tensor shows. What a `makes` card makes is a cell that lives as long as the run; `shared`
    has those that several nodes find again, by what they belong to.
    """

    def __init__(self, fed, shared=None):
        self._fed, self._known, self.shared = fed, {}, {} if shared is None else shared

    def behind(self, tensor):
        """The node whose cell `tensor` is an alias of; None for a tensor with a value of its own."""
        chain = []
        while True:
            if tensor in self._known:
                cell = self._known[tensor]
                break
            chain.append(tensor)
            card = tensor.op.card
            window = tensor.op in self._fed.windows
            if tensor in self._fed and not window and not is_reference(tensor) or card is None:
                cell = None
                break
            if card.cell:
                cell = tensor.op
                break
            if card.makes and tensor.value_index == 0:
                cell = self._made(tensor.op)
                break
            if is_popped(tensor):
                tensor = pushed(tensor.op)
            elif card.writes and tensor.dtype._is_ref_dtype:
                tensor = tensor.op.inputs[card.input_positions(tensor.op, card.writes)[0]]
            elif card.alias or window or is_reference(tensor):
                tensor = tensor.op.inputs[0]
            elif is_merge(tensor.op) and tensor.value_index == 0 and not is_loop_merge(tensor.op):
                cell = next((c for c in map(self.behind, tensor.op.inputs) if c is not None), None)
                break
            else:
                cell = None
                break
        for each in chain:
            self._known[each] = cell
        return cell

    def shows(self, tensor):
        """True for a variable's value as it is, however often it was read on."""
        while tensor.op.type in ("Identity", "RefIdentity", "Enter", "RefEnter"):
            if tensor in self._fed and tensor.op not in self._fed.windows:
                return False
            tensor = tensor.op._inputs[0]
        return tensor not in self._fed and tensor.op.card is not None and tensor.op.card.cell

    def seen_through(self, merge):
        """The positions of a Merge's inputs that are aliases."""
        return [i for i, x in enumerate(merge._inputs) if self.behind(x) is not None]

    def _made(self, node):
        """The cell that a node makes, or the one that the first node with the same key made."""
        if node.card.makes is True:
            return node
        handle, attr = node.card.makes
        owner = self.behind(node.inputs[node.card.input_positions(node, (handle,))[0]])
        return self.shared.setdefault((owner, node.attrs[attr]), node)

    def owner(self, cell):
        """The cell that a shared one belongs to; None for any other."""
        return next((owner for (owner, _), made in self.shared.items() if made is cell), None)

    def written(self, node):
        """The cells that `node` writes, in the order its lowering returns them."""
        card = node.card
        if card is None:
            return []
        if card.keeps is not None:
            return [node]
        if card.makes:
            return [self._made(node)]
        return [self.behind(node.inputs[i]) for i in card.input_positions(node, card.writes)] if card.writes else []


def is_reference(tensor):
    """True for a handle of a cell that the run makes, also where it enters loops and branches."""
    while tensor.op.type in ("Enter", "RefEnter", "Switch", "RefSwitch", "Identity", "RefIdentity"):
        if tensor.op.type == "RefEnter":
            return True
        tensor = tensor.op._inputs[0]
    return bool(tensor.op.card and tensor.op.card.makes) and tensor.value_index == 0 or is_popped(tensor)


def plan(fetches, feeds, static=(), by_turn=(), shared=None, lists_on_host=False):
    """The plan for `fetches` (Tensors and Operations) with the tensors `feeds` fed; values of `static` are known before
    their stage starts.

    Inside a loop `feeds` are what its boundary gives, and `shared` the cells known outside. The loops whose LoopCond is
    in `by_turn` run turn by turn; in such a turn (`lists_on_host`) what the run makes is written on the host, where it
    may grow. InvalidArgumentError for a placeholder that is needed and not fed.
    """
    fed = feeds if isinstance(feeds, Given) else Given(feeds)
    order = needed(fetches, fed)
    cells = Cells(fed, shared)
    for loop in fed.loops.values():
        _plan_inside(loop, cells, by_turn, fed)
    uses, latest, previous = versions(order, fed, cells)
    contexts = Branches(order, fed)
    fetch_keys = []
    for x in fetches:
        if isinstance(x, Operation):
            fetch_keys.append(None)
        elif (cell := cells.behind(x)) is not None:
            fetch_keys.append(View(x, latest.get(cell)))
        else:
            fetch_keys.append(x)
    guards = {x: contexts.outer(x) for x in fetches if isinstance(x, Tensor) and x not in fed and contexts.outer(x)}
    static = {*static, *(pred for branches in guards.values() for pred, _ in branches)}
    inside = padded(order, fetches)
    outside = _lists_from_outside(order, fed, cells) if lists_on_host else ()
    for node in fed.loops.keys() & outside:
        fed.loops[node].by_turn = True
    stages = _cut(order, fed, inside, uses, contexts, static, outside)
    made = Plan(
        list(fetches),
        list(feeds),
        order,
        stages,
        fetch_keys,
        uses,
        cells,
        previous,
        latest,
        contexts,
        guards,
        inside,
        fed.loops,
    )
    _connect(made, fed, contexts, static)
    if len(stages) == 1 and not fed.boundary:
        stages[0].fills = _fills(stages[0], made)
    return made


FEW_NUMBERS = 1 << 24  # so many are drawn by NumPy sooner than XLA has compiled the draws


def _fills(stage, made):
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


def _plan_inside(loop, cells, by_turn, outer):
    """Plans a loop's condition and turn, and finds the cells that these look at and write."""
    made_inside, reads, writes = set(), {}, {}
    tensors, nodes = loop.results
    loop.windows = [e for e in loop.enters if e.attrs["is_constant"] and cells.shows(e._inputs[0])] + list(
        outer.windows
    )
    for name, fetches in (("test", [loop.condition._inputs[0]]), ("turn", [*tensors, *nodes])):
        fed = loop.given()
        made = plan(fetches, fed, by_turn=by_turn, shared=cells.shared)
        setattr(loop, name, made)
        for node in made.nodes:
            if node.card.makes is True:
                made_inside.add(node)
            elif any(map(is_popped, node.outputs)):
                made_inside.add(made.cells.behind(node.outputs[0]))
            elif node.card.makes:
                (cell,) = made.writes(node)
                if made.cells.owner(cell) in made_inside:
                    made_inside.add(cell)
            reads.update((key[0], None) for key in requirements(node, made, fed) if _is_as_found(key))
            writes.update(dict.fromkeys(made.writes(node)))
        for key in made.fetch_keys:
            if isinstance(key, View):
                reads.update((k[0], None) for k in keys_of(key.tensor, key.write, made, fed) if _is_as_found(k))
        loop.by_turn |= any(stage.host for stage in made.stages) or len(made.stages) > 1
    loop.by_turn |= loop.condition in by_turn
    loop.writes = [cell for cell in writes if cell not in made_inside]
    loop.reads = [cell for cell in reads if cell not in made_inside and cell not in writes]


def _is_as_found(key):
    return isinstance(key, tuple) and not isinstance(key, View) and key[1] is None


def _lists_from_outside(order, fed, cells):
    """The nodes that touch what the run made before this turn."""
    made = {node for node in order if node.card.makes is True}

    def touched(node):
        if node in fed.loops:
            return fed.loops[node].reads + fed.loops[node].writes
        return [cells.behind(x) for x in fed.inputs(node)] + cells.written(node)

    return {n for n in order if any(c is not None and c.card.makes and c not in made for c in touched(n))}


def needed(fetches, fed):
    """The nodes to run, each after what it waits for; among those that could come next, in the order they were made.

    Finds the loops (`fed.loops`), whose insides are plans of their own.
    """
    waits, todo = {}, [x if isinstance(x, Operation) else x.op for x in fetches if x not in fed]
    while todo:
        node = todo.pop()
        if node in waits:
            continue
        if node.card is None:
            raise NotImplementedError(f"Op type not registered '{node.type}' (node '{node.name}')")
        if is_exit(node):
            condition = fed.exits[node] = condition_of(node)
            todo += fed.loops.setdefault(condition, Loop(condition)).need(node)
        waits[node] = None
        todo += fed.before(node)
    order = in_order({node: set(fed.before(node)) for node in waits}, lambda node: node._id)
    for node in order:
        if node.type in ("Placeholder", "PlaceholderV2"):
            raise InvalidArgumentError(None, node, _unfed(node.outputs[0]))
    if len(order) != len(waits):
        stuck = [n for n in waits if n not in order]  # first of them one that is fetched
        if any(map(is_loop_merge, stuck)):
            why = f"{stuck[0].name} is in a while loop, where each turn has its own value: fetch what leaves the loop."
        else:
            why = f"The graph has a cycle through {stuck[0].name} that is not a loop."
        raise InvalidArgumentError(None, stuck[0], why)
    return order


def _unfed(tensor):
    name = {"float32": "float", "float64": "double", "float16": "half"}.get(tensor.dtype.name, tensor.dtype.name)
    sizes = tensor.shape.dims_or_none
    shape = f" and shape [{','.join('?' if d is None else str(d) for d in sizes)}]" if sizes else ""
    return f"You must feed a value for placeholder tensor '{tensor.op.name}' with dtype {name}{shape}"


def versions(order, fed, cells):
    """Ties reads to writes.

    Gives `uses` (node -> {input position: write}; for a loop also {cell: write}),
    `latest` (cell -> the last write of the run), `previous` ((cell, write) -> the write before). A node sees the newest
    write that precedes it by data or control edges; a writer's own reference is the cell as all earlier writes left it.
    """
    uses, latest, previous, seen = {}, {}, {}, {}
    position = {node: i for i, node in enumerate(order)}
    nothing = {}
    for node in order:
        before = nothing
        for source in fed.before(node):
            other = seen[source]
            if other is not before and other:
                before = other if not before else _newest(before, other, position)
        loop = fed.loops.get(node)
        written = cells.written(node) if loop is None else loop.writes
        own = node.card.input_positions(node, node.card.writes) if node.card.writes else ()
        mine = {}
        for i, x in enumerate(fed.inputs(node)):
            cell = cells.behind(x)
            if cell is not None:
                mine[i] = latest.get(cell) if i in own else before.get(cell)
        if loop is not None:
            mine.update((cell, before.get(cell)) for cell in loop.reads)
            mine.update((cell, latest.get(cell)) for cell in loop.writes)
        uses[node] = mine
        for cell in written:
            previous[cell, node] = latest.get(cell)
            latest[cell] = node
            before = {**before, cell: node}
        seen[node] = before
    return uses, latest, previous


def _newest(a, b, position):
    merged = dict(a)
    for cell, write in b.items():
        if cell not in merged or position[write] > position[merged[cell]]:
            merged[cell] = write
    return merged


def is_host(node, settled, inside=()):
    """True for what runs outside jit: cards that say so, and whatever takes or puts out strings or handles (constants
    are known anywhere).
    """
    host = node.card.host
    if host == "unless known":
        host = any(node._inputs[i] not in settled for i in node.card.fixed_positions(node))
    tensors = (*node.outputs, *node._inputs)
    return (
        host
        and node not in inside
        or any(x.dtype.base_dtype in dtypes.HOST_ONLY and not is_reference(x) for x in tensors if x.op.type != "Const")
    )


def knowable(order, fed, refuted=()):
    """Tensors whose value is known while tracing: constants, shapes, what shape arithmetic makes of them, and feeds if
    they are made static. Besides, those of them that no feed decides. What a list of the run remembers (a size, a shape
    that was pushed) is taken to be known until a trace has `refuted` it.
    """
    known, settled = set(fed), {x for node in fed.boundary for x in node.outputs}
    for node in order:
        if any(x in refuted for x in node.outputs):
            continue
        if node.card.folds == "shape" or node.type == "Const":
            known.update(node.outputs)
            settled.update(node.outputs)
        elif node.card.folds and node.card.keeps is None and not is_host(node, settled):
            if any(is_reference(x) for x in node._inputs):
                known.update(node.outputs)
                settled.update(node.outputs)
            elif all(x in known for x in node._inputs):
                known.update(node.outputs)
                if all(x in settled for x in node._inputs):
                    settled.update(node.outputs)
    return known, settled


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


def _cut(order, fed, inside, uses, contexts, static, outside):
    """Stages: even levels are jitted, odd ones run on the host. A value that decides the program is known one level
    earlier.
    """
    (known, settled), level, why = knowable(order, fed, static), {}, {}
    for node in order:
        loop = fed.loops.get(fed.exits.get(node, node))  # its exits are with it
        by_turn = loop is not None and loop.by_turn
        host = by_turn or node in outside or is_host(node, settled, inside)
        lowest, reason = int(host), ""
        sources = fed.before(node) + [w for w in uses[node].values() if w is not None]
        for source in sources:
            at = level[source]
            if at % 2 != host:
                at += 1
                if not host:
                    reason = f"{source.name} ({source.type}) runs on the host"
            if at > lowest:
                lowest = at
                if at % 2 == host and at == level[source]:
                    reason = ""
        deciding = [] if host else [(node._inputs[i], uses[node].get(i)) for i in node.card.fixed_positions(node)]
        deciding += [(pred, None) for pred, _ in contexts[node] if host or pred in static]
        for x, write in deciding:
            if x not in known and x.op in level:
                at = max(level[x.op], level.get(write, 0))
                at += 2 if at % 2 == host else 1
                if at > lowest:
                    lowest, reason = (
                        at,
                        f"{node.name} ({node.type}) needs the value of {x.name} before it can be compiled",
                    )
        level[node] = lowest
        if reason:
            why.setdefault(lowest, reason)
    by_level = {}
    for node in order:
        by_level.setdefault(level[node], []).append(node)
    stages = []
    for number in sorted(by_level):
        nodes = by_level[number]
        host = number % 2 == 1
        stages.append(
            Stage(
                host,
                nodes,
                why.get(number, "") or (f"{nodes[0].name} ({nodes[0].type}) runs on the host" if host else ""),
            )
        )
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


def _connect(made, fed, contexts, static):
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
    deciding = set(static)
    known, _ = knowable(made.nodes, fed, static)
    static_feeds = set()
    views = {}  # what decides the program and shows a cell -> numbers of the stages that it decides
    stage_of = {node: number for number, stage in enumerate(made.stages) for node in stage.nodes}
    on_host = {node for stage in made.stages if stage.host for node in stage.nodes}
    for node in made.nodes:
        if node in on_host:
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
    needs = {node: requirements(node, made, fed) for node in made.nodes}
    static_feeds |= deciding & fed
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
        if isinstance(key, View):
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
        if cell.card.makes and (cell, None) in wanted:  # a loop's turn hands it on to the next
            wanted.setdefault((cell, write), []).append(last)
    for key, numbers in wanted.items():
        _route(made, key, numbers, home, writers, fed, static_feeds, deciding)
    for number, stage in enumerate(made.stages):
        written = dict.fromkeys(c for c, numbers in writers.items() if number in numbers and not c.card.makes)
        stage.writes = list(written)
        stage.reads = [cell for cell in stage.reads if cell not in written]
        stage.wide = any(is_wide(node, made) for node in stage.nodes)
        stage.wide |= any(key.dtype.base_dtype in dtypes.WIDE for key in stage.takes if isinstance(key, Tensor))
        ends = set(stage.gives)
        for key in stage.gives:
            if isinstance(key, View):
                ends.update(keys_of(key.tensor, key.write, made, fed))
        stage.steps = scheduled(stage, made, contexts, fed, needs, ends)


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
    if later and key not in stages[source].gives:
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
