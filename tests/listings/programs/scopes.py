"""Names: name scopes, variable scopes with reuse, unique names, devices, colocation."""


def name_scopes(tf):
    with tf.name_scope("outer"):
        a = tf.constant(1.0, name="a")
        with tf.name_scope("inner"):
            b = tf.add(a, a, name="a")
        with tf.name_scope("inner"):
            c = tf.multiply(b, b)
        with tf.name_scope("outer/inner/"):
            d = tf.negative(c)
    with tf.name_scope("outer") as scope:
        tf.identity(d, name=scope)
    with tf.name_scope(None):
        tf.exp(d)


def unique_names(tf):
    tf.constant(1, name="a")
    tf.constant(2, name="a")
    tf.constant(3, name="a_1")
    tf.constant(4, name="A")
    tf.constant(5, name="a")
    with tf.name_scope("a"):
        tf.constant(6)
    tf.constant(7, name="b/c")
    tf.constant(8, name="b")


def variable_scope_reuse(tf):
    def layer(x):
        w = tf.get_variable("w", [2, 2], initializer=tf.constant_initializer(0.5))
        return tf.matmul(x, w)

    x = tf.ones([1, 2])
    with tf.variable_scope("layer"):
        first = layer(x)
    with tf.variable_scope("layer", reuse=True):
        second = layer(first)
    with tf.variable_scope("layer") as scope:
        scope.reuse_variables()
        third = layer(second)
    tf.gradients(third, tf.trainable_variables())


def variable_scope_twice(tf):
    with tf.variable_scope("net"):
        tf.get_variable("v", [1], initializer=tf.zeros_initializer())
        tf.constant(1.0)
    with tf.variable_scope("net"):
        tf.get_variable("u", [1], initializer=tf.ones_initializer())
        tf.constant(2.0)


def variable_scope_object(tf):
    with tf.variable_scope("a") as scope:
        v = tf.get_variable("v", [2], initializer=tf.zeros_initializer())
    with tf.name_scope("elsewhere"):
        with tf.variable_scope(scope, reuse=True):
            tf.add(tf.get_variable("v", [2]), v, name="sum")
        with tf.variable_scope("b"):
            tf.get_variable("v", [2], initializer=tf.zeros_initializer())
            tf.Variable(1.0, name="plain")


def variable_scope_defaults(tf):
    def regularizer(w):
        return tf.multiply(0.1, tf.nn.l2_loss(w), name="penalty")

    with tf.variable_scope(None, default_name="block"):
        tf.get_variable("v", [1], initializer=tf.zeros_initializer())
    with tf.variable_scope(None, default_name="block"):
        tf.get_variable("v", [1], initializer=tf.zeros_initializer())
    with tf.variable_scope("set", initializer=tf.constant_initializer(2.0), regularizer=regularizer):
        tf.get_variable("w", [3])
    tf.add_n(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES))


def op_scope_values(tf):
    with tf.name_scope("doubling", values=[tf.constant(1.0)]):
        tf.constant(2.0) * 2
    with tf.name_scope(None, "default_name", [tf.constant(1.0)]):
        tf.constant(3.0) * 3


def devices(tf):
    with tf.device("/cpu:0"):
        a = tf.constant([1.0, 2.0])
        v = tf.Variable(a)
    with tf.device("/job:worker/task:1"):
        with tf.device(None):
            tf.gradients(v * a, v)


def colocation(tf):
    v = tf.Variable([1.0, 2.0], name="v")
    a = tf.constant(1.0, name="a")
    with tf.get_default_graph().colocate_with(a.op):
        b = tf.identity(v, name="b")
        with tf.get_default_graph().colocate_with(v.op):
            tf.add(b, a, name="both")
        with tf.get_default_graph().colocate_with(v.op, ignore_existing=True):
            tf.add(b, a, name="one")
    w = tf.Variable([3.0, 4.0], name="w")
    tf.gradients(v * w, [v, w], colocate_gradients_with_ops=True)


def name_scope_of_gradients(tf):
    x = tf.constant(2.0, name="x")
    with tf.name_scope("model"):
        y = tf.square(x, name="y")
    tf.gradients(y, x, name="dy")
    tf.gradients(y, x)
    with tf.name_scope("more"):
        tf.gradients(y, x)


def placeholders(tf):
    a = tf.placeholder(tf.float32)
    b = tf.placeholder(tf.int32, [None, 3], name="b")
    c = tf.placeholder_with_default([[1.0, 2.0]], [None, 2], name="c")
    d = tf.placeholder_with_default(tf.zeros([2]), None)
    tf.tuple([a * 2.0, tf.cast(b, tf.float32), c, d])
    return {a: 1.0, b: [[1, 2, 3]]}


def constants(tf):
    tf.constant(3)
    tf.constant([[1, 2], [3, 4]], dtype=tf.float64)
    tf.constant(2.5, shape=[2, 3])
    tf.constant([True, False])
    tf.constant("text")
    tf.constant(["a", "b"])
    tf.constant(1 + 2j)
    tf.constant(7, dtype=tf.uint8)
    tf.constant([], dtype=tf.float32)
    tf.constant([[0.1] * 10] * 10)


def operators(tf):
    x = tf.placeholder(tf.float32, [2, 2], name="x")
    n = tf.placeholder(tf.int32, [2], name="n")
    -x + 1.0 - x * 2.0
    1.0 / x
    x**2.0
    2.0**x
    abs(x)
    n // 2
    n % 2
    n / 2
    2 - n
    x > 1.0
    x <= x
    (x > 1.0) & (x < 2.0) | ~(x >= 3.0)
    (x > 1.0) ^ (x < 2.0)
    return {x: [[1.0, 2.0], [3.0, 4.0]], n: [3, 4]}


def slicing(tf):
    x = tf.placeholder(tf.float32, [4, 5, 6], name="x")
    i = tf.placeholder(tf.int32, [], name="i")
    x[0]
    x[1:3]
    x[:, -1]
    x[..., 2]
    x[:, tf.newaxis, ::2]
    x[i]
    x[i : i + 2, 1]
    x[::-1, 1:, :3]
    return {x: [[[0.0] * 6] * 5] * 4, i: 1}
