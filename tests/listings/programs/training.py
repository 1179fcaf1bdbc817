"""Learning rates, moving averages and losses.

The cyclic polynomial decay is not here: 1.1's gives NaN at step 0, and was mended with other nodes.
"""


def _step(tf):
    return tf.Variable(5, trainable=False, name="step")


def exponential_decay(tf):
    rate = tf.train.exponential_decay(0.1, _step(tf), 10, 0.96)
    w = tf.Variable(1.0, name="w")
    tf.train.GradientDescentOptimizer(rate).minimize(tf.square(w))


def exponential_decay_staircase(tf):
    tf.train.exponential_decay(0.1, _step(tf), 10, 0.96, staircase=True, name="rate")


def piecewise_constant(tf):
    tf.train.piecewise_constant(_step(tf), [3, 7], [1.0, 0.5, 0.1])


def polynomial_decay(tf):
    tf.train.polynomial_decay(0.1, _step(tf), 10, 0.01, power=0.5)


def natural_exp_decay(tf):
    tf.train.natural_exp_decay(0.1, _step(tf), 10, 0.5)


def inverse_time_decay(tf):
    tf.train.inverse_time_decay(0.1, _step(tf), 10, 0.5, staircase=True)


def moving_average(tf):
    v = tf.Variable([1.0, 2.0], name="v")
    u = tf.Variable(3.0, name="u")
    average = tf.train.ExponentialMovingAverage(0.9)
    average.apply([v, u])
    average.average(v) * 2.0


def moving_average_of_a_tensor(tf):
    v = tf.Variable([1.0, 2.0], name="v")
    average = tf.train.ExponentialMovingAverage(0.9, name="ema")
    loss = tf.reduce_sum(v, name="loss")
    average.apply([loss])
    average.average(loss) + 1.0


def moving_average_with_steps(tf):
    step = _step(tf)
    v = tf.Variable(1.0, name="v")
    average = tf.train.ExponentialMovingAverage(0.99, num_updates=step)
    train = tf.train.GradientDescentOptimizer(0.1).minimize(tf.square(v), global_step=step)
    with tf.control_dependencies([train]):
        tf.group(average.apply(), name="train_and_average")


def moving_average_zero_debias(tf):
    v = tf.Variable(1.0, name="v")
    tf.train.ExponentialMovingAverage(0.9, zero_debias=True).apply([v])


def global_steps(tf):
    step = tf.train.get_or_create_global_step()
    assert tf.train.get_global_step() is step
    tf.assign_add(step, 1)


def losses(tf):
    labels = tf.placeholder(tf.float32, [2, 3], name="labels")
    predictions = tf.placeholder(tf.float32, [2, 3], name="predictions")
    tf.losses.mean_squared_error(labels, predictions)
    tf.losses.absolute_difference(labels, predictions)
    tf.losses.log_loss(labels, predictions)
    tf.losses.hinge_loss(labels, predictions)
    tf.losses.get_total_loss()
    return {labels: [[0.0, 1.0, 0.0]] * 2, predictions: [[0.2, 0.7, 0.1]] * 2}


def weighted_losses(tf):
    labels = tf.placeholder(tf.float32, [2, 3], name="labels")
    predictions = tf.placeholder(tf.float32, [2, 3], name="predictions")
    tf.losses.mean_squared_error(labels, predictions, weights=[[1.0], [0.5]])
    tf.losses.cosine_distance(labels, predictions, dim=1)
    tf.losses.mean_pairwise_squared_error(labels, predictions)
    tf.losses.compute_weighted_loss(labels, weights=0.5, scope="weighted")
    return {labels: [[0.0, 1.0, 0.0]] * 2, predictions: [[0.2, 0.7, 0.1]] * 2}


def cross_entropy_losses(tf):
    logits = tf.placeholder(tf.float32, [2, 3], name="logits")
    tf.losses.softmax_cross_entropy([[1, 0, 0], [0, 1, 0]], logits, label_smoothing=0.1)
    tf.losses.sparse_softmax_cross_entropy([0, 1], logits)
    tf.losses.sigmoid_cross_entropy([[1.0, 0.0, 0.0]] * 2, logits)
    return {logits: [[0.2, 0.7, 0.1]] * 2}


def loss_and_its_step(tf):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    y = tf.placeholder(tf.float32, [None, 1], name="y")
    w = tf.get_variable("w", [2, 1], initializer=tf.zeros_initializer())
    loss = tf.losses.mean_squared_error(labels=y, predictions=tf.matmul(x, w))
    tf.train.AdagradOptimizer(0.1).minimize(loss)
    return {x: [[1.0, 2.0]], y: [[1.0]]}


def weight_decay(tf):
    w = tf.Variable([1.0, 2.0], name="w")
    tf.add_to_collection("losses", 0.01 * tf.nn.l2_loss(w))
    tf.add_to_collection("losses", tf.reduce_sum(w))
    total = tf.add_n(tf.get_collection("losses"), name="total_loss")
    tf.train.MomentumOptimizer(0.1, 0.9).minimize(total)
