"""compile.py: what is cut out of a traced program is what its outputs need, and no more."""

import math

import jax
import jax.numpy as jnp
import numpy as np

from funcfit.compile import evaluate, halves, touched, without


def test_a_program_in_halves_computes_everything_once():
    def whole(w, x):
        shared = jnp.sin(x)
        return w @ w, shared.sum(), x > 0, jnp.where(shared > 0, shared, 1.0).sum()

    arguments = np.eye(3), np.linspace(-1, 1, 4)
    program = jax.jit(whole).trace(*arguments).jaxpr
    one, other = halves(program, 2)
    positive, total, *handed = evaluate(one, arguments)
    square, shared = evaluate(other, [*arguments, *handed])
    for ours, reference in zip((square, shared, positive, total), whole(*arguments)):
        np.testing.assert_allclose(ours, reference, rtol=1e-6)
    assert "sin" in str(one) and "sin" not in str(other) and "dot_general" not in str(one)
    assert touched(program) == math.inf and touched(one) < 40


def test_arguments_that_are_not_used_can_be_left_out():
    program = jax.make_jaxpr(lambda w, x: x > 0)(np.eye(3), np.ones(4))
    assert evaluate(without(program, 1), [np.ones(4)])[0].all()
    assert without(program, 2) is None


def test_a_matrix_product_in_a_branch_counts_as_heavy():
    program = jax.jit(lambda x: jax.lax.cond(x[0] > 1, lambda: x @ x, lambda: x[0])).trace(np.ones(4)).jaxpr
    assert touched(program) == math.inf
