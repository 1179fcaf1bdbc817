"""A program that is called again finds the memory that its last call freed."""

import os
import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.skipif("CS_GNU_LIBC_VERSION" not in os.confstr_names, reason="this is glibc's way")

FAULTS = textwrap.dedent(
    """
    import resource
    import jax.numpy as jnp, numpy as np
    from jax import lax
    from funcfit.compile import jit

    def large(x):
        first = lax.optimization_barrier(jnp.outer(x, x))  # 10,000 pages
        return first @ x

    def missing(calls):
        global x
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(calls):
            x = program(x) * 1e-4
        x.block_until_ready()
        return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / calls

    program, x = jit(large), np.ones(3200, np.float32)
    missing(40)
    print(min(missing(10) for _ in range(6)))  # blocks settle in the first hundred calls
    """
)


def pages_missing_in_a_call(**settings):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MALLOC_", "GLIBC_"))} | settings
    ran = subprocess.run([sys.executable, "-c", FAULTS], env=environment, check=True, capture_output=True, text=True)
    return float(ran.stdout)


def test_the_pages_of_temporary_memory_are_kept_for_the_next_call():
    # Not in each process: a thread of XLA's that has had a heap of its own before keeps it.
    assert min(pages_missing_in_a_call() for _ in range(4)) < 2_000


def test_settings_of_malloc_in_the_environment_stay_as_they_are():
    assert pages_missing_in_a_call(MALLOC_TRIM_THRESHOLD_="0") > 5_000
