"""Order and choice: control dependencies, tuple, group, cond, case, Assert."""


def control_dependencies(tf):
    a = tf.constant(1.0, name="a")
    b = tf.constant(2.0, name="b")
    with tf.control_dependencies([a]):
        c = tf.constant(3.0, name="c")
        d = a + c
        with tf.control_dependencies([b.op]):
            e = tf.no_op(name="e")
            tf.multiply(d, b, name="f")
            tf.add(a, b, name="g")
        with tf.control_dependencies(None):
            tf.constant(4.0, name="free")
        with tf.control_dependencies([e]):
            tf.identity(a, name="h")


def control_dependencies_on_assign(tf):
    x = tf.Variable(1.0, name="x")
    update = tf.assign(x, 5.0)
    with tf.control_dependencies([update]):
        tf.identity(x, name="after")
        x * 2.0
        x.read_value()


def group_and_tuple(tf):
    a = tf.constant(1.0, name="a")
    b = tf.constant([2.0], name="b")
    tf.group(a.op, b.op)
    tf.group(a, b, name="both")
    tf.group(name="nothing")
    tf.tuple([a, b])
    tf.tuple([a, None, b], name="gated", control_inputs=[tf.no_op(name="first")])


def with_dependencies(tf):
    x = tf.placeholder(tf.float32, [None], name="x")
    check = tf.Assert(tf.reduce_all(tf.greater(x, 0.0)), [x], name="positive")
    with tf.control_dependencies([check]):
        tf.log(x)
    return {x: [1.0, 2.0]}


def assertions(tf):
    x = tf.placeholder(tf.int32, [None], name="x")
    y = tf.constant([1, 2], name="y")
    tf.assert_equal(x, y)
    tf.assert_less(x, 10)
    tf.assert_positive(x, message="must be positive")
    tf.assert_rank(x, 1)
    return {x: [1, 2]}


def cond(tf):
    p = tf.placeholder(tf.bool, [], name="p")
    x = tf.constant(2.0, name="x")
    y = tf.constant(3.0, name="y")
    tf.cond(p, lambda: x + y, lambda: x * y)
    return {p: True}


def cond_of_several(tf):
    x = tf.placeholder(tf.float32, [], name="x")
    v = tf.Variable(1.0, name="v")
    a, b = tf.cond(x < v, lambda: (x, tf.constant(1)), lambda: (v + x, tf.constant(2)), name="choose")
    tf.stack([a, tf.cast(b, tf.float32)])
    return {x: 0.5}


def cond_with_assign(tf):
    p = tf.placeholder(tf.bool, [], name="p")
    v = tf.Variable(1.0, name="v")
    tf.cond(p, lambda: tf.assign(v, 2.0), lambda: tf.identity(v))
    tf.cond(p, lambda: tf.group(tf.assign_add(v, 1.0)), lambda: tf.no_op())
    return {p: False}


def nested_cond(tf):
    p = tf.placeholder(tf.bool, [], name="p")
    q = tf.placeholder(tf.bool, [], name="q")
    x = tf.constant([1.0, 2.0], name="x")
    tf.cond(p, lambda: tf.cond(q, lambda: x + 1.0, lambda: x + 2.0), lambda: tf.square(x))
    return {p: True, q: False}


def cond_gradient(tf):
    p = tf.placeholder(tf.bool, [], name="p")
    x = tf.placeholder(tf.float32, [2], name="x")
    w = tf.Variable([1.0, 2.0], name="w")
    y = tf.cond(p, lambda: w * x, lambda: tf.square(w))
    tf.gradients(y, [w, x])
    return {p: True, x: [3.0, 4.0]}


def cond_gradient_one_branch(tf):
    p = tf.placeholder(tf.bool, [], name="p")
    w = tf.Variable(3.0, name="w")
    loss = tf.cond(p, lambda: w * w, lambda: tf.constant(0.0))
    tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    return {p: False}


def cond_gradient_inside(tf):
    p = tf.placeholder(tf.bool, [], name="p")
    x = tf.constant(2.0, name="x")
    tf.cond(p, lambda: tf.gradients(x * x, x)[0], lambda: x)
    return {p: True}


def nested_cond_gradient(tf):
    p = tf.placeholder(tf.bool, [], name="p")
    x = tf.placeholder(tf.float32, [], name="x")
    y = tf.cond(p, lambda: tf.cond(x > 1.0, lambda: x * x, lambda: tf.exp(x)), lambda: -x)
    tf.gradients(y, x)
    return {p: True, x: 2.0}


def case(tf):
    x = tf.placeholder(tf.int32, [], name="x")
    branches = [(tf.less(x, 0), lambda: tf.constant(-1)), (tf.greater(x, 0), lambda: tf.constant(1))]
    tf.case(branches, default=lambda: tf.constant(0))
    return {x: 5}


def case_exclusive(tf):
    x = tf.placeholder(tf.float32, [], name="x")
    w = tf.constant(2.0, name="w")
    branches = [(x < 0.0, lambda: w * x), (x > 1.0, lambda: w + x)]
    y = tf.case(branches, default=lambda: tf.identity(w), exclusive=True, name="pick")
    tf.gradients(y, w)
    return {x: 0.5}


def select(tf):
    c = tf.placeholder(tf.bool, [2], name="c")
    x = tf.constant([1.0, 2.0], name="x")
    y = tf.constant([3.0, 4.0], name="y")
    z = tf.where(c, x, y)
    tf.gradients(z, [x, y])
    return {c: [True, False]}
