import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from funcfit.kernels.permutation import permuted


@pytest.mark.parametrize("n", [1, 2, 3, 5, 64, 1000, 65537])
def test_every_position_is_taken_once(n):
    order = permuted(jax.random.key(n), jnp.arange(n), n)
    np.testing.assert_array_equal(np.sort(order), np.arange(n))


def test_a_position_does_not_need_the_others():
    whole = permuted(jax.random.key(1), jnp.arange(1000), 1000)
    np.testing.assert_array_equal(permuted(jax.random.key(1), jnp.array([17, 900]), 1000), whole[jnp.array([17, 900])])


def test_decks_and_keys_give_other_orders():
    orders = [permuted(jax.random.key(k), jnp.arange(100), 100, deck) for k in (0, 1) for deck in (0, 1)]
    assert len({tuple(order.tolist()) for order in orders}) == 4


def test_one_call_may_look_into_several_decks():
    decks = jnp.array([3, 3, 8])
    mixed = permuted(jax.random.key(0), jnp.array([0, 1, 2]), 50, decks)
    apart = [permuted(jax.random.key(0), jnp.array(i), 50, int(deck)) for i, deck in enumerate(decks)]
    np.testing.assert_array_equal(mixed, apart)


def test_all_orders_of_four_are_equally_likely():
    decks = jnp.repeat(jnp.arange(6000), 4).reshape(6000, 4)
    orders = permuted(jax.random.key(5), jnp.tile(jnp.arange(4), (6000, 1)), 4, decks)
    _, counts = np.unique(np.asarray(orders), axis=0, return_counts=True)
    assert len(counts) == 24
    assert stats.chisquare(counts).pvalue > 1e-3


def test_neighbours_land_anywhere():
    n = 128
    decks = jnp.arange(4000)
    first, second = (permuted(jax.random.key(9), jnp.full(4000, i), n, decks) for i in (0, 1))
    distances = (np.asarray(first, int) - np.asarray(second, int)) % n
    assert stats.chisquare(np.bincount(distances, minlength=n)[1:]).pvalue > 1e-3
