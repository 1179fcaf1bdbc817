"""Gradients of activations, cross entropies, norms and their kin."""


def _each(tf, x, functions):
    for function in functions:
        tf.gradients(function(x), x)


def activations(tf):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    _each(tf, x, [tf.nn.relu, tf.nn.relu6, tf.nn.elu, tf.nn.softplus, tf.nn.softsign, tf.nn.crelu, tf.sigmoid, tf.tanh])
    return {x: [[1.0, -2.0, 3.0]] * 2}


def softmax(tf):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    _each(tf, x, [tf.nn.softmax, tf.nn.log_softmax])
    return {x: [[1.0, 2.0, 3.0]] * 2}


def softmax_of_other_ranks(tf):
    x = tf.placeholder(tf.float32, [2, 3, 4], name="x")
    v = tf.placeholder(tf.float32, [3], name="v")
    _each(tf, x, [tf.nn.softmax, lambda x: tf.nn.softmax(x, dim=1), lambda x: tf.nn.log_softmax(x, dim=0)])
    tf.gradients(tf.nn.softmax(v), v)
    return {x: [[[1.0] * 4] * 3] * 2, v: [1.0, 2.0, 3.0]}


def softmax_cross_entropy(tf):
    logits = tf.placeholder(tf.float32, [None, 3], name="logits")
    labels = tf.placeholder(tf.float32, [None, 3], name="labels")
    loss = tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    tf.gradients(loss, logits)
    return {logits: [[1.0, 2.0, 3.0]], labels: [[0.0, 1.0, 0.0]]}


def softmax_cross_entropy_of_images(tf):
    logits = tf.placeholder(tf.float32, [2, 4, 3], name="logits")
    labels = tf.ones([2, 4, 3]) / 3.0
    tf.gradients(tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits, dim=1), logits)
    return {logits: [[[1.0, 2.0, 3.0]] * 4] * 2}


def sparse_softmax_cross_entropy(tf):
    logits = tf.placeholder(tf.float32, [2, 3], name="logits")
    labels = tf.placeholder(tf.int64, [2], name="labels")
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    tf.gradients(tf.reduce_mean(loss), logits)
    return {logits: [[1.0, 2.0, 3.0]] * 2, labels: [0, 2]}


def sparse_softmax_cross_entropy_of_sequences(tf):
    logits = tf.placeholder(tf.float32, [2, 4, 3], name="logits")
    labels = tf.placeholder(tf.int32, [2, 4], name="labels")
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    tf.gradients(loss, logits)
    return {logits: [[[1.0, 2.0, 3.0]] * 4] * 2, labels: [[0, 1, 2, 0]] * 2}


def sigmoid_cross_entropy(tf):
    logits = tf.placeholder(tf.float32, [2], name="logits")
    labels = tf.placeholder(tf.float32, [2], name="labels")
    tf.gradients(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits), [logits, labels])
    tf.gradients(tf.nn.weighted_cross_entropy_with_logits(labels, logits, 2.0), logits)
    tf.gradients(tf.nn.log_poisson_loss(labels, logits), logits)
    return {logits: [1.0, -1.0], labels: [1.0, 0.0]}


def biases(tf):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    w = tf.placeholder(tf.float32, [3, 2], name="w")
    b = tf.placeholder(tf.float32, [2], name="b")
    tf.gradients(tf.nn.bias_add(tf.matmul(x, w), b), [x, w, b])
    tf.gradients(tf.nn.xw_plus_b(x, w, b), [x, w, b])
    tf.gradients(tf.nn.relu_layer(x, w, b), [x, w, b])
    return {x: [[1.0, 2.0, 3.0]] * 2, w: [[1.0, 2.0]] * 3, b: [1.0, 2.0]}


def l2_loss(tf):
    w = tf.Variable([[1.0, 2.0]], name="w")
    tf.gradients(0.5 * tf.nn.l2_loss(w), w)


def moments(tf):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    weights = tf.placeholder(tf.float32, [2, 1], name="weights")
    tf.gradients(list(tf.nn.moments(x, [0])), x)
    tf.gradients(list(tf.nn.moments(x, [0, 1], keep_dims=True)), x)
    tf.nn.weighted_moments(x, [0], weights)
    counts, sums, squares, shift = tf.nn.sufficient_statistics(x, [0])
    tf.nn.normalize_moments(counts, sums, squares, shift)
    return {x: [[1.0, 2.0, 3.0]] * 2, weights: [[1.0], [2.0]]}


def dropout(tf):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    keep = tf.placeholder(tf.float32, name="keep")
    tf.gradients(tf.nn.dropout(x, 0.5, seed=1), x)
    tf.gradients(tf.nn.dropout(x, keep), x)
    tf.nn.dropout(x, 1.0)
    tf.nn.dropout(x, 0.8, noise_shape=[2, 1])
    return {x: [[1.0, 2.0, 3.0]] * 2, keep: 0.5}


def top_k(tf):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    values, indices = tf.nn.top_k(x, 2)
    tf.gradients(values, x)
    tf.nn.in_top_k(x, indices[:, 0], 1)
    return {x: [[1.0, 2.0, 3.0]] * 2}


def embedding_max_norm(tf):
    table = tf.Variable([[3.0, 4.0], [0.1, 0.2]], name="table")
    tf.gradients(tf.nn.embedding_lookup(table, [0, 1, 0], max_norm=1.0), table)


def dilation(tf):
    x = tf.placeholder(tf.float32, [1, 3, 3, 1], name="x")
    kernel = tf.Variable(tf.zeros([2, 2, 1]), name="kernel")
    tf.gradients(tf.nn.dilation2d(x, kernel, [1, 1, 1, 1], [1, 1, 1, 1], "SAME"), [x, kernel])
    return {x: [[[[1.0]] * 3] * 3]}
