"""Learning rates that change with the step: tensors made from the step's.

Nodes are 1.1's where 1.1 has the function; cosine decays are 1.5's.
"""

import contextlib
import math

from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_n_to_tensor, convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.opdef import api, tf


@contextlib.contextmanager
def _decay(what, name, default_name, learning_rate, global_step, *values, rate_name="learning_rate"):
    """The decay's name scope, its rate as a tensor, and a function that gives other values the rate's dtype."""
    if global_step is None:
        raise ValueError(f"global_step is required for {what}.")
    with name_scope(name, default_name, [learning_rate, global_step, *values]) as scope:
        rate = convert_to_tensor(learning_rate, name=rate_name)
        yield scope, rate, lambda value: tf.cast(value, rate.dtype)


@api("train.exponential_decay")
def exponential_decay(learning_rate, global_step, decay_steps, decay_rate, staircase=False, name=None):
    """learning_rate * decay_rate ** (step / decay_steps); with `staircase` the quotient is rounded down."""
    values = decay_steps, decay_rate
    with _decay("exponential_decay", name, "ExponentialDecay", learning_rate, global_step, *values) as (
        scope,
        rate,
        cast,
    ):
        step, steps, factor = cast(global_step), cast(decay_steps), cast(decay_rate)
        p = step / steps
        if staircase:
            p = tf.floor(p)
        return tf.multiply(rate, tf.pow(factor, p), name=scope)


@api("train.natural_exp_decay")
def natural_exp_decay(learning_rate, global_step, decay_steps, decay_rate, staircase=False, name=None):
    """learning_rate * exp(-decay_rate * step / decay_steps); with `staircase` the quotient is rounded down."""
    with _decay("natural_exp_decay", name, "NaturalExpDecay", learning_rate, global_step, decay_rate) as (
        scope,
        rate,
        cast,
    ):
        step, steps, speed = cast(global_step), cast(decay_steps), cast(decay_rate)
        p = step / steps
        if staircase:
            p = tf.floor(p)
        return tf.multiply(rate, tf.exp(tf.multiply(tf.negative(speed), p)), name=scope)


@api("train.inverse_time_decay")
def inverse_time_decay(learning_rate, global_step, decay_steps, decay_rate, staircase=False, name=None):
    """learning_rate / (1 + decay_rate * step / decay_steps); with `staircase` the quotient is rounded down."""
    with _decay("inverse_time_decay", name, "InverseTimeDecay", learning_rate, global_step, decay_rate) as (
        scope,
        rate,
        cast,
    ):
        step, steps, speed = cast(global_step), cast(decay_steps), cast(decay_rate)
        p = step / steps
        if staircase:
            p = tf.floor(p)
        one = cast(tf.constant(1))
        return tf.div(rate, tf.add(one, tf.multiply(speed, p)), name=scope)


@api("train.polynomial_decay")
def polynomial_decay(
    learning_rate, global_step, decay_steps, end_learning_rate=0.0001, power=1.0, cycle=False, name=None
):
    """From learning_rate to end_learning_rate in `decay_steps`, along a power of what remains; then it stays.

    With `cycle` the way is stretched to the next multiple of decay_steps that is ahead. (1.1 gave NaN at step 0 then;
    this is 1.5's.)
    """
    values = decay_steps, end_learning_rate, power
    with _decay("polynomial_decay", name, "PolynomialDecay", learning_rate, global_step, *values) as (
        scope,
        rate,
        cast,
    ):
        step, steps, end, power = cast(global_step), cast(decay_steps), cast(end_learning_rate), cast(power)
        if cycle:
            times = tf.cond(tf.equal(step, 0), lambda: cast(1.0), lambda: tf.ceil(step / steps))
            steps = tf.multiply(steps, times)
        else:
            step = tf.minimum(step, steps)
        p = tf.div(step, steps)
        return tf.add(tf.multiply(rate - end, tf.pow(1 - p, power)), end, name=scope)


@api("train.piecewise_constant", "train.piecewise_constant_decay")
def piecewise_constant(x, boundaries, values, name=None):
    """values[0] while x <= boundaries[0], then values[1] while x <= boundaries[1], ..., values[-1] past the last
    boundary.

    ValueError for boundaries of another dtype than x, values of several dtypes, or a wrong number of values.
    """
    if len(boundaries) != len(values) - 1:
        raise ValueError("The length of boundaries should be 1 less than the length of values")
    with name_scope(name, "PiecewiseConstant", [x, boundaries, values, name]):
        x = convert_to_tensor(x)
        boundaries = [_boundary(b, x.dtype.base_dtype) for b in convert_n_to_tensor(boundaries)]
        values = convert_n_to_tensor(values)
        for v in values[1:]:
            if v.dtype.base_dtype != values[0].dtype.base_dtype:
                raise ValueError(
                    f"Values must have elements all with the same dtype ({values[0].dtype.base_dtype} vs "
                    f"{v.dtype.base_dtype})."
                )
        pairs = [(x <= boundaries[0], lambda: values[0]), (x > boundaries[-1], lambda: values[-1])]
        for low, high, v in zip(boundaries[:-1], boundaries[1:], values[1:-1]):
            pairs.append(((x > low) & (x <= high), lambda v=v: v))
        return tf.case(pairs, lambda: values[0], exclusive=True)


def _boundary(boundary, dtype):
    came = boundary.dtype.base_dtype
    if came is dtypes.int32 and dtype is dtypes.int64:
        return tf.cast(boundary, dtype)
    if came != dtype:
        raise ValueError(f"Boundaries ({came}) must have the same dtype as x ({dtype}).")
    return boundary


def _cosine(fraction):
    """From 1 to 0 as `fraction` goes from 0 to 1."""
    return 0.5 * (1.0 + tf.cos(tf.constant(math.pi, dtype=fraction.dtype) * fraction))


@api("train.cosine_decay")
def cosine_decay(learning_rate, global_step, decay_steps, alpha=0.0, name=None):
    """From learning_rate along half a cosine to alpha * learning_rate in `decay_steps`. Loshchilov, Hutter 2016."""
    with _decay("cosine decay", name, "CosineDecay", learning_rate, global_step) as (_, rate, cast):
        step, steps = cast(global_step), cast(decay_steps)
        fraction = tf.minimum(step, steps) / steps
        return tf.multiply(rate, (1 - alpha) * _cosine(fraction) + alpha)


@api("train.cosine_decay_restarts")
def cosine_decay_restarts(learning_rate, global_step, first_decay_steps, t_mul=2.0, m_mul=1.0, alpha=0.0, name=None):
    """Cosine decays one after the other, each `t_mul` times as long and starting `m_mul` times as high. Loshchilov,
    Hutter 2016.
    """
    what = "cosine decay restarts", name, "SGDRDecay", learning_rate, global_step
    with _decay(*what, rate_name="initial_learning_rate") as (scope, rate, cast):
        step, first = cast(global_step), cast(first_decay_steps)
        alpha, t_mul, m_mul = cast(alpha), cast(t_mul), cast(m_mul)
        fraction = step / first

        def equal_lengths():
            restarts = tf.floor(fraction)
            return restarts, fraction - restarts

        def growing_lengths():
            restarts = tf.floor(tf.log(1.0 - fraction * (1.0 - t_mul)) / tf.log(t_mul))
            start = (1.0 - t_mul**restarts) / (1.0 - t_mul)
            return restarts, (fraction - start) / t_mul**restarts

        restarts, fraction = tf.cond(tf.equal(t_mul, 1.0), equal_lengths, growing_lengths)
        height = m_mul**restarts
        decayed = (1 - alpha) * height * _cosine(fraction) + alpha
        return tf.multiply(rate, decayed, name=scope)


@api("train.linear_cosine_decay")
def linear_cosine_decay(learning_rate, global_step, decay_steps, num_periods=0.5, alpha=0.0, beta=0.001, name=None):
    """(alpha + a line from 1 to 0) times `num_periods` of a cosine, plus beta. Bello et al. 2017."""
    what = "linear cosine decay", name, "LinearCosineDecay", learning_rate, global_step
    with _decay(*what) as (scope, rate, cast):
        step, steps, num_periods = cast(global_step), cast(decay_steps), cast(num_periods)
        step, alpha, beta = tf.minimum(step, steps), cast(alpha), cast(beta)
        line = (steps - step) / steps
        wave = _cosine(2.0 * num_periods * (step / steps))
        return tf.multiply(rate, (alpha + line) * wave + beta, name=scope)


@api("train.noisy_linear_cosine_decay")
def noisy_linear_cosine_decay(
    learning_rate,
    global_step,
    decay_steps,
    initial_variance=1.0,
    variance_decay=0.55,
    num_periods=0.5,
    alpha=0.0,
    beta=0.001,
    name=None,
):
    """`linear_cosine_decay` with noise on the line, of variance initial_variance / (1 + step) ** variance_decay."""
    what = "noisy linear cosine decay", name, "NoisyLinearCosineDecay", learning_rate, global_step
    with _decay(*what) as (scope, rate, cast):
        step, steps = cast(global_step), cast(decay_steps)
        step = tf.minimum(step, steps)
        variance, slowing = cast(initial_variance), cast(variance_decay)
        num_periods, alpha, beta = cast(num_periods), cast(alpha), cast(beta)
        line = (steps - step) / steps
        deviation = tf.sqrt(variance / tf.pow(1.0 + step, slowing))
        noisy = line + tf.random_normal(line.shape, stddev=deviation, dtype=line.dtype)
        wave = _cosine(2.0 * num_periods * (step / steps))
        return tf.multiply(rate, (alpha + noisy) * wave + beta, name=scope)
