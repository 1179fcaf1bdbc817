"""The one caller of `jax.jit`.

Counts what it traces (`traces()`), so that tests can say that nothing compiles twice, and holds the switch for 64-bit
stages.
"""

from collections.abc import Callable, Sequence

import jax

_traces = 0


def traces() -> int:
    """How many functions have been traced, and so compiled, since the process began."""
    return _traces


def jit(
    fn: Callable,
    *,
    donate_argnums: Sequence[int] = (),
    static_argnums: Sequence[int] = (),
    name: str | None = None,
    on_trace: Callable[[], None] | None = None,
) -> Callable:
    """`fn` compiled by XLA once per signature; `name` is what profiles and compile logs call it, `on_trace` is told of
    each compilation.
    """

    def named(*args):
        global _traces
        _traces += 1
        if on_trace is not None:
            on_trace()
        return fn(*args)

    named.__name__ = named.__qualname__ = name or getattr(fn, "__name__", "fn")
    return jax.jit(named, donate_argnums=donate_argnums, static_argnums=static_argnums)


def wide_mode():
    """A with-block in which 64-bit dtypes are kept. The user's own JAX code outside never sees the switch."""
    return jax.enable_x64(True)
