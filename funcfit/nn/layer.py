"""A layer is a pair of functions."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

from . import draws

Shape = tuple[int, ...]


class Layer(NamedTuple):
    """`init(key, shape) -> (params, carry)` for rows of a shape, and `apply(params, x, key, carry) -> (y, carry)`.

    `x` has a batch in front of a row's shape. A key means that the layer is being trained: without one dropout lets all
    through, and batch_norm uses the moments that its carry holds. A layer that hands nothing on has the carry ().
    """

    init: Callable[[PRNGKeyArray, Shape], tuple[Any, Any]]
    apply: Callable[..., tuple[Array, Any]]

    def __call__(self, params: Any, x: Any, key: PRNGKeyArray | None = None, carry: Any = ()) -> Array:
        """The output alone, for a layer whose carry nobody has to keep."""
        return self.apply(params, x, key, carry)[0]

    def shape(self, params: Any, carry: Any, shape: Shape, dtype: Any = jnp.float32) -> jax.ShapeDtypeStruct:
        """What becomes of a row of a shape."""
        x = jax.ShapeDtypeStruct((1, *shape), dtype)
        out = jax.eval_shape(lambda p, x, c: self.apply(p, x, None, c)[0], params, x, carry)
        return jax.ShapeDtypeStruct(out.shape[1:], out.dtype)


def of(fn: Callable[[Array], Array]) -> Layer:
    """The layer without parameters that applies a function: of(jnp.tanh)."""

    def apply(params, x, key=None, carry=()):
        y = fn(x)
        if isinstance(y, Layer):
            raise TypeError(f"{fn.__name__} makes a layer, and stands where one should be: call it, {fn.__name__}(...)")
        return y, ()

    return Layer(lambda key, shape: ((), ()), apply)


relu = of(jax.nn.relu)
tanh = of(jnp.tanh)


def dropout(rate: float) -> Layer:
    """Each number is 0 with the chance `rate`, and the others grow so that the mean stays. Srivastava et al. 2014."""

    def apply(params, x, key=None, carry=()):
        if key is None:
            return x, ()
        return jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0).astype(x.dtype), ()

    return Layer(lambda key, shape: ((), ()), apply)


def sequential(*layers: Layer | Callable[[Array], Array], **named: Layer | Callable[[Array], Array]) -> Layer:
    """Layers, or functions of an array, one after the other.

    Parameters are a list, or for named layers a dict: so `freeze="body"` can mean them.

    >>> net = sequential(body=jnp.tanh, head=jnp.square)
    >>> float(net(net.init(jax.random.key(0), ())[0], jnp.zeros(1))[0])
    0.0
    """
    names = list(range(len(layers))) if layers else list(named)
    parts = [part if isinstance(part, Layer) else of(part) for part in layers or named.values()]
    if layers and named:
        raise ValueError("sequential takes layers, or layers by name, not both")

    def gathered(values: list[Any]) -> Any:
        return values if layers else dict(zip(names, values, strict=True))

    def init(key, shape):
        made, row = [], jax.ShapeDtypeStruct(shape, jnp.float32)
        for number, part in enumerate(parts):
            params, carry = part.init(draws.fold_in(key, number), row.shape)
            row = part.shape(params, carry, row.shape, row.dtype)
            made.append((params, carry))
        return gathered([params for params, _ in made]), gathered([carry for _, carry in made])

    def apply(params, x, key=None, carry=()):
        if isinstance(params, tuple):
            raise TypeError("these are not the parameters alone: params, carry = network.init(key, shape)")
        after = []
        for number, (name, part) in enumerate(zip(names, parts, strict=True)):
            own = None if key is None else jax.random.fold_in(key, number)
            x, kept = part.apply(params[name], x, own, carry[name] if carry else ())
            after.append(kept)
        return x, gathered(after)

    return Layer(init, apply)


def residual(*layers: Layer | Callable[[Array], Array]) -> Layer:
    """x + layers(x). He et al. 2015."""
    inner = sequential(*layers)

    def apply(params, x, key=None, carry=()):
        y, carry = inner.apply(params, x, key, carry)
        return x + y, carry

    return Layer(inner.init, apply)
