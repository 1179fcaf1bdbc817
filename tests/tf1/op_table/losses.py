"""tf.losses, weighted and reduced in each way."""

from .inputs import f32, f64, i32, i64, row

_LABELS = [[0.0, 1.0, 0.5], [1.0, 0.0, 0.25]]
_GUESSES = [[0.2, 0.7, 0.4], [0.6, 0.3, 0.9]]
_LOGITS = [[1.0, -2.0, 0.5], [0.3, 2.0, -1.0]]
_ONE_HOT = [[0, 1, 0], [1, 0, 0]]
_PAIR = {"ordinary": f32(_LABELS, _GUESSES)}  # these losses compute in float32 whatever they are given
_WEIGHTED = {
    "number": f32(_LABELS, _GUESSES, 0.5),
    "rows": f32(_LABELS, _GUESSES, [[0.5], [2.0]]),
    "each": f32(_LABELS, _GUESSES, [[0.5, 0.0, 1.0], [2.0, 0.0, 1.5]]),
    "zero": f32(_LABELS, _GUESSES, 0.0),
    "zero rows": f32(_LABELS, _GUESSES, [[0.0], [0.0]]),
}
_PLAIN = "mean_squared_error absolute_difference log_loss hinge_loss huber_loss".split()


def _loss(name, **options):
    return lambda tf, *inputs: getattr(tf.losses, name)(*inputs, **options)


def _reduced(name, reduction):
    return lambda tf, y, x, w: getattr(tf.losses, name)(y, x, w, reduction=getattr(tf.losses.Reduction, reduction))


ROWS = [
    *[row("losses." + name, _loss(name), _PAIR) for name in _PLAIN],
    *[row(f"losses.{name} weighted", _loss(name), _WEIGHTED) for name in _PLAIN],
    *[
        row("losses.mean_squared_error " + reduction, _reduced("mean_squared_error", reduction), _WEIGHTED)
        for reduction in (
            "NONE",
            "SUM",
            "MEAN",
            "SUM_OVER_BATCH_SIZE",
            "SUM_OVER_NONZERO_WEIGHTS",
            "SUM_BY_NONZERO_WEIGHTS",
        )
    ],
    row("losses.log_loss epsilon", _loss("log_loss", epsilon=0.1), _PAIR),
    row("losses.huber_loss delta", _loss("huber_loss", delta=0.2), _PAIR),
    row(
        "losses.cosine_distance",
        lambda tf, y, x: (tf.losses.cosine_distance(y, x, axis=1), tf.losses.cosine_distance(y, x, dim=0)),
        _PAIR,
    ),
    row(  # 1.15 divides by another number of pairs than 1.1 and 1.5 do
        "losses.mean_pairwise_squared_error of nothing",
        _loss("mean_pairwise_squared_error"),
        {"zero": _WEIGHTED["zero"]},
    ),
    row(
        "losses.compute_weighted_loss",
        _loss("compute_weighted_loss"),
        {"number": f32(_GUESSES, 2.0), "rows": f32(_GUESSES, [[1.0], [0.0]])},
    ),
    row(
        "losses.sigmoid_cross_entropy",
        lambda tf, x: tf.losses.sigmoid_cross_entropy(_ONE_HOT, x),
        {"ordinary": f32(_LOGITS)},
    ),
    row(
        "losses.sigmoid_cross_entropy smooth",
        lambda tf, x, w: tf.losses.sigmoid_cross_entropy(_ONE_HOT, x, w, label_smoothing=0.2),
        {"rows": f32(_LOGITS, [[0.5], [2.0]])},
    ),
    row(
        "losses.softmax_cross_entropy",
        lambda tf, x: tf.losses.softmax_cross_entropy(_ONE_HOT, x),
        {"ordinary": f32(_LOGITS), "double": f64(_LOGITS)},
    ),
    row(
        "losses.softmax_cross_entropy smooth",
        lambda tf, x, w: tf.losses.softmax_cross_entropy(_ONE_HOT, x, w, label_smoothing=0.2),
        {"rows": f32(_LOGITS, [0.5, 2.0])},
    ),
    row(
        "losses.sparse_softmax_cross_entropy",
        lambda tf, y, x: tf.losses.sparse_softmax_cross_entropy(y, x),
        {"int": i32([1, 0]) + f32(_LOGITS), "long": i64([[2], [0]]) + f32(_LOGITS)},
    ),
    row(
        "losses.sparse_softmax_cross_entropy weighted",
        lambda tf, y, x, w: tf.losses.sparse_softmax_cross_entropy(y, x, w),
        {"int": (*i32([1, 0]), *f32(_LOGITS, [0.0, 2.0]))},
    ),
    row(
        "losses.total",
        lambda tf, y, x: (tf.losses.mean_squared_error(y, x), tf.losses.get_total_loss(), tf.losses.get_losses()),
        {"ordinary": _PAIR["ordinary"]},
    ),
]
