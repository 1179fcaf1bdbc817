"""Where a number that is not finite came from: one step, run again operation by operation."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, Literal
from jax.extend.source_info_util import summarize

from funcfit.compile import evaluate
from funcfit.tree import described, named_leaves

from .program import Program
from .state import State


class Origin(NamedTuple):
    """The first operation that made a number which is not finite out of finite ones, and the line that asked for it."""

    op: str
    shapes: list[str]
    least: float
    most: float
    line: str

    def __str__(self) -> str:
        values = f"with values from {self.least:.6g} to {self.most:.6g}"
        return f"{self.op} of {', '.join(self.shapes)} {values}, at {self.line}"


class NonFinite(FloatingPointError):
    """A loss or gradient was not finite.

    `state` is the last good one, before the step that was not taken; `origin` says which operation it was.
    """

    def __init__(self, message: str, state: State, origin: Origin | None):
        super().__init__(message)
        self.state, self.origin = state, origin

    @classmethod
    def at(cls, state: State, train: Program, batch: Any) -> "NonFinite":
        """What to raise for a program that has halted, with the batch of the step that it did not take."""
        state = state._replace(extra={**state.extra, "halted": jnp.zeros((), bool)})
        origin = first_nonfinite(train.update, state, batch)
        given = "; ".join(holes({"batch": batch, "params": state.params, "carry": state.carry})) or "its state"
        where = f"it came from {origin}" if origin else f"what it was given is not finite: {given}"
        message = f"step {int(state.step)} gave a loss or gradient that is not finite, and was not taken; {where}"
        return cls(message, state, origin)


def holes(tree: Any) -> list[str]:
    """The leaves that hold what is not finite: how many numbers, and where the first stands.

    >>> holes({"x": jnp.array([1.0, jnp.nan, jnp.inf]), "n": 3})
    ['x float32[3] in 2 places, first at [1]']
    """
    found = []
    for name, leaf in named_leaves(tree).items():
        if _finite(leaf):
            continue
        bad = np.argwhere(~np.isfinite(np.asarray(leaf, np.float64)))
        found.append(f"{name} {described(leaf)} in {len(bad)} place{'s' * (len(bad) > 1)}, first at {bad[0].tolist()}")
    return found


def first_nonfinite(fn: Any, *args: Any) -> Origin | None:
    """The first operation in `fn(*args)` whose inputs are finite and whose result is not, also inside compiled parts.

    >>> first_nonfinite(lambda x: jnp.log(x).sum(), jnp.array([1.0, 0.0])).op
    'log'
    """
    return _search(jax.make_jaxpr(fn)(*args), jax.tree.leaves(args))[0]


def _search(program: ClosedJaxpr, args: list[Any]) -> tuple[Origin | None, list[Any]]:
    """The origin, or None and the program's results."""
    jaxpr = program.jaxpr
    values = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*program.consts, *args], strict=True))

    def read(v):
        return v.val if isinstance(v, Literal) else values[v]

    for eqn in jaxpr.eqns:
        free = list(dict.fromkeys(v for v in eqn.invars if not isinstance(v, Literal)))
        alone = ClosedJaxpr(jaxpr.replace(constvars=[], invars=free, outvars=eqn.outvars, eqns=[eqn]), [])
        outs, inputs = evaluate(alone, [values[v] for v in free]), [read(v) for v in eqn.invars]
        if all(map(_finite, inputs)) and not all(map(_finite, outs)):
            return _inside(eqn, inputs) or _origin(eqn, inputs), []
        values.update(zip(eqn.outvars, outs))
    return None, [read(v) for v in jaxpr.outvars]


def _inside(eqn: Any, inputs: list[Any]) -> Origin | None:
    """The origin within an operation that is made of others."""
    name, params = eqn.primitive.name, eqn.params
    if name == "scan":
        return _inside_scan(params, inputs)
    if name == "cond":
        return _search(params["branches"][int(inputs[0])], inputs[1:])[0]
    for program in params.values():
        if isinstance(program, ClosedJaxpr) and len(program.jaxpr.invars) == len(inputs):
            return _search(program, inputs)[0]
    return None


def _inside_scan(params: Any, inputs: list[Any]) -> Origin | None:
    fixed, carried = params["num_consts"], params["num_carry"]
    consts, carry, rows = inputs[:fixed], inputs[fixed : fixed + carried], inputs[fixed + carried :]
    turns = range(params["length"])
    for turn in reversed(turns) if params["reverse"] else turns:
        origin, outs = _search(params["jaxpr"], [*consts, *carry, *(row[turn] for row in rows)])
        if origin:
            return origin
        carry = outs[:carried]
    return None


def _origin(eqn: Any, inputs: list[Any]) -> Origin:
    numbers = [np.asarray(x, np.float64) for x in inputs if _is_float(x) and np.size(x)]
    least, most = (float(f([f(x) for x in numbers])) if numbers else np.nan for f in (np.min, np.max))
    return Origin(eqn.primitive.name, [described(x) for x in inputs], least, most, summarize(eqn.source_info))


def _is_float(x: Any) -> bool:
    return jnp.issubdtype(jnp.result_type(x), jnp.floating)


def _finite(x: Any) -> bool:
    return not _is_float(x) or bool(jnp.isfinite(x).all())
