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
    """A stage's function `whole`, jitted, in two: `before(written, read, taken, fed)` gives (checks, findings), and
    `compiled`, with the findings behind what is fed, does the rest. `before` is None where `compiled` makes the checks.
    """

    def __init__(self, whole, stage, absent, by_rows, label, arguments):
        self._whole, self._stage, self._of_feeds = whole, stage, {}
        self.before, self.compiled = None, whole
        (checks, _), (_, structure) = self._halves(arguments)
        if not structure.num_leaves:
            return  # all turned out to hold while tracing
        of_feeds, state = self._without_state(checks, arguments), sum(x.nbytes for x in arguments[0])
        if of_feeds is not None and by_numpy.is_quick(of_feeds):
            self.before = self._by_numpy
        elif by_rows or state > LARGE_STATE and 32 * touched(checks) < state:
            self.before = jit(self._checks, name="check_" + label)
        step = self._keeping(absent) if self.before is None else self._rest
        self.compiled = jit(step, donate_argnums=(0,), name=label)

    def _halves(self, arguments):
        """The stage in two programs, what the checks need and the rest, and the structures of what the two are for."""
        shapes = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), list(arguments))
        traced = self._whole.trace(*shapes)
        new, given, checks = traced.out_info
        rest = jax.tree.structure((new, given))
        return halves(traced.jaxpr, rest.num_leaves), (rest, jax.tree.structure(checks))

    @staticmethod
    def _without_state(checks, arguments):
        return without(checks, len(jax.tree.leaves(arguments[:3])))

    def _checks(self, *arguments):
        (checks, _), (_, structure) = self._halves(arguments)
        out = evaluate(checks, jax.tree.leaves(arguments))
        return structure.unflatten(out[: structure.num_leaves]), out[structure.num_leaves :]

    def _by_numpy(self, *arguments):
        fed = arguments[-1]
        shapes = tuple([x.shape for x in fed])
        if shapes not in self._of_feeds:
            (checks, _), (_, structure) = self._halves(arguments)
            self._of_feeds[shapes] = self._without_state(checks, arguments), structure
        checks, structure = self._of_feeds[shapes]
        out = by_numpy.worked_out(checks, fed)
        return structure.unflatten(out[: structure.num_leaves]), out[structure.num_leaves :]

    def _rest(self, written, read, taken, fed):
        count = len(self._stage.feeds)
        arguments = written, read, taken, fed[:count]
        (_, rest), (structure, _) = self._halves(arguments)
        out = evaluate(rest, [*jax.tree.leaves(arguments), *fed[count:]])
        return *structure.unflatten(out), None

    def _keeping(self, absent):
        """The whole function, but the cells stay as they were when one of its checks fails."""
        stage, whole = self._stage, self._whole
        written = [cell for cell in stage.writes if cell not in absent]

        def kept(written_values, read_values, taken_values, fed_values):
            new, given, (ok, seen) = whole(written_values, read_values, taken_values, fed_values)
            if ok is not None:
                old = dict(zip(written, written_values))
                new = [
                    jnp.where(jnp.all(ok), value, old[cell])
                    if cell in old and old[cell].shape == value.shape
                    else value
                    for cell, value in zip(stage.writes, new)
                ]
            return new, given, (ok, seen)

        return kept
