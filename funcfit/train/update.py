"""One training step as a pure function of a state and a batch, assembled from what was asked for."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Int

from funcfit.tree import (
    described,
    differences,
    in_short,
    is_number,
    joined,
    labels,
    map_floats,
    named_leaves,
    own,
    parted,
)

from .keys import check_keys
from .outcome import Loss, Metrics, Outcome, Scalar, measured, quotients
from .rates import learning_rate, unread
from .state import State

ORDER = "fit(loss, params, data, optimizer) is the order"
PRECISIONS = {"float32": jnp.float32, "bfloat16": jnp.bfloat16, "float16": jnp.float16}
FIRST_SCALE, LEAST_SCALE, STEPS_TO_DOUBLE = 2.0**15, 1.0, 2000  # of a float16 loss: Micikevicius et al. 2018, 3.2


class Step(NamedTuple):
    """A training step, pure: `init(params, seed, carry) -> state` and `update(state, batch) -> (state, metrics)`."""

    init: Callable[..., State]
    update: Callable[[State, Any], tuple[State, Metrics]]


def step(
    loss: Loss,
    optimizer: optax.GradientTransformation,
    *,
    freeze: str | Sequence[str] = (),
    groups: dict[str, optax.GradientTransformation] | None = None,
    precision: str = "float32",
    microbatches: int = 1,
    ema: float | None = None,
    norms: bool = False,
    nonfinite: str = "stop",
) -> Step:
    """The step that `program` repeats; its options are described there."""
    check_options(loss, [optimizer, *(groups or {}).values()], precision, microbatches, ema, nonfinite)
    frozen_names = dict.fromkeys([freeze] if isinstance(freeze, str) else freeze, "frozen")
    scaled = precision == "float16"
    unguarded = nonfinite == "ignore" and not scaled

    def parts(params):
        mask = jax.tree.map(lambda label: label == "trained", labels(params, frozen_names, "trained"))
        return parted(params, mask)

    def grouped(trained):
        if not groups:
            return optimizer
        return optax.partition({**groups, "": optimizer}, labels(trained, {p: p for p in groups}, ""))

    def init(params: Any, seed: int = 0, carry: Any = None) -> State:
        check_arrays(params)
        params, carry = own(params), own(carry)
        trained, _ = parts(params)
        check_trained(trained)
        extra = {}
        if ema is not None:
            extra["ema"] = own(trained)
        if scaled:
            extra["loss_scale"] = {"scale": jnp.float32(FIRST_SCALE), "good_steps": jnp.int32(0)}
        if nonfinite == "stop":
            extra["halted"] = jnp.zeros((), bool)
        opt = grouped(trained).init(trained)
        return State(jnp.zeros((), jnp.int32), params, opt, jax.random.key(seed), carry, extra)

    def update(state: State, batch: Any) -> tuple[State, Metrics]:
        trained, frozen = parts(state.params)
        scale = state.extra["loss_scale"]["scale"] if scaled else None
        objective = objective_of(loss, frozen, precision, scale)
        given = batch, jax.random.fold_in(state.key, state.step), state.carry
        # The gradient of a loop hides that it draws the same numbers in each turn; so the loss is looked at alone.
        check_keys(jax.make_jaxpr(objective)(trained, *given))
        gradient, out = gradient_of(objective, trained, *given, microbatches)
        gradient = unscaled(gradient, scale)

        def taken():
            # What some optimizers ask for beside the gradient: line searches, plateaus.
            more = {
                "value": out.value,
                "grad": gradient,
                "value_fn": lambda w: unscaled(objective(w, *given)[0], scale),
            }
            change, opt = optax.with_extra_args_support(grouped(trained)).update(gradient, state.opt, trained, **more)
            if "rate" in state.extra:
                change = jax.tree.map(lambda c: c * state.extra["rate"].astype(c.dtype), change)
            after = optax.apply_updates(trained, change)
            mean = None if ema is None else optax.incremental_update(after, state.extra["ema"], 1 - ema)
            return after, opt, out.carry, mean

        def left():
            return trained, state.opt, state.carry, state.extra.get("ema")

        # A cond around the whole change: XLA then works in place, where a select on its results would copy them.
        good = finite(gradient) & (jnp.isfinite(out.value) | scaled)  # too large a scale is no fault of the model's
        after, opt, carry, mean = taken() if unguarded else jax.lax.cond(good, taken, left)

        metrics = with_rate(quotients(out.metrics), optimizer, state)
        if norms:
            metrics = with_norms(metrics, gradient, after)
        extra, step = dict(state.extra), state.step + 1
        if ema is not None:
            extra["ema"] = mean
        if scale is not None:
            extra["loss_scale"] = rescaled(good, **state.extra["loss_scale"])
            good = jnp.isfinite(out.value) & (good | (scale > LEAST_SCALE))
        if nonfinite == "stop":
            extra["halted"], step = ~good, state.step + good
        return State(step, joined(after, frozen), opt, state.key, carry, extra), metrics

    return Step(init, update)


def check_options(loss, optimizers, precision: str, microbatches: int, ema: float | None, nonfinite: str) -> None:
    """Raises TypeError or ValueError naming the option that is none."""
    if not callable(loss):
        raise TypeError(f"a loss is a function of (params, batch, key), not of type {type(loss).__name__}: {ORDER}")
    for one in optimizers:
        check_optimizer(one)
    if precision not in PRECISIONS:
        raise ValueError(f"precision is one of {', '.join(PRECISIONS)}, not {precision!r}")
    if nonfinite not in ("stop", "skip", "ignore"):
        raise ValueError(f"nonfinite is 'stop', 'skip' or 'ignore', not {nonfinite!r}")
    if microbatches < 1:
        raise ValueError(f"a batch is worked on in one microbatch or more, not in {microbatches}")
    if ema is not None and not 0 <= ema < 1:
        raise ValueError(f"ema is the decay of a mean, at least 0 and less than 1, not {ema}")


def objective_of(
    loss: Loss, frozen: Any, precision: str, scale: Scalar | None
) -> Callable[..., tuple[Scalar, Outcome]]:
    """What is differentiated by its first argument: the loss, computed in a precision and scaled; and all it gave."""
    low = precision != "float32"

    def objective(trained, batch, key, carry):
        params = joined(trained, frozen)
        if low:
            params, batch = (map_floats(lambda x: x.astype(PRECISIONS[precision]), t) for t in (params, batch))
        out = measured(loss, params, batch, key, carry)
        if not jnp.issubdtype(out.value.dtype, jnp.floating):
            raise ValueError(
                f"a loss is one real number with a gradient, and this one is {described(out.value)}: "
                "integers, comparisons and argmax have none"
            )
        changed = differences(carry, out.carry)
        if changed:
            raise ValueError(f"a loss gives back a carry like the one it was given: {in_short(changed)}")
        value = out.value.astype(jnp.float32) if low else out.value
        return value if scale is None else value * scale, out

    return objective


def unscaled(tree: Any, scale: Scalar | None) -> Any:
    return tree if scale is None else jax.tree.map(lambda x: x / scale, tree)


def with_rate(metrics: Metrics, optimizer: optax.GradientTransformation, state: State) -> Metrics:
    """The metrics and the learning rate, where the loss has not measured an "lr" itself; a warning if none is known."""
    if "lr" in metrics:
        return metrics
    rate = learning_rate(optimizer, state.opt, state.step)
    if rate is None:
        warnings.warn(unread(optimizer), stacklevel=2)
        return metrics
    return {**metrics, "lr": rate * state.extra.get("rate", 1.0)}


def with_norms(metrics: Metrics, gradient: Any, params: Any) -> Metrics:
    norms = {"gradient_norm": norm(gradient), "parameter_norm": norm(params)}
    for name in norms.keys() & metrics.keys():
        raise ValueError(f"norms=True measures {name!r}, and so does the loss: give it another name there")
    return {**metrics, **norms}


def gradient_of(objective, trained, batch, key, carry, microbatches: int) -> tuple[Any, Outcome]:
    """The gradient of the mean of the objective over the microbatches, one of which is in memory at a time."""
    slope = jax.grad(objective, has_aux=True)
    if microbatches == 1:
        return slope(trained, batch, key, carry)

    def piece(rows):
        if rows.shape[0] % microbatches:
            fitting = ", ".join(str(n) for n in divisors(rows.shape[0]))
            raise ValueError(
                f"a batch of {rows.shape[0]} rows does not part into {microbatches} microbatches, but into {fitting}"
            )
        return rows.reshape(microbatches, -1, *rows.shape[1:])

    def one(so_far, piece):
        total, carry = so_far
        number, batch = piece
        gradient, out = slope(trained, batch, jax.random.fold_in(key, number), carry)
        return (jax.tree.map(jnp.add, total, gradient), out.carry), out

    zeros = jax.tree.map(jnp.zeros_like, trained)
    pieces = jnp.arange(microbatches), jax.tree.map(piece, batch)
    (total, carry), outs = jax.lax.scan(one, (zeros, carry), pieces)
    value, metrics = jax.tree.map(lambda m: m.mean(0), (outs.value, outs.metrics))
    return jax.tree.map(lambda g: g / microbatches, total), Outcome(value, metrics, carry)


def divisors(rows: int) -> list[int]:
    """
    >>> divisors(12)
    [1, 2, 3, 4, 6, 12]
    """
    return [n for n in range(1, rows + 1) if rows % n == 0]


def check_optimizer(optimizer: Any) -> None:
    """Raises TypeError unless it is an optax transformation, made and not only named."""
    if callable(getattr(optimizer, "init", None)) and callable(getattr(optimizer, "update", None)):
        return
    name = getattr(optimizer, "__name__", None)
    what = (
        f"the function {name}: call it, {name}(1e-3)" if name else f"{optimizer!r}: give optax.adam(1e-3) or the like"
    )
    raise TypeError(f"an optimizer is an optax transformation, not {what}; {ORDER}")


def check_arrays(params: Any) -> None:
    """Raises TypeError naming the first leaf that is no array or number, ValueError when there is none at all."""
    leaves = named_leaves(params)
    if not leaves:
        raise ValueError("there are no parameters to train: params is an empty tree")
    for name, leaf in leaves.items():
        key = isinstance(leaf, jax.Array) and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
        if not (is_number(leaf) or key):
            raise TypeError(
                f"{path('params', name)} is a {type(leaf).__name__}, and parameters are arrays: keep what is none out "
                "of params, in the loss (Equinox: params, static = eqx.partition(model, eqx.is_inexact_array))"
            )


def check_trained(trained: Any) -> None:
    """Raises TypeError naming the first leaf that has no gradient, ValueError when none is left."""
    leaves = named_leaves(trained)
    if not leaves:
        raise ValueError("freeze leaves no parameter to train")
    for name, leaf in leaves.items():
        if not jnp.issubdtype(leaf.dtype, jnp.inexact):
            freeze = f", or leave it as it is with freeze={name!r}" if name else ""
            raise TypeError(
                f"{path('params', name)} is {described(leaf)}, and whole numbers have no gradient: "
                f"make it a float (0.0, x.astype('float32')){freeze}"
            )


def path(*names: str) -> str:
    return "/".join(filter(None, names))


def finite(tree: Any) -> Bool[Array, ""]:
    return jnp.stack([all_finite(leaf) for leaf in jax.tree.leaves(tree)]).all()


def all_finite(x: Array) -> Bool[Array, ""]:
    """Whether every number is: the columns of a matrix with finite means have no other.

    A product is read at the memory's pace; isfinite(x).all() takes a CPU four times as long, 5 % of a dense step.
    """
    if x.ndim < 2 or not x.size:
        return jnp.isfinite(x).all()
    rows = x.reshape(-1, x.shape[-1]).astype(jnp.promote_types(x.dtype, jnp.float32))
    small = 0.5 ** (len(rows).bit_length() + 1)  # so that no sum of finite numbers overflows
    return jnp.isfinite(jnp.matmul(jnp.full(len(rows), small, rows.dtype), rows, precision="highest")).all()


def norm(tree: Any) -> Scalar:
    """The length of all leaves as one vector, whose squares would be too large for float16."""
    wide = jax.tree.map(lambda leaf: leaf.astype(jnp.promote_types(leaf.dtype, jnp.float32)), tree)
    return jnp.sqrt(sum(jnp.vdot(leaf, leaf).real for leaf in jax.tree.leaves(wide))).astype(jnp.float32)


def rescaled(good: Bool[Array, ""], scale: Scalar, good_steps: Int[Array, ""]) -> dict[str, Array]:
    """Half the scale after a gradient that overflowed, and twice the scale after many that did not."""
    run = jnp.where(good, good_steps + 1, 0)
    double = run == STEPS_TO_DOUBLE
    up = jnp.where(double, scale * 2, scale)
    return {"scale": jnp.where(good, up, jnp.maximum(scale / 2, LEAST_SCALE)), "good_steps": jnp.where(double, 0, run)}
