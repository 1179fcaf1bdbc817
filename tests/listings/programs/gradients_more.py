"""What tf.gradients does beyond one y and one x."""


def simplest(tf):
    x = tf.constant(3.0)
    tf.gradients(x * x, x)


def variable_and_its_value(tf):
    v = tf.Variable(2.0, name="v")
    y = v * v
    tf.gradients(y, v)
    tf.gradients(y, [v, v.value()])


def several_ys(tf):
    x = tf.constant([1.0, 2.0], name="x")
    tf.gradients([x * 2.0, tf.exp(x), x], x)


def grad_ys(tf):
    x = tf.constant([1.0, 2.0], name="x")
    y = tf.square(x, name="y")
    z = tf.exp(x, name="z")
    tf.gradients(y, x, grad_ys=tf.constant([3.0, 4.0], name="dy"))
    tf.gradients([y, z], x, grad_ys=[None, tf.ones([2])])
    tf.gradients([y, z], [x], grad_ys=[[0.5, 0.5], None], name="weighted")


def unconnected(tf):
    x = tf.constant(1.0, name="x")
    other = tf.constant(2.0, name="other")
    assert tf.gradients(x * x, [other, x])[0] is None
    assert tf.gradients(tf.stop_gradient(x), x) == [None]


def through_a_middle_tensor(tf):
    x = tf.constant(2.0, name="x")
    y = tf.square(x, name="y")
    z = y * tf.exp(y)
    tf.gradients(z, [x, y])


def fan_out(tf):
    """One tensor used four times: its gradient is the AddN of four."""
    x = tf.constant([1.0, 2.0], name="x")
    y = tf.sin(x) + tf.cos(x) * x - x
    tf.gradients(y, x)


def aggregation_methods(tf):
    x = tf.constant([1.0, 2.0], name="x")
    for method in (tf.AggregationMethod.ADD_N, tf.AggregationMethod.EXPERIMENTAL_TREE):
        tf.gradients(tf.exp(x) + tf.sin(x) + tf.cos(x), x, aggregation_method=method)


def integers(tf):
    a = tf.constant(3, name="a")
    b = tf.constant(4, name="b")
    tf.gradients(a * b + a, [a, b])


def integer_division(tf):
    a = tf.constant(7, name="a")
    tf.gradients(a / 2, a)


def second_order(tf):
    x = tf.placeholder(tf.float32, [], name="x")
    y = x**3
    (dy,) = tf.gradients(y, x)
    (ddy,) = tf.gradients(dy, x)
    tf.gradients(ddy, x)
    return {x: 2.0}


def second_order_of_a_network(tf):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    w = tf.Variable([[1.0], [2.0], [3.0]], name="w")
    y = tf.tanh(tf.matmul(x, w))
    (dx,) = tf.gradients(y, x)
    penalty = tf.reduce_mean(tf.square(tf.sqrt(tf.reduce_sum(tf.square(dx), 1)) - 1.0))
    tf.gradients(penalty, w)
    return {x: [[0.1, 0.2, 0.3]] * 2}


def second_order_activations(tf):
    x = tf.placeholder(tf.float32, [2], name="x")
    for function in (tf.sigmoid, tf.tanh, tf.nn.relu, tf.sqrt, tf.exp, tf.nn.elu):
        (dx,) = tf.gradients(function(x), x)
        tf.gradients(dx, x)
    return {x: [1.0, 2.0]}


def second_order_cross_entropy(tf):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    loss = tf.nn.softmax_cross_entropy_with_logits(labels=tf.ones([2, 3]) / 3.0, logits=x)
    (dx,) = tf.gradients(loss, x)
    tf.gradients(dx, x)
    return {x: [[0.1, 0.2, 0.3]] * 2}


def hessian_of_a_quadratic(tf):
    x = tf.placeholder(tf.float32, [2], name="x")
    a = tf.constant([[2.0, 1.0], [1.0, 3.0]], name="a")
    y = tf.reduce_sum(tf.matmul(tf.expand_dims(x, 0), a) * x)
    tf.hessians(y, x)
    return {x: [1.0, 2.0]}


def hessians_of_two(tf):
    v = tf.Variable([1.0, 2.0], name="v")
    u = tf.Variable([1.0, 2.0, 3.0], name="u")
    tf.hessians(tf.reduce_sum(v**3) + tf.reduce_sum(tf.exp(u)), [v, u])


def stop_gradient(tf):
    x = tf.constant(2.0, name="x")
    y = tf.square(x)
    tf.gradients(tf.stop_gradient(y) * x + y, x)


def registered_gradient(tf):
    x = tf.constant([1.0, -2.0], name="x")
    with tf.get_default_graph().gradient_override_map({"Identity": "Sign", "Square": "Abs"}):
        y = tf.square(tf.identity(x))
    tf.gradients(y, x)


def normalised_inputs(tf):
    """A gradient with respect to the input, as adversarial examples take it."""
    x = tf.placeholder(tf.float32, [1, 4], name="x")
    w = tf.Variable(tf.ones([4, 2]), name="w")
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=[1], logits=tf.matmul(x, w))
    x + 0.1 * tf.sign(tf.gradients(loss, x)[0])
    return {x: [[0.1, 0.2, 0.3, 0.4]]}


def linear_regression_by_hand(tf):
    x = tf.constant([[1.0], [2.0], [3.0]], name="x")
    y = tf.constant([[2.0], [4.0], [6.0]], name="y")
    theta = tf.Variable([[0.5]], name="theta")
    error = tf.matmul(x, theta) - y
    gradient = 2.0 / 3 * tf.matmul(tf.transpose(x), error)
    tf.assign(theta, theta - 0.1 * gradient)
    (same,) = tf.gradients(tf.reduce_mean(tf.square(error)), [theta])
    theta.assign_sub(0.1 * same)
