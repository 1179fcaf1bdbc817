"""How the first session starts JAX.

JAX has another thread do what a CPU is to compute, where that counts as a thousand operations and more, and who asks
for a result waits for the thread. A run that gives values asks at once: in a small step, handing over and waiting take
longer than all the rest. So where a session is the first to need JAX, its CPU computes within the call, as TensorFlow's
sessions do.
"""

import functools
import os

import jax

_RETURN_EARLY = "jax_cpu_enable_async_dispatch"


@functools.cache
def start() -> None:
    """Starts JAX's backends, done once. One CPU that begins here computes within the call; one that has begun already,
    or that the user has settled, is left as it is, as are several, whose programs wait for each other.
    """
    several = "host_platform_device_count" in os.environ.get("XLA_FLAGS", "") or jax.config.jax_num_cpu_devices > 1
    if several or "JAX_CPU_ENABLE_ASYNC_DISPATCH" in os.environ or not jax.config.read(_RETURN_EARLY):
        return
    jax.config.update(_RETURN_EARLY, False)
    try:
        jax.devices()
    finally:
        jax.config.update(_RETURN_EARLY, True)
