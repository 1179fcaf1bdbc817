"""Initializers: callables that make a variable's first value, `initializer(shape, dtype=None, partition_info=None)`.

Node names are 1.1's: zeros, ones and constants are `Const` under the variable's `Initializer` scope. Before 1.0
`zeros_initializer` and `ones_initializer` were functions of a shape; called with one they still are.
"""

import math

import numpy as np

from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.node import Tensor
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import api, tf

# The standard deviation of a standard normal cut off at two: what 1.13 divides by so that a truncated draw has the
# asked-for variance.
_TRUNCATED_STDDEV = 0.87962566103423978


class Initializer:
    """Base class: subclasses make a tensor when called, and give their arguments in `get_config`."""

    def __call__(self, shape, dtype=None, partition_info=None):
        raise NotImplementedError

    def get_config(self):
        """The constructor's arguments, so that `from_config` makes an equal initializer."""
        return {key: value.name if isinstance(value, dtypes.DType) else value for key, value in vars(self).items()}

    @classmethod
    def from_config(cls, config):
        return cls(**config)


class _Filled(Initializer):
    """All elements alike. Given a shape in place of a dtype, as before 1.0, it is the tensor itself."""

    value = None

    def __new__(cls, *args, **kwargs):
        if "shape" in kwargs or args and isinstance(args[0], (list, tuple, TensorShape, Tensor)):
            return cls._tensor(*args, **kwargs)
        return super().__new__(cls)

    @classmethod
    def _tensor(cls, shape, dtype=dtypes.float32, partition_info=None):
        return tf.fill(shape, tf.constant(cls.value, dtype=dtype))

    def __init__(self, dtype=dtypes.float32):
        self.dtype = dtypes.as_dtype(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        dtype = self.dtype if dtype is None else dtypes.as_dtype(dtype).base_dtype
        return tf.constant(bool(self.value) if dtype is dtypes.bool_ else self.value, dtype=dtype, shape=shape)


@api("zeros_initializer", "initializers.zeros")
class Zeros(_Filled):
    """Zeros (False for bool)."""

    value = 0


@api("ones_initializer", "initializers.ones")
class Ones(_Filled):
    """Ones."""

    value = 1


@api("constant_initializer", "initializers.constant")
class Constant(Initializer):
    """The given value, list or array, reshaped; fewer elements are filled up with the last one.

    With `verify_shape` the value must have the variable's shape. TypeError for a value that is neither number, list
    nor array.
    """

    def __init__(self, value=0, dtype=dtypes.float32, verify_shape=False):
        if not (np.isscalar(value) or isinstance(value, (list, tuple, np.ndarray))):
            raise TypeError(
                f"Invalid type for initial value: {type(value)} (expected Python scalar, list or tuple of values, or "
                "numpy.ndarray)."
            )
        self.value, self.dtype, self.verify_shape = value, dtypes.as_dtype(dtype), verify_shape

    def __call__(self, shape, dtype=None, partition_info=None, verify_shape=None):
        verify_shape = self.verify_shape if verify_shape is None else verify_shape
        return tf.constant(self.value, dtype=dtype or self.dtype, shape=shape, verify_shape=verify_shape)

    def get_config(self):
        return {"value": self.value, "dtype": self.dtype.name}


@api("random_uniform_initializer", "initializers.random_uniform")
class RandomUniform(Initializer):
    """Uniform draws from [minval, maxval); maxval is 1 unless given."""

    def __init__(self, minval=0, maxval=None, seed=None, dtype=dtypes.float32):
        self.minval, self.maxval, self.seed, self.dtype = minval, maxval, seed, dtypes.as_dtype(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        return tf.random_uniform(shape, self.minval, self.maxval, dtype or self.dtype, seed=self.seed)


@api("random_normal_initializer", "initializers.random_normal")
class RandomNormal(Initializer):
    """Normal draws."""

    def __init__(self, mean=0.0, stddev=1.0, seed=None, dtype=dtypes.float32):
        self.mean, self.stddev, self.seed, self.dtype = mean, stddev, seed, _floating(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        return tf.random_normal(shape, self.mean, self.stddev, dtype or self.dtype, seed=self.seed)


@api("truncated_normal_initializer", "initializers.truncated_normal")
class TruncatedNormal(Initializer):
    """Normal draws, drawn again where they are more than two standard deviations off."""

    def __init__(self, mean=0.0, stddev=1.0, seed=None, dtype=dtypes.float32):
        self.mean, self.stddev, self.seed, self.dtype = mean, stddev, seed, _floating(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        return tf.truncated_normal(shape, self.mean, self.stddev, dtype or self.dtype, seed=self.seed)


@api("uniform_unit_scaling_initializer", "initializers.uniform_unit_scaling")
class UniformUnitScaling(Initializer):
    """Uniform draws scaled so that a product with inputs of unit variance keeps it: limit sqrt(3 / inputs) * factor.

    Sussillo, Abbott 2014.
    """

    def __init__(self, factor=1.0, seed=None, dtype=dtypes.float32):
        self.factor, self.seed, self.dtype = factor, seed, _floating(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        whole = shape if partition_info is None else partition_info.full_shape
        inputs = max(math.prod(float(size) for size in whole[:-1]), 1.0)
        limit = math.sqrt(3 / inputs) * self.factor
        return tf.random_uniform(shape, -limit, limit, dtype or self.dtype, seed=self.seed)


@api("variance_scaling_initializer", "initializers.variance_scaling")
class VarianceScaling(Initializer):
    """Draws of variance scale / n, where n counts inputs, outputs or their mean (`mode` fan_in, fan_out, fan_avg).

    `distribution` is "uniform", "normal" (truncated, and a little narrower than asked for: as 1.1 draws it),
    "truncated_normal" (corrected for that, as 1.13 does) or "untruncated_normal". Each with a seed draws what the
    release that named it drew.
    """

    def __init__(self, scale=1.0, mode="fan_in", distribution="truncated_normal", seed=None, dtype=dtypes.float32):
        if scale <= 0.0:
            raise ValueError("`scale` must be positive float.")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError("Invalid `mode` argument:", mode)
        distribution = distribution.lower()
        if distribution not in ("normal", "uniform", "truncated_normal", "untruncated_normal"):
            raise ValueError("Invalid `distribution` argument:", distribution)
        self.scale, self.mode, self.distribution, self.seed, self.dtype = (
            scale,
            mode,
            distribution,
            seed,
            _floating(dtype),
        )

    def __call__(self, shape, dtype=None, partition_info=None):
        dtype = dtype or self.dtype
        fan_in, fan_out = fans(shape if partition_info is None else partition_info.full_shape)
        count = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2.0}[self.mode]
        variance = self.scale / max(1.0, count)
        stddev, limit = math.sqrt(variance), math.sqrt(3.0 * variance)
        if self.distribution == "uniform":
            return tf.random_uniform(shape, -limit, limit, dtype, seed=self.seed)
        if self.distribution == "normal":
            return tf.truncated_normal(shape, 0.0, stddev, dtype, seed=self.seed)
        if self.distribution == "truncated_normal":
            return tf.truncated_normal(shape, 0.0, stddev / _TRUNCATED_STDDEV, dtype, seed=self.seed)
        return tf.random_normal(shape, 0.0, stddev, dtype, seed=self.seed)


@api("glorot_uniform_initializer", "initializers.glorot_uniform")
class GlorotUniform(VarianceScaling):
    """Uniform in +-sqrt(6 / (inputs + outputs)): what get_variable uses when it is told nothing. Glorot, Bengio
    2010.
    """

    def __init__(self, seed=None, dtype=dtypes.float32):
        super().__init__(1.0, "fan_avg", "uniform", seed, dtype)

    def get_config(self):
        return {"seed": self.seed, "dtype": self.dtype.name}


@api("glorot_normal_initializer", "initializers.glorot_normal")
class GlorotNormal(VarianceScaling):
    """Truncated normal of variance 2 / (inputs + outputs). Glorot, Bengio 2010."""

    def __init__(self, seed=None, dtype=dtypes.float32):
        super().__init__(1.0, "fan_avg", "normal", seed, dtype)

    def get_config(self):
        return {"seed": self.seed, "dtype": self.dtype.name}


@api("initializers.he_normal")
def he_normal(seed=None, dtype=dtypes.float32):
    """Truncated normal of variance 2 / inputs. He et al. 2015."""
    return VarianceScaling(2.0, "fan_in", "truncated_normal", seed, dtype)


@api("initializers.he_uniform")
def he_uniform(seed=None, dtype=dtypes.float32):
    """Uniform of variance 2 / inputs. He et al. 2015."""
    return VarianceScaling(2.0, "fan_in", "uniform", seed, dtype)


@api("initializers.lecun_normal")
def lecun_normal(seed=None, dtype=dtypes.float32):
    """Truncated normal of variance 1 / inputs. LeCun et al. 1998."""
    return VarianceScaling(1.0, "fan_in", "truncated_normal", seed, dtype)


@api("initializers.lecun_uniform")
def lecun_uniform(seed=None, dtype=dtypes.float32):
    """Uniform of variance 1 / inputs. LeCun et al. 1998."""
    return VarianceScaling(1.0, "fan_in", "uniform", seed, dtype)


@api("orthogonal_initializer", "initializers.orthogonal")
class Orthogonal(Initializer):
    """A matrix with orthonormal rows or columns, times `gain`; more than two axes are flattened but for the last.
    Saxe et al. 2014.

    ValueError for fewer than two axes. Built as 1.1 does: the singular vectors of a uniform draw.
    """

    def __init__(self, gain=1.0, seed=None, dtype=dtypes.float32):
        if isinstance(seed, dtypes.DType):  # before 1.3 the dtype came before the seed
            dtype, seed = seed, (None if dtype is dtypes.float32 else dtype)
        self.gain, self.seed, self.dtype = gain, seed, _floating(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        dtype = dtype or self.dtype
        if len(shape) < 2:
            raise ValueError("The tensor to initialize must be at least two-dimensional")
        rows, columns = math.prod(int(size) for size in shape[:-1]), int(shape[-1])
        _, u, v = tf.svd(tf.random_uniform((rows, columns), dtype=dtype, seed=self.seed), full_matrices=False)
        q = u if rows > columns else tf.transpose(v)
        return self.gain * tf.reshape(q, shape)


@api("initializers.identity")
class Identity(Initializer):
    """The identity matrix times `gain`. ValueError for anything but a matrix."""

    def __init__(self, gain=1.0, dtype=dtypes.float32):
        self.gain, self.dtype = gain, _floating(dtype)

    def __call__(self, shape, dtype=None, partition_info=None):
        dtype = dtype or self.dtype
        whole = shape if partition_info is None else partition_info.full_shape
        if len(whole) != 2:
            raise ValueError("Identity matrix initializer can only be used for 2D matrices.")
        matrix = tf.eye(*whole, dtype=dtype)
        if partition_info is not None:
            matrix = tf.slice(matrix, partition_info.var_offset, shape)
        return self.gain * matrix


@api("contrib.layers.variance_scaling_initializer")
def contrib_variance_scaling_initializer(factor=2.0, mode="FAN_IN", uniform=False, seed=None, dtype=dtypes.float32):
    """An initializer function: draws of variance factor / n, n being counted by `mode` (FAN_IN, FAN_OUT, FAN_AVG)."""
    if not dtypes.as_dtype(dtype).is_floating:
        raise TypeError("Cannot create initializer for non-floating point type.")
    if mode not in ("FAN_IN", "FAN_OUT", "FAN_AVG"):
        raise TypeError("Unknown mode %s [FAN_IN, FAN_OUT, FAN_AVG]", mode)

    def initializer(shape, dtype=dtype, partition_info=None):
        if not dtypes.as_dtype(dtype).is_floating:
            raise TypeError("Cannot create initializer for non-floating point type.")
        fan_in, fan_out = (float(n) for n in fans(shape)) if shape else (1.0, 1.0)
        count = {"FAN_IN": fan_in, "FAN_OUT": fan_out, "FAN_AVG": (fan_in + fan_out) / 2.0}[mode]
        if uniform:
            limit = math.sqrt(3.0 * factor / count)
            return tf.random_uniform(shape, -limit, limit, dtype, seed=seed)
        stddev = math.sqrt(1.3 * factor / count)  # 1.3 makes up for what truncation takes off the variance
        return tf.truncated_normal(shape, 0.0, stddev, dtype, seed=seed)

    return initializer


@api("contrib.layers.xavier_initializer", "contrib.layers.xavier_initializer_conv2d")
def xavier_initializer(uniform=True, seed=None, dtype=dtypes.float32):
    """An initializer function of variance 1 / mean of inputs and outputs. Glorot, Bengio 2010."""
    return contrib_variance_scaling_initializer(factor=1.0, mode="FAN_AVG", uniform=uniform, seed=seed, dtype=dtype)


def fans(shape):
    """(inputs, outputs) of a weight of `shape`: of a convolution's, times the positions of its window."""
    shape = [int(size) for size in shape]
    if len(shape) < 2:
        count = shape[0] if shape else 1
        return count, count
    window = math.prod(shape[:-2])
    return shape[-2] * window, shape[-1] * window


def _floating(dtype):
    dtype = dtypes.as_dtype(dtype)
    if not dtype.is_floating:
        raise ValueError(f"Expected floating point type, got {dtype}.")
    return dtype
