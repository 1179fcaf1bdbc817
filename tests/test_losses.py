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


def test_each_time_of_a_row_may_have_a_weight_of_its_own():
    logits, labels = RNG.normal(size=(3, 5, 4)).astype(np.float32), RNG.integers(0, 4, (3, 5))
    mask = np.arange(5) < np.array([[5], [2], [0]])
    said = np.where(mask, labels, -1)  # what stands in the places that do not count is no class
    rows = np.asarray(optax.softmax_cross_entropy_with_integer_labels(logits, labels))
    np.testing.assert_allclose(losses.cross_entropy(logits, said, mask * 1.0), rows[mask].mean(), rtol=1e-5)
    assert [float(part) for part in metrics.accuracy(logits, said, mask)] == [(logits.argmax(-1) == said).sum(), 7]
    with pytest.raises(ValueError, match=r"one for each row of float32\[3,5\], not float32\[3,1\]"):
        losses.cross_entropy(logits, labels, np.ones((3, 1), np.float32))


@pytest.mark.parametrize("name", sorted(ROWS.keys() - {"cross_entropy"}))
def test_predictions_in_a_column_are_not_compared_with_each_target(name):
    y, target, _ = ROWS[name]
    with pytest.raises(ValueError, match=r"float32\[6,1\] need targets of the same shape, not float32\[6\]: reshape"):
        getattr(losses, name)(y[:, None], target)
    np.testing.assert_allclose(getattr(losses, name)(y, 1.0), getattr(losses, name)(y, np.ones_like(y)), rtol=1e-6)


@pytest.mark.parametrize("labels", [LABELS[:, None], LABELS[:5], LABELS.astype(np.float32), LABELS > 0])
def test_labels_that_name_no_classes_are_refused(labels):
    with pytest.raises(ValueError, match=r"float32\[6,4\] are class numbers int32\[6\] or distributions .*, not "):
        losses.cross_entropy(LOGITS, labels)


@pytest.mark.parametrize("metric", [metrics.accuracy, metrics.top_accuracy])
def test_accuracy_wants_class_numbers(metric):
    with pytest.raises(ValueError, match=r"need targets of the same shape, not float32\[6,4\]"):
        metric(LOGITS, np.eye(4, dtype=np.float32)[LABELS], **({"k": 2} if metric is metrics.top_accuracy else {}))
    with pytest.raises(ValueError, match="reshape"):
        metrics.binary_accuracy(Y[:, None], BITS)


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
