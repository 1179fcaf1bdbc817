"""`Program`: what a session runs for one list of elements: the plan, and its stages as compiled functions.

Changes: what has been compiled so far, and the session's state when a stage runs. Cells are taken out of the state and
put back under the session's lock at each stage, so that threads may run at the same time.
"""

import os
import warnings
from collections import deque
from contextlib import ExitStack, nullcontext
from functools import partial
from itertools import chain
from operator import itemgetter

import jax
import numpy as np

import funcfit.tf1.run.conditionals
import funcfit.tf1.run.turns  # noqa: F401  the runners of conditionals and loops
from funcfit import by_numpy
from funcfit.compile import evaluate, halves, jit, kept_in, touched, wide_mode
from funcfit.errors import InvalidArgumentError
from funcfit.kernels.stack import Stack
from funcfit.tf1.graph.dtypes import HOST_ONLY
from funcfit.tf1.graph.node import Operation, Tensor
from funcfit.tf1.run.by_turn import run_by_turn
from funcfit.tf1.run.fetch import fed_array
from funcfit.tf1.run.loops import ByTurn
from funcfit.tf1.run.plan import plan
from funcfit.tf1.run.trace import (
    Scope,
    Undecided,
    cell_value,
    cells_written_by_rows,
    empty,
    given_value,
    keeping,
    run_steps,
    stage_function,
)

MANY_SHAPES = 20
LARGE_STATE = 1 << 18  # bytes that a step writes, from which a second call is cheaper than a select
_FIRST = itemgetter(0)


class Program:
    """One list of elements with one set of fed tensors, ready to run: the plan, and a compiled function a stage and
    signature.
    """

    def __init__(self, session, elements, tensors, shared=None):
        self.session, self.elements, self.tensors = session, elements, tensors
        self.shared = shared  # for a turn of a loop: the cells that the run has made outside
        self.static = set()  # tensors that turned out to decide the program
        self.by_turn = set()  # LoopConds of loops that turned out not to compile as one
        self._make_plan()

    def __call__(self, values):
        arrays = [fed_array(x, value) for x, value in zip(self.tensors, values)]
        if self.quick is not None:
            results = self.quick.run_alone(arrays)
            if results is not None:
                return results
        return self.run(dict(zip(self.tensors, arrays)))

    def run(self, given):
        """The fetched values for the values `given` by key; what the stages hand on to each other is added to these."""
        while True:
            before = {} if self.ran else self._written_so_far()
            values = dict(given)
            try:
                results = self._run(values)
            except (Undecided, ByTurn) as wait:
                self._learn(wait)
                self.session._state.update(before)
                self._make_plan()
                continue
            self.ran = True
            given.update(values)
            return results

    def _learn(self, wait):
        """Takes note of what the next plan must do otherwise."""
        noted, new = (self.static, wait.tensor) if isinstance(wait, Undecided) else (self.by_turn, wait.condition)
        if new in noted:
            raise RuntimeError(f"{new.name} decides the program and cannot be known before it runs") from None
        noted.add(new)

    def _written_so_far(self):
        """What the cells hold that the first stages of a plan write: should a later stage turn out to need another
        plan, the run begins anew.
        """
        state, stages = self.session._state, self.plan.stages
        return {cell: np.array(state[cell]) for stage in stages[:-1] for cell in stage.writes if cell in state}

    def _make_plan(self):
        self.plan = plan(
            self.elements, self.tensors, self.static, self.by_turn, self.shared, lists_on_host=self.shared is not None
        )
        self.executables = {}
        self.only_looks = self.shared is None and not any(stage.writes for stage in self.plan.stages)
        self.ran = False  # whether it has run to its end once, so that no other plan will be needed
        # What runs a plan of one stage that always compiles to the same program, once that is known to be so.
        self.quick = Reading(self.session, self.plan) if only_reads(self.plan) else None

    def _run(self, values):
        made = self.plan
        for cell in made.shown.values():
            if cell not in made.final:
                _held(self.session, cell)  # an empty one is an error before anything has run
        for number, stage in enumerate(made.stages):
            run = self._host_stage if stage.host else self._fill if stage.fills else self._jitted_stage
            run(number, stage, values)
        for x, branches in made.guards.items():
            if any(bool(np.asarray(values[predicate])) is not side for predicate, side in branches):
                raise InvalidArgumentError(
                    None, x.op, f"The tensor returned for {x.name} was not valid: it is in a branch that did not run."
                )
        out = []
        for key in made.fetch_keys:
            if key is None:
                out.append(None)
            elif key in made.shown:
                out.append(_shown(self.session, made.shown[key]))
            elif isinstance(key, Tensor) and key.op.type == "Const":
                out.append(fetched(key.op.attrs["value"]))
            else:
                out.append(fetched(values[key]))
        return out

    def _host_stage(self, number, stage, values):
        scope = Scope(self.plan)
        scope.numpy = True
        scope.by_turn = partial(run_by_turn, session=self.session, make_program=partial(Program, self.session))
        for key in (*stage.takes, *stage.feeds, *stage.static_feeds):
            if key in values:
                scope.values[key] = on_host(values[key])
        state = self.session._state
        with self.session._lock:
            self._start_private_cells(stage)
            for cell in (*stage.reads, *stage.writes):
                if cell in state:
                    scope.values[cell, None] = np.array(state[cell])
        run_steps(stage.steps, scope)
        last = {cell: node for node in stage.nodes for cell in self.plan.writes(node)}
        with self.session._lock, wide_mode() if stage.wide else nullcontext():
            state.update({cell: on_device(cell_value(cell, last[cell], scope)) for cell in stage.writes})
        for key in stage.gives:
            values[key] = given_value(key, self.plan, scope)

    def _fill(self, number, stage, values):
        """Gives cells their first values, by NumPy."""
        state, scope = self.session._state, Scope(self.plan)
        scope.numpy = True
        last = {cell: node for node in stage.nodes for cell in self.plan.writes(node)}
        with self.session._lock, wide_mode() if stage.wide else nullcontext():
            self._start_private_cells(stage)
            private = {cell: np.asarray(state[cell]) for cell in stage.writes if cell.card.keeps is not None}
            scope.values.update({(cell, None): value for cell, value in private.items()})
            with np.errstate(all="ignore"):
                run_steps(stage.steps, scope)
            new = {cell: cell_value(cell, last[cell], scope) for cell in stage.writes}
            state.update({c: x if c in private else on_device(x) for c, x in new.items()})

    def _jitted_stage(self, number, stage, values):
        state, static = self.session._state, {}
        for x in stage.static_feeds:
            static[x] = np.asarray(values[x])
        for key in stage.takes:
            if key in stage.static_takes or isinstance(key, Tensor) and key.dtype.base_dtype in HOST_ONLY:
                static[key] = np.asarray(values[key])
        with self.session._lock:
            self._start_private_cells(stage)
            absent = frozenset(c for c in (*stage.reads, *stage.writes) if c not in state)
            signature = (number, absent, tuple((k, _text(v)) for k, v in static.items()))
            executable = self.executables.get(signature)
            if executable is None:
                executable = Executable(self.session, self.plan, stage, absent, static, self.only_looks)
                self.executables[signature] = executable
            alone = len(self.plan.stages) == 1 and not self.plan.guards
            if alone and not static and not absent and self.quick is None:
                self.quick = executable
            executable.run(values)

    def _start_private_cells(self, stage):
        """Cells that nodes keep for themselves (counters, random streams) begin when the session first uses them."""
        state = self.session._state
        for cell in (*stage.reads, *stage.writes):
            if cell.card.keeps is not None and cell not in state:
                state[cell] = cell.card.keeps(cell.attrs, entropy)


def _text(array):
    return array.dtype.str, array.shape, tuple(array.ravel().tolist()) if array.dtype == object else array.tobytes()


def on_host(value):
    """A value for nodes that run on the host: a numpy array, or a list of the run as it is."""
    return value if hasattr(value, "tree_flatten") else np.asarray(value)


def on_device(value):
    """A cell's value for the session's state: a copy of its own, since the state is donated; strings stay NumPy's."""
    return value if value.dtype == object else jax.device_put(value, may_alias=False)


def entropy():
    """64 fresh random bits, for streams that no seed fixes."""
    return int.from_bytes(os.urandom(8), "little")


def _held(session, cell):
    """What the state holds of a cell. Raises FailedPreconditionError when that is nothing."""
    try:
        return session._state[cell]
    except KeyError:
        raise empty(cell) from None


def _shown(session, cell):
    """A cell's value as programs get it, copied before another run takes the cell."""
    with session._lock:
        return fetched(_held(session, cell))


def fetched(value):
    """A fetched value as programs get it: a numpy array of their own, or a numpy scalar."""
    if isinstance(value, np.ndarray) and value.dtype == object:
        return value.item() if value.ndim == 0 else value.copy()
    array = np.array(value)
    return array[()] if array.ndim == 0 else array


class Executable:
    """A stage compiled for one set of empty cells and one set of static values."""

    def __init__(self, session, made, stage, absent, static, only_looks):
        self.session, self.plan, self.stage = session, made, stage
        self.written = tuple(c for c in stage.writes if c not in absent)
        self.read = tuple(c for c in stage.reads if c not in absent)
        self.taken = [k for k in stage.takes if k not in static]
        self.function, self.checked = stage_function(made, stage, absent, static)
        self.shapes_seen = 0
        self.label = "run_" + _label(made)
        self.compiled = self._jitted()
        # What only looks, and once, may not be worth compiling. What a state comes from is always compiled.
        self._new = only_looks and len(stage.nodes) <= by_numpy.OPERATIONS
        self.verifier = None  # makes the checks in a call of its own, and hands on what it found on the way
        checks = any(node.card.checks is not None for node in stage.nodes)
        self._protect = partial(self._protect_cells, absent) if checks and self.written else None
        self._compiling = None
        self._places = None

    def _jitted(self):
        return jit(self.function, donate_argnums=(0,), name=self.label, on_trace=self._traced)

    def _protect_cells(self, absent, *arguments):
        """A run whose checks fail leaves its cells as they were. A select that keeps the old values would copy cells
        that are written by rows, and costs a large state more than checks that touch little: these are made before.
        """
        self._whole = self.compiled
        (checks, _), (_, structure) = self._halves(arguments)
        if not structure.num_leaves:
            return  # all turned out to hold while tracing
        state = sum(x.nbytes for x in arguments[0])
        by_rows = cells_written_by_rows(self.plan, self.stage)
        if by_rows or state > LARGE_STATE and 32 * touched(checks) < state:
            self.verifier = jit(self._verified, name="check_" + self.label)
            self.compiled = jit(self._rest, donate_argnums=(0,), name=self.label)
        else:
            self.compiled = jit(keeping(self._whole, self.stage, absent), donate_argnums=(0,), name=self.label)

    def _halves(self, arguments):
        """The stage in two programs, what the checks need and the rest, and the structures of what the two are for."""
        shapes = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), list(arguments))
        traced = self._whole.trace(*shapes)
        new, given, checks = traced.out_info
        rest = jax.tree.structure((new, given))
        return halves(traced.jaxpr, rest.num_leaves), (rest, jax.tree.structure(checks))

    def _verified(self, *arguments):
        """The checks, and what else was computed for them."""
        (checks, _), (_, structure) = self._halves(arguments)
        out = evaluate(checks, jax.tree.leaves(arguments))
        return structure.unflatten(out[: structure.num_leaves]), out[structure.num_leaves :]

    def _rest(self, written, read, taken, fed):
        """The stage after its checks, whose findings come behind what is fed."""
        count = len(self.stage.feeds)
        arguments = written, read, taken, fed[:count]
        (_, rest), (structure, _) = self._halves(arguments)
        out = evaluate(rest, [*jax.tree.leaves(arguments), *fed[count:]])
        return *structure.unflatten(out), None

    def _traced(self):
        """Told of each compilation: until the call is over, what is compiled is kept for the next process."""
        if self.session._kept_in is not None and self._compiling is None:
            self._compiling = ExitStack()
            self._compiling.enter_context(kept_in(self.session._kept_in))
        self.shapes_seen += 1
        if self.shapes_seen == MANY_SHAPES:
            why = self.stage.why or "the shapes that are fed"
            warnings.warn(
                f"{MANY_SHAPES} different shapes have each compiled a program of their own (cause: {why}); padding "
                "to a few sizes would be faster.",
                stacklevel=6,
            )

    def _by_numpy(self, taken, fed):
        """What the stage gives when it first runs, if NumPy is sooner done than a compiler; else None."""
        self._new = False
        with self.session._lock, wide_mode() if self.stage.wide else nullcontext():
            arguments = [], [self.session._state[c] for c in self.read], taken, fed
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
        _, given, checks = jax.tree.unflatten(jax.tree.structure(traced.out_info), out)
        self._verify(checks)
        return given

    def _stop_keeping(self):
        if self._compiling is not None:
            self._compiling.close()
            self._compiling = None

    def _call(self, taken, fed):
        if not self.stage.wide:
            return self._called(taken, fed)
        with wide_mode():
            return self._called(taken, fed)

    def _called(self, taken, fed):
        """One compiled call; the state is put right in any case, an interrupt included."""
        session, out = self.session, []
        state = session._state
        try:
            with session._lock:
                written = [state[c] for c in self.written]
                read = [state[c] for c in self.read]
                if self._protect is not None:
                    self._protect(written, read, taken, fed)
                    self._protect = None
                if self.verifier is not None:
                    checks, found = self.verifier(written, read, taken, fed)
                    self._verify(checks)
                    fed = fed + found
                results = map(self.compiled, (written,), (read,), (taken,), (fed,))
                new = chain.from_iterable(map(_FIRST, out))
                # Everything from the call to the last cell happens in one C call, between whose parts no interrupt is
                # delivered: one that fell there would leave the state with cells that were donated and are gone.
                deque(chain(map(out.extend, (results,)), map(state.__setitem__, self.stage.writes, new)), 0)
        finally:
            if self._compiling is not None:
                self._stop_keeping()
        _, given, checks = out[0]
        if self.verifier is None:
            self._verify(checks)
        return given

    def _verify(self, checks):
        ok, seen = checks
        if ok is None:
            return
        ok = np.asarray(ok)
        if not ok.all():
            node, check = self.checked[int(np.argmin(ok))]
            values = [np.asarray(v) for v in seen[int(np.argmin(ok))]]
            raise check.error(None, node, check.message(*values))

    def run(self, values):
        taken = [values[k] for k in self.taken]
        taken = [x.for_any_run() if isinstance(x, Stack) else x for x in taken]
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
            given = self._call([], [arrays[i] for i in self._fed])
        except KeyError:
            return None
        out = [fetched(value) for value in given]
        if self._shown:
            state = self.session._state
            with self.session._lock:  # copied before another run takes the cells
                out += [fetched(state[cell]) for cell in self._shown]
        return [out[at] if at is not None else rest(arrays) for at, rest in self._places]

    def _prepare(self):
        tensors = self.plan.feeds
        self._fed = [tensors.index(x) for x in self.stage.feeds]
        self._shown = list(self.plan.shown.values())
        self._unwritten = [cell for cell in self._shown if cell not in self.plan.final]
        found, places = [*self.stage.gives, *self.plan.shown], []
        for key in self.plan.fetch_keys:
            if key is None:
                places.append((None, lambda arrays: None))
            elif key in found:
                places.append((found.index(key), None))
            elif key.op.type == "Const":
                places.append((None, partial(_constant, key.op.attrs["value"])))
            else:
                places.append((None, partial(_fed_back, tensors.index(key))))
        self._places = places


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

    def __init__(self, session, made):
        self.session = session
        self.cells = [made.shown[key] for key in made.fetch_keys]

    def run_alone(self, arrays):
        """The values, or None when a cell is missing, so that the long way finds out."""
        state = self.session._state
        with self.session._lock:
            try:
                return [fetched(state[cell]) for cell in self.cells]
            except KeyError:
                return None


def _label(made):
    names = [x.name if isinstance(x, Operation) else x.op.name for x in made.fetches[:2]]
    return "_".join(names).replace("/", "_")[:40]
