"""Casts as a C compiler makes them: numpy and jax.numpy give the same."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from funcfit.kernels.casts import cast_as_c

ODD = [
    0.0,
    -0.9,
    1.5,
    255.0,
    256.0,
    -1.0,
    32768.0,
    2147483520.0,
    2147483648.0,
    -2147483648.0,
    1e20,
    np.inf,
    -np.inf,
    np.nan,
]


@pytest.mark.parametrize("source", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("target", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.int64])
def test_numpy_and_jax_agree_on_what_does_not_fit(source, target):
    with jax.enable_x64(True), np.errstate(over="ignore"):
        values = np.array(ODD, source)
        ours, theirs = cast_as_c(values, target), np.asarray(cast_as_c(jnp.asarray(values), target))
    np.testing.assert_array_equal(ours, theirs)
    assert ours.dtype == target
    fits = np.abs(values.astype(np.float64)) < np.iinfo(target).max
    np.testing.assert_array_equal(ours[fits & (values >= 0)], np.trunc(values[fits & (values >= 0)]).astype(target))


def test_complex_numbers_lose_their_imaginary_part():
    assert cast_as_c(np.array([1.7 + 2j]), np.int32).tolist() == [1]
    assert cast_as_c(np.array([0 + 2j]), np.bool_).tolist() == [True]
