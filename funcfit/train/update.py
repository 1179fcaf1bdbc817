"""One training step as a pure function of a state and a batch, assembled from what was asked for."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from funcfit.tree import joined, labels, map_floats, own, parted

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
        value, metrics, carry = out if len(out) == 3 else (*out, carry)
    else:
        value, metrics = out, {}
    value = jnp.asarray(value)
    if value.ndim:
        raise ValueError(f"a loss is one number, and this one has the shape {value.shape}: return its mean or its sum")
    return Outcome(value, {"loss": value, **metrics}, carry)


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
        transformation = grouped(trained)
        change, opt = transformation.update(gradient, state.opt, trained)
        if "rate" in state.extra:
            change = jax.tree.map(lambda c: c * state.extra["rate"].astype(c.dtype), change)
        after = optax.apply_updates(trained, change)

        metrics = quotients(out.metrics)
        rate = learning_rate(transformation, state.opt, state.step)
        if rate is not None:
            metrics.setdefault("lr", rate * state.extra.get("rate", 1.0))
        if norms:
            metrics["gradient_norm"] = optax.global_norm(gradient)
            metrics["parameter_norm"] = optax.global_norm(after)

        extra = dict(state.extra)
        if ema is not None:
            extra["ema"] = optax.incremental_update(after, extra["ema"], 1 - ema)
        new = State(state.step + 1, joined(after, frozen), opt, state.key, out.carry, extra)
        if nonfinite == "ignore" and not scaled:
            return new, metrics
        good = finite(gradient) if scaled else finite(gradient) & jnp.isfinite(out.value)
        new = kept(good, new, state)
        if scaled:
            new.extra["loss_scale"] = rescaled(good, **state.extra["loss_scale"])
            good |= jnp.isfinite(out.value)  # too large a scale is no fault of the model's
        if nonfinite == "stop":
            new = new._replace(step=state.step + good)
            new.extra["halted"] = ~good
        return new, metrics

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


def kept(good: Bool[Array, ""], new: State, old: State) -> State:
    """The new state where the step was good, else the old one, a step on. XLA fuses the select with the update."""
    old = old._replace(step=new.step)
    return jax.tree.map(lambda n, o: n if n is o else jnp.where(good, n, o), new, old)


def rescaled(good: Bool[Array, ""], scale: Scalar, good_steps: Int[Array, ""]) -> dict[str, Array]:
    """Half the scale after a gradient that overflowed, and twice the scale after many that did not."""
    run = jnp.where(good, good_steps + 1, 0)
    double = run == STEPS_TO_DOUBLE
    up = jnp.where(double, scale * 2, scale)
    return {"scale": jnp.where(good, up, jnp.maximum(scale / 2, 1.0)), "good_steps": jnp.where(double, 0, run)}
