#!/usr/bin/env python3
"""Times the kernels of convolution and pooling beside the formulation that XLA has of its own, in turns.

    python scripts/bench_convolutions.py [--cases dw2,max_pool_gradient] [--rounds 15]

The shapes are those of a network on 28x28 images in batches of 128: 5x5 filters to 32 and 64 channels, 3x3 filters for
each of 32 channels by itself, pooling by 2x2, and by 3x3 in strides of two. Prints medians of wall and processor
milliseconds, and the median of the ratio turn by turn. On a machine that others use, the processor's time is the
steadier of the two.
"""

import argparse
import functools
import resource

import jax
import jax.numpy as jnp
import numpy as np
from bench.choices import some_of
from bench.turns import in_turns, seconds
from jax import lax

from funcfit.heap import keep_freed
from funcfit.kernels import conv, pool

ONES = (1, 1)
IMAGES1, FILTER1, OUT1 = (128, 28, 28, 1), (5, 5, 1, 32), (128, 28, 28, 32)
IMAGES2, FILTER2, OUT2 = (128, 14, 14, 32), (5, 5, 32, 64), (128, 14, 14, 64)
EACH = (3, 3, 32, 1)


def plain(x, filter):
    return lax.conv_general_dilated(x, filter, ONES, "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def plain_dx(shape, filter, dy):
    return jax.linear_transpose(lambda x: plain(x, filter), jax.ShapeDtypeStruct(shape, dy.dtype))(dy)[0]


def plain_dw(shape, x, dy):
    return jax.linear_transpose(lambda filter: plain(x, filter), jax.ShapeDtypeStruct(shape, dy.dtype))(dy)[0]


def reduced_max(window, strides, x):
    return lax.reduce_window(x, np.float32(-np.inf), lax.max, window, strides, "SAME")


def reduced_mean(window, strides, x):
    sums = lambda x: lax.reduce_window(x, np.float32(0), lax.add, window, strides, "SAME")
    return sums(x) / sums(jnp.ones((1, *x.shape[1:3], 1)))


def pulled(pooled, x, dy):
    return jax.vjp(pooled, x)[1](dy)[0]


def filter_gradient(shape, x, dy):
    return conv.convolution_filter_gradient(x, shape, dy, ONES, "SAME", ONES)


def input_gradient(shape, filter, dy):
    return conv.convolution_input_gradient(shape, filter, dy, ONES, "SAME", ONES)


def convolved(x, filter):
    return conv.convolution(x, filter, ONES, "SAME", ONES)


def pooling(window, strides):
    """Cases of pooling: (XLA's own, ours, shapes of the arguments)."""
    window, strides = (1, window, window, 1), (1, strides, strides, 1)
    how = (window, strides, "SAME")
    highest, mean = (functools.partial(by, window, strides) for by in (reduced_max, reduced_mean))
    pooled = jax.eval_shape(highest, jax.ShapeDtypeStruct(OUT1, np.float32)).shape
    yield "max_pool", (highest, lambda x: pool.max_pool(x, *how), (OUT1,))
    yield "avg_pool", (mean, lambda x: pool.avg_pool(x, *how), (OUT1,))
    ours = lambda x, dy: pool.max_pool_gradient(x, dy, *how)
    yield "max_pool_gradient", (functools.partial(pulled, highest), ours, (OUT1, pooled))
    ours = lambda x, dy: pool.avg_pool_gradient(x.shape, dy, *how)
    yield "avg_pool_gradient", (functools.partial(pulled, mean), ours, (OUT1, pooled))


def conv2(x, filter, dy):
    """The second layer's convolution and both gradients, as a step has them."""
    return convolved(x, filter), input_gradient(IMAGES2, filter, dy), filter_gradient(FILTER2, x, dy)


def plain_conv2(x, filter, dy):
    return plain(x, filter), plain_dx(IMAGES2, filter, dy), plain_dw(FILTER2, x, dy)


def grouped(x, filter):
    """A depthwise convolution as XLA has it."""
    *window, channels, multiplier = filter.shape
    spread, axes = filter.reshape(*window, 1, channels * multiplier), ("NHWC", "HWIO", "NHWC")
    return lax.conv_general_dilated(x, spread, ONES, "SAME", dimension_numbers=axes, feature_group_count=channels)


def depthwise():
    """Cases of depthwise convolutions: (XLA's own, ours, shapes of the arguments)."""
    how = (ONES, "SAME", ONES)
    x, filter = (jax.ShapeDtypeStruct(shape, np.float32) for shape in (OUT1, EACH))
    plain_dx = lambda filter, dy: jax.linear_transpose(lambda x: grouped(x, filter), x)(dy)[0]
    plain_dw = lambda x, dy: jax.linear_transpose(lambda filter: grouped(x, filter), filter)(dy)[0]
    dx = lambda filter, dy: conv.depthwise_input_gradient(OUT1, filter, dy, *how)
    dw = lambda x, dy: conv.depthwise_filter_gradient(x, EACH, dy, *how)
    yield "depthwise", (grouped, lambda x, filter: conv.depthwise_convolution(x, filter, *how), (OUT1, EACH))
    yield "depthwise_dx", (plain_dx, dx, (EACH, OUT1))
    yield "depthwise_dw", (plain_dw, dw, (OUT1, OUT1))


CASES = {  # name: (XLA's own, ours, shapes of the arguments)
    "fwd1": (plain, convolved, (IMAGES1, FILTER1)),
    "fwd2": (plain, convolved, (IMAGES2, FILTER2)),
    "dx2": (functools.partial(plain_dx, IMAGES2), functools.partial(input_gradient, IMAGES2), (FILTER2, OUT2)),
    "dw1": (functools.partial(plain_dw, FILTER1), functools.partial(filter_gradient, FILTER1), (IMAGES1, OUT1)),
    "dw2": (functools.partial(plain_dw, FILTER2), functools.partial(filter_gradient, FILTER2), (IMAGES2, OUT2)),
    "all2": (plain_conv2, conv2, (IMAGES2, FILTER2, OUT2)),
    **dict(depthwise()),
    **dict(pooling(2, 2)),
    **{f"{name}_3x3": case for name, case in pooling(3, 2)},
}


def timed(args, function):
    """(wall, processor) milliseconds."""
    used = lambda: sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    busy = used()
    wall = seconds(lambda: jax.block_until_ready(function(*args)))
    return wall * 1e3, (used() - busy) * 1e3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=some_of(CASES), default=list(CASES))
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    keep_freed()
    print(f"jax {jax.__version__}, {jax.devices()[0].device_kind}; milliseconds, wall (processor)")
    print(f"{'case':23}{'XLA':>16}{'funcfit':>16}{'ratio':>8}{'of processor time':>20}")
    for name in options.cases:
        *functions, shapes = CASES[name]
        rng = np.random.default_rng(0)
        args = [jax.device_put(rng.standard_normal(shape).astype(np.float32)) for shape in shapes]
        functions = [jax.jit(function) for function in functions]
        results = [function(*args) for function in functions]
        for expected, got in zip(*map(jax.tree.leaves, results), strict=True):
            np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
        taken = in_turns(dict(enumerate(functions)), options.rounds, functools.partial(timed, args))
        times = np.stack(list(taken.values()), 1)  # by round, function and clock
        row = "".join(f"{wall:8.1f} {f'({busy:.1f})':>7}" for wall, busy in np.median(times, axis=0))
        ratios = np.median(times[:, 1] / np.maximum(times[:, 0], 1e-3), axis=0)
        print(f"{name:23}{row}{ratios[0]:8.2f}{ratios[1]:20.2f}", flush=True)


if __name__ == "__main__":
    main()
