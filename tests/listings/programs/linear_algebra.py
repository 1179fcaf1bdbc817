"""Factorizations, norms, contractions, counts and assertions, most of them with their gradients."""


def _each(tf, x, functions):
    for function in functions:
        tf.gradients(function(x), x)


def _positive(rows):
    """A positive definite matrix."""
    return [[(3.0 if i == j else 0.0) + 1.0 / (i + j + 1.0) for j in range(rows)] for i in range(rows)]


def factorizations(tf):
    a = tf.placeholder(tf.float32, [3, 3], name="a")
    batch = tf.placeholder(tf.float32, [None, 2, 2], name="batch")
    _each(tf, a, [tf.cholesky, tf.matrix_inverse, tf.matrix_determinant, lambda a: tf.self_adjoint_eig(a)[0]])
    _each(tf, batch, [tf.cholesky, tf.matrix_inverse, tf.matrix_determinant])
    tf.svd(a)
    tf.svd(batch, compute_uv=False)
    tf.qr(a, full_matrices=True)
    tf.self_adjoint_eigvals(batch)
    return {a: _positive(3), batch: [_positive(2)] * 2}


def solutions(tf):
    a = tf.placeholder(tf.float32, [3, 3], name="a")
    b = tf.placeholder(tf.float32, [3, 2], name="b")
    tf.gradients(tf.matrix_solve(a, b), [a, b])
    tf.gradients(tf.matrix_solve(a, b, adjoint=True), [a, b])
    tf.gradients(tf.matrix_triangular_solve(a, b), [a, b])
    tf.gradients(tf.matrix_triangular_solve(a, b, lower=False, adjoint=True), [a, b])
    tf.gradients(tf.cholesky_solve(a, b), [a, b])
    tf.gradients(tf.matrix_solve_ls(a, b), [a, b])
    tf.gradients(tf.matrix_solve_ls(tf.transpose(b), a[:2], l2_regularizer=0.5), [a, b])
    return {a: _positive(3), b: [[1.0, 2.0], [3.0, 5.0], [-1.0, 0.5]]}


def diagonals(tf):
    a = tf.placeholder(tf.float32, [3, 3], name="a")
    batch = tf.placeholder(tf.float32, [None, 2, 3], name="batch")
    _each(tf, a, [tf.diag, tf.diag_part, tf.trace, tf.matrix_transpose, lambda a: tf.matrix_band_part(a, 1, -1)])
    _each(tf, batch, [tf.matrix_diag, tf.matrix_diag_part, tf.trace, tf.matrix_transpose])
    _each(tf, batch, [lambda x: tf.matrix_set_diag(x, x[:, 0, :2]), lambda x: tf.cross(x, x + 1.0)])
    tf.eye(3)
    tf.eye(2, 3, batch_shape=[2])
    tf.eye(tf.shape(batch)[0], 2)
    return {a: _positive(3), batch: [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]}


def norms(tf):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    y = tf.placeholder(tf.float32, [None, 4, 2], name="y")
    infinity = float("inf")
    _each(tf, x, [tf.norm, lambda x: tf.norm(x, 1), lambda x: tf.norm(x, infinity, axis=1)])
    _each(tf, x, [lambda x: tf.norm(x, 3, axis=0), lambda x: tf.norm(x, "fro", axis=[0, 1])])
    _each(tf, x, [lambda x: tf.norm(x, 1, axis=[-2, -1], keep_dims=True)])
    _each(tf, y, [tf.norm, lambda y: tf.norm(y, 2, axis=1), lambda y: tf.norm(y, infinity, axis=(1, 2))])
    return {x: [[1.0, -2.0, 3.0], [0.5, 4.0, -6.0]], y: [[[1.0, -2.0], [3.0, 0.5], [2.5, 1.5], [-4.0, 5.0]]]}


def contractions(tf):
    a = tf.placeholder(tf.float32, [2, 3, 4], name="a")
    b = tf.placeholder(tf.float32, [4, 5], name="b")
    c = tf.placeholder(tf.float32, [None, 3, 4], name="c")
    free = tf.placeholder(tf.float32, name="free")
    tf.gradients(tf.einsum("ijk,kl->ijl", c, b), [c, b])
    tf.einsum("ijk->kj", a)
    tf.einsum("i,j->ij", b[0], b[1])
    tf.einsum("bij,bjk->bik", a, tf.transpose(a, [0, 2, 1]))
    tf.einsum("i,i,i->", b[0], b[1], b[2])
    tf.tensordot(c, b, [[2], [0]])
    tf.tensordot(free, b, 1)
    tf.tensordot(a, b, tf.constant([[2], [0]]))
    cube = [[[1.0, 2.0, 3.0, 4.0]] * 3] * 2
    return {a: cube, b: [[0.5, -1.0, 2.0, 1.0, 3.0]] * 4, c: cube, free: cube}


def assertions(tf):
    x = tf.placeholder(tf.float32, [2, 3], name="x")
    free = tf.placeholder(tf.float32, name="free")
    rank = tf.placeholder(tf.int32, name="rank")
    tf.assert_equal(x, x, message="equal", summarize=5)
    tf.assert_none_equal(x, x + 1.0)
    tf.assert_less(x, x + 1.0, name="mine")
    tf.assert_less_equal(x, x)
    tf.assert_greater(x, x - 1.0)
    tf.assert_greater_equal(x, x)
    tf.assert_positive(x)
    tf.assert_negative(-x)
    tf.assert_non_positive(-x)
    tf.assert_non_negative(x)
    tf.assert_rank(x, 2)
    tf.assert_rank(free, rank)
    tf.assert_rank_at_least(free, 1)
    tf.assert_integer(rank)
    tf.assert_type(x, tf.float32)
    tf.is_non_decreasing(x)
    tf.is_strictly_increasing(free)
    tf.gradients(tf.verify_tensor_all_finite(x * 2.0, "finite"), x)
    return {x: [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], free: [1.0, 2.0], rank: 1}


def counts(tf):
    x = tf.placeholder(tf.int32, [None], name="x")
    tf.bincount(x)
    tf.bincount(x, minlength=3, maxlength=5)
    tf.bincount([1, 2], weights=[1.0, 2.0])
    tf.histogram_fixed_width([0.1, 0.4, 2.0], [0.0, 1.0], nbins=5)
    tf.confusion_matrix(x, x)
    tf.confusion_matrix([1, 2], [0, 1], 3, weights=tf.constant([1, 2]))
    return {x: [0, 3, 1, 3]}


def chosen_segments(tf):
    x = tf.placeholder(tf.float32, [5, 2], name="x")
    rows, ids = [0, 1, 3], [0, 0, 1]
    _each(tf, x, [lambda x: tf.sparse_segment_sum(x, rows, ids), lambda x: tf.sparse_segment_mean(x, rows, ids)])
    _each(tf, x, [lambda x: tf.sparse_segment_sqrt_n(x, rows, ids)])
    _each(
        tf, x, [lambda x: tf.segment_min(x, [0, 0, 1, 1, 1]), lambda x: tf.unsorted_segment_max(x, [1, 0, 1, 0, 1], 2)]
    )
    tf.segment_prod(x, [0, 0, 1, 1, 1])
    return {x: [[1.0, -2.0], [3.0, 4.0], [-5.0, 6.0], [7.0, 0.5], [2.0, 2.5]]}


def second_derivatives(tf):
    x = tf.placeholder(tf.float32, [2], name="x")
    functions = [tf.cumprod, lambda x: tf.squared_difference(x, 1.0), lambda x: tf.maximum(x, 0.3)]
    functions += [tf.reciprocal, tf.expm1, tf.log1p, tf.tan, tf.asin, tf.acos, tf.atan, tf.erf, tf.lgamma, tf.digamma]
    for function in functions:
        tf.gradients(tf.gradients(function(x), x), x)
    return {x: [0.2, 0.7]}
