"""How each operation is done on arrays that are longer than what they hold.

An array of a program for sizes of up to P has the shape that it has at P. Along an axis that depends on the sizes only
the first entries are real; what the others hold is not known, NaN maybe. An operation whose real results come from real
entries alone is done as it is. What sums, sorts or looks along such an axis first puts something harmless in place of
the others; what counts places from the end of an axis counts from the end of what is real.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from funcfit.any_size.extents import Line, Unfit, extents, lines_through


@dataclass(frozen=True)
class Site:
    """One operation of a program as it is at each of the points (extents.py), the first of which it is done at."""

    eqns: Sequence[Any]
    points: Sequence[tuple[int, ...]]
    sizes: Sequence[jax.Array]  # of the call
    program: Callable[..., list]  # does a program of an operation: (one for each point) and arguments -> results

    eqn = property(lambda self: self.eqns[0])
    params = property(lambda self: self.eqns[0].params)
    name = property(lambda self: self.eqns[0].primitive.name)

    def into(self, i: int) -> tuple[Line | None, ...]:
        return extents([eqn.invars[i].aval.shape for eqn in self.eqns], self.points)

    def out(self, i: int = 0) -> tuple[Line | None, ...]:
        return extents([eqn.outvars[i].aval.shape for eqn in self.eqns], self.points)

    def each(self, name: str) -> list[Any]:
        return [eqn.params[name] for eqn in self.eqns]

    def real(self, line: Line) -> jax.Array:
        """How long that is in this call."""
        return jnp.asarray(line.at(self.sizes), jnp.int32)

    def reals(self, shape: Sequence[int], lines: Sequence[Line | None]) -> list[Any]:
        """How long each axis is in this call."""
        return [size if line is None else self.real(line) for size, line in zip(shape, lines)]

    def masked(self, x: jax.Array, i: int, fill: Any, axes: Sequence[int] | None = None) -> jax.Array:
        """Input `i`, `x`, with `fill` in place of what is not real along `axes` (all)."""
        for axis, line in enumerate(self.into(i)):
            if line is not None and (axes is None or axis in axes):
                x = jnp.where(self.is_real(x.shape, axis, line), x, jnp.asarray(fill, x.dtype))
        return x

    def is_real(self, shape: tuple[int, ...], axis: int, line: Line) -> jax.Array:
        return lax.broadcasted_iota(jnp.int32, shape, axis) < self.real(line)

    def agree(self, *but: str) -> None:
        """Raises Unfit when a parameter other than `but` depends on the sizes."""
        for name, value in self.params.items():
            if name not in but and not all(_same(value, other) for other in self.each(name)[1:]):
                raise Unfit(f"{self.name}'s {name} changes with the size")

    def fixed(self, i: int, axes: Sequence[int], why: str) -> None:
        """Raises Unfit when one of an input's axes depends on the sizes."""
        if any(self.into(i)[axis] is not None for axis in axes):
            raise Unfit(f"{self.name} {why} an axis that changes its size")

    def done(self, *inputs: Any, **changed: Any) -> Any:
        """The operation as it is at the first point."""
        return self.eqn.primitive.bind(*inputs, **{**self.params, **changed})


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return np.array_equal(a, b)
    return bool(a == b) or a != a and b != b


RULES: dict[str, Callable[..., Any]] = {}


def _rule(*names: str) -> Callable:
    def add(function: Callable) -> Callable:
        RULES.update(dict.fromkeys(names, function))
        return function

    return add


def apply(site: Site, inputs: Sequence[Any]) -> Sequence[Any]:
    """The operation's results."""
    rule = RULES.get(site.name)
    if rule is None:
        site.agree()
        into = [site.into(i) for i in range(len(inputs))]
        out = [site.out(i) for i in range(len(site.eqn.outvars))]
        if any(map(any, (*into, *out))) and site.name not in BY_ELEMENT:
            raise Unfit(f"{site.name} has no rule for arrays that change their size")
        rule = Site.done
    out = rule(site, *inputs)
    return out if site.eqn.primitive.multiple_results else [out]


# Operations of one place at a time, on arrays of one shape, numbers and what is spread along axes of one entry.
BY_ELEMENT = set(
    "abs acos acosh add add_any and asin asinh atan atan2 atanh bessel_i0e bessel_i1e bitcast_convert_type cbrt ceil "
    "clamp clz complex conj convert_element_type copy copy_p cos cosh digamma div eq eq_to erf erf_inv erfc exp exp2 "
    "expm1 floor ge gt igamma igamma_grad_a igammac imag integer_pow is_finite le le_to lgamma log log1p logistic lt "
    "lt_to max min mul mulhi ne neg nextafter not or polygamma population_count pow random_gamma_grad real "
    "reduce_precision regularized_incomplete_beta rem round rsqrt select_n shift_left shift_right_arithmetic "
    "shift_right_logical sign sin sinh sqrt square stop_gradient sub tan tanh threefry2x32 xor zeta".split()
)


# ---------------------------------------------------------------------------------------------------------------------
# Programs within programs.


@_rule("jit", "pjit", "closed_call", "core_call", "custom_jvp_call", "custom_vjp_call", "remat2", "checkpoint")
def _inlined(site, *inputs):
    name = next(key for key in ("jaxpr", "call_jaxpr", "fun_jaxpr") if key in site.params)
    return site.program(site.each(name), inputs)


@_rule("cond")
def _cond(site, index, *inputs):
    site.agree("branches")
    branches = [lambda *xs, each=each: site.program(each, xs) for each in zip(*site.each("branches"), strict=True)]
    return lax.switch(index, branches, *inputs) if len(branches) > 1 else branches[0](*inputs)


@_rule("while")
def _while(site, *inputs):
    site.agree("cond_jaxpr", "body_jaxpr")
    first, second = site.params["cond_nconsts"], site.params["cond_nconsts"] + site.params["body_nconsts"]
    outside, inside, carried = inputs[:first], inputs[first:second], inputs[second:]
    return lax.while_loop(
        lambda xs: site.program(site.each("cond_jaxpr"), [*outside, *xs])[0],
        lambda xs: site.program(site.each("body_jaxpr"), [*inside, *xs]),
        list(carried),
    )


@_rule("scan")
def _scan(site, *inputs):
    first = site.params["num_consts"]
    second = first + site.params["num_carry"]
    outside, carried, rows = inputs[:first], list(inputs[first:second]), list(inputs[second:])
    kept, backwards, count = len(carried), site.params["reverse"], site.params["length"]

    def turn(carried, row):
        out = site.program(site.each("jaxpr"), [*outside, *carried, *row])
        return out[:kept], out[kept:]

    (line,) = extents([(each,) for each in site.each("length")], site.points)
    if line is None:
        carried, stacked = lax.scan(turn, carried, rows, count, backwards)
        return [*carried, *stacked]
    length = site.real(line)

    def at(i, state):
        carried, stacked = state
        place = length - 1 - i if backwards else i
        carried, new = turn(carried, [lax.dynamic_index_in_dim(x, place, 0, False) for x in rows])
        return carried, [lax.dynamic_update_index_in_dim(x, row, place, 0) for x, row in zip(stacked, new)]

    stacks = [jnp.zeros(v.aval.shape, v.aval.dtype) for v in site.eqn.outvars[kept:]]
    carried, stacked = lax.fori_loop(0, length, at, (carried, stacks))
    return [*carried, *stacked]


# ---------------------------------------------------------------------------------------------------------------------
# Shapes.


@_rule("broadcast_in_dim", "iota", "transpose", "squeeze", "stack", "optimization_barrier")
def _as_it_is(site, *inputs):
    site.agree("shape")
    return site.done(*inputs)


@_rule("tile")
def _tile(site, x):
    site.agree("reps")
    for axis, (line, reps) in enumerate(zip(site.into(0), site.params["reps"])):
        if line is not None and reps != 1:
            x = jnp.take(x, lax.iota(jnp.int32, reps * x.shape[axis]) % site.real(line), axis)
        else:
            x = jnp.tile(x, [reps if axis == i else 1 for i in range(x.ndim)])
    return x


@_rule("reshape")
def _reshape(site, x):
    site.agree("new_sizes")
    before, after = site.into(0), site.out()
    if not any(before):
        return site.done(x)
    shape, new = list(x.shape), site.params["new_sizes"]
    groups = list(_groups([e.invars[0].aval.shape for e in site.eqns], [e.outvars[0].aval.shape for e in site.eqns]))
    for (i, end), (j, stop) in reversed(groups):  # from the last, so that the places of the others stay
        moving = [axis for axis in range(i, end) if before[axis] is not None]
        moved = [axis for axis in range(j, stop) if after[axis] is not None]
        if moving and (len(moving) + len(moved) > 2 or math.prod(shape[i : moving[0]]) != math.prod(new[j : moved[0]])):
            # What is not real would lie between what is: each real entry is found by its number among these.
            numbers = _renumbered(
                lax.iota(jnp.int32, math.prod(new[j:stop])), new[j:stop], site.reals(new, after)[j:stop]
            )
            numbers = _renumbered(numbers, site.reals(shape, before)[i:end], shape[i:end])
            x = jnp.take(x.reshape(*shape[:i], -1, *shape[end:]), numbers, i, mode="clip")
            shape[i:end] = [math.prod(new[j:stop])]
    return x.reshape(new)


def _renumbered(numbers, shape, other):
    """Of entries of an array, the numbers where it is part of one of another shape."""
    found, step, stride = 0, 1, 1
    for size, length in zip(reversed(shape), reversed(other)):
        found, step, stride = found + numbers // step % size * stride, step * size, stride * length
    return found


def _groups(before, after):
    """Axes, from and to, that hold the same entries before and after; shapes are given at each point."""
    i = j = 0
    while i < len(before[0]) or j < len(after[0]):
        end, stop = min(i + 1, len(before[0])), min(j + 1, len(after[0]))
        while (old := _counts(before, i, end)) != (new := _counts(after, j, stop)):
            if old[0] < new[0] and end < len(before[0]):
                end += 1
            elif old[0] > new[0] and stop < len(after[0]):
                stop += 1
            else:
                raise Unfit("reshape that divides an axis otherwise at another size")
        yield (i, end), (j, stop)
        i, j = end, stop


def _counts(shapes, start, stop):
    return [math.prod(shape[start:stop]) for shape in shapes]


@_rule("concatenate")
def _concatenate(site, *inputs):
    site.agree()
    axis = site.params["dimension"]
    along = [site.into(i)[axis] for i in range(len(inputs))]
    if not any(along[:-1]):
        return site.done(*inputs)
    joined, start = jnp.zeros(site.eqn.outvars[0].aval.shape, inputs[0].dtype), 0
    for x, line in zip(inputs, along):  # each lies over what is not real of the one before
        joined = lax.dynamic_update_slice_in_dim(joined, x, start, axis)
        start = start + (x.shape[axis] if line is None else site.real(line))
    return joined


@_rule("pad")
def _pad(site, x, value):
    site.agree("padding_config")
    lows, highs, between = (list(zip(*each)) for each in zip(*(zip(*each) for each in site.each("padding_config"))))
    starts, ends = (lines_through(list(zip(*each)), site.points) for each in (lows, highs))
    x = site.masked(x, 0, value, [axis for axis, high in enumerate(highs) if ends[axis] or high[0] > 0])
    config = list(site.params["padding_config"])
    for axis, start in enumerate(starts):
        if start is not None:
            line, size = site.into(0)[axis], site.eqn.outvars[0].aval.shape[axis]
            if any(between[axis]):
                raise Unfit("pad between entries, from a place that changes with the size")
            places = lax.iota(jnp.int32, size) - site.real(start)
            there = (places >= 0) & (places < (x.shape[axis] if line is None else site.real(line)))
            there = lax.broadcast_in_dim(there, (*x.shape[:axis], size, *x.shape[axis + 1 :]), (axis,))
            x, config[axis] = jnp.where(there, jnp.take(x, places, axis, mode="clip"), value), (0, 0, 0)
    return site.done(x, value, padding_config=tuple(config))


@_rule("slice")
def _slice(site, x):
    site.agree("start_indices", "limit_indices")
    starts = lines_through(site.each("start_indices"), site.points)
    if not any(starts):
        return site.done(x)
    if any(start and length and min(start.slopes) < 0 for start, length in zip(starts, site.out())):
        raise Unfit("slice of a part that changes its size, from a place that comes nearer")
    if set(site.params["strides"] or ()) - {1}:
        raise Unfit("slice in strides from a place that changes with the size")
    first = [
        np.int32(at) if line is None else site.real(line) for at, line in zip(site.params["start_indices"], starts)
    ]
    return lax.dynamic_slice(x, first, site.eqn.outvars[0].aval.shape)


@_rule("rev")
def _rev(site, x):
    site.agree()
    for axis in site.params["dimensions"]:
        line = site.into(0)[axis]
        if line is None:
            x = lax.rev(x, (axis,))
        else:
            from_end = site.real(line) - 1 - lax.iota(jnp.int32, x.shape[axis])
            x = jnp.take(x, from_end, axis, mode="clip")
    return x


@_rule("split")
def _split(site, x):
    site.agree()
    site.fixed(0, [site.params["axis"]], "cuts")
    return site.done(x)


# ---------------------------------------------------------------------------------------------------------------------
# Along an axis.


def _least(dtype):
    if jnp.issubdtype(dtype, jnp.integer):
        return jnp.iinfo(dtype).min
    return -jnp.inf if jnp.issubdtype(dtype, jnp.floating) else False


def _most(dtype):
    if jnp.issubdtype(dtype, jnp.integer):
        return jnp.iinfo(dtype).max
    return jnp.inf if jnp.issubdtype(dtype, jnp.floating) else True


def _all_bits(dtype):
    return -1 if jnp.issubdtype(dtype, jnp.signedinteger) else _most(dtype)


_NEUTRAL = {
    "reduce_sum": lambda dtype: 0,
    "reduce_prod": lambda dtype: 1,
    "reduce_max": _least,
    "reduce_min": _most,
    "reduce_and": _all_bits,
    "reduce_or": lambda dtype: 0,
    "reduce_xor": lambda dtype: 0,
    "argmax": _least,
    "argmin": _most,
    "cumsum": lambda dtype: 0,
    "cumprod": lambda dtype: 1,
    "cummax": _least,
    "cummin": _most,
    "cumlogsumexp": _least,
    "reduce_window_sum": lambda dtype: 0,
    "reduce_window_max": _least,
    "reduce_window_min": _most,
}


@_rule(*(name for name in _NEUTRAL if not name.startswith("reduce_window")))
def _along(site, x):
    site.agree("out_sharding")
    axes = site.params["axes"] if "axes" in site.params else [site.params["axis"]]
    return site.done(site.masked(x, 0, _NEUTRAL[site.name](x.dtype), axes))


@_rule(*(name for name in _NEUTRAL if name.startswith("reduce_window")))
def _window(site, x):
    site.agree()
    return site.done(site.masked(x, 0, _NEUTRAL[site.name](x.dtype)))


@_rule("select_and_scatter_add", "select_and_gather_add")
def _pairs(site, *inputs):
    site.agree()
    wide = [axis for axis, size in enumerate(site.params["window_dimensions"]) if size > 1]
    for i in range(len(inputs)):
        site.fixed(i, wide, "has windows along")
    return site.done(*inputs)


@_rule("sort")
def _sort(site, *inputs):
    site.agree()
    axis, line = site.params["dimension"], site.into(0)[site.params["dimension"]]
    if line is None:
        return site.done(*inputs)
    last = ~site.is_real(inputs[0].shape, axis, line)
    return lax.sort((last, *inputs), axis, site.params["is_stable"], site.params["num_keys"] + 1)[1:]


@_rule("top_k")
def _top_k(site, x):
    site.agree("k")
    return site.done(site.masked(x, 0, _least(x.dtype), [site.params["axis"]]))


# ---------------------------------------------------------------------------------------------------------------------
# Products.


@_rule("dot_general")
def _dot(site, x, y):
    site.agree()
    (left, right), _ = site.params["dimension_numbers"]
    return site.done(site.masked(x, 0, 0, left), site.masked(y, 1, 0, right))


@_rule("conv_general_dilated")
def _conv(site, x, y):
    site.agree()
    numbers = site.params["dimension_numbers"]
    if site.params["batch_group_count"] > 1:
        site.fixed(0, numbers.lhs_spec[:1], "groups")
        site.fixed(1, numbers.rhs_spec[:1], "groups")
    if site.params["feature_group_count"] > 1:
        site.fixed(0, numbers.lhs_spec[1:2], "groups")
        site.fixed(1, numbers.rhs_spec[:1], "groups")
    return site.done(site.masked(x, 0, 0, numbers.lhs_spec[1:]), site.masked(y, 1, 0, numbers.rhs_spec[1:]))


# ---------------------------------------------------------------------------------------------------------------------
# Places known when the program runs. Along an axis that changes its size they are held within what is real.


def _held(site, start, inside, length, width):
    """A start of a window, `length` long and `width` where it is a line too, along an axis whose extent is `inside`."""
    if inside is None:
        if width is not None:
            raise Unfit(f"{site.name} of a part that changes its size, from an axis that does not")
        return start
    if width is not None and width.slopes != inside.slopes:
        raise Unfit(f"{site.name} of a part that changes its size otherwise than the whole")
    last = site.real(inside) - (length if width is None else site.real(width))
    return jnp.clip(start, 0, last.astype(start.dtype))


@_rule("dynamic_slice")
def _dynamic_slice(site, x, *starts):
    lengths, widths = site.params["slice_sizes"], site.out()
    held = [_held(site, *each) for each in zip(starts, site.into(0), lengths, widths)]
    return site.done(x, *held)


@_rule("dynamic_update_slice")
def _dynamic_update_slice(site, x, update, *starts):
    held = [_held(site, *each) for each in zip(starts, site.into(0), update.shape, site.into(1))]
    old = lax.dynamic_slice(x, held, update.shape)
    for axis, line in enumerate(site.into(1)):
        if line is not None:
            update = jnp.where(site.is_real(update.shape, axis, line), update, old)
    return site.done(x, update, *held)


def _kept_inside(site, indices, axis_of, lengths, lines):
    """Indices of windows into input 0, `lengths` long and `lines` where these depend on the sizes, that treat the end
    of what is real as the operation's mode treats the end of an axis (XLA reads within it when it was promised to).
    """
    promised = site.name == "gather" and site.params["mode"] == lax.GatherScatterMode.PROMISE_IN_BOUNDS
    for column, axis in enumerate(axis_of):
        inside, at = site.into(0)[axis], indices[..., column]
        size = site.eqn.invars[0].aval.shape[axis] if inside is None else site.real(inside)
        last = size - (lengths[axis] if lines[axis] is None else site.real(lines[axis]))
        if promised and inside is None:
            continue
        if promised or site.params["mode"] == lax.GatherScatterMode.CLIP:
            at = jnp.clip(at, 0, last)
        elif inside is not None:
            at = jnp.where(at > last, jnp.iinfo(at.dtype).max, at)
        indices = indices.at[..., column].set(at.astype(indices.dtype))
    return indices


@_rule("gather")
def _gather(site, x, indices):
    site.agree("slice_sizes")
    lines = extents(site.each("slice_sizes"), site.points)
    if any(line is not None and line != inside for line, inside in zip(lines, site.into(0))):
        raise Unfit("gather of a part that changes its size")
    axis_of = site.params["dimension_numbers"].start_index_map
    return site.done(x, _kept_inside(site, indices, axis_of, site.params["slice_sizes"], lines))


_CHANGES_NOTHING = {"scatter-add": lambda dtype: 0, "scatter-sub": lambda dtype: 0, "scatter-mul": lambda dtype: 1}
_CHANGES_NOTHING |= {"scatter-min": _most, "scatter-max": _least}


def _with_old(site, x, indices, updates, at, line):
    """Updates that change nothing where they are not real along their axis `at`, part of one that changes its size."""
    real = site.is_real(updates.shape, at, line)
    if site.name != "scatter":
        return jnp.where(real, updates, jnp.asarray(_CHANGES_NOTHING[site.name](updates.dtype), updates.dtype))
    numbers = site.params["dimension_numbers"]
    if indices.ndim > 1 or len(updates.shape) < x.ndim or numbers.update_window_dims != tuple(range(x.ndim)):
        raise Unfit("scatter of parts that change their size")
    starts = [0] * x.ndim
    for column, axis in enumerate(numbers.scatter_dims_to_operand_dims):
        starts[axis] = indices[column]
    return jnp.where(real, updates, lax.dynamic_slice(x, starts, updates.shape))


@_rule("scatter", "scatter-add", "scatter-sub", "scatter-mul", "scatter-min", "scatter-max")
def _scatter(site, x, indices, updates):
    site.agree("update_jaxpr", "update_consts")
    if not any(map(any, map(site.into, range(3)))):
        return site.done(x, indices, updates)
    numbers = site.params["dimension_numbers"]
    lengths, lines = [1] * x.ndim, [None] * x.ndim
    small = {*numbers.inserted_window_dims, *numbers.operand_batching_dims}
    for axis, at in zip((axis for axis in range(x.ndim) if axis not in small), numbers.update_window_dims):
        lengths[axis], lines[axis] = updates.shape[at], site.into(2)[at]
        if lines[axis] is not None and lines[axis] != site.into(0)[axis]:
            if site.into(0)[axis] is None or lines[axis].slopes != site.into(0)[axis].slopes:
                raise Unfit(f"{site.name} of a part that changes its size otherwise than the whole")
            updates = _with_old(site, x, indices, updates, at, lines[axis])
    indices = _kept_inside(site, indices, numbers.scatter_dims_to_operand_dims, lengths, lines)
    for axis, line in enumerate(site.into(1)[:-1]):
        if line is not None:  # rows that are not real are written nowhere
            real = site.is_real(indices.shape, axis, line)
            indices = jnp.where(real, indices, jnp.iinfo(indices.dtype).max)
    drop = lax.GatherScatterMode.FILL_OR_DROP
    return site.done(x, indices, updates, mode=drop, unique_indices=False, indices_are_sorted=False)
