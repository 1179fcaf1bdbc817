"""Shape rules shared by many cards, and what is known of a tensor's value while the graph is built.

A rule takes a node and gives its output's shape, or a list with one shape an output. Rules raise ValueError for inputs
that can never fit.
"""

import numpy as np

from funcfit.kernels import windows
from funcfit.tf1.graph.node import SparseTensor
from funcfit.tf1.graph.shape import TensorShape, unknown_shape

UNKNOWN = TensorShape(None)
SCALAR = TensorShape(())


def misfit(node, problem, values=(), partial=()):
    """The ValueError for inputs that can never fit, worded as TF's shape functions do
    (core/framework/shape_inference.cc).

    `values` are the positions of inputs whose known values are part of the problem, `partial` of those read as a shape.
    """
    inputs = ", ".join(cpp_text(x.shape) for x in node.inputs)
    text = f"{problem} for '{node.name}' (op: '{node.type}') with input shapes: {inputs}"
    known = [(i, constant_value(node.inputs[i])) for i in values]
    if any(v is not None for _, v in known):
        text += " and with computed input tensors: " + ", ".join(
            f"input[{i}] = <{_summary(v)}>" for i, v in known if v is not None
        )
    shapes = [(i, constant_value_as_shape(node.inputs[i])) for i in partial]
    if any(s.ndims is not None for _, s in shapes):
        text += " and with input tensors computed as partial shapes: " + ",".join(
            f"input[{i}] = {cpp_text(s)}" for i, s in shapes if s.ndims is not None
        )
    return ValueError(text + ".")


def _summary(value):
    """A small array as TF's C++ side prints it: 3, 1 2, [1 2][3 4]."""
    if np.ndim(value) < 2:
        return " ".join(str(v) for v in np.ravel(value))
    return "".join(f"[{_summary(row)}]" for row in value)


def same(node):
    """The first input's shape."""
    return node.inputs[0].shape


def scalar(node):
    return SCALAR


def unknown(node):
    return [UNKNOWN] * len(node.outputs)


def vector(node):
    return TensorShape((None,))


def merged(node):
    """All inputs have one shape, and so does the output."""
    shape = node.inputs[0].shape
    for x in node.inputs[1:]:
        shape = shape.merge_with(x.shape)
    return shape


def merged_into(node, a, b, context=""):
    """What shapes `a` and `b` know together; the ValueError of `misfit` when they disagree."""
    x, y = a.dims_or_none, b.dims_or_none
    if x is None or y is None:
        return b if x is None else a
    text = "\n\t" + context if context else ""
    if len(x) != len(y):
        raise misfit(node, f"Shapes must be equal rank, but are {len(x)} and {len(y)}{text}")
    for i, (p, q) in enumerate(zip(x, y)):
        if None not in (p, q) and p != q:
            shapes = f"Shapes are {cpp_text(a)} and {cpp_text(b)}."
            raise misfit(node, f"Dimension {i} in both shapes must be equal, but are {p} and {q}. {shapes}{text}")
    return TensorShape(tuple(q if p is None else p for p, q in zip(x, y)))


def like_inputs(node):
    """Output i has the shape of input i."""
    return [x.shape for x in node.inputs]


def broadcast(node):
    """Both inputs broadcast against each other, NumPy's way."""
    a, b = node.inputs[0].shape, node.inputs[1].shape
    shape = broadcast_shape(a, b)
    if shape is None:
        raise ValueError(
            f"Dimensions must be equal, but are {_first_clash(a, b)} for '{node.name}' (op: '{node.type}') with "
            f"input shapes: {_question(a)}, {_question(b)}."
        )
    return shape


def _first_clash(a, b):
    x, y = a.dims_or_none, b.dims_or_none
    rank = min(len(x), len(y))
    for p, q in zip(x[len(x) - rank :], y[len(y) - rank :]):
        if None not in (p, q) and p != q and 1 not in (p, q):
            return f"{p} and {q}"


def _question(shape):
    """A shape as TF's C++ side prints it: [2,?] or <unknown>."""
    sizes = shape.dims_or_none
    return "<unknown>" if sizes is None else "[" + ",".join("?" if d is None else str(d) for d in sizes) + "]"


cpp_text = _question


def broadcast_shape(a, b):
    """The shape that `a` and `b` broadcast to as far as it is known; None when they cannot."""
    x, y = a.dims_or_none, b.dims_or_none
    if x is None or y is None:
        return UNKNOWN
    if x == y and None not in x:
        return a
    rank = max(len(x), len(y))
    out = []
    for p, q in zip((1,) * (rank - len(x)) + x, (1,) * (rank - len(y)) + y):
        if p == q:
            out.append(p)
        elif p == 1:
            out.append(q)
        elif q == 1:
            out.append(p)
        elif p is None or q is None:
            known = q if p is None else p
            out.append(known if known > 1 else None)  # an unknown size beside an empty one may be empty or 1: not known
        else:
            return None
    return TensorShape(tuple(out))


def matmul(node):
    """[m, k] x [k, n] -> [m, n], with transposes."""
    a, b = (_with_rank(node, i, 2) for i in (0, 1))
    rows, inner = reversed(a) if node.attrs["transpose_a"] else a
    inner_b, columns = reversed(b) if node.attrs["transpose_b"] else b
    if None not in (inner, inner_b) and inner != inner_b:
        raise ValueError(
            f"Dimensions must be equal, but are {inner} and {inner_b} for '{node.name}' (op: '{node.type}') with "
            "input shapes: "
            f"{_question(node.inputs[0].shape)}, {_question(node.inputs[1].shape)}."
        )
    return TensorShape((rows, columns))


def refusal(node, inputs):
    """What TF's kernels say of arrays whose shapes do not go together; None when they do, or TF has no words for it."""
    found = [TensorShape(x.shape) for x in inputs if hasattr(x, "shape")]  # a list of the run has none
    if node.card.out is broadcast and broadcast_shape(*found) is None:
        return f"Incompatible shapes: {_question(found[0])} vs. {_question(found[1])}"
    if node.card.out is matmul:
        return f"Matrix size-incompatible: In[0]: {_question(found[0])}, In[1]: {_question(found[1])}"
    return None


def _with_rank(node, index, rank):
    shape = node.inputs[index].shape
    if shape.ndims not in (None, rank):
        raise misfit(node, f"Shape must be rank {rank} but is rank {shape.ndims}")
    return shape.with_rank(rank).dims_or_none


with_rank = _with_rank


def with_rank_at_least(node, index, rank):
    """The shape of an input that must have `rank` axes or more."""
    shape = node.inputs[index].shape
    if shape.ndims is not None and shape.ndims < rank:
        raise misfit(node, f"Shape must be at least rank {rank} but is rank {shape.ndims}")
    return shape


def from_input(position=0):
    """The shape is the value of an input: that of Fill, RandomUniform, Placeholder-like ops."""

    def rule(node):
        return constant_value_as_shape(node.inputs[position])

    return rule


def from_attr(attr="shape"):
    """The shape is an attr."""

    def rule(node):
        return node.attrs[attr] if isinstance(node.attrs[attr], TensorShape) else TensorShape(node.attrs[attr])

    return rule


def reduced(node):
    """The first input's shape without the axes that the second names (with size 1 there under keep_dims)."""
    shape, keep = node.inputs[0].shape, node.attrs.get("keep_dims", False)
    axes = constant_value(node.inputs[1])
    if shape.ndims is None:
        return UNKNOWN
    if axes is None:
        return unknown_shape(shape.ndims) if keep else UNKNOWN
    rank = shape.ndims
    dropped = set()
    for axis in np.ravel(axes):
        if not -rank <= axis < rank:
            raise ValueError(
                f"Invalid reduction dimension {axis} for input with {rank} dimensions. for '{node.name}' (op: "
                f"'{node.type}') with input shapes: {', '.join(_question(x.shape) for x in node.inputs)}."
            )
        dropped.add(int(axis) % rank)
    sizes = shape.dims_or_none
    if keep:
        return TensorShape(tuple(1 if i in dropped else d for i, d in enumerate(sizes)))
    return TensorShape(tuple(d for i, d in enumerate(sizes) if i not in dropped))


class ShapeOnly:
    """Stands for an array of which only the shape is known, for the cards that ask for no more (Shape, Size, Rank)."""

    def __init__(self, shape):
        self.shape, self.ndim = shape, len(shape)


def constant_value(tensor, partial=False):
    """The value of `tensor` as a numpy array if it is known while the graph is built, else None.

    With `partial`, a Pack of which only some parts are known is an array of these and None. A tensor whose value was
    used so can no longer be fed: static shapes rest on it.
    """
    if partial and tensor.op.type == "Pack" and not tensor.op.attrs["axis"]:
        parts = [constant_value(x) for x in tensor.op.inputs]
        if any(p is None for p in parts) and not all(p is None for p in parts):
            return np.array([*parts, None], np.object_)[:-1]
    value = _constant_value(tensor)
    if value is not None:
        tensor.graph.prevent_feeding(tensor)
    return value


def _constant_value(tensor):
    node = tensor.op
    card = node.card
    if card is None or not card.at_build:
        return None
    if card.folds == "shape":
        sizes = node.inputs[0].shape
        if card.name == "Rank":
            return None if sizes.ndims is None else np.int32(sizes.ndims)
        if not sizes.is_fully_defined():
            return None
        return np.asarray(card.bound(node)(ShapeOnly(sizes.dims_or_none)))
    values = [constant_value(x) for x in node.inputs]
    if any(v is None for v in values):
        return None
    return np.asarray(card.bound(node)(*values))


def constant_value_as_shape(tensor):
    """The shape that the int vector `tensor` spells, as far as known: -1 and unknown elements are unknown sizes."""
    node = tensor.op
    if node.type == "Shape":
        return node.inputs[0].shape
    if node.type == "Pack" and not node.attrs.get("axis"):
        parts = [constant_value(x) for x in node.inputs]
        return TensorShape(tuple(None if p is None or p < 0 else int(p) for p in parts))
    if node.type in ("ConcatV2", "Concat"):
        pieces = node.inputs[:-1] if node.type == "ConcatV2" else node.inputs[1:]
        shape = SCALAR
        for piece in pieces:
            shape = shape.concatenate(constant_value_as_shape(piece))
        return shape
    value = constant_value(tensor)
    if value is not None:
        return TensorShape([None if d == -1 else int(d) for d in np.ravel(value)])
    length = tensor.shape.dims_or_none
    return UNKNOWN if length is None or len(length) != 1 or length[0] is None else unknown_shape(length[0])


def places(node, size, window, stride, padding, dilation=1):
    """How often a window fits on an axis of the node's input, None where that is not known; ValueError when it never
    does.
    """
    if padding not in ("SAME", "VALID"):
        raise ValueError(
            f'Value for attr \'padding\' of "{padding}" is not in the list of allowed values: "SAME", "VALID"'
        )
    if stride <= 0:
        raise misfit(node, f"Stride must be > 0, but got {stride}")
    reach = (window - 1) * dilation + 1
    if size is None:
        return None
    if padding == "VALID" and size < reach:
        raise misfit(node, f"Negative dimension size caused by subtracting {reach} from {size}")
    return windows.places(size, window, stride, padding, dilation)


def window_sizes(given, rank, data_format, attr, op_type):
    """A list of `rank` ints, one an axis of the images, from such a list, from one for each spatial axis, or from a
    number for all.
    """
    if isinstance(given, (int, np.integer)):
        given = [given]
    if not isinstance(given, (list, tuple, np.ndarray)):
        raise TypeError(f"Expected list for '{attr}' argument to '{op_type}' Op, not {given!r}.")
    sizes = [int(each) for each in given]
    if len(sizes) == 1 and rank > 2:
        sizes *= rank - 2
    if len(sizes) == rank - 2:
        sizes = [1, 1, *sizes] if (data_format or "").startswith("NC") else [1, *sizes, 1]
    if len(sizes) != rank:
        raise ValueError(f"{attr} should be of length 1, {rank - 2} or {rank} but was {len(sizes)}")
    return sizes


def spatial(sizes, data_format):
    """The entries of the spatial axes: all but the batch's and the channels'."""
    return sizes[2:] if data_format.startswith("NC") else sizes[1:-1]


def images(batch, spatial_sizes, channels, data_format):
    """The shape of a batch of images in a data format."""
    return TensorShape(
        (batch, channels, *spatial_sizes) if data_format.startswith("NC") else (batch, *spatial_sizes, channels)
    )


def known_elements(tensor):
    """The elements of the vector `tensor` as far as they are known while the graph is built: ints and Nones in a list.

    None when not even their number is known.
    """
    value, node = constant_value(tensor), tensor.op
    if value is not None:
        return np.ravel(value).tolist()
    if node.type == "Pack" and not node.attrs.get("axis"):
        parts = [constant_value(x) for x in node.inputs]
        return [None if p is None else int(p) for p in parts]
    if node.type == "ConcatV2":
        pieces = [known_elements(x) for x in node.inputs[:-1]]
        return None if any(p is None for p in pieces) else [element for piece in pieces for element in piece]
    length = tensor.shape.dims_or_none
    return None if length is None or len(length) != 1 or length[0] is None else [None] * length[0]


def _sparse_shape(dense_shape):
    """The static shape that `dense_shape` spells, worked out by all of shape arithmetic: no listing shows it."""
    value = _folded(dense_shape)
    return constant_value_as_shape(dense_shape) if value is None else TensorShape(value.tolist())


def _folded(tensor):
    value, card = constant_value(tensor), tensor.op.card
    if value is not None or card is None or not card.folds or card.host:
        return value
    values = [_folded(x) for x in tensor.op.inputs]
    if not values or any(v is None for v in values):
        return None
    found = card.bound(tensor.op)(*values)
    return np.asarray(found[tensor.value_index] if isinstance(found, (tuple, list)) else found)


SparseTensor.static_shape = staticmethod(_sparse_shape)
