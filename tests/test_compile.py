"""compile.py: what is cut out of a traced program is what its outputs need, and no more."""

import math

import jax
import jax.numpy as jnp
import numpy as np

from funcfit.compile import evaluate, part, touched


def test_a_part_of_a_program_gives_the_outputs_asked_for():
    program = jax.jit(lambda w, x: (w @ w, x > 0, jnp.where(x > 0, x, 1.0).sum())).trace(np.eye(3), np.ones(4)).jaxpr
    positive, total = evaluate(part(program, [1, 2]), [np.eye(3), np.ones(4)])
    assert positive.all() and total == 4


def test_what_a_part_touches_leaves_out_the_rest_of_the_program():
    program = jax.jit(lambda w, x: (w @ w, x > 0)).trace(np.eye(3), np.ones(4)).jaxpr
    assert touched(program) == math.inf and touched(part(program, [1])) == 4


def test_a_matrix_product_in_a_branch_counts_as_heavy():
    program = jax.jit(lambda x: jax.lax.cond(x[0] > 1, lambda: x @ x, lambda: x[0])).trace(np.ones(4)).jaxpr
    assert touched(program) == math.inf
