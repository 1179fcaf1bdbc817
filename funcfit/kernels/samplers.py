"""TensorFlow's samplers whose outputs each take a known number of random words, and the truncated normal.

Each takes a stream (philox.py) and returns (values, the stream as TF's CPU kernel leaves it).
A million float32 uniforms take 2 ms, normals 5, truncated normals 17 on two cores (`python scripts/bench_random.py`).
TensorFlow's core/kernels/random_op.cc and random_shuffle_op.cc.
"""

import math
from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.typing import ArrayLike, DTypeLike
from jaxtyping import Array, Float, Int, Int32, Shaped

from .box_muller import normal32, normal64
from .philox import Stream, bit, block, skip, unit_float16, unit_float32, unit_float64, word_pairs, words

Shape = Sequence[int] | np.ndarray

SAMPLES_PER_OUTPUT = 256  # blocks that TF reserves for each output of a uniform, integer, normal, gamma or Poisson op
GROUPS_AT_ONCE = 1 << 18  # of a truncated normal, whose turns hold a few times what they give


def uniform(stream: Stream, shape: Shape, dtype: DTypeLike = jnp.float32) -> tuple[Float[Array, "*shape"], Stream]:
    """Uniform numbers in [0, 1) with as many random mantissa bits as `dtype` has, bit for bit TF's RandomUniform."""
    n, dtype = int(math.prod(shape)), np.dtype(dtype)
    if dtype == np.float64:
        values = unit_float64(*word_pairs(stream, n))
    elif dtype == np.float32:
        values = unit_float32(words(stream, n))
    else:
        values = unit_float16(words(stream, n), dtype)
    return values.reshape(shape), _after_outputs(stream, n)


def uniform_int(
    stream: Stream, shape: Shape, minval: ArrayLike, maxval: ArrayLike, dtype: DTypeLike = jnp.int32
) -> tuple[Int[Array, "*shape"], Stream]:
    """Integers in [minval, maxval), TF's RandomUniformInt: random bits modulo the range, plus minval."""
    n, dtype = int(math.prod(shape)), np.dtype(dtype)
    unsigned = np.dtype(f"uint{8 * dtype.itemsize}")
    if dtype == np.int64:
        low, high = (w.astype(unsigned) for w in word_pairs(stream, n))
        bits = low | high << 32
    else:
        bits = words(stream, n)
    start = jnp.asarray(minval, dtype).astype(unsigned)
    span = jnp.asarray(maxval, dtype).astype(unsigned) - start
    values = (start + lax.rem(bits, jnp.broadcast_to(span, bits.shape))).astype(dtype)
    return values.reshape(shape), _after_outputs(stream, n)


def standard_normal(
    stream: Stream, shape: Shape, dtype: DTypeLike = jnp.float32
) -> tuple[Float[Array, "*shape"], Stream]:
    """Normal numbers, TF's RandomStandardNormal: Box-Muller on pairs of uniforms.

    float32 equals TF 1.1 to the last bit (a million draws compared), and later releases, which take the logarithm in
    float32, to 2 ulp; narrower types round it.
    """
    n, dtype = int(math.prod(shape)), np.dtype(dtype)
    i = lax.iota(jnp.uint32, n)
    if dtype == np.float64:
        values = normal64(*block(stream, i >> 1), odd=bit(i, 0))
    else:
        w0, w1, w2, w3 = block(stream, i >> 2)
        x0, x1 = jnp.where(bit(i, 1), w2, w0), jnp.where(bit(i, 1), w3, w1)
        values = normal32(x0, x1, odd=bit(i, 0)).astype(dtype)
    return values.reshape(shape), _after_outputs(stream, n)


def truncated_normal(
    stream: Stream, shape: Shape, dtype: DTypeLike = jnp.float32
) -> tuple[Float[Array, "*shape"], Stream]:
    """Normal numbers drawn again while they are 2 or more away from 0, TF's TruncatedNormal.

    TF gives each group of outputs (4, or 2 of float64) a stretch of the stream of its own, so that the result does
    not depend on how groups are spread over threads; here they draw side by side, a block each, until all are full.
    """
    n, dtype = int(math.prod(shape)), np.dtype(dtype)
    size, stretch = (2, 7) if dtype == np.float64 else (4, 8)  # outputs of a group, log2 of its blocks
    groups = -(-n // size)
    together = min(groups, GROUPS_AT_ONCE)

    def of_groups(first):
        """The numbers of `together` groups, from the one with the number `first` on."""
        return _truncated(stream, first, (size, together), stretch).T.reshape(-1).astype(dtype)

    starts = jnp.arange(0, groups, max(together, 1), jnp.uint32)
    values = of_groups(starts[0]) if len(starts) == 1 else lax.map(of_groups, starts)
    return values.reshape(-1)[:n].reshape(shape), _after_outputs(stream, n)


def _truncated(stream, first, shape, stretch):
    """[size, groups]: what the groups from `first` on keep of their stretches of 2**`stretch` blocks."""
    size = shape[0]

    def draws(stream):
        """One block's normals for every group."""
        place, group = (lax.broadcasted_iota(jnp.uint32, shape, axis) for axis in (0, 1))
        group = group + first
        w0, w1, w2, w3 = block(stream, group << stretch, group >> (32 - stretch))
        if size == 2:
            return normal64(w0, w1, w2, w3, odd=bit(place, 0))
        second = bit(place, 1)
        return normal32(jnp.where(second, w2, w0), jnp.where(second, w3, w1), odd=bit(place, 0))

    def kept(state):
        _, stream, filled, values, drawn = state
        place = lax.broadcasted_iota(jnp.int32, shape, 0)
        for x in drawn:
            keep = jnp.abs(x) < 2.0
            values = jnp.where(keep & (filled == place), x, values)
            filled = filled + keep.astype(jnp.int32)
        wanting = jnp.any(filled < size)
        # The branch also makes XLA compute the draws once; without it each use of `drawn` repeats them.
        drawn = lax.cond(wanting, draws, lambda _: drawn, stream)
        return wanting, skip(stream, 1), filled, values, drawn

    none = jnp.full(shape, jnp.inf, jnp.float64 if size == 2 else jnp.float32)
    start = jnp.bool_(True), jnp.asarray(stream), jnp.zeros(shape[1], jnp.int32), none, none
    return lax.while_loop(lambda state: state[0], kept, start)[3]


def shuffle(stream: Stream, values: Shaped[ArrayLike, "*shape"]) -> tuple[Shaped[Array, "*shape"], Stream]:
    """`values` shuffled along axis 0 as TF's RandomShuffle does it; axis 0 of length 0 or 1 uses no random numbers."""
    values = jnp.asarray(values)
    if values.size <= 1 or values.shape[0] <= 1:
        return values, jnp.asarray(stream)
    n = values.shape[0]
    return values[permutation(stream, n)], skip(stream, (n + 2) // 4)


def permutation(stream: Stream, n: int) -> Int32[Array, "n"]:
    """The int32[n] permutation that Fisher-Yates gives when step i swaps places i and i + word[i] % (n - i).

    The swaps are not made one by one. Step i takes what lies at place j = target[i]: what the last earlier step with
    the same target put there, or else j itself. A step puts there what lay at its own place, which came from the last
    step that had *that* place as its target, and so on down to a place that nobody had touched: a chain of some log n
    links, followed for all places at once by pointer doubling.
    """
    step = lax.iota(jnp.int32, n)
    span = (n - step[:-1]).astype(jnp.uint32)
    target = step.at[:-1].add(lax.rem(words(stream, n - 1), span).astype(jnp.int32))
    # `target` of the last place is itself: it keeps what it was given.
    last = jnp.full(n, -1, jnp.int32).at[target].max(jnp.where(target > step, step, -1))
    source = jnp.where(last >= 0, last, step)
    origin, _ = lax.while_loop(lambda state: state[1], _chased, (source, jnp.bool_(True)))
    by_target, order = lax.sort((target, step), num_keys=1, is_stable=True)
    earlier = jnp.roll(order, 1)  # the last earlier step, where it has the same target
    taken = jnp.where(by_target == jnp.roll(by_target, 1).at[0].set(-1), origin[earlier], by_target)
    return jnp.zeros(n, jnp.int32).at[order].set(taken, unique_indices=True)


def _chased(state):
    source, _ = state
    further = source[source]
    return further, jnp.any(further != source)


def _after_outputs(stream: Stream, n: int) -> Stream:
    return skip(stream, SAMPLES_PER_OUTPUT * n)
