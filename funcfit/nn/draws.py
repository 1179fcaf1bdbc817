"""First parameters, drawn as `jax.random` draws them but without compiling anything where that can be.

A program that draws numbers takes XLA a fifth of a second to compile, for each shape again, and runs once. So keys that
are known, of JAX's usual kind, are NumPy's; while a function is traced, and for many numbers, they are JAX's.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float, PRNGKeyArray

from funcfit.kernels import threefry

MANY = 1 << 21  # numbers, from which on compiling is the smaller part


def normal(key: PRNGKeyArray, shape: tuple[int, ...], deviation: float) -> Float[Array, "..."]:
    if math.prod(shape) >= MANY or not known(key):
        return jax.random.normal(key, shape) * deviation
    return jax.device_put(threefry.normal(words(key), shape) * np.float32(deviation))


def uniform(key: PRNGKeyArray, shape: tuple[int, ...], low: float, high: float) -> Float[Array, "..."]:
    if math.prod(shape) >= MANY or not known(key):
        return jax.random.uniform(key, shape, minval=low, maxval=high)
    return jax.device_put(threefry.uniform(words(key), shape, low, high))


def fold_in(key: PRNGKeyArray, number: int) -> PRNGKeyArray:
    return like(key, threefry.fold_in(words(key), number)) if known(key) else jax.random.fold_in(key, number)


def split(key: PRNGKeyArray, count: int = 2) -> list[PRNGKeyArray]:
    """Keys one by one: parting an array of them would compile a program."""
    if not known(key):
        return list(jax.random.split(key, count))
    return [like(key, data) for data in threefry.split(words(key), count)]


def full(shape: tuple[int, ...], value: float) -> Float[Array, "..."]:
    return jax.device_put(np.full(shape, value, jnp.result_type(float)))


def known(key: Any) -> bool:
    config: Any = jax.config  # whose flags pyright does not know
    usual = config.jax_threefry_partitionable and not config.jax_enable_x64
    return usual and not isinstance(key, Tracer) and str(jax.random.key_impl(key)) == "threefry2x32"


def words(key: PRNGKeyArray) -> np.ndarray:
    return np.asarray(jax.random.key_data(key))


def like(key: PRNGKeyArray, data: np.ndarray) -> Array:
    """Words as a key of the same form as another: with its kind, or bare as older programs have it."""
    typed = jnp.issubdtype(key.dtype, jax.dtypes.prng_key)
    return jax.random.wrap_key_data(jax.device_put(data)) if typed else jax.device_put(data)
