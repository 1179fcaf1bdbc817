"""Networks as the tutorials of 2016 and 2017 build them."""

import numpy as np


def _weights(tf, shape, name="weights"):
    return tf.Variable(tf.truncated_normal(shape, stddev=0.1, seed=1), name=name)


def linear_regression(tf):
    x = tf.placeholder(tf.float32, name="x")
    y = tf.placeholder(tf.float32, name="y")
    w = tf.Variable([0.3], dtype=tf.float32)
    b = tf.Variable([-0.3], dtype=tf.float32)
    loss = tf.reduce_sum(tf.square(w * x + b - y))
    tf.train.GradientDescentOptimizer(0.01).minimize(loss)
    return {x: [1.0, 2.0, 3.0, 4.0], y: [0.0, -1.0, -2.0, -3.0]}


def softmax_regression(tf):
    x = tf.placeholder(tf.float32, [None, 784])
    labels = tf.placeholder(tf.float32, [None, 10])
    w = tf.Variable(tf.zeros([784, 10]))
    b = tf.Variable(tf.zeros([10]))
    y = tf.nn.softmax(tf.matmul(x, w) + b)
    loss = tf.reduce_mean(-tf.reduce_sum(labels * tf.log(y), reduction_indices=[1]))
    tf.train.GradientDescentOptimizer(0.5).minimize(loss)
    correct = tf.equal(tf.argmax(y, 1), tf.argmax(labels, 1))
    tf.reduce_mean(tf.cast(correct, tf.float32))
    return {x: np.ones([3, 784]), labels: np.eye(10)[:3]}


def multilayer_perceptron(tf):
    x = tf.placeholder(tf.float32, [None, 6], name="x")
    y = tf.placeholder(tf.int64, [None], name="y")
    with tf.name_scope("hidden1"):
        hidden1 = tf.nn.relu(tf.matmul(x, _weights(tf, [6, 5])) + tf.Variable(tf.zeros([5]), name="biases"))
    with tf.name_scope("hidden2"):
        hidden2 = tf.nn.relu(tf.matmul(hidden1, _weights(tf, [5, 4])) + tf.Variable(tf.zeros([4]), name="biases"))
    with tf.name_scope("softmax_linear"):
        logits = tf.matmul(hidden2, _weights(tf, [4, 3])) + tf.Variable(tf.zeros([3]), name="biases")
    entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits, name="xentropy")
    step = tf.Variable(0, name="global_step", trainable=False)
    tf.train.AdamOptimizer(0.01).minimize(tf.reduce_mean(entropy, name="xentropy_mean"), global_step=step)
    tf.reduce_sum(tf.cast(tf.nn.in_top_k(logits, y, 1), tf.int32))
    return {x: np.ones([2, 6]), y: [0, 2]}


def convolutional_network(tf):
    x = tf.placeholder(tf.float32, [None, 64], name="x")
    labels = tf.placeholder(tf.float32, [None, 4], name="labels")
    keep_prob = tf.placeholder(tf.float32)
    image = tf.reshape(x, [-1, 8, 8, 1])
    kernel = _weights(tf, [3, 3, 1, 2])
    conv = tf.nn.conv2d(image, kernel, strides=[1, 1, 1, 1], padding="SAME")
    hidden = tf.nn.relu(tf.nn.bias_add(conv, tf.Variable(tf.constant(0.1, shape=[2]))))
    pooled = tf.nn.max_pool(hidden, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")
    flat = tf.reshape(pooled, [-1, 32])
    dropped = tf.nn.dropout(flat, keep_prob, seed=3)
    logits = tf.matmul(dropped, _weights(tf, [32, 4])) + tf.Variable(tf.constant(0.1, shape=[4]))
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits))
    tf.train.AdamOptimizer(1e-4).minimize(loss)
    return {x: np.ones([2, 64]), labels: np.eye(4)[:2], keep_prob: 0.5}


def conv2d_valid_strided(tf):
    x = tf.placeholder(tf.float32, [2, 9, 9, 3])
    kernel = _weights(tf, [3, 3, 3, 4])
    y = tf.nn.conv2d(x, kernel, [1, 2, 2, 1], "VALID", name="conv")
    tf.gradients(y, [x, kernel.value()])
    return {x: np.ones([2, 9, 9, 3])}


def conv2d_transpose(tf):
    x = tf.placeholder(tf.float32, [None, 4, 4, 3])
    kernel = _weights(tf, [3, 3, 2, 3])
    shape = tf.stack([tf.shape(x)[0], 8, 8, 2])
    y = tf.nn.conv2d_transpose(x, kernel, shape, strides=[1, 2, 2, 1])
    tf.gradients(tf.reduce_sum(y), [x, kernel])
    return {x: np.ones([2, 4, 4, 3])}


def conv2d_transpose_static(tf):
    x = tf.ones([1, 2, 2, 1])
    tf.nn.conv2d_transpose(x, tf.ones([2, 2, 1, 1]), [1, 4, 4, 1], [1, 2, 2, 1], padding="VALID")


def depthwise_and_separable(tf):
    x = tf.placeholder(tf.float32, [1, 6, 6, 2])
    depthwise = _weights(tf, [3, 3, 2, 2], "depthwise")
    pointwise = _weights(tf, [1, 1, 4, 5], "pointwise")
    y = tf.nn.depthwise_conv2d(x, depthwise, [1, 1, 1, 1], "SAME")
    z = tf.nn.separable_conv2d(x, depthwise, pointwise, [1, 2, 2, 1], "VALID")
    tf.gradients([y, z], [x, depthwise, pointwise])
    return {x: np.ones([1, 6, 6, 2])}


def atrous_convolution(tf):
    x = tf.placeholder(tf.float32, [1, 7, 7, 2])
    kernel = _weights(tf, [3, 3, 2, 2])
    y = tf.nn.atrous_conv2d(x, kernel, rate=2, padding="SAME")
    tf.gradients(y, kernel)
    return {x: np.ones([1, 7, 7, 2])}


def convolution_with_dilation(tf):
    x = tf.placeholder(tf.float32, [None, 7, 7, 2])
    kernel = _weights(tf, [3, 3, 2, 2])
    tf.nn.convolution(x, kernel, padding="VALID", dilation_rate=[2, 1])
    return {x: np.ones([1, 7, 7, 2])}


def conv1d(tf):
    x = tf.placeholder(tf.float32, [2, 10, 3])
    kernel = _weights(tf, [4, 3, 2])
    tf.gradients(tf.nn.conv1d(x, kernel, stride=2, padding="SAME"), [x, kernel])
    return {x: np.ones([2, 10, 3])}


def conv3d(tf):
    x = tf.placeholder(tf.float32, [1, 4, 4, 4, 2])
    kernel = _weights(tf, [2, 2, 2, 2, 3])
    y = tf.nn.conv3d(x, kernel, [1, 1, 1, 1, 1], "SAME")
    z = tf.nn.max_pool3d(y, [1, 2, 2, 2, 1], [1, 2, 2, 2, 1], "VALID")
    tf.gradients(z, [x, kernel])
    return {x: np.sin(np.arange(128.0)).reshape([1, 4, 4, 4, 2])}


def average_pools(tf):
    x = tf.placeholder(tf.float32, [1, 4, 4, 2])
    volume = tf.placeholder(tf.float32, [1, 4, 4, 4, 1])
    tf.gradients(tf.nn.avg_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], "VALID"), x)
    tf.gradients(tf.nn.avg_pool3d(volume, [1, 2, 2, 2, 1], [1, 1, 1, 1, 1], "SAME"), volume)
    tf.nn.pool(x, [2, 2], "AVG", "SAME")
    return {x: np.ones([1, 4, 4, 2]), volume: np.ones([1, 4, 4, 4, 1])}


def max_pool_with_argmax(tf):
    x = tf.placeholder(tf.float32, [1, 4, 4, 1])
    tf.nn.max_pool(x, [1, 3, 3, 1], [1, 2, 2, 1], "SAME")
    tf.gradients(tf.nn.max_pool(x, [1, 2, 2, 1], [1, 1, 1, 1], "VALID"), x)
    return {x: np.ones([1, 4, 4, 1])}


def batch_normalised_net(tf):
    x = tf.placeholder(tf.float32, [None, 3])
    scale = tf.Variable(tf.ones([3]), name="scale")
    offset = tf.Variable(tf.zeros([3]), name="offset")
    mean, variance = tf.nn.moments(x, [0])
    y = tf.nn.batch_normalization(x, mean, variance, offset, scale, 1e-3)
    tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_mean(tf.sigmoid(y)))
    return {x: np.arange(6.0).reshape([2, 3])}


def fused_batch_norm(tf):
    x = tf.placeholder(tf.float32, [2, 3, 3, 2])
    scale = tf.Variable(tf.ones([2]), name="scale")
    offset = tf.Variable(tf.zeros([2]), name="offset")
    y, _, _ = tf.nn.fused_batch_norm(x, scale, offset)
    tf.gradients(y, [x, scale, offset])
    return {x: np.arange(36.0).reshape([2, 3, 3, 2])}


def local_response_normalization(tf):
    x = tf.placeholder(tf.float32, [1, 2, 2, 4])
    tf.gradients(tf.nn.lrn(x, 2, bias=1.0, alpha=0.1, beta=0.75), x)
    return {x: np.ones([1, 2, 2, 4])}


def autoencoder(tf):
    x = tf.placeholder("float", [None, 8])
    weights = {
        "encode": tf.Variable(tf.random_normal([8, 3], seed=1)),
        "decode": tf.Variable(tf.random_normal([3, 8], seed=2)),
    }
    code = tf.nn.sigmoid(tf.add(tf.matmul(x, weights["encode"]), tf.Variable(tf.zeros([3]))))
    y = tf.nn.sigmoid(tf.add(tf.matmul(code, weights["decode"]), tf.Variable(tf.zeros([8]))))
    cost = tf.reduce_mean(tf.pow(x - y, 2))
    tf.train.RMSPropOptimizer(0.01).minimize(cost)
    return {x: np.ones([2, 8])}


def word_embeddings_nce(tf):
    tf.set_random_seed(7)
    inputs = tf.placeholder(tf.int32, shape=[4])
    labels = tf.placeholder(tf.int32, shape=[4, 1])
    embeddings = tf.Variable(tf.random_uniform([20, 3], -1.0, 1.0))
    embed = tf.nn.embedding_lookup(embeddings, inputs)
    weights = tf.Variable(tf.truncated_normal([20, 3], stddev=0.5))
    biases = tf.Variable(tf.zeros([20]))
    loss = tf.reduce_mean(
        tf.nn.nce_loss(weights=weights, biases=biases, labels=labels, inputs=embed, num_sampled=5, num_classes=20)
    )
    tf.train.GradientDescentOptimizer(1.0).minimize(loss)
    norm = tf.sqrt(tf.reduce_sum(tf.square(embeddings), 1, keep_dims=True))
    tf.matmul(embed, embeddings / norm, transpose_b=True)
    return {inputs: [1, 2, 3, 4], labels: [[2], [3], [4], [5]]}


def sampled_softmax(tf):
    tf.set_random_seed(7)
    inputs = tf.placeholder(tf.float32, [2, 3])
    labels = tf.placeholder(tf.int64, [2, 1])
    weights = tf.Variable((np.arange(30.0, dtype=np.float32) % 7 - 3).reshape([10, 3]), name="weights")
    biases = tf.Variable(tf.zeros([10]), name="biases")
    loss = tf.nn.sampled_softmax_loss(weights, biases, labels, inputs, num_sampled=4, num_classes=10)
    tf.gradients(loss, [inputs, biases])
    return {inputs: np.ones([2, 3]), labels: [[1], [7]]}


def partitioned_embedding(tf):
    ids = tf.placeholder(tf.int32, [None])
    shards = [tf.Variable(tf.ones([3, 2]), name=f"shard{i}") for i in range(2)]
    rows = tf.nn.embedding_lookup(shards, ids, partition_strategy="mod")
    tf.gradients(rows, shards)
    return {ids: [0, 4, 3]}


def policy_gradient(tf):
    observations = tf.placeholder(tf.float32, [None, 4], name="input_x")
    w1 = tf.get_variable("w1", shape=[4, 3], initializer=tf.contrib.layers.xavier_initializer(seed=1))
    w2 = tf.get_variable("w2", shape=[3, 1], initializer=tf.contrib.layers.xavier_initializer(seed=2))
    probability = tf.nn.sigmoid(tf.matmul(tf.nn.relu(tf.matmul(observations, w1)), w2))
    action = tf.placeholder(tf.float32, [None, 1], name="input_y")
    advantage = tf.placeholder(tf.float32, name="reward_signal")
    likelihood = tf.log(action * (action - probability) + (1 - action) * (action + probability))
    loss = -tf.reduce_mean(likelihood * advantage)
    tf.gradients(loss, tf.trainable_variables())
    fed = [tf.placeholder(tf.float32, name=f"batch_grad{i}") for i in (1, 2)]
    tf.train.AdamOptimizer(0.01).apply_gradients(zip(fed, tf.trainable_variables()))
    feeds = {observations: np.ones([2, 4]), action: [[1.0], [0.0]], advantage: [[1.0], [0.5]]}
    feeds.update({fed[0]: np.ones([4, 3]), fed[1]: np.ones([3, 1])})
    return feeds
