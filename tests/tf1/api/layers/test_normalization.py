"""Batch normalization: the batch's moments in training, moving averages otherwise, and its variants."""

import numpy as np
import pytest

import funcfit.tf1 as tf

EPSILON = 1e-3


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def random_inputs(*shape, seed=0):
    return (np.random.default_rng(seed).random(shape, np.float32) * 3 + 1).astype(np.float32)


def normalized(x, axes, epsilon=EPSILON):
    mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
    return (x - mean) / np.sqrt(variance + epsilon)


def started():
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    return session


@pytest.mark.parametrize(
    ("shape", "axis", "reduced"),
    [
        ((6, 3), -1, (0,)),
        ((4, 5, 3), 1, (0, 2)),
        ((4, 5, 3, 2), -1, (0, 1, 2)),
        ((4, 5, 3, 2), 1, (0, 2, 3)),
        ((4, 5, 3), [1, 2], (0,)),
        ((2, 3, 4, 5, 2), [1, 2, 3], (0, 4)),
    ],
)
def test_training_normalises_by_the_batch_and_inference_by_averages(shape, axis, reduced):
    x = random_inputs(*shape)
    training = tf.placeholder(tf.bool, [])
    layer = tf.layers.BatchNormalization(axis=axis, momentum=0.5)
    y = layer(tf.constant(x), training=training)
    updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
    assert updates == layer.updates and len(updates) == 2
    with started() as session:
        outputs = session.run(y, {training: True})
        np.testing.assert_allclose(outputs, normalized(x, reduced), rtol=1e-4, atol=1e-4)
        session.run(updates, {training: True})
        mean, variance = 0.5 * x.mean(reduced, keepdims=True), 0.5 + 0.5 * x.var(reduced, keepdims=True)
        np.testing.assert_allclose(session.run(layer.moving_mean).ravel(), mean.ravel(), rtol=1e-5)
        outputs = session.run(y, {training: False})
        np.testing.assert_allclose(outputs, (x - mean) / np.sqrt(variance + EPSILON), rtol=1e-4, atol=1e-4)


def test_variables_are_made_in_the_order_of_tensorflow_1_1():
    layer = tf.layers.BatchNormalization(name="bn")
    layer(tf.zeros([2, 3]))
    made = [v.op.name for v in tf.global_variables()]
    assert made == ["bn/beta", "bn/gamma", "bn/moving_mean", "bn/moving_variance"]
    assert [v.op.name for v in layer.trainable_variables] == made[:2]
    bare = tf.layers.BatchNormalization(center=False, scale=False)
    bare(tf.zeros([2, 3]))
    assert bare.trainable_variables == [] and (bare.beta, bare.gamma) == (None, None)


def test_gamma_scales_and_beta_shifts():
    x = random_inputs(6, 3)
    options = dict(beta_initializer=tf.constant_initializer(2.0), gamma_initializer=tf.constant_initializer(3.0))
    y = tf.layers.batch_normalization(x, training=True, **options)
    with started() as session:
        np.testing.assert_allclose(session.run(y), 3 * normalized(x, (0,)) + 2, rtol=1e-4, atol=1e-4)


def test_averages_move_whenever_their_updates_run():
    training = tf.placeholder(tf.bool, [])
    layer = tf.layers.BatchNormalization(momentum=0.0)
    layer(tf.ones([2, 3]) * 5, training=training)
    with started() as session:
        session.run(layer.updates, {training: False})
        np.testing.assert_allclose(session.run(layer.moving_mean), [5, 5, 5])


@pytest.mark.parametrize("axis", [1, 3])
def test_the_fused_op_corrects_the_variance_for_the_sample_size_and_waits_for_training(axis):
    x = random_inputs(4, 5, 3, 2)
    reduced = tuple(i for i in range(4) if i != axis)
    training = tf.placeholder(tf.bool, [])
    layer = tf.layers.BatchNormalization(axis=axis, momentum=0.5, fused=True)
    y = layer(tf.constant(x), training=training)
    with started() as session:
        np.testing.assert_allclose(session.run(y, {training: True}), normalized(x, reduced), rtol=1e-4, atol=1e-4)
        session.run(layer.updates, {training: False})
        np.testing.assert_allclose(session.run(layer.moving_variance), np.ones(x.shape[axis]))
        session.run(layer.updates, {training: True})
        expected = 0.5 + 0.5 * x.var(reduced, ddof=1)
        np.testing.assert_allclose(session.run(layer.moving_variance), expected, rtol=1e-5)


def test_a_virtual_batch_is_normalised_in_parts():
    x = random_inputs(6, 4)
    y = tf.layers.batch_normalization(x, virtual_batch_size=3, training=True)
    parts = x.reshape(3, 2, 4)
    expected = normalized(parts, (0,)).reshape(6, 4)
    with started() as session:
        np.testing.assert_allclose(session.run(y), expected, rtol=1e-4, atol=1e-4)
    for options, complaint in [(dict(virtual_batch_size=-1), "positive"), (dict(virtual_batch_size=2, axis=0), "axis")]:
        with pytest.raises(ValueError, match=complaint):
            tf.layers.batch_normalization(tf.constant(x), **options)


def test_renormalization_corrects_towards_the_averages_within_bounds():
    bounds = dict(rmax=1.1, rmin=0.9, dmax=0.1)
    layer = tf.layers.BatchNormalization(renorm=True, renorm_clipping=bounds, renorm_momentum=0.8)
    x, training = tf.placeholder(tf.float32, [5, 3]), tf.placeholder(tf.bool, [])
    y = layer(x, training=training)
    mean_average = stddev_average = weight = 0.0
    with started() as session:
        for step in range(3):
            batch = random_inputs(5, 3, seed=step)
            outputs, *_ = session.run([y, *layer.updates], {x: batch, training: True})
            mean, stddev = batch.mean(0), np.sqrt(batch.var(0) + EPSILON)
            mixed_stddev = stddev_average + (1 - weight) * stddev
            r = (stddev / mixed_stddev).clip(0.9, 1.1)
            d = ((mean - mean_average - (1 - weight) * mean) / mixed_stddev).clip(-0.1, 0.1)
            np.testing.assert_allclose(outputs, (batch - mean) / stddev * r + d, rtol=1e-3, atol=1e-4)
            mean_average += (mean - mean_average) * 0.2
            stddev_average += (stddev - stddev_average) * 0.2
            weight += (1 - weight) * 0.2
        before = session.run(layer.variables)
        session.run(layer.updates, {x: batch, training: False})
        for ours, earlier in zip(session.run(layer.variables), before):
            np.testing.assert_array_equal(ours, earlier)
    with pytest.raises(ValueError, match="keys not in"):
        tf.layers.BatchNormalization(renorm=True, renorm_clipping={"max": 1.0})


def test_an_adjustment_is_applied_in_training_only():
    x = random_inputs(6, 3)
    training = tf.placeholder(tf.bool, [])
    y = tf.layers.batch_normalization(
        x, training=training, adjustment=lambda shape: (tf.constant([[2.0]]), tf.constant([[1.0]]))
    )
    with started() as session:
        expected = 2 * normalized(x, (0,)) + 1
        np.testing.assert_allclose(session.run(y, {training: True}), expected, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(session.run(y, {training: False}), x / np.sqrt(1 + EPSILON), rtol=1e-5)


def test_axes_are_checked():
    for axis, complaint in [(5, "Invalid axis"), ([1, 1], "Duplicate axis"), (1, "undefined `axis` dimension")]:
        with pytest.raises(ValueError, match=complaint):
            tf.layers.batch_normalization(tf.placeholder(tf.float32, [2, None]), axis=axis)
