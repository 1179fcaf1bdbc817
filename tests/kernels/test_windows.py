"""Windows take the places that TensorFlow counts, and `scattered` undoes `views`."""

import jax
import numpy as np
import pytest

from funcfit.kernels.windows import all_places, margins, places, scattered, views

WALKS = [
    ((1, 2, 2, 1), (1, 2, 2, 1), None),
    ((1, 3, 2, 1), (1, 2, 1, 1), None),
    ((1, 2, 2, 1), (1, 3, 3, 1), None),
    ((1, 2, 3, 1), (1, 1, 2, 1), (1, 2, 2, 1)),
]


@pytest.mark.parametrize(
    "size, window, stride, dilation, same, valid, edges",
    [
        (5, 3, 1, 1, 5, 3, (1, 1)),
        (5, 3, 2, 1, 3, 2, (1, 1)),
        (6, 3, 2, 1, 3, 2, (0, 1)),
        (5, 2, 2, 1, 3, 2, (0, 1)),
        (5, 1, 3, 1, 2, 2, (0, 0)),
        (7, 3, 1, 2, 7, 3, (2, 2)),
        (8, 4, 1, 1, 8, 5, (1, 2)),
    ],
)
def test_places_and_margins_are_tensorflows(size, window, stride, dilation, same, valid, edges):
    assert places(size, window, stride, "SAME", dilation) == same
    assert places(size, window, stride, "VALID", dilation) == valid
    assert margins(size, window, stride, "SAME", dilation) == edges
    assert margins(size, window, stride, "VALID", dilation) == (0, 0)


@pytest.mark.parametrize("window, strides, dilations", WALKS)
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_scattered_is_the_transpose_of_views(window, strides, dilations, padding):
    shape = (2, 7, 6, 3)
    walk = (window, strides, padding)
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    seen = jax.jit(lambda x: list(views(x, *walk, 0.0, dilations)))(x)
    assert all(list(view.shape) == all_places(shape, *walk, dilations) for view in seen)
    others = [np.full(view.shape, i + 1.0, np.float32) for i, view in enumerate(seen)]
    back = jax.jit(lambda others: scattered(others, shape, *walk, dilations))(others)
    np.testing.assert_allclose(sum(np.vdot(a, b) for a, b in zip(seen, others)), np.vdot(x, back), rtol=1e-4)
