"""TensorFlow's samplers that draw until something fits: gamma, Poisson, and the normal between two bounds.

Each takes a stream (philox.py) and returns (values, the stream as TF's CPU kernel leaves it). Gamma and Poisson compute
in float64 whatever the result's type, as TF does, and give each output 256 blocks of its own: threads do not matter.
TensorFlow's core/kernels/random_op.cc, random_poisson_op.cc and parameterized_truncated_normal_op.cc.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Float64, Int32, Shaped, UInt32

from .box_muller import normal64
from .philox import Stream, Word, block, skip, unit_float16, unit_float32, unit_float64
from .samplers import SAMPLES_PER_OUTPUT, Shape

Parameter = Float[ArrayLike, ""] | Float[ArrayLike, "1"] | Float[ArrayLike, "batches"]


def gamma(stream: Stream, shape: Shape, alpha: Float[ArrayLike, "*entries"]) -> tuple[Float[Array, "..."], Stream]:
    """`shape` draws from Gamma(alpha, 1) for each entry of alpha: [*shape, *alpha.shape], of alpha's dtype.

    Marsaglia and Tsang 2000, "A simple method for generating gamma variables".
    """
    alpha = jnp.asarray(alpha)
    count = int(math.prod(shape))
    with jax.enable_x64(True):
        output, a = _outputs(alpha, count)
        small = a < 1
        d = a + jnp.where(small, 2 / 3, -1 / 3)
        c = 1 / 3 / jnp.sqrt(d)
        nothing = jnp.zeros(a.shape)

        def attempted(state):
            done, blocks, normals_left, spare_normal, uniforms_left, spare_uniform, _ = state
            # Pairs are used last one first.
            w = _own_block(stream, output, blocks)
            x = jnp.where(normals_left, spare_normal, normal64(*w, odd=True))
            spare_normal = normal64(*w, odd=False)
            blocks = blocks + ~normals_left
            v = 1 + c * x
            positive = v > 0
            v = v * v * v
            u, further = _last_uniform(stream, output, blocks, uniforms_left, spare_uniform)
            squeezed = u < 1 - 0.0331 * (x * x) * (x * x)
            fits = positive & (squeezed | (jnp.log(u) < 0.5 * x * x + d * (1 - v + jnp.log(v))))
            uniform_state = (blocks, uniforms_left, spare_uniform)
            blocks, uniforms_left, spare_uniform = _where(positive, further, uniform_state)
            attempt = (done | fits, blocks, ~normals_left, spare_normal, uniforms_left, spare_uniform, d * v)
            return _where(done, state, attempt)

        start = (a == 1, jnp.zeros(a.shape, jnp.uint32), a != a, nothing, a != a, nothing, nothing)
        ended = lax.while_loop(lambda state: ~jnp.all(state[0]), attempted, start)
        _, blocks, _, _, uniforms_left, spare_uniform, value = ended
        u, _ = _last_uniform(stream, output, blocks, uniforms_left, spare_uniform)
        value = jnp.where(small, value * jnp.power(u, 1 / a), jnp.where(a == 1, -jnp.log(1 - u), value))
        return _sampled(value, shape, alpha), skip(stream, SAMPLES_PER_OUTPUT * count * alpha.size)


def poisson(stream: Stream, shape: Shape, rate: Float[ArrayLike, "*entries"]) -> tuple[Float[Array, "..."], Stream]:
    """`shape` draws from Poisson(rate) for each entry of rate: [*shape, *rate.shape], of rate's dtype.

    A rate that is not finite gives NaN, where TF's kernel never returns. These are the draws of TF 1.5 to 1.15; 1.1
    computed float32 and float16 in their own precision and so drew other numbers.
    Below 10 Knuth's product of uniforms, above it Hörmann 1993, "The transformed rejection method for generating
    Poisson random variables".
    """
    rate = jnp.asarray(rate)
    count = int(math.prod(shape))
    with jax.enable_x64(True):
        output, mean = _outputs(rate, count)
        highest = float(jnp.finfo(rate.dtype).max)
        knuth = mean < 10
        enough = jnp.exp(-mean)
        b = 0.931 + 2.53 * jnp.sqrt(mean)
        a = -0.059 + 0.02483 * b
        inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)

        def attempted(state):
            """Two factors of Knuth's product, or one of Hörmann's pairs: a block each."""
            done, blocks, product, value = state
            w0, w1, w2, w3 = _own_block(stream, output, blocks)
            u, v = unit_float64(w2, w3), unit_float64(w0, w1)
            once, twice = product * u, product * u * v

            shifted = 0.5 - jnp.abs(u - 0.5)
            k = jnp.floor((2 * a / shifted + b) * (u - 0.5) + mean + 0.43)
            inside = (shifted >= 0.07) & (v <= 0.9277 - 3.6224 / (b - 2))
            s = jnp.log(v * inverse_alpha / (a / (shifted * shifted) + b))
            below = s <= -mean + k * jnp.log(mean) - lax.lgamma(k + 1)
            hopeless = (k < 0) | (shifted < 0.013) & (v > shifted)
            fits = (k <= highest) & (inside | ~hopeless & below)

            counted = jnp.where(once <= enough, value, value + 1)
            value = jnp.where(done, value, jnp.where(knuth, jnp.where(twice <= enough, counted, value + 2), k))
            done = done | jnp.where(knuth, twice <= enough, fits)
            return done, blocks + np.uint32(1), twice, value

        strange = ~jnp.isfinite(mean)
        start = (strange, jnp.uint32(0), jnp.ones(mean.shape), jnp.where(strange, jnp.nan, 0.0))
        value = lax.while_loop(lambda state: ~jnp.all(state[0]), attempted, start)[3]
        return _sampled(value, shape, rate), skip(stream, SAMPLES_PER_OUTPUT * count * rate.size)


def parameterized_truncated_normal(
    stream: Stream, shape: Shape, means: Parameter, stddevs: Parameter, minvals: Parameter, maxvals: Parameter
) -> tuple[Float[Array, "*shape"], Stream]:
    """Normal numbers with given means and deviations between given bounds, each a scalar or a value for each of the
    shape[0] batches, all of the dtype of the result.

    The batches share one stretch of the stream, each taking up where the one before it stopped, as TF 1.1's kernel does
    on one thread; on several threads its numbers depend on which thread got which batches.
    Robert 1995, "Simulation of truncated normal variables".
    """
    means, stddevs, minvals, maxvals = (jnp.asarray(x) for x in (means, stddevs, minvals, maxvals))
    dtype, n = means.dtype, int(math.prod(shape))
    alike = means.size == stddevs.size == 1 and minvals.ndim == maxvals.ndim == 0
    batches, length = (-(-n // 100), 100) if alike else (int(shape[0]), n // max(int(shape[0]), 1))
    size = 2 if dtype == np.float64 else 4  # fractions in a block
    means, stddevs, minvals, maxvals = (x.ravel() for x in (means, stddevs, minvals, maxvals))

    # Where only one bound is finite it becomes the lower one; two on one side of the mean become positive.
    mirrored = jnp.isinf(minvals) & (minvals < 0) | (maxvals < means)
    minvals, maxvals = jnp.where(mirrored, maxvals, minvals), jnp.where(mirrored, minvals, maxvals)
    stddevs = jnp.where(mirrored, -stddevs, stddevs)
    low, high = (minvals - means) / stddevs, (maxvals - means) / stddevs
    root = jnp.sqrt(low * low + 4)
    narrow = high - low < 2 * jnp.exp(0.5 + low * (low - root) / 4) / (low + root)
    excess = jnp.where(low < 0, 0, low * low)
    slope = (low + root) / 2

    def attempted(state):
        batch, taken, failures, blocks, values = state
        b_low, b_high, b_excess, b_slope = (_of_batch(x, batch) for x in (low, high, excess, slope))
        r, u = (_fractions(block(stream, blocks + np.uint32(i)), dtype) for i in (0, 1))
        # Within a narrow interval: candidates uniform over it, from one block, against the next block's fractions.
        flat = r * (b_high - b_low) + b_low
        flat_fits = u <= jnp.exp((b_excess - flat * flat) / 2)
        # Else candidates fall off exponentially from the lower bound; a block has candidates and fractions by turns.
        with jax.enable_x64(True):
            logs = jnp.log(r[::2].astype(jnp.float64)).astype(dtype)
        steep = -logs / b_slope + b_low
        x = jnp.where(b_low < b_slope, b_slope - steep, b_low - b_slope)
        steep_fits = (r[1::2] <= jnp.exp(-x * x / 2)) & (steep < b_high)

        b_narrow = _of_batch(narrow, batch)
        end = jnp.minimum((batch + 1) * length, n)
        for i in range(size):
            z, fits = jnp.where(b_narrow, flat[i], steep[i // 2]), jnp.where(b_narrow, flat_fits[i], steep_fits[i // 2])
            offered = (taken < end) & (b_narrow | (i % 2 == 0))
            fits = offered & (fits | (failures >= 99))
            value = z * _of_batch(stddevs, batch) + _of_batch(means, batch)
            values = values.at[jnp.where(fits, taken, n)].set(value, mode="drop")
            taken = taken + fits
            failures = jnp.where(fits, 0, failures + offered)
        full = taken >= end
        blocks = blocks + jnp.where(b_narrow, np.uint32(2), np.uint32(1))
        return batch + full, taken, jnp.where(full, 0, failures), blocks, values

    start = jnp.int32(0), jnp.int32(0), jnp.int32(0), jnp.uint32(0), jnp.zeros(n, dtype)
    values = lax.while_loop(lambda state: state[1] < n, attempted, start)[-1]
    return values.reshape(shape), skip(stream, batches * 2 * 100 * (length + 3) // 4)


def _of_batch(x: Shaped[Array, "..."], batch: Int32[Array, ""]) -> Shaped[Array, ""]:
    return x[0] if x.size == 1 else x[batch]


def _fractions(words: tuple[Word, ...], dtype: np.dtype) -> Float[Array, "size"]:
    """The unit fractions of a block, in the order in which TF deals them."""
    if dtype == np.float64:
        return jnp.stack([unit_float64(*words[:2]), unit_float64(*words[2:])])
    return unit_float32(jnp.stack(words)) if dtype == np.float32 else unit_float16(jnp.stack(words), dtype)


def _outputs(
    parameter: Float[Array, "..."], count: int
) -> tuple[UInt32[Array, "entries count"], Float64[Array, "entries count"]]:
    """Each output's number and parameter, as float64, [entries of the parameter, count]."""
    output = lax.iota(jnp.uint32, parameter.size * count).reshape(parameter.size, count)
    return output, jnp.broadcast_to(parameter.reshape(-1, 1).astype(jnp.float64), output.shape)


def _own_block(stream: Stream, output: Word, blocks: UInt32[Array, "..."]) -> tuple[Word, ...]:
    """Block number `blocks` of each output's 256."""
    return block(stream, (output << 8) + blocks, output >> 24)


def _last_uniform(stream, output, blocks, left, spare):
    """The next uniform of each output, and what is left then: (blocks, whether there is a spare one, the spare one)."""
    w0, w1, w2, w3 = _own_block(stream, output, blocks)
    return jnp.where(left, spare, unit_float64(w2, w3)), (blocks + ~left, ~left, unit_float64(w0, w1))


def _where(condition, these, those):
    return tuple(jnp.where(condition, this, that) for this, that in zip(these, those))


def _sampled(
    values: Float64[Array, "entries count"], shape: Shape, parameter: Float[Array, "..."]
) -> Float[Array, "..."]:
    """The outputs as [*shape, *parameter.shape], of the parameter's dtype."""
    outputs = values.T.reshape(*shape, *parameter.shape)
    if parameter.dtype.itemsize == 2:
        outputs = outputs.astype(jnp.float32)  # TF narrows in two steps
    return outputs.astype(parameter.dtype)
