"""The draws of samplers.py by NumPy, without a compilation: for values that are drawn once, as initializers' are.

Each function takes and returns what its namesake there does, with NumPy arrays. A million uniforms take some 10 ms,
normals and truncated normals 50 on one core (`python scripts/bench_random.py`).
"""

import math

import numpy as np

from .box_muller import sine_and_cosine
from .philox import skip, whole_counter

_LOW = np.uint64(0xFFFFFFFF)
_WORD = np.uint64(32)
_CHUNK = 1 << 14  # blocks worked on together, so that they stay in the cache


def uniform(stream, shape, dtype):
    n, dtype = math.prod(shape), np.dtype(dtype)
    if dtype == np.float64:
        x0, x1 = _words(stream, 2 * n).reshape(n, 2).T
        values = _unit64(x0, x1)
    elif dtype == np.float32:
        values = _by_chunks(_unit32, _words(stream, n), np.empty(n, dtype))
    else:
        mantissa, one, bits = {"float16": (0x3FF, 0x3C00, np.float16), "bfloat16": (0x7F, 0x3F80, dtype)}[dtype.name]
        words = (_words(stream, n) & np.uint32(mantissa) | np.uint32(one)).astype(np.uint16)
        values = words.view(bits) - np.ones((), bits)
    return values.reshape(shape), _after_outputs(stream, n)


def uniform_int(stream, shape, minval, maxval, dtype):
    n, dtype = math.prod(shape), np.dtype(dtype)
    unsigned = np.dtype(f"uint{8 * dtype.itemsize}")
    words = _words(stream, n * dtype.itemsize // 4)
    bits = words if dtype.itemsize == 4 else words[0::2].astype(np.uint64) | words[1::2].astype(np.uint64) << _WORD
    with np.errstate(over="ignore"):
        start = np.asarray(minval, dtype).astype(unsigned)
        span = np.asarray(maxval, dtype).astype(unsigned) - start
        values = (start + bits % span).astype(dtype)
    return values.reshape(shape), _after_outputs(stream, n)


def standard_normal(stream, shape, dtype):
    n, dtype = math.prod(shape), np.dtype(dtype)
    pairs = -(-n // 2)
    if dtype == np.float64:
        of_words, per_pair = _normals64, 4
    else:
        of_words, per_pair = _normals32, 2
    drawn = _words(stream, per_pair * pairs).reshape(pairs, per_pair)
    values = _by_chunks(lambda words: of_words(*words.T), drawn, np.empty((pairs, 2), dtype))
    return values.reshape(-1)[:n].reshape(shape), _after_outputs(stream, n)


def truncated_normal(stream, shape, dtype):
    n, dtype = math.prod(shape), np.dtype(dtype)
    size, stretch = (2, 7) if dtype == np.float64 else (4, 8)
    groups = -(-n // size)
    values = np.empty((groups, size), np.float64 if size == 2 else np.float32)
    filled = np.zeros(groups, np.int64)
    wanting, turn = np.arange(groups), 0
    while len(wanting):
        for start in range(0, len(wanting), _CHUNK):
            some = wanting[start : start + _CHUNK]
            w0, w1, w2, w3 = _blocks(stream, (some.astype(np.uint64) << np.uint64(stretch)) + np.uint64(turn))
            drawn = _normals64(w0, w1, w2, w3) if size == 2 else np.hstack([_normals32(w0, w1), _normals32(w2, w3)])
            for x in drawn.T:
                keep = (np.abs(x) < 2.0) & (filled[some] < size)
                values[some[keep], filled[some[keep]]] = x[keep]
                filled[some[keep]] += 1
        wanting, turn = wanting[filled[wanting] < size], turn + 1
    return values.reshape(-1)[:n].astype(dtype).reshape(shape), _after_outputs(stream, n)


def _after_outputs(stream, n):
    return skip(stream, 256 * n)


def _by_chunks(function, words, out):
    """`out` filled with what `function` makes of the words, a part at a time: what it needs besides stays small."""
    for start in range(0, len(words), _CHUNK):
        out[start : start + _CHUNK] = function(words[start : start + _CHUNK])
    return out


def _words(stream, n):
    """The first n words of the stream."""
    out = np.empty((-(-n // 4), 4), np.uint32)
    for start in range(0, len(out), _CHUNK):
        stop = min(start + _CHUNK, len(out))
        for i, word in enumerate(_blocks(stream, np.arange(start, stop, dtype=np.uint64))):
            out[start:stop, i] = word
    return out.reshape(-1)[:n]


def _blocks(stream, ahead):
    """The four words of the blocks that lie `ahead` (uint64) of the stream's counter."""
    counter = whole_counter(stream)
    low = np.uint64(counter & (1 << 64) - 1) + ahead
    high = np.uint64(counter >> 64) + (low < ahead).astype(np.uint64)
    c0, c1, c2, c3 = low & _LOW, low >> _WORD, high & _LOW, high >> _WORD
    k0, k1 = int(stream[0]), int(stream[1])
    for _ in range(10):
        product0, product1 = c0 * np.uint64(0xD2511F53), c2 * np.uint64(0xCD9E8D57)
        c0, c1 = product1 >> _WORD ^ c1 ^ np.uint64(k0), product1 & _LOW
        c2, c3 = product0 >> _WORD ^ c3 ^ np.uint64(k1), product0 & _LOW
        k0, k1 = k0 + 0x9E3779B9 & 0xFFFFFFFF, k1 + 0xBB67AE85 & 0xFFFFFFFF
    return tuple(word.astype(np.uint32) for word in (c0, c1, c2, c3))


def _unit32(words):
    return (words & np.uint32(0x7FFFFF) | np.uint32(0x3F800000)).view(np.float32) - np.float32(1)


def _unit64(x0, x1):
    high = (x0 & np.uint32(0xFFFFF) | np.uint32(0x3FF00000)).astype(np.uint64)
    return (high << _WORD | x1.astype(np.uint64)).view(np.float64) - 1.0


def _normals32(x0, x1):
    """[pairs, 2]: the sine and the cosine partner of each pair, rounded as box_muller.normal32 rounds them."""
    u = np.maximum(_unit32(x0), np.float32(1e-7))
    radius = np.sqrt(-2.0 * np.log(u.astype(np.float64))).astype(np.float32)
    angle = (2 * np.pi * _unit32(x1).astype(np.float64)).astype(np.float32).astype(np.float64)
    quarter = np.floor(angle * (2 / np.pi) + 0.5)
    sine, cosine = sine_and_cosine(angle - quarter * (np.pi / 2))
    turn = quarter.astype(np.int8)
    waves = np.where(turn & 1, cosine, sine), np.where(turn & 1, sine, cosine)
    signs = np.where(turn & 2, -1.0, 1.0), np.where(turn + 1 & 2, -1.0, 1.0)
    return np.stack([(sign * wave).astype(np.float32) * radius for sign, wave in zip(signs, waves)], 1)


def _normals64(x0, x1, x2, x3):
    radius = np.sqrt(-2.0 * np.log(np.maximum(_unit64(x0, x1), 1e-7)))
    angle = 2 * np.pi * _unit64(x2, x3)
    return np.stack([np.sin(angle) * radius, np.cos(angle) * radius], 1)
