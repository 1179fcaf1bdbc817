"""A compiled stage, called on the session's state.

Changes: what has been compiled, and the session's state when it is called. Cells are taken out of the state and put
back under the session's lock, so that threads may run at the same time.
"""

import sys
import warnings
from contextlib import ExitStack, nullcontext
from functools import partial
from itertools import chain, starmap
from operator import itemgetter

import jax
import numpy as np

from funcfit import by_numpy
from funcfit.compile import jit, kept_in, wide_mode
from funcfit.errors import InvalidArgumentError
from funcfit.kernels.stack import Stack
from funcfit.tf1.graph.node import Operation
from funcfit.tf1.run.guard import Guard
from funcfit.tf1.run.trace import cells_written_by_rows, shapes_of, stage_function

EXACT_SHAPES = 2  # so many shapes get a program of their own before one for many is tried
MANY_SHAPES = 20  # so many of their own are worth a warning
LARGE = 1 << 20  # bytes of feeds that are sooner waited for than copied


class _AnotherShape(Exception):
    """Raised while tracing for one shape more than EXACT_SHAPES."""


class Executable:
    """A stage compiled for one set of empty cells and one set of static values."""

    def __init__(self, program, stage, absent, static):
        made = program.plan
        self.program, self.plan, self.stage, self._absent = program, made, stage, absent
        self.written = tuple(c for c in stage.writes if c not in absent)
        self.cells = (*self.written, *(c for c in stage.reads if c not in absent), *stage.constants)
        self.taken = [k for k in stage.takes if k not in static]
        self.label = "run_" + _label(made)
        self._held = itemgetter(*self.cells) if len(self.cells) > 1 else self._few_held
        # What only looks, and once, may not be worth compiling. What a state comes from is always compiled.
        self._new = program.only_looks and len(stage.nodes) <= by_numpy.OPERATIONS
        self._places = None
        self.prepare(*stage_function(made, stage, absent, static))

    session = property(lambda self: self.program.session)

    def prepare(self, function, noted, sizes=0, real=None):
        """`function` of the cells, of what is taken and fed and of so many `sizes`, and what it has `noted` (trace.py).
        `real` gives what checks have seen as it is reported.
        """
        self.function, self.noted, self._sizes, self._real = function, noted, sizes, real
        self.seen = []  # shapes of what is taken and fed for which it was traced
        self._compiling = self._for_many = None
        self.called = self._called_wide if self.stage.wide else self._called
        self.compiled = self._jitted()
        checks = any(node.card.checks is not None for node in self.stage.nodes)
        self._only_writes = not self.stage.gives and not checks
        self._unguarded = self._guard if checks and self.written else None
        self._before = None  # makes the checks before the step (guard.py)
        self._harmless = set()  # shapes of what is taken and fed with which no check can fail

    def _few_held(self, state):
        return [state[cell] for cell in self.cells]

    def _jitted(self):
        donated = tuple(range(len(self.written)))
        return jit(self.function, donate_argnums=donated, name=self.label, on_trace=self._traced)

    def _guard(self, *arguments):
        """Decides how the cells are guarded, at the first arguments that need it."""
        shapes = shapes_of(arguments[len(self.cells) :])
        if shapes in self._harmless:
            return
        by_rows, fed = bool(cells_written_by_rows(self.plan, self.stage)), len(self.stage.feeds) + self._sizes
        guard = Guard(self.compiled, self.stage, self._absent, by_rows, self.label, fed, arguments)
        if guard.needed:
            self._before, self.compiled, self._unguarded = guard.before, guard.compiled, None
        else:
            self._harmless.add(shapes)
            self._unguarded = self._unguarded if shapes else None

    def _traced(self, *arguments):
        """Told of each compilation: until the call is over, what is compiled is kept for the next process."""
        shapes = shapes_of(arguments[len(self.cells) :])
        if shapes not in self.seen:
            if len(self.seen) >= EXACT_SHAPES and self._for_many is None:
                raise _AnotherShape
            self.seen.append(shapes)
            if len(self.seen) == MANY_SHAPES:
                self._warn()
        if self.session._kept_in is not None and self._compiling is None:
            self._compiling = ExitStack()
            self._compiling.enter_context(kept_in(self.session._kept_in))

    def _warn(self):
        why = self.stage.why or "the shapes that are fed"
        unfit = self._for_many and self._for_many.unfit
        because = f"; no one program serves them: {unfit}" if unfit else ""
        frame, level = sys._getframe(), 1
        while frame is not None and frame.f_globals.get("__name__", "").startswith(("funcfit.", "jax.")):
            frame, level = frame.f_back, level + 1
        warnings.warn(
            f"{MANY_SHAPES} different shapes have each compiled a program of their own (cause: {why}{because}); "
            "padding to a few sizes would be faster.",
            stacklevel=level,
        )

    def _by_numpy(self, taken, fed):
        """What the stage gives when it first runs, if NumPy is sooner done than a compiler; else None."""
        self._new = False
        with self.session._lock, wide_mode() if self.stage.wide else nullcontext():
            arguments = *(self.session._state[c] for c in self.cells), *taken, *fed
            try:
                traced = self.compiled.trace(*arguments)
            except BaseException:
                self._stop_keeping()
                raise
            if not by_numpy.is_quick(traced.jaxpr):
                return None  # what has been traced is called next
            out = by_numpy.worked_out(traced.jaxpr, jax.tree.leaves(arguments))
        self._stop_keeping()
        self.compiled = self._jitted()
        given = jax.tree.unflatten(jax.tree.structure(traced.out_info), out)
        self._verify(given[len(self.stage.gives) :], arguments)
        return given

    def _stop_keeping(self):
        if self._compiling is not None:
            self._compiling.close()
            self._compiling = None

    def _call(self, taken, fed):
        if self._for_many is not None:
            given = self._for_many.call(taken, fed)
            if given is not None:
                return given
        try:
            return self.called(taken, fed)
        except _AnotherShape:
            from funcfit.tf1.run.for_many import ForMany

            self._for_many = ForMany(self)
            return self._call(taken, fed)
        except InvalidArgumentError:
            self._unlearn(shapes_of((*taken, *fed)))
            raise

    def _unlearn(self, shapes):
        """Forgets shapes that do not go together: the stage was never traced for them."""
        if shapes in self.seen and not any(all_of[len(self.cells) :] == shapes for all_of in self.noted):
            self.seen.remove(shapes)
            if self._for_many is not None and self._for_many.unfit_for == shapes:
                self._for_many.unfit = self._for_many.unfit_for = None

    def _called_wide(self, taken, fed):
        with wide_mode():
            return self._called(taken, fed)

    def _called(self, taken, fed):
        """One compiled call; the state is put right in any case, an interrupt included."""
        session, writes, gives = self.program.session, self.stage.writes, self.stage.gives
        state, out, late = session._state, [], False
        if fed and not gives:
            # Nothing is waited for, and JAX may look at arrays of NumPy's where they are: the program may have written
            # to them by then.
            late = sum([x.nbytes for x in fed]) > LARGE
            fed = fed if late else [x.copy() for x in fed]
        with session._lock:
            try:
                arguments = (*self._held(state), *taken, *fed)
                if self._unguarded is not None:
                    self._unguarded(*arguments)
                if self._before is not None:
                    checks, found = self._before(*arguments)
                    self._verify(checks, arguments)
                    arguments = (*arguments, *found)
                # Everything from the call to the last cell happens in one C call, between whose parts no interrupt is
                # delivered: one that fell there would leave the state with cells that were donated and are gone.
                results = starmap(self.compiled, (arguments,))
                if not self._only_writes:
                    results = map(out.__iadd__, results)
                state.update(zip(writes, chain.from_iterable(results)))
                if not writes:
                    next(results)
                if late:
                    jax.block_until_ready([out, [state[cell] for cell in writes]])
            finally:
                if self._compiling is not None:
                    self._stop_keeping()
        given = out[len(writes) :]
        if len(given) > len(gives):
            self._verify(given[-1:], arguments)
        return given

    def _verify(self, checks, arguments):
        """`checks`: what the stage's function gives of its checks, in a list; none when it has none."""
        for held, seen in checks:
            held = np.asarray(held)
            if not held.all():
                first = int(np.argmin(held))
                node, check = self.noted[shapes_of(arguments)].checks[first]
                seen = seen if self._real is None else self._real(seen, arguments)
                raise check.error(None, node, check.message(*(np.asarray(v) for v in seen[first])))

    def run(self, values):
        taken = [values[k] for k in self.taken]
        taken = [x.for_any_run() if isinstance(x, Stack) else x for x in taken]
        if not self.stage.gives:  # see _called
            taken = [x.copy() if isinstance(x, np.ndarray) else x for x in taken]
        fed = [values[x] for x in self.stage.feeds]
        given = self._by_numpy(taken, fed) if self._new else None
        values.update(zip(self.stage.gives, self._call(taken, fed) if given is None else given))

    def run_alone(self, arrays):
        """The whole run, when this stage is all of the plan; None when a cell is missing, so that the long way finds
        out.
        """
        if self._places is None:
            self._prepare()
        try:
            for cell in self._unwritten:
                self.session._state[cell]
            given = self._call((), arrays if self._fed is None else [arrays[i] for i in self._fed])
        except KeyError:
            if all(cell in self.session._state for cell in (*self.cells, *self._unwritten)):
                raise
            return None
        if self._only_operations:
            return [None] * len(self._places)
        out = [fetched(value) for value in given[: len(self.stage.gives)]]
        if self._shown:
            state = self.session._state
            with self.session._lock:  # copied before another run takes the cells
                out += [fetched(state[cell]) for cell in self._shown]
        return out if self._in_order else [out[at] if at is not None else rest(arrays) for at, rest in self._places]

    def _prepare(self):
        tensors = self.plan.feeds
        fed = [tensors.index(x) for x in self.stage.feeds]
        self._fed = None if fed == list(range(len(tensors))) else fed  # None: all, as they come
        self._shown = list(self.plan.shown.values())
        self._unwritten = [cell for cell in self._shown if cell not in self.plan.final]
        found, places = {key: at for at, key in enumerate([*self.stage.gives, *self.plan.shown])}, []
        for key in self.plan.fetch_keys:
            if key is None:
                places.append((None, lambda arrays: None))
            elif key in found:
                places.append((found[key], None))
            elif key.op.type == "Const":
                places.append((None, partial(_constant, key.op.attrs["value"])))
            else:
                places.append((None, partial(_fed_back, tensors.index(key))))
        self._places, self._in_order = places, [at for at, _ in places] == list(range(len(found)))
        self._only_operations = all(key is None for key in self.plan.fetch_keys)


def _constant(value, arrays):
    return fetched(value)


def _fed_back(place, arrays):
    return fetched(arrays[place])


def only_reads(made):
    """True for a plan that shows cells as they are: nothing to compile."""
    idle = all(node.outputs and made.cells.shows(node.outputs[0]) for node in made.nodes)
    return idle and all(key in made.shown for key in made.fetch_keys)


class Reading:
    """A plan that only reads: the fetched values are copies of the state's arrays."""

    def __init__(self, program):
        made = program.plan
        self.program, self.cells = program, [made.shown[key] for key in made.fetch_keys]

    def run_alone(self, arrays):
        """The values, or None when a cell is missing, so that the long way finds out."""
        session = self.program.session
        with session._lock:
            try:
                return [fetched(session._state[cell]) for cell in self.cells]
            except KeyError:
                return None


def _label(made):
    """What profiles and logs call it: by types, since what differs only in names is found in the cache of programs."""
    return "_".join((x if isinstance(x, Operation) else x.op).type for x in made.fetches[:2])


def fetched(value):
    """A fetched value as programs get it: a numpy array of their own, or a numpy scalar."""
    if isinstance(value, np.ndarray) and value.dtype == object:
        return value.item() if value.ndim == 0 else value.copy()
    array = np.array(value)
    return array[()] if array.ndim == 0 else array
