"""Operations of traced programs, against what XLA counts and what a formula says."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from funcfit.train.work import work

X = jnp.ones((8, 16, 16, 3))


def convolution(x, w):
    return jax.lax.conv_general_dilated(x, w, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))


@pytest.mark.parametrize(
    ("fn", "args"),
    [
        (lambda x, w: jnp.tanh(x @ w), (jnp.ones((64, 32)), jnp.ones((32, 48)))),
        (lambda x, w: jnp.einsum("bij,bjk->bik", x, w), (jnp.ones((4, 8, 16)), jnp.ones((4, 16, 5)))),
        (convolution, (X, jnp.ones((3, 3, 3, 7)))),
        (jax.grad(lambda x, w: (jax.nn.relu(x @ w) ** 2).sum(), argnums=1), (jnp.ones((64, 32)), jnp.ones((32, 48)))),
    ],
    ids=["product", "batched", "convolution", "gradient"],
)
def test_operations_are_those_that_xla_counts(fn, args):
    xla = jax.jit(fn).lower(*args).compile().cost_analysis()["flops"]
    np.testing.assert_allclose(work(jax.make_jaxpr(fn)(*args)).flops.total(), xla, rtol=0.1)


def test_turns_of_loops_are_counted_and_the_dearer_branch_is_taken():
    def product(x):
        return x @ x

    def fn(x):
        x = jax.lax.fori_loop(0, 3, lambda i, x: jax.lax.scan(lambda x, _: (x @ x, None), x, None, length=4)[0], x)
        return jax.lax.cond(x.sum() > 0, product, jnp.tanh, x)

    traced = jax.make_jaxpr(fn)(jnp.ones((20, 20)))
    np.testing.assert_allclose(work(traced).flops.total(), (3 * 4 + 1) * 2 * 20**3, rtol=0.05)
    np.testing.assert_allclose(work(traced).bytes / work(traced).bytes_once, (3 * 4 + 1) / (1 + 1), rtol=0.15)


def test_the_dtype_is_that_of_most_operations():
    traced = jax.make_jaxpr(lambda x: (x.astype(jnp.bfloat16) @ jnp.ones((32, 32), jnp.bfloat16)).astype(x.dtype) + x)
    assert work(traced(jnp.ones((32, 32)))).dtype == "bfloat16"


def test_random_numbers_do_not_make_it_a_program_of_integers():
    done = work(jax.make_jaxpr(lambda key: jax.random.normal(key, (99,)) * 2)(jax.random.key(0)))
    assert done.dtype == "float32"
