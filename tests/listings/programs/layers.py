"""tf.layers and the initializers of tf.contrib.layers."""

import numpy as np


def dense(tf):
    x = tf.placeholder(tf.float32, [None, 4])
    hidden = tf.layers.dense(x, 3, activation=tf.nn.relu)
    tf.layers.dense(hidden, 1, name="out", use_bias=False)
    return {x: np.ones([2, 4])}


def dense_trained(tf):
    x = tf.placeholder(tf.float32, [None, 4])
    y = tf.layers.dense(x, 2, kernel_initializer=tf.random_normal_initializer(stddev=0.1))
    tf.train.AdamOptimizer(0.01).minimize(tf.reduce_mean(tf.square(y)))
    return {x: np.ones([2, 4])}


def dense_of_sequences(tf):
    x = tf.placeholder(tf.float32, [None, 5, 4])
    tf.gradients(tf.layers.dense(x, 3), x)
    return {x: np.ones([2, 5, 4])}


def dense_reused(tf):
    x = tf.placeholder(tf.float32, [None, 4])
    with tf.variable_scope("model"):
        tf.layers.dense(x, 4, name="layer")
    with tf.variable_scope("model", reuse=True):
        tf.layers.dense(x, 4, name="layer")
    tf.layers.dense(x, 4, name="layer")
    return {x: np.ones([2, 4])}


def convolutions(tf):
    x = tf.placeholder(tf.float32, [None, 8, 8, 2])
    y = tf.layers.conv2d(x, 4, 3, padding="same", activation=tf.nn.relu)
    y = tf.layers.max_pooling2d(y, 2, 2)
    y = tf.layers.conv2d(y, filters=2, kernel_size=[2, 2], strides=(2, 2), name="second")
    tf.layers.average_pooling2d(y, pool_size=[2, 2], strides=1)
    return {x: np.ones([1, 8, 8, 2])}


def other_convolutions(tf):
    image = tf.placeholder(tf.float32, [1, 4, 4, 2])
    sequence = tf.placeholder(tf.float32, [1, 6, 2])
    tf.layers.conv2d_transpose(image, 3, 2, strides=2)
    tf.layers.separable_conv2d(image, 3, 2)
    tf.layers.conv1d(sequence, 3, 2)
    tf.layers.max_pooling1d(sequence, 2, 2)
    return {image: np.ones([1, 4, 4, 2]), sequence: np.ones([1, 6, 2])}


def batch_normalization_training(tf):
    x = tf.placeholder(tf.float32, [None, 3])
    y = tf.layers.batch_normalization(x, training=True)
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(tf.square(y)))
    return {x: np.arange(6.0).reshape([2, 3])}


def batch_normalization_inference(tf):
    x = tf.placeholder(tf.float32, [None, 3])
    tf.layers.batch_normalization(x)
    return {x: np.arange(6.0).reshape([2, 3])}


def batch_normalization_placeholder(tf):
    x = tf.placeholder(tf.float32, [4, 3])
    training = tf.placeholder(tf.bool, [], name="training")
    tf.layers.batch_normalization(x, training=training, momentum=0.9, name="bn")
    return {x: np.arange(12.0).reshape([4, 3]), training: True}


def dropout(tf):
    x = tf.placeholder(tf.float32, [2, 3])
    training = tf.placeholder(tf.bool, [], name="training")
    tf.layers.dropout(x, 0.4, training=True, seed=1)
    tf.layers.dropout(x, 0.4)
    tf.layers.dropout(x, 0.5, training=training)
    return {x: np.ones([2, 3]), training: True}


def regularized(tf):
    x = tf.placeholder(tf.float32, [None, 4])
    tf.layers.dense(x, 3, kernel_regularizer=tf.nn.l2_loss, bias_initializer=tf.ones_initializer())
    tf.add_n(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES))
    return {x: np.ones([2, 4])}


def contrib_initializers(tf):
    tf.get_variable("a", [3, 4], initializer=tf.contrib.layers.xavier_initializer(seed=1))
    tf.get_variable("b", [3, 4], initializer=tf.contrib.layers.xavier_initializer(uniform=False, seed=2))
    tf.get_variable("c", [3, 3, 2, 4], initializer=tf.contrib.layers.xavier_initializer_conv2d())
    tf.get_variable("d", [3, 4], initializer=tf.contrib.layers.variance_scaling_initializer())
    tf.get_variable(
        "e", [3, 4], initializer=tf.contrib.layers.variance_scaling_initializer(1.0, "FAN_AVG", uniform=True)
    )


def l2_regularizers(tf):
    with tf.variable_scope("net", regularizer=tf.contrib.layers.l2_regularizer(0.1)):
        tf.get_variable("w", [2], initializer=tf.ones_initializer())
    tf.contrib.layers.l1_regularizer(0.2)(tf.constant([1.0, -2.0]))
