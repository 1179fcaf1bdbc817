"""Sums, means, extremes over axes; positions of extremes; segments."""

from .inputs import COMPLEX, INF, NAN, bools, each, f32, floats, i32, i64, ramp, row

_ARRAYS = dict(
    floats(ramp(2, 3, 4)),
    int=i32([[[1, 5], [2, 4]], [[3, 9], [-8, 7]]]),
    odd=f32([[NAN, 1.0, INF], [-INF, INF, 0.0], [2.0, 3.0, INF]]),
    empty=f32([[], []]),
)
_TIES = {"ties": f32([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])}
_TRUTHS = {"ordinary": bools([[True, False], [True, True]]), "empty": bools([[], []])}


def _axes(name, cases, **options):
    """The reduction over everything, one axis, several, none, the last, and with its dimensions kept."""

    def reduced(*args, **kwargs):
        return lambda tf, x: _named(tf, name)(x, *args, **kwargs)

    return [
        row(name, reduced(), cases, **options),
        row(name + " axis 0", reduced(0), cases, **options),
        row(name + " last axis", reduced(-1), cases, **options),
        row(name + " axes", reduced([0, 1]), cases, **options),
        row(name + " no axis", reduced([]), cases, **options),
        row(name + " kept", reduced([1], keepdims=True), cases, **options),
    ]


def _named(tf, name):
    for part in name.split("."):
        tf = getattr(tf, part)
    return tf


def _vector(cases):
    return {case: inputs for case, inputs in cases.items() if case != "empty"}


ROWS = [
    *_axes("reduce_sum", _ARRAYS),
    *_axes("reduce_mean", _ARRAYS),
    *_axes("reduce_prod", _ARRAYS),
    *_axes("reduce_max", dict(_ARRAYS, **_TIES)),
    *_axes("reduce_min", dict(_ARRAYS, **_TIES)),
    *_axes("reduce_all", _TRUTHS),
    *_axes("reduce_any", _TRUTHS),
    *_axes("reduce_logsumexp", floats(ramp(2, 3, 4))),  # infinities: NaN in 1.1, whose nodes these are
    *_axes("math.reduce_std", floats(ramp(2, 3, 4))),
    *_axes("math.reduce_variance", floats(ramp(2, 3, 4))),
    row(
        "math.reduce_euclidean_norm",
        lambda tf, x: tf.stop_gradient(tf.math.reduce_euclidean_norm(x, 1)),  # 1.15 has no gradient for it
        {"ordinary": f32(ramp(2, 3, 4))},
    ),
    row("reduce_sum of complex", lambda tf, x: (tf.reduce_sum(x, 1), tf.reduce_mean(x), tf.reduce_prod(x, 0)), COMPLEX),
    row(
        "reduce_sum of a scalar",
        lambda tf, x: (tf.reduce_sum(x), tf.reduce_max(x), tf.reduce_mean(x)),
        {"scalar": f32(2.5)},
    ),
    row(
        "reduce_sum old names",
        lambda tf, x: tf.reduce_sum(x, reduction_indices=[1], keep_dims=True),
        {"ordinary": f32(ramp(2, 3))},
    ),
    row(
        "count_nonzero",
        lambda tf, x: tf.count_nonzero(x),
        {"ordinary": f32([[0.0, 1.0], [2.0, 0.0]]), "int": i32([0, 3])},
    ),
    row(
        "count_nonzero axis",
        lambda tf, x: tf.count_nonzero(x, 0, dtype=tf.int32),
        {"ordinary": f32([[0.0, 1.0], [2.0, 0.0]])},
    ),
    *[
        made
        for name in ("argmax", "argmin")
        for made in (
            row(name, lambda tf, x, name=name: getattr(tf, name)(x), dict(_vector(_ARRAYS), **_TIES)),
            row(name + " axis 1", lambda tf, x, name=name: getattr(tf, name)(x, 1), dict(_vector(_ARRAYS), **_TIES)),
            row(
                name + " last", lambda tf, x, name=name: getattr(tf, name)(x, axis=-1), dict(_vector(_ARRAYS), **_TIES)
            ),
            row(
                name + " int32",
                lambda tf, x, name=name: getattr(tf, name)(x, 0, output_type=tf.int32),
                {"ordinary": f32(ramp(3, 4))},
            ),
        )
    ],
    row("norm", lambda tf, x: tf.norm(x), floats(ramp(2, 3))),
    *[
        row(
            f"norm {order} axis {axis}",
            lambda tf, x, o=order, a=axis: tf.norm(x, ord=o, axis=a),
            {"ordinary": f32(ramp(2, 3, 4))},
        )
        for order in (1, 2, 3.5, float("inf"))
        for axis in (1, None)
    ],
    row(
        "norm fro", lambda tf, x: tf.norm(x, ord="fro", axis=[-2, -1], keepdims=True), {"ordinary": f32(ramp(2, 3, 4))}
    ),
    # Segments.
    *[
        row(
            name,
            lambda tf, x, ids, name=name: getattr(tf, name)(x, ids),
            {
                "ordinary": (*f32(ramp(5, 2)), *i32([0, 0, 1, 1, 1])),
                "gap": (*f32(ramp(3, 2)), *i32([0, 2, 2])),
                "long ids": (*f32(ramp(3)), *i64([0, 1, 1])),
                "int": i32([4, 2, 7], [0, 0, 1]),
            },
        )
        for name in ("segment_sum", "segment_mean", "segment_prod", "segment_max", "segment_min")
    ],
    *[
        row(
            name,
            lambda tf, x, ids, name=name: getattr(tf, name)(x, ids, 3),
            {
                "ordinary": (*f32(ramp(5, 2)), *i32([0, 2, 0, 2, 2])),
                "negative id": (*f32(ramp(3, 2)), *i32([0, -1, 1])),
                "two dimensions of ids": (*f32(ramp(2, 3)), *i32([[0, 1, 2], [2, 1, 0]])),
                "int": i32([4, 2, 7], [0, 0, 1]),
            },
        )
        for name in (
            "unsorted_segment_sum",
            "unsorted_segment_mean",
            "unsorted_segment_sqrt_n",
            "unsorted_segment_prod",
            "unsorted_segment_max",
            "unsorted_segment_min",
        )
    ],
    *[
        row(
            name,
            lambda tf, x, name=name: getattr(tf, name)(x, [0, 2, 2, 3], [0, 0, 1, 2]),
            {"ordinary": f32(ramp(4, 2))},
        )
        for name in ("sparse_segment_sum", "sparse_segment_mean", "sparse_segment_sqrt_n")
    ],
    *each(
        "is_non_decreasing is_strictly_increasing",
        {"rising": f32([1.0, 2.0, 3.0]), "level": f32([1.0, 1.0]), "one": f32([1.0])},
    ),
]
