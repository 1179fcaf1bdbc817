"""Convolutions inside a loop, on a CPU.

XLA for CPUs rearranges a convolution into the form that its fast kernels take, but only in a program's outermost
computation: inside a loop, the gradient of a convolution by its filter took 90 times as long as outside (jaxlib
0.10.2). So the rearranging is done here, by transposing: batch first, channels last. Convolutions that are quicker by
way of spectra go that way.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.extend.core import ClosedJaxpr, Literal

from funcfit.compile import evaluate
from funcfit.kernels import spectral


def rearranged(program: ClosedJaxpr) -> ClosedJaxpr:
    """A traced program with its convolutions in the form that is fast anywhere; itself where it has none."""
    if not convolves(program):
        return program
    inputs = [jax.ShapeDtypeStruct(v.aval.shape, v.aval.dtype) for v in program.jaxpr.invars]
    return jax.make_jaxpr(lambda *args: run(program, list(args)))(*inputs)


def run(program: ClosedJaxpr, args: list[Any]) -> list[Any]:
    jaxpr = program.jaxpr
    values = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*program.consts, *args], strict=True))

    def read(v):
        return v.val if isinstance(v, Literal) else values[v]

    for eqn in jaxpr.eqns:
        inputs = [read(v) for v in eqn.invars]
        name, params = eqn.primitive.name, eqn.params
        if name == "conv_general_dilated" and params["batch_group_count"] == params["feature_group_count"] == 1:
            outs = [convolution(*inputs, **params)]
        elif name in ("jit", "pjit") and convolves(params["jaxpr"]):
            outs = run(params["jaxpr"], inputs)
        elif name == "scan" and convolves(params["jaxpr"]):
            outs = scan(inputs, **params)
        else:
            free = list(dict.fromkeys(v for v in eqn.invars if not isinstance(v, Literal)))
            alone = jaxpr.replace(constvars=[], invars=free, outvars=eqn.outvars, eqns=[eqn])
            outs = evaluate(ClosedJaxpr(alone, []), [values[v] for v in free])
        values.update(zip(eqn.outvars, outs))
    return [read(v) for v in jaxpr.outvars]


def convolution(lhs, rhs, *, dimension_numbers, batch_group_count, **params):
    batch, channels, *places = dimension_numbers.lhs_spec
    outputs, inputs, *window = dimension_numbers.rhs_spec
    first, last, *between = dimension_numbers.out_spec
    images, filter = lax.transpose(lhs, (batch, *places, channels)), lax.transpose(rhs, (*window, inputs, outputs))
    out = by_spectra(images, filter, **params)
    if out is None:
        spatial = "0123456789"[: len(places)]
        specs = (f"N{spatial}C", f"{spatial}IO", f"N{spatial}C")
        form = lax.conv_dimension_numbers(images.shape, filter.shape, specs)
        params |= {"dimension_numbers": form, "batch_group_count": batch_group_count}
        out = lax.conv_general_dilated_p.bind(images, filter, **params)
    return lax.transpose(out, tuple(int(axis) for axis in np.argsort((first, *between, last))))


def by_spectra(images, filter, *, padding, window_strides, lhs_dilation, rhs_dilation, **_):
    """The convolution by way of spectra, where that pays; else None.

    The gradient of a filter is a convolution whose window is dy and whose batch is x's channels.
    """
    steps = {*window_strides, *lhs_dilation, *rhs_dilation}
    if images.ndim != 4 or images.dtype != np.float32 or steps != {1} or min(map(min, padding)) < 0:
        return None
    if spectral.pays(len(images), images.shape[1:3], filter.shape, padding):
        return spectral.convolution(images, filter, padding)
    x, dy = jnp.moveaxis(images, (3, 0), (0, 3)), jnp.moveaxis(filter, 2, 0)
    counts = (n + sum(m) - k + 1 for n, m, k in zip(images.shape[1:3], padding, filter.shape))
    shape = (*counts, len(images), filter.shape[3])
    if spectral.pays(len(x), x.shape[1:3], shape, padding):
        return jnp.moveaxis(spectral.filter_gradient(x, shape, dy, padding), 2, 0)
    return None


def scan(inputs, *, jaxpr, length, reverse, num_consts, num_carry, unroll, **_):
    consts, carry, rows = (
        inputs[:num_consts],
        inputs[num_consts : num_consts + num_carry],
        inputs[num_consts + num_carry :],
    )

    def body(carry, row):
        outs = run(jaxpr, [*consts, *carry, *row])
        return outs[:num_carry], outs[num_carry:]

    carry, rows = lax.scan(body, carry, rows, length=length, reverse=reverse, unroll=unroll)
    return [*carry, *rows]


def convolves(program: ClosedJaxpr) -> bool:
    """Whether there is a convolution in a program, or in one within it."""
    inner = (j for eqn in program.jaxpr.eqns for j in jax.tree.leaves(list(eqn.params.values())))
    return any(eqn.primitive.name == "conv_general_dilated" for eqn in program.jaxpr.eqns) or any(
        convolves(j) for j in inner if isinstance(j, ClosedJaxpr)
    )
