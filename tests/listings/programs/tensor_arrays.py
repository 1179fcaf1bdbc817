"""TensorArrays outside and inside loops, and the loops over rows that use them: map_fn, scan, foldl, foldr."""


def write_and_read(tf):
    x = tf.constant([1.0, 2.0], name="x")
    y = tf.constant(3.0, name="y")
    array = tf.TensorArray(tf.float32, size=2, infer_shape=False, tensor_array_name="mixed")
    array = array.write(0, x).write(1, y * y)
    pieces = [array.read(0), array.read(1, name="second")]
    array.size()
    tf.gradients([pieces[0] * 2.0, pieces[1]], [x, y])


def stack_and_unstack(tf):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], name="x")
    array = tf.TensorArray(tf.float32, size=3, clear_after_read=False).unstack(x)
    y = array.stack()
    z = array.stack(name="again")
    tf.gradients(tf.reduce_sum(y * z), x)


def gather_and_scatter(tf):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    array = tf.TensorArray(tf.float32, size=4, clear_after_read=False, element_shape=tf.TensorShape([2]))
    array = array.scatter([3, 0, 1, 2], x)
    chosen = array.gather([1, 3], name="chosen")
    tf.gradients([chosen * chosen, array.stack()], x)
    return {x: [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]}


def split_and_concat(tf):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], name="x")
    array = tf.TensorArray(tf.float32, size=2, clear_after_read=False, infer_shape=False).split(x, [1, 2])
    whole = array.concat()
    tf.gradients([whole * whole, array.read(1)], x)
    even = tf.TensorArray(tf.float32, size=3).split(x, [1, 1, 1])
    tf.gradients(even.concat(name="even"), x)


def dynamic_size(tf):
    x = tf.constant([1.0, 2.0], name="x")
    array = tf.TensorArray(tf.float32, size=0, dynamic_size=True, element_shape=[2], name="growing")
    array = array.write(0, x).write(1, 2.0 * x)
    with tf.control_dependencies([array.flow]):
        array = array.identity()
    tf.gradients(array.stack(), x)


def several_gradients(tf):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]], name="x")
    array = tf.TensorArray(tf.float32, size=2, clear_after_read=False).unstack(x)
    first, second = array.read(0), array.read(0)
    tf.gradients(first, x)
    tf.gradients([first, second], x, name="gradients_of_both")
    array.grad("apart").write(0, first).read(0)


def written_in_a_loop(tf):
    x = tf.constant([1.0, 2.0], name="x")

    def turn(i, array):
        return i + 1, array.write(i, x * tf.to_float(i))

    array = tf.TensorArray(tf.float32, size=3)
    _, array = tf.while_loop(lambda i, _: i < 3, turn, (0, array))
    array.stack()


def written_in_a_loop_gradient(tf):
    x = tf.constant([1.0, 2.0], name="x")

    def turn(i, array):
        return i + 1, array.write(i, x * tf.to_float(i))

    array = tf.TensorArray(tf.float32, size=3)
    _, array = tf.while_loop(lambda i, _: i < 3, turn, (0, array))
    tf.gradients(array.stack(), x)


def read_in_a_loop_gradient(tf):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    n = tf.shape(x)[0]
    rows = tf.TensorArray(tf.float32, size=n).unstack(x)
    total = tf.while_loop(
        lambda i, _: i < n, lambda i, total: (i + 1, total * 0.5 + rows.read(i)), (0, tf.zeros([2])), name="sum"
    )[1]
    tf.gradients(total * total, x)
    return {x: [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]}


def recurrence_gradient(tf):
    x = tf.placeholder(tf.float32, [3, 2], name="x")
    w = tf.Variable([[0.5, -0.5], [0.25, 1.0]], name="w")
    rows = tf.TensorArray(tf.float32, size=3).unstack(x)
    states = tf.TensorArray(tf.float32, size=3)

    def turn(i, state, states):
        state = tf.tanh(tf.matmul(state, w) + rows.read(i))
        return i + 1, state, states.write(i, state)

    _, last, states = tf.while_loop(lambda i, *_: i < 3, turn, (0, tf.zeros([1, 2]), states))
    tf.gradients([states.concat(), last], [w, x])
    return {x: [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]}


def read_back_in_a_loop_gradient(tf):
    x = tf.constant([1.0, 2.0], name="x")
    array = tf.TensorArray(tf.float32, size=5, clear_after_read=False).write(0, x[0]).write(1, x[1])
    _, array = tf.while_loop(
        lambda i, _: i < 5, lambda i, a: (i + 1, a.write(i, a.read(i - 1) * tf.sin(a.read(i - 2)))), (2, array)
    )
    tf.gradients(array.stack(), x)


def dynamic_size_in_a_loop(tf):
    def turn(i, array):
        return i + 1, array.write(i, tf.square(i))

    array = tf.TensorArray(tf.int32, size=0, dynamic_size=True)
    _, array = tf.while_loop(lambda i, _: i < 4, turn, (0, array))
    with tf.control_dependencies([array.stack(), array.size()]):
        array.close()


def map_simple(tf):
    tf.map_fn(lambda x: (x + 3) * 2, tf.constant([1, 2, 3], name="x"))


def map_gradient(tf):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]], name="x")
    w = tf.Variable(2.0, name="w")
    y = tf.map_fn(lambda row: tf.square(row) * w, x, name="squares")
    tf.gradients(y, [x, w])


def map_of_several(tf):
    x = tf.constant([1.0, 2.0, 3.0], name="x")
    y = tf.placeholder(tf.float32, [None], name="y")
    tf.map_fn(lambda both: both[0] * both[1], (x, y), dtype=tf.float32)
    parts = tf.map_fn(lambda both: (both[0] > both[1], [both[1], both[0]]), (x, y), (tf.bool, [tf.float32] * 2))
    tf.gradients(parts[1], [x, y])
    return {y: [3.0, 2.0, 1.0]}


def map_of_unknown_rank(tf):
    x = tf.placeholder(tf.float32, name="x")
    tf.map_fn(lambda row: tf.reduce_sum(row), x, infer_shape=False)
    return {x: [[1.0, 2.0], [3.0, 4.0]]}


def map_with_a_variable(tf):
    with tf.variable_scope("root"):

        def doubled(x):
            with tf.variable_scope("body"):
                return x * tf.get_variable("two", [], initializer=tf.constant_initializer(2.0))

        tf.map_fn(doubled, tf.constant([1.0, 2.0, 3.0], name="x"))


def map_in_a_map(tf):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]], name="x")
    tf.map_fn(lambda row: tf.map_fn(lambda y: y * y, row), x)


def map_in_a_map_gradient(tf):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]], name="x")
    tf.gradients(tf.map_fn(lambda row: tf.map_fn(lambda y: tf.sin(y) * y, row), x), x)


def scan_products(tf):
    tf.scan(lambda a, x: a * x, tf.constant([1.0, 2.0, 3.0], name="x"))


def scan_gradient(tf):
    x = tf.constant([1.0, 2.0, 3.0], name="x")
    v = tf.constant(2.0, name="v")
    y = tf.scan(lambda a, x: a * x, x, initializer=v)
    tf.gradients(y, [x, v])


def scan_of_several(tf):
    x = tf.placeholder(tf.float32, [None, 2], name="x")
    k = tf.constant([1, 2, 3], name="k")
    states = tf.scan(
        lambda a, row: (a[0] + row[0], a[1] * row[1]), (x, k), (tf.zeros([2]), tf.constant(1)), name="sums"
    )
    tf.gradients(states[0], x)
    return {x: [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]}


def scan_gradient_of_the_first_row(tf):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], name="x")
    w = tf.constant([[0.5, 0.1], [0.2, -0.5]], name="w")
    y = tf.scan(lambda a, row: tf.tanh(tf.reduce_sum(w * a, 1)) + row, x)
    tf.gradients(y, [w, x])


def fold_in_a_scan_gradient(tf):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    y = tf.scan(lambda a, row: a + tf.foldl(lambda b, each: b * tf.sin(each), row), x, initializer=0.0)
    tf.gradients(y, x)
    return {x: [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]}


def folds(tf):
    x = tf.constant([1, 2, 3], name="x")
    tf.foldl(lambda a, x: (a + x) * 2, x)
    tf.foldl(lambda a, x: (a + x) * 2, x, initializer=10, name="from_ten")
    tf.foldr(lambda a, x: (a + x) * 2, x)
    tf.foldr(lambda a, x: (a + x) * 2, [1, 2, 3], initializer=10)


def foldl_gradient(tf):
    x = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], name="x")
    v = tf.constant([1.0, 0.5], name="v")
    tf.gradients(tf.foldl(lambda a, row: a * row, x, initializer=v), [x, v])


def foldr_gradient(tf):
    x = tf.placeholder(tf.float32, [None], name="x")
    v = tf.constant(2.0, name="v")
    tf.gradients(tf.foldr(lambda a, each: tf.sin(a) * each, x, initializer=v), v)
    return {x: [1.0, 2.0, 3.0]}
