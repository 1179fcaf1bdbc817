"""Update formulas: sparse as dense, repeated rows in turn, and the textbook where it says the same."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from funcfit.kernels import optimizers as formulas
from funcfit.kernels.optimizers import on_rows

SCALARS = {
    name: jnp.float32(value)
    for name, value in dict(lr=0.1, decay=0.9, momentum=0.8, epsilon=1e-3, l1=0.01, l2=0.02, power=-0.5).items()
}
LR, DECAY, MOMENTUM, EPSILON, L1, L2, POWER = SCALARS.values()

# formula of (cells, gradient), and what the slots start from
FORMULAS = {
    "gradient_descent": (lambda w, g: formulas.gradient_descent(w, LR, g), []),
    "momentum": (lambda w, a, g: formulas.momentum(w, a, LR, g, MOMENTUM), [0.0]),
    "nesterov": (lambda w, a, g: formulas.momentum(w, a, LR, g, MOMENTUM, nesterov=True), [0.0]),
    "adagrad": (lambda w, a, g: formulas.adagrad(w, a, LR, g), [0.1]),
    "dual_averaging": (
        lambda w, t, s, g: formulas.adagrad_dual_averaging(w, t, s, g, LR, L1, L2, jnp.int32(3)),
        [0.0, 0.1],
    ),
    "adadelta": (lambda w, a, u, g: formulas.adadelta(w, a, u, LR, DECAY, EPSILON, g), [0.0, 0.0]),
    "adam": (lambda w, m, v, g: formulas.adam(w, m, v, DECAY, DECAY, LR, DECAY, DECAY, EPSILON, g), [0.0, 0.0]),
    "rmsprop": (lambda w, s, m, g: formulas.rmsprop(w, s, m, LR, DECAY, MOMENTUM, EPSILON, g), [1.0, 0.0]),
    "centered_rmsprop": (
        lambda w, a, s, m, g: formulas.centered_rmsprop(w, a, s, m, LR, DECAY, MOMENTUM, EPSILON, g),
        [0.0, 1.0, 0.0],
    ),
    "ftrl": (lambda w, a, n, g: formulas.ftrl(w, a, n, g, LR, L1, L2, POWER), [0.1, 0.0]),
    "proximal_gradient_descent": (lambda w, g: formulas.proximal_gradient_descent(w, LR, L1, L2, g), []),
    "proximal_adagrad": (lambda w, a, g: formulas.proximal_adagrad(w, a, LR, L1, L2, g), [0.1]),
}


def cells(starts, dtype=jnp.float32):
    w = jnp.linspace(-1.0, 1.0, 12).reshape(6, 2)
    return [x.astype(dtype) for x in (w, *(jnp.full((6, 2), start) for start in starts))]


every_formula = pytest.mark.parametrize("name", FORMULAS)


@every_formula
def test_rows_without_a_gradient_stay_and_the_others_move_as_all_would(name):
    formula, starts = FORMULAS[name]
    before, rows, grad = cells(starts), jnp.array([4, 1]), jnp.array([[0.5, -1.0], [2.0, 0.0]])
    sparse = jax.jit(on_rows, static_argnums=0)(formula, before, rows, grad)
    dense = formula(*before, jnp.zeros((6, 2)).at[rows].set(grad))
    for old, new, moved in zip(before, sparse, dense):
        np.testing.assert_allclose(new[rows], moved[rows], rtol=1e-6)
        untouched = np.delete(np.arange(6), rows)
        np.testing.assert_array_equal(new[untouched], old[untouched])


@every_formula
@jax.disable_jit()  # the loop over rows in Python: compiling it for every formula takes a minute
def test_a_row_that_comes_twice_is_updated_twice(name):
    formula, starts = FORMULAS[name]
    before, grad = cells(starts), jnp.array([[0.5, -1.0], [2.0, 0.0], [1.0, 1.0]])
    at_once = on_rows(formula, before, jnp.array([2, 5, 2]), grad)
    in_turn = before
    for row, each in zip((2, 5, 2), grad):
        in_turn = on_rows(formula, in_turn, jnp.array([row]), each[None])
    for a, b in zip(at_once, in_turn):
        np.testing.assert_allclose(a, b, rtol=1e-6)


@every_formula
@jax.disable_jit()
def test_rows_past_the_end_and_no_rows_change_nothing(name):
    formula, starts = FORMULAS[name]
    before = cells(starts)
    for rows in (jnp.array([6, 2**31 - 1]), jnp.zeros(0, jnp.int32)):
        for old, new in zip(before, on_rows(formula, before, rows, jnp.ones((len(rows), 2)))):
            np.testing.assert_array_equal(new, old)


@every_formula
def test_half_precision_is_single_rounded_once(name):
    formula, starts = FORMULAS[name]
    half = cells(starts, jnp.float16)
    grad = jnp.linspace(-2.0, 2.0, 12).reshape(6, 2).astype(jnp.float16)
    single = formula(*(x.astype(jnp.float32) for x in half), grad.astype(jnp.float32))
    for a, b in zip(formula(*half, grad), single):
        assert a.dtype == jnp.float16
        np.testing.assert_allclose(a, b, rtol=2e-3, atol=1e-3)


@pytest.mark.parametrize(
    "name, transform",
    [
        ("gradient_descent", optax.sgd(0.1)),
        ("momentum", optax.sgd(0.1, momentum=0.8)),
        ("nesterov", optax.sgd(0.1, momentum=0.8, nesterov=True)),
        ("adagrad", optax.adagrad(0.1, initial_accumulator_value=0.1, eps=0.0)),
        ("adadelta", optax.adadelta(0.1, rho=0.9, eps=1e-3)),
    ],
)
def test_five_steps_go_where_optax_goes(name, transform):
    formula, starts = FORMULAS[name]
    here = cells(starts)
    there, state = here[0], transform.init(here[0])
    for step in range(5):
        grad = jnp.cos(here[0] * (step + 1)) + here[0]
        here = formula(*here, grad)
        updates, state = transform.update(grad, state, there)
        there = optax.apply_updates(there, updates)
    np.testing.assert_allclose(here[0], there, rtol=1e-5)


def test_proximal_steps_stop_at_zero():
    w, grad = jnp.array([0.05, -0.05, 1.0]), jnp.zeros(3)
    (moved,) = formulas.proximal_gradient_descent(w, jnp.float32(1.0), jnp.float32(0.1), jnp.float32(0.0), grad)
    np.testing.assert_allclose(moved, [0.0, 0.0, 0.9], rtol=1e-6)
