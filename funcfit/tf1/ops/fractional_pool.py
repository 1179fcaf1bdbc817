"""Pooling by a ratio that need not be whole, and its gradients, which are op types too."""

import math

from funcfit.errors import InvalidArgumentError
from funcfit.kernels import fractional_pool as kernels
from funcfit.kernels.philox import new_stream
from funcfit.tf1 import shapes
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import api, op, raw, tf

_TYPES = "float32 float64 int32 int64"
_POOL = "value: T -> output: T, row_pooling_sequence: int64, col_pooling_sequence: int64"


def _sizes(shape, ratios):
    return [None if n is None else math.floor(n / ratio) for n, ratio in zip(shape, ratios)]


def _pooled(node):
    ratios = node.attrs["pooling_ratio"]
    if len(ratios) != 4:
        raise ValueError("pooling_ratio field must specify 4 dimensions")
    sizes = _sizes(shapes.with_rank(node, 0, 4), ratios)
    return [TensorShape(sizes), *(TensorShape([None if n is None else n + 1]) for n in sizes[1:3])]


def _stream(attrs, entropy):
    seed, seed2 = attrs["seed"], attrs["seed2"]
    if (seed or seed2) and not attrs["deterministic"]:
        raise InvalidArgumentError(None, None, "Both seed and seed2 should be 0 if deterministic is false.")
    return new_stream(seed, seed2, entropy)


def _edges(stream, shape, ratios, pseudo_random, deterministic):
    """The edges of both axes, and the stream for the next run: the same again when that is `deterministic`."""
    _, rows, columns, _ = _sizes(shape, ratios)
    row_edges, after = kernels.pooling_edges(stream, shape[1], rows, pseudo_random)
    column_edges, after = kernels.pooling_edges(after, shape[2], columns, pseudo_random)
    return row_edges, column_edges, stream if deterministic else after


@op(_POOL, T=_TYPES, out=_pooled, keeps=_stream)
def FractionalMaxPool(
    stream, value, *, pooling_ratio, pseudo_random=False, overlapping=False, deterministic=False, seed=0, seed2=0
):
    rows, columns, stream = _edges(stream, value.shape, pooling_ratio, pseudo_random, deterministic)
    return (kernels.fractional_max_pool(value, rows, columns, overlapping), rows, columns), stream


@FractionalMaxPool.gradient
def _(node, dy, *_):
    y, rows, columns = node.outputs
    return [raw.FractionalMaxPoolGrad(node.inputs[0], y, dy, rows, columns, overlapping=node.attrs["overlapping"])]


@op(
    "orig_input: T, orig_output: T, out_backprop: T, row_pooling_sequence: int64, col_pooling_sequence: int64 -> "
    "output: T",
    T=_TYPES,
    out=lambda node: node.inputs[0].shape.with_rank(4),
    gradient="unregistered",
)
def FractionalMaxPoolGrad(
    orig_input, orig_output, out_backprop, row_pooling_sequence, col_pooling_sequence, *, overlapping=False
):
    edges = (row_pooling_sequence, col_pooling_sequence)
    return kernels.fractional_max_pool_gradient(orig_input, out_backprop, *edges, overlapping)


@op(_POOL, T=_TYPES, out=_pooled, keeps=_stream)
def FractionalAvgPool(
    stream, value, *, pooling_ratio, pseudo_random=False, overlapping=False, deterministic=False, seed=0, seed2=0
):
    rows, columns, stream = _edges(stream, value.shape, pooling_ratio, pseudo_random, deterministic)
    return (kernels.fractional_avg_pool(value, rows, columns, overlapping), rows, columns), stream


@FractionalAvgPool.gradient
def _(node, dy, *_):
    _, rows, columns = node.outputs
    shape = node.inputs[0].shape
    sizes = shape if shape.is_fully_defined() else tf.shape(node.inputs[0], out_type=tf.int64)
    return [raw.FractionalAvgPoolGrad(sizes, dy, rows, columns, overlapping=node.attrs["overlapping"])]


def _given(node):
    return shapes.constant_value_as_shape(node.inputs[0]).merge_with(TensorShape([None] * 4))


@op(
    "orig_input_tensor_shape: int64, out_backprop: T, row_pooling_sequence: int64, col_pooling_sequence: int64 -> "
    "output: T",
    T=_TYPES,
    fixed=("orig_input_tensor_shape",),
    out=_given,
    gradient="unregistered",
)
def FractionalAvgPoolGrad(
    orig_input_tensor_shape, out_backprop, row_pooling_sequence, col_pooling_sequence, *, overlapping=False
):
    edges = (row_pooling_sequence, col_pooling_sequence)
    return kernels.fractional_avg_pool_gradient(orig_input_tensor_shape.tolist(), out_backprop, *edges, overlapping)


def _pool(card, value, pooling_ratio, name, **how):
    return card(value, pooling_ratio=[float(ratio) for ratio in pooling_ratio], name=name, **how)


@api("nn.fractional_max_pool")
def fractional_max_pool(
    value,
    pooling_ratio,
    pseudo_random=False,
    overlapping=False,
    deterministic=False,
    seed=0,
    seed2=0,
    name=None,
):
    """(maxima, row edges, column edges) of images made smaller by `pooling_ratio` [1, height, width, 1].

    The windows are drawn anew at each run, unless `deterministic`: then they follow from `seed` and `seed2`.
    """
    how = {"pseudo_random": pseudo_random, "overlapping": overlapping, "deterministic": deterministic}
    return _pool(raw.FractionalMaxPool, value, pooling_ratio, name, seed=seed, seed2=seed2, **how)


@api("nn.fractional_avg_pool")
def fractional_avg_pool(
    value,
    pooling_ratio,
    pseudo_random=False,
    overlapping=False,
    deterministic=False,
    seed=0,
    seed2=0,
    name=None,
):
    """(means, row edges, column edges) of images made smaller by `pooling_ratio`; else as `fractional_max_pool`."""
    how = {"pseudo_random": pseudo_random, "overlapping": overlapping, "deterministic": deterministic}
    return _pool(raw.FractionalAvgPool, value, pooling_ratio, name, seed=seed, seed2=seed2, **how)
