"""Convolutions by way of spectra are the convolutions that XLA has, and so are their gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import lax

from funcfit.kernels import conv, spectral

SECOND_LAYER = (128, 14, 14, 32), (5, 5, 32, 64)
ONES = (1, 1)


def random(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def summed(x, filter, margins):
    return lax.conv_general_dilated(x, filter, ONES, margins, dimension_numbers=("NHWC", "HWIO", "NHWC"))


margin = st.tuples(st.integers(0, 3), st.integers(0, 3))


@settings(deadline=None, max_examples=10)
@given(st.tuples(*[st.integers(1, 3)] * 3), *[st.tuples(st.integers(1, 7), st.integers(1, 5), margin)] * 2)
def test_any_convolution_in_strides_of_one_and_its_gradients_are_the_sum_s(channels, high, wide):
    batch, inputs, outputs = channels
    sizes, window, margins = zip(high, wide)
    margins = [tuple(min(side, k - 1) for side in margin) for margin, k in zip(margins, window)]
    if any(n + sum(m) < k for n, k, m in zip(sizes, window, margins)):
        return
    x, filter = random(0, batch, *sizes, inputs), random(1, *window, inputs, outputs)
    expected, pull = jax.vjp(lambda x, filter: summed(x, filter, margins), x, filter)
    dy = random(2, *expected.shape)
    np.testing.assert_allclose(spectral.convolution(x, filter, margins), expected, rtol=1e-5, atol=1e-5)
    dx, dfilter = pull(dy)
    np.testing.assert_allclose(spectral.input_gradient(x.shape, filter, dy, margins), dx, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(spectral.filter_gradient(x, filter.shape, dy, margins), dfilter, rtol=1e-5, atol=1e-5)


def kernels_and_sums():
    x_shape, shape = SECOND_LAYER
    x, filter, dy = random(0, *x_shape), random(1, *shape), random(2, *x_shape[:3], shape[-1])
    how = (ONES, "SAME", ONES)
    margins = [(2, 2), (2, 2)]
    of_x = lambda dy: jax.vjp(lambda x: summed(x, filter, margins), x)[1](dy)[0]
    of_filter = lambda dy: jax.vjp(lambda filter: summed(x, filter, margins), filter)[1](dy)[0]
    yield "convolution", lambda x: conv.convolution(x, filter, *how), lambda x: summed(x, filter, margins), x
    yield "gradient of x", lambda dy: conv.convolution_input_gradient(x_shape, filter, dy, *how), of_x, dy
    yield "gradient of the filter", lambda dy: conv.convolution_filter_gradient(x, shape, dy, *how), of_filter, dy


@pytest.mark.parametrize("kernel, sum_, argument", [pytest.param(*row, id=name) for name, *row in kernels_and_sums()])
def test_a_wide_window_over_small_images_goes_by_spectra_on_a_cpu(kernel, sum_, argument):
    compiled = jax.jit(kernel).lower(argument).compile()
    assert "convolution(" not in compiled.as_text()
    expected = np.asarray(jax.jit(sum_)(argument))
    np.testing.assert_allclose(compiled(argument), expected, rtol=0, atol=3e-6 * np.abs(expected).max())


@pytest.mark.parametrize(
    "images, filter",
    [
        pytest.param((128, 14, 14, 32), (3, 3, 32, 64), id="a narrow window"),
        pytest.param((128, 28, 28, 1), (5, 5, 1, 32), id="few channels"),
        pytest.param((1, 14, 14, 32), (5, 5, 32, 64), id="few images"),
        pytest.param((16, 224, 224, 32), (5, 5, 32, 64), id="large images"),
        pytest.param((32, 7, 7, 512), (3, 3, 512, 512), id="a large filter"),
    ],
)
def test_what_would_gain_nothing_stays_a_sum(images, filter):
    margins = [(k // 2, k // 2) for k in filter[:2]]
    assert not spectral.pays(images[0], images[1:3], filter, margins)


@pytest.mark.parametrize("how", [((2, 2), "SAME", ONES), (ONES, "SAME", (2, 2))], ids=["strides", "dilations"])
def test_steps_over_pixels_stay_a_sum(how):
    x, filter = (jax.ShapeDtypeStruct(shape, jnp.float32) for shape in SECOND_LAYER)
    assert "conv_general_dilated" in str(jax.make_jaxpr(lambda x, f: conv.convolution(x, f, *how))(x, filter))
    assert "dot_general" not in str(jax.make_jaxpr(lambda x, f: conv.convolution(x, f, *how))(x, filter))
