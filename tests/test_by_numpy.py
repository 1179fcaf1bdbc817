"""What NumPy works out is what XLA computes; what it cannot is left to XLA."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from funcfit.by_numpy import is_quick, worked_out

X = np.array([[0.5, -1.5, 2.0, 0.0], [-0.0, 2.5, -3.0, 1.0], [np.nan, np.inf, -np.inf, 1e-20]], np.float32)
Y = np.array([[1.0, -2.0, 0.5, 4.0], [3.5, 0.25, -1.0, 2.0], [0.0, 1.0, -1.0, 7.0]], np.float32)
N = np.array([[3, -4, 5, 0], [2**31 - 1, -(2**31), 7, 1], [0, 1, 2, 3]], np.int32)

QUICK = {
    "arithmetic": lambda x, y, n: (x + y, x - y, x * y, x / y, -x, n + n, n * n, n - 7, -n),
    "functions": lambda x, y, n: [f(y) for f in (jnp.exp, jnp.log, jnp.sin, jnp.cos, jnp.tan, jnp.tanh, jnp.sqrt)],
    "more functions": lambda x, y, n: [f(y) for f in (jnp.log1p, jnp.expm1, lax.rsqrt, jax.nn.sigmoid, jnp.square)],
    "rounding": lambda x, y, n: (jnp.floor(x), jnp.ceil(x), jnp.round(x), jnp.sign(x), jnp.abs(x)),
    "extremes": lambda x, y, n: (jnp.maximum(x, y), jnp.minimum(x, y), x.max(1), x.min(0), x.argmax(1), x.argmin()),
    "comparisons": lambda x, y, n: (x > y, x >= y, x < y, x <= y, x == x, x != x, jnp.isfinite(x), n > 2),
    "logic": lambda x, y, n: (~(x > 0), (x > 0) & (y > 0), (x > 0) | (y > 0), n & 3, n | 3, n ^ 3, (x > 0).all(1)),
    "sums": lambda x, y, n: (y.sum(), x.sum(0), n.sum(1), y.prod(0), (y > 0).any(0), y.mean(1)),
    "products": lambda x, y, n: (
        y @ y.T,
        n @ n.T,
        jnp.einsum("bi,bj->bij", y, y),
        jnp.einsum("bij,bjk->bik", *2 * [y[:, None] * y[..., None]]),
    ),
    "forms": lambda x, y, n: (
        x.reshape(12),
        x.T,
        x[None],
        x[:, 1:4:2],
        x[:1].squeeze(0),
        jnp.flip(x, 1),
        lax.rev(n, (0,)),
    ),
    "parts": lambda x, y, n: (jnp.concatenate([x, y], 1), jnp.stack([x, y], 1), *jnp.split(x, [1, 3], 1)),
    "choices": lambda x, y, n: (jnp.where(x > y, x, y), jax.nn.relu(x), jnp.where(n > 2, n, 0), jax.nn.softmax(y)),
    "counts": lambda x, y, n: (jnp.arange(4) + n, lax.broadcasted_iota(jnp.int32, (3, 4), 1)),
    "conversions": lambda x, y, n: (
        n.astype("f4"),
        n.astype("i1"),
        (x > 0).astype("f4"),
        n.astype(bool),
        x.astype(bool),
    ),
    "powers": lambda x, y, n: (y**2, y**3, lax.integer_pow(n, 2)),
}
LEFT = {
    "an integer's division": lambda x, y, n: lax.div(n, n),
    "a float as an integer": lambda x, y, n: x.astype("i4"),
    "half precision": lambda x, y, n: x.astype("bfloat16") * 2,
    "half precision as an integer": lambda x, y, n: jnp.bfloat16(x[2, 1]).astype("i4"),
    "bits that are all set": lambda x, y, n: lax.reduce_and(n, (1,)),
    "bits of which some are set": lambda x, y, n: lax.reduce_or(n, (1,)),
    "a sum of much": lambda x, y, n: jnp.sum(jnp.zeros((300, 300))),
    "a negative power": lambda x, y, n: lax.integer_pow(x, -2),
    "rounding away from zero": lambda x, y, n: lax.round(x),
    "a gather": lambda x, y, n: x[n[:, 0] % 3],
    "a loop": lambda x, y, n: lax.fori_loop(0, 3, lambda i, x: x + 1, x),
    "much": lambda x, y, n: jnp.zeros((300, 300)) + x[0, 0],
    "a large product": lambda x, y, n: jnp.ones((50, 50)) @ (jnp.ones((50, 50)) * x[0, 0]),
}


@pytest.mark.parametrize("name", QUICK)
def test_numpy_gives_what_xla_gives(name):
    program, shapes = jax.make_jaxpr(QUICK[name], return_shape=True)(X, Y, N)
    assert is_quick(program)
    compiled = jax.tree.leaves(jax.jit(QUICK[name])(X, Y, N))
    for ours, theirs, shape in zip(worked_out(program, (X, Y, N)), compiled, jax.tree.leaves(shapes), strict=True):
        assert (ours.dtype, ours.shape) == (shape.dtype, shape.shape)
        np.testing.assert_allclose(ours, theirs, rtol=3e-6, atol=1e-6)


@pytest.mark.parametrize("name", LEFT)
def test_what_numpy_does_otherwise_is_left_to_xla(name):
    assert not is_quick(jax.make_jaxpr(LEFT[name])(X, Y, N))
