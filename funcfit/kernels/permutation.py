"""Random access into shuffled orders."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Integer, PRNGKeyArray, UInt32

# Each round swaps about half of the pairs. Against an adversary the paper asks for 6 log2 n rounds; data wants less.
ROUNDS = 32


def permuted(
    key: PRNGKeyArray, positions: Integer[Array, "*shape"], n: int, deck: Integer[Array, "*shape"] | int = 0
) -> UInt32[Array, "*shape"]:
    """What stands at `positions` when 0..n-1 are shuffled by `key`, at a cost that does not depend on n.

    Each `deck` is another shuffle under the same key. It is an exact permutation for every n below 2**31: a round pairs
    x with pivot - x (mod n), and both members of a pair look up the same bit to decide whether they change places.
    Hoang, Morris, Rogaway: An enciphering scheme based on a card shuffle, 2012 ("swap or not").

    >>> sorted(permuted(jax.random.key(0), jnp.arange(7), 7).tolist())
    [0, 1, 2, 3, 4, 5, 6]
    """
    deck = mixed(jnp.asarray(deck, jnp.uint32))

    def swap_or_not(x, salt):
        pivot = mixed(salt + deck)
        partner = (pivot % n + n - x) % n
        swap = mixed(jnp.maximum(x, partner) ^ mixed(pivot)) >> 31 == 1
        return jnp.where(swap, partner, x), None

    return jax.lax.scan(swap_or_not, positions.astype(jnp.uint32), jax.random.bits(key, (ROUNDS,)))[0]


def mixed(x: UInt32[Array, "*shape"]) -> UInt32[Array, "*shape"]:
    """A 32-bit hash: every bit of `x` reaches every bit of the result (the last step of MurmurHash3)."""
    x = (x ^ (x >> 16)) * jnp.uint32(0x85EBCA6B)
    x = (x ^ (x >> 13)) * jnp.uint32(0xC2B2AE35)
    return x ^ (x >> 16)
