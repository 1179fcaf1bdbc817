"""What a tensor's shape is, and giving it another one without moving elements."""

import numpy as np

from funcfit.errors import InvalidArgumentError
from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.node import SparseTensor, SparseTensorValue
from funcfit.tf1.graph.shape import TensorShape, as_shape
from funcfit.tf1.opdef import INDICES, api, op, raw, tf

# -- the shape as a value --------------------------------------------------------------------------------------------


@op(
    "input: T -> output: out_type",
    out_type=INDICES,
    folds="shape",
    at_build=True,
    padding=("input",),
    gradient=None,
    out=lambda node: TensorShape((node.inputs[0].shape.ndims,)),
)
def Shape(input, *, out_type=dtypes.int32):
    return np.array(input.shape, out_type.as_numpy_dtype)


@api("shape")
def shape(input, name=None, out_type=dtypes.int32, optimize=True):
    """The shape of `input` as a vector; a constant in the graph when it is fully known (unless `optimize` is False)."""
    with name_scope(name, "Shape", [input]) as scope:
        if isinstance(input, (SparseTensor, SparseTensorValue)):
            return raw.Cast(input.dense_shape, DstT=out_type, name=scope)
        input = convert_to_tensor(input)
        if optimize and input.shape.is_fully_defined():
            return tf.constant(np.array(input.shape.as_list(), np.int64), dtype=out_type, name=scope)
        return raw.Shape(input, out_type=out_type, name=scope)


@api("shape_n")
@op(
    "input: N*T -> output: N*out_type",
    out_type=INDICES,
    folds="shape",
    gradient=None,
    out=lambda node: [TensorShape((x.shape.ndims,)) for x in node.inputs],
)
def ShapeN(input, *, out_type=dtypes.int32):
    return [np.array(x.shape, out_type.as_numpy_dtype) for x in input]


@op("input: T -> output: out_type", out_type=INDICES, folds="shape", at_build=True, gradient=None, out=shapes.scalar)
def Size(input, *, out_type=dtypes.int32):
    return np.prod(input.shape, dtype=out_type.as_numpy_dtype)


@api("size")
def size(input, name=None, out_type=dtypes.int32, optimize=True):
    """How many elements `input` has; a constant when its shape is fully known."""
    with name_scope(name, "Size", [input]) as scope:
        if isinstance(input, (SparseTensor, SparseTensorValue)):
            return raw.Prod(raw.Cast(input.dense_shape, DstT=out_type), 0, name=scope)
        input = convert_to_tensor(input)
        if optimize and input.shape.is_fully_defined():
            return tf.constant(input.shape.num_elements(), out_type, name=scope)
        return raw.Size(input, out_type=out_type, name=scope)


@op("input: T -> output: int32", folds="shape", at_build=True, gradient=None, out=shapes.scalar)
def Rank(input):
    return np.int32(len(input.shape))


@api("rank")
def rank(input, name=None, optimize=True):
    """How many axes `input` has; a constant when it is known."""
    with name_scope(name, "Rank", [input]) as scope:
        if isinstance(input, (SparseTensor, SparseTensorValue)):
            return raw.Size(input.dense_shape, name=scope)
        input = convert_to_tensor(input)
        if optimize and input.shape.ndims is not None:
            return tf.constant(input.shape.ndims, dtypes.int32, name=scope)
        return raw.Rank(input, name=scope)


# -- another shape ---------------------------------------------------------------------------------------------------


def _reshaped(node):
    shapes.with_rank(node, 1, 1)
    shape, wanted = node.inputs[0].shape, shapes.constant_value_as_shape(node.inputs[1])
    count = shape.num_elements()
    sizes = wanted.dims_or_none
    if sizes is None or count is None or sizes.count(None) > 1:
        return wanted
    known = int(np.prod([d for d in sizes if d is not None], dtype=np.int64))
    if None not in sizes:
        if known != count:
            problem = (
                f"Cannot reshape a tensor with {count} elements to shape {shapes.cpp_text(wanted)} ({known} elements)"
            )
            raise shapes.misfit(node, problem, partial=[1])
        return wanted
    if known == 0:
        return wanted
    if count % known:
        problem = f"Dimension size must be evenly divisible by {known} but is {count}"
        raise shapes.misfit(node, problem, partial=[1])
    return TensorShape(tuple(count // known if d is None else d for d in sizes))


@api("reshape", "manip.reshape")
@op(
    "tensor: T, shape: Tshape=int32 -> output: T",
    Tshape=INDICES,
    fixed=("shape",),
    alias=True,
    folds=True,
    out=_reshaped,
)
def Reshape(tensor, shape):
    sizes = _sizes_for(tensor, shape)
    return tensor.reshape(sizes)


def _sizes_for(tensor, shape):
    """`shape` with its -1 worked out; InvalidArgumentError when `tensor` cannot take it."""
    if shape.ndim != 1:
        raise InvalidArgumentError(None, None, f"sizes input must be 1-D, not shape {list(shape.shape)}")
    sizes = [int(d) for d in shape]
    count = int(np.prod(tensor.shape, dtype=np.int64))
    known = int(np.prod([d for d in sizes if d != -1], dtype=np.int64))
    if sizes.count(-1) > 1:
        first = sizes.index(-1)
        raise InvalidArgumentError(
            None, None, f"only one input size may be -1, not both {first} and {sizes.index(-1, first + 1)}"
        )
    for i, d in enumerate(sizes):
        if d < -1:
            raise InvalidArgumentError(None, None, f"size {i} must be non-negative, not {d}")
    if -1 in sizes:
        if known == 0:
            text = (
                "reshape cannot infer the missing input size for an empty tensor unless all specified "
                "input sizes are non-zero"
            )
            raise InvalidArgumentError(None, None, text)
        if count % known:
            text = (
                f"Input to reshape is a tensor with {count} values, but the requested shape requires a "
                f"multiple of {known}"
            )
            raise InvalidArgumentError(None, None, text)
        sizes[sizes.index(-1)] = count // known
    elif known != count:
        raise InvalidArgumentError(
            None, None, f"Input to reshape is a tensor with {count} values, but the requested shape has {known}"
        )
    return tuple(sizes)


@Reshape.gradient
def _(node, dy):
    return [tf.reshape(dy, tf.shape(node.inputs[0])), None]


def _expanded(node):
    sizes, value = node.inputs[0].shape.dims_or_none, shapes.constant_value(node.inputs[1])
    if value is not None and value.size != 1:
        raise shapes.misfit(node, "'dim' input must be a tensor with a single value", [1])
    if sizes is None or value is None:
        return shapes.UNKNOWN
    rank, axis = len(sizes), int(value.ravel()[0])
    if not -rank - 1 <= axis <= rank:
        raise shapes.misfit(node, f"dim {axis} not in the interval [{-rank - 1}, {rank}].", [1])
    axis %= rank + 1
    return TensorShape((*sizes[:axis], 1, *sizes[axis:]))


@op("input: T, dim: Tdim=int32 -> output: T", Tdim=INDICES, fixed=("dim",), alias=True, folds=True, out=_expanded)
def ExpandDims(input, dim):
    rank, axis = input.ndim, int(dim.ravel()[0])
    if not -rank - 1 <= axis <= rank:
        text = f"Tried to expand dim index {axis} for tensor with {rank} dimensions."
        raise InvalidArgumentError(None, None, text)
    axis %= rank + 1
    return input.reshape((*input.shape[:axis], 1, *input.shape[axis:]))


@ExpandDims.gradient
def _(node, dy):
    return [tf.reshape(dy, tf.shape(node.inputs[0])), None]


@api("expand_dims")
def expand_dims(input, axis=None, name=None, dim=None):
    """`input` with an axis of size 1 put in at position `axis` (`dim` in older programs)."""
    if dim is not None:
        if axis is not None:
            raise ValueError("can't specify both 'dim' and 'axis'")
        axis = dim
    return raw.ExpandDims(input, axis, name=name)


def _squeezed(node):
    sizes, axes = node.inputs[0].shape.dims_or_none, node.attrs["squeeze_dims"]
    if sizes is None:
        return shapes.UNKNOWN
    rank = len(sizes)
    for i, axis in enumerate(axes):
        if not -rank <= axis < rank:
            raise shapes.misfit(node, f"squeeze_dims[{i}] not in [{-rank},{rank}).")
    dropped = {axis % rank for axis in axes}
    for i in sorted(dropped):
        if sizes[i] not in (1, None):
            raise shapes.misfit(node, f"Can not squeeze dim[{i}], expected a dimension of 1, got {sizes[i]}")
    if not axes:
        if None in sizes:
            return shapes.UNKNOWN
        dropped = {i for i, d in enumerate(sizes) if d == 1}
    return TensorShape(tuple(d for i, d in enumerate(sizes) if i not in dropped))


@op("input: T -> output: T", alias=True, folds=True, out=_squeezed)
def Squeeze(input, *, squeeze_dims=()):
    rank = input.ndim
    for axis in squeeze_dims:
        if not -rank <= axis < rank:
            text = f"Tried to squeeze dim index {axis} for tensor with {rank} dimensions."
            raise InvalidArgumentError(None, None, text)
    dropped = {axis % rank for axis in squeeze_dims} or {i for i, d in enumerate(input.shape) if d == 1}
    for i in sorted(dropped):
        if input.shape[i] != 1:
            text = f"Can not squeeze dim[{i}], expected a dimension of 1, got {input.shape[i]}"
            raise InvalidArgumentError(None, None, text)
    return input.reshape(tuple(d for i, d in enumerate(input.shape) if i not in dropped))


@Squeeze.gradient
def _(node, dy):
    return [tf.reshape(dy, tf.shape(node.inputs[0]))]


@api("squeeze")
def squeeze(input, axis=None, name=None, squeeze_dims=None):
    """`input` without its axes of size 1, or without those of them that `axis` (`squeeze_dims`) names."""
    if squeeze_dims is not None:
        if axis is not None:
            raise ValueError("Cannot specify both 'squeeze_dims' and 'axis'")
        axis = squeeze_dims
    if axis is None:
        axis = []
    elif np.isscalar(axis):
        axis = [axis]
    return raw.Squeeze(input, squeeze_dims=[int(a) for a in axis], name=name)


@op("input: T -> output: T", folds=True, out=lambda node: node.inputs[0].shape.merge_with(node.attrs["shape"]))
def EnsureShape(input, *, shape):
    if not shape.is_compatible_with(input.shape):
        text = f"Shape of tensor {list(input.shape)} is not compatible with expected shape {shapes.cpp_text(shape)}."
        raise InvalidArgumentError(None, None, text)
    return input


@EnsureShape.gradient
def _(node, dy):
    return [dy]


@api("ensure_shape")
def ensure_shape(x, shape, name=None):
    """`x`, whose shape is known to fit `shape` from here on; InvalidArgumentError when a run finds that it does not."""
    return raw.EnsureShape(x, shape=as_shape(shape), name=name)


# -- shapes that broadcast -------------------------------------------------------------------------------------------


@api("broadcast_static_shape")
def broadcast_static_shape(shape_x, shape_y):
    """The shape that two TensorShapes broadcast to. ValueError when they cannot."""
    found = shapes.broadcast_shape(as_shape(shape_x), as_shape(shape_y))
    if found is None:
        raise ValueError(f"Incompatible shapes for broadcasting: {shape_x} and {shape_y}")
    return found


def _broadcast_length(node):
    lengths = [shapes.with_rank(node, i, 1)[0] for i in (0, 1)]
    return TensorShape((None if None in lengths else max(lengths),))


@op("s0: T, s1: T -> r0: T", T=INDICES, folds=True, fixed=("s0", "s1"), gradient=None, out=_broadcast_length)
def BroadcastArgs(s0, s1):
    try:
        return np.array(np.broadcast_shapes(tuple(s0), tuple(s1)), s0.dtype)
    except ValueError:
        text = f"Incompatible shapes: {shapes.cpp_text(TensorShape(s0))} vs. {shapes.cpp_text(TensorShape(s1))}"
        raise InvalidArgumentError(None, None, text) from None


@api("broadcast_dynamic_shape")
def broadcast_dynamic_shape(shape_x, shape_y):
    """The shape that two shapes given as vectors broadcast to, as a vector."""
    return raw.BroadcastArgs(shape_x, shape_y)
