"""Pooling nodes: static shapes, data formats, second derivatives, and what is refused."""

import numpy as np
import pytest

import funcfit.tf1 as tf

X = np.random.default_rng(0).normal(size=(2, 7, 6, 3)).astype(np.float32)
VOLUME = np.random.default_rng(1).normal(size=(2, 4, 5, 6, 2)).astype(np.float32)

every_pool = pytest.mark.parametrize("name", ["max_pool", "avg_pool"])


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def run(fetch, feeds=None):
    with tf.Session() as session:
        return session.run(fetch, feeds)


@every_pool
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_static_shapes_are_those_of_the_values(name, padding):
    y = getattr(tf.nn, name)(X, [1, 3, 2, 1], [1, 2, 2, 1], padding)
    z = getattr(tf.nn, name + "3d")(VOLUME, [1, 2, 2, 3, 1], [1, 1, 2, 2, 1], padding)
    for tensor, value in zip((y, z), run([y, z])):
        assert tuple(tensor.shape.as_list()) == value.shape


@every_pool
def test_channels_first_gives_the_same(name):
    pool = getattr(tf.nn, name)
    last = pool(X, [1, 3, 2, 1], [1, 2, 1, 1], "SAME")
    first = pool(X.transpose(0, 3, 1, 2), [1, 1, 3, 2], [1, 1, 2, 1], "SAME", data_format="NCHW")
    a, b = run([last, first])
    np.testing.assert_allclose(b.transpose(0, 2, 3, 1), a, rtol=1e-6)


@every_pool
def test_sizes_may_be_given_for_spatial_axes_alone(name):
    pool = getattr(tf.nn, name)
    a, b, c = run([pool(X, [1, 2, 2, 1], [1, 2, 2, 1], "SAME"), pool(X, 2, 2, "SAME"), pool(X, [2, 2], [2, 2], "SAME")])
    np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(a, c)


@every_pool
@pytest.mark.parametrize("dimensions", [2, 3])
def test_the_gradient_is_linear_and_its_gradient_picks_again(name, dimensions):
    pool = getattr(tf.nn, name + ("3d" if dimensions == 3 else ""))
    x = tf.constant(VOLUME if dimensions == 3 else X)
    window, strides = [1, *[3] * dimensions, 1], [1, *[2] * dimensions, 1]
    y = pool(x, window, strides, "SAME")
    dy = tf.ones_like(y)
    dx = tf.gradients(y, x, dy)[0]
    expected, got = run([y, tf.gradients(dx, dy, x)[0]])
    np.testing.assert_allclose(got, expected, rtol=1e-5)


def test_maxima_come_with_their_places():
    y, places = tf.nn.max_pool_with_argmax(X, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    assert places.dtype == tf.int64
    slope = tf.gradients(y, tf.convert_to_tensor(y.op.inputs[0]))[0]
    values, indices, dx = run([y, places, slope])
    for b in range(2):
        np.testing.assert_array_equal(X[b].ravel()[indices[b]], values[b])
        assert (dx[b].ravel()[indices[b].ravel()] >= 1).all()
    assert dx.sum() == values.size
    batched = tf.nn.max_pool_with_argmax(X, [1, 2, 2, 1], [1, 2, 2, 1], "SAME", include_batch_in_index=True)[1]
    np.testing.assert_array_equal(run(batched)[1], indices[1] + X[0].size)


def test_pools_over_channels_and_not_over_the_batch():
    assert run(tf.nn.max_pool(X, [1, 1, 1, 3], [1, 1, 1, 3], "VALID")).ravel().tolist() == X.max(-1).ravel().tolist()
    with pytest.raises(tf.errors.InvalidArgumentError, match="batch dimension"):
        run(tf.nn.max_pool(X, [2, 1, 1, 1], [2, 1, 1, 1], "VALID"))


def test_what_cannot_fit_is_refused_when_it_is_made():
    with pytest.raises(ValueError, match="Negative dimension size caused by subtracting 9 from 7"):
        tf.nn.max_pool(X, [1, 9, 1, 1], [1, 1, 1, 1], "VALID")
    with pytest.raises(ValueError, match="Shape must be rank 4 but is rank 3"):
        tf.nn.avg_pool(X[0], [1, 2, 2, 1], [1, 1, 1, 1], "VALID")
    with pytest.raises(ValueError, match="ksize should be of length"):
        tf.nn.avg_pool(X, [2, 2, 2], [1, 1, 1, 1], "VALID")


def test_the_rank_chooses_among_pools():
    series = X[:, :, 0]
    for name in ("max_pool", "avg_pool"):
        by_rank = getattr(tf.nn, name + "_v2")
        for x, rank in ((series, 1), (X, 2), (VOLUME, 3)):
            named = getattr(tf.nn, f"{name}{rank}d")
            a, b = run([by_rank(x, 2, 2, "SAME"), named(x, 2, 2, "SAME")])
            np.testing.assert_array_equal(a, b)
        with pytest.raises(ValueError, match="rank 3, 4 or 5"):
            by_rank(series[0], 2, 2, "SAME")
