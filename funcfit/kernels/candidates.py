"""TensorFlow's draws of classes: multinomial, and the candidate samplers of sampled softmax and NCE.

Each takes a stream (philox.py) and returns its values and the stream as TF's CPU kernel leaves it.
TensorFlow's core/kernels/multinomial_op.cc (as in 1.1), candidate_sampler_ops.cc, range_sampler.cc, and
core/lib/random/distribution_sampler.cc, weighted_picker.cc and exact_uniform_int.h.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.typing import ArrayLike, DTypeLike
from jaxtyping import Array, Bool, Float, Float32, Int, Int32, UInt, UInt32

from .philox import Stream, skip, unit_float32, unit_float64, words
from .samplers import SAMPLES_PER_OUTPUT


def multinomial(
    stream: Stream, logits: Float[ArrayLike, "batch classes"], num_samples: int, dtype: DTypeLike = jnp.int64
) -> tuple[Int[Array, "batch samples"], Stream]:
    """`num_samples` classes for each row of logits [batch, classes]: [batch, num_samples].

    Entries of logits that are not finite have no probability; a row of them alone gives the number of classes.
    These are TF 1.1's draws, with a word each (1.15 takes two), on one thread: where TF shares the rows out to several
    threads, those at which a thread starts use other words.
    """
    logits = jnp.asarray(logits)
    batch = logits.shape[0]
    finite = jnp.isfinite(logits)
    highest = jnp.max(jnp.where(finite, logits, -jnp.inf), axis=1, keepdims=True)
    with jax.enable_x64(True):  # C's expf is right to half a unit in the last place
        weights = jnp.exp((logits.astype(jnp.float32) - highest.astype(jnp.float32)).astype(jnp.float64))
        weights = jnp.where(finite, weights.astype(jnp.float32), np.float32(0))

    def added(total, weight):
        return total + weight, total + weight

    # In order, as TF sums: a sum over a tree would round differently.
    total, cumulative = lax.scan(added, jnp.zeros(batch, jnp.float32), weights.T)
    wanted = unit_float32(words(stream, batch * num_samples)).reshape(batch, num_samples) * total[:, None]
    place = jax.vmap(lambda row, x: jnp.searchsorted(row, x, side="right"))(cumulative.T, wanted)
    return place.astype(dtype), skip(stream, SAMPLES_PER_OUTPUT * batch * (-(-num_samples // 4) * 4))


class Candidates(NamedTuple):
    """What a candidate sampler returns."""

    sampled: Int[Array, "sampled"]
    true_expected: Float32[Array, "batch true"]
    sampled_expected: Float32[Array, "sampled"]


class Cursor(NamedTuple):
    """Where in the stream a sampler reads: `position` words in; `held`, if `holds`, stands for the word there."""

    position: UInt32[Array, ""]
    held: UInt32[Array, ""]
    holds: Bool[Array, ""]


class Distribution(NamedTuple):
    """Classes 0 .. size - 1 as TF draws them.

    `drawn(stream, cursor, count)` is the next `count` tries: classes, which of them count, and the cursor after them.
    `probability(classes)` is float32.
    """

    size: int
    drawn: Callable[[Stream, Cursor, int], tuple[Int32[Array, "count"], Bool[Array, "count"], Cursor]]
    probability: Callable[[Int[Array, "..."]], Float32[Array, "..."]]


def candidate_sample(
    stream: Stream,
    distribution: Distribution,
    true_classes: Int[ArrayLike, "batch true"],
    num_sampled: int,
    unique: bool,
) -> tuple[Candidates, Stream]:
    """`num_sampled` classes, without repetition if `unique`, and how often each is expected among them.

    Tries are made in chunks until enough classes are found. In 64-bit mode classes are int64, as in TF.
    """
    chunk = max(2 * num_sampled, 32) if unique else num_sampled

    def picked(state):
        cursor, sampled, found, tries, first_try = state
        classes, valid, cursor = distribution.drawn(stream, cursor, chunk)
        number = tries + jnp.cumsum(valid, dtype=jnp.int32) - 1
        new = valid
        if unique:
            first_try = first_try.at[jnp.where(valid, classes, distribution.size)].min(number, mode="drop")
            new = valid & (first_try[classes] == number)
        rank = found + jnp.cumsum(new, dtype=jnp.int32) - new
        made = valid & (rank < num_sampled)
        sampled = sampled.at[jnp.where(new, rank, num_sampled)].set(classes, mode="drop")
        return cursor, sampled, found + _count(new), tries + _count(made), first_try

    zero = jnp.uint32(0)
    start = (
        Cursor(zero, zero, jnp.bool_(False)),
        jnp.zeros(num_sampled, jnp.int32),
        jnp.int32(0),
        jnp.int32(0),
        jnp.full(distribution.size if unique else 0, np.iinfo(np.int32).max, jnp.int32),
    )
    _, sampled, _, tries, _ = lax.while_loop(lambda state: state[2] < num_sampled, picked, start)

    def expected(classes):
        p = distribution.probability(classes)
        with jax.enable_x64(True):
            repeated = -jnp.expm1(tries * jnp.log1p(-p.astype(jnp.float64)))
            return jnp.where(tries == num_sampled, p * np.float32(num_sampled), repeated.astype(jnp.float32))

    true_classes = jnp.asarray(true_classes)
    candidates = Candidates(sampled.astype(true_classes.dtype), expected(true_classes), expected(sampled))
    return candidates, skip(stream, 2048 * num_sampled // 4)


def uniform_classes(size: int) -> Distribution:
    """Each class as likely as the others."""

    def drawn(stream, cursor, count):
        with jax.enable_x64(True):
            w = _words(stream, cursor, 2 * count).astype(jnp.uint64)
            bits = w[::2] | w[1::2] << 32
            classes, valid = _exact(bits, np.uint64(size))
            return classes.astype(jnp.int32), valid, _further(cursor, 2 * count)

    return Distribution(size, drawn, lambda classes: jnp.full(classes.shape, 1 / size, jnp.float32))


def log_uniform_classes(size: int) -> Distribution:
    """Class k with probability log((k + 2) / (k + 1)) / log(size + 1): Zipf's law, for classes sorted by frequency."""

    def drawn(stream, cursor, count):
        with jax.enable_x64(True):
            w = _words(stream, cursor, 2 * count)
            value = jnp.exp(unit_float64(w[::2], w[1::2]) * math.log(size + 1)).astype(jnp.int32) - 1
            return value % size, jnp.ones(count, bool), _further(cursor, 2 * count)

    def probability(classes):
        with jax.enable_x64(True):
            k = classes.astype(jnp.float64)
            return (jnp.log((k + 2) / (k + 1)) / math.log(size + 1)).astype(jnp.float32)

    return Distribution(size, drawn, probability)


def learned_unigram_classes(weights: Int32[ArrayLike, "size"]) -> Distribution:
    """Class k in proportion to int32 weights[k].

    TF starts with ones, and after each run adds 1 to the weight of each true class (`learned_weights`).
    """
    ends = jnp.cumsum(jnp.asarray(weights), dtype=jnp.int32)

    def drawn(stream, cursor, count):
        place, valid = _exact(_words(stream, cursor, count), ends[-1].astype(jnp.uint32))
        classes = jnp.searchsorted(ends, place.astype(jnp.int32), side="right").astype(jnp.int32)
        return classes, valid, _further(cursor, count)

    def probability(classes):
        return jnp.asarray(weights)[classes].astype(jnp.float32) / ends[-1].astype(jnp.float32)

    return Distribution(ends.size, drawn, probability)


def learned_weights(
    weights: Int32[ArrayLike, "size"], true_classes: Int[ArrayLike, "batch true"]
) -> Int32[Array, "size"]:
    """The weights of `learned_unigram_classes` after a run that saw these true classes."""
    return jnp.asarray(weights).at[jnp.ravel(true_classes)].add(1)


def fixed_unigram_classes(weights: Float32[np.ndarray, "size"]) -> Distribution:
    """Class k in proportion to float32 weights[k], by Walker's alias method."""
    threshold, alias = _alias_table(weights)
    total = np.cumsum(weights, dtype=np.float32)[-1]  # in order, as TF sums
    size = len(weights)

    def drawn(stream, cursor, count):
        w = _words(stream, cursor, 2 * count)
        place, kept = _exact(w[1::2], np.uint32(size))
        place = place.astype(jnp.int32)
        sure = unit_float32(w[::2]) < jnp.asarray(threshold)[place]
        classes = jnp.where(sure, place, jnp.asarray(alias)[place])
        # TF throws away a word that would favour some places, but not the fraction before it: tries go on from there.
        good = jnp.where(jnp.all(kept), count, jnp.argmin(kept))
        valid = lax.iota(jnp.int32, count) < good
        ahead = (2 * good).astype(jnp.uint32)
        broken = Cursor(
            cursor.position + ahead + np.uint32(1), w[jnp.minimum(2 * good, 2 * count - 2)], jnp.bool_(True)
        )
        whole = _further(cursor, 2 * count)
        return classes, valid, jax.tree.map(lambda a, b: jnp.where(good < count, a, b), broken, whole)

    return Distribution(size, drawn, lambda classes: jnp.asarray(weights)[classes] / total)


def fixed_unigram_weights(
    unigrams: Sequence[float], distortion: float = 1.0, num_reserved_ids: int = 0, num_shards: int = 1, shard: int = 0
) -> Float32[np.ndarray, "size"]:
    """The float32 weights of this shard's classes: zeros for the reserved ones, then the unigrams to a power."""
    reserved = len(range(shard, num_reserved_ids, num_shards))
    kept = [w for i, w in enumerate(unigrams, start=reserved) if i % num_shards == shard]
    powers = np.array(kept, np.float32).astype(np.float64) ** float(np.float32(distortion))
    return np.append(np.zeros(reserved, np.float32), powers.astype(np.float32))


def _alias_table(
    weights: Float32[np.ndarray, "size"],
) -> tuple[Float32[np.ndarray, "size"], Int32[np.ndarray, "size"]]:
    """Walker's table: place i gives class i for fractions below threshold[i], else class alias[i]."""
    total = 0.0
    for w in weights.tolist():
        total += w
    share = [w * len(weights) / total for w in weights.tolist()]
    alias = list(range(len(share)))
    rich = [i for i, p in enumerate(share) if p >= 1.0]
    poor = [i for i, p in enumerate(share) if p < 1.0]
    while rich and poor:
        p, r = poor.pop(), rich.pop()
        alias[p] = r
        share[r] -= 1.0 - share[p]
        (poor if share[r] < 1.0 else rich).append(r)
    for i in rich + poor:  # within rounding of 1
        share[i], alias[i] = 1.0, i
    return np.array(share, np.float32), np.array(alias, np.int32)


def _words(stream: Stream, cursor: Cursor, count: int) -> UInt32[Array, "count"]:
    w = words(stream, count, cursor.position)
    return jnp.where((lax.iota(jnp.int32, count) == 0) & cursor.holds, cursor.held, w)


def _count(mask: Bool[Array, "tries"]) -> Int32[Array, ""]:
    return jnp.sum(mask, dtype=jnp.int32)


def _further(cursor: Cursor, count: int) -> Cursor:
    return Cursor(cursor.position + np.uint32(count), cursor.held, jnp.zeros_like(cursor.holds))


def _exact(bits: UInt[Array, "tries"], n: UInt[ArrayLike, ""]) -> tuple[UInt[Array, "tries"], Bool[Array, "tries"]]:
    """bits % n, and which of them keep every remainder equally likely (powers of two need no care)."""
    n = jnp.broadcast_to(jnp.asarray(n, bits.dtype), bits.shape)
    spare = lax.rem(~jnp.zeros_like(bits), n) + 1
    return lax.rem(bits, n), (bits >= spare) | (n & (n - 1) == 0)
