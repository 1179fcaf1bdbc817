"""Cells: which variable or list of the run a tensor shows, and which write each read must see.

A tensor that is an alias of a cell (a variable, its read, a reshape of that) has no value of its own: each consumer
sees the cell as of the newest write that precedes the consumer (docs/design.md, "Reads and writes").
"""

from typing import NamedTuple

from funcfit.tf1.graph.borders import is_enter, is_exit, is_loop_merge, is_merge
from funcfit.tf1.graph.handles import is_popped, pushed
from funcfit.tf1.graph.node import Tensor


class View(NamedTuple):
    """The key of a fetched alias: what `tensor` shows of its cell as `write`, the last of the run, left it."""

    tensor: Tensor
    write: object


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


def is_idle(node, cells):
    """True for a node that computes nothing itself: cells, views of cells, NoOp and its kin."""
    card = node.card
    if card.cell or (card.alias or is_enter(node)) and cells.behind(node.outputs[0]) is not None:
        return True
    if is_exit(node):
        return True
    return not (node.outputs or card.writes or card.host or card.checks)


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
