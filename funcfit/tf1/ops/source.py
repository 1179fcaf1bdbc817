"""Where values enter a graph: constants and placeholders."""

import numpy as np

from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import register_tensor_conversion_function
from funcfit.tf1.graph.graph import get_default_graph
from funcfit.tf1.graph.shape import Dimension, TensorShape
from funcfit.tf1.graph.values import array_of
from funcfit.tf1.opdef import also, api, op, raw


@op(
    "-> output: dtype",
    folds=True,
    at_build=True,
    gradient=None,
    out=lambda node: TensorShape(node.attrs["value"].shape),
)
def Const(*, value):
    return value


@api("constant")
def constant(value, dtype=None, shape=None, name="Const", verify_shape=False):
    """A tensor with a fixed value: a number, a list, a numpy array, strings.

    `shape` reshapes, and fills up with the last element when there are too few. TypeError when `dtype` cannot hold an
    element; with `verify_shape`, TypeError when the value has another shape.
    """
    array = array_of(value, dtype, None if verify_shape else shape)
    if verify_shape and shape is not None and tuple(array.shape) != TensorShape(shape).dims_or_none:
        raise TypeError(f"Expected Tensor's shape: {TensorShape(shape)}, got {array.shape}.")
    array.flags.writeable = False
    dtype = dtypes.as_dtype(array.dtype) if dtype is None else dtypes.as_dtype(dtype).base_dtype
    graph = get_default_graph()
    attrs = {"value": array, "dtype": dtype}
    return graph.add_node(raw.Const, [], attrs, [dtype], name or "Const").outputs[0]


def _from_value(value, dtype=None, name=None, as_ref=False):
    return constant(value, dtype=dtype, name=name or "Const")


def _from_shape(value, dtype=None, name=None, as_ref=False):
    if not value.is_fully_defined():
        raise ValueError(f"Cannot convert a partially known TensorShape to a Tensor: {value}")
    if dtype not in (None, dtypes.int32, dtypes.int64):
        raise TypeError(f"Cannot convert a TensorShape to dtype: {dtype}")
    sizes = np.array(value.as_list(), np.int64)
    too_large = sizes[sizes > np.iinfo(np.int32).max]
    if too_large.size and dtype is dtypes.int32:
        raise ValueError(f"Cannot convert a TensorShape to dtype int32; a dimension is too large ({too_large[0]})")
    dtype = dtype or (dtypes.int64 if too_large.size else dtypes.int32)
    return constant(sizes, dtype=dtype, name=name or "shape_as_tensor")


def _from_dimension(value, dtype=None, name=None, as_ref=False):
    if value.value is None:
        raise ValueError(f"Cannot convert an unknown Dimension to a Tensor: {value}")
    if dtype not in (None, dtypes.int32, dtypes.int64):
        raise TypeError(f"Cannot convert a TensorShape to dtype: {dtype}")
    return constant(value.value, dtype=dtype or dtypes.int32, name=name or "shape_as_tensor")


register_tensor_conversion_function((list, tuple), _from_value, 100)
register_tensor_conversion_function((np.ndarray, np.generic), _from_value, 100)
register_tensor_conversion_function(TensorShape, _from_shape, 100)
register_tensor_conversion_function(Dimension, _from_dimension, 100)
register_tensor_conversion_function(object, _from_value, 200)


def _unfed(*, dtype, shape=None):
    raise AssertionError("a placeholder has a value only when it is fed; the plan sees to that")


@op("-> output: dtype", out=lambda node: TensorShape(node.attrs["shape"]), gradient=None)
def Placeholder(*, dtype, shape=None):
    return _unfed(dtype=dtype, shape=shape)


also(Placeholder, "PlaceholderV2")


@api("placeholder")
def placeholder(dtype, shape=None, name=None):
    """A tensor whose value every run that needs it must feed. `shape` may be partly known: `[None, 784]`."""
    dtype = dtypes.as_dtype(dtype)
    if dtype._is_ref_dtype:
        raise TypeError("placeholder cannot be a reference dtype")
    return Placeholder(dtype=dtype, shape=TensorShape(shape), name=name)


def _defaulted(node):
    shapes.merged_into(node, node.inputs[0].shape, node.attrs["shape"])
    return node.attrs["shape"]


@op("input: dtype -> output: dtype", out=_defaulted, folds=True)
def PlaceholderWithDefault(input, *, shape):
    return input


@PlaceholderWithDefault.gradient
def _(node, dy):
    return [dy]


@api("placeholder_with_default")
def placeholder_with_default(input, shape, name=None):
    """A tensor that is `input` unless a run feeds it. `input`'s shape must fit `shape`."""
    return PlaceholderWithDefault(input, shape=TensorShape(shape), name=name)
