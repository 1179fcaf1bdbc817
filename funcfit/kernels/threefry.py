"""JAX's random numbers by NumPy, without a compilation: for what is drawn once, as first parameters are.

A key is its two words. The functions give what their namesakes in `jax.random` give for keys of the kind threefry2x32:
the same bits, and normals that differ in their last ones. A million normals take some 50 ms on one core.
Salmon et al. 2011.
"""

import math

import numpy as np

_ROTATIONS = (13, 15, 26, 6), (17, 29, 16, 24)
_CHUNK = 1 << 14  # numbers worked on together, so that they stay in the cache

# Giles 2010, single precision, highest power first: where -log(1 - x^2) is below 5, and beyond.
_NEAR = (2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503)
_NEAR += (-0.00417768164, 0.246640727, 1.50140941)
_FAR = (-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613)
_FAR += (0.00943887047, 1.00167406, 2.83297682)


def fold_in(key: np.ndarray, number: int) -> np.ndarray:
    return np.concatenate(_blocks(key, np.zeros(1, np.uint32), np.array([number], np.uint32)))


def split(key: np.ndarray, count: int) -> np.ndarray:
    return np.stack(_blocks(key, *_counters(0, count)), axis=-1)


def uniform(key: np.ndarray, shape: tuple[int, ...], low: float = 0.0, high: float = 1.0) -> np.ndarray:
    least, span = np.float32(low), np.float32(high) - np.float32(low)
    values = np.empty(math.prod(shape), np.float32)
    for start in range(0, len(values), _CHUNK):
        upper, lower = _blocks(key, *_counters(start, min(start + _CHUNK, len(values))))
        unit = ((upper ^ lower) >> np.uint32(9) | np.uint32(0x3F800000)).view(np.float32) - np.float32(1)
        values[start : start + _CHUNK] = np.maximum(least, unit * span + least)
    return values.reshape(shape)


def normal(key: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    least = float(np.nextafter(np.float32(-1), np.float32(0)))
    x = uniform(key, (math.prod(shape),), least)
    w = -np.log1p(-x * x)
    near, far = _polynomial(_NEAR, w - np.float32(2.5)), _polynomial(_FAR, np.sqrt(w) - np.float32(3))
    return (np.float32(math.sqrt(2)) * x * np.where(w < 5, near, far)).reshape(shape)


def _polynomial(coefficients: tuple[float, ...], x: np.ndarray) -> np.ndarray:
    total = np.full_like(x, coefficients[0])
    for c in coefficients[1:]:
        total = total * x + np.float32(c)
    return total


def _counters(start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
    count = np.arange(start, stop, dtype=np.uint64)
    return (count >> np.uint64(32)).astype(np.uint32), count.astype(np.uint32)


def _blocks(key: np.ndarray, x0: np.ndarray, x1: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The cipher of 20 rounds."""
    words = [np.uint32(key[0]), np.uint32(key[1]), key[0] ^ key[1] ^ np.uint32(0x1BD11BDA)]
    with np.errstate(over="ignore"):
        x0, x1 = x0 + words[0], x1 + words[1]
        for turn in range(5):
            for rotation in _ROTATIONS[turn % 2]:
                x0 += x1
                x1 = x1 << np.uint32(rotation) | x1 >> np.uint32(32 - rotation)
                x1 ^= x0
            x0 += words[(turn + 1) % 3]
            x1 += words[(turn + 2) % 3] + np.uint32(turn + 1)
    return x0, x1
