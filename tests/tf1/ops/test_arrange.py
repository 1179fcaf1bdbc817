"""Transposes, reversals, tiles, pads, grids and space in blocks, beside NumPy."""

import numpy as np
import pytest

import funcfit.tf1 as tf

X = np.arange(24, dtype=np.float32).reshape(2, 3, 4)


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def test_reverse_takes_axes_or_as_before_1_0_a_truth_an_axis(session):
    for turned in (
        tf.reverse(X, [0, -1]),
        tf.reverse_v2(X, [0, 2]),
        tf.reverse(X, [True, False, True]),
        tf.reverse(X, dims=tf.constant([True, False, True])),
    ):
        np.testing.assert_array_equal(session.run(turned), X[::-1, :, ::-1])


def test_transposes_turn_the_axes_around_or_order_them(session):
    unknown = tf.placeholder(tf.float32)
    np.testing.assert_array_equal(session.run(tf.transpose(unknown), {unknown: X}), X.T)
    np.testing.assert_array_equal(session.run(tf.transpose(X, [2, 0, 1])), X.transpose(2, 0, 1))
    waves = np.array([[1 + 2j, 3]], np.complex64)
    np.testing.assert_array_equal(session.run(tf.transpose(waves, conjugate=True)), waves.conj().T)


@pytest.mark.parametrize("mode", ["constant", "reflect", "symmetric"])
def test_pads_are_numpys_and_their_gradients_fold_them_back(session, mode):
    widths = [[1, 0], [2, 1], [0, 3]]
    x = tf.constant(X)
    padded = tf.pad(x, widths, mode)
    weights = np.random.default_rng(0).normal(size=(3, 6, 7)).astype(np.float32)
    value, d = session.run([padded, tf.gradients(padded * weights, x)[0]])
    np.testing.assert_array_equal(value, np.pad(X, widths, mode))
    numbers = np.pad(np.arange(1, 25).reshape(X.shape), widths, mode)
    expected = [weights[numbers == i].sum() for i in range(1, 25)]
    np.testing.assert_allclose(d.ravel(), expected, rtol=1e-5, atol=1e-6)


def test_a_mirror_shows_no_more_than_there_is(session):
    with pytest.raises(tf.errors.InvalidArgumentError, match="paddings must be less than the dimension size"):
        session.run(tf.pad(X, [[2, 0], [0, 0], [0, 0]], "REFLECT"))


def test_sequences_are_reversed_up_to_their_lengths(session):
    lengths = tf.placeholder(tf.int64, [2])
    turned = tf.reverse_sequence(X, lengths, seq_axis=1, batch_axis=0)
    value = session.run(turned, {lengths: [3, 2]})
    np.testing.assert_array_equal(value[0], X[0, ::-1])
    np.testing.assert_array_equal(value[1], X[1, [1, 0, 2]])
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"seq_lens\(1\) > input.dims\(1\)"):
        session.run(turned, {lengths: [1, 4]})


def test_space_in_blocks_goes_to_the_batch_and_the_depth_and_comes_back(session):
    images = np.arange(2 * 4 * 6 * 3, dtype=np.float32).reshape(2, 4, 6, 3)
    for there, back in (
        (
            tf.space_to_batch_nd(images, [2, 3], [[0, 0], [0, 0]]),
            lambda x: tf.batch_to_space_nd(x, [2, 3], [[0, 0]] * 2),
        ),
        (tf.space_to_batch(images, [[1, 1], [0, 2]], 2), lambda x: tf.batch_to_space(x, [[1, 1], [0, 2]], 2)),
        (tf.space_to_depth(images, 2), lambda x: tf.depth_to_space(x, 2)),
        (tf.space_to_depth(images, 2, data_format="NHWC"), lambda x: tf.depth_to_space(x, 2)),
    ):
        np.testing.assert_array_equal(session.run(back(there)), images)


def test_one_hot_rows_grids_and_masks_of_lengths(session):
    assert session.run(tf.one_hot([0, 2, 5, -1], 3)).tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0]]
    assert session.run(tf.one_hot([0, 1], 3, on_value=5, off_value=-1, axis=0)).tolist() == [[5, -1], [-1, 5], [-1, -1]]
    with pytest.raises(TypeError, match="of on_value does not match dtype"):
        tf.one_hot([0], 3, on_value=1.0, off_value=0)
    assert session.run(tf.sequence_mask([1, 3], 4, tf.int32)).tolist() == [[1, 0, 0, 0], [1, 1, 1, 0]]
    for indexing in ("xy", "ij"):
        grids = session.run(tf.meshgrid([1, 2], [3, 4, 5], indexing=indexing))
        np.testing.assert_array_equal(grids, np.meshgrid([1, 2], [3, 4, 5], indexing=indexing))
