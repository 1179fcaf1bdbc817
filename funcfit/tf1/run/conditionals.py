"""A conditional in a stage: the side that a known predicate takes, or both sides in one `lax.cond`."""

from dataclasses import replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from funcfit.errors import FailedPreconditionError
from funcfit.tf1.run.branches import Conditional
from funcfit.tf1.run.trace import RUNNERS, Scope, Undecided, as_arrays, cell_value, is_known, run_steps, value_of


def run_conditional(step, scope):
    """Runs one side: the side is taken while tracing when the predicate is known, else both go into a `lax.cond`."""
    predicate = value_of(step.predicate, step.version, scope)
    if isinstance(predicate, (np.ndarray, np.generic)):
        side = bool(predicate)
        run_steps(step.sides[side], scope)
        _merge(step, side, scope)
        return
    _lax_conditional(step, predicate, scope)


RUNNERS[Conditional] = run_conditional


def _merge(step, side, scope):
    for node, inputs in step.merges:
        if side in inputs:
            i = inputs[side]
            scope.values[node.outputs[0]] = value_of(node._inputs[i], scope.made.uses[node].get(i), scope)
            scope.values[node.outputs[1]] = np.int32(i)


def _kept(key, step, inner):
    """A cell as a side that does not write it leaves it; whether it is empty afterwards must be known, so then the
    predicate must be.
    """
    try:
        return as_arrays(cell_value(*key, inner))
    except FailedPreconditionError:
        raise Undecided(step.predicate) from None


def _lax_conditional(step, predicate, scope):
    """Both sides in one `lax.cond`, after a first trace of each tells what it gives, what is known of that, and its
    checks.
    """
    for key in step.gives:
        if isinstance(key, tuple) and key[0].card.makes not in (True, False):
            _start_shared(key[0], scope)
    sides = {side: _probed(step, side, scope) for side in (True, False)}
    for i in sides[True].shapes.keys() & sides[False].shapes.keys():
        a, b = sides[True].shapes[i], sides[False].shapes[i]
        if a.shape != b.shape or a.dtype != b.dtype:
            raise Undecided(step.predicate)
    shapes = {**sides[True].shapes, **sides[False].shapes}
    lists = {i: _List(step, i, sides) for i in sides[True].lists.keys() | sides[False].lists.keys()}

    def branch(side):
        def run(_):
            ran = _run_side(step, side, scope)
            out = {i: ran.given[i] if i in ran.given else jnp.zeros(x.shape, x.dtype) for i, x in shapes.items()}
            added = {i: each.added(ran.lists.get(i)) for i, each in lists.items()}
            # The other side's checks hold: it did not run.
            return (
                out,
                added,
                {
                    side: _flags(ran.checks),
                    (not side): jax.tree.map(lambda x: jnp.ones(x.shape, x.dtype), sides[not side].flags),
                },
            )

        return run

    values, added, flags = jax.lax.cond(predicate, branch(True), branch(False), 0)
    for i, key in enumerate(step.gives):
        if i in values:
            scope.values[key] = values[i]
        elif i in lists:
            scope.values[key] = lists[i].after(added[i])
    for side, probed in sides.items():
        scope.values.update(probed.known)
        for (node, check), (ok, seen) in zip(probed.checks, flags[side]):
            scope.checks.append((node, type(check)(ok, check.error, check.message, seen)))


def _start_shared(cell, scope):
    """Makes a gradient array that only one of several traces would make, where what it belongs to is there already."""
    made = scope.made
    try:
        cell_value(cell, made.final.get(cell), scope)
    except FailedPreconditionError:
        owner = made.cells.owner(cell)
        try:
            scope.values[cell, None] = cell_value(owner, made.final.get(owner), scope).gradient()
        except FailedPreconditionError:
            pass  # each side makes both


class _List:
    """A stack or an array of tensors that a side of a conditional leaves: only what was added leaves the `lax.cond`, so
    that the whole need not be copied. What one side adds, the other adds as well, but as nothing that anyone reads.
    """

    def __init__(self, step, position, sides):
        found = [probed.lists.get(position) for probed in sides.values()]
        self.model = max((x for x in found if x is not None), key=lambda x: (len(x.pending), x.taken))
        if any(x is not None and not x.shares(self.model) for x in found):
            raise Undecided(step.predicate)
        uneven = len({0 if x is None else x.taken for x in found}) > 1
        if uneven and self.model.compact:
            raise Undecided(step.predicate)  # a turn that pops nothing must leave all there
        self.padded = len({0 if x is None else len(x.pending) for x in found}) > 1
        self.entries = jax.tree.leaves(self.model.pending)
        others = [jax.tree.leaves(x.pending) for x in found if x is not None]
        # Entries that are the same known numbers on all sides that have them stay known.
        self.known = [
            all(i >= len(other) or is_known(other[i]) and np.array_equal(other[i], entry) for other in others)
            and is_known(entry)
            for i, entry in enumerate(self.entries)
        ]

    def added(self, value):
        """The entries as one side leaves them."""
        mine = [] if value is None else jax.tree.leaves(value.pending)
        absent = jax.tree.leaves(self.model.nothing_pending())
        return [
            jnp.asarray(mine[i], entry.dtype) if i < len(mine) else jnp.broadcast_to(absent[i], entry.shape)
            for i, (entry, known) in enumerate(zip(self.entries, self.known))
            if not known
        ]

    def after(self, added):
        added = iter(added)
        entries = [e if known else next(added) for e, known in zip(self.entries, self.known)]
        left = replace(self.model, pending=jax.tree.unflatten(jax.tree.structure(self.model.pending), entries))
        return left.with_holes() if self.padded else left


class _Ran(NamedTuple):
    """What one side gives: values by position in `step.gives`, those that are known while tracing, lists, checks."""

    given: dict
    known: dict
    lists: dict
    checks: list


class _Probe(NamedTuple):
    """What a trace of one side found: shapes of the keys it gives (by position), values known without a run, lists,
    checks and their flags' shapes.
    """

    shapes: dict
    known: dict
    lists: dict
    checks: list
    flags: list


def _probed(step, side, scope):
    found = []

    def run(_):
        ran = _run_side(step, side, scope)
        found[:] = ran.known, ran.lists, ran.checks
        return ran.given, _flags(ran.checks)

    shapes, flags = jax.eval_shape(run, 0)
    return _Probe(shapes, *found, flags)


def _flags(checks):
    return [(jnp.all(check.ok), [jnp.asarray(v) for v in check.values]) for _, check in checks]


def _run_side(step, side, scope):
    """Runs one side."""
    inner = Scope(scope.made, scope)
    run_steps(step.sides[side], inner)
    _merge(step, side, inner)
    merged = {x for node, _ in step.merges for x in node.outputs}
    given, known, lists = {}, {}, {}
    for i, key in enumerate(step.gives):
        if isinstance(key, tuple) and key[0].card.makes:
            value = _list_kept(key, inner)
            if value is not None:
                lists[i] = value
        elif isinstance(key, tuple):
            given[i] = _kept(key, step, inner)
        elif key in inner.values:
            value = inner.values[key]
            # A shape stays known outside: only what is on the same side uses it. A Merge's value depends on the side.
            if key not in merged and is_known(value):
                known[key] = value
            else:
                given[i] = jnp.asarray(value)
    return _Ran(given, known, lists, inner.checks)


def _list_kept(key, inner):
    """A list of the run as a side leaves it; None when it does not exist there."""
    try:
        return cell_value(*key, inner)
    except FailedPreconditionError:
        return None
