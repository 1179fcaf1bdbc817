"""Random nodes. Each keeps a stream of TensorFlow's own random words (kernels/philox.py) in a private cell of the
session.

With an op seed, a graph seed or both, a session draws the numbers that TensorFlow 1.x draws; without any, streams start
anywhere.
"""

import numpy as np

from funcfit.kernels import candidates, host_draws, philox, rejection, samplers
from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import get_default_graph, name_scope, seeds
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import FLOATS, INDICES, REAL, api, op, raw, tf


def stream(attrs, entropy):
    """The first value of a random node's private cell."""
    return philox.new_stream(attrs["seed"], attrs["seed2"], entropy)


def _samplers(cell):
    """Where the samplers are: NumPy's for a known stream, so that a plan of initializers needs no compilation."""
    return host_draws if isinstance(cell, np.ndarray) else samplers


# What the cards have in common that draw a tensor of a given shape.
_DRAWN = {"fixed": ("shape",), "keeps": stream, "gradient": None, "out": shapes.from_input()}


def _sizes(shape):
    return tuple(int(d) for d in shape)


@op("shape: T -> output: dtype", T=INDICES, dtype=FLOATS, folds=True, **_DRAWN)
def RandomUniform(cell, shape, *, dtype, seed=0, seed2=0):
    return _samplers(cell).uniform(cell, _sizes(shape), dtype.as_numpy_dtype)


@op("shape: T, minval: Tout, maxval: Tout -> output: Tout", T=INDICES, Tout=INDICES, folds=True, **_DRAWN)
def RandomUniformInt(cell, shape, minval, maxval, *, seed=0, seed2=0):
    return _samplers(cell).uniform_int(cell, _sizes(shape), minval, maxval, minval.dtype)


@op("shape: T -> output: dtype", T=INDICES, dtype=FLOATS, folds=True, **_DRAWN)
def RandomStandardNormal(cell, shape, *, dtype, seed=0, seed2=0):
    return _samplers(cell).standard_normal(cell, _sizes(shape), dtype.as_numpy_dtype)


@op("shape: T -> output: dtype", T=INDICES, dtype=FLOATS, folds=True, **_DRAWN)
def TruncatedNormal(cell, shape, *, dtype, seed=0, seed2=0):
    return _samplers(cell).truncated_normal(cell, _sizes(shape), dtype.as_numpy_dtype)


@op(
    "shape: T, means: dtype, stdevs: dtype, minvals: dtype, maxvals: dtype -> output: dtype",
    T=INDICES,
    dtype=FLOATS,
    **_DRAWN,
)
def ParameterizedTruncatedNormal(cell, shape, means, stdevs, minvals, maxvals, *, seed=0, seed2=0):
    return rejection.parameterized_truncated_normal(cell, _sizes(shape), means, stdevs, minvals, maxvals)


@op("value: T -> output: T", keeps=stream, gradient="unregistered", out=shapes.same)
def RandomShuffle(cell, value, *, seed=0, seed2=0):
    return samplers.shuffle(cell, value)


def _multinomial_shape(node):
    rows = shapes.with_rank(node, 0, 2)[0]
    samples = shapes.constant_value(node.inputs[1])
    return TensorShape((rows, None if samples is None else int(samples)))


@op(
    "logits: T, num_samples: int32 -> output: output_dtype",
    T=REAL,
    fixed=("num_samples",),
    keeps=stream,
    gradient=None,
    later=("output_dtype",),
    out=_multinomial_shape,
)
def Multinomial(cell, logits, num_samples, *, seed=0, seed2=0, output_dtype=dtypes.int64):
    return candidates.multinomial(cell, logits, int(num_samples), output_dtype.as_numpy_dtype)


def _drawn_for_each(node):
    return shapes.constant_value_as_shape(node.inputs[0]).concatenate(node.inputs[1].shape)


@op(
    "shape: S, alpha: T -> output: T",
    S=INDICES,
    T=FLOATS,
    **{**_DRAWN, "out": _drawn_for_each},
)
def RandomGamma(cell, shape, alpha, *, seed=0, seed2=0):
    return rejection.gamma(cell, _sizes(shape), alpha)


@op(
    "shape: S, rate: dtype -> output: dtype",
    S=INDICES,
    dtype=FLOATS,
    **{**_DRAWN, "out": _drawn_for_each},
)
def RandomPoisson(cell, shape, rate, *, seed=0, seed2=0):
    return rejection.poisson(cell, _sizes(shape), rate)


def _seeds(seed):
    first, second = seeds(get_default_graph(), seed)
    return {"seed": first, "seed2": second}


def _shape_tensor(shape):
    empty = isinstance(shape, (tuple, list)) and not shape
    return convert_to_tensor(shape, dtype=dtypes.int32 if empty else None, name="shape")


@api("random_uniform", "random.uniform")
def random_uniform(shape, minval=0, maxval=None, dtype=dtypes.float32, seed=None, name=None):
    """Numbers in [minval, maxval), evenly spread; for integer dtypes `maxval` must be given (ValueError)."""
    dtype = dtypes.as_dtype(dtype)
    if maxval is None:
        if dtype.is_integer:
            raise ValueError(f"Must specify maxval for integer dtype {dtype!r}")
        maxval = 1
    with name_scope(name, "random_uniform", [shape, minval, maxval]) as scope:
        shape = _shape_tensor(shape)
        minval = convert_to_tensor(minval, dtype=dtype, name="min")
        maxval = convert_to_tensor(maxval, dtype=dtype, name="max")
        if dtype.is_integer:
            return raw.RandomUniformInt(shape, minval, maxval, **_seeds(seed), name=scope)
        drawn = raw.RandomUniform(shape, dtype=dtype, **_seeds(seed))
        return tf.add(drawn * (maxval - minval), minval, name=scope)


def _scaled_normal(card, default_name, shape, mean, stddev, dtype, seed, name):
    with name_scope(name, default_name, [shape, mean, stddev]) as scope:
        shape = _shape_tensor(shape)
        mean = convert_to_tensor(mean, dtype=dtype, name="mean")
        stddev = convert_to_tensor(stddev, dtype=dtype, name="stddev")
        drawn = card(shape, dtype=dtype, **_seeds(seed))
        return tf.add(drawn * stddev, mean, name=scope)


@api("random_normal", "random.normal")
def random_normal(shape, mean=0.0, stddev=1.0, dtype=dtypes.float32, seed=None, name=None):
    """Normal numbers."""
    return _scaled_normal(raw.RandomStandardNormal, "random_normal", shape, mean, stddev, dtype, seed, name)


@api("truncated_normal", "random.truncated_normal")
def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=dtypes.float32, seed=None, name=None):
    """Normal numbers, drawn again while they are two or more deviations from the mean."""
    return _scaled_normal(raw.TruncatedNormal, "truncated_normal", shape, mean, stddev, dtype, seed, name)


@api("random_shuffle", "random.shuffle")
def random_shuffle(value, seed=None, name=None):
    """`value` with its rows (axis 0) in another order."""
    return raw.RandomShuffle(value, **_seeds(seed), name=name)


@api("random_crop", "random.crop", "image.random_crop")
def random_crop(value, size, seed=None, name=None):
    """A piece of shape `size` of `value`, anywhere. InvalidArgumentError in a run for a value that is smaller than
    that.
    """
    with name_scope(name, "random_crop", [value, size]) as scope:
        value = convert_to_tensor(value, name="value")
        size = convert_to_tensor(size, dtype=dtypes.int32, name="size")
        shape = tf.shape(value)
        check = tf.Assert(tf.reduce_all(shape >= size), ["Need value.shape >= size, got ", shape, size])
        shape = tf.contrib.framework.with_dependencies([check], shape)
        limit = shape - size + 1
        offset = random_uniform(tf.shape(shape), dtype=size.dtype, maxval=size.dtype.max, seed=seed) % limit
        return tf.slice(value, offset, size, name=scope)


@api("multinomial", "random.multinomial")
def multinomial(logits, num_samples, seed=None, name=None, output_dtype=None):
    """[batch, num_samples] class numbers, drawn by the unnormalized log-probabilities `logits` [batch, classes]."""
    with name_scope(name, "multinomial", [logits]):
        logits = convert_to_tensor(logits, name="logits")
        return raw.Multinomial(logits, num_samples, **_seeds(seed), output_dtype=output_dtype)


@api("random.categorical")
def categorical(logits, num_samples, dtype=None, seed=None, name=None):
    return multinomial(logits, num_samples, seed=seed, name=name or "categorical", output_dtype=dtype)


@api("random_gamma", "random.gamma")
def random_gamma(shape, alpha, beta=None, dtype=dtypes.float32, seed=None, name=None):
    """`shape` draws from Gamma(alpha, beta) for each of their entries: [*shape, *(alpha + beta).shape]; beta is the
    inverse scale.
    """
    dtype = dtypes.as_dtype(dtype)
    with name_scope(name, "random_gamma", [shape, alpha, beta]):
        shape = convert_to_tensor(shape, name="shape", dtype=dtypes.int32)
        alpha = convert_to_tensor(alpha, name="alpha", dtype=dtype)
        beta = convert_to_tensor(1 if beta is None else beta, name="beta", dtype=dtype)
        spread = alpha + tf.zeros_like(beta)
        drawn = raw.RandomGamma(shape, spread, **_seeds(seed))
        return tf.maximum(np.finfo(dtype.as_numpy_dtype).tiny, drawn / beta)


@api("random_poisson", "random.poisson")
def random_poisson(lam, shape, dtype=dtypes.float32, seed=None, name=None):
    """`shape` draws from Poisson(lam) for each entry of `lam`: [*shape, *lam.shape]."""
    with name_scope(name, "random_poisson", [lam, shape]):
        lam = convert_to_tensor(lam, name="lam", dtype=dtype)
        shape = convert_to_tensor(shape, name="shape", dtype=dtypes.int32)
        return raw.RandomPoisson(shape, lam, **_seeds(seed))


@api("random.parameterized_truncated_normal")
def parameterized_truncated_normal(
    shape, means=0.0, stddevs=1.0, minvals=-2.0, maxvals=2.0, dtype=dtypes.float32, seed=None, name=None
):
    """Normal numbers between bounds; each parameter is a scalar or has a value for each of the shape[0] batches."""
    with name_scope(name, "parameterized_truncated_normal", [shape, means, stddevs, minvals, maxvals]):
        shape = _shape_tensor(shape)
        parameters = [("means", means), ("stddevs", stddevs), ("minvals", minvals), ("maxvals", maxvals)]
        tensors = [convert_to_tensor(value, dtype=dtype, name=each) for each, value in parameters]
        return raw.ParameterizedTruncatedNormal(shape, *tensors, **_seeds(seed))
