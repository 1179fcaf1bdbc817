"""Numbers on a grid: how far rounding may move them, and where gradients go."""

import jax.numpy as jnp
import numpy as np
import pytest

from funcfit.kernels import quantization

X = np.random.default_rng(0).uniform(-5, 5, 200).astype(np.float32)
LOW, HIGH = np.float32(-1.3), np.float32(2.7)


@pytest.mark.parametrize("mode", ["MIN_COMBINED", "MIN_FIRST"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int8])
def test_integers_give_back_what_made_them_up_to_half_a_step(dtype, mode):
    integers = quantization.quantized(X, LOW, HIGH, dtype, mode)
    assert integers.dtype == dtype and integers.min() == np.iinfo(dtype).min and integers.max() == np.iinfo(dtype).max
    back = quantization.dequantized(integers, LOW, HIGH, mode)
    assert np.abs(back - np.clip(X, LOW, HIGH)).max() <= 1.02 * (HIGH - LOW) / 255  # MIN_FIRST moves the grid, too


@pytest.mark.parametrize("bits, narrow", [(8, False), (4, True)])
def test_rounded_floats_take_few_values_and_zero_is_one_of_them(bits, narrow):
    y = np.asarray(quantization.fake_quantized(X, LOW, HIGH, bits, narrow))
    assert len(np.unique(y)) <= 2**bits - narrow
    step = (HIGH - LOW) / (2**bits - 1 - narrow)
    np.testing.assert_allclose(y / step, np.round(y / step), atol=1e-3)
    assert quantization.fake_quantized(np.zeros(1, np.float32), LOW, HIGH, bits, narrow)[0] == 0


def test_gradients_go_to_the_limit_that_clamped():
    dy = np.ones_like(X)
    dx, dlow, dhigh = quantization.fake_quantized_gradients(dy, X, LOW, HIGH, 8, False)
    assert dx.sum() + dlow + dhigh == len(X)
    assert (np.asarray(dx)[(X > -1) & (X < 2)] == 1).all() and not np.asarray(dx)[np.abs(X) > 3].any()


def test_no_range_at_all_gives_zeros():
    nothing = np.float32(0)
    assert not np.any(quantization.fake_quantized(jnp.asarray(X), nothing, nothing, 8, False))
    dx, dlow, _ = quantization.fake_quantized_gradients(X, X, nothing, nothing, 8, False)
    np.testing.assert_array_equal(dx, X)
    assert dlow == 0
