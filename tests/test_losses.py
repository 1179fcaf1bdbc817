"""Losses and metrics against NumPy, with weights that leave rows out."""

import numpy as np
import optax
import pytest

from funcfit import losses, metrics

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(6, 4)).astype(np.float32)
LABELS = np.array([0, 3, 1, 1, 2, 0])
BITS = (LABELS > 1).astype(np.float32)
WEIGHTS = np.array([1, 0, 2, 1, 0, 1], np.float32)
Y = LOGITS[:, 0]

# loss of predictions and targets, and its value for each row
ROWS = {
    "squared_error": (Y, BITS, (Y - BITS) ** 2),
    "absolute_error": (Y, BITS, np.abs(Y - BITS)),
    "huber": (Y, BITS, np.asarray(optax.huber_loss(Y, BITS))),
    "cross_entropy": (LOGITS, LABELS, np.asarray(optax.softmax_cross_entropy_with_integer_labels(LOGITS, LABELS))),
    "binary_cross_entropy": (Y, BITS, np.asarray(optax.sigmoid_binary_cross_entropy(Y, BITS))),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_loss_is_the_weighted_mean_of_its_rows(name):
    y, target, rows = ROWS[name]
    loss = getattr(losses, name)
    np.testing.assert_allclose(loss(y, target), rows.mean(), rtol=1e-5)
    np.testing.assert_allclose(loss(y, target, WEIGHTS), np.average(rows, weights=WEIGHTS), rtol=1e-5)


def test_labels_may_be_distributions_and_smoothed():
    onehot = np.eye(4, dtype=np.float32)[LABELS]
    np.testing.assert_allclose(losses.cross_entropy(LOGITS, onehot), losses.cross_entropy(LOGITS, LABELS), rtol=1e-6)
    smooth = 0.9 * onehot + 0.1 / 4
    np.testing.assert_allclose(
        losses.cross_entropy(LOGITS, LABELS, smoothing=0.1), losses.cross_entropy(LOGITS, smooth), rtol=1e-5
    )


@pytest.mark.parametrize(
    ("pair", "rows"),
    [
        (metrics.accuracy(LOGITS, LABELS, WEIGHTS), LOGITS.argmax(1) == LABELS),
        (metrics.top_accuracy(LOGITS, LABELS, 4, WEIGHTS), np.ones(6)),
        (metrics.binary_accuracy(Y, BITS, WEIGHTS), (Y > 0) == (BITS > 0)),
    ],
    ids=["accuracy", "top", "binary"],
)
def test_a_metric_is_a_sum_and_a_weight(pair, rows):
    total, weight = pair
    assert float(weight) == WEIGHTS.sum()
    np.testing.assert_allclose(total, (rows * WEIGHTS).sum())
