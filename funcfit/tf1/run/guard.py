"""How a run whose checks fail leaves its cells as they were.

The checks are made before the step where that costs less than a select that keeps the old values: by NumPy at once,
when they are few and of fed values alone, so that nothing has to be waited for; in a compiled call of their own, when
the cells are written by rows (a select would copy them) or are large beside what the checks touch. What the checks need
is computed once: the step is compiled without it, and handed what was found.
"""

import jax
import jax.numpy as jnp

from funcfit import by_numpy
from funcfit.compile import evaluate, halves, jit, touched, without

LARGE_STATE = 1 << 18  # bytes that a step writes, from which a second call is cheaper than a select


class Guard:
    """A stage's function `whole` (trace.py), jitted, in two: `before(*arguments)` gives the checks and what was found
    on the way, and `compiled(*arguments, *found)` the rest. `before` is None where `compiled` makes the checks.
    """

    def __init__(self, whole, stage, absent, by_rows, label, fed, arguments):
        self._whole, self._stage, self._count, self._of_feeds = whole, stage, len(arguments), {}
        self._others = self._count - fed  # of the arguments, all but the last `fed`
        self._donated = tuple(range(sum(cell not in absent for cell in stage.writes)))
        self.before, self.compiled, self._compiled_checks = None, whole, jit(self._checks, name="check_" + label)
        (checks, _), (_, structure) = self._halves(arguments)
        self.needed = structure.num_leaves > 0  # else all checks turned out to hold while tracing, for these shapes
        if not self.needed:
            return
        of_feeds, state = self._of_feeds_alone(checks, arguments), sum(arguments[i].nbytes for i in self._donated)
        if of_feeds is not None and by_numpy.is_quick(of_feeds):
            self.before = self._by_numpy
        elif by_rows or state > LARGE_STATE and 32 * touched(checks) < state:
            self.before = self._compiled_checks
        step = self._keeping(absent) if self.before is None else self._rest
        self.compiled = jit(step, donate_argnums=self._donated, name=label)

    def _halves(self, arguments):
        """The stage in two programs, what the checks need and the rest, and the structures of what the two are for."""
        shapes = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), arguments)
        traced = self._whole.trace(*shapes)
        first = len(self._stage.writes) + len(self._stage.gives)
        rest, checks = (jax.tree.structure(part) for part in (traced.out_info[:first], traced.out_info[first:]))
        return halves(traced.jaxpr, rest.num_leaves), (rest, checks)

    def _of_feeds_alone(self, checks, arguments):
        return without(checks, len(jax.tree.leaves(arguments[: self._others])))

    def _checks(self, *arguments):
        (checks, _), (_, structure) = self._halves(arguments)
        return _apart(evaluate(checks, jax.tree.leaves(arguments)), structure)

    def _by_numpy(self, *arguments):
        fed = arguments[self._others :]
        shapes = tuple([x.shape for x in fed])
        if shapes not in self._of_feeds:
            (checks, _), (_, structure) = self._halves(arguments)
            self._of_feeds[shapes] = self._of_feeds_alone(checks, arguments), structure
        checks, structure = self._of_feeds[shapes]
        if checks is None:  # of these shapes they are not of fed values alone
            return self._compiled_checks(*arguments)
        return _apart(by_numpy.worked_out(checks, fed), structure)

    def _rest(self, *arguments):
        arguments, found = arguments[: self._count], arguments[self._count :]
        (_, rest), (structure, _) = self._halves(arguments)
        return structure.unflatten(evaluate(rest, [*jax.tree.leaves(arguments), *found]))

    def _keeping(self, absent):
        """The whole function, but the cells stay as they were when one of its checks fails."""
        cells, whole = self._stage.writes, self._whole
        written, count = [cell for cell in cells if cell not in absent], len(cells) + len(self._stage.gives)

        def kept(*arguments):
            out = whole(*arguments)
            if len(out) == count:
                return out  # of these shapes all turned out to hold while tracing
            *values, (held, seen) = out
            old = dict(zip(written, arguments))
            for i, cell in enumerate(cells):
                if cell in old and old[cell].shape == values[i].shape:
                    values[i] = jnp.where(jnp.all(held), values[i], old[cell])
            return *values, (held, seen)

        return kept


def _apart(out, structure):
    """The checks, none or one (trace.py), and what else was computed for them."""
    return structure.unflatten(out[: structure.num_leaves]), out[structure.num_leaves :]
