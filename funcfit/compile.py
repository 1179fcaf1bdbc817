"""The one caller of `jax.jit`.

Counts what it traces (`traces()`), so that tests can say that nothing compiles twice; keeps what is compiled for the
next process (`kept_in`); and holds the switch for 64-bit stages.
"""

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import jax
from jax.experimental.compilation_cache.compilation_cache import reset_cache
from jax.extend.core import ClosedJaxpr, Literal, jaxpr_as_fun

from .heap import keep_freed

_traces = 0


def traces() -> int:
    """How many functions have been traced, and so compiled, since the process began."""
    return _traces


def jit(
    fn: Callable,
    *,
    donate_argnums: Sequence[int] = (),
    static_argnums: Sequence[int] = (),
    name: str | None = None,
    on_trace: Callable[..., None] | None = None,
) -> Callable:
    """`fn` compiled by XLA once per signature; `name` is what profiles and compile logs call it, `on_trace` is told
    of each compilation, with the arguments.
    """

    def named(*args):
        global _traces
        if on_trace is not None:
            on_trace(*args)
        _traces += 1
        if jax.default_backend() == "cpu":
            keep_freed()
        return fn(*args)

    named.__name__ = named.__qualname__ = name or getattr(fn, "__name__", "fn")
    return jax.jit(named, donate_argnums=donate_argnums, static_argnums=static_argnums)


@contextlib.contextmanager
def kept_in(folder: Path) -> Iterator[None]:
    """A with-block whose compiled programs are kept in a folder, where the next process finds them.

    A cache that the user has set is used instead. A damaged entry is compiled again, with a warning.
    """
    wanted = {
        "jax_compilation_cache_dir": str(folder),
        "jax_persistent_cache_min_compile_time_secs": 0.0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
    before = {name: getattr(jax.config, name) for name in wanted}
    if before["jax_compilation_cache_dir"]:
        yield
        return
    try:
        for name, value in wanted.items():
            jax.config.update(name, value)
        reset_cache()  # JAX looks at the folder's name once
        yield
    finally:
        for name, value in before.items():
            jax.config.update(name, value)
        reset_cache()


def wide_mode():
    """A with-block in which 64-bit dtypes are kept. The user's own JAX code outside never sees the switch."""
    return jax.enable_x64(True)


def halves(program: ClosedJaxpr, first: int) -> tuple[ClosedJaxpr, ClosedJaxpr]:
    """A traced program in two: what its outputs from `first` on need, and the rest.

    The one gives these outputs and then what it hands over; the other takes the program's arguments and then that, and
    gives the outputs before `first`.
    """
    jaxpr = program.jaxpr
    before, asked = jaxpr.outvars[:first], jaxpr.outvars[first:]
    needed, one, other = _variables(asked), [], []
    for eqn in reversed(jaxpr.eqns):
        if needed.intersection(eqn.outvars):
            one.append(eqn)
            needed |= _variables(eqn.invars)
        else:
            other.append(eqn)
    made = dict.fromkeys(v for eqn in reversed(one) for v in eqn.outvars)
    wanted = _variables(before).union(*(_variables(eqn.invars) for eqn in other))
    handed = [v for v in made if v in wanted]
    return (
        ClosedJaxpr(jaxpr.replace(eqns=one[::-1], outvars=[*asked, *handed]), program.consts),
        ClosedJaxpr(jaxpr.replace(eqns=other[::-1], invars=[*jaxpr.invars, *handed], outvars=before), program.consts),
    )


def without(program: ClosedJaxpr, count: int) -> ClosedJaxpr | None:
    """A traced program that does not take its first `count` arguments; None where it needs any of them."""
    jaxpr = program.jaxpr
    used = _variables(jaxpr.outvars).union(*(_variables(eqn.invars) for eqn in jaxpr.eqns))
    if used.intersection(jaxpr.invars[:count]):
        return None
    return ClosedJaxpr(jaxpr.replace(invars=jaxpr.invars[count:]), program.consts)


def _variables(atoms: Sequence[Any]) -> set[Any]:
    return {v for v in atoms if not isinstance(v, Literal)}


def evaluate(program: ClosedJaxpr, arguments: Sequence[jax.Array]) -> list[jax.Array]:
    """The outputs of a traced program for flat `arguments`."""
    return jaxpr_as_fun(program)(*arguments)


_HEAVY = {"dot_general", "conv_general_dilated", "while", "scan", "sort"}


def touched(program: ClosedJaxpr) -> float:
    """How many numbers the steps of a program without matrix products and loops put out; infinite for one with them."""

    def count(jaxpr):
        total = 0
        for eqn in jaxpr.eqns:
            inner = [j for j in jax.tree.leaves(list(eqn.params.values())) if isinstance(j, ClosedJaxpr)]
            if eqn.primitive.name in _HEAVY:
                return math.inf
            total += sum(count(j.jaxpr) for j in inner) if inner else sum(v.aval.size for v in eqn.outvars)
        return total

    return count(program.jaxpr)
