"""What a tensor's shape is, and giving it another one without moving elements."""

import numpy as np

from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import api, op, raw, tf


@op("input: T -> output: out_type", folds=True, at_build="shape", gradient=None, out=lambda node: TensorShape((node.inputs[0].shape.ndims,)))
def Shape(input, *, out_type=dtypes.int32):
    return np.array(input.shape, out_type.as_numpy_dtype)


@api("shape")
def shape(input, name=None, out_type=dtypes.int32):
    """The shape of `input` as a vector; a constant in the graph when it is fully known."""
    with name_scope(name, "Shape", [input]) as scope:
        input = convert_to_tensor(input)
        if input.shape.is_fully_defined():
            return tf.constant(np.array(input.shape.as_list(), np.int64), dtype=out_type, name=scope)
        return raw.Shape(input, out_type=out_type, name=scope)


def _reshaped(node):
    shape, wanted = node.inputs[0].shape, shapes.constant_value_as_shape(node.inputs[1])
    count = shape.num_elements()
    sizes = wanted.dims_or_none
    if sizes is None or count is None or sizes.count(None) > 1:
        return wanted
    known = int(np.prod([d for d in sizes if d is not None], dtype=np.int64))
    if None in sizes:
        if known == 0 or count % known:
            raise ValueError(f"Dimension size must be evenly divisible by {known} but is {count} for '{node.name}' (op: 'Reshape') with input shapes: {', '.join(shapes.cpp_text(x.shape) for x in node.inputs)} and with input tensors computed as partial shapes: input[1] = {shapes.cpp_text(wanted)}.")
        return TensorShape(tuple(count // known if d is None else d for d in sizes))
    if known != count:
        raise ValueError(f"Cannot reshape a tensor with {count} elements to shape {shapes.cpp_text(wanted)} ({known} elements) for '{node.name}' (op: 'Reshape') with input shapes: {', '.join(shapes.cpp_text(x.shape) for x in node.inputs)} and with input tensors computed as partial shapes: input[1] = {shapes.cpp_text(wanted)}.")
    return wanted


@api("reshape", "manip.reshape")
@op("tensor: T, shape: Tshape=int32 -> output: T", Tshape="int32 int64", fixed=("shape",), alias=True, folds=True, out=_reshaped)
def Reshape(tensor, shape):
    return tensor.reshape(tuple(int(d) for d in shape))


@Reshape.gradient
def _(node, dy):
    return [tf.reshape(dy, tf.shape(node.inputs[0])), None]
