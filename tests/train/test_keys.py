"""A key that is drawn from twice is refused, with its lines; programs that are right are not."""

import time

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.errors import KeyReuseError

from funcfit import batches, nn, program
from funcfit.train.keys import check_keys

draw = jax.random.normal


def plainly(key, x):
    return (draw(key, x.shape) * jax.random.bernoulli(key, 0.5, x.shape) * x).sum()


def split_and_again(key, x):
    return draw(jax.random.split(key)[0]) + draw(key) + x.sum()


def one_part_twice(key, x):
    parts = jax.random.split(key)
    return draw(parts[0]) + jax.random.uniform(parts[0]) + x.sum()


def in_compiled_parts(key, x):
    part = jax.jit(lambda key: draw(key))
    return part(key) + part(key) + x.sum()


def in_a_branch_and_after(key, x):
    return jax.lax.cond(x[0] > 0, lambda: draw(key), lambda: 1.0) + draw(key) + x.sum()


def in_rows_and_alone(key, x):
    return jax.vmap(lambda row: row * draw(key))(x).sum() + draw(key)


def every_turn(key, x):
    return jax.lax.scan(lambda total, row: (total + draw(key) * row, None), 0.0, x)[0]


def every_turn_from_the_carry(key, x):
    return jax.lax.fori_loop(0, 3, lambda i, carry: (carry[0] * draw(carry[1], x.shape), carry[1]), (x, key))[0].sum()


@pytest.mark.parametrize("fn", [plainly, split_and_again, one_part_twice, in_compiled_parts, in_a_branch_and_after])
def test_two_draws_from_a_key_are_refused_with_their_lines_in_a_gradient_too(fn):
    for traced in (fn, jax.grad(fn, argnums=1)):
        with pytest.raises(KeyReuseError, match=r"(?s)twice, at \S*test_keys.py.*random.split.*random.clone"):
            check_keys(jax.make_jaxpr(traced)(jax.random.key(0), jnp.ones(3)))


@pytest.mark.parametrize("fn", [in_rows_and_alone, every_turn, every_turn_from_the_carry])
def test_a_loop_that_draws_the_same_every_turn_is_refused(fn):
    with pytest.raises(KeyReuseError, match="twice, at "):
        check_keys(jax.make_jaxpr(fn)(jax.random.key(0), jnp.ones(3)))


def by_index(key, x):
    keys = jax.random.split(key, 4)
    return sum(draw(keys[i], x.shape) for i in range(4)).sum()


def numbers_folded_in(key, x):
    return sum(draw(jax.random.fold_in(key, i)) for i in range(4)) * x.sum()


def rows_with_keys(key, x):
    return jax.vmap(lambda key, x: draw(key) * x)(jax.random.split(key, 3), x).sum()


def layers_computed_again(key, x):
    def layer(x, key):
        return jax.checkpoint(lambda x, key: jnp.sin(x * draw(key, x.shape)))(x, key), None

    return jax.lax.scan(layer, x, jax.random.split(key, 3))[0].sum()


def a_key_that_goes_on(key, x):
    def turn(carry, _):
        x, key = carry
        key, own = jax.random.split(key)
        return (x * draw(own, x.shape), key), None

    return jax.lax.scan(turn, (x, key), None, length=3)[0][0].sum()


def either_branch(key, x):
    return jax.lax.cond(x[0] > 0, lambda: draw(key), lambda: jax.random.uniform(key)) * x.sum()


def the_same_in_the_backward_pass(key, x):
    @jax.custom_vjp
    def noisy(x, key):
        return x * draw(key, x.shape)

    noisy.defvjp(
        lambda x, key: (noisy(x, key), (x, key)),
        lambda kept, dy: (dy * draw(kept[1], dy.shape), None),
    )
    return noisy(x, key).sum()


def chosen(key, x):
    one, other = jax.random.split(key)
    return draw(jnp.where(x[0] > 0, one, other)) * x.sum()


def stacked(key, x):
    keys = jnp.stack(list(jax.random.split(key, 3)))
    return draw(keys[0]) + draw(keys[2]) * x.sum()


def meant(key, x):
    return draw(jax.random.clone(key)) + draw(key) + x.sum()


def in_a_loop_by_number(key, x):
    return jax.lax.fori_loop(0, 3, lambda i, x: x * draw(jax.random.fold_in(key, i), x.shape), x).sum()


def all_of_jaxs_own(key, x):
    keys = iter(jax.random.split(key, 9))
    return (
        jax.random.permutation(next(keys), x)
        + jax.random.choice(next(keys), x)
        + jax.random.gamma(next(keys), 2.0)
        + jax.random.beta(next(keys), 2.0, 3.0)
        + jax.random.dirichlet(next(keys), jnp.ones(3))
        + jax.random.truncated_normal(next(keys), -1.0, 1.0)
        + jax.random.categorical(next(keys), x)
        + jax.random.poisson(next(keys), 2.0)
        + jax.random.t(next(keys), 2.0)
    ).sum()


RIGHT = [by_index, numbers_folded_in, rows_with_keys, layers_computed_again, a_key_that_goes_on, either_branch]
RIGHT += [the_same_in_the_backward_pass, chosen, stacked, meant, in_a_loop_by_number, all_of_jaxs_own]


@pytest.mark.parametrize("fn", RIGHT)
def test_a_program_that_is_right_passes(fn):
    for traced in (fn, jax.grad(fn, argnums=1)):
        check_keys(jax.make_jaxpr(traced)(jax.random.key(0), jnp.ones(3)))


X = np.ones((8, 4), np.float32)


@pytest.mark.parametrize("options", [{}, {"microbatches": 2}, {"precision": "float16"}, {"nonfinite": "skip"}])
def test_dropout_in_layers_trains_and_one_key_for_two_layers_does_not(options):
    net = nn.sequential(nn.dense(5), nn.dropout(0.5), nn.dense(5), nn.dropout(0.5), nn.dense(1))
    params, _ = net.init(jax.random.key(0), (4,))
    right = program(lambda w, x, key: jnp.square(net(w, x, key)).mean(), optax.adam(0.1), batches(X, 4), **options)
    right(right.init(params), 1)

    def twice(w, x, key):
        drop = nn.dropout(0.5)
        return jnp.square(net(w, drop((), drop((), x, key), key))).mean()

    wrong = program(twice, optax.adam(0.1), batches(X, 4), **options)
    with pytest.raises(KeyReuseError, match="twice, at "):
        wrong.compile(wrong.init(params))


def test_layers_in_a_loop_that_drop_the_same_are_refused_though_the_gradient_draws_once():
    def deep(w, x, key):
        def layer(x, w):
            return jnp.tanh(x @ w) * jax.random.bernoulli(key, 0.5, x.shape), None

        return jax.lax.scan(layer, x, w)[0].mean()

    check_keys(jax.make_jaxpr(jax.grad(deep))(np.ones((3, 4, 4), "f"), X, jax.random.key(0)))
    train = program(deep, optax.adam(0.1), batches(X, 4))
    with pytest.raises(KeyReuseError, match="in the loop's next turn"):
        train.compile(train.init(np.ones((3, 4, 4), "f")))


def test_an_update_of_ones_own_may_split_the_states_key():
    def update(state, batch):
        key, own = jax.random.split(state.key)
        return state._replace(step=state.step + 1, key=key, params=state.params + draw(own)), {}

    own = program(update=update, data=X)
    own(own.init(0.0), 3)


def test_looking_takes_little_of_the_time_to_compile():
    def deep(w, x, key):
        for n in range(40):
            x = jnp.tanh(x @ w) * jax.random.bernoulli(jax.random.fold_in(key, n), 0.9, x.shape)
        return x.sum()

    start = time.perf_counter()
    traced = jax.make_jaxpr(jax.grad(deep))(jnp.eye(4), X, jax.random.key(0))
    tracing, start = time.perf_counter() - start, time.perf_counter()
    check_keys(traced)
    assert time.perf_counter() - start < tracing / 2
