"""Pools, averages and maxima over windows."""

from .inputs import f32, floats, ramp, row

_IMAGE = floats(ramp(2, 5, 4, 3))
_ONE = {"ordinary": _IMAGE["ordinary"]}
_VOLUME = {"ordinary": f32(ramp(1, 4, 3, 4, 2))}
_TIES = {"ties": f32([[[[1.0], [1.0], [0.0]], [[1.0], [1.0], [1.0]], [[0.0], [1.0], [1.0]]]])}

ROWS = [
    *[
        row(
            f"nn.{name} {padding} {window} {strides}",
            lambda tf, x, n=name, w=window, s=strides, p=padding: getattr(tf.nn, n)(x, [1, *w, 1], [1, *s, 1], p),
            _IMAGE if padding == "SAME" else _ONE,
        )
        for name in ("max_pool", "avg_pool")
        for padding in ("SAME", "VALID")
        for window, strides in (([2, 2], [2, 2]), ([3, 2], [1, 1]), ([3, 3], [2, 1]))
    ],
    row("nn.max_pool of equals", lambda tf, x: tf.nn.max_pool(x, [1, 2, 2, 1], [1, 1, 1, 1], "VALID"), _TIES),
    *[
        row(
            f"nn.{name} {padding}",
            lambda tf, x, n=name, p=padding: getattr(tf.nn, n)(x, [1, 2, 2, 2, 1], [1, 2, 1, 2, 1], p),
            _VOLUME,
        )
        for name in ("max_pool3d", "avg_pool3d")
        for padding in ("SAME", "VALID")
    ],
    row(
        "nn.max_pool_with_argmax",
        lambda tf, x: tf.nn.max_pool_with_argmax(x, [1, 2, 2, 1], [1, 2, 2, 1], "VALID"),
        {"ordinary": f32(ramp(1, 4, 4, 2))},
    ),
    row("nn.max_pool1d", lambda tf, x: tf.nn.max_pool1d(x, 2, 2, "VALID"), {"ordinary": f32(ramp(2, 6, 3))}),
    row("nn.avg_pool1d", lambda tf, x: tf.nn.avg_pool1d(x, 3, 1, "SAME"), {"ordinary": f32(ramp(2, 6, 3))}),
    row(
        "nn.pool",
        lambda tf, x: (tf.nn.pool(x, [2, 2], "MAX", "SAME"), tf.nn.pool(x, [2, 3], "AVG", "VALID", strides=[2, 1])),
        _ONE,
    ),
    row("nn.pool dilated", lambda tf, x: tf.nn.pool(x, [2, 2], "MAX", "VALID", dilation_rate=[2, 1]), _ONE),
    row(
        "layers.pooling",
        lambda tf, x: (tf.layers.max_pooling2d(x, 2, 2), tf.layers.average_pooling2d(x, [2, 1], 1, "same")),
        _ONE,
    ),
    row("layers.flatten", lambda tf, x: (tf.layers.flatten(x), tf.contrib.layers.flatten(x)), _ONE),
]
