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
    """Operations by the dtype they are done in, and the bytes in and out of each of them when none are fused.

    `bytes_once` are those that there would be if each loop were passed once.
    """

    flops: Counter[str]
    bytes: float
    bytes_once: float

    @property
    def dtype(self) -> str:
        """That of most operations on floats: drawing random numbers is whole numbers' work."""
        floats = [dtype for dtype in self.flops if "float" in dtype]
        return max(floats, key=self.flops.__getitem__, default="float32")


def work(program: ClosedJaxpr | Jaxpr) -> Work:
    """The work of a program.

    >>> import jax, jax.numpy as jnp
    >>> loop = lambda x: jax.lax.scan(lambda x, _: (x @ x, None), x, None, length=5)[0]
    >>> done = work(jax.make_jaxpr(loop)(jnp.ones((10, 10))))
    >>> dict(done.flops), done.bytes, done.bytes_once
    ({'float32': 10000}, 6000.0, 1200.0)
    """
    flops, moved, once = Counter(), 0.0, 0.0
    for eqn in (program.jaxpr if isinstance(program, ClosedJaxpr) else program).eqns:
        name, parts = eqn.primitive.name, []
        if name == "cond":
            parts = [max(map(work, eqn.params["branches"]), key=lambda one: one.flops.total())]
        elif name in LOOPS or name in CALLS:
            parts = [work(value) for value in eqn.params.values() if isinstance(value, ClosedJaxpr | Jaxpr)]
        if not parts:
            dtype, count = _operations(eqn)
            passed = sum(_bytes(v.aval) for v in [*eqn.invars, *eqn.outvars])
            flops[dtype] += count
            moved, once = moved + passed, once + passed
        turns = eqn.params["length"] if name == "scan" else 1
        for part in parts:
            moved, once = moved + turns * part.bytes, once + part.bytes_once
            for dtype, count in part.flops.items():
                flops[dtype] += turns * count
    return Work(flops, moved, once)


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
