"""Dilation against NumPy, its gradients against JAX's where no two sums are equal."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from funcfit.kernels import morphology
from funcfit.kernels.windows import all_margins

dilation = jax.jit(morphology.dilation, static_argnums=(2, 3, 4))
dilation_gradients = jax.jit(morphology.dilation_gradients, static_argnums=(3, 4, 5))


def numpys(x, filter, strides, padding, rates):
    height, width = filter.shape[:2]
    edges = all_margins(x.shape, (1, height, width, 1), strides, padding, rates)
    x = np.pad(x, edges, constant_values=-np.inf)
    reach = [(n - 1) * r + 1 for n, r in zip((height, width), rates[1:3])]
    rows = range(0, x.shape[1] - reach[0] + 1, strides[1])
    columns = range(0, x.shape[2] - reach[1] + 1, strides[2])
    return np.stack(
        [
            np.stack(
                [
                    (x[:, i : i + reach[0] : rates[1], j : j + reach[1] : rates[2]] + filter).max((1, 2))
                    for j in columns
                ],
                1,
            )
            for i in rows
        ],
        1,
    )


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("strides, rates", [((1, 1, 1, 1), (1, 1, 1, 1)), ((1, 2, 1, 1), (1, 1, 2, 1))])
def test_dilation_is_the_largest_sum_and_the_gradient_goes_to_it(padding, strides, rates):
    rng = np.random.default_rng(0)
    x, filter = rng.normal(size=(2, 6, 7, 3)).astype(np.float32), rng.normal(size=(2, 3, 3)).astype(np.float32)
    how = (strides, padding, rates)
    y = dilation(x, filter, *how)
    np.testing.assert_allclose(y, numpys(x, filter, *how), rtol=1e-6)
    dy = jnp.asarray(rng.normal(size=y.shape).astype(np.float32))
    _, pull = jax.vjp(lambda x, filter: dilation(x, filter, *how), x, filter)
    for ours, jaxs in zip(dilation_gradients(x, filter, dy, *how), jax.jit(pull)(dy)):
        np.testing.assert_allclose(ours, jaxs, rtol=1e-5, atol=1e-5)


def test_of_equal_sums_the_first_has_the_gradient():
    x, filter = np.zeros((1, 2, 2, 1), np.float32), np.zeros((2, 2, 1), np.float32)
    dx, dfilter = dilation_gradients(x, filter, jnp.ones((1, 1, 1, 1)), (1,) * 4, "VALID", (1,) * 4)
    assert dx.ravel().tolist() == dfilter.ravel().tolist() == [1, 0, 0, 0]
