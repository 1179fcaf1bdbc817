"""Op types that imported graphs hold, and that no public function makes, or none of 1.1's: through tf.raw_ops."""

from .inputs import REAL_ONLY, f32, f64, floats, i32, i64, ramp, row

_IMAGE = {"ordinary": f32(ramp(2, 3, 3, start=0.0, stop=1.0))}
_BOXES = f32([[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, 2, 1, 3], [0, 2.1, 1, 3.2]], [0.9, 0.75, 0.6, 0.95])
_PAIR = f32([-2.5, 1.0, 0.3], [1.5, 1.0, 2.0])

_LSTM = ("x", "cs_prev", "h_prev", "w", "wci", "wcf", "wco", "b")
_LSTM_STEP = (
    ramp(2, 3),
    ramp(2, 2),
    ramp(2, 2, start=-1.0),
    ramp(5, 8),
    ramp(2),
    ramp(2, start=-0.5),
    ramp(2),
    ramp(8),
)


def _outputs(result, *names):
    """Those of the outputs that TensorFlow's gradient looks at."""
    return [getattr(result, name) for name in names]


def _raw(name, *inputs, **attrs):
    """The op with the tensors for the named inputs, and attrs as given."""
    return lambda tf, *tensors: getattr(tf.raw_ops, name)(**dict(zip(inputs, tensors)), **attrs)


def _pool_gradient(pool):
    """The gradient of a pool as a function of the pool's input and of its output's gradient."""

    def gradient(tf, x, dy):
        y = pool(tf, x)
        return tf.gradients(y, x, grad_ys=dy)

    return gradient


ROWS = [
    row("raw Div", _raw("Div", "x", "y"), {"ordinary": _PAIR, "int": i32([-7, 7], [2, 2])}),
    row("raw AddV2", _raw("AddV2", "x", "y"), {"ordinary": _PAIR}),
    row(
        "raw ApproximateEqual",
        _raw("ApproximateEqual", "x", "y", tolerance=0.1),
        {"ordinary": f32([1.0, 2.0], [1.05, 2.5])},
    ),
    row("raw OnesLike", _raw("OnesLike", "x"), REAL_ONLY),
    row("raw PopulationCount", _raw("PopulationCount", "x"), {"int": i32([0, 7, -1])}),
    row("raw BiasAddV1", _raw("BiasAddV1", "value", "bias"), {"ordinary": f32(ramp(2, 3), [1.0, 2.0, 3.0])}),
    row("raw Concat", lambda tf, x, y: tf.raw_ops.Concat(concat_dim=1, values=[x, y]), floats(ramp(2, 3), ramp(2, 1))),
    row("raw Reverse", _raw("Reverse", "tensor", dims=[True, False]), {"ordinary": f32(ramp(2, 3))}),
    row("raw Gather", _raw("Gather", "params", "indices"), {"ordinary": f32(ramp(4, 3)) + i32([2, 0, 2])}),
    row("raw InTopKV2", _raw("InTopKV2", "predictions", "targets", k=2), {"long": f32([[3.0, 1.0, 2.0]]) + i64([1])}),
    row("raw NthElement", _raw("NthElement", "input", n=1), {"ordinary": f32([[3.0, 1.0, 2.0], [9.0, 7.0, 8.0]])}),
    row(
        "raw SpaceToBatch",
        _raw("SpaceToBatch", "input", paddings=[[0, 0], [2, 0]], block_size=2),
        {"ordinary": f32(ramp(1, 4, 4, 2))},
    ),
    row(
        "raw BatchToSpace",
        _raw("BatchToSpace", "input", crops=[[0, 1], [0, 0]], block_size=2),
        {"ordinary": f32(ramp(4, 2, 2, 1))},
    ),
    row("raw BatchMatMulV2", _raw("BatchMatMulV2", "x", "y"), {"ordinary": f32(ramp(2, 2, 3), ramp(3, 2))}),
    row("raw LeakyRelu", _raw("LeakyRelu", "features", alpha=0.25), REAL_ONLY),
    row("raw AdjustHue", _raw("AdjustHue", "images", delta=0.2), _IMAGE, rtol=1e-4),  # hues divide small differences
    row("raw AdjustSaturation", _raw("AdjustSaturation", "images", scale=0.6), _IMAGE, rtol=1e-4),  # the same
    *[
        row(
            "raw " + name,
            lambda tf, x, g, b, name=name: getattr(tf.raw_ops, name)(x=x, scale=g, offset=b, mean=[], variance=[])[:3],
            {"ordinary": f32(ramp(2, 2, 3, 2), [1.5, 0.5], [0.1, -0.2])},
            rtol=1e-4,  # float32 sums of squares
        )
        for name in ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
    ],
    row(
        "max_pool twice",
        _pool_gradient(lambda tf, x: tf.nn.max_pool(x, [1, 2, 2, 1], [1, 1, 1, 1], "SAME")),
        {"ordinary": f32(ramp(1, 4, 3, 2), ramp(1, 4, 3, 2))},
    ),
    row(
        "max_pool3d twice",
        _pool_gradient(lambda tf, x: tf.nn.max_pool3d(x, [1, 2, 2, 2, 1], [1, 1, 1, 1, 1], "VALID")),
        {"ordinary": f32(ramp(1, 3, 3, 3, 2), ramp(1, 2, 2, 2, 2))},
    ),
    row(
        "avg_pool twice",
        _pool_gradient(lambda tf, x: tf.nn.avg_pool(x, [1, 2, 2, 1], [1, 2, 1, 1], "SAME")),
        {"ordinary": f32(ramp(1, 4, 3, 2), ramp(1, 2, 3, 2))},
    ),
    row(
        "raw NonMaxSuppressionV2",
        _raw("NonMaxSuppressionV2", "boxes", "scores", max_output_size=3, iou_threshold=0.4),
        {"ordinary": _BOXES},
    ),
    row(
        "image.non_max_suppression_padded",
        lambda tf, b, s: tf.image.non_max_suppression_padded(b, s, 3, pad_to_max_output_size=True),
        {"ordinary": _BOXES},
    ),
    row(
        "image.non_max_suppression_with_scores",
        lambda tf, b, s: tf.image.non_max_suppression_with_scores(b, s, 3, soft_nms_sigma=0.5),
        {"ordinary": _BOXES},
    ),
    row(
        "image.non_max_suppression_overlaps",
        lambda tf, o, s: tf.image.non_max_suppression_overlaps(o, s, 3),
        {"ordinary": f32([[1.0, 0.7, 0.1], [0.7, 1.0, 0.2], [0.1, 0.2, 1.0]], [0.9, 0.8, 0.7])},
    ),
    row(
        "image.combined_non_max_suppression",
        lambda tf, b, s: tf.image.combined_non_max_suppression(b, s, 2, 3),
        {"ordinary": f32(ramp(1, 4, 1, 4, start=0.0, stop=1.0), ramp(1, 4, 2, start=0.0, stop=1.0))},
    ),
    row(
        "image.draw_bounding_boxes colours",
        lambda tf, x: tf.image.draw_bounding_boxes(x, [[[0.1, 0.1, 0.8, 0.7]]], colors=[[1.0, 0.0, 0.5]]),
        {"ordinary": f32(ramp(1, 6, 6, 3, start=0.0))},
    ),
    row(
        "linalg.lu",
        lambda tf, a: tf.linalg.lu(a),
        {"double": f64([[2.0, 1.0, 0.5], [-1.0, 3.0, 0.2], [0.3, -0.4, 1.5]])},
    ),
    row(
        "irfft3d", lambda tf, x: tf.signal.irfft3d(tf.complex(x, x)), {"ordinary": f32(ramp(2, 3, 4))}, rtol=1e-4
    ),  # and
    row("rfft3d", lambda tf, x: tf.signal.rfft3d(x), {"ordinary": f32(ramp(2, 3, 4))}, rtol=1e-4),  # float32 sums
    row(
        "sparse quotient",
        lambda tf, v, b: (tf.SparseTensor([[0, 1], [2, 0]], v, [3, 2]) / b).values,
        {"ordinary": f32([1.0, 2.0], ramp(3, 2, start=1.0, stop=2.0))},
    ),
    *[
        row(
            name + " of so many",
            lambda tf, x, name=name: getattr(tf, name)(x, [0, 2, 2], [0, 0, 2], num_segments=4),
            {"ordinary": f32(ramp(4, 2))},
        )
        for name in ("sparse_segment_sum", "sparse_segment_mean", "sparse_segment_sqrt_n")
    ],
    row(
        "as_string",
        lambda tf, x: (tf.as_string(x), tf.as_string(x, precision=2), tf.as_string(x, scientific=True)),
        {"ordinary": f32([1.5, -2.25])},
    ),
    row(
        "as_string of integers",
        lambda tf, x: (tf.as_string(x), tf.as_string(x, width=4, fill="0")),
        {"int": i32([7, -12])},
    ),
    row("string_join", lambda tf: tf.string_join([["a", "b"], ["c", "d"]], separator="-"), {"": ()}),
    row(
        "nn.depthwise backprops",
        lambda tf, x, k, dy: (
            tf.nn.depthwise_conv2d_native_backprop_input([1, 4, 4, 2], k, dy, [1, 1, 1, 1], "SAME"),
            tf.nn.depthwise_conv2d_native_backprop_filter(x, [2, 2, 2, 2], dy, [1, 1, 1, 1], "SAME"),
        ),
        {"ordinary": f32(ramp(1, 4, 4, 2), ramp(2, 2, 2, 2), ramp(1, 4, 4, 4))},
    ),
    row(
        "nn.conv3d_backprop_filter_v2",
        lambda tf, x, dy: tf.nn.conv3d_backprop_filter_v2(x, [2, 2, 2, 2, 3], dy, [1, 1, 1, 1, 1], "VALID"),
        {"ordinary": f32(ramp(1, 3, 3, 3, 2), ramp(1, 2, 2, 2, 3))},
    ),
    row(
        "histogram_fixed_width_bins",
        lambda tf, x: tf.histogram_fixed_width_bins(x, [0.0, 5.0], nbins=5),
        {"ordinary": f32([-1.0, 0.0, 1.5, 2.0, 5.0, 15.0])},
    ),
    row(
        "raw LSTMBlockCell",
        lambda tf, *inputs: _outputs(
            tf.raw_ops.LSTMBlockCell(**dict(zip(_LSTM, inputs)), use_peephole=True, cell_clip=-1), "cs", "h"
        ),
        {"ordinary": f32(*_LSTM_STEP)},
    ),
    row(
        "raw BlockLSTM",
        lambda tf, x, *inputs: _outputs(
            tf.raw_ops.BlockLSTM(
                seq_len_max=tf.constant(2, tf.int64),
                x=x,
                **dict(zip(_LSTM[1:], inputs)),
                use_peephole=True,
                cell_clip=-1,
            ),
            "cs",
            "h",
        ),
        {"ordinary": f32(ramp(3, 2, 3), *_LSTM_STEP[1:])},
    ),
    row(
        "raw GRUBlockCell",
        lambda tf, *inputs: _outputs(
            tf.raw_ops.GRUBlockCell(**dict(zip(("x", "h_prev", "w_ru", "w_c", "b_ru", "b_c"), inputs))), "h"
        ),
        {"ordinary": f32(ramp(2, 3), ramp(2, 2), ramp(5, 4), ramp(5, 2), ramp(4), ramp(2))},
    ),
]
