"""A traced program worked out by NumPy, operation by operation: what runs once is sooner done so than compiled.

The tables hold what NumPy does as XLA does it, the last bits of sums and of transcendental functions aside. A program
with anything else in it, or with much to compute, is XLA's.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from jax.extend.core import ClosedJaxpr, Literal

OPERATIONS, NUMBERS = 300, 1 << 16  # at most so many; each product in a matrix product is a number

_BY_ELEMENT = {
    "abs": np.abs,
    "add": np.add,
    "add_any": np.add,
    "and": np.bitwise_and,
    "ceil": np.ceil,
    "cos": np.cos,
    "eq": np.equal,
    "exp": np.exp,
    "expm1": np.expm1,
    "floor": np.floor,
    "ge": np.greater_equal,
    "gt": np.greater,
    "is_finite": np.isfinite,
    "le": np.less_equal,
    "log": np.log,
    "log1p": np.log1p,
    "logistic": lambda x: 1 / (1 + np.exp(-x)),
    "lt": np.less,
    "max": np.maximum,
    "min": np.minimum,
    "mul": np.multiply,
    "ne": np.not_equal,
    "neg": np.negative,
    "not": np.bitwise_not,
    "or": np.bitwise_or,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "sign": np.sign,
    "sin": np.sin,
    "sqrt": np.sqrt,
    "square": np.square,
    "stop_gradient": lambda x: x,
    "sub": np.subtract,
    "tan": np.tan,
    "tanh": np.tanh,
    "xor": np.bitwise_xor,
}


def _dot(x, y, dimension_numbers, **_):
    (left, right), (left_batch, right_batch) = dimension_numbers
    if not left_batch:
        return np.tensordot(x, y, (left, right))
    letters = iter(range(x.ndim + y.ndim))
    batch, summed = [next(letters) for _ in left_batch], [next(letters) for _ in left]
    x_axes, y_axes = dict(zip((*left_batch, *left), batch + summed)), dict(zip((*right_batch, *right), batch + summed))
    x_free = [x_axes.setdefault(i, next(letters)) for i in range(x.ndim) if i not in x_axes]
    y_free = [y_axes.setdefault(i, next(letters)) for i in range(y.ndim) if i not in y_axes]
    x_names, y_names = ([axes[i] for i in sorted(axes)] for axes in (x_axes, y_axes))
    return np.einsum(x, x_names, y, y_names, batch + x_free + y_free, optimize=True)


def _spread(x, shape, broadcast_dimensions, **_):
    sizes = [1] * len(shape)
    for axis, size in zip(broadcast_dimensions, x.shape):
        sizes[axis] = size
    return np.broadcast_to(x.reshape(sizes), shape)


def _sliced(x, start_indices, limit_indices, strides, **_):
    return x[tuple(map(slice, start_indices, limit_indices, strides or [1] * x.ndim))]


def _counted(dtype, shape, dimension, **_):
    sizes = [shape[dimension] if axis == dimension else 1 for axis in range(len(shape))]
    return np.broadcast_to(np.arange(shape[dimension], dtype=dtype).reshape(sizes), shape)


_WITH_PARAMETERS = {
    "argmax": lambda x, axes, index_dtype: x.argmax(*axes).astype(index_dtype),
    "argmin": lambda x, axes, index_dtype: x.argmin(*axes).astype(index_dtype),
    "broadcast_in_dim": _spread,
    "concatenate": lambda *xs, dimension: np.concatenate(xs, dimension),
    "convert_element_type": lambda x, new_dtype, **_: x.astype(new_dtype),
    "copy": lambda x, **_: x,
    "copy_p": lambda x, **_: x,
    "div": np.divide,
    "dot_general": _dot,
    "integer_pow": lambda x, y: x**y,
    "iota": _counted,
    "optimization_barrier": lambda *xs: xs,
    "reduce_and": lambda x, axes, **_: x.all(axes),
    "reduce_max": lambda x, axes, **_: x.max(axes),
    "reduce_min": lambda x, axes, **_: x.min(axes),
    "reduce_or": lambda x, axes, **_: x.any(axes),
    "reduce_prod": lambda x, axes, **_: x.prod(axes, dtype=x.dtype),
    "reduce_sum": lambda x, axes, **_: x.sum(axes, dtype=x.dtype),
    "reshape": lambda x, new_sizes, **_: x.reshape(new_sizes),
    "rev": lambda x, dimensions: np.flip(x, dimensions),
    "round": lambda x, rounding_method: np.rint(x),
    "select_n": lambda which, no, yes: np.where(which, yes, no),
    "slice": _sliced,
    "squeeze": lambda x, dimensions: x.squeeze(tuple(dimensions)),
    "stack": lambda *xs, axis: np.stack(xs, axis),
    "split": lambda x, sizes, axis: np.split(x, np.cumsum(sizes)[:-1], axis),
    "transpose": lambda x, permutation: x.transpose(permutation),
}

_LIKE_XLA = {  # where that depends on more than the name: of an equation, whether NumPy does the same
    "argmax": lambda e: _size(e.invars[0]) > 0,
    "argmin": lambda e: _size(e.invars[0]) > 0,
    "convert_element_type": lambda e: _kind(e.invars[0]) != "f" or e.params["new_dtype"].kind in "fb",
    "div": lambda e: _kind(e.invars[0]) == "f",
    "dot_general": lambda e: e.invars[0].aval.dtype == e.invars[1].aval.dtype == e.outvars[0].aval.dtype,
    "integer_pow": lambda e: e.params["y"] >= 0,
    "reduce_and": lambda e: _kind(e.invars[0]) == "b",
    "reduce_max": lambda e: _size(e.invars[0]) > 0,
    "reduce_min": lambda e: _size(e.invars[0]) > 0,
    "reduce_or": lambda e: _kind(e.invars[0]) == "b",
    "round": lambda e: e.params["rounding_method"].name == "TO_NEAREST_EVEN",
    "select_n": lambda e: _kind(e.invars[0]) == "b",
}


def _kind(v: Any) -> str:
    return v.aval.dtype.kind


def _size(v: Any) -> int:
    return v.aval.size


def _inner(eqn: Any) -> ClosedJaxpr | None:
    """The program that an operation only stands for."""
    name = {"jit": "jaxpr", "custom_jvp_call": "call_jaxpr", "custom_vjp_call": "call_jaxpr"}.get(eqn.primitive.name)
    return None if name is None else eqn.params[name]


def is_quick(program: ClosedJaxpr) -> bool:
    """True for a program that `worked_out` can do, and does sooner than XLA compiles it."""
    efforts = list(_efforts(program))
    return None not in efforts and len(efforts) <= OPERATIONS and sum(map(float, filter(None, efforts))) <= NUMBERS


def _efforts(program: ClosedJaxpr) -> Iterator[int | None]:
    """How many numbers each operation sees and computes; None for one that is not NumPy's."""
    for eqn in program.jaxpr.eqns:
        inner, name = _inner(eqn), eqn.primitive.name
        if inner is not None:
            yield from _efforts(inner)
        elif name not in _BY_ELEMENT and name not in _WITH_PARAMETERS or not _LIKE_XLA.get(name, lambda e: True)(eqn):
            yield None
        elif any(_kind(v) not in "biuf" or v.aval.dtype == np.float16 for v in (*eqn.invars, *eqn.outvars)):
            yield None  # half precision: XLA computes in more
        else:
            axes = eqn.params["dimension_numbers"][0][0] if name == "dot_general" else ()
            yield sum(map(_size, eqn.invars)) + sum(map(_size, eqn.outvars)) * math.prod(
                eqn.invars[0].aval.shape[i] for i in axes
            )


def worked_out(program: ClosedJaxpr, arguments: Sequence[Any]) -> list[np.ndarray]:
    """The outputs of a program that `is_quick`, for flat `arguments`."""
    with np.errstate(all="ignore"):
        return _outputs(program, [np.asarray(x) for x in arguments])


def _outputs(program: ClosedJaxpr, arguments: Sequence[np.ndarray]) -> list[np.ndarray]:
    jaxpr = program.jaxpr
    values = dict(zip(jaxpr.constvars, map(np.asarray, program.consts))) | dict(zip(jaxpr.invars, arguments))

    def read(v: Any) -> np.ndarray:
        shape: Any = v.aval
        return np.asarray(v.val, shape.dtype) if isinstance(v, Literal) else values[v]

    for eqn in jaxpr.eqns:
        inputs, inner = [read(v) for v in eqn.invars], _inner(eqn)
        if inner is not None:
            out = _outputs(inner, inputs)
        else:
            name = eqn.primitive.name
            do: Callable = _BY_ELEMENT.get(name) or _WITH_PARAMETERS[name]
            out = do(*inputs) if name in _BY_ELEMENT or not eqn.params else do(*inputs, **eqn.params)
            out = out if eqn.primitive.multiple_results else [out]
        values.update(zip(eqn.outvars, map(np.asarray, out)))
    return [read(v) for v in jaxpr.outvars]
