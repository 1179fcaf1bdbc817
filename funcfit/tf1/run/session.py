"""`Session`: a graph's state, and running parts of the graph on it.

Changes: the state (cell -> array), the plans it has made, whether it is closed. A run of fetches seen before is one
dictionary look-up and one compiled call. Cells are taken out of the state and put back under the session's lock at each
stage, so that threads may run at the same time.
"""

import os
import threading
import time
import warnings
from collections import deque
from functools import partial
from itertools import chain
from operator import itemgetter

import jax
import numpy as np

from funcfit.compile import jit, wide_mode
from funcfit.errors import InvalidArgumentError, NotFoundError
from funcfit.tf1.graph import stacks
from funcfit.tf1.graph.dtypes import HOST_ONLY
from funcfit.tf1.graph.graph import Graph, get_default_graph
from funcfit.tf1.graph.node import Operation, Tensor
from funcfit.tf1.opdef import api
from funcfit.tf1.run.fetch import FetchTree, fed_array, fed_pairs
from funcfit.tf1.run.plan import View, plan
from funcfit.tf1.run.trace import Scope, Undecided, cell_value, given_value, run_steps, stage_function

MANY_SHAPES = 20
_FIRST = itemgetter(0)


class BaseSession:
    """What Session and InteractiveSession share."""

    def __init__(self, target="", graph=None, config=None):
        if graph is not None and not isinstance(graph, Graph):
            raise TypeError(f"graph must be a tf.Graph, but got {type(graph)}")
        if not isinstance(target, (str, bytes)):
            raise TypeError(f"target must be a string, but got {type(target)}")
        if target not in ("", b"", "local"):
            raise NotFoundError(
                None,
                None,
                f"No session factory registered for the given session options: target {target!r}; sessions run in "
                "this process",
            )
        if config is not None and not hasattr(config, "gpu_options"):
            raise TypeError(f"config must be a tf.ConfigProto, but got {type(config)}")
        self._graph = get_default_graph() if graph is None else graph
        self._target, self._config = target, config
        self._state = {}  # cell -> jax array; a cell that is not initialized is absent
        self._programs = {}  # (elements to run, fed tensors) -> Program
        self._calls = {}  # (fetches, feeds) as written -> (Program, how its values take the structure of the fetches)
        self._lock = threading.RLock()
        self._closed = False
        self._partial = {}

    graph = property(lambda self: self._graph)
    graph_def = property(lambda self: self._graph.as_graph_def())
    sess_str = property(lambda self: self._target)

    def run(self, fetches, feed_dict=None, options=None, run_metadata=None):
        """Runs what `fetches` need, and gives their values in the same structure: numpy arrays and scalars, None for an
        Operation.

        `feed_dict` maps tensors (or their names) to values that replace them for this run. Raises TF's errors:
        TypeError or ValueError for fetches and feeds that do not fit, FailedPreconditionError for a variable that is
        not initialized, InvalidArgumentError for a placeholder that is not fed; after any of them the session and its
        state can be used as before.
        """
        if self._closed:
            raise RuntimeError("Attempted to use a closed Session.")
        if feed_dict is None or not feed_dict:
            fed, values = (), ()
        else:
            try:
                fed, values = tuple(feed_dict), feed_dict.values()
            except (TypeError, AttributeError):
                raise TypeError(f"feed_dict must be a dictionary of tensors to values, not {feed_dict!r}") from None
        kind = type(fetches)
        try:
            key = (kind, tuple(fetches), fed) if kind is list or kind is tuple else (fetches, fed)
            call = self._calls.get(key)
        except TypeError:
            key = call = None
        if call is None:
            return self._first_run(key, fetches, feed_dict, options, run_metadata)
        program, rebuild = call
        if run_metadata is not None:
            return rebuild(self._traced_run(program, values, options, run_metadata))
        return rebuild(program(values))

    def _first_run(self, key, fetches, feed_dict, options, run_metadata):
        if not self._graph.version:
            raise RuntimeError("The Session graph is empty.  Add operations to the graph before calling run().")
        tree = FetchTree(self._graph, fetches)
        pairs = fed_pairs(self._graph, feed_dict or {})
        tensors = [x for x, _ in pairs]
        known = (tuple(tree.elements), tuple(tensors))
        program = self._programs.get(known)
        if program is None:
            program = self._programs[known] = Program(self, tree.elements, tensors)
        direct = all(isinstance(k, (Tensor, str)) or hasattr(k, "_as_graph_element") for k in feed_dict or {})
        if key is not None and direct:
            self._calls[key] = program, tree.rebuild
        return tree.rebuild(self._traced_run(program, [value for _, value in pairs], options, run_metadata))

    def _traced_run(self, program, values, options, run_metadata):
        """A run that leaves in `run_metadata` which nodes ran in which stage, when the options ask for a trace."""
        started = time.time()
        results = program(values)
        if run_metadata is not None and options is not None and options.trace_level:
            run_metadata.record(program.plan.stages, started, time.time())
        return results

    def close(self):
        """Frees the state. Running afterwards is a RuntimeError."""
        self._closed = True
        self._state.clear()
        self._programs.clear()
        self._calls.clear()

    def __del__(self):
        self._closed = True

    def as_default(self):
        """A with-block in which `eval()` and `run()` use this session; it is not closed at the end."""
        return stacks.sessions.as_default(self)

    def make_callable(self, fetches, feed_list=None, accept_options=False):
        """A function of the values of `feed_list` that gives the values of `fetches`: a run whose look-ups are done."""
        if self._closed:
            raise RuntimeError("Attempted to use a closed Session.")
        feeds = list(feed_list or ())
        if feed_list is not None and not isinstance(feed_list, (list, tuple)):
            raise TypeError("`feed_list` must be a list or tuple.")

        def call(*values, options=None, run_metadata=None):
            if len(values) != len(feeds):
                raise TypeError(f"make_callable's function takes {len(feeds)} values, {len(values)} came")
            return self.run(fetches, dict(zip(feeds, values)), options, run_metadata)

        FetchTree(self._graph, fetches)
        return call

    def partial_run_setup(self, fetches, feeds=None):
        """Announces a run in parts; gives a handle for `partial_run`. Each fetch and each feed may be used once."""
        elements = FetchTree(self._graph, fetches).elements
        tensors = [x for x, _ in fed_pairs(self._graph, dict.fromkeys(feeds or (), 0))]
        handle = f"partial_run_{len(self._partial)}"
        self._partial[handle] = PartialRun(self, elements, tensors)
        return handle

    def partial_run(self, handle, fetches, feed_dict=None):
        """The next part of the run that `partial_run_setup` announced."""
        if handle not in self._partial:
            raise InvalidArgumentError(
                None, None, f"Must run 'setup' before performing partial runs: there is no partial run {handle!r}"
            )
        return self._partial[handle].run(fetches, feed_dict or {})

    def list_devices(self):
        return [f"/job:localhost/replica:0/task:0/device:{d.platform.upper()}:{d.id}" for d in jax.devices()]


class PartialRun:
    """A run in parts: what was computed in an earlier part is fed to the later ones, so that each node's effect happens
    once.
    """

    def __init__(self, session, elements, feeds):
        self.session, self.elements, self.feeds = session, set(elements), set(feeds)
        self.fed, self.done = {}, set()

    def run(self, fetches, feed_dict):
        tree = FetchTree(self.session.graph, fetches)
        for x, value in fed_pairs(self.session.graph, feed_dict):
            if x not in self.feeds or x in self.fed:
                raise InvalidArgumentError(
                    None, None, f"The feed {x.name} was not announced to partial_run_setup, or was fed before."
                )
            self.fed[x] = value
        for x in tree.elements:
            if x not in self.elements or x in self.done:
                raise InvalidArgumentError(
                    None, None, f"The fetch {x.name} was not announced to partial_run_setup, or was fetched before."
                )
        values = self.session.run(tree.elements, self.fed)
        for x, value in zip(tree.elements, values):
            self.done.add(x)
            if isinstance(x, Tensor):
                self.fed[x] = value
        return tree.rebuild(values)


class Program:
    """One list of elements with one set of fed tensors, ready to run: the plan, and a compiled function a stage and
    signature.
    """

    def __init__(self, session, elements, tensors):
        self.session, self.elements, self.tensors = session, elements, tensors
        self.static = set()  # tensors that turned out to decide the program
        self._make_plan()

    def __call__(self, values):
        arrays = [fed_array(x, value) for x, value in zip(self.tensors, values)]
        if self.quick is not None:
            results = self.quick.run_alone(arrays)
            if results is not None:
                return results
        while True:
            try:
                return self._run(dict(zip(self.tensors, arrays)))
            except Undecided as wait:
                if wait.tensor in self.static:
                    raise RuntimeError(
                        f"{wait.tensor.name} decides the program and cannot be known before it runs"
                    ) from None
                self.static.add(wait.tensor)
                self._make_plan()

    def _make_plan(self):
        self.plan, self.executables = plan(self.elements, self.tensors, self.static), {}
        # What runs a plan of one stage that always compiles to the same program, once that is known to be so.
        self.quick = Reading(self.session, self.plan) if only_reads(self.plan) else None

    def _run(self, values):
        made = self.plan
        for number, stage in enumerate(made.stages):
            run = self._host_stage if stage.host else self._jitted_stage
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
            elif isinstance(key, Tensor) and key.op.type == "Const":
                out.append(fetched(key.op.attrs["value"]))
            else:
                out.append(fetched(values[key]))
        return out

    def _host_stage(self, number, stage, values):
        scope = Scope(self.plan)
        for key in (*stage.takes, *stage.feeds, *stage.static_feeds):
            scope.values[key] = np.asarray(values[key])
        state = self.session._state
        with self.session._lock:
            self._start_private_cells(stage)
            for cell in (*stage.reads, *stage.writes):
                if cell in state:
                    scope.values[cell, None] = np.array(state[cell])
        run_steps(stage.steps, scope)
        last = {cell: node for node in stage.nodes for cell in self.plan.writes(node)}
        with self.session._lock:
            state.update({cell: cell_value(cell, last[cell], scope) for cell in stage.writes})
        for key in stage.gives:
            values[key] = given_value(key, self.plan, scope)

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
                executable = Executable(self.session, self.plan, stage, absent, static)
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


def entropy():
    """64 fresh random bits, for streams that no seed fixes."""
    return int.from_bytes(os.urandom(8), "little")


def fetched(value):
    """A fetched value as programs get it: a numpy array of their own, or a numpy scalar."""
    if isinstance(value, np.ndarray) and value.dtype == object:
        return value.item() if value.ndim == 0 else value.copy()
    array = np.array(value)
    return array[()] if array.ndim == 0 else array


class Executable:
    """A stage compiled for one set of empty cells and one set of static values."""

    def __init__(self, session, made, stage, absent, static):
        self.session, self.plan, self.stage = session, made, stage
        self.written = tuple(c for c in stage.writes if c not in absent)
        self.read = tuple(c for c in stage.reads if c not in absent)
        self.taken = [k for k in stage.takes if k not in static]
        function, self.checked = stage_function(made, stage, absent, static)
        self.shapes_seen = 0
        self.compiled = jit(function, donate_argnums=(0,), name="run_" + _label(made), on_trace=self._traced)
        self._places = None

    def _traced(self):
        self.shapes_seen += 1
        if self.shapes_seen == MANY_SHAPES:
            why = self.stage.why or "the shapes that are fed"
            warnings.warn(
                f"{MANY_SHAPES} different shapes have each compiled a program of their own (cause: {why}); padding "
                "to a few sizes would be faster.",
                stacklevel=6,
            )

    def _call(self, taken, fed):
        """One compiled call; the state is put right in any case, an interrupt included."""
        session, out = self.session, []
        state = session._state
        with session._lock:
            written = [state[c] for c in self.written]
            read = [state[c] for c in self.read]
            results = map(self.compiled, (written,), (read,), (taken,), (fed,))
            new = chain.from_iterable(map(_FIRST, out))
            # Everything from the call to the last cell happens in one C call, between whose parts no interrupt is
            # delivered: one that fell there would leave the state with cells that were donated and are gone.
            whole = chain(map(out.extend, (results,)), map(state.__setitem__, self.stage.writes, new))
            if self.stage.wide:
                with wide_mode():
                    deque(whole, 0)
            else:
                deque(whole, 0)
        new, given, (ok, seen) = out[0]
        if ok is not None:
            self._verify(ok, seen)
        return given

    def _verify(self, ok, seen):
        ok = np.asarray(ok)
        if not ok.all():
            node, check = self.checked[int(np.argmin(ok))]
            values = [np.asarray(v) for v in seen[int(np.argmin(ok))]]
            raise check.error(None, node, check.message(*values))

    def run(self, values):
        given = self._call([values[k] for k in self.taken], [values[x] for x in self.stage.feeds])
        values.update(zip(self.stage.gives, given))

    def run_alone(self, arrays):
        """The whole run, when this stage is all of the plan; None when a cell is missing, so that the long way finds
        out.
        """
        if self._places is None:
            self._prepare()
        try:
            given = self._call([], [arrays[i] for i in self._fed])
        except KeyError:
            return None
        return [fetched(given[at]) if at is not None else rest(arrays) for at, rest in self._places]

    def _prepare(self):
        tensors = self.plan.feeds
        self._fed = [tensors.index(x) for x in self.stage.feeds]
        places = []
        for key in self.plan.fetch_keys:
            if key is None:
                places.append((None, lambda arrays: None))
            elif key in self.stage.gives:
                places.append((self.stage.gives.index(key), None))
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
    keys_are_cells = all(
        isinstance(key, View) and key.write is None and shows_whole_cell(key.tensor) for key in made.fetch_keys
    )
    return keys_are_cells and all(node.outputs and shows_whole_cell(node.outputs[0]) for node in made.nodes)


def shows_whole_cell(tensor):
    while tensor.op.type in ("Identity", "RefIdentity"):
        tensor = tensor.op.inputs[0]
    return tensor.op.card.cell


class Reading:
    """A plan that only reads: the fetched values are copies of the state's arrays."""

    def __init__(self, session, made):
        self.session = session
        self.cells = [made.cells.behind(key.tensor) for key in made.fetch_keys]

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


@api("Session")
class Session(BaseSession):
    """Runs parts of a graph. As a with-block it is the default session, its graph the default graph, and it is closed
    at the end.
    """

    def __init__(self, target="", graph=None, config=None):
        super().__init__(target, graph, config)
        self._blocks = None

    def __enter__(self):
        if self._blocks is not None:
            raise RuntimeError(
                "Session context managers are not re-entrant. Use `Session.as_default()` if you want to enter a "
                "session multiple times."
            )
        blocks = [self.graph.as_default(), self.as_default()]
        for block in blocks:
            block.__enter__()
        self._blocks = blocks
        return self

    def __exit__(self, kind, error, trace):
        for block in reversed(self._blocks):
            block.__exit__(kind, error, trace)
        self.close()

    @staticmethod
    def reset(target, containers=None, config=None):
        """There are no containers outside sessions here: nothing to clear."""


@api("InteractiveSession")
class InteractiveSession(BaseSession):
    """A Session that makes itself the default when it is made, for shells and notebooks. `close` ends that."""

    def __init__(self, target="", graph=None, config=None):
        super().__init__(target, graph, config)
        stacks.sessions.enforce_nesting = False
        self._block = self.as_default()
        self._block.__enter__()
        self._graph_block = None if graph is None else graph.as_default()
        if self._graph_block is not None:
            stacks.graphs.enforce_nesting = False
            self._graph_block.__enter__()

    def close(self):
        super().close()
        if self._graph_block is not None:
            self._graph_block.__exit__(None, None, None)
            self._graph_block = None
        if self._block is not None:
            self._block.__exit__(None, None, None)
            self._block = None
