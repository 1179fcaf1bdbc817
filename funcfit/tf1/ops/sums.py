"""Sums of many tensors of one shape."""

from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_n_to_tensor_or_indexed_slices
from funcfit.tf1.graph.node import Tensor
from funcfit.tf1.graph.shape import as_shape
from funcfit.tf1.opdef import NUMBERS, api, op, raw, tf


def _one_shape(node):
    """All summands have one shape; TF merges them from the last."""
    shape = node.inputs[-1].shape
    for i in range(len(node.inputs) - 2, -1, -1):
        shape = shapes.merged_into(node, node.inputs[i].shape, shape, f"From merging shape {i} with other shapes.")
    return shape


@op("inputs: N*T -> sum: T", T=NUMBERS + " bfloat16", out=_one_shape, folds=True)
def AddN(inputs):
    total = inputs[0]
    for x in inputs[1:]:
        total = total + x
    return total


@AddN.gradient
def _(node, dy):
    return [dy] * len(node.inputs)


@api("add_n", "math.add_n")
def add_n(inputs, name=None):
    """The sum of tensors of one dtype and shape. ValueError when `inputs` is not a list of at least one."""
    inputs = _summands(inputs)
    if len(inputs) > 1:
        return raw.AddN(inputs, name=name)
    return tf.identity(inputs[0], name=name) if name else inputs[0]


@op("inputs: N*T -> sum: T", T=NUMBERS + " bfloat16", out=shapes.from_attr("shape"))
def AccumulateNV2(inputs, *, shape):
    return AddN.lower(inputs)


@AccumulateNV2.gradient
def _(node, dy):
    return [dy] * len(node.inputs)


@api("accumulate_n", "math.accumulate_n")
def accumulate_n(inputs, shape=None, tensor_dtype=None, name=None):
    """The sum of tensors of one dtype and shape, as `add_n`. TypeError when they are not of `tensor_dtype`."""
    inputs = _summands(inputs)
    if any(x.dtype.base_dtype is not inputs[0].dtype.base_dtype for x in inputs):
        raise ValueError(_NO_SUMMANDS)
    if tensor_dtype is not None and inputs[0].dtype.base_dtype is not dtypes.as_dtype(tensor_dtype).base_dtype:
        raise TypeError(f"tensor_dtype is {tensor_dtype!r}, but input is of type {inputs[0].dtype!r}")
    shape = as_shape(shape)
    for x in inputs:
        shape = shape.merge_with(x.shape)
    if len(inputs) == 1:
        return inputs[0] if name is None else tf.identity(inputs[0], name=name)
    return raw.AccumulateNV2(inputs, shape=shape, name=name)


_NO_SUMMANDS = "inputs must be a list of at least one Tensor with the same dtype and shape"


def _summands(inputs):
    if not isinstance(inputs, (list, tuple)) or not inputs:
        raise ValueError(_NO_SUMMANDS)
    inputs = convert_n_to_tensor_or_indexed_slices(inputs)
    if not all(isinstance(x, Tensor) for x in inputs):
        raise ValueError(_NO_SUMMANDS)
    return inputs
