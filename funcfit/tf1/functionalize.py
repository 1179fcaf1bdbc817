"""The bridge between the halves: any part of a graph as a pure function of a state and feeds."""

import jax
import jax.numpy as jnp
import numpy as np

from funcfit.tf1.graph import dtypes, stacks
from funcfit.tf1.graph.graph import get_default_graph
from funcfit.tf1.graph.node import Operation
from funcfit.tf1.opdef import api
from funcfit.tf1.run.fetch import FetchTree, fed_pairs
from funcfit.tf1.run.plan import plan
from funcfit.tf1.run.program import entropy
from funcfit.tf1.run.session import Session
from funcfit.tf1.run.trace import Undecided, stage_function


@api("functionalize")
def functionalize(fetches, feeds=(), session=None):
    """`(fn, state)`: `fn(state, *values_of_feeds) -> (values_of_fetches, new_state)` does what a run does, as a pure
    function.

    `state` is a dict from names to arrays: the variables that the fetches read or write, and the streams of their
    random nodes. Its values come from `session` (or the default session) where they are initialized there, else from
    the variables' initializers. `fn` can be jitted, differentiated, vmapped and exported; called under `jax.jit` it is
    what funcfit's own training loop takes as a step.

    64-bit dtypes follow the caller's JAX mode: they narrow to 32 bits unless `jax_enable_x64` is on, with a ValueError
    for constants that do not fit. The conditions that a run verifies (indices in range, Assert) are not verified: JAX
    clamps. NotImplementedError, naming the node, for a graph that cannot be one compiled function (strings, py_func,
    shapes that depend on values).
    """
    graph = get_default_graph() if session is None else session.graph
    tree = FetchTree(graph, fetches)
    tensors = [x for x, _ in fed_pairs(graph, dict.fromkeys(feeds, 0))]
    made = plan(tree.elements, tensors)
    stage = _only_stage(made)
    cells = list(dict.fromkeys([*stage.writes, *stage.reads, *made.shown.values()]))
    _check_constants(made)

    def fn(state, *values):
        if len(values) != len(tensors):
            raise TypeError(
                f"the function takes {len(tensors)} feeds ({', '.join(x.name for x in tensors)}), {len(values)} came"
            )
        given = dict(zip(tensors, values))
        static = {x: _concrete(x, given[x]) for x in stage.static_feeds}
        function, _ = stage_function(made, stage, frozenset(), static)
        fed = [_as_fed(x, given[x]) for x in stage.feeds]
        try:
            out = function(*(state[c.name] for c in (*stage.writes, *stage.reads)), *fed)
        except Undecided as wait:
            raise NotImplementedError(
                f"{wait.tensor.name} decides shapes and is not known before the function runs"
            ) from None
        after = {**state, **{c.name: value for c, value in zip(stage.writes, out)}}
        by_key = dict(zip(stage.gives, out[len(stage.writes) :])) | {
            key: after[cell.name] for key, cell in made.shown.items()
        }
        fetched = [
            None
            if key is None
            else by_key[key]
            if key in by_key
            else given[key]
            if key in given
            else jnp.asarray(key.op.attrs["value"])
            for key in made.fetch_keys
        ]
        return tree.rebuild(fetched), after

    return fn, _initial_state(cells, graph, session)


def _only_stage(made):
    stages = [stage for stage in made.stages if stage.nodes or stage.gives]
    for stage in stages:
        if stage.host:
            raise NotImplementedError(
                f"{stage.nodes[0].name} ({stage.nodes[0].type}) runs on the host: this graph cannot be one pure "
                "function"
            )
    if len(stages) > 1:
        raise NotImplementedError(f"this graph cannot be one pure function: {stages[1].why}")
    return stages[0]


def _concrete(tensor, value):
    if isinstance(value, jax.core.Tracer):
        raise TypeError(
            f"{tensor.name} decides shapes: its value must be known, so do not trace it (close over it, or make it a "
            "static argument)"
        )
    return np.asarray(value, tensor.dtype.as_numpy_dtype)


def _as_fed(tensor, value):
    value = jnp.asarray(value, jax.dtypes.canonicalize_dtype(tensor.dtype.as_numpy_dtype))
    if not tensor.shape.is_compatible_with(value.shape):
        raise ValueError(
            f"Cannot feed value of shape {value.shape!r} for Tensor {tensor.name!r}, which has shape "
            f"{str(tensor.shape)!r}"
        )
    return value


def _check_constants(made):
    if jax.config.jax_enable_x64:
        return
    for node in made.nodes:
        if node.type == "Const" and node.attrs["dtype"] in (dtypes.int64, dtypes.uint64):
            value = node.attrs["value"]
            if value.size and (value.max() > np.iinfo(np.int32).max or value.min() < np.iinfo(np.int32).min):
                raise ValueError(
                    f"constant {node.name} holds {value.dtype} values that do not fit 32 bits; turn jax_enable_x64 on"
                )


def _initial_state(cells, graph, session):
    session = session or stacks.sessions.top()
    known = session._state if session is not None and session.graph is graph else {}
    state = {c.name: np.array(known[c]) for c in cells if c in known}
    missing = [c for c in cells if c.name not in state]
    for c in missing:
        if c.card.keeps is not None:
            state[c.name] = c.card.keeps(c.attrs, entropy)
    missing = [c for c in missing if c.card.keeps is None]
    if missing:
        with Session(graph=graph) as fresh:
            for c in missing:
                fresh.run(_initializer(c, graph))
            state.update({c.name: np.array(fresh._state[c]) for c in missing})
    return jax.tree.map(jnp.asarray, state)


def _initializer(cell, graph) -> Operation:
    for node in cell.outputs[0].consumers():
        if node.type == "Assign" and node.inputs[0] is cell.outputs[0]:
            return node
    raise ValueError(f"variable {cell.name} has no initializer in this graph and no value in a session")
