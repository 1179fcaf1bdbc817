"""Normalizing: batch normalization in its three forms, moments, local response normalization, unit vectors."""

import jax
import jax.numpy as jnp
import numpy as np

from funcfit.kernels import normalization as kernels
from funcfit.tf1 import shapes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import control_dependencies, name_scope
from funcfit.tf1.graph.node import Tensor
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import FLOATS, api, op, raw, tf

# Local response -----------------------------------------------------------------------------------------------------


@api("nn.lrn", "nn.local_response_normalization")
@op("input: T -> output: T", T=FLOATS, out=lambda node: node.inputs[0].shape.with_rank(4))
def LRN(input, *, depth_radius=5, bias=1.0, alpha=1.0, beta=0.5):
    return kernels.local_response(input, depth_radius, bias, alpha, beta)


@LRN.gradient
def _(node, dy):
    how = {name: node.attrs[name] for name in ("depth_radius", "bias", "alpha", "beta")}
    return [raw.LRNGrad(dy, node.inputs[0], node.outputs[0], **how)]


@op("input_grads: T, input_image: T, output_image: T -> output: T", T=FLOATS, out=shapes.merged)
def LRNGrad(input_grads, input_image, output_image, *, depth_radius=5, bias=1.0, alpha=1.0, beta=0.5):
    _, pull = jax.vjp(lambda x: kernels.local_response(x, depth_radius, bias, alpha, beta), input_image)
    return pull(input_grads)[0]


# Batch normalization as one node ------------------------------------------------------------------------------------


def _channel(data_format):
    return 1 if data_format.startswith("NC") else -1


def _fused(node):
    x = node.inputs[0].shape.with_rank(4)
    channels = x[_channel(node.attrs["data_format"])] if x.ndims else None
    for vector in node.inputs[1 : 3 if node.attrs["is_training"] else 5]:
        channels = vector.shape.with_rank(1).merge_with([channels])[0]
    return [x] + [TensorShape([channels])] * (len(node.outputs) - 1)


def _normalized(x, scale, offset, mean, variance, epsilon, data_format, is_training):
    """y, the moments to keep, and the moments that the gradient wants."""
    channel, wide = _channel(data_format), x.astype(scale.dtype)
    if not is_training:
        return (
            kernels.channels_normalized(wide, mean, variance, scale, offset, epsilon, channel),
            mean,
            variance,
            mean,
            variance,
        )
    mean, variance = kernels.channel_moments(wide, channel)
    y = kernels.channels_normalized(wide, mean, variance, scale, offset, epsilon, channel)
    count = x.size // scale.size
    return y, mean, variance * (count / max(count - 1, 1)), mean, variance


@op(
    "x: T, scale: T, offset: T, mean: T, variance: T -> "
    "y: T, batch_mean: T, batch_variance: T, reserve_space_1: T, reserve_space_2: T",
    T=FLOATS,
    out=_fused,
)
def FusedBatchNorm(x, scale, offset, mean, variance, *, epsilon=0.0001, data_format="NHWC", is_training=True):
    return _normalized(x, scale, offset, mean, variance, epsilon, data_format, is_training)


@op(
    "x: T, scale: U, offset: U, mean: U, variance: U -> "
    "y: T, batch_mean: U, batch_variance: U, reserve_space_1: U, reserve_space_2: U",
    T=FLOATS,
    U="float32",
    out=_fused,
)
def FusedBatchNormV2(x, scale, offset, mean, variance, *, epsilon=0.0001, data_format="NHWC", is_training=True):
    return _normalized(x, scale, offset, mean, variance, epsilon, data_format, is_training)


@op(
    "x: T, scale: U, offset: U, mean: U, variance: U -> "
    "y: T, batch_mean: U, batch_variance: U, reserve_space_1: U, reserve_space_2: U, reserve_space_3: U",
    T=FLOATS,
    U="float32",
    out=_fused,
)
def FusedBatchNormV3(x, scale, offset, mean, variance, *, epsilon=0.0001, data_format="NHWC", is_training=True):
    results = _normalized(x, scale, offset, mean, variance, epsilon, data_format, is_training)
    return (*results, np.zeros([0], np.float32))


def _fused_gradient(card):
    def rule(node, dy, *_):
        x, scale, _, mean, variance = node.inputs
        how = {name: node.attrs[name] for name in ("epsilon", "data_format", "is_training")}
        if how["is_training"]:
            return list(raw.get(card)(dy, x, scale, node.outputs[3], node.outputs[4], **how))
        return [*raw.get(card)(dy, x, scale, mean, variance, **how)[:3], None, None]

    return rule


FusedBatchNorm.gradient(_fused_gradient("FusedBatchNormGrad"))
FusedBatchNormV2.gradient(_fused_gradient("FusedBatchNormGradV2"))
FusedBatchNormV3.gradient(_fused_gradient("FusedBatchNormGradV2"))


def _fused_inputs(node):
    vector = TensorShape(node.inputs[2].shape)
    return [node.inputs[1].shape.merge_with(node.inputs[0].shape), vector, vector, TensorShape([0]), TensorShape([0])]


def _fused_pulled(dy, x, scale, mean, variance, epsilon, data_format, is_training):
    """Gradients of x, scale and offset; in training the moments are x's own, which the gradient's gradient needs."""
    channel, wide = _channel(data_format), x.astype(scale.dtype)
    nothing = np.zeros([0], scale.dtype)
    if not x.size:
        return dy, jnp.zeros_like(scale), jnp.zeros_like(scale), nothing, nothing

    def forward(x, scale, offset):
        if is_training:
            return kernels.batch_normalized(x, scale, offset, epsilon, channel)
        return kernels.channels_normalized(x, mean, variance, scale, offset, epsilon, channel)

    _, pull = jax.vjp(forward, wide, scale, jnp.zeros_like(scale))
    return (*pull(dy.astype(scale.dtype)), nothing, nothing)


@op(
    "y_backprop: T, x: T, scale: T, reserve_space_1: T, reserve_space_2: T -> "
    "x_backprop: T, scale_backprop: T, offset_backprop: T, reserve_space_3: T, reserve_space_4: T",
    T=FLOATS,
    out=_fused_inputs,
)
def FusedBatchNormGrad(
    y_backprop,
    x,
    scale,
    reserve_space_1,
    reserve_space_2,
    *,
    epsilon=0.0001,
    data_format="NHWC",
    is_training=True,
):
    return _fused_pulled(y_backprop, x, scale, reserve_space_1, reserve_space_2, epsilon, data_format, is_training)


@op(
    "y_backprop: T, x: T, scale: float32, reserve_space_1: U, reserve_space_2: U -> "
    "x_backprop: T, scale_backprop: U, offset_backprop: U, reserve_space_3: U, reserve_space_4: U",
    T=FLOATS,
    U="float32",
    out=_fused_inputs,
)
def FusedBatchNormGradV2(
    y_backprop,
    x,
    scale,
    reserve_space_1,
    reserve_space_2,
    *,
    epsilon=0.0001,
    data_format="NHWC",
    is_training=True,
):
    return _fused_pulled(y_backprop, x, scale, reserve_space_1, reserve_space_2, epsilon, data_format, is_training)


@op(
    "y_backprop: T, x: T, scale: float32, reserve_space_1: U, reserve_space_2: U, reserve_space_3: U -> "
    "x_backprop: T, scale_backprop: U, offset_backprop: U, reserve_space_4: U, reserve_space_5: U",
    T=FLOATS,
    U="float32",
    out=_fused_inputs,
)
def FusedBatchNormGradV3(
    y_backprop,
    x,
    scale,
    reserve_space_1,
    reserve_space_2,
    reserve_space_3,
    *,
    epsilon=0.0001,
    data_format="NHWC",
    is_training=True,
):
    return _fused_pulled(y_backprop, x, scale, reserve_space_1, reserve_space_2, epsilon, data_format, is_training)


@api("nn.fused_batch_norm")
def fused_batch_norm(
    x, scale, offset, mean=None, variance=None, epsilon=0.001, data_format="NHWC", is_training=True, name=None
):
    """(y, mean, variance) of images normalized by channel: by their own moments in training, else by those given.

    The variance that comes out is the unbiased one, over n - 1.
    """
    x = convert_to_tensor(x, name="input")
    scale = convert_to_tensor(scale, name="scale")
    offset = convert_to_tensor(offset, name="offset")
    if is_training and (mean is not None or variance is not None):
        raise ValueError("Both 'mean' and 'variance' must be None if is_training is True.")
    if mean is None:
        mean = tf.constant([])
    if variance is None:
        variance = tf.constant([])
    epsilon = epsilon if epsilon > 1e-5 else epsilon + 1e-12
    card = raw.FusedBatchNorm if x.dtype == scale.dtype else raw.FusedBatchNormV2
    how = {"epsilon": epsilon, "data_format": data_format, "is_training": is_training}
    y, mean, variance, *_ = card(x, scale, offset, mean, variance, name=name, **how)
    return y, mean, variance


_OLD = "t: T, m: T, v: T, beta: T, gamma: T -> result: T"


@op(_OLD, T=FLOATS, out=lambda node: node.inputs[0].shape.with_rank(4))
def BatchNormWithGlobalNormalization(t, m, v, beta, gamma, *, variance_epsilon, scale_after_normalization):
    scale = gamma if scale_after_normalization else jnp.ones_like(gamma)
    return kernels.channels_normalized(t, m, v, scale, beta, variance_epsilon, -1)


@BatchNormWithGlobalNormalization.gradient
def _(node, dy):
    t, m, v, _, gamma = node.inputs
    how = {name: node.attrs[name] for name in ("variance_epsilon", "scale_after_normalization")}
    return list(raw.BatchNormWithGlobalNormalizationGrad(t, m, v, gamma, dy, **how))


@op(
    "t: T, m: T, v: T, gamma: T, backprop: T -> dx: T, dm: T, dv: T, db: T, dg: T",
    T=FLOATS,
    out=lambda node: [node.inputs[0].shape] + [node.inputs[1].shape] * 4,
)
def BatchNormWithGlobalNormalizationGrad(t, m, v, gamma, backprop, *, variance_epsilon, scale_after_normalization):
    lower = BatchNormWithGlobalNormalization.lower
    how = {"variance_epsilon": variance_epsilon, "scale_after_normalization": scale_after_normalization}
    _, pull = jax.vjp(lambda *inputs: lower(*inputs, **how), t, m, v, jnp.zeros_like(gamma), gamma)
    return pull(backprop)


# Batch normalization as arithmetic ----------------------------------------------------------------------------------


@api("nn.batch_normalization")
def batch_normalization(x, mean, variance, offset, scale, variance_epsilon, name=None):
    """(x - mean) / sqrt(variance + variance_epsilon) * scale + offset, broadcast; `offset` and `scale` may be None."""
    with name_scope(name, "batchnorm", [x, mean, variance, scale, offset]):
        inverse = tf.rsqrt(variance + variance_epsilon)
        if scale is not None:
            inverse *= scale
        return x * inverse + (offset - mean * inverse if offset is not None else -mean * inverse)


@api("nn.batch_norm_with_global_normalization")
def batch_norm_with_global_normalization(
    t=None,
    m=None,
    v=None,
    beta=None,
    gamma=None,
    variance_epsilon=None,
    scale_after_normalization=None,
    name=None,
    input=None,
    mean=None,
    variance=None,
):
    """`batch_normalization` with another order of arguments; `gamma` counts only with `scale_after_normalization`."""
    t, m, v = (old if new is None else new for old, new in ((t, input), (m, mean), (v, variance)))
    return batch_normalization(t, m, v, beta, gamma if scale_after_normalization else None, variance_epsilon, name)


def _axes(axes):
    return [axes] if isinstance(axes, (int, np.integer)) else axes


def _keeps(keep_dims, keepdims):
    return bool(keep_dims if keepdims is None else keepdims)


@api("nn.sufficient_statistics")
def sufficient_statistics(x, axes, shift=None, keep_dims=None, name=None, keepdims=None):
    """(count, sum of x - shift, sum of their squares, shift) over `axes`: what `normalize_moments` needs."""
    keep_dims = _keeps(keep_dims, keepdims)
    axes = list(set(_axes(axes)))
    with name_scope(name, "sufficient_statistics", [x, shift]):
        x = convert_to_tensor(x, name="x")
        sizes = x.shape.dims_or_none
        if sizes is not None and all(sizes[axis] is not None for axis in axes):
            counts = tf.constant(int(np.prod([sizes[axis] for axis in axes])), dtype=x.dtype)
        else:
            counts = tf.reduce_prod(tf.gather(tf.cast(tf.shape(x), x.dtype), axes), name="count")
        if shift is not None:
            shift = convert_to_tensor(shift, name="shift")
            sums, squares = tf.subtract(x, shift), tf.squared_difference(x, shift)
        else:
            sums, squares = x, tf.square(x)
        sums = tf.reduce_sum(sums, axes, keep_dims=keep_dims, name="mean_ss")
        squares = tf.reduce_sum(squares, axes, keep_dims=keep_dims, name="var_ss")
    return counts, sums, squares, shift


@api("nn.normalize_moments")
def normalize_moments(counts, mean_ss, variance_ss, shift, name=None):
    """(mean, variance) from what `sufficient_statistics` gives."""
    with name_scope(name, "normalize", [counts, mean_ss, variance_ss, shift]):
        divisor = tf.reciprocal(counts, name="divisor")
        if shift is not None:
            shifted = tf.multiply(mean_ss, divisor, name="shifted_mean")
            mean = tf.add(shifted, shift, name="mean")
        else:
            mean = shifted = tf.multiply(mean_ss, divisor, name="mean")
        variance = tf.subtract(tf.multiply(variance_ss, divisor), tf.square(shifted), name="variance")
    return mean, variance


@api("nn.moments")
def moments(x, axes, shift=None, name=None, keep_dims=None, keepdims=None):
    """(mean, variance) of x over `axes`: [0] for each feature of a batch, [0, 1, 2] for each channel of images."""
    keep_dims = _keeps(keep_dims, keepdims)
    axes = _axes(axes)
    with name_scope(name, "moments", [x, axes, shift]):
        x = convert_to_tensor(x, name="x")
        y = tf.cast(x, tf.float32) if x.dtype == tf.float16 else x
        if isinstance(axes, Tensor):
            return _as_narrow_as(x, *_moments_over(y, axes, keep_dims))
        if shift is None:
            shift = tf.stop_gradient(tf.reduce_mean(y, axes, keep_dims=True))
        else:
            shift = tf.cast(shift, y.dtype)
        counts, sums, squares, shift = sufficient_statistics(y, axes, shift=shift, keep_dims=keep_dims, name=name)
        shift = tf.reshape(shift, tf.shape(sums))
        shift.set_shape(sums.shape)
        with control_dependencies([counts, sums, squares]):
            return _as_narrow_as(x, *normalize_moments(counts, sums, squares, shift, name=name))


def _as_narrow_as(x, mean, variance):
    """Moments of float16 are computed in float32 and come out as float16."""
    if x.dtype == tf.float16:
        return tf.cast(mean, tf.float16), tf.cast(variance, tf.float16)
    return mean, variance


def _moments_over(y, axes, keep_dims):
    """For axes that are a tensor, which 1.1 does not take: as 1.15 computes them."""
    mean = tf.reduce_mean(y, axes, keep_dims=True, name="mean")
    squares = tf.squared_difference(y, tf.stop_gradient(mean))
    variance = tf.reduce_mean(squares, axes, keep_dims=True, name="variance")
    if keep_dims:
        return mean, variance
    return tf.reduce_sum(mean, axes), tf.reduce_sum(variance, axes)


@api("nn.weighted_moments")
def weighted_moments(x, axes, frequency_weights, name=None, keep_dims=None, keepdims=None):
    """(mean, variance) of x over `axes`, each element counted as often as `frequency_weights`, which broadcast, say."""
    keep_dims = _keeps(keep_dims, keepdims)
    with name_scope(name, "weighted_moments", [x, frequency_weights, axes]):
        x = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(frequency_weights, name="frequency_weights")
        given = x
        if x.dtype == tf.float16:
            x = tf.cast(x, tf.float32)
        if weights.dtype != x.dtype:
            weights = tf.cast(weights, x.dtype)
        total = tf.reduce_sum(weights * x, axes, name="weighted_input_sum", keep_dims=True)
        everywhere = weights + tf.zeros_like(x)
        sum_of_weights = tf.reduce_sum(everywhere, axes, name="sum_of_weights", keep_dims=True)
        divisor = tf.reciprocal(sum_of_weights, name="inv_weight_sum")
        mean = tf.multiply(total, divisor)
        squares = weights * tf.squared_difference(x, mean)
        distances = tf.reduce_sum(squares, axes, name="weighted_distsq", keep_dims=True)
        variance = tf.multiply(distances, divisor)
        if not keep_dims:
            mean = tf.squeeze(mean, squeeze_dims=axes)
            variance = tf.squeeze(variance, squeeze_dims=axes)
        return _as_narrow_as(given, mean, variance)


# Vectors ------------------------------------------------------------------------------------------------------------


@api("nn.l2_normalize", "math.l2_normalize", "linalg.l2_normalize")
def l2_normalize(x, axis=None, epsilon=1e-12, name=None, dim=None):
    """x over its Euclidean length along `axis`; lengths below sqrt(epsilon) count as that."""
    axis = dim if axis is None else axis
    with name_scope(name, "l2_normalize", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        squares = tf.reduce_sum(tf.square(x), axis, keep_dims=True)
        return tf.multiply(x, tf.rsqrt(tf.maximum(squares, epsilon)), name=scope)


@api("nn.zero_fraction", "math.zero_fraction")
def zero_fraction(value, name=None):
    """The share of elements that are zero, as float32."""
    with name_scope(name, "zero_fraction", [value]):
        value = convert_to_tensor(value, name="value")
        zero = tf.constant(0, dtype=value.dtype, name="zero")
        return tf.reduce_mean(tf.cast(tf.equal(value, zero), tf.float32))
