"""One training step as a pure function of a state and a batch, assembled from what was asked for."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from funcfit.tree import differences, joined, labels, map_floats, own, parted

from .rates import learning_rate
from .state import State

Scalar = Float[Array, ""]
Metrics = dict[str, Any]
Loss = Callable[..., Any]
"""loss(params, batch, key) -> a scalar, or (a scalar, {name: value}). Pure; params is any pytree of floats.

A value of a metric is an array, or (sum, weight), which is told as their quotient. A model that hands something from
step to step takes it and gives it back: loss(params, batch, key, carry) -> (scalar, metrics, carry).
"""

PRECISIONS = {"float32": jnp.float32, "bfloat16": jnp.bfloat16, "float16": jnp.float16}
FIRST_SCALE, STEPS_TO_DOUBLE = 2.0**15, 2000  # of a float16 loss: Micikevicius et al. 2018, section 3.2


class Outcome(NamedTuple):
    """What a call of the loss gave: the value, the metrics with the value among them, the carry."""

    value: Scalar
    metrics: Metrics
    carry: Any


def measured(loss: Loss, params: Any, batch: Any, key: PRNGKeyArray, carry: Any = None) -> Outcome:
    """The loss called, and what it gave in one form. Raises ValueError unless the loss is one number."""
    out = loss(params, batch, key) if carry is None else loss(params, batch, key, carry)
    if isinstance(out, tuple):
        value, metrics, after = out if len(out) == 3 else (*out, carry)
    else:
        value, metrics, after = out, {}, carry
    value = jnp.asarray(value)
    if value.ndim:
        raise ValueError(f"a loss is one number, and this one has the shape {value.shape}: return its mean or its sum")
    changed = differences(carry, after)
    if changed:
        raise ValueError(f"a loss gives back a carry like the one it was given: {'; '.join(changed)}")
    return Outcome(value, {"loss": value, **metrics}, after)


def quotients(metrics: Metrics) -> dict[str, Array]:
    """The metrics with each (sum, weight) divided out."""
    return {name: m[0] / m[1] if isinstance(m, tuple) else jnp.asarray(m) for name, m in metrics.items()}


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
    if precision not in PRECISIONS:
        raise ValueError(f"precision is one of {', '.join(PRECISIONS)}, not {precision!r}")
    if nonfinite not in ("stop", "skip", "ignore"):
        raise ValueError(f"nonfinite is 'stop', 'skip' or 'ignore', not {nonfinite!r}")
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
        params, carry = own(params), own(carry)
        trained, _ = parts(params)
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
        key = jax.random.fold_in(state.key, state.step)
        scale = state.extra["loss_scale"]["scale"] if scaled else None

        def objective(trained, batch, key, carry):
            params = joined(trained, frozen)
            if precision != "float32":
                params, batch = (map_floats(lambda x: x.astype(PRECISIONS[precision]), t) for t in (params, batch))
            out = measured(loss, params, batch, key, carry)
            value = out.value.astype(jnp.float32) if precision != "float32" else out.value
            return value if scale is None else value * scale, out

        gradient, out = gradient_of(objective, trained, batch, key, state.carry, microbatches)
        if scale is not None:
            gradient = jax.tree.map(lambda g: g / scale, gradient)

        def taken():
            change, opt = grouped(trained).update(gradient, state.opt, trained)
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

        metrics = quotients(out.metrics)
        rate = learning_rate(optimizer, state.opt, state.step)
        if rate is not None:
            metrics.setdefault("lr", rate * state.extra.get("rate", 1.0))
        if norms:
            metrics["gradient_norm"] = norm(gradient)
            metrics["parameter_norm"] = norm(after)

        extra, step = dict(state.extra), state.step + 1
        if ema is not None:
            extra["ema"] = mean
        if scaled:
            extra["loss_scale"] = rescaled(good, **state.extra["loss_scale"])
            good = jnp.isfinite(out.value)
        if nonfinite == "stop":
            extra["halted"], step = ~good, state.step + good
        return State(step, joined(after, frozen), opt, state.key, carry, extra), metrics

    return Step(init, update)


def gradient_of(objective, trained, batch, key, carry, microbatches: int) -> tuple[Any, Outcome]:
    """The gradient of the mean of the objective over the microbatches, one of which is in memory at a time."""
    slope = jax.grad(objective, has_aux=True)
    if microbatches == 1:
        return slope(trained, batch, key, carry)

    def piece(rows):
        if rows.shape[0] % microbatches:
            raise ValueError(f"a batch of {rows.shape[0]} rows does not part into {microbatches} microbatches")
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


def finite(tree: Any) -> Bool[Array, ""]:
    return jnp.stack([jnp.isfinite(leaf).all() for leaf in jax.tree.leaves(tree)]).all()


def norm(tree: Any) -> Scalar:
    """The length of all leaves as one vector."""
    return jnp.sqrt(sum(jnp.vdot(leaf, leaf).astype(jnp.float32) for leaf in jax.tree.leaves(tree)))


def rescaled(good: Bool[Array, ""], scale: Scalar, good_steps: Int[Array, ""]) -> dict[str, Array]:
    """Half the scale after a gradient that overflowed, and twice the scale after many that did not."""
    run = jnp.where(good, good_steps + 1, 0)
    double = run == STEPS_TO_DOUBLE
    up = jnp.where(double, scale * 2, scale)
    return {"scale": jnp.where(good, up, jnp.maximum(scale / 2, 1.0)), "good_steps": jnp.where(double, 0, run)}
