"""A loop in a compiled stage: as `lax.scan` when the number of its turns is known while tracing (counting.py), else as
`lax.while_loop`.

A counted loop carries little: variables that count are worked out from the turn's number, what the turns push on stacks
or write to arrays by a counter is stacked by the loop itself, and stacks that are popped are only looked at.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np

from funcfit.errors import FailedPreconditionError
from funcfit.kernels.stack import NoRoom, Stack
from funcfit.kernels.tensor_array import TensorArray
from funcfit.tf1.graph.borders import is_enter
from funcfit.tf1.run.counting import Counting
from funcfit.tf1.run.loops import ByTurn, Loop
from funcfit.tf1.run.trace import RUNNERS, Scope, Undecided, as_arrays, cell_value, given_value, run_steps


class _Carried(Exception):
    """A list of the run that the turns have to hand on, since they look at what they wrote."""

    def __init__(self, cell):
        super().__init__(cell.name)
        self.cell = cell


def run_loop(loop, scope):
    """Runs a whole loop: the values of its exits and of the cells it writes go into `scope`."""
    if loop.by_turn:
        scope.by_turn(loop, scope)
        return
    try:
        with_lists_carried = set()
        while True:
            turns = _Turns(loop, scope, with_lists_carried)
            try:
                turns.run()
                return
            except _Carried as again:
                with_lists_carried.add(again.cell)
    except NoRoom as full:
        raise ByTurn(loop.condition) from full
    except Undecided as wait:
        # A constant of the loop can be known from outside; what the turns work out cannot.
        enter = wait.tensor.op
        if is_enter(enter) and enter in loop.enters and not any(v.enter is enter for v in loop.variables.values()):
            raise Undecided(enter._inputs[0]) from None
        raise ByTurn(loop.condition) from wait


RUNNERS[Loop] = run_loop


class _Turns:
    """One loop being traced."""

    def __init__(self, loop, scope, carried_lists):
        self.loop, self.scope, self.carried_lists = loop, scope, carried_lists
        self.variables = list(loop.variables.values())
        self.first = {v: scope.get(v.enter.outputs[0]) for v in self.variables}
        self.cells = self._cells_before()
        self.counting = Counting(loop, scope.get)
        self.constant = {v: self.first[v] for v in self.counting.constant}
        self.steps = self.counting.steps
        self.moving = [v for v in self.variables if v not in self.constant and v not in self.steps]
        self.test_acts = any(loop.test.writes(n) or n.card.checks for n in loop.test.nodes)

    def run(self):
        count, exact = self.counting.turns()
        if not exact:
            self._while(count)
        elif count:
            self._counted(count)
        else:
            self._leave(self.first, self.cells)

    def _cells_before(self):
        """The cells that the turns find: those that are empty are missing."""
        loop, scope, cells = self.loop, self.scope, {}
        for cell in loop.reads + loop.writes:
            try:
                cells[cell] = cell_value(cell, scope.made.uses[loop.condition][cell], scope)
            except FailedPreconditionError:
                owner = scope.made.cells.owner(cell)
                if owner is not None and owner in cells:
                    cells[cell] = cells[owner].gradient()
        try:
            return {c: x.settled() if isinstance(x, (Stack, TensorArray)) else x for c, x in cells.items()}
        except (ValueError, TypeError):  # elements of several shapes
            raise ByTurn(self.loop.condition) from None

    # -- a turn --

    def _inner(self, plan, values, cells):
        """A scope for the inside, with the variables' values and the cells as a turn finds them."""
        inner = Scope(plan, self.scope)
        inner.counters = dict(self.scope.counters)
        for v, value in values.items():
            inner.values[v.merge.outputs[0]] = value
            if v.switch is not None:
                inner.values[v.switch.outputs[1]] = value
        inner.values.update({(cell, None): value for cell, value in cells.items()})
        return inner

    def _turn(self, values, cells, counters=None, moving=None):
        """One turn: the next values of the variables that move, the cells as it leaves them, its checks."""
        plan = self.loop.turn
        inner = self._inner(plan, values, cells)
        inner.counters.update(counters or {})
        for stage in plan.stages:
            run_steps(stage.steps, inner)
        keys, moving = plan.fetch_keys, self.moving if moving is None else moving
        following = {v: given_value(keys[i], plan, inner) for i, v in enumerate(self.variables) if v in moving}
        left = {cell: cell_value(cell, plan.final[cell], inner) for cell in self.loop.writes if cell in plan.final}
        return following, left, inner.checks

    def _holds(self, values, cells):
        plan = self.loop.test
        inner = self._inner(plan, values, cells)
        for stage in plan.stages:
            run_steps(stage.steps, inner)
        left = {cell: cell_value(cell, plan.final[cell], inner) for cell in self.loop.writes if cell in plan.final}
        return given_value(plan.fetch_keys[0], plan, inner), left, inner.checks

    def _leave(self, last, cells):
        """Tells the outer scope how the loop ended."""
        for v in self.variables:
            if v.exit is not None:
                self.scope.values[v.exit.outputs[0]] = last[v]
        for cell in self.loop.writes:
            self.scope.values[cell, self.loop.condition] = cells[cell]

    # -- a known number of turns --

    def _counted(self, count):
        if self.test_acts:
            raise ByTurn(self.loop.condition)
        listed = {c: self.cells[c] for c in self.loop.writes if isinstance(self.cells.get(c), (Stack, TensorArray))}
        handed_on = self.carried_lists | _looked_at(self.loop.turn)
        stacked = {c: _InTurns(c, v, self, count) for c, v in listed.items() if c not in handed_on}
        carried = [c for c in self.loop.writes if c in self.cells and c not in stacked]
        growing = [v for v in self.moving if self.counting.only_grows(v)]
        moved = [v for v in self.moving if v not in growing]
        found = []

        def turn(carry, k):
            moving, kept = dict(zip(moved, carry[0])), dict(zip(carried, carry[1]))
            counters = {}
            values = self.constant | moving | {v: jnp.asarray(self.first[v])[:0] for v in growing}
            for v, step in self.steps.items():
                values[v] = _counter(counters, int(self.first[v]), step, self.first[v].dtype, k, count)
            cells = {**self.cells, **kept, **{c: each.before(k, counters) for c, each in stacked.items()}}
            following, left, checks = self._turn(values, cells, counters)
            out = [each.outputs(left.get(c, cells[c]), counters) for c, each in stacked.items()]
            found[:] = checks
            after = [self._next(v, following[v], moving[v]) for v in moved], [self._handed_on(left[c]) for c in carried]
            return after, (out, [following[v] for v in growing], _flags(checks))

        start = [jnp.asarray(self.first[v]) for v in moved], [_to_carry(self.cells[c]) for c in carried]
        start = _with_buffers(start, lambda carry: turn(carry, jnp.int32(0))[0], self.loop)
        (moving, kept), (out, rows, flags) = jax.lax.scan(turn, start, jnp.arange(count, dtype=jnp.int32))
        last = self.constant | dict(zip(moved, moving))
        for v, added in zip(growing, rows):
            last[v] = jnp.concatenate([jnp.asarray(self.first[v]), _flat(added)])
        for v, step in self.steps.items():
            last[v] = np.asarray(int(self.first[v]) + count * step, self.first[v].dtype)
        after = {c: each.after(values) for (c, each), values in zip(stacked.items(), out)}
        self._leave(last, {**self.cells, **dict(zip(carried, kept)), **after})
        for (node, check), (ok, seen) in zip(found, flags):
            worst = jnp.argmin(ok)
            self.scope.checks.append((node, type(check)(ok, check.error, check.message, [x[worst] for x in seen])))

    def _handed_on(self, value):
        """A cell for the next turn. A stack on which a carried loop pushes would have to know its room."""
        if isinstance(value, Stack) and value.pending:
            raise ByTurn(self.loop.condition)
        return _settled(value)

    def _next(self, variable, value, before):
        value = jnp.asarray(value)
        if value.shape != before.shape or value.dtype != before.dtype:
            raise ByTurn(self.loop.condition)
        return value

    # -- as many turns as it takes --

    def _while(self, bound):
        """`bound` is the most turns there can be."""
        loop, constant = self.loop, self.constant
        moving = self.moving + list(self.steps)
        carried = [c for c in loop.writes if c in self.cells]
        if any(_may_outgrow(self.cells[c]) for c in carried):
            raise ByTurn(loop.condition)
        found = []

        def holds(values, cells):
            goes_on, left, checks = self._holds(constant | dict(zip(moving, values)), {**self.cells, **cells})
            return jnp.asarray(goes_on), {**cells, **{c: x for c, x in left.items() if c in cells}}, checks

        def turn(carry):
            _, values, kept, failed = carry
            cells = dict(zip(carried, kept))
            before = dict(zip(moving, values))
            following, left, checks = self._turn(constant | before, {**self.cells, **cells}, moving=moving)
            after = [self._next(v, following[v], before[v]) for v in moving]
            cells = {**cells, **left}
            goes_on = jnp.bool_(True)
            if self.test_acts:
                goes_on, cells, more = holds(after, cells)
                checks = checks + more
            found[:] = checks
            flags = _flags(checks)
            return goes_on, after, [self._left(cells[c]) for c in carried], _first_failures(failed, flags)

        values = [jnp.asarray(self.first[v]) for v in moving]
        cells = {c: self.cells[c] for c in carried}
        goes_on = jnp.bool_(True)
        if self.test_acts:
            goes_on, cells, checks = holds(values, cells)
            self.scope.checks += checks
        kept = [as_arrays(cells[c]) for c in carried]
        kept = self._with_room(kept, lambda kept: turn((goes_on, values, kept, None))[2], bound)
        kept = _with_buffers(kept, lambda kept: turn((goes_on, values, kept, None))[2], loop)
        none_failed = jax.tree.map(
            lambda x: jnp.ones(x.shape, x.dtype), jax.eval_shape(lambda: turn((goes_on, values, kept, None))[3])
        )
        start = goes_on, values, kept, none_failed
        if self.test_acts:
            goes_on = lambda carry: carry[0]
        else:
            goes_on = lambda carry: holds(carry[1], dict(zip(carried, carry[2])))[0]
        _, values, kept, failed = jax.lax.while_loop(goes_on, turn, start)
        self._leave(constant | dict(zip(moving, values)), {**self.cells, **dict(zip(carried, kept))})
        for (node, check), (ok, seen) in zip(found, failed):
            self.scope.checks.append((node, type(check)(ok, check.error, check.message, seen)))

    def _left(self, value):
        """A cell as a turn leaves it to the next; pushes of turns that had nothing to push are this loop's."""
        value = _settled(value)
        return value.with_holes(self.loop.condition) if isinstance(value, Stack) and value.holes else value

    def _with_room(self, kept, turn, bound):
        """Stacks that are pushed on get room for all turns there can be."""
        if not any(isinstance(x, Stack) for x in kept):
            return kept
        pushed = []

        def probe():
            pushed[:] = turn(kept)
            return 0

        jax.eval_shape(probe)
        roomy = []
        for before, after in zip(kept, pushed):
            if isinstance(before, Stack) and isinstance(after.top, int) and after.top > before.top:
                if bound == math.inf:
                    raise ByTurn(self.loop.condition)
                room = (after.top - before.top) * bound
                before = before.with_room(room, after.buffer.shape[1:], after.only_element())
            roomy.append(_to_carry(before.with_holes(after.holes) if isinstance(before, Stack) else before))
        return roomy


def _looked_at(plan):
    """The arrays of tensors of which a turn reads elements: those that earlier turns wrote as well."""
    found = set()
    for node in plan.nodes:
        if node in plan.loops:
            inner = plan.loops[node]
            found |= {*inner.reads, *_looked_at(inner.turn)}
        elif not (node.card.makes or node.card.alias or is_enter(node)):
            found |= {plan.cells.behind(x) for x in node._inputs} - set(plan.writes(node))
    return found


def _counter(counters, first, step, dtype, k, count):
    """A number that grows by `step` a turn, known to the turn's checks and to what stacks its values."""
    value = k if (first, step, np.dtype(dtype)) == (0, 1, np.int32) else (first + step * k).astype(dtype)
    ends = np.asarray([first, first + step * (count - 1)], dtype)
    counters[id(value)] = value, ends[0], ends[1], step
    return value


def _flags(checks):
    return [(jnp.all(check.ok), [jnp.asarray(v) for v in check.values]) for _, check in checks]


def _first_failures(failed, flags):
    """Of each check whether it has held so far, and what it saw when it first did not."""
    if failed is None:
        return flags
    return [
        (was & ok, [jnp.where(was, new, old) for old, new in zip(seen, now)])
        for (was, seen), (ok, now) in zip(failed, flags)
    ]


def _to_carry(value):
    return value.with_traced_top() if isinstance(value, Stack) else as_arrays(value)


def _settled(value):
    return as_arrays(value.settled() if isinstance(value, (Stack, TensorArray)) else value)


def _with_buffers(start, turn, loop):
    """The start of a loop with its arrays of tensors in the form in which a turn leaves them."""
    for _ in range(3):
        before, structure = jax.tree.flatten(start, is_leaf=_is_array_of_tensors)
        if not any(_is_array_of_tensors(x) for x in before):
            return start
        if any(map(_may_outgrow, before)):
            raise ByTurn(loop.condition)
        after = jax.tree.leaves(jax.eval_shape(turn, start), is_leaf=_is_array_of_tensors)
        if jax.tree.structure(start) == jax.tree.structure(jax.tree.unflatten(structure, after)):
            return start
        like = [x.like(y) if _is_array_of_tensors(x) else x for x, y in zip(before, after)]
        start = jax.tree.unflatten(structure, like)
    raise ByTurn(loop.condition)


def _may_outgrow(x):
    """True for an array of tensors that may outgrow any buffer."""
    return _is_array_of_tensors(x) and x.dynamic


def _is_array_of_tensors(x):
    return isinstance(x, TensorArray)


class _InTurns:
    """A stack or an array of tensors in a counted loop, which is not carried from turn to turn: what a turn adds to it
    is an output of the loop, and what it pops is where the turn's number says.
    """

    def __init__(self, cell, value, turns, count):
        self.cell, self.value, self.turns, self.count = cell, value, turns, count
        self.pops, self.counts_down = 0, None
        if isinstance(value, Stack):
            plan = turns.loop.turn
            popping = [n for n in plan.writers.get(cell, ()) if n.type in ("StackPop", "StackPopV2")]
            self.pops = len(popping)
            self.counts_down = self._counting_down()

    def _counting_down(self):
        """(first, step) of the elements as the turns pop them, when these are whole numbers in an even row."""
        value, count = self.value, self.count
        if self.pops != 1 or not isinstance(value.buffer, np.ndarray) or not isinstance(value.top, int):
            return None
        row = value.buffer[value.top - count : value.top][::-1]
        if row.ndim != 1 or row.dtype.kind not in "iu" or len(row) != count or len(set(np.diff(row).tolist())) > 1:
            return None
        if len(set(row.tolist())) == 1:
            return None  # one known number in all turns
        return int(row[0]), int(row[1] - row[0])

    def before(self, k, counters):
        """The value as turn `k` finds it."""
        if not isinstance(self.value, Stack) or not self.pops:
            self.given = self.value
        elif self.counts_down is not None:
            number = _counter(counters, *self.counts_down, self.value.buffer.dtype, k, self.count)
            self.given = Stack(self.value.dtype).push(number)
        else:
            self.given = self.value.lowered(self.pops * k)
        return self.given

    def outputs(self, left, counters):
        """What the loop has to put out for this turn; what is known of the rest is kept here."""
        if isinstance(left, Stack):
            self.holes = left.holes
            popped = left.down if self.counts_down is None else 1 - len(left.pending)
            if left.top is not self.given.top:  # a loop in this one has popped
                raise _Carried(self.cell)
            if left.buffer is not self.given.buffer or popped != self.pops or self.pops and left.pending:
                raise _Carried(self.cell)
            self.blocks, entries = left.blocks, left.pending
        else:
            if not left.continues(self.given) or any(id(index) not in counters for index, _ in left.pending):
                raise _Carried(self.cell)
            self.indices = [counters[id(index)] for index, _ in left.pending]
            self.blocks, entries = [False] * len(left.pending), [value for _, value in left.pending]
        self.known = [self._over_all_turns(x, counters) for x in entries]
        return [jnp.asarray(x) for x, known in zip(entries, self.known) if known is None]

    def _over_all_turns(self, entry, counters):
        """The entry's values in all turns, when these are known while tracing."""
        if id(entry) in counters:
            _, first, _, step = counters[id(entry)]
            return (int(first) + step * np.arange(self.count)).astype(first.dtype)
        if isinstance(entry, (np.ndarray, np.generic)):
            return np.broadcast_to(entry, (self.count, *np.shape(entry)))
        return None

    def after(self, out):
        """The value after the loop, from its outputs over all turns."""
        out = iter(out)
        columns = [known if known is not None else next(out) for known in self.known]
        if isinstance(self.value, Stack):
            if self.pops:
                return self.value.lowered(self.pops * self.count)
            if not columns:
                return self.value
            pushed = self.value.push_block(_interleaved(columns, self.blocks))
            return pushed.with_holes(self.turns.loop.condition) if self.holes else pushed
        value = self.value
        for (_, first, _, step), column in zip(self.indices, columns):
            value = value.scatter(int(first) + step * np.arange(self.count), column)
        return value


def _interleaved(columns, blocks):
    """What each turn pushed, turn after turn: columns [turn, *element], or [turn, count, *element] for blocks."""
    columns = [c if block else c[:, None] for c, block in zip(columns, blocks)]
    whole = columns[0] if len(columns) == 1 else jnp.concatenate(columns, axis=1)
    return _flat(whole)


def _flat(rows):
    """[turn, count, *element] as [turn * count, *element]"""
    return rows.reshape(rows.shape[0] * rows.shape[1], *rows.shape[2:])
