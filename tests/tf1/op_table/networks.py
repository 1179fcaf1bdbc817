"""Activations over rows, cross entropies, norms, convolutions."""

from .inputs import INF, NAN, each, f32, f64, floats, i32, i64, ramp, row

_LOGITS = [[1.0, 2.0, -0.5], [0.1, -3.0, 4.0]]
_LABELS = [[0.2, 0.5, 0.3], [0.0, 1.0, 0.0]]
_ROWS = dict(
    floats(_LOGITS), large=f32([[100.0, 0.0, -100.0]]), odd=f32([[INF, 0.0, 1.0], [NAN, 0.0, 1.0], [-INF, 0.0, 1.0]])
)
_BOTH = dict(floats(_LABELS, _LOGITS), large=f32([[0.0, 1.0], [1.0, 0.0]], [[100.0, -100.0], [90.0, 80.0]]))
_CUBE = {"ordinary": f32(ramp(2, 3, 4))}
_CONV = floats(ramp(2, 5, 4, 3), ramp(3, 2, 3, 2))
_DEPTH = floats(ramp(1, 5, 5, 2), ramp(3, 2, 2, 2))
_VOLUME = {
    "ordinary": f32(ramp(1, 3, 4, 3, 2), ramp(2, 2, 2, 2, 3)),
    "double": f64(ramp(1, 3, 4, 3, 2), ramp(2, 2, 2, 2, 3)),
}
_FRAMES = {"ordinary": f32(ramp(4, 2, 4, stop=2.0))}
_BATCH = f32(ramp(4, 3), [0.1, -0.2, 0.3], [1.5, 0.5, 1.0], [0.5, -0.5, 0.0], [2.0, 1.0, -1.0])

_GRID = {"ordinary": f32(ramp(9, 3, start=-4.0, stop=4.0))}


def _through(kind):
    """As integers of a kind and back, in both modes."""

    def call(tf, x):
        x = tf.stop_gradient(x)
        modes = ("MIN_COMBINED", "MIN_FIRST") if kind != "quint16" else ("MIN_COMBINED",)
        integers = [tf.quantize_v2(x, -3.3, 5.1, getattr(tf, kind), mode)[0] for mode in modes]
        return [tf.dequantize(each, -3.3, 5.1, mode) for each, mode in zip(integers, modes)]

    return call


ROWS = [
    # Softmax and cross entropies.
    *each("nn.softmax nn.log_softmax", _ROWS),
    row(
        "nn.softmax axes",
        lambda tf, x: (tf.nn.softmax(x, 1), tf.nn.softmax(x, dim=0), tf.nn.log_softmax(x, axis=1)),
        _CUBE,
    ),
    row(
        "nn.softmax of a vector",
        lambda tf, x: (tf.nn.softmax(x), tf.nn.log_softmax(x)),
        {"ordinary": f32([1.0, 2.0, -0.5])},
    ),
    row(
        "nn.softmax_cross_entropy_with_logits",
        lambda tf, y, x: tf.nn.softmax_cross_entropy_with_logits(labels=tf.stop_gradient(y), logits=x),
        _BOTH,
    ),
    row(
        "nn.softmax_cross_entropy_with_logits_v2",
        lambda tf, y, x: tf.nn.softmax_cross_entropy_with_logits_v2(labels=y, logits=x),
        _BOTH,
    ),
    row(
        "nn.softmax_cross_entropy axis",
        lambda tf, y, x: tf.nn.softmax_cross_entropy_with_logits_v2(y, x, axis=0),
        {"ordinary": _BOTH["ordinary"]},
    ),
    row(
        "nn.sparse_softmax_cross_entropy_with_logits",
        lambda tf, y, x: tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=x),
        {
            "ordinary": i32([2, 0]) + f32(_LOGITS),
            "long": i64([2, 0]) + f64(_LOGITS),
            "deep": i32([[2, 0]]) + f32([_LOGITS]),
            "one": i32(1) + f32([1.0, 2.0, -0.5]),
        },
    ),
    row(
        "nn.sigmoid_cross_entropy_with_logits",
        lambda tf, y, x: tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=x),
        _BOTH,
    ),
    row(
        "nn.weighted_cross_entropy_with_logits",
        lambda tf, y, x: tf.nn.weighted_cross_entropy_with_logits(y, x, 2.5),
        _BOTH,
    ),
    row(
        "nn.log_poisson_loss",
        lambda tf, y, x: (tf.nn.log_poisson_loss(y, x), tf.nn.log_poisson_loss(y, x, compute_full_loss=True)),
        {"ordinary": f32([1.0, 0.5, 3.0], [0.5, -0.5, 1.0])},
    ),
    *each("nn.l2_loss", floats(_LOGITS)),
    # Layers by hand.
    *each("nn.bias_add", floats(ramp(2, 3), [1.0, 2.0, 3.0])),
    row("nn.bias_add to images", lambda tf, x, b: tf.nn.bias_add(x, b), floats(ramp(1, 2, 2, 3), [1.0, 2.0, 3.0])),
    row(
        "nn.bias_add first",
        lambda tf, x, b: tf.nn.bias_add(x, b, data_format="NCHW"),
        floats(ramp(1, 3, 2, 2), [1.0, 2.0, 3.0]),
    ),
    *each("nn.xw_plus_b nn.relu_layer", floats(ramp(2, 3), ramp(3, 2), [0.5, -0.5])),
    row("nn.crelu", lambda tf, x: tf.nn.crelu(x), floats(_LOGITS)),
    # Norms.
    row(
        "nn.l2_normalize",
        lambda tf, x: (tf.nn.l2_normalize(x, 1), tf.nn.l2_normalize(x, axis=[0, 1]), tf.nn.l2_normalize(x, dim=0)),
        dict(floats(_LOGITS), zero=f32([[0.0, 0.0]])),
    ),
    row(
        "nn.moments",
        lambda tf, x: (tf.nn.moments(x, [0]), tf.nn.moments(x, [0, 1], keep_dims=True), tf.nn.moments(x, [])),
        floats(ramp(4, 3)),
    ),
    row(
        "nn.weighted_moments",
        lambda tf, x, w: tf.nn.weighted_moments(x, [0], w),
        floats(ramp(4, 3), [[0.5], [1.0], [2.0], [0.1]]),
    ),
    row("nn.sufficient_statistics", lambda tf, x: tf.nn.sufficient_statistics(x, [0])[:3], floats(ramp(4, 3))),
    row(
        "nn.sufficient_statistics shift",
        lambda tf, x: tf.nn.sufficient_statistics(x, [0, 1], shift=0.5),
        {"ordinary": f32(ramp(4, 3))},
    ),
    row(
        "nn.normalize_moments",
        lambda tf, n, m, v: tf.nn.normalize_moments(n, m, v, None),
        {"ordinary": f32(4.0, [1.0, 2.0], [3.0, 5.0])},
    ),
    row(
        "nn.batch_normalization",
        lambda tf, x, m, v, b, g: tf.nn.batch_normalization(x, m, v, b, g, 1e-3),
        {"ordinary": _BATCH},
    ),
    row(
        "nn.batch_normalization plain",
        lambda tf, x, m, v: tf.nn.batch_normalization(x, m, v, None, None, 1e-3),
        {"ordinary": _BATCH[:3]},
    ),
    row(
        "nn.fused_batch_norm training",
        lambda tf, x, g, b: tf.nn.fused_batch_norm(x, g, b),
        {"ordinary": f32(ramp(2, 2, 3, 2), [1.5, 0.5], [0.1, -0.2])},
        rtol=1e-4,
    ),  # float32 sums of squares
    row(
        "nn.fused_batch_norm inference",
        lambda tf, x, g, b, m, v: tf.nn.fused_batch_norm(x, g, b, m, v, is_training=False)[0],
        {"ordinary": f32(ramp(2, 2, 3, 2), [1.5, 0.5], [0.1, -0.2], [0.2, 0.3], [1.0, 2.0])},
        rtol=1e-4,
    ),  # the same
    row(
        "nn.fused_batch_norm NCHW",
        lambda tf, x, g, b, m, v: tf.nn.batch_norm_with_global_normalization(x, m, v, b, g, 1e-3, True),
        {"ordinary": f32(ramp(2, 2, 3, 2), [1.5, 0.5], [0.1, -0.2], [0.2, 0.3], [1.0, 2.0])},
    ),
    row(
        "nn.lrn",
        lambda tf, x: (tf.nn.lrn(x, 1, 1.0, 0.5, 0.75), tf.nn.local_response_normalization(x)),
        {"ordinary": f32(ramp(1, 2, 2, 5))},
    ),
    # Convolutions.
    *[
        row(
            f"nn.conv2d {padding} {strides}",
            lambda tf, x, k, s=strides, p=padding: tf.nn.conv2d(x, k, [1, *s, 1], p),
            _CONV,
        )
        for padding in ("SAME", "VALID")
        for strides in ([1, 1], [2, 2], [1, 2])
    ],
    row(
        "nn.conv2d dilations",
        lambda tf, x, k: tf.nn.conv2d(x, k, [1, 1, 1, 1], "VALID", dilations=[1, 2, 2, 1]),
        {"ordinary": _CONV["ordinary"]},
    ),
    row(
        "nn.conv2d of ones",
        lambda tf, x, k: tf.nn.conv2d(x, k, [1, 1, 1, 1], "SAME"),
        {"ordinary": f32(ramp(2, 3, 3, 2), ramp(1, 1, 2, 4)), "empty": f32(ramp(0, 3, 3, 2), ramp(1, 1, 2, 4))},
    ),
    row(
        "nn.conv2d_backprop_input",
        lambda tf, k, dy: tf.nn.conv2d_backprop_input([2, 5, 4, 3], k, dy, [1, 2, 2, 1], "SAME"),
        {"ordinary": f32(ramp(3, 2, 3, 2), ramp(2, 3, 2, 2))},
    ),
    row(
        "nn.conv2d_backprop_filter",
        lambda tf, x, dy: tf.nn.conv2d_backprop_filter(x, [3, 2, 3, 2], dy, [1, 2, 2, 1], "SAME"),
        {"ordinary": f32(ramp(2, 5, 4, 3), ramp(2, 3, 2, 2))},
    ),
    row(
        "nn.conv2d_transpose",
        lambda tf, x, k: tf.nn.conv2d_transpose(x, k, [2, 6, 8, 3], [1, 2, 2, 1]),
        floats(ramp(2, 3, 4, 2), ramp(3, 2, 3, 2)),
    ),
    row(
        "nn.conv2d_transpose VALID",
        lambda tf, x, k: tf.nn.conv2d_transpose(x, k, [1, 7, 8, 3], [1, 2, 2, 1], "VALID"),
        {"ordinary": f32(ramp(1, 3, 4, 2), ramp(3, 2, 3, 2))},
    ),
    row("nn.depthwise_conv2d", lambda tf, x, k: tf.nn.depthwise_conv2d(x, k, [1, 1, 1, 1], "SAME"), _DEPTH),
    row(
        "nn.depthwise_conv2d strides",
        lambda tf, x, k: tf.nn.depthwise_conv2d(x, k, [1, 2, 2, 1], "VALID"),
        {"ordinary": _DEPTH["ordinary"]},
    ),
    row(
        "nn.depthwise_conv2d rate",
        lambda tf, x, k: tf.nn.depthwise_conv2d(x, k, [1, 1, 1, 1], "VALID", rate=[2, 2]),
        {"ordinary": _DEPTH["ordinary"]},
    ),
    row(
        "nn.depthwise_conv2d_native",
        lambda tf, x, k: tf.nn.depthwise_conv2d_native(x, k, [1, 1, 1, 1], "VALID"),
        {"ordinary": _DEPTH["ordinary"]},
    ),
    row(
        "nn.separable_conv2d",
        lambda tf, x, k, p: tf.nn.separable_conv2d(x, k, p, [1, 1, 1, 1], "SAME"),
        {"ordinary": f32(ramp(1, 4, 4, 2), ramp(2, 2, 2, 2), ramp(1, 1, 4, 3))},
    ),
    row(
        "nn.atrous_conv2d",
        lambda tf, x, k: (tf.nn.atrous_conv2d(x, k, 2, "SAME"), tf.nn.atrous_conv2d(x, k, 1, "VALID")),
        {"ordinary": f32(ramp(1, 6, 7, 2), ramp(3, 2, 2, 2))},
    ),
    row(
        "nn.atrous_conv2d_transpose",
        lambda tf, x, k: tf.nn.atrous_conv2d_transpose(x, k, [1, 6, 6, 3], 2, "SAME"),
        {"ordinary": f32(ramp(1, 6, 6, 2), ramp(3, 3, 3, 2))},
    ),
    row(
        "nn.conv1d",
        lambda tf, x, k: (tf.nn.conv1d(x, k, 1, "SAME"), tf.nn.conv1d(x, k, 2, "VALID")),
        floats(ramp(2, 6, 3), ramp(3, 3, 2)),
    ),
    row(
        "nn.conv1d_transpose",
        lambda tf, x, k: tf.nn.conv1d_transpose(x, k, [2, 8, 3], 2),
        {"ordinary": f32(ramp(2, 4, 2), ramp(3, 3, 2))},
    ),
    row("nn.conv3d", lambda tf, x, k: tf.nn.conv3d(x, k, [1, 1, 1, 1, 1], "SAME"), _VOLUME),
    row("nn.conv3d strides", lambda tf, x, k: tf.nn.conv3d(x, k, [1, 1, 2, 1, 1], "VALID"), _VOLUME),
    row(
        "nn.conv3d_transpose",
        lambda tf, x, k: tf.nn.conv3d_transpose(x, k, [1, 4, 4, 4, 2], [1, 2, 2, 2, 1]),
        {"ordinary": f32(ramp(1, 2, 2, 2, 3), ramp(2, 2, 2, 2, 3))},
    ),
    row(
        "nn.convolution",
        lambda tf, x, k: (tf.nn.convolution(x, k, "SAME"), tf.nn.convolution(x, k, "VALID", strides=[2, 1])),
        {"ordinary": _CONV["ordinary"]},
    ),
    row(
        "nn.convolution dilated",
        lambda tf, x, k: tf.nn.convolution(x, k, "SAME", dilation_rate=[2, 1]),
        {"ordinary": _CONV["ordinary"]},
    ),
    row(
        "nn.convolution 1-D",
        lambda tf, x, k: tf.nn.convolution(x, k, "VALID", dilation_rate=[2]),
        {"ordinary": f32(ramp(2, 6, 3), ramp(3, 3, 2))},
    ),
    row(
        "nn.dilation2d",
        lambda tf, x, k: (
            tf.nn.dilation2d(x, k, [1, 1, 1, 1], [1, 1, 1, 1], "SAME"),
            tf.nn.dilation2d(x, k, [1, 2, 1, 1], [1, 2, 1, 1], "VALID"),
        ),
        {"ordinary": f32(ramp(1, 5, 4, 2), ramp(2, 2, 2))},
    ),
    row(
        "nn.erosion2d",
        lambda tf, x, k: tf.nn.erosion2d(x, k, [1, 1, 1, 1], [1, 1, 1, 1], "SAME"),
        {"ordinary": f32(ramp(1, 5, 4, 2), ramp(2, 2, 2))},
    ),
    # Sampled losses, with the sample given.
    row(
        "nn.nce_loss",
        lambda tf, w, b, x: tf.nn.nce_loss(
            w, b, tf.constant([[1], [4]], tf.int64), x, 3, 6, sampled_values=_sample(tf)
        ),
        {"ordinary": f32(ramp(6, 3), ramp(6), ramp(2, 3))},
    ),
    row(
        "nn.nce_loss removing hits",
        lambda tf, w, b, x: tf.nn.nce_loss(
            w, b, tf.constant([[1], [4]], tf.int64), x, 3, 6, sampled_values=_sample(tf), remove_accidental_hits=True
        ),
        {"ordinary": f32(ramp(6, 3), ramp(6), ramp(2, 3))},
    ),
    row(
        "nn.sampled_softmax_loss",
        lambda tf, w, b, x: tf.nn.sampled_softmax_loss(
            w, b, tf.constant([[1], [4]], tf.int64), x, 3, 6, sampled_values=_sample(tf)
        ),
        {"ordinary": f32(ramp(6, 3), ramp(6), ramp(2, 3))},
    ),
    row(
        "nn.compute_accidental_hits",
        lambda tf, y: tf.nn.compute_accidental_hits(y, tf.constant([1, 2, 4], tf.int64), 1),
        {"long": i64([[1], [4]])},
    ),
    # Connectionist temporal classification; the last class is the blank.
    row("nn.ctc_loss", lambda tf, x: tf.nn.ctc_loss(_labels(tf), x, [4, 3]), _FRAMES),
    row("nn.ctc_loss merging", lambda tf, x: tf.nn.ctc_loss(_labels(tf), x, [4, 3], ctc_merge_repeated=False), _FRAMES),
    row(
        "nn.ctc_greedy_decoder", lambda tf, x: _decoded(tf.nn.ctc_greedy_decoder(tf.stop_gradient(x), [4, 3])), _FRAMES
    ),
    row(
        "nn.ctc_beam_search_decoder",
        lambda tf, x: _decoded(tf.nn.ctc_beam_search_decoder(tf.stop_gradient(x), [4, 3], beam_width=4, top_paths=2)),
        _FRAMES,
    ),
    # Quantization.
    row("fake_quant_with_min_max_args", lambda tf, x: tf.fake_quant_with_min_max_args(x, -1.3, 2.7), _GRID),
    row(
        "fake_quant_with_min_max_args coarse",
        lambda tf, x: tf.fake_quant_with_min_max_args(x, -1.3, 2.7, num_bits=4, narrow_range=True),
        _GRID,
    ),
    row(
        "fake_quant_with_min_max_vars",
        lambda tf, x, low, high: tf.fake_quant_with_min_max_vars(x, low, high),
        {"ordinary": f32(_GRID["ordinary"][0], -1.3, 2.7), "nothing": f32(_GRID["ordinary"][0], 0.0, 0.0)},
    ),
    row(
        "fake_quant_with_min_max_vars_per_channel",
        lambda tf, x, low, high: tf.fake_quant_with_min_max_vars_per_channel(x, low, high),
        {"ordinary": f32(_GRID["ordinary"][0], [-1.3, -2.0, 0.0], [2.7, 1.1, 0.0])},
    ),
    *[row(f"quantize and dequantize {kind}", _through(kind), _GRID) for kind in ("quint8", "qint8", "quint16")],
]


def _sample(tf):
    return tf.constant([4, 0, 2], tf.int64), tf.constant([[0.4], [0.3]]), tf.constant([0.2, 0.6, 0.3])


def _labels(tf):
    return tf.SparseTensor([[0, 0], [0, 1], [1, 0]], [0, 1, 2], [2, 2])


def _decoded(decoding):
    paths, scores = decoding
    return [(path.indices, path.values, path.dense_shape) for path in paths], scores
