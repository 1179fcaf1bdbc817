"""Milliseconds to trace, compile and draw TensorFlow's random streams: `python scripts/bench_random.py`."""

import time

import jax
import jax.numpy as jnp
import numpy as np

from funcfit.kernels import candidates, host_draws, rejection, samplers
from funcfit.kernels.philox import new_stream

LOGITS = jnp.zeros((64, 100))
CASES = {
    "uniform [1000, 1000]": lambda s: samplers.uniform(s, (1000, 1000)),
    "uniform [1000003]": lambda s: samplers.uniform(s, (1000003,)),  # odd sizes are not split over threads
    "uniform_int [1000, 1000]": lambda s: samplers.uniform_int(s, (1000, 1000), 0, 10),
    "standard_normal [1000, 1000]": lambda s: samplers.standard_normal(s, (1000, 1000)),
    "truncated_normal [1000, 1000]": lambda s: samplers.truncated_normal(s, (1000, 1000)),
    "truncated_normal [784, 256]": lambda s: samplers.truncated_normal(s, (784, 256)),
    "shuffle [60000]": lambda s: samplers.shuffle(s, jnp.arange(60000)),
    "gamma [10000]": lambda s: rejection.gamma(s, (10000,), 2.5),
    "poisson [10000]": lambda s: rejection.poisson(s, (10000,), 4.0),
    "multinomial [64, 100] x 10": lambda s: candidates.multinomial(s, LOGITS, 10, jnp.int32),
    "64 of 50000 log-uniform classes": lambda s: candidates.candidate_sample(
        s, candidates.log_uniform_classes(50000), jnp.zeros((128, 1), jnp.int32), 64, unique=True
    ),
}


BY_NUMPY = {
    "uniform [1000, 1000]": lambda s: host_draws.uniform(s, (1000, 1000), np.float32),
    "standard_normal [1000, 1000]": lambda s: host_draws.standard_normal(s, (1000, 1000), np.float32),
    "truncated_normal [1000, 1000]": lambda s: host_draws.truncated_normal(s, (1000, 1000), np.float32),
    "truncated_normal [784, 256]": lambda s: host_draws.truncated_normal(s, (784, 256), np.float32),
}


def milliseconds(work):
    start = time.perf_counter()
    result = work()
    return result, 1e3 * (time.perf_counter() - start)


if __name__ == "__main__":
    stream = jnp.asarray(new_stream(1, 2, entropy=None))
    print(f"{'':32}{'trace':>8}{'compile':>8}{'draw':>8}")
    for name, draw in CASES.items():
        lowered, trace = milliseconds(lambda draw=draw: jax.jit(draw).lower(stream))
        compiled, compilation = milliseconds(lowered.compile)
        draws = [milliseconds(lambda compiled=compiled: jax.block_until_ready(compiled(stream)))[1] for _ in range(10)]
        print(f"{name:32}{trace:8.0f}{compilation:8.0f}{min(draws):8.2f}")
    print("by NumPy")
    for name, draw in BY_NUMPY.items():
        draws = [milliseconds(lambda draw=draw: draw(np.asarray(stream)))[1] for _ in range(10)]
        print(f"{name:32}{0:8.0f}{0:8.0f}{min(draws):8.2f}")
