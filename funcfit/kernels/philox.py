"""TensorFlow's random streams: Philox-4x32-10 blocks, and the words and unit fractions made of them.

A *stream* is a uint32[6] array: key 0, key 1, then a 128-bit counter, lowest word first. A *block* is the four words
that one counter value gives. The samplers (samplers.py, rejection.py, candidates.py) take a stream and return it as
TF's CPU kernel leaves it, so that threading it through repeated calls gives the numbers of repeated `Session.run`s.

Word i is computed by lane i of one elementwise loop, neighbours repeating their block's work: XLA's CPU backend
vectorises that, whereas interleaving the blocks (`stack`, then `reshape`) takes 40 times as long as the rounds.

Where 32 bits do not suffice, 64-bit arithmetic is done inside `jax.enable_x64(True)` for just the lines that need it:
the caller's own mode neither matters nor changes, except that float64 and int64 *results* need a caller in 64-bit mode.

Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"; TensorFlow's core/lib/random.
"""

from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float, Float32, Float64, UInt32

Stream = UInt32[Array | np.ndarray, "6"]
Word = UInt32[Array, "*lanes"]
Count = Word | np.uint32 | int


def new_stream(seed: int, seed2: int, entropy: Callable[[], int]) -> UInt32[np.ndarray, "6"]:
    """The uint32[6] stream of an op whose attrs are `seed` and `seed2`; both zero draws two numbers from `entropy()`.

    >>> new_stream(87654321, 42, entropy=lambda: 0)
    array([87654321,        0,        0,        0,       42,        0], dtype=uint32)
    """
    if seed == 0 and seed2 == 0:
        seed, seed2 = entropy(), entropy()
    low, high = (lambda x: x & 0xFFFFFFFF), (lambda x: x >> 32 & 0xFFFFFFFF)
    return np.array([low(seed), high(seed), 0, 0, low(seed2), high(seed2)], np.uint32)


def skip(stream: Stream, samples: int | UInt32[Array, ""]) -> Stream:
    """The stream advanced by `samples` blocks: a Python int below 2**64, or a traced uint32."""
    if isinstance(samples, int) and isinstance(stream, np.ndarray):
        counter = whole_counter(stream) + samples
        return np.array([*stream[:2], *(counter >> shift & 0xFFFFFFFF for shift in (0, 32, 64, 96))], np.uint32)
    if isinstance(samples, int):
        low, high = np.uint32(samples & 0xFFFFFFFF), np.uint32(samples >> 32 & 0xFFFFFFFF)
    else:
        low, high = samples, np.uint32(0)
    stream = jnp.asarray(stream)
    return jnp.stack([stream[0], stream[1], *counters(stream, low, high)])


def counters(stream: Stream, low: Count, high: Count = 0) -> tuple[Word, ...]:
    """The stream's counter plus low + 2**32 * high, as four words of the shape of `low`."""
    stream = jnp.asarray(stream)
    c0 = stream[2] + low
    carry = (c0 < low).astype(jnp.uint32)
    c1 = stream[3] + high + carry
    carry = ((c1 < high) | (carry == 1) & (stream[3] == np.uint32(0xFFFFFFFF))).astype(jnp.uint32)
    c2 = stream[4] + carry
    c3 = stream[5] + (c2 < carry).astype(jnp.uint32)
    return c0, c1, c2, c3


def block(stream: Stream, low: Count, high: Count = 0) -> tuple[Word, ...]:
    """The four words of the block that lies low + 2**32 * high blocks ahead; elementwise in `low`."""
    stream = jnp.asarray(stream)
    k0, k1 = stream[0], stream[1]
    c0, c1, c2, c3 = counters(stream, low, high)
    for _ in range(10):
        high0, low0 = _product(c0, 0xD2511F53)
        high1, low1 = _product(c2, 0xCD9E8D57)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = k0 + np.uint32(0x9E3779B9), k1 + np.uint32(0xBB67AE85)
    return c0, c1, c2, c3


def words(stream: Stream, n: int, start: UInt32[Array, ""] | int = 0) -> UInt32[Array, "n"]:
    """n words of the stream from the word number `start` on, as TF's SingleSampleAdapter deals them."""
    i = lax.iota(jnp.uint32, n) + jnp.asarray(start, jnp.uint32)
    w0, w1, w2, w3 = block(stream, i >> 2)
    return jnp.where(bit(i, 0), jnp.where(bit(i, 1), w3, w1), jnp.where(bit(i, 1), w2, w0))


def word_pairs(stream: Stream, n: int) -> tuple[UInt32[Array, "n"], UInt32[Array, "n"]]:
    """The words with even and with odd positions of the first n pairs of words."""
    i = lax.iota(jnp.uint32, n)
    w0, w1, w2, w3 = block(stream, i >> 1)
    return jnp.where(bit(i, 0), w2, w0), jnp.where(bit(i, 0), w3, w1)


def word_by_word(stream: UInt32[np.ndarray, "6"]) -> Iterator[int]:
    """The words of the stream as Python ints, for samplers on the host that cannot say how many they will take."""
    counter = whole_counter(stream)
    while True:
        k0, k1 = int(stream[0]), int(stream[1])
        c0, c1, c2, c3 = (counter >> shift & 0xFFFFFFFF for shift in (0, 32, 64, 96))
        for _ in range(10):
            product0, product1 = c0 * 0xD2511F53, c2 * 0xCD9E8D57
            c0, c1, c2, c3 = product1 >> 32 ^ c1 ^ k0, product1, product0 >> 32 ^ c3 ^ k1, product0
            c1, c3 = c1 & 0xFFFFFFFF, c3 & 0xFFFFFFFF
            k0, k1 = k0 + 0x9E3779B9 & 0xFFFFFFFF, k1 + 0xBB67AE85 & 0xFFFFFFFF
        yield from (c0, c1, c2, c3)
        counter += 1


def whole_counter(stream: UInt32[np.ndarray, "6"]) -> int:
    """The stream's counter as one number."""
    return sum(int(word) << 32 * i for i, word in enumerate(stream[2:]))


def unit_float32(x: Word) -> Float32[Array, "*lanes"]:
    """[0, 1) from the low 23 bits of a word."""
    return lax.bitcast_convert_type(x & np.uint32(0x7FFFFF) | np.uint32(0x3F800000), jnp.float32) - np.float32(1)


def unit_float64(x0: Word, x1: Word) -> Float64[Array, "*lanes"]:
    """[0, 1) from 52 bits, the low 20 of x0 above those of x1."""
    with jax.enable_x64(True):
        high = (x0 & np.uint32(0xFFFFF) | np.uint32(0x3FF00000)).astype(jnp.uint64)
        return lax.bitcast_convert_type(high << np.uint64(32) | x1.astype(jnp.uint64), jnp.float64) - np.float64(1)


def unit_float16(x: Word, dtype: np.dtype) -> Float[Array, "*lanes"]:
    """[0, 1) in float16 or bfloat16, from as many low bits of a word as the type's mantissa has."""
    mantissa, one = {"float16": (0x3FF, 0x3C00), "bfloat16": (0x7F, 0x3F80)}[dtype.name]
    bits = (x & np.uint32(mantissa) | np.uint32(one)).astype(jnp.uint16)
    return lax.bitcast_convert_type(bits, dtype) - jnp.ones((), dtype)


def bit(i: Word, place: int) -> Bool[Array, "*lanes"]:
    """Whether the binary digit at `place` is set."""
    return i & np.uint32(1 << place) != 0


def _product(a: Word, b: int) -> tuple[Word, Word]:
    """High and low word of a * b."""
    multiplier = jnp.full_like(a, np.uint32(b))
    return lax.mulhi(a, multiplier), a * multiplier
