"""What a device can do at most, measured: the two ceilings of the roofline (Williams et al. 2009)."""

import functools
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from funcfit.compile import jit

from .memory import available

# The side of the matrices that are multiplied, which keeps the device busy; the bytes copied, more than caches hold.
SIZES = {"cpu": (1024, 2**27)}
OTHERS = (8192, 2**30)
MOMENT = 0.06  # seconds for each of the two


class Ceilings(NamedTuple):
    """What a device did at best: operations of a large matrix product, and bytes read and written by a large copy."""

    flops_per_second: float
    bytes_per_second: float


@functools.cache
def ceilings(dtype: str = "float32", device: Any = None) -> Ceilings:
    """The ceilings of a device (by default the first) for a dtype, measured once in a process: some tenths of a second.

    A program whose numbers stay in a CPU's caches can be faster than memory lets it.
    """
    device = jax.devices()[0] if device is None else device
    side, copied = fitting(*SIZES.get(device.platform, OTHERS), available(()))
    with jax.default_device(device):
        ones, even = jnp.ones((side, side), dtype), jnp.full((side, side), 1 / side, dtype)
        product = quickest(jit(lambda x: x @ even, name="ceiling"), ones)
        copy = quickest(jit(lambda x: x + 1, donate_argnums=(0,), name="ceiling"), jnp.zeros(copied // 4))
    return Ceilings(2 * side**3 / product, 2 * copied / copy)


def fitting(side: int, copied: int, there: int) -> tuple[int, int]:
    """The sizes, or smaller ones that take a quarter of the memory there is: a state may fill the rest.

    >>> fitting(8192, 2**30, 2**36), fitting(8192, 2**30, 2**28)
    ((8192, 1073741824), (2304, 67108864))
    """
    most = int((there / 4 / 3 / 4) ** 0.5) // 256 * 256  # three matrices of four bytes a number
    return min(side, max(most, 256)), min(copied, there // 4)


def quickest(fn: Callable[[Any], Any], x: Any) -> float:
    """The seconds of the quickest of some calls in a row, each on the result of the one before it."""
    x, best, tries = jax.block_until_ready(fn(x)), float("inf"), 0
    end = time.perf_counter() + MOMENT
    while tries < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        x = jax.block_until_ready(fn(x))
        best, tries = min(best, time.perf_counter() - start), tries + 1
    return best
