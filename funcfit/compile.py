"""The one caller of `jax.jit`."""

from collections.abc import Callable, Sequence

import jax


def jit(
    fn: Callable, *, donate_argnums: Sequence[int] = (), static_argnums: Sequence[int] = (), name: str | None = None
) -> Callable:
    """`fn` compiled by XLA once per signature; `name` is what profiles and compile logs call it."""

    def named(*args):
        return fn(*args)

    named.__name__ = named.__qualname__ = name or getattr(fn, "__name__", "fn")
    return jax.jit(named, donate_argnums=donate_argnums, static_argnums=static_argnums)
