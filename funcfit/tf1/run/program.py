"""`Program`: what a session runs for one list of elements: the plan, and its stages as compiled functions.

Changes: what has been compiled so far, and the session's state when a stage runs.
"""

import os
from collections import Counter
from contextlib import nullcontext
from functools import partial

import jax
import numpy as np

import funcfit.tf1.run.conditionals
import funcfit.tf1.run.turns  # noqa: F401  the runners of conditionals and loops
from funcfit.compile import wide_mode
from funcfit.errors import InvalidArgumentError
from funcfit.tf1.graph.dtypes import HOST_ONLY
from funcfit.tf1.graph.node import Tensor
from funcfit.tf1.run.by_turn import run_by_turn
from funcfit.tf1.run.executable import Executable, Reading, fetched, only_reads
from funcfit.tf1.run.fetch import feeder
from funcfit.tf1.run.loops import ByTurn
from funcfit.tf1.run.plan import plan
from funcfit.tf1.run.trace import Scope, Undecided, cell_value, empty, given_value, run_node, run_steps


class Program:
    """One list of elements with one set of fed tensors, ready to run: the plan, and a compiled function a stage and
    signature. It runs on `session`, and when that is closed, on the next that asks for the same.
    """

    def __init__(self, session, elements, tensors, shared=None):
        self.session, self.elements, self.tensors = session, elements, tensors
        self._feeders = [feeder(x) for x in tensors]
        self.shared = shared  # for a turn of a loop: the cells that the run has made outside
        self.static = set()  # tensors that turned out to decide the program
        self.by_turn = set()  # LoopConds of loops that turned out not to compile as one
        self._make_plan()

    def __call__(self, values):
        arrays = [fed(value) for fed, value in zip(self._feeders, values)] if values else ()
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
                self._undo(before)
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
        """What the cells hold that the first stages of a plan write, None for an empty one: should a later stage turn
        out to need another plan, the run begins anew.
        """
        state, stages = self.session._state, self.plan.stages
        written = [cell for stage in stages[:-1] for cell in stage.writes]
        return {cell: np.array(state[cell]) if cell in state else None for cell in written}

    def _undo(self, before):
        state = self.session._state
        state.update({cell: value for cell, value in before.items() if value is not None})
        for cell, value in before.items():
            if value is None:
                state.pop(cell, None)

    def _make_plan(self):
        self.plan = plan(
            self.elements, self.tensors, self.static, self.by_turn, self.shared, lists_on_host=self.shared is not None
        )
        self.planned_when = self.session.graph.rewired
        self.executables = {}
        self.only_looks = self.shared is None and not any(stage.writes for stage in self.plan.stages)
        self.ran = False  # whether it has run to its end once, so that no other plan will be needed
        # What runs a plan of one stage that always compiles to the same program, once that is known to be so.
        self.quick = Reading(self) if only_reads(self.plan) else None

    def _run(self, values):
        made = self.plan
        for cell in made.shown.values():
            if cell not in made.final:
                _held(self.session, cell)  # an empty one is an error before anything has run
        for number, stage in enumerate(made.stages):
            if stage.host:
                self._host_stage(stage, values)
            elif stage.fills:
                self._fill(stage)
            else:
                self._jitted_stage(number, stage, values)
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

    def _host_stage(self, stage, values):
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
            state.update({cell: on_device(np.array(cell_value(cell, last[cell], scope))) for cell in stage.writes})
        for key in stage.gives:
            values[key] = given_value(key, self.plan, scope)

    def _fill(self, stage):
        """Gives cells their first values, by NumPy. What is asked for no more is let go, so that hardly more is held
        than what the cells hold.
        """
        state, scope, new = self.session._state, Scope(self.plan), {}
        scope.numpy = True
        last = {cell: node for node in stage.nodes for cell in self.plan.writes(node)}
        asked = Counter(x for node in stage.nodes for x in node._inputs)
        with self.session._lock, wide_mode() if stage.wide else nullcontext():
            self._start_private_cells(stage)
            private = {cell: np.asarray(state[cell]) for cell in stage.writes if cell.card.keeps is not None}
            scope.values.update({(cell, None): value for cell, value in private.items()})
            with np.errstate(all="ignore"):
                for node in stage.steps:
                    run_node(node, scope)
                    asked.subtract(node._inputs)
                    for x in node._inputs:
                        if not asked[x]:
                            scope.values.pop(x, None)
                    for cell in self.plan.writes(node):
                        if last[cell] is node:
                            value = scope.values.pop((cell, node))
                            new[cell] = value if cell in private else on_device(value)
            state.update(new)

    def _jitted_stage(self, number, stage, values):
        state, static = self.session._state, {}
        for x in stage.static_feeds:
            static[x] = np.asarray(values[x])
        for key in stage.takes:
            if key in stage.static_takes or isinstance(key, Tensor) and key.dtype.base_dtype in HOST_ONLY:
                static[key] = np.asarray(values[key])
        with self.session._lock:
            self._start_private_cells(stage)
            self._place_constants(stage)
            absent = frozenset(c for c in (*stage.reads, *stage.writes) if c not in state)
            signature = (number, absent, tuple((k, _text(v)) for k, v in static.items()))
            executable = self.executables.get(signature)
            if executable is None:
                executable = Executable(self, stage, absent, static)
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

    def _place_constants(self, stage):
        """Large constants are held once for all programs, beside the cells."""
        state = self.session._state
        for node in stage.constants:
            if node not in state:
                with wide_mode():
                    state[node] = jax.device_put(node.attrs["value"])


def _text(array):
    return array.dtype.str, array.shape, tuple(array.ravel().tolist()) if array.dtype == object else array.tobytes()


def on_host(value):
    """A value for nodes that run on the host: a numpy array, or a list of the run as it is."""
    return value if hasattr(value, "tree_flatten") else np.asarray(value)


def on_device(value):
    """A cell's value for the session's state; strings stay NumPy's. JAX may share an array's memory until the cell is
    donated, and copies it then: nobody else may write to `value`.
    """
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
