"""Session-style programs to be timed, in the TensorFlow 1 that every provider speaks.

A case is a function of the provider and NumPy: it builds something once and gives the function to be timed. It runs
under Python 3.6 too, as TensorFlow 1.x does.
"""

CASES = {}


def case(burst):
    """Makes a case of a function; so many calls of what it gives are timed together."""

    def add(make):
        make.burst = burst
        CASES[make.__name__] = make
        return make

    return add


@case(burst=2000)
def linear_update(tf, np):
    """sess.run(update) of a linear model of 50 points: the smallest training step there is."""
    session, update, _, _ = linear_model(tf, np)
    return lambda: session.run(update)


@case(burst=2000)
def linear_update_and_loss(tf, np):
    """update.run(), then loss.eval(): the loop of a tutorial."""
    session, update, loss, _ = linear_model(tf, np)

    def step():
        session.run(update)
        session.run(loss)

    return step


def linear_model(tf, np):
    rng = np.random.RandomState(0)
    x = np.stack([np.ones(50), rng.randn(50)], 1).astype("float32")
    inputs, target = tf.constant(x), tf.constant((x @ [[2.0], [0.5]]).astype("float32"))
    weights = tf.Variable(np.zeros((2, 1), "float32"))
    loss = tf.nn.l2_loss(tf.subtract(tf.matmul(inputs, weights), target))
    update = tf.train.GradientDescentOptimizer(0.002).minimize(loss)
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    return session, update, loss, weights


@case(burst=2000)
def four_fetches_two_feeds(tf, np):
    """sess.run([train, loss, m, b], {X: batch, y: batch}) with batches of 100."""
    x, y = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    m, b = tf.Variable(0.0), tf.Variable(0.0)
    loss = tf.reduce_mean(tf.squared_difference(x * m + b, y))
    train = tf.train.GradientDescentOptimizer(0.0005).minimize(loss)
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    rng = np.random.RandomState(0)
    feed = {x: rng.randn(100).astype("float32"), y: rng.randn(100).astype("float32")}
    return lambda: session.run([train, loss, m, b], feed)


@case(burst=200)
def mlp_adam(tf, np):
    """784-256-256-10, batch 128, Adam; one step."""
    x, y = tf.placeholder(tf.float32, [None, 784]), tf.placeholder(tf.int32, [None])
    h = x
    for i, (rows, columns) in enumerate([(784, 256), (256, 256), (256, 10)]):
        w = tf.Variable(np.random.RandomState(i).randn(rows, columns).astype("float32") / rows**0.5)
        h = tf.matmul(h, w) + tf.Variable(np.zeros(columns, "float32"))
        h = tf.nn.relu(h) if i < 2 else h
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=h))
    train = tf.train.AdamOptimizer(1e-3).minimize(loss)
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    rng = np.random.RandomState(0)
    feed = {x: rng.randn(128, 784).astype("float32"), y: rng.randint(0, 10, 128).astype("int32")}
    return lambda: session.run(train, feed)


@case(burst=5)
def cnn_adam(tf, np):
    """Convolutions 5x5x32 and 5x5x64, each with 2x2 max-pooling, dense 1024, on 28x28 images, batch 128; one step."""
    x, y = tf.placeholder(tf.float32, [None, 28, 28, 1]), tf.placeholder(tf.int32, [None])
    weights = [tf.Variable(w) for w in cnn_weights(np)]
    h = x
    for filter, bias in (weights[:2], weights[2:4]):
        h = tf.nn.relu(tf.nn.conv2d(h, filter, [1, 1, 1, 1], "SAME") + bias)
        h = tf.nn.max_pool(h, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    h = tf.nn.relu(tf.matmul(tf.reshape(h, [-1, 7 * 7 * 64]), weights[4]) + weights[5])
    logits = tf.matmul(h, weights[6]) + weights[7]
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    train = tf.train.AdamOptimizer(1e-4).minimize(loss)
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    rng = np.random.RandomState(0)
    feed = {x: rng.randn(128, 28, 28, 1).astype("float32"), y: rng.randint(0, 10, 128).astype("int32")}
    return lambda: session.run(train, feed)


def cnn_weights(np):
    shapes = [(5, 5, 1, 32), (5, 5, 32, 64), (7 * 7 * 64, 1024), (1024, 10)]
    rng = np.random.RandomState(0)
    for shape in shapes:
        yield (rng.randn(*shape) / np.prod(shape[:-1]) ** 0.5).astype("float32")
        yield np.full(shape[-1], 0.1, "float32")


@case(burst=2000)
def while_loop_1000(tf, np):
    """A while_loop of 1,000 turns over a counter and a number."""
    _, x = tf.while_loop(
        lambda i, x: tf.less(i, 1000), lambda i, x: (i + 1, x * 0.999 + 0.1), [tf.constant(0), tf.constant(1.0)]
    )
    session = tf.Session()
    return lambda: session.run(x)


@case(burst=20)
def lstm_adam(tf, np):
    """LSTM of 128 units over 28 steps of 28 numbers, batch 128, dynamic_rnn, Adam; one step."""
    x, y = tf.placeholder(tf.float32, [None, 28, 28]), tf.placeholder(tf.int32, [None])
    outputs, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.BasicLSTMCell(128), x, dtype=tf.float32)
    w = tf.Variable(np.random.RandomState(0).randn(128, 10).astype("float32") / 128**0.5)
    logits = tf.matmul(outputs[:, -1], w) + tf.Variable(np.zeros(10, "float32"))
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    train = tf.train.AdamOptimizer(1e-3).minimize(loss)
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    rng = np.random.RandomState(0)
    feed = {x: rng.randn(128, 28, 28).astype("float32"), y: rng.randint(0, 10, 128).astype("int32")}
    return lambda: session.run(train, feed)


@case(burst=1)
def build_200_dense(tf, np):
    """The graph of 200 dense layers of 16 units, with gradients; no run."""

    def build():
        with tf.Graph().as_default():
            h = tf.placeholder(tf.float32, [None, 16])
            variables = []
            for _ in range(200):
                w = tf.Variable(np.zeros((16, 16), "float32"))
                b = tf.Variable(np.zeros(16, "float32"))
                variables += [w, b]
                h = tf.nn.relu(tf.matmul(h, w) + b)
            tf.gradients(tf.reduce_sum(h), variables)

    return build


@case(burst=200)
def deep_q_learning(tf, np):
    """One step of deep Q-learning: act on one state, then learn from 32 with a target network; Adam."""
    state = tf.placeholder(tf.float32, [None, 4])
    action, wanted = tf.placeholder(tf.int32, [None]), tf.placeholder(tf.float32, [None])
    values = dense_layers(tf, np, state, [4, 64, 64, 2])
    of_target = dense_layers(tf, np, state, [4, 64, 64, 2])
    chosen = tf.reduce_sum(values * tf.one_hot(action, 2), 1)
    loss = tf.reduce_mean(tf.square(wanted - chosen))
    train = tf.train.AdamOptimizer(1e-3).minimize(loss)
    session = started(tf)
    rng = np.random.RandomState(0)
    now = rng.randn(1, 4).astype("float32")
    memory = {name: rng.randn(32, 4).astype("float32") for name in ("before", "after")}
    actions, rewards = rng.randint(0, 2, 32).astype("int32"), rng.randn(32).astype("float32")

    def step():
        session.run(values, {state: now}).argmax()
        future = session.run(of_target, {state: memory["after"]}).max(1)
        feed = {state: memory["before"], action: actions, wanted: rewards + 0.99 * future}
        session.run([train, loss], feed)

    return step


@case(burst=200)
def policy_gradient(tf, np):
    """An episode of five steps, each chosen by a run on one state, and an update on the five; Adam."""
    state = tf.placeholder(tf.float32, [None, 4])
    action, reward = tf.placeholder(tf.int32, [None]), tf.placeholder(tf.float32, [None])
    logits = dense_layers(tf, np, state, [4, 10, 2])
    chances = tf.nn.softmax(logits)
    cost = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=action, logits=logits)
    train = tf.train.AdamOptimizer(1e-2).minimize(tf.reduce_mean(cost * reward))
    session = started(tf)
    rng = np.random.RandomState(0)
    states, rewards = rng.randn(5, 4).astype("float32"), rng.randn(5).astype("float32")

    def step():
        actions = [session.run(chances, {state: s[None]})[0].argmax() for s in states]
        session.run(train, {state: states, action: np.array(actions, "int32"), reward: rewards})

    return step


@case(burst=50)
def gan(tf, np):
    """A step of the discriminator, then one of the generator, each with an Adam of its own; batch 128."""
    x, z = tf.placeholder(tf.float32, [None, 784]), tf.placeholder(tf.float32, [None, 100])
    with tf.variable_scope("generator"):
        made = tf.nn.sigmoid(dense_layers(tf, np, z, [100, 128, 784]))
    with tf.variable_scope("discriminator"):
        weights = dense_variables(tf, np, [784, 128, 1])
    real, fake = dense_chain(tf, x, weights), dense_chain(tf, made, weights)

    def cost(logits, label):
        labels = tf.fill(tf.shape(logits), label)
        return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits))

    costs = {"discriminator": cost(real, 1.0) + cost(fake, 0.0), "generator": cost(fake, 1.0)}
    trains = {
        scope: tf.train.AdamOptimizer(1e-3).minimize(
            value, var_list=tf.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope)
        )
        for scope, value in costs.items()
    }
    session = started(tf)
    rng = np.random.RandomState(0)
    images, noise = rng.rand(128, 784).astype("float32"), rng.randn(128, 100).astype("float32")

    def step():
        session.run([trains["discriminator"], costs["discriminator"]], {x: images, z: noise})
        session.run([trains["generator"], costs["generator"]], {z: noise})

    return step


@case(burst=200)
def batch_norm(tf, np):
    """784-256-10 with batch normalization, whose moving averages are UPDATE_OPS that the step waits for; batch 128,
    gradient descent.
    """
    x, y = tf.placeholder(tf.float32, [None, 784]), tf.placeholder(tf.int32, [None])
    h = dense_layers(tf, np, x, [784, 256])
    mean, variance = tf.nn.moments(h, [0])
    for value, start in ((mean, 0.0), (variance, 1.0)):
        average = tf.Variable(np.full(256, start, "float32"), trainable=False)
        update = tf.assign(average, 0.99 * average + 0.01 * value)
        tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, update)
    beta, gamma = tf.Variable(np.zeros(256, "float32")), tf.Variable(np.ones(256, "float32"))
    h = tf.nn.relu(tf.nn.batch_normalization(h, mean, variance, beta, gamma, 1e-3))
    logits = dense_layers(tf, np, h, [256, 10])
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    session = started(tf)
    feed = dict(zip([x, y], digits(np)))
    return lambda: session.run(train, feed)


@case(burst=200)
def masked_loss(tf, np):
    """784-64-10 whose loss is taken under boolean_mask, about half of batch 128; Adam."""
    x, y = tf.placeholder(tf.float32, [None, 784]), tf.placeholder(tf.int32, [None])
    mask = tf.placeholder(tf.bool, [None])
    logits = dense_layers(tf, np, x, [784, 64, 10])
    costs = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
    train = tf.train.AdamOptimizer(1e-3).minimize(tf.reduce_mean(tf.boolean_mask(costs, mask)))
    session = started(tf)
    images, labels = digits(np)
    masks = [np.random.RandomState(i).rand(128) < 0.5 for i in range(20)]
    turn = iter(range(1 << 62))
    return lambda: session.run(train, {x: images, y: labels, mask: masks[next(turn) % 20]})


@case(burst=20)
def sparse_adam(tf, np):
    """Adam on an embedding of 50,000 x 64, 128 rows a step."""
    ids, target = tf.placeholder(tf.int32, [None]), tf.placeholder(tf.float32, [None, 64])
    table = tf.Variable(np.random.RandomState(0).randn(50000, 64).astype("float32"))
    loss = tf.reduce_mean(tf.square(tf.nn.embedding_lookup(table, ids) - target))
    train = tf.train.AdamOptimizer(1e-3).minimize(loss)
    session = started(tf)
    rng = np.random.RandomState(0)
    feed = {ids: rng.randint(0, 50000, 128).astype("int32"), target: rng.randn(128, 64).astype("float32")}
    return lambda: session.run(train, feed)


@case(burst=200)
def nce_sgd(tf, np):
    """Skip-grams: an embedding of 50,000 x 128 with nce_loss, 64 sampled, batch 128; gradient descent."""
    ids, labels = tf.placeholder(tf.int32, [128]), tf.placeholder(tf.int32, [128, 1])
    table = tf.Variable(np.random.RandomState(0).uniform(-1, 1, (50000, 128)).astype("float32"))
    weights = tf.Variable(np.random.RandomState(1).randn(50000, 128).astype("float32") / 128**0.5)
    biases = tf.Variable(np.zeros(50000, "float32"))
    found = tf.nn.embedding_lookup(table, ids)
    losses = tf.nn.nce_loss(
        weights=weights, biases=biases, labels=labels, inputs=found, num_sampled=64, num_classes=50000
    )
    train = tf.train.GradientDescentOptimizer(1.0).minimize(tf.reduce_mean(losses))
    session = started(tf)
    rng = np.random.RandomState(0)
    feed = {ids: rng.randint(0, 50000, 128).astype("int32"), labels: rng.randint(0, 50000, (128, 1)).astype("int32")}
    return lambda: session.run(train, feed)


@case(burst=1)
def notebook_of_30_fetches(tf, np):
    """Thirty small cells, each of which adds to a graph and fetches what it added, in a new graph and session."""

    def notebook():
        with tf.Graph().as_default(), tf.Session() as session:
            x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
            for cell in range(10):
                x = tf.matmul(x, tf.constant([[0.5, 0.1], [0.2, 0.4]])) + float(cell)
                session.run(x)
                session.run(tf.reduce_sum(x, cell % 2))
                session.run(tf.nn.softmax(tf.reshape(x, [4])))

    return notebook


@case(burst=1)
def rnn_of_50_lengths(tf, np):
    """Batches of 50 different lengths into dynamic_rnn, one step each, in a new graph: what compiles is counted."""

    def epoch():
        with tf.Graph().as_default():
            trained_on_50_lengths(tf, np)()

    return epoch


@case(burst=1)
def rnn_of_50_lengths_again(tf, np):
    """The same in a new session of the same graph."""
    return trained_on_50_lengths(tf, np)


@case(burst=1)
def data_as_a_constant(tf, np):
    """One step of a linear model on 63 MB of images that are a constant of the graph, which is new."""
    images = np.random.RandomState(0).randn(20000, 784).astype("float32")

    def step():
        with tf.Graph().as_default():
            weights = tf.Variable(np.zeros((784, 1), "float32"))
            loss = tf.reduce_mean(tf.square(tf.matmul(tf.constant(images), weights) - 1.0))
            train = tf.train.GradientDescentOptimizer(0.01).minimize(loss)
            with tf.Session() as session:
                session.run(tf.global_variables_initializer())
                session.run(train)

    return step


# What the programs share.


def dense_variables(tf, np, sizes):
    return [
        (
            tf.Variable(np.random.RandomState(i).randn(rows, columns).astype("float32") / rows**0.5),
            tf.Variable(np.zeros(columns, "float32")),
        )
        for i, rows, columns in zip(range(len(sizes) - 1), sizes, sizes[1:])
    ]


def dense_chain(tf, x, weights):
    for i, (w, b) in enumerate(weights):
        x = tf.matmul(x, w) + b
        x = tf.nn.relu(x) if i < len(weights) - 1 else x
    return x


def dense_layers(tf, np, x, sizes):
    """Dense layers with relu between them."""
    return dense_chain(tf, x, dense_variables(tf, np, sizes))


def started(tf):
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    return session


def digits(np):
    rng = np.random.RandomState(0)
    return rng.randn(128, 784).astype("float32"), rng.randint(0, 10, 128).astype("int32")


def trained_on_50_lengths(tf, np):
    x = tf.placeholder(tf.float32, [16, None, 8])
    cell = tf.nn.rnn_cell.BasicLSTMCell(32)
    _, final = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)
    train = tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_mean(tf.square(final.h)))
    start = tf.global_variables_initializer()
    rng = np.random.RandomState(0)
    batches = [rng.randn(16, 5 + i, 8).astype("float32") for i in range(50)]

    def epoch():
        with tf.Session(graph=x.graph) as session:
            session.run(start)
            for batch in batches:
                session.run(train, {x: batch})

    return epoch
