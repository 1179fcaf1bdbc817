"""Losses are what their formulas say in NumPy, weighted, reduced and collected."""

import numpy as np
import pytest

import funcfit.tf1 as tf

LABELS = np.array([[0.0, 1.0, 0.5], [1.0, 0.0, 0.25]], np.float32)
GUESSES = np.array([[0.2, 0.7, 0.4], [0.6, 0.3, 0.9]], np.float32)
WEIGHTS = [0.5, [[0.5], [2.0]], [[0.5, 0.0, 1.0], [2.0, 0.0, 1.5]], 0.0]


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def value(x, feeds=None):
    with tf.Session() as session:
        return session.run(x, feeds)


def huber(y, x, delta=1.0):
    error = np.abs(x - y)
    return np.where(error <= delta, error**2 / 2, delta * error - delta**2 / 2)


FORMULAS = {
    "absolute_difference": lambda y, x: np.abs(x - y),
    "mean_squared_error": lambda y, x: (x - y) ** 2,
    "huber_loss": huber,
    "log_loss": lambda y, x: -y * np.log(x) - (1 - y) * np.log(1 - x),
    "hinge_loss": lambda y, x: np.maximum(0, 1 - (2 * y - 1) * x),
}


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("name", FORMULAS)
def test_a_loss_is_the_mean_over_elements_whose_weight_is_not_zero(name, weights):
    loss = getattr(tf.losses, name)(LABELS, GUESSES, weights=weights)
    weighted = FORMULAS[name](LABELS, GUESSES) * np.array(weights, np.float32)
    present = np.count_nonzero(np.broadcast_to(weights, LABELS.shape))
    np.testing.assert_allclose(value(loss), weighted.sum() / max(present, 1), rtol=1e-5)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_reductions(weights):
    weighted = (GUESSES - LABELS) ** 2 * np.array(weights, np.float32)
    total, weight = weighted.sum(), np.broadcast_to(weights, LABELS.shape).sum()
    expected = {
        tf.losses.Reduction.NONE: weighted,
        tf.losses.Reduction.SUM: total,
        tf.losses.Reduction.MEAN: total / weight if weight else 0.0,
        tf.losses.Reduction.SUM_OVER_BATCH_SIZE: total / 6,
    }
    losses = {r: tf.losses.mean_squared_error(LABELS, GUESSES, weights, reduction=r) for r in expected}
    for reduction, ours in value(losses).items():
        np.testing.assert_allclose(ours, expected[reduction], rtol=1e-5, err_msg=reduction)
    with pytest.raises(ValueError, match="Invalid ReductionKey median"):
        tf.losses.mean_squared_error(LABELS, GUESSES, reduction="median")


def test_pairwise_errors_are_those_of_all_pairs_of_a_row():
    rows = np.array([3.0, 0.5], np.float32)
    errors = GUESSES - LABELS
    pairs = (errors[:, :, None] - errors[:, None, :]) ** 2
    expected = (pairs.mean((1, 2)) * rows).sum()
    loss = tf.losses.mean_pairwise_squared_error(LABELS, GUESSES, weights=rows[:, None])
    np.testing.assert_allclose(value(loss), expected, rtol=1e-5)


def test_cosine_distance_takes_its_axis_by_both_names():
    losses = [tf.losses.cosine_distance(LABELS, GUESSES, **{key: 1}) for key in ("axis", "dim")]
    np.testing.assert_allclose(value(losses), [np.mean(1 - (LABELS * GUESSES).sum(1))] * 2, rtol=1e-5)
    with pytest.raises(ValueError, match="must specify 'axis'"):
        tf.losses.cosine_distance(LABELS, GUESSES)


def test_labels_and_weights_of_classes_may_have_a_last_axis_of_one():
    logits = np.array([[1.0, -2.0, 0.5], [0.3, 2.0, -1.0]], np.float32)
    flat = tf.losses.sparse_softmax_cross_entropy([2, 0], logits, [1.0, 3.0])
    column = tf.losses.sparse_softmax_cross_entropy([[2], [0]], logits, [[1.0], [3.0]])
    onehot = tf.losses.softmax_cross_entropy([[0, 0, 1], [1, 0, 0]], logits, [1.0, 3.0])
    unknown = tf.placeholder(tf.int32), tf.placeholder(tf.float32)
    late = tf.losses.sparse_softmax_cross_entropy(unknown[0], logits, unknown[1])
    values = value([flat, column, onehot, late], {unknown[0]: [[2], [0]], unknown[1]: [[1.0], [3.0]]})
    np.testing.assert_allclose(values, [values[0]] * 4, rtol=1e-6)


def test_a_loss_has_the_dtype_of_what_it_weighs():
    assert tf.losses.compute_weighted_loss(GUESSES.astype(np.float64)).dtype == tf.float64
    assert tf.losses.mean_squared_error(LABELS.astype(np.float64), GUESSES).dtype == tf.float32


def test_weights_that_do_not_fit_are_refused_when_built_or_when_run():
    with pytest.raises(ValueError, match=r"weights can not be broadcast to values.*rank"):
        tf.losses.mean_squared_error(LABELS, GUESSES, weights=[1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="Mismatch at dim 0"):
        tf.losses.mean_squared_error(LABELS, GUESSES, weights=[[1.0], [2.0], [3.0]])
    weights = tf.placeholder(tf.float32)
    loss = tf.losses.mean_squared_error(LABELS, GUESSES, weights=weights)
    for fitting in WEIGHTS:
        expected = value(tf.losses.mean_squared_error(LABELS, GUESSES, fitting))
        np.testing.assert_allclose(value(loss, {weights: fitting}), expected, rtol=1e-6)
    for misfit in ([1.0, 2.0], [[1.0], [2.0], [3.0]]):
        with pytest.raises(tf.errors.InvalidArgumentError, match="weights can not be broadcast to values"):
            value(loss, {weights: misfit})


def test_missing_arguments_are_named():
    with pytest.raises(ValueError, match="labels must not be None"):
        tf.losses.mean_squared_error(None, GUESSES)
    with pytest.raises(ValueError, match="logits must not be None"):
        tf.losses.softmax_cross_entropy(LABELS, None)


def test_losses_are_collected_and_summed():
    first = tf.losses.mean_squared_error(LABELS, GUESSES, scope="first")
    second = tf.losses.absolute_difference(LABELS, GUESSES)
    tf.losses.absolute_difference(LABELS, GUESSES, loss_collection=None)
    assert tf.losses.get_losses() == [first, second]
    assert tf.losses.get_losses(scope="first") == [first]
    assert value(tf.losses.get_regularization_loss()) == 0.0
    penalty = tf.constant(2.0)
    tf.add_to_collection(tf.GraphKeys.REGULARIZATION_LOSSES, penalty)
    totals = tf.losses.get_total_loss(), tf.losses.get_total_loss(add_regularization_losses=False)
    one, other, with_penalty, without = value([first, second, *totals])
    np.testing.assert_allclose([with_penalty, without], [one + other + 2, one + other], rtol=1e-6)
