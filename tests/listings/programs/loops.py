"""while_loop: its variables, what it captures, loops and conditionals in one another, and gradients of all of it."""

import collections

import numpy as np


def counting(tf):
    i = tf.constant(0, name="i")
    tf.while_loop(lambda i: i < 10, lambda i: i + 2, [i])


def several_variables(tf):
    x = tf.constant([1.0, 2.0], name="x")
    i, _, z = tf.while_loop(
        lambda i, y, z: tf.logical_and(i < 5, tf.reduce_sum(y) < 100.0),
        lambda i, y, z: (i + 1, y * 2.0, z + tf.reduce_mean(y)),
        [0, x, tf.constant(0.0)],
        parallel_iterations=3,
        name="grow",
    )
    tf.add(z, tf.cast(i, tf.float32), name="after")


def nested_structure(tf):
    Pair = collections.namedtuple("Pair", "j k")
    start = (tf.constant(0), Pair(tf.constant(1), [tf.constant(2.0), tf.constant([3.0])]))
    i, pair = tf.while_loop(
        lambda i, p: i < 4, lambda i, p: (i + 1, Pair(p.j + i, [p.k[0] * 2.0, p.k[1] + p.k[0]])), start
    )
    tf.identity(pair.k[1], name="last")
    tf.identity(pair.j + i, name="sum")


def captured(tf):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    v = tf.Variable([[1.0, 0.5], [0.25, 1.0]], name="v")
    c = tf.constant(0.5, name="c")
    n = tf.shape(x)[0]
    _, y = tf.while_loop(lambda i, y: i < n, lambda i, y: (i + 1, tf.matmul(y, v) * c + v[0]), [0, x])
    tf.reduce_sum(y)
    return {x: [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]}


def constants_inside(tf):
    tf.while_loop(
        lambda i, y: i < tf.constant(3, name="limit"),
        lambda i, y: (i + tf.constant(1), y + tf.random_uniform([2], seed=3) + tf.zeros([2])),
        [tf.constant(0), tf.ones([2])],
    )


def shape_invariants(tf):
    rows = tf.ones([2, 2], name="rows")
    i = tf.constant(0, name="i")
    _, grown = tf.while_loop(
        lambda i, m: i < 3,
        lambda i, m: (i + 1, tf.concat([m, m], axis=0)),
        [i, rows],
        shape_invariants=[i.get_shape(), tf.TensorShape([None, 2])],
    )
    tf.shape(grown)


def nested_loops(tf):
    x = tf.constant(1.0, name="x")

    def outer(i, y):
        _, inner = tf.while_loop(lambda j, z: j < i, lambda j, z: (j + 1, z * 2.0 + x), [0, y])
        return i + 1, inner + 1.0

    tf.while_loop(lambda i, y: i < 4, outer, [0, x])


def cond_in_a_loop(tf):
    x = tf.constant(2.0, name="x")
    tf.while_loop(
        lambda i, y: i < 5,
        lambda i, y: (i + 1, tf.cond(tf.equal(i % 2, 0), lambda: y + x, lambda: y * tf.constant(3.0))),
        [0, x],
    )


def loop_in_a_cond(tf):
    p = tf.placeholder(tf.bool, [], name="p")
    x = tf.constant(2.0, name="x")

    def repeated():
        return tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * x), [0, x])[1]

    tf.cond(p, repeated, lambda: x + 1.0)
    return {p: True}


def indexed_slices_and_sparse(tf):
    i = tf.constant(0, name="i")
    values = tf.constant([[2.0, 4.0], [3.0, 5.0]], name="values")
    x = tf.IndexedSlices(values, tf.constant([0, 3], name="indices"), tf.constant([10, 2], name="dense_shape"))
    _, y = tf.while_loop(
        lambda i, x: i < 4, lambda i, x: (i + 1, tf.IndexedSlices(x.values * 2.0, x.indices, x.dense_shape)), [i, x]
    )
    tf.identity(y.values)
    s = tf.SparseTensor([[0, 1], [2, 0]], [1.0, 2.0], [3, 2])
    _, t = tf.while_loop(
        lambda i, s: i < 4, lambda i, s: (i + 1, tf.SparseTensor(s.indices, s.values * 2.0, s.dense_shape)), [i, s]
    )
    tf.sparse_tensor_to_dense(t)


def tensor_array_variable(tf):
    x = tf.constant([1.0, 2.0, 3.0], name="x")
    array = tf.TensorArray(tf.float32, size=3)
    _, array = tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a.write(i, x[i] * 2.0)), [0, array])
    tf.gradients(array.stack(), x)


def control_dependencies_inside(tf):
    v = tf.Variable(0.0, name="v")
    before = tf.assign_add(v, 1.0, name="before")

    def body(i, y):
        step = tf.assign_add(v, 2.0, name="step")
        with tf.control_dependencies([step]):
            return i + 1, tf.identity(y) + 1.0

    with tf.control_dependencies([before]):
        loop = tf.while_loop(lambda i, y: i < 3, body, [0, tf.constant(0.0)], parallel_iterations=1)
    with tf.control_dependencies([loop[0]]):
        tf.no_op(name="afterwards")


def assign_in_a_body(tf):
    v = tf.Variable([1.0, 2.0], name="v")
    n = tf.Variable(0, name="n", trainable=False)

    def body(i):
        with tf.control_dependencies([tf.assign(v, v * 2.0)]):
            return tf.assign_add(n, 1) + 0 * i

    tf.while_loop(lambda i: i < 4, body, [tf.constant(0)], parallel_iterations=1)


def gradient(tf):
    x = tf.constant(2.0, name="x")
    c = tf.constant(1.5, name="c")
    _, y = tf.while_loop(lambda i, y: i < 4, lambda i, y: (i + 1, y * y * c), [0, x])
    tf.gradients(y, [x, c])


def gradient_of_several_variables(tf):
    x = tf.constant([1.0, 2.0], name="x")
    w = tf.constant([[0.5, 0.1], [0.2, 0.4]], name="w")
    _, y, z, _ = tf.while_loop(
        lambda i, y, z, u: i < 3,
        lambda i, y, z, u: (i + 1, tf.reshape(tf.matmul(tf.expand_dims(y, 0), w), [2]), z + tf.sin(y), u),
        [0, x, tf.zeros([2]), tf.constant(3.0)],
    )
    tf.gradients(tf.reduce_sum(y * z), [x, w])


def gradient_of_one_of_the_exits(tf):
    x = tf.constant(2.0, name="x")
    y = tf.constant(3.0, name="y")
    _, a, _ = tf.while_loop(lambda i, a, b: i < 3, lambda i, a, b: (i + 1, a * b, b + 1.0), [0, x, y])
    tf.gradients(a, [x, y])


def gradient_where_a_turn_forgets(tf):
    x = tf.constant(2.0, name="x")
    c = tf.placeholder(tf.float32, [], name="c")
    _, y, z = tf.while_loop(lambda i, y, z: i < 3, lambda i, y, z: (i + 1, c * 2.0, tf.sin(c)), [0, x, x * x])
    tf.gradients(y + z, [x, c])
    return {c: 3.0}


def gradient_of_nested_structure(tf):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]], name="x")
    v = tf.Variable([[0.5, 0.1], [0.2, 0.4]], name="v")
    _, (y, z) = tf.while_loop(
        lambda i, s: i < 2, lambda i, s: (i + 1, (tf.tanh(tf.matmul(s[0], v)), s[1] + s[0])), (0, (x, x))
    )
    tf.gradients([y, z], [x, v])


def gradient_of_nested_loops(tf):
    x = tf.constant(0.5, name="x")
    w = tf.constant(1.1, name="w")

    def outer(i, y):
        _, inner = tf.while_loop(lambda j, z: j < i, lambda j, z: (j + 1, tf.sin(z) * w), [0, y])
        return i + 1, inner * x

    _, y = tf.while_loop(lambda i, y: i < 3, outer, [0, x])
    tf.gradients(y, [x, w])


def gradient_of_nested_loops_of_unknown_shape(tf):
    x = tf.placeholder(tf.float32, [None], name="x")
    w = tf.placeholder(tf.float32, [None], name="w")

    def outer(i, y):
        _, inner, _ = tf.while_loop(
            lambda j, z, u: j < 2, lambda j, z, u: (j + 1, z * w + u, u), [0, y, tf.expand_dims(tf.reduce_sum(y), 0)]
        )
        return i + 1, inner

    _, y = tf.while_loop(lambda i, y: i < 3, outer, [0, x])
    tf.gradients(tf.reduce_sum(y), [x, w])
    return {x: [0.5, 0.25], w: [1.5, 0.5]}


def gradient_of_cond_in_a_loop(tf):
    x = tf.constant(2.0, name="x")
    c = tf.constant(3.0, name="c")
    _, y = tf.while_loop(
        lambda i, y: i < 5,
        lambda i, y: (i + 1, tf.cond(tf.equal(i % 2, 0), lambda: y * y + x, lambda: y * c)),
        [0, x],
    )
    tf.gradients(y, [x, c])


def gradient_of_cond_of_unknown_shape_in_a_loop(tf):
    x = tf.placeholder(tf.float32, [None], name="x")
    c = tf.placeholder(tf.float32, [None], name="c")

    def body(i, y):
        return i + 1, tf.cond(i < 2, lambda: tf.sin(y) * c, lambda: y + 1.0)

    _, y = tf.while_loop(lambda i, y: i < 3, body, [0, x])
    tf.gradients(y, [x, c])
    return {x: [0.5, 0.25], c: [1.5, 0.5]}


def gradient_of_loop_in_a_cond(tf):
    p = tf.placeholder(tf.bool, [], name="p")
    x = tf.constant(2.0, name="x")
    c = tf.constant(1.5, name="c")

    def repeated():
        return tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * y * c), [0, x])[1]

    y = tf.cond(p, repeated, lambda: x + c)
    tf.gradients(y, [x, c])
    return {p: True}


def gradient_of_shape_invariants(tf):
    x = tf.constant([[1.0, 2.0]], name="x")
    i = tf.constant(0)
    _, y = tf.while_loop(
        lambda i, m: i < 3,
        lambda i, m: (i + 1, tf.concat([m, m * 2.0], axis=0)),
        [i, x],
        shape_invariants=[i.get_shape(), tf.TensorShape([None, 2])],
    )
    tf.gradients(tf.reduce_sum(y * y), x)


def gradient_of_unknown_shape(tf):
    x = tf.placeholder(tf.float32, name="x")
    b = tf.placeholder(tf.float32, [None], name="b")
    _, y = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, tf.reduce_mean(y) * y + b), [0, x])
    tf.gradients(y, [x, b])
    return {x: [1.0, 2.0, 3.0], b: [0.1, 0.2, 0.3]}


def minimize_through_a_captured_variable(tf):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    w = tf.Variable([[0.5, 0.1], [0.2, 0.4]], name="w")
    b = tf.Variable([0.0, 0.0], name="b")
    _, y = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, tf.tanh(tf.matmul(y, w) + b)), [0, x])
    tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(tf.square(y)))
    return {x: [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]}


def minimize_colocated_and_gated(tf):
    x = tf.constant([1.0, 2.0], name="x")
    w = tf.Variable([0.5, 0.1], name="w")
    _, y = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * w + y), [0, x])
    optimizer = tf.train.MomentumOptimizer(0.1, 0.9)
    gates = tf.train.Optimizer.GATE_OP
    optimizer.minimize(tf.reduce_sum(y), colocate_gradients_with_ops=True, gate_gradients=gates)


def rows_of_an_embedding(tf):
    table = tf.Variable(np.arange(8, dtype=np.float32).reshape(4, 2), name="table")
    ids = tf.constant([2, 0, 2], name="ids")
    _, y = tf.while_loop(
        lambda i, y: i < 3,
        lambda i, y: (i + 1, y + tf.nn.embedding_lookup(table, ids[i : i + 2])),
        [0, tf.ones([1, 2])],
        shape_invariants=[tf.TensorShape([]), tf.TensorShape([None, 2])],
    )
    tf.train.GradientDescentOptimizer(0.1).minimize(tf.reduce_sum(y))


def rows_of_a_table_of_unknown_shape(tf):
    table = tf.placeholder(tf.float32, [None, None], name="table")
    _, y = tf.while_loop(
        lambda i, y: i < 3, lambda i, y: (i + 1, y + tf.reduce_sum(tf.gather(table, [i, 0]))), [0, tf.constant(0.0)]
    )
    rows = tf.gradients(y, table)[0]
    tf.convert_to_tensor(rows)
    return {table: [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]}


def gradients_twice(tf):
    x = tf.constant(2.0, name="x")
    _, y, z = tf.while_loop(lambda i, y, z: i < 3, lambda i, y, z: (i + 1, y * y, z * y), [0, x, x])
    tf.gradients(y, x)
    tf.gradients(z, x, name="again")


def gradients_inside_a_body(tf):
    x = tf.constant(3.0, name="x")
    t = tf.constant(2.0, name="t")

    def body(i, y):
        z = tf.sin(y) * t
        return i + 1, y + tf.gradients(z, y)[0]

    _, y = tf.while_loop(lambda i, y: i < 3, body, [0, x])
    tf.identity(y)


def gradients_inside_a_body_of_a_loop(tf):
    x = tf.constant(3.0, name="x")

    def body(i, y):
        _, z = tf.while_loop(lambda j, z: j < 2, lambda j, z: (j + 1, z * z + y), [0, y])
        return i + 1, y + tf.gradients(z, y)[0]

    tf.while_loop(lambda i, y: i < 3, body, [0, x])


def no_back_prop(tf):
    x = tf.constant(2.0, name="x")
    _, y = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * y), [0, x], back_prop=False)
    assert tf.gradients(y, x) == [None]
    tf.gradients(y * x, x)


def stopped(tf):
    x = tf.constant(2.0, name="x")
    _, y = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * tf.stop_gradient(y) + x), [0, x])
    tf.gradients(tf.stop_gradient(y) * x + y, x)


def swapped(tf):
    x = tf.constant(2.0, name="x")
    _, y = tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, tf.exp(y) * 0.1), [0, x], swap_memory=True)
    tf.gradients(y, x, grad_ys=tf.constant(3.0))


def gradient_of_a_loop_in_a_cond_in_a_loop(tf):
    x = tf.constant(0.5, name="x")
    c = tf.placeholder(tf.float32, [None], name="c")

    def body(i, y):
        def repeated():
            return tf.while_loop(lambda j, z: j < 2, lambda j, z: (j + 1, tf.sin(z) * tf.reduce_sum(c)), [0, y])[1]

        return i + 1, tf.cond(i > 0, repeated, lambda: y * x)

    _, y = tf.while_loop(lambda i, y: i < 3, body, [0, x])
    tf.gradients(y, [x, c])
    return {c: [1.5, 0.5]}


def gradient_of_conds_in_a_cond_in_a_loop(tf):
    x = tf.placeholder(tf.float32, [None], name="x")
    c = tf.constant(1.5, name="c")

    def body(i, y):
        def inner():
            return tf.cond(i > 1, lambda: y * y, lambda: tf.exp(-y) * c)

        return i + 1, tf.cond(i < 2, inner, lambda: y + c)

    _, y = tf.while_loop(lambda i, y: i < 4, body, [0, x])
    tf.gradients(y, [x, c])
    return {x: [0.5, 0.25]}


def gradient_of_an_unused_exit_of_an_inner_loop(tf):
    x = tf.placeholder(tf.float32, [None], name="x")

    def outer(i, y):
        _, z, _ = tf.while_loop(lambda j, z, u: j < 2, lambda j, z, u: (j + 1, z * u, u + z), [0, y, tf.sin(y)])
        return i + 1, z

    _, y = tf.while_loop(lambda i, y: i < 2, outer, [0, x])
    tf.gradients(y, x)
    return {x: [0.5, 0.25]}


def gradient_of_rows_in_nested_loops(tf):
    table = tf.Variable([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], name="table")

    def outer(i, y):
        _, z = tf.while_loop(lambda j, z: j < 2, lambda j, z: (j + 1, z + tf.gather(table, [i, j])), [0, y])
        return i + 1, z * 0.5

    _, y = tf.while_loop(lambda i, y: i < 2, outer, [0, tf.ones([2, 2])])
    tf.gradients(tf.reduce_sum(y), table)


def gradient_of_shapes_and_sizes_inside(tf):
    x = tf.placeholder(tf.float32, [None, 2], name="x")

    def body(i, y):
        scaled = y / tf.cast(tf.size(y), tf.float32)
        return i + 1, tf.cond(
            i < 1, lambda: tf.reshape(tf.reduce_max(scaled, 1) * scaled[:, 0], [-1, 1]) + y, lambda: y
        )

    _, y = tf.while_loop(lambda i, y: i < 2, body, [0, x])
    tf.gradients(tf.reduce_mean(y), x)
    return {x: [[1.0, 2.0], [3.0, 5.0], [8.0, 6.0]]}


def gradient_of_integers_and_floats(tf):
    n = tf.constant([1, 2], name="n")
    x = tf.constant(2.0, name="x")
    _, m, y = tf.while_loop(
        lambda i, m, y: i < 3, lambda i, m, y: (i + 1, m * 2, y * tf.cast(tf.reduce_sum(m), tf.float32)), [0, n, x]
    )
    tf.gradients(y, [x])
    tf.gradients(m, [n], name="of_integers")


def gradient_of_loops_in_a_row(tf):
    x = tf.constant([1.0, 2.0], name="x")
    w = tf.Variable([0.5, 0.1], name="w")
    _, y = tf.while_loop(lambda i, y: i < 2, lambda i, y: (i + 1, y * w), [0, x])
    _, z = tf.while_loop(lambda i, z: i < 2, lambda i, z: (i + 1, tf.sin(z) * w + y), [0, y])
    tf.train.AdamOptimizer(0.1).minimize(tf.reduce_sum(z))


def several_results_of_a_cond_in_a_loop(tf):
    x = tf.placeholder(tf.float32, [2], name="x")

    def body(i, y, z):
        a, b = tf.cond(tf.reduce_sum(y) > 1.0, lambda: (y * z, tf.sin(z)), lambda: (y + 1.0, z))
        return i + 1, a, b

    _, y, z = tf.while_loop(lambda i, y, z: i < 3, body, [0, x, x * 2.0])
    tf.gradients([y, z], x)
    return {x: [0.5, 0.25]}
