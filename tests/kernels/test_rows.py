"""Row numbers padded to a size that is known beforehand."""

import jax
import jax.numpy as jnp
import numpy as np

from funcfit.kernels import rows


def test_distinct_numbers_come_first_and_the_rest_is_no_row():
    numbers = jnp.array([3, 1, 3, 3])
    values, places = jax.jit(rows.distinct)(numbers)
    assert values.tolist() == [1, 3, 2**31 - 1, 2**31 - 1]
    np.testing.assert_array_equal(values[places], numbers)


def test_no_row_is_as_good_as_a_row_that_is_there():
    numbers = jnp.array([0, 4, 5, -1, rows.no_row(jnp.int32)])
    assert rows.are_there(numbers, 5).tolist() == [True, True, False, False, True]
