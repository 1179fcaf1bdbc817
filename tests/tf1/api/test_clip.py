"""Clipping values and norms, of tensors and of IndexedSlices."""

import numpy as np
import pytest

import funcfit.tf1 as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def test_a_bound_that_would_change_the_shape_is_refused(session):
    x = tf.zeros([3, 1])
    with pytest.raises(ValueError, match="are incompatible"):
        tf.clip_by_value(x, [0.0, 1.0], 2.0)
    with pytest.raises(ValueError, match="are incompatible"):
        tf.clip_by_norm(x, [1.0, 2.0])


def test_the_global_norm_is_that_of_all_tensors_together(session):
    tensors = [tf.constant([3.0, 0.0]), None, tf.constant([[4.0]])]
    clipped, norm = tf.clip_by_global_norm(tensors, 2.5)
    assert clipped[1] is None
    first, last, size = session.run([clipped[0], clipped[2], norm])
    assert size == 5.0 and first.tolist() == [1.5, 0.0] and last.tolist() == [[2.0]]
    kept, _ = tf.clip_by_global_norm(tensors, 10.0, use_norm=tf.constant(5.0))
    assert session.run(kept[0]).tolist() == [3.0, 0.0]
    with pytest.raises(TypeError, match="t_list should be a sequence"):
        tf.global_norm(tf.constant([1.0]))


def test_slices_stay_slices(session):
    slices = tf.IndexedSlices(tf.constant([[3.0, 4.0]]), tf.constant([1]), tf.constant([5, 2]))
    (clipped,), _ = tf.clip_by_global_norm([slices], 1.0)
    assert isinstance(clipped, tf.IndexedSlices) and clipped.indices is slices.indices
    np.testing.assert_allclose(session.run(clipped.values), [[0.6, 0.8]], rtol=1e-6)
    np.testing.assert_allclose(session.run(tf.clip_by_norm(slices, 1.0).values), [[0.6, 0.8]], rtol=1e-6)
    assert session.run(tf.clip_by_value(slices, 0.0, 3.5).values).tolist() == [[3.0, 3.5]]


def test_the_gradient_of_clipping_is_zero_outside(session):
    x = tf.constant([-2.0, 0.5, 3.0])
    assert session.run(tf.gradients(tf.clip_by_value(x, -1.0, 1.0), x)[0]).tolist() == [0.0, 1.0, 0.0]
