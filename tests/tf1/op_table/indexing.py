"""Gathering, scattering, masks, sets, sorting, sparse tensors."""

from .inputs import bools, f32, f64, floats, i32, i64, ramp, row

_TABLE = f32(ramp(4, 3))
_VALUES = dict(floats([[3.0, 1.0, 2.0], [9.0, -8.0, 7.0]]), int=i32([[3, 1, 2], [9, -8, 7]]))
_TIES = {"ties": f32([[1.0, 3.0, 3.0, 1.0]])}


def _sparse(tf, values, indices=((0, 1), (2, 0), (2, 3)), shape=(3, 4)):
    return tf.SparseTensor(indices=[list(index) for index in indices], values=values, dense_shape=list(shape))


def _parts(sparse):
    return sparse.indices, sparse.values, sparse.dense_shape


_THREE = dict(floats([1.0, 2.0, 3.0]))

ROWS = [
    # Gathering.
    row(
        "gather",
        lambda tf, x, i: tf.gather(x, i),
        {
            "ordinary": _TABLE + i32([2, 0, 2]),
            "long": _TABLE + i64([3]),
            "matrix": _TABLE + i32([[0, 1], [2, 3]]),
            "scalar": _TABLE + i32(1),
            "none": _TABLE + i32([]),
            "double": f64(ramp(4, 3)) + i32([1, 1]),
        },
    ),
    row(
        "gather of integers",
        lambda tf, x, i: tf.gather(x, i),
        {"int": i32([5, 6, 7], [2, 2, 0]), "bool": bools([True, False]) + i32([1, 0])},
    ),
    row(
        "gather axis",
        lambda tf, x, i: (tf.gather(x, i, axis=1), tf.gather(x, i, axis=-1)),
        {"ordinary": _TABLE + i32([2, 0, 2])},
    ),
    row("batch_gather", lambda tf, x, i: tf.batch_gather(x, i), {"ordinary": f32(ramp(2, 3)) + i32([[0, 2], [1, 1]])}),
    row(
        "gather_nd",
        lambda tf, x, i: tf.gather_nd(x, i),
        {
            "ordinary": _TABLE + i32([[0, 1], [3, 2]]),
            "rows": _TABLE + i32([[2], [0]]),
            "deep": _TABLE + i32([[[0, 1]], [[2, 2]]]),
        },
    ),
    row(
        "nn.embedding_lookup",
        lambda tf, x, i: tf.nn.embedding_lookup(x, i),
        {"ordinary": _TABLE + i32([2, 0, 2]), "matrix": _TABLE + i64([[1, 2]])},
    ),
    row(
        "nn.embedding_lookup mod",
        lambda tf, x, y, i: tf.nn.embedding_lookup([x, y], i),
        {"ordinary": f32(ramp(3, 2), ramp(2, 2, start=5.0, stop=9.0)) + i32([0, 1, 4, 3])},
    ),
    row(
        "nn.embedding_lookup div",
        lambda tf, x, y, i: tf.nn.embedding_lookup([x, y], i, partition_strategy="div"),
        {"ordinary": f32(ramp(3, 2), ramp(2, 2, start=5.0, stop=9.0)) + i32([0, 1, 4, 3])},
    ),
    row(
        "nn.embedding_lookup max_norm",
        lambda tf, x, i: tf.nn.embedding_lookup(x, i, max_norm=1.0),
        {"ordinary": f32([[3.0, 4.0], [0.1, 0.2]]) + i32([0, 1, 0])},
    ),
    *[
        row(
            "nn.embedding_lookup_sparse " + combiner,
            lambda tf, x, w, c=combiner: tf.nn.embedding_lookup_sparse(
                x,
                _sparse(tf, [1, 3, 0], ((0, 0), (0, 1), (1, 0)), (2, 2)),
                _sparse(tf, w, ((0, 0), (0, 1), (1, 0)), (2, 2)),
                combiner=c,
            ),
            {"ordinary": f32(ramp(4, 2), [0.5, 2.0, 1.0])},
        )
        for combiner in ("sum", "mean", "sqrtn")
    ],
    # Masks and choices.
    row(
        "boolean_mask",
        lambda tf, x, m: tf.boolean_mask(x, m),
        {
            "ordinary": _TABLE + bools([True, False, True, True]),
            "matrix": f32(ramp(2, 2)) + bools([[True, False], [False, True]]),
            "none": f32([1.0]) + bools([False]),
        },
    ),
    row(
        "boolean_mask axis",
        lambda tf, x, m: tf.boolean_mask(x, m, axis=1),
        {"ordinary": _TABLE + bools([True, False, True])},
    ),
    row(
        "dynamic_partition",
        lambda tf, x, p: tf.dynamic_partition(x, p, 3),
        {"ordinary": f32(ramp(4, 2)) + i32([0, 2, 0, 2]), "vector": f32(ramp(3)) + i32([1, 1, 0])},
    ),
    row(
        "dynamic_stitch",
        lambda tf, x, y: tf.dynamic_stitch([[0, 2], [1, 2]], [x, y]),
        floats(ramp(2, 2), ramp(2, 2, start=5.0, stop=9.0)),
    ),
    # Scattering.
    row(
        "scatter_nd",
        lambda tf, i, x: tf.scatter_nd(i, x, [4]),
        {"ordinary": i32([[1], [3], [1]]) + f32([1.0, 2.0, 4.0]), "int": i32([[1], [3]], [5, 6])},
    ),
    row(
        "scatter_nd rows", lambda tf, i, x: tf.scatter_nd(i, x, [3, 2]), {"ordinary": i32([[2], [0]]) + f32(ramp(2, 2))}
    ),
    *[
        row(
            name,
            lambda tf, x, i, u, name=name: getattr(tf, name)(x, i, u),
            {"ordinary": f32([1.0, 2.0, 3.0]) + i32([[2], [0]]) + f32([10.0, 20.0])},
        )
        for name in ("tensor_scatter_update", "tensor_scatter_add", "tensor_scatter_sub")
    ],
    # Sets.
    row(
        "unique",
        lambda tf, x: tf.unique(x),
        {"int": i32([4, 1, 4, 2, 1]), "ordinary": f32([2.0, 2.0, 1.0]), "long": i64([7])},
    ),
    row("unique_with_counts", lambda tf, x: tf.unique_with_counts(x), {"int": i32([4, 1, 4, 2, 1])}),
    row(
        "setdiff1d",
        lambda tf, x, y: tf.setdiff1d(x, y),
        {"int": i32([1, 2, 3, 2, 5], [2, 4]), "ordinary": f32([1.0, 2.0], [3.0])},
    ),
    row("invert_permutation", lambda tf, x: tf.invert_permutation(x), {"int": i32([2, 0, 1]), "long": i64([0])}),
    # Sorting.
    row("nn.top_k", lambda tf, x: tf.nn.top_k(x, 2), dict(_VALUES, **_TIES)),
    row("nn.top_k of one", lambda tf, x: tf.nn.top_k(x), {"ordinary": f32([3.0, 1.0, 5.0])}),
    row(
        "nn.in_top_k",
        lambda tf, x, t: tf.nn.in_top_k(x, t, 2),
        {
            "ordinary": f32([[3.0, 1.0, 2.0], [1.0, 1.0, 1.0], [9.0, 8.0, 7.0]]) + i32([2, 0, 2]),
            "long": f32([[3.0, 1.0, 2.0]]) + i64([1]),
        },
    ),
    row("sort", lambda tf, x: (tf.sort(x), tf.sort(x, axis=0, direction="DESCENDING")), _VALUES),
    row(
        "argsort",
        lambda tf, x: (tf.argsort(x), tf.argsort(x, axis=0, direction="DESCENDING")),
        {"ordinary": _VALUES["ordinary"], "int": _VALUES["int"]},
    ),
    row(
        "searchsorted",
        lambda tf, x, y: (tf.searchsorted(x, y), tf.searchsorted(x, y, side="right")),
        {"ordinary": f32([1.0, 3.0, 3.0, 5.0], [0.0, 3.0, 4.0, 9.0])},
    ),
    # Sparse tensors.
    row(
        "sparse_to_dense",
        lambda tf, v: tf.sparse_to_dense([[0, 1], [2, 0], [2, 3]], [3, 4], v),
        {"ordinary": f32([1.0, 2.0, 3.0]), "int": i32([1, 2, 3])},
    ),
    row("sparse_to_dense of a vector", lambda tf, v: tf.sparse_to_dense([1, 3], [5], v, 7), {"int": i32([1, 2])}),
    row("sparse_tensor_to_dense", lambda tf, v: tf.sparse_tensor_to_dense(_sparse(tf, v)), _THREE),
    row(
        "sparse_tensor_dense_matmul",
        lambda tf, v, b: tf.sparse_tensor_dense_matmul(_sparse(tf, v), b),
        floats([1.0, 2.0, 3.0], ramp(4, 2)),
    ),
    row(
        "sparse_tensor_dense_matmul adjoint",
        lambda tf, v, b: tf.sparse_tensor_dense_matmul(_sparse(tf, v), b, adjoint_a=True),
        {"ordinary": f32([1.0, 2.0, 3.0], ramp(3, 2))},
    ),
    row(
        "sparse_reduce_sum",
        lambda tf, v: (
            tf.sparse_reduce_sum(_sparse(tf, v)),
            tf.sparse_reduce_sum(_sparse(tf, v), 1),
            tf.sparse_reduce_sum(_sparse(tf, v), [0], keepdims=True),
        ),
        {"ordinary": f32([1.0, 2.0, 3.0])},
    ),
    row(
        "sparse_add dense",
        lambda tf, v, b: tf.sparse_add(_sparse(tf, v), b),
        {"ordinary": f32([1.0, 2.0, 3.0], ramp(3, 4))},
    ),
    row(
        "sparse_add",
        lambda tf, v, w: _parts(tf.sparse_add(_sparse(tf, v), _sparse(tf, w, ((0, 1), (1, 1), (2, 3))))),
        {"ordinary": f32([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])},
    ),
    row("sparse product", lambda tf, v, b: _parts(_sparse(tf, v) * b), {"ordinary": f32([1.0, 2.0, 3.0], ramp(3, 4))}),
    row("sparse_softmax", lambda tf, v: _parts(tf.sparse_softmax(_sparse(tf, v))), {"ordinary": f32([1.0, 2.0, 3.0])}),
    row(
        "sparse_reorder",
        lambda tf, v: _parts(tf.sparse_reorder(_sparse(tf, v, ((2, 0), (0, 1), (1, 1))))),
        {"ordinary": f32([1.0, 2.0, 3.0])},
    ),
    row(
        "sparse_reshape",
        lambda tf, v: _parts(tf.sparse_reshape(_sparse(tf, v), [2, -1])),
        {"ordinary": f32([1.0, 2.0, 3.0])},
    ),
    row(
        "sparse_retain",
        lambda tf, v: _parts(tf.sparse_retain(_sparse(tf, v), [True, False, True])),
        {"ordinary": f32([1.0, 2.0, 3.0])},
    ),
    row(
        "sparse_concat",
        lambda tf, v: _parts(tf.sparse_concat(1, [_sparse(tf, v), _sparse(tf, v)])),
        {"ordinary": f32([1.0, 2.0, 3.0])},
    ),
    row(
        "sparse_split",
        lambda tf, v: [_parts(part) for part in tf.sparse_split(sp_input=_sparse(tf, v), num_split=2, axis=1)],
        {"ordinary": f32([1.0, 2.0, 3.0])},
    ),
    row(
        "sparse_slice",
        lambda tf, v: _parts(tf.sparse_slice(_sparse(tf, v), [1, 0], [2, 3])),
        {"ordinary": f32([1.0, 2.0, 3.0])},
    ),
    row(
        "sparse_transpose",
        lambda tf, v: _parts(tf.sparse_transpose(_sparse(tf, v))),
        {"ordinary": f32([1.0, 2.0, 3.0])},
    ),
    row("sparse_to_indicator", lambda tf, v: tf.sparse_to_indicator(_sparse(tf, v), 5), {"long": i64([1, 2, 3])}),
    row(
        "sparse_fill_empty_rows",
        lambda tf, v: _parts(tf.sparse_fill_empty_rows(_sparse(tf, v), 7.0)[0]),
        {"ordinary": f32([1.0, 2.0, 3.0])},
    ),
    row(
        "sparse_maximum",
        lambda tf, v, w: (
            _parts(tf.sparse_maximum(_sparse(tf, v), _sparse(tf, w))),
            _parts(tf.sparse_minimum(_sparse(tf, v), _sparse(tf, w))),
        ),
        {"ordinary": f32([1.0, 2.0, 3.0], [4.0, 1.0, 2.0])},
    ),
    row(
        "edit_distance",
        lambda tf, a, b: tf.edit_distance(
            _sparse(tf, a, ((0, 0), (0, 1), (1, 0)), (2, 2)), _sparse(tf, b, ((0, 0), (0, 1), (1, 0)), (2, 2))
        ),
        {"int": i32([1, 2, 3], [1, 3, 3])},
    ),
]
