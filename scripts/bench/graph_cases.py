"""Graphs of about `n` nodes to be built, planned and traced: each gives what to fetch.

They speak the TensorFlow 1 that every provider does, under Python 3.6 too.
"""


def chain(tf, np, n):
    """Products and sums, one on the other."""
    x = tf.placeholder(tf.float32, [8, 8])
    w = tf.constant(np.eye(8, dtype="float32"))
    for _ in range(n // 2):
        x = tf.add(tf.matmul(x, w), w)
    return [x]


def gradients(tf, np, n):
    """Products and hyperbolic tangents, and their gradient."""
    x = first = tf.placeholder(tf.float32, [8, 8])
    w = tf.constant(np.eye(8, dtype="float32"))
    for _ in range(n // 5):
        x = tf.tanh(tf.matmul(x, w))
    return tf.gradients(x, [first])


def one_name(tf, np, n):
    """One name of a scope and one of a node, asked for again and again."""
    x = tf.placeholder(tf.float32, [])
    for _ in range(n // 2):
        with tf.name_scope("scope"):
            x = tf.negative(x, name="node")
        x = tf.negative(x, name="node")
    return [x]


def waits(tf, np, n):
    """Each waits for the one before it, then one for all."""
    x, made = tf.placeholder(tf.float32, []), []
    for _ in range(n):
        with tf.control_dependencies(made[-1:]):
            made.append(tf.negative(x))
    with tf.control_dependencies(made):
        return [tf.identity(x), tf.group(*made)]


def training(tf, np, n):
    """A variable a layer, their first values, a gradient and an update each."""
    x = tf.placeholder(tf.float32, [4, 4])
    for _ in range(n // 16):
        x = tf.tanh(tf.matmul(x, tf.Variable(np.zeros((4, 4), "float32"))))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(x))
    return [train, tf.global_variables_initializer()]


def updates(tf, np, n):
    """One variable, read and written in turn."""
    variable, made = tf.Variable(0.0), []
    for _ in range(n // 4):
        with tf.control_dependencies(made[-1:]):
            made.append(tf.assign_add(variable, variable.read_value() * 2.0))
    return made[-1:]


def conditionals(tf, np, n):
    """Conditionals, one on the other."""
    x = tf.placeholder(tf.float32, [4])
    above = tf.reduce_sum(x) > 0
    for _ in range(n // 10):
        x = tf.cond(above, lambda x=x: x * 2.0, lambda x=x: x + 1.0)
    return [x]


def loop(tf, np, n):
    """A turn of many nodes, and its gradient."""
    x = tf.placeholder(tf.float32, [4])

    def turn(i, y):
        for _ in range(n // 16):
            y = tf.tanh(y) * x
        return i + 1, y

    _, y = tf.while_loop(lambda i, y: i < 3, turn, [0, x])
    return tf.gradients(y, [x])


def fetches(tf, np, n):
    """Many results of one small graph."""
    x = tf.placeholder(tf.float32, [4])
    return [x * float(i) for i in range(n // 2)]


CASES = {f.__name__: f for f in (chain, gradients, one_name, waits, training, updates, conditionals, loop, fetches)}
