"""`Session`: a graph's state, and running parts of the graph on it.

Changes: the state (cell or large constant -> array), the programs it has made, whether it is closed. A run of fetches
seen before is one dictionary look-up and one compiled call (program.py).
"""

import os
import sys
import threading
import time
from pathlib import Path

import jax

from funcfit.errors import InvalidArgumentError, NotFoundError
from funcfit.tf1.graph import stacks
from funcfit.tf1.graph.graph import Graph, get_default_graph
from funcfit.tf1.graph.node import Tensor
from funcfit.tf1.opdef import api
from funcfit.tf1.run.fetch import FetchTree, fed_pairs
from funcfit.tf1.run.program import Program
from funcfit.tf1.run.start import start


def compile_cache():
    """The folder in which compiled programs are kept for the next process: $FUNCFIT_CACHE, or one in the user's cache.

    None where that is "off", or cannot be made.
    """
    folder = os.environ.get("FUNCFIT_CACHE")
    if folder == "off":
        return None
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = Path(folder or os.path.join(home, "funcfit", "compiled"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder


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
        self._state = {}  # cell or large constant -> jax array; a cell that is not initialized is absent
        self._programs = {}  # (elements to run, fed tensors) -> Program
        self._calls = {}  # (fetches, feeds) as written -> (Program, how its values take the structure of the fetches)
        self._lock = threading.RLock()
        self._kept_in = compile_cache()
        self._closed = False
        self._partial = {}
        self._placements_told = 0  # the graph's version when `log_device_placement` last had its way

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
        start()
        tree = FetchTree(self._graph, fetches)
        pairs = fed_pairs(self._graph, feed_dict or {})
        if self._config is not None and self._config.log_device_placement:
            self._tell_placements()
        tensors = [x for x, _ in pairs]
        known = (tuple(tree.elements), tuple(tensors))
        program = self._programs.get(known)
        if program is None:
            program = self._programs[known] = self._left_by_another(known) or Program(self, tree.elements, tensors)
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

    def _tell_placements(self):
        """Prints where each node of the graph runs, anew when it has grown; as TF does, sources come last."""
        if self._graph.version == self._placements_told:
            return
        self._placements_told = self._graph.version
        nodes = self._graph.get_operations()
        for node in sorted(nodes, key=lambda n: not n.inputs and len(n.outputs) == 1 and not n.card.cell):
            device = "/job:localhost/replica:0/task:0/device:CPU:0" if node.card.host else self.list_devices()[0]
            print(f"{node.name}: ({node.type}): {device}")

    def _left_by_another(self, known):
        program = self._graph.programs_left.pop(known, None)
        if program is None or program.planned_when != self._graph.rewired:
            return None
        program.session = self
        return program

    def close(self):
        """Frees the state. Running afterwards is a RuntimeError. What has been compiled is left to the graph's next
        session, unless another thread is still at it.
        """
        self._closed = True
        with self._lock:
            self._state.clear()
        if not self._runs_in_another_thread():
            self._graph.programs_left.update(self._programs)
        self._programs.clear()
        self._calls.clear()

    def _runs_in_another_thread(self):
        here = threading.get_ident()
        for thread, frame in sys._current_frames().items():
            while frame is not None and thread != here:
                if frame.f_code is BaseSession.run.__code__ and frame.f_locals["self"] is self:
                    return True
                frame = frame.f_back
        return False

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
        start()
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
