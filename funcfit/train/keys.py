"""One key, one draw: the same key drawn from twice gives numbers that depend on each other.

JAX has a checker of its own (`jax.debug_key_reuse`), which also refuses programs that are right: a choice between two
keys, keys stacked, a backward pass that draws the forward pass's numbers again. A training must not stop for these, so
this one follows each key to its draws and is silent about keys whose way it cannot follow.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax.errors import KeyReuseError
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal
from jax.extend.source_info_util import summarize

_DRAWS = {"random_bits", "random_split", "random_gamma"}
_SAME = {"broadcast_in_dim", "convert_element_type", "copy", "device_put", "reshape", "sharding_constraint", "squeeze"}
CALLS = {"jit", "pjit", "closed_call", "core_call", "remat", "remat2", "checkpoint"}
CALLS |= {"custom_jvp_call", "custom_vjp_call", "custom_vjp_call_jaxpr"}


def check_keys(program: ClosedJaxpr) -> None:
    """Raises KeyReuseError, with both lines, when a traced program draws from one key twice."""
    _follow(program.jaxpr, [object() for _ in program.jaxpr.invars], {}, Place(""))


class Place:
    """A line of the user's that draws, each time it is passed. JAX's own functions within it are one place with it."""

    def __init__(self, line: str):
        self.line = line


Drawn = dict[Any, Place]


def _follow(jaxpr: Jaxpr, keys: list[Any], drawn: Drawn, call: Place) -> list[Any]:
    """Note the places where keys are drawn from, within the place of a call.

    A key has a name, whatever it is called inside: `keys` are the inputs', and the result the outputs'.
    """
    names = dict(zip(jaxpr.invars, keys, strict=True))

    def name(v):
        return object() if isinstance(v, Literal) else names.setdefault(v, object())

    for eqn in jaxpr.eqns:
        if not any(map(_is_key, eqn.invars)) or "transpose(" in str(eqn.source_info.name_stack):
            continue  # the backward pass may draw again what the forward pass drew
        kind, params, inputs = eqn.primitive.name, eqn.params, [name(v) for v in eqn.invars]
        line = summarize(eqn.source_info)
        place = Place(line) if line else call
        if kind in _DRAWS:
            _draw(inputs[0], place, drawn)
        elif kind in _SAME:
            names[eqn.outvars[0]] = inputs[0]
        elif kind == "slice":
            names[eqn.outvars[0]] = (
                inputs[0],
                *(str(params[n]) for n in ("start_indices", "limit_indices", "strides")),
            )
        elif kind == "cond":
            sides = [dict(drawn) for _ in params["branches"]]
            for branch, side in zip(params["branches"], sides):
                _follow(branch.jaxpr, inputs[1:], side, place)
            for side in sides:
                drawn.update(side)
        elif kind == "scan" and params["length"] > 1:
            _turn(params["jaxpr"].jaxpr, inputs, params["num_consts"], params["num_carry"], drawn, place)
        elif kind == "while":
            body = params["body_jaxpr"].jaxpr
            inputs = inputs[params["cond_nconsts"] :]
            _turn(body, inputs, params["body_nconsts"], len(body.outvars), drawn, place)
        elif kind in CALLS and (inner := _inner(eqn)) is not None:
            names.update(zip(eqn.outvars, _follow(inner, inputs, drawn, place)))
    return [name(v) for v in jaxpr.outvars]


def _turn(body: Jaxpr, inputs: list[Any], fixed: int, carried: int, drawn: Drawn, place: Place) -> None:
    """A loop's body, which draws again every turn from what is the same in all of them."""
    keys = [*inputs[: fixed + carried], *(object() for _ in inputs[fixed + carried :])]
    before = set(drawn)
    outs = _follow(body, keys, drawn, place)
    for number, key in enumerate(keys[: fixed + carried]):
        stays = number < fixed or outs[number - fixed] == key
        if key in drawn and key not in before and stays and drawn[key] is not place:
            _draw(key, Place(f"{drawn[key].line} in the loop's next turn"), drawn)


def _draw(key: Any, place: Place, drawn: Drawn) -> None:
    if drawn.setdefault(key, place) is not place:
        lines = " and at ".join(dict.fromkeys([drawn[key].line, place.line]))
        raise KeyReuseError(
            f"a key is drawn from twice, at {lines}: the two draws would depend on each other. "
            "Make two keys of it (`one, other = jax.random.split(key)`), or fold a number in "
            "(`jax.random.fold_in(key, 1)`); where the same numbers are meant, draw from `jax.random.clone(key)`"
        )


def _inner(eqn: Any) -> Jaxpr | None:
    """The program that a call calls, where it takes the call's own arguments."""
    for value in eqn.params.values():
        program = value.jaxpr if isinstance(value, ClosedJaxpr) else value
        if isinstance(program, Jaxpr) and len(program.invars) == len(eqn.invars):
            return program
    return None


def _is_key(v: Any) -> bool:
    return jnp.issubdtype(getattr(v.aval, "dtype", float), jax.dtypes.prng_key)
