"""Learning rates: each decay of tf.train at several steps."""

from .inputs import i32, row

_STEPS = {f"step {step}": i32(step) for step in (0, 1, 5, 9, 10, 11, 25)}


def _decay(name, *args, **options):
    return lambda tf, step: getattr(tf.train, name)(*[step if a == "step" else a for a in args], **options)


ROWS = [
    row("train.exponential_decay", _decay("exponential_decay", 0.1, "step", 10, 0.96), _STEPS),
    row(
        "train.exponential_decay staircase", _decay("exponential_decay", 0.1, "step", 10, 0.96, staircase=True), _STEPS
    ),
    row("train.natural_exp_decay", _decay("natural_exp_decay", 0.1, "step", 10, 0.5), _STEPS),
    row("train.natural_exp_decay staircase", _decay("natural_exp_decay", 0.1, "step", 10, 0.5, staircase=True), _STEPS),
    row("train.inverse_time_decay", _decay("inverse_time_decay", 0.1, "step", 10, 0.5), _STEPS),
    row(
        "train.inverse_time_decay staircase", _decay("inverse_time_decay", 0.1, "step", 10, 0.5, staircase=True), _STEPS
    ),
    row("train.polynomial_decay", _decay("polynomial_decay", 0.1, "step", 10, 0.01, power=0.5), _STEPS),
    row("train.polynomial_decay cycle", _decay("polynomial_decay", 0.1, "step", 10, 0.01, cycle=True), _STEPS),
    row(
        "train.piecewise_constant", lambda tf, step: tf.train.piecewise_constant(step, [4, 10], [1.0, 0.5, 0.1]), _STEPS
    ),
    row("train.cosine_decay", _decay("cosine_decay", 0.1, "step", 10, alpha=0.1), _STEPS),
    row("train.cosine_decay_restarts", _decay("cosine_decay_restarts", 0.1, "step", 5), _STEPS),
    row("train.linear_cosine_decay", _decay("linear_cosine_decay", 0.1, "step", 10), _STEPS),
]
