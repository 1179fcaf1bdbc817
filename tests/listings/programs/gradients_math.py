"""Gradients of elementwise functions, broadcasting, reductions and products."""


def _each(tf, x, functions):
    """The gradient of each function by itself, in turn, so that a difference names its function."""
    for function in functions:
        tf.gradients(function(x), x)


def powers(tf):
    x = tf.placeholder(tf.float32, [2], name="x")
    _each(tf, x, [tf.square, tf.sqrt, tf.rsqrt, tf.reciprocal, tf.negative, tf.abs, tf.sign])
    return {x: [1.0, 2.0]}


def exponentials(tf):
    x = tf.placeholder(tf.float32, [2], name="x")
    _each(tf, x, [tf.exp, tf.expm1, tf.log, tf.log1p, tf.tanh, tf.sigmoid])
    return {x: [1.0, 2.0]}


def trigonometry(tf):
    x = tf.placeholder(tf.float32, [2], name="x")
    _each(tf, x, [tf.sin, tf.cos, tf.tan, tf.asin, tf.acos, tf.atan])
    return {x: [0.1, 0.2]}


def special_functions(tf):
    x = tf.placeholder(tf.float32, [2], name="x")
    _each(tf, x, [tf.erf, tf.erfc, tf.lgamma, tf.digamma])
    a = tf.constant([1.5, 2.5], name="a")
    tf.gradients(tf.igamma(a, x), x)
    tf.gradients(tf.igammac(a, x), x)
    return {x: [1.0, 2.0]}


def rounding(tf):
    x = tf.placeholder(tf.float32, [2], name="x")
    assert all(tf.gradients(f(x), x) == [None] for f in (tf.round, tf.floor, tf.ceil, tf.rint))
    return {x: [1.0, 2.0]}


def sums_and_differences(tf):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    row = tf.placeholder(tf.float32, [3], name="row")
    scalar = tf.Variable(2.0, name="scalar")
    tf.gradients(x + row, [x, row])
    tf.gradients(x - row, [x, row])
    tf.gradients(scalar - x, [scalar, x])
    return {x: [[1.0, 2.0, 3.0]] * 2, row: [1.0, 2.0, 3.0]}


def products_and_quotients(tf):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    y = tf.placeholder(tf.float32, [3], name="y")
    tf.gradients(x * y, [x, y])
    tf.gradients(x / y, [x, y])
    tf.gradients(tf.div(x, y), [x, y])
    tf.gradients(tf.floordiv(x, y), x)
    return {x: [[1.0, 2.0, 3.0]] * 2, y: [1.0, 2.0, 3.0]}


def pow_of_both(tf):
    x = tf.placeholder(tf.float32, [2], name="x")
    y = tf.placeholder(tf.float32, [], name="y")
    tf.gradients(tf.pow(x, y), [x, y])
    tf.gradients(x**2, x)
    return {x: [1.0, 2.0], y: 3.0}


def maximum_and_minimum(tf):
    x = tf.placeholder(tf.float32, [2], name="x")
    y = tf.placeholder(tf.float32, [1], name="y")
    tf.gradients(tf.maximum(x, y), [x, y])
    tf.gradients(tf.minimum(x, 0.5), x)
    tf.gradients(tf.squared_difference(x, y), [x, y])
    tf.gradients(tf.clip_by_value(x, 0.0, 1.0), x)
    return {x: [1.0, 2.0], y: [1.5]}


def unknown_shapes(tf):
    x = tf.placeholder(tf.float32, name="x")
    y = tf.placeholder(tf.float32, [None, None], name="y")
    tf.gradients(tf.reduce_mean(x * y + x), [x, y])
    return {x: [1.0, 2.0], y: [[1.0, 2.0]]}


def add_n(tf):
    x = tf.placeholder(tf.float32, [2], name="x")
    y = tf.constant([1.0, 2.0], name="y")
    tf.gradients(tf.add_n([x, y, x]), [x, y])
    return {x: [1.0, 2.0]}


def reduce_sum(tf):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    _each(
        tf,
        x,
        [
            tf.reduce_sum,
            lambda x: tf.reduce_sum(x, 1),
            lambda x: tf.reduce_sum(x, axis=[0], keep_dims=True),
            lambda x: tf.reduce_sum(x, reduction_indices=-1),
        ],
    )
    return {x: [[1.0, 2.0, 3.0]] * 2}


def reduce_mean(tf):
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    _each(tf, x, [tf.reduce_mean, lambda x: tf.reduce_mean(x, 0), lambda x: tf.reduce_mean(x, 1, keep_dims=True)])
    return {x: [[1.0, 2.0, 3.0]] * 2}


def reduce_extremes(tf):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    _each(tf, x, [tf.reduce_max, lambda x: tf.reduce_min(x, 1), lambda x: tf.reduce_max(x, [0, 1], keep_dims=True)])
    return {x: [[1.0, 2.0, 2.0]] * 2}


def reduce_prod(tf):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    _each(tf, x, [tf.reduce_prod, lambda x: tf.reduce_prod(x, 1)])
    return {x: [[1.0, 2.0, 3.0]] * 2}


def reduce_logsumexp(tf):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    _each(tf, x, [tf.reduce_logsumexp, lambda x: tf.reduce_logsumexp(x, 1)])
    return {x: [[1.0, 2.0, 3.0]] * 2}


def cumulative(tf):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    _each(tf, x, [tf.cumsum, lambda x: tf.cumsum(x, 1, exclusive=True, reverse=True), lambda x: tf.cumprod(x, 1)])
    return {x: [[1.0, 2.0, 3.0]] * 2}


def matmul_variants(tf):
    a = tf.placeholder(tf.float32, [2, 3], name="a")
    b = tf.placeholder(tf.float32, [3, 4], name="b")
    tf.gradients(tf.matmul(a, b), [a, b])
    tf.gradients(tf.matmul(a, a, transpose_a=True), a)
    tf.gradients(tf.matmul(b, b, transpose_b=True), b)
    tf.gradients(tf.matmul(b, a, transpose_a=True, transpose_b=True), [a, b])
    return {a: [[1.0] * 3] * 2, b: [[1.0] * 4] * 3}


def batch_matmul(tf):
    a = tf.placeholder(tf.float32, [5, 2, 3], name="a")
    b = tf.placeholder(tf.float32, [5, 3, 4], name="b")
    tf.gradients(tf.matmul(a, b), [a, b])
    tf.gradients(tf.matmul(a, a, transpose_a=True), a)
    tf.gradients(tf.matmul(a, a, adjoint_b=True), a)
    return {a: [[[1.0] * 3] * 2] * 5, b: [[[1.0] * 4] * 3] * 5}


def tensordot_and_einsum(tf):
    a = tf.placeholder(tf.float32, [2, 3, 4], name="a")
    b = tf.placeholder(tf.float32, [4, 5], name="b")
    tf.gradients(tf.tensordot(a, b, 1), [a, b])
    tf.gradients(tf.tensordot(a, b, axes=[[2], [0]]), b)
    tf.gradients(tf.einsum("ijk,kl->ijl", a, b), [a, b])
    tf.einsum("ij,jk->ik", a[0], b)
    return {a: [[[1.0] * 4] * 3] * 2, b: [[1.0] * 5] * 4}


def linear_algebra(tf):
    a = tf.placeholder(tf.float32, [2, 2], name="a")
    b = tf.placeholder(tf.float32, [2, 1], name="b")
    tf.gradients(tf.matrix_inverse(a), a)
    tf.gradients(tf.matrix_determinant(a), a)
    tf.gradients(tf.matrix_solve(a, b), [a, b])
    tf.gradients(tf.matrix_triangular_solve(a, b), [a, b])
    tf.gradients(tf.trace(a), a)
    return {a: [[2.0, 1.0], [1.0, 3.0]], b: [[1.0], [2.0]]}


def cholesky(tf):
    a = tf.placeholder(tf.float32, [2, 2], name="a")
    tf.gradients(tf.cholesky(a), a)
    return {a: [[2.0, 1.0], [1.0, 3.0]]}


def norms(tf):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    _each(
        tf,
        x,
        [
            tf.norm,
            lambda x: tf.norm(x, ord=1, axis=1),
            lambda x: tf.nn.l2_normalize(x, 1),
            lambda x: tf.clip_by_norm(x, 2.0),
            lambda x: tf.clip_by_average_norm(x, 2.0),
            lambda x: tf.clip_by_global_norm([x], 2.0)[0],
        ],
    )
    return {x: [[1.0, 2.0, 3.0]] * 2}


def casts(tf):
    x = tf.placeholder(tf.float32, [2], name="x")
    tf.gradients(tf.cast(x, tf.float64), x)
    tf.gradients(tf.to_float(tf.to_double(x)), x)
    tf.gradients(tf.cast(x, tf.float32), x)
    assert tf.gradients(tf.to_float(tf.to_int32(x)), x) == [None]
    return {x: [1.0, 2.0]}


def complex_numbers(tf):
    x = tf.placeholder(tf.float32, [2], name="x")
    y = tf.placeholder(tf.float32, [2], name="y")
    z = tf.complex(x, y)
    tf.gradients(tf.abs(z), [x, y])
    tf.gradients(tf.real(z * tf.conj(z)), [x, y])
    return {x: [1.0, 2.0], y: [3.0, 4.0]}


def segments(tf):
    x = tf.placeholder(tf.float32, [3, 2], name="x")
    ids = tf.constant([0, 0, 1], name="ids")
    tf.gradients(tf.segment_sum(x, ids), x)
    tf.gradients(tf.segment_mean(x, ids), x)
    tf.gradients(tf.segment_max(x, ids), x)
    tf.gradients(tf.unsorted_segment_sum(x, ids, 2), x)
    return {x: [[1.0, 2.0]] * 3}
