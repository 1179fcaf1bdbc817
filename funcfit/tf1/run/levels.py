"""Which stage each node of a plan runs in.

Even levels are jitted, odd ones run on the host. A node is first put where it can run at the earliest; then what is
jitted goes as late as what waits for it lets it, so that a forward pass is compiled together with its backward pass
although something on the host stands between them.
"""

import math
from bisect import bisect_right
from itertools import accumulate

from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.borders import is_merge
from funcfit.tf1.graph.node import Tensor
from funcfit.tf1.run.cells import is_idle, is_reference


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


def levels(order, fetches, fed, inside, uses, cells, contexts, static, outside):
    """({node: its level}, {level: why there is a cut before it})."""
    known, settled = knowable(order, fed, static)
    by_turn = {node for node in order if _loop_of(node, fed) is not None and _loop_of(node, fed).by_turn}
    host = {node for node in order if node in by_turn or node in outside or is_host(node, settled, inside)}
    waits = {}  # node -> (what it waits for, the tensor that decides it, when that is why) pairs
    for node in order:
        waits[node] = [(source, None) for source in fed.before(node)]
        waits[node] += [(write, None) for write in uses[node].values() if write is not None]
        deciding = (
            [] if node in host else [(node._inputs[i], uses[node].get(i)) for i in node.card.fixed_positions(node)]
        )
        deciding += [(predicate, None) for predicate, _ in contexts[node] if node in host or predicate in static]
        for x, write in deciding:
            if x not in known:
                waits[node] += [(source, x) for source in (x.op, write) if source in waits]
    host |= _fed_to_the_host(order, fetches, fed, known, contexts, waits, host)
    earliest, why = _earliest(order, waits, host)
    pinned = {node for node in order if node in host or node.card.writes or node.card.makes or contexts[node]}
    pinned |= {node for node in order if is_merge(node) or _loop_of(node, fed) is not None}
    level = _latest(order, waits, uses, earliest, pinned, fed, cells)
    deciding = {source for sources in waits.values() for source, decided in sources if decided is not None}
    idle = {node for node in order if node not in deciding and (node.type == "Const" or is_idle(node, cells))}
    return _without_idle_levels(level, idle), why


def _loop_of(node, fed):
    return fed.loops.get(fed.exits.get(node, node))  # its exits are with it


def _fed_to_the_host(order, fetches, fed, known, contexts, waits, host):
    """Shape arithmetic of fed values that only the host asks for: it is done there, and nothing is waited for."""
    users = {}
    for node in order:
        for source, _ in waits[node]:
            users.setdefault(source, []).append(node)
    wanted, found = {x.op for x in fetches if isinstance(x, Tensor)}, set()
    for node in reversed(order):
        plain = node.card.folds and node.type != "Const" and node not in host and not contexts[node]
        asked = users.get(node) and all(user in host or user in found for user in users[node])
        if plain and asked and node not in wanted and all(x in known for x in node._inputs):
            found.add(node)
    return found


def _earliest(order, waits, host):
    level, why = {}, {}
    for node in order:
        at_home, lowest, reason = int(node in host), int(node in host), ""
        for source, decided_by in waits[node]:
            at = level[source]
            if decided_by is not None:
                at += 2 if at % 2 == at_home else 1
            elif at % 2 != at_home:
                at += 1
            if at > lowest:
                lowest, reason = at, ""
                if decided_by is not None:
                    reason = f"{node.name} ({node.type}) needs the value of {decided_by.name} before it can be compiled"
                elif at != level[source] and not at_home:
                    reason = f"{source.name} ({source.type}) runs on the host"
        level[node] = lowest
        if reason:
            why.setdefault(lowest, reason)
    return level, why


def _latest(order, waits, uses, earliest, pinned, fed, cells):
    """The levels when all that is not pinned runs as late as it may: where it is asked for, and not after a write that
    it does not see.
    """
    position, writers = {node: i for i, node in enumerate(order)}, {}
    for node in order:
        for cell in fed.loops[node].writes if node in fed.loops else cells.written(node):
            writers.setdefault(cell, []).append((position[node], earliest[node]))
    after = {cell: _first_from(writes) for cell, writes in writers.items()}
    level, last = {}, max((at for at in earliest.values() if at % 2 == 0), default=0)
    limit = dict.fromkeys(order, last)
    for node in reversed(order):
        if node in pinned:
            level[node] = earliest[node]
        else:
            for i, x in enumerate(fed.inputs(node)):
                cell = cells.behind(x) if i in uses[node] else None
                if cell in writers:
                    seen = position.get(uses[node][i], -1)
                    limit[node] = min(limit[node], after[cell][bisect_right(writers[cell], (seen, math.inf))])
            # Where it cannot come before that write, it is given the cell as it was.
            level[node] = max(limit[node] - limit[node] % 2, earliest[node])
        for source, decided_by in waits[node]:
            limit[source] = min(limit[source], level[node] - (decided_by is not None))
    return level


def _first_from(writes):
    """The earliest level of the writes from each on, and what limits nothing behind the last of them."""
    return [*accumulate((level for _, level in reversed(writes)), min, initial=math.inf)][::-1]


def _without_idle_levels(level, idle):
    """The levels when what computes nothing has none of its own."""
    busy = sorted({at for node, at in level.items() if node not in idle} | {max(level.values(), default=0)})
    return {node: next(b for b in busy if b >= at) for node, at in level.items()}
