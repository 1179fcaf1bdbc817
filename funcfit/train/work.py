"""How much a traced program computes and moves, the turns of its loops counted.

XLA's own count takes the body of a loop once, however often it runs.
"""

import math
from collections import Counter
from typing import Any, NamedTuple

from jax.extend.core import ClosedJaxpr, Jaxpr

from .keys import CALLS

LOOPS = {"scan", "while"}


class Work(NamedTuple):
    """Operations by the dtype they are done in, and bytes that go in and out of each operation when none are fused."""

    flops: Counter[str]
    bytes: float

    @property
    def dtype(self) -> str:
        """That of most operations."""
        return max(self.flops, key=self.flops.__getitem__, default="float32")


def work(program: ClosedJaxpr, *, turns: bool = True) -> Work:
    """The work of a program; without `turns` as if each loop were passed once.

    >>> import jax, jax.numpy as jnp
    >>> loop = lambda x: jax.lax.scan(lambda x, _: (x @ x, None), x, None, length=5)[0]
    >>> traced = jax.make_jaxpr(loop)(jnp.ones((10, 10)))
    >>> dict(work(traced).flops), dict(work(traced, turns=False).flops)
    ({'float32': 10000}, {'float32': 2000})
    """
    return _of(program.jaxpr, turns)


def _of(jaxpr: Jaxpr, turns: bool) -> Work:
    flops, moved = Counter(), 0.0
    for eqn in jaxpr.eqns:
        name, parts = eqn.primitive.name, []
        if name == "cond":
            parts = [
                max((_of(side.jaxpr, turns) for side in eqn.params["branches"]), key=lambda one: one.flops.total())
            ]
        elif name in LOOPS or name in CALLS:
            parts = [_of(inner, turns) for inner in _programs(eqn)]
        if not parts:
            dtype, count = _operations(eqn)
            flops[dtype] += count
            moved += sum(_bytes(v.aval) for v in [*eqn.invars, *eqn.outvars])
        length = eqn.params["length"] if turns and name == "scan" else 1
        for part in parts:
            moved += length * part.bytes
            for dtype, count in part.flops.items():
                flops[dtype] += length * count
    return Work(flops, moved)


def _programs(eqn: Any) -> list[Jaxpr]:
    programs = [value for value in eqn.params.values() if isinstance(value, ClosedJaxpr | Jaxpr)]
    return [value.jaxpr if isinstance(value, ClosedJaxpr) else value for value in programs]


def _operations(eqn: Any) -> tuple[str, int]:
    out, inputs, params = eqn.outvars[0].aval, [v.aval for v in eqn.invars], eqn.params
    count = getattr(out, "size", 0)
    if eqn.primitive.name == "dot_general":
        (contracted, _), _ = params["dimension_numbers"]
        count *= 2 * math.prod(inputs[0].shape[axis] for axis in contracted)
    elif eqn.primitive.name == "conv_general_dilated":
        features = inputs[1].shape[params["dimension_numbers"].rhs_spec[0]]
        count = 2 * count * inputs[1].size // max(features * math.prod(params["lhs_dilation"]), 1)
    return str(getattr(inputs[0] if inputs else out, "dtype", "float32")), count


def _bytes(aval: Any) -> int:
    return getattr(aval, "size", 0) * getattr(getattr(aval, "dtype", None), "itemsize", 0)
