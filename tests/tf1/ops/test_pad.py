"""Tiles and borders: what the value table cannot hold."""

import numpy as np

import funcfit.tf1 as tf


def test_the_gradient_of_tile_in_graphs_from_before_2016_sums_the_tiles():
    x = np.arange(12.0).reshape(2, 6)
    with tf.Graph().as_default(), tf.Session() as session:
        summed = session.run(tf.raw_ops.TileGrad(x, [1, 3]))
    np.testing.assert_array_equal(summed, x[:, :2] + x[:, 2:4] + x[:, 4:])
