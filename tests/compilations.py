"""Counting what XLA compiles, for tests that say how often that may happen."""

import contextlib
from collections.abc import Iterator

import jax

COMPILED = "/jax/core/compile/backend_compile_duration"


@contextlib.contextmanager
def counted_compilations() -> Iterator[list[float]]:
    """A list that grows by one for each program compiled inside the block: the seconds that it took.

    >>> with counted_compilations() as compiled:
    ...     _ = jax.jit(lambda x: x * 3.25)(1.0)
    >>> len(compiled)
    1
    """
    compiled: list[float] = []

    def note(event: str, seconds: float, **_):
        if event == COMPILED:
            compiled.append(seconds)

    jax.monitoring.register_event_duration_secs_listener(note)
    try:
        yield compiled
    finally:
        jax.monitoring.unregister_event_duration_listener(note)
