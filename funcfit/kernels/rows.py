"""Rows by number where some numbers stand for no row: what a gradient of a table's rows becomes when its size must be
known beforehand.
"""

import jax.numpy as jnp


def no_row(dtype):
    """The number of a row that is not there: the largest of its dtype."""
    return jnp.iinfo(dtype).max


def distinct(numbers):
    """The distinct numbers in `numbers` [n], filled up to n with `no_row`, and for each element where its number
    stands: both [n].
    """
    values, places = jnp.unique(numbers, return_inverse=True, size=numbers.shape[0], fill_value=no_row(numbers.dtype))
    return values, places.reshape(numbers.shape)


def are_there(numbers, count):
    """True for numbers in [0, count) and for `no_row`."""
    return (numbers >= 0) & (numbers < count) | (numbers == no_row(numbers.dtype))
