"""What a loss gives, in one form, and what to say when it is in none."""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from funcfit.tree import described, is_number, listed

Scalar = Float[Array, ""]
Metrics = dict[str, Any]
Loss = Callable[..., Any]
"""loss(params, batch, key) -> a scalar, or (a scalar, {name: value}). Pure; params is any pytree of floats.

A value of a metric is an array, or (sum, weight), which is told as their quotient. A model that hands something from
step to step takes it and gives it back: loss(params, batch, key, carry) -> (scalar, metrics, carry).
"""


OURS = {"step": "the number of steps taken", "loss": "the loss itself"}


class Outcome(NamedTuple):
    """What a call of the loss gave: the value, the metrics with the value among them, the carry."""

    value: Scalar
    metrics: Metrics
    carry: Any


def measured(loss: Loss, params: Any, batch: Any, key: PRNGKeyArray, carry: Any = None) -> Outcome:
    """The loss called, and what it gave in one form; the carry is None where it gave none back.

    Raises ValueError unless the loss is one number, and what it measures {name: number or (sum, weight)}. An error
    inside the loss goes on as it is, with a note that says what the loss was called with.
    """
    given = {"params": params, "batch": batch, "key": key} | ({} if carry is None else {"carry": carry})
    try:
        out = loss(*given.values())
    except Exception as error:
        error.add_note(circumstances(loss, given))
        raise
    value, metrics, after = parts_of(out)
    if jnp.ndim(value):
        raise ValueError(
            f"a loss is one number, and this one has the shape {jnp.shape(value)}: return its mean or its sum"
        )
    for name, metric in metrics.items():
        check_metric(name, metric)
    return Outcome(jnp.asarray(value), {"loss": jnp.asarray(value), **metrics}, after)


def parts_of(out: Any) -> tuple[Any, dict[str, Any], Any]:
    """What a loss gave: the number, what it measured, its carry. Raises ValueError when it is in no such form."""
    form = "a loss gives a number, (a number, {name: value}), or (a number, {name: value}, carry)"
    if out is None:
        raise ValueError(f"{form}, and this one gave None: does it end with a return?")
    if isinstance(out, dict):
        value = "loss" if "loss" in out else next(iter(out), "loss")
        raise ValueError(f"{form}, and this one gave a dict of {', '.join(map(repr, out))}: return d[{value!r}], d")
    if not isinstance(out, tuple):
        if not is_number(out):
            raise ValueError(f"{form}, and this one gave a {type(out).__name__}")
        return out, {}, None
    if len(out) not in (2, 3):
        raise ValueError(f"{form}, and this one gave a tuple of {len(out)}")
    value, metrics, carry = out if len(out) == 3 else (*out, None)
    if isinstance(value, dict):
        raise ValueError(f"{form}, and this one gave the dict first: return the number before it")
    if not is_number(value):
        raise ValueError(f"{form}, and the first that this one gave is a {type(value).__name__}")
    if not isinstance(metrics, dict):
        what = described(metrics) if is_number(metrics) else f"a {type(metrics).__name__}"
        raise ValueError(f"{form}, and the second that this one gave is {what}: give it a name, {{'name': value}}")
    return value, metrics, carry


def check_metric(name: Any, metric: Any) -> None:
    if name in OURS:
        raise ValueError(f"no metric can be named {name!r}, which is {OURS[name]}: give it another name")
    pair = isinstance(metric, tuple)
    if (pair and len(metric) != 2) or not all(map(is_number, metric if pair else [metric])):
        what = f"a tuple of {len(metric)}" if pair else f"a {type(metric).__name__}"
        raise ValueError(f"a metric is a number, an array or (sum, weight), and {name!r} is {what}")


def circumstances(loss: Loss, given: dict[str, Any]) -> str:
    """What a function of the user's was called with, for those who read its error."""
    called = f"{getattr(loss, '__name__', type(loss).__name__)}({', '.join(given)})"
    try:
        inspect.signature(loss).bind(*given.values())
    except TypeError:
        return (
            f"It was called as {called}: a loss takes params, batch and key, and a carry if the run has one "
            "(fit(..., carry=...))."
        )
    except ValueError:  # it tells no signature
        pass
    lines = [f"  {name}: {listed(tree)}" for name, tree in given.items() if name != "key"]
    return "\n".join([f"It was called as {called} with", *lines])


def quotients(metrics: Metrics) -> dict[str, Array]:
    """The metrics with each (sum, weight) divided out."""
    return {name: m[0] / m[1] if isinstance(m, tuple) else jnp.asarray(m) for name, m in metrics.items()}
