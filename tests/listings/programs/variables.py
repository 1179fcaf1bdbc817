"""Variables, their initializers, and what assigns to them."""


def variables(tf):
    tf.Variable(1.0)
    tf.Variable([1, 2], name="numbers", trainable=False)
    tf.Variable(tf.zeros([2, 3]), name="matrix")
    tf.Variable(lambda: tf.ones([2]), name="called", dtype=tf.float32)
    tf.Variable("text", name="string")
    tf.global_variables_initializer()


def no_variables(tf):
    tf.global_variables_initializer()
    tf.local_variables_initializer()


def initializer_ops(tf):
    v = tf.Variable(1.0, name="v")
    w = tf.Variable(2.0, name="w", collections=[tf.GraphKeys.LOCAL_VARIABLES])
    tf.global_variables_initializer()
    tf.local_variables_initializer()
    tf.variables_initializer([v, w], name="both")
    tf.is_variable_initialized(v)
    tf.report_uninitialized_variables()


def initial_from_another(tf):
    v = tf.Variable([1.0, 2.0], name="v")
    tf.Variable(v.initialized_value() * 2.0, name="w")


def get_variable_initializers(tf):
    tf.set_random_seed(3)
    tf.get_variable("default", [2, 3])
    tf.get_variable("zeros", [2], initializer=tf.zeros_initializer())
    tf.get_variable("ones", [2], initializer=tf.ones_initializer(dtype=tf.float64), dtype=tf.float64)
    tf.get_variable("constant", [2, 2], initializer=tf.constant_initializer([1.0, 2.0, 3.0, 4.0]))
    tf.get_variable("normal", [2], initializer=tf.random_normal_initializer(1.0, 2.0))
    tf.get_variable("truncated", [2], initializer=tf.truncated_normal_initializer(stddev=0.1, seed=5))
    tf.get_variable("uniform", [2], initializer=tf.random_uniform_initializer(-1.0, 1.0))
    tf.get_variable("unit", [2, 3], initializer=tf.uniform_unit_scaling_initializer())
    tf.get_variable("from_tensor", initializer=tf.constant([1.0, 2.0]))
    tf.get_variable("integers", [2], dtype=tf.int32, initializer=tf.zeros_initializer())


def orthogonal(tf):
    tf.get_variable("orthogonal", [3, 2], initializer=tf.orthogonal_initializer(seed=1))


def assigns(tf):
    v = tf.Variable([1.0, 2.0], name="v")
    tf.assign(v, [3.0, 4.0])
    v.assign_add([1.0, 1.0])
    v.assign_sub([1.0, 1.0], use_locking=True)
    tf.assign_add(v, tf.assign(v, v * 2.0))


def scatters(tf):
    v = tf.Variable([1.0, 2.0, 3.0], name="v")
    tf.scatter_update(v, [0, 1], [5.0, 6.0])
    tf.scatter_add(v, [0, 0], [1.0, 1.0])
    tf.scatter_sub(v, [2], [1.0])
    tf.scatter_mul(v, 1, 2.0)
    tf.scatter_div(v, [1], [2.0])
    tf.scatter_nd_update(v, [[0]], [7.0])
    tf.scatter_nd_add(v, [[1]], [8.0])
    tf.scatter_nd_sub(v, [[2]], [9.0])
    v.scatter_sub(tf.IndexedSlices(tf.constant([1.0]), tf.constant([0])))


def counters(tf):
    i = tf.Variable(0, name="i")
    i.count_up_to(3)
    tf.count_up_to(i, 5, name="to_five")


def variable_operators(tf):
    v = tf.Variable([1.0, 2.0], name="v")
    w = tf.Variable([3.0, 4.0], name="w")
    v + w
    v * 2.0
    -v
    v[0]
    v > w
    tf.identity(v)
    tf.convert_to_tensor(v)
    tf.shape(v)


def partitioned(tf):
    with tf.variable_scope("parts", partitioner=tf.fixed_size_partitioner(2)):
        v = tf.get_variable("v", [4, 2], initializer=tf.ones_initializer())
    tf.convert_to_tensor(v)


def seeded_variables(tf):
    tf.set_random_seed(42)
    w = tf.Variable(tf.random_normal([2, 3], stddev=0.5), name="w")
    tf.Variable(tf.truncated_normal([3]), name="b")
    tf.Variable(tf.random_uniform([2], -1.0, 1.0, seed=7), name="u")
    tf.reduce_mean(w)


def temporary_and_validated(tf):
    v = tf.Variable(tf.placeholder_with_default([1.0, 2.0, 3.0], [None]), validate_shape=False, name="v")
    tf.assign(v, [1.0, 2.0, 3.0], validate_shape=False)
