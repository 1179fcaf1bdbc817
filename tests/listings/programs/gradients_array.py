"""Gradients of what rearranges: shapes, joins, splits, slices, gathers."""


def _each(tf, x, functions):
    for function in functions:
        tf.gradients(function(x), x)


def reshapes(tf):
    x = tf.placeholder(tf.float32, [2, 3, 1], name="x")
    _each(
        tf,
        x,
        [
            lambda x: tf.reshape(x, [3, 2]),
            lambda x: tf.reshape(x, [-1]),
            tf.squeeze,
            lambda x: tf.squeeze(x, [2]),
            lambda x: tf.expand_dims(x, 0),
            lambda x: tf.expand_dims(x, -1),
            lambda x: tf.contrib.layers.flatten(x),
        ],
    )
    return {x: [[[1.0], [2.0], [3.0]]] * 2}


def transposes(tf):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    batch = tf.placeholder(tf.float32, [None, 2, 3], name="batch")
    _each(tf, x, [tf.transpose, lambda x: tf.transpose(x, [1, 0]), tf.matrix_transpose])
    _each(tf, batch, [lambda x: tf.transpose(x, perm=[0, 2, 1]), tf.matrix_transpose])
    return {x: [[1.0, 2.0, 3.0]] * 2, batch: [[[1.0, 2.0, 3.0]] * 2]}


def concats(tf):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    y = tf.placeholder(tf.float32, [2, 1], name="y")
    tf.gradients(tf.concat([x, y], 1), [x, y])
    tf.gradients(tf.concat([x, x], axis=0), x)
    tf.gradients(tf.concat([x], 0), x)
    tf.gradients(tf.concat([x, y], -1), [x, y])
    return {x: [[1.0, 2.0, 3.0]] * 2, y: [[1.0], [2.0]]}


def stacks(tf):
    x = tf.placeholder(tf.float32, [3], name="x")
    y = tf.placeholder(tf.float32, [3], name="y")
    tf.gradients(tf.stack([x, y]), [x, y])
    tf.gradients(tf.stack([x, y], axis=1), [x, y])
    rows = tf.unstack(tf.stack([x, y], name="pair"))
    tf.gradients(rows[0] * 2.0, [x, y])
    tf.gradients(tf.unstack(x), x)
    return {x: [1.0, 2.0, 3.0], y: [4.0, 5.0, 6.0]}


def splits(tf):
    x = tf.placeholder(tf.float32, [2, 6], name="x")
    a, _, c = tf.split(x, 3, 1)
    tf.gradients(a + c, x)
    d, e = tf.split(value=x, num_or_size_splits=[4, 2], axis=1)
    tf.gradients([d, e], x)
    tf.gradients(e, x)
    return {x: [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]] * 2}


def slices(tf):
    x = tf.placeholder(tf.float32, [3, 4], name="x")
    _each(
        tf,
        x,
        [
            lambda x: tf.slice(x, [0, 1], [2, 2]),
            lambda x: tf.slice(x, [1, 0], [-1, -1]),
            lambda x: x[0],
            lambda x: x[1:, ::2],
            lambda x: x[:, -1],
            lambda x: x[..., tf.newaxis],
            lambda x: tf.strided_slice(x, [0, 0], [2, 3], [1, 2]),
        ],
    )
    return {x: [[1.0, 2.0, 3.0, 4.0]] * 3}


def pads(tf):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    _each(
        tf,
        x,
        [
            lambda x: tf.pad(x, [[1, 0], [0, 2]]),
            lambda x: tf.pad(x, [[1, 1], [0, 2]], mode="REFLECT"),
            lambda x: tf.pad(x, [[1, 1], [0, 2]], "SYMMETRIC"),
        ],
    )
    return {x: [[1.0, 2.0, 3.0]] * 2}


def tiles_and_fills(tf):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    scalar = tf.placeholder(tf.float32, [], name="scalar")
    tf.gradients(tf.tile(x, [2, 1]), x)
    tf.gradients(tf.fill([2, 2], scalar), scalar)
    return {x: [[1.0, 2.0, 3.0]] * 2, scalar: 1.0}


def gathers(tf):
    x = tf.placeholder(tf.float32, [3, 2], name="x")
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0]], name="v")
    ids = tf.placeholder(tf.int32, [None], name="ids")
    tf.gradients(tf.gather(x, ids), x)
    tf.gradients(tf.gather(v, [1, 0]) * 2.0, v)
    tf.gradients(tf.nn.embedding_lookup(v, ids), v)
    tf.gradients(tf.gather_nd(x, [[0, 1], [2, 0]]), x)
    return {x: [[1.0, 2.0]] * 3, ids: [0, 1]}


def sums_of_gathers(tf):
    """Two sparse gradients, then a sparse one beside a dense one."""
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0]], name="v")
    sparse = tf.gather(v, [0]) + tf.gather(v, [1])
    tf.gradients(sparse, v)
    tf.gradients(tf.reduce_sum(sparse) + tf.reduce_sum(v), v)


def scatters(tf):
    x = tf.placeholder(tf.float32, [2], name="x")
    tf.gradients(tf.scatter_nd([[0], [2]], x, [4]), x)
    return {x: [1.0, 2.0]}


def dynamic_partition_and_stitch(tf):
    x = tf.placeholder(tf.float32, [3], name="x")
    a, b = tf.dynamic_partition(x, [0, 1, 0], 2)
    y = tf.dynamic_stitch([[0, 2], [1]], [a, b])
    tf.gradients(y, x)
    return {x: [1.0, 2.0, 3.0]}


def reverses(tf):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    tf.gradients(tf.reverse(x, [1]), x)
    tf.gradients(tf.reverse_sequence(x, [1, 3], seq_axis=1, batch_axis=0), x)
    return {x: [[1.0, 2.0, 3.0]] * 2}


def diagonals(tf):
    x = tf.placeholder(tf.float32, [2], name="x")
    m = tf.placeholder(tf.float32, [2, 2], name="m")
    tf.gradients(tf.diag(x), x)
    tf.gradients(tf.diag_part(m), m)
    tf.gradients(tf.matrix_diag(x), x)
    tf.gradients(tf.matrix_diag_part(m), m)
    tf.gradients(tf.matrix_band_part(m, 0, -1), m)
    tf.gradients(tf.matrix_set_diag(m, x), [m, x])
    return {x: [1.0, 2.0], m: [[1.0, 2.0], [3.0, 4.0]]}


def space_and_depth(tf):
    x = tf.placeholder(tf.float32, [1, 2, 2, 4], name="x")
    _each(
        tf,
        x,
        [
            lambda x: tf.space_to_depth(x, 2),
            lambda x: tf.depth_to_space(x, 2),
            lambda x: tf.space_to_batch_nd(x, [2, 2], [[0, 0], [0, 0]]),
            lambda x: tf.extract_image_patches(x, [1, 2, 2, 1], [1, 1, 1, 1], [1, 1, 1, 1], "VALID"),
        ],
    )
    return {x: [[[[1.0] * 4] * 2] * 2]}


def boolean_mask(tf):
    x = tf.placeholder(tf.float32, [3], name="x")
    tf.gradients(tf.boolean_mask(x, [True, False, True]), x)
    return {x: [1.0, 2.0, 3.0]}


def identities(tf):
    x = tf.placeholder(tf.float32, [2], name="x")
    _each(
        tf,
        x,
        [
            tf.identity,
            lambda x: tf.check_numerics(x, "not a number"),
            lambda x: tf.placeholder_with_default(x, [2]),
            lambda x: x * tf.stop_gradient(x),
        ],
    )
    return {x: [1.0, 2.0]}


def image_resizes(tf):
    x = tf.placeholder(tf.float32, [1, 2, 2, 1], name="x")
    tf.gradients(tf.image.resize_bilinear(x, [4, 4]), x)
    tf.gradients(tf.image.resize_nearest_neighbor(x, [3, 3]), x)
    return {x: [[[[1.0], [2.0]], [[3.0], [4.0]]]]}
