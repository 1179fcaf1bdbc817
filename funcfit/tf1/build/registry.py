"""Which gradient rule a node has: the one its scope asked for, its card's, or the default, which differentiates the
lowering itself.
"""

import jax
import jax.numpy as jnp
import numpy as np

from funcfit.tf1.graph.node import Tensor
from funcfit.tf1.opdef import OpDef, api, op, raw

_registered = {}  # name -> rule, from RegisterGradient and NotDifferentiable


@api("RegisterGradient")
class RegisterGradient:
    """Decorator that gives an op type, or a name for `gradient_override_map`, its gradient: `f(op, *grads)`, one
    gradient an input.
    """

    def __init__(self, op_type):
        if not isinstance(op_type, str):
            raise TypeError("op_type must be a string")
        self._op_type = op_type

    def __call__(self, f):
        if self._op_type in _registered:
            raise KeyError(f"Registering two gradient with name '{self._op_type}' !")
        _registered[self._op_type] = f
        return f


@api("NotDifferentiable", "NoGradient", "no_gradient")
def NotDifferentiable(op_type):
    """Says that no gradient flows through op type `op_type`, and that this is meant."""
    if not isinstance(op_type, str):
        raise TypeError("op_type must be a string")
    _registered[op_type] = None


def gradient_rule(node):
    """`f(op, *grads)` for `node`, None when nothing flows through it; LookupError when its op type has no gradient."""
    override = node.attrs.get("_gradient_op_type")
    name = override.decode() if override is not None else node.type
    if name in _registered:
        return _registered[name]
    card = raw.get(name)
    if card is None or card.rule == "unregistered":
        raise LookupError(f"gradient registry has no entry for: {name}")
    return differentiated if card.rule == "default" else card.rule


def differentiated(node, *grads):
    """The default rule: one SymbolicGradient node that runs `jax.vjp` of the node's lowering."""
    flows = [x.dtype.is_floating or x.dtype.is_complex for x in node.inputs]
    arriving = [g for g in grads if isinstance(g, Tensor)]
    with_grad = tuple(isinstance(g, Tensor) for g in grads)
    out = raw.SymbolicGradient(
        [*node.inputs, *arriving],
        Tout=[x.dtype.base_dtype for x in node.inputs],
        f=Differentiated(node.card, node.attrs, len(node.inputs), with_grad),
    )
    return [g if flow else None for g, flow in zip(out, flows)]


class Differentiated:
    """The op that a SymbolicGradient differentiates: card and attrs, and which of its outputs a gradient arrives at."""

    def __init__(self, card: OpDef, attrs, inputs, with_grad):
        self.card, self.attrs, self.inputs_count, self.with_grad = card, attrs, inputs, with_grad

    def __repr__(self):
        return self.card.name


@op(
    "input: list(Tin) -> output: list(Tout)",
    out=lambda node: [x.shape for x in node.inputs[: node.attrs["f"].inputs_count]],
    fixed=lambda node: node.attrs["f"].card.fixed_positions(node.attrs["f"]),
    gradient="default",
)
def SymbolicGradient(input, *, f):
    """Gradients of f's inputs: `input` holds f's inputs, then the gradients of its outputs."""
    inputs, arriving = input[: f.inputs_count], iter(input[f.inputs_count :])
    lower = f.card.bound(f)
    moving = [
        i for i, x in enumerate(inputs) if jnp.issubdtype(x.dtype, jnp.inexact) and i not in f.card.fixed_positions(f)
    ]

    def function(*values):
        filled = list(inputs)
        for i, value in zip(moving, values):
            filled[i] = value
        lowered = lower(*filled)
        return list(lowered) if isinstance(lowered, (tuple, list)) else [lowered]

    outputs, pull = jax.vjp(function, *(inputs[i] for i in moving))
    cotangents = []
    for value, has in zip(outputs, f.with_grad):
        dtype = jnp.result_type(value)
        if has:
            grad = next(arriving)
            cotangents.append(
                jnp.conj(grad).astype(dtype) if jnp.issubdtype(dtype, jnp.complexfloating) else jnp.asarray(grad, dtype)
            )
        elif jnp.issubdtype(dtype, jnp.inexact):
            cotangents.append(jnp.zeros(value.shape, dtype))
        else:
            cotangents.append(np.zeros(value.shape, jax.dtypes.float0))
    found = dict(zip(moving, pull(cotangents)))
    # JAX's gradient of a complex input is the conjugate of TF's.
    return tuple(
        (jnp.conj(found[i]) if jnp.iscomplexobj(found[i]) else found[i]) if i in found else np.zeros(x.shape, x.dtype)
        for i, x in enumerate(inputs)
    )
