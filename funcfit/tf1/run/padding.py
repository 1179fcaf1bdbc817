"""Which host nodes run inside jit after all, on arrays padded to a size that is known beforehand.

The size of what Unique puts out depends on values, so that it belongs on the host, and what comes after it compiles
anew for each size. But an optimizer's sparse update only sums rows with the same index and writes them back; it
cannot tell rows that are not there from none. A card like Unique has a second lowering (`card.padded`) that gives as
many rows as there could be and numbers those past the real ones NO_ROW (kernels/rows.py); cards that pass such rows
on, or write to a cell without seeing them, say so (`padding`). When everything in the run that depends on a Unique
says so and nothing of it is fetched, it runs padded and the plan stays in one piece.
"""

from funcfit.tf1.graph.node import Tensor


def padded(order, fetches):
    """The nodes of `order` that run by their padded lowering."""
    behind = {}  # tensor -> the node whose padding it has
    makers, seen = set(), set()
    for node in order:
        sources = {behind[x] for x in node._inputs if x in behind}
        if not sources:
            if node.card.padded_lower is not None and all(x.dtype.is_integer for x in node.outputs):
                makers.add(node)
                behind.update(dict.fromkeys(node.outputs, node))
        elif len(sources) == 1 and _tolerates(node, behind):
            if not node.card.writes:
                behind.update(dict.fromkeys(node.outputs, *sources))
        else:
            seen |= sources
    seen.update(behind[x] for x in fetches if isinstance(x, Tensor) and x in behind)
    return makers - seen


def _tolerates(node, behind):
    """True when all padded inputs are among those that may be, and the others among these are scalars."""
    allowed = set(node.card.input_positions(node, node.card.padding)) if node.card.padding else ()
    return all(
        i in allowed if x in behind else i not in allowed or x.shape.ndims == 0 for i, x in enumerate(node._inputs)
    )
