"""The optimizers of tf.train: minimize on two variables, with and without a global step, dense and sparse.

AdagradDA is not here: 1.1 slices each gradient only to ask for its device, fails for scalars, and was mended.
"""


def _loss(tf):
    """A line fitted to four points: a vector and a scalar variable."""
    x = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]], name="x")
    y = tf.constant([[1.0], [2.0], [3.0], [4.0]], name="y")
    w = tf.Variable([[0.5], [-0.5]], name="w")
    b = tf.Variable(0.1, name="b")
    return tf.reduce_mean(tf.square(tf.matmul(x, w) + b - y), name="loss")


def _embedding_loss(tf):
    """A table of which three rows are looked up, one of them twice."""
    table = tf.Variable(tf.ones([5, 2]), name="table")
    ids = tf.constant([1, 3, 1], name="ids")
    return tf.reduce_sum(tf.square(tf.nn.embedding_lookup(table, ids)), name="loss")


def _minimize(tf, optimizer):
    step = tf.Variable(0, trainable=False, name="global_step")
    optimizer.minimize(_loss(tf), global_step=step)


def gradient_descent(tf):
    tf.train.GradientDescentOptimizer(0.01).minimize(_loss(tf))


def gradient_descent_with_step(tf):
    _minimize(tf, tf.train.GradientDescentOptimizer(0.01))


def gradient_descent_sparse(tf):
    tf.train.GradientDescentOptimizer(0.01).minimize(_embedding_loss(tf))


def momentum(tf):
    tf.train.MomentumOptimizer(0.01, 0.9).minimize(_loss(tf))


def momentum_nesterov_with_step(tf):
    _minimize(tf, tf.train.MomentumOptimizer(0.01, 0.9, use_nesterov=True))


def momentum_sparse(tf):
    tf.train.MomentumOptimizer(0.01, 0.9).minimize(_embedding_loss(tf))


def adam(tf):
    tf.train.AdamOptimizer().minimize(_loss(tf))


def adam_with_step(tf):
    _minimize(tf, tf.train.AdamOptimizer(0.01, beta1=0.8, beta2=0.99, epsilon=1e-6))


def adam_sparse(tf):
    tf.train.AdamOptimizer(0.01).minimize(_embedding_loss(tf))


def adagrad(tf):
    tf.train.AdagradOptimizer(0.01).minimize(_loss(tf))


def adagrad_with_step(tf):
    _minimize(tf, tf.train.AdagradOptimizer(0.01, initial_accumulator_value=0.5))


def adagrad_sparse(tf):
    tf.train.AdagradOptimizer(0.01).minimize(_embedding_loss(tf))


def adadelta(tf):
    tf.train.AdadeltaOptimizer(0.01).minimize(_loss(tf))


def adadelta_with_step(tf):
    _minimize(tf, tf.train.AdadeltaOptimizer(1.0, rho=0.9, epsilon=1e-6))


def adadelta_sparse(tf):
    tf.train.AdadeltaOptimizer(0.01).minimize(_embedding_loss(tf))


def rmsprop(tf):
    tf.train.RMSPropOptimizer(0.01).minimize(_loss(tf))


def rmsprop_centered_with_step(tf):
    _minimize(tf, tf.train.RMSPropOptimizer(0.01, decay=0.8, momentum=0.9, centered=True))


def rmsprop_sparse(tf):
    tf.train.RMSPropOptimizer(0.01).minimize(_embedding_loss(tf))


def rmsprop_centered_sparse(tf):
    tf.train.RMSPropOptimizer(0.01, centered=True).minimize(_embedding_loss(tf))


def ftrl(tf):
    tf.train.FtrlOptimizer(0.01).minimize(_loss(tf))


def ftrl_with_step(tf):
    _minimize(tf, tf.train.FtrlOptimizer(0.01, l1_regularization_strength=0.1, l2_regularization_strength=0.2))


def ftrl_sparse(tf):
    tf.train.FtrlOptimizer(0.01).minimize(_embedding_loss(tf))


def proximal_gradient_descent(tf):
    tf.train.ProximalGradientDescentOptimizer(0.01, l1_regularization_strength=0.1).minimize(_loss(tf))


def proximal_gradient_descent_sparse(tf):
    tf.train.ProximalGradientDescentOptimizer(0.01).minimize(_embedding_loss(tf))


def proximal_adagrad(tf):
    _minimize(tf, tf.train.ProximalAdagradOptimizer(0.01, l2_regularization_strength=0.1))


def proximal_adagrad_sparse(tf):
    tf.train.ProximalAdagradOptimizer(0.01).minimize(_embedding_loss(tf))


def gate_gradients_none(tf):
    optimizer = tf.train.GradientDescentOptimizer(0.01)
    optimizer.minimize(_loss(tf), gate_gradients=optimizer.GATE_NONE)


def gate_gradients_graph(tf):
    optimizer = tf.train.GradientDescentOptimizer(0.01)
    optimizer.minimize(_loss(tf), gate_gradients=optimizer.GATE_GRAPH)


def compute_then_apply_clipped(tf):
    optimizer = tf.train.AdamOptimizer(0.01)
    pairs = optimizer.compute_gradients(_loss(tf))
    optimizer.apply_gradients([(tf.clip_by_value(gradient, -1.0, 1.0), variable) for gradient, variable in pairs])


def compute_then_apply_global_norm(tf):
    loss = _loss(tf)
    variables = tf.trainable_variables()
    gradients, _ = tf.clip_by_global_norm(tf.gradients(loss, variables), 5.0)
    tf.train.MomentumOptimizer(0.1, 0.9).apply_gradients(zip(gradients, variables), name="train")


def two_optimizers(tf):
    loss = _loss(tf)
    w, b = tf.trainable_variables()
    tf.train.AdamOptimizer(0.01).minimize(loss, var_list=[w])
    tf.train.GradientDescentOptimizer(0.1).minimize(loss, var_list=[b], name="bias_step")


def learning_rate_placeholder(tf):
    rate = tf.placeholder(tf.float32, [], name="rate")
    tf.train.GradientDescentOptimizer(rate).minimize(_loss(tf))
    return {rate: 0.1}


def optimizer_in_a_name_scope(tf):
    with tf.name_scope("training"):
        tf.train.MomentumOptimizer(0.1, 0.5, name="sgd").minimize(_loss(tf))


def float64_adam(tf):
    w = tf.Variable([1.0, 2.0], dtype=tf.float64, name="w")
    tf.train.AdamOptimizer(0.1).minimize(tf.reduce_sum(w * w))
