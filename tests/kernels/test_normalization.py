"""Normalized channels have the mean and deviation asked for; local responses equal the sums in the paper."""

import numpy as np
import pytest

from funcfit.kernels import normalization

X = np.random.default_rng(0).normal(3.0, 2.0, (4, 5, 6, 7)).astype(np.float32)


@pytest.mark.parametrize("channel", [-1, 1])
def test_normalized_channels_have_the_mean_and_deviation_asked_for(channel):
    count = X.shape[channel]
    scale, offset = np.linspace(1, 2, count, dtype=np.float32), np.linspace(-1, 1, count, dtype=np.float32)
    y = np.asarray(normalization.batch_normalized(X, scale, offset, 0.0, channel))
    others = tuple(axis for axis in range(4) if axis != channel % 4)
    np.testing.assert_allclose(y.mean(others), offset, atol=1e-5)
    np.testing.assert_allclose(y.std(others), scale, rtol=1e-4)


def test_local_responses_sum_the_squares_of_neighbours():
    y = normalization.local_response(X, radius=2, bias=1.5, alpha=0.3, beta=0.75)
    for c in range(X.shape[-1]):
        squares = np.square(X[..., max(c - 2, 0) : c + 3]).sum(-1)
        np.testing.assert_allclose(y[..., c], X[..., c] / (1.5 + 0.3 * squares) ** 0.75, rtol=1e-5)
