"""host_draws.py: what NumPy draws is what the compiled samplers draw, and the streams go on alike."""

import jax
import numpy as np
import pytest

from funcfit.kernels import host_draws, samplers
from funcfit.kernels.philox import new_stream

STREAMS = {
    "plain": new_stream(42, 7, entropy=lambda: 0),
    "about to carry": np.array([1, 2, 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFF, 3], np.uint32),
}
DRAWS = {
    "uniform float32": ("uniform", (np.float32,), 0),
    "uniform float64": ("uniform", (np.float64,), 0),
    "uniform float16": ("uniform", (np.float16,), 0),
    "whole numbers": ("uniform_int", (-3, 1000, np.int32), 0),
    "long whole numbers": ("uniform_int", (-3, 10**12, np.int64), 0),
    "normal float32": ("standard_normal", (np.float32,), 1),
    "normal float64": ("standard_normal", (np.float64,), 4),
    "normal float16": ("standard_normal", (np.float16,), 1),
    "truncated float32": ("truncated_normal", (np.float32,), 1),
    "truncated float64": ("truncated_normal", (np.float64,), 4),
}


@pytest.mark.parametrize("shape", [(), (0,), (3,), (5, 7), (40_001,)], ids=str)
@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("draw", DRAWS)
def test_numpy_draws_what_the_compiled_sampler_draws(draw, stream, shape):
    name, arguments, ulp = DRAWS[draw]
    values, after = getattr(host_draws, name)(STREAMS[stream], shape, *arguments)
    with jax.enable_x64(True):
        expected, left = getattr(samplers, name)(STREAMS[stream], shape, *arguments)
    assert isinstance(values, np.ndarray) and values.dtype == expected.dtype and values.shape == shape
    np.testing.assert_array_equal(after, left)
    if ulp:
        np.testing.assert_array_max_ulp(values, np.asarray(expected), ulp)
    else:
        np.testing.assert_array_equal(values, expected)
