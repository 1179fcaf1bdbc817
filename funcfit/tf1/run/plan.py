"""A plan: the nodes that a run needs, cut into stages (stages.py), with every read of a variable tied to the write it
must see (cells.py).

Keys name values in a run: a Tensor names what its node put out; `(cell, write)` names a cell's value as the node
`write` left it (None: as it was when the run began).
"""

from dataclasses import dataclass
from functools import cached_property

from funcfit.errors import InvalidArgumentError
from funcfit.tf1.graph.borders import Branches, condition_of, is_exit, is_loop_merge
from funcfit.tf1.graph.handles import is_popped
from funcfit.tf1.graph.node import Operation, Tensor
from funcfit.tf1.graph.order import in_order
from funcfit.tf1.run.cells import Cells, View, versions
from funcfit.tf1.run.loops import Given, Loop
from funcfit.tf1.run.padding import padded
from funcfit.tf1.run.stages import connect, cut, fills, keys_of, requirements


@dataclass
class Plan:
    """What `run` does for one list of fetches and one set of fed tensors."""

    fetches: list
    feeds: list
    nodes: list
    stages: list
    fetch_keys: list  # a key a fetch: a Tensor or a View, None for an Operation
    shown: dict  # the Views among them that are whole cells -> the cell: the state holds these when the run is over
    uses: dict  # node -> the version of the cell behind each of its inputs (missing: not a cell)
    cells: Cells
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

    @cached_property
    def writers(self):
        """cell -> the nodes that write it, in the order they run."""
        found = {}
        for node in self.nodes:
            for cell in self.writes(node):
                found.setdefault(cell, []).append(node)
        return found


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
    shown = {key: cells.behind(key.tensor) for key in fetch_keys if isinstance(key, View) and _is_whole(key.tensor)}
    guards = {x: contexts.outer(x) for x in fetches if isinstance(x, Tensor) and x not in fed and contexts.outer(x)}
    static = {*static, *(pred for branches in guards.values() for pred, _ in branches)}
    inside = padded(order, fetches)
    outside = _lists_from_outside(order, fed, cells) if lists_on_host else ()
    for node in fed.loops.keys() & outside:
        fed.loops[node].by_turn = True
    stages = cut(order, fetches, fed, inside, uses, cells, contexts, static, outside)
    made = Plan(
        list(fetches),
        list(feeds),
        order,
        stages,
        fetch_keys,
        {} if fed.boundary else shown,
        uses,
        cells,
        previous,
        latest,
        contexts,
        guards,
        inside,
        fed.loops,
    )
    connect(made, fed, contexts, static)
    if len(stages) == 1 and not fed.boundary:
        stages[0].fills = fills(stages[0], made)
    return made


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


def _is_whole(tensor):
    """True for an alias that shows all of a variable."""
    while tensor.op.type in ("Identity", "RefIdentity") or tensor.op.card.writes and tensor.dtype._is_ref_dtype:
        card = tensor.op.card
        tensor = tensor.op._inputs[card.input_positions(tensor.op, card.writes)[0] if card.writes else 0]
    return tensor.op.card.cell


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
