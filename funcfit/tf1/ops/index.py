"""Parts of a tensor by position: slices, and what `tensor[...]` means."""

import sys

import jax
import jax.numpy as jnp
import numpy as np

from funcfit.errors import InvalidArgumentError
from funcfit.kernels import strided_slice as kernel
from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.node import Tensor
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import INDICES, Check, api, op, raw, tf

# -- Slice -----------------------------------------------------------------------------------------------------------


def _sliced(node):
    x, (count,), _ = node.inputs[0].shape, shapes.with_rank(node, 1, 1), shapes.with_rank(node, 2, 1)
    (count,) = shapes.merged_into(node, *(x.shape for x in node.inputs[1:])).with_rank(1).dims_or_none
    if count is not None:
        x = TensorShape(shapes.with_rank(node, 0, count))
    size = shapes.constant_value(node.inputs[2])
    begin = shapes.constant_value_as_shape(node.inputs[1]).dims_or_none
    if size is None:
        sizes = shapes.constant_value_as_shape(node.inputs[2]).dims_or_none
        if sizes is None or x.ndims is None:
            return shapes.UNKNOWN if x.ndims is None else TensorShape((None,) * x.ndims)
        return TensorShape(sizes)
    found = []
    for i, d in enumerate(size.tolist()):
        whole = None if x.ndims is None else x.dims_or_none[i]
        start = None if begin is None else begin[i]
        if d == -1:
            found.append(None if whole is None or start is None else whole - start)
        else:
            found.append(d)
    return TensorShape(tuple(found))


def _slice_fixed(node):
    """The sizes decide the program; where it begins does so only when a size is -1, the rest of the axis."""
    size = shapes.constant_value(node.inputs[2])
    return [2] if size is not None and (size >= 0).all() else [1, 2]


def _slice_checks(input, begin, size):
    if isinstance(begin, np.ndarray):
        return []
    room = np.array(input.shape) - size
    return [
        Check(
            (begin >= 0) & (begin <= room),
            InvalidArgumentError,
            lambda b: next(
                f"Expected begin[{i}] in [0, {input.shape[i]}], but got {b[i]}"
                if not 0 <= b[i] <= input.shape[i]
                else f"Expected size[{i}] in [0, {input.shape[i] - b[i]}], but got {size[i]}"
                for i in range(len(b))
                if not 0 <= b[i] <= room[i]
            ),
            [begin],
        )
    ]


@op(
    "input: T, begin: Index, size: Index -> output: T",
    Index=INDICES,
    fixed=_slice_fixed,
    folds=True,
    checks=_slice_checks,
    out=_sliced,
)
def Slice(input, begin, size):
    if len(size) != input.ndim:
        text = (
            f"Expected begin and size arguments to be 1-D tensors of size {input.ndim}, but got shapes "
            f"{list(begin.shape)} and {list(size.shape)} instead."
        )
        raise InvalidArgumentError(None, None, text)
    if not isinstance(begin, np.ndarray):
        return jax.lax.dynamic_slice(jnp.asarray(input), list(begin), size.tolist())
    index = []
    for i, (whole, b, s) in enumerate(zip(input.shape, begin.tolist(), size.tolist())):
        if not 0 <= b <= whole:
            raise InvalidArgumentError(None, None, f"Expected begin[{i}] in [0, {whole}], but got {b}")
        s = whole - b if s == -1 else s
        if not 0 <= s <= whole - b:
            raise InvalidArgumentError(None, None, f"Expected size[{i}] in [0, {whole - b}], but got {s}")
        index.append(slice(b, b + s))
    return input[tuple(index)]


@Slice.gradient
def _(node, dy):
    x, begin, _ = node.inputs
    rank, size = tf.rank(x), tf.shape(node.outputs[0])
    column = tf.stack([rank, 1])
    before = tf.reshape(begin, column)
    after = tf.reshape(tf.shape(x) - size - begin, column)
    return [tf.pad(dy, tf.concat([before, after], 1)), None, None]


@api("slice")
def slice_(input_, begin, size, name=None):
    """The block of `input_` that begins at `begin` and has `size` elements an axis; -1 takes the rest of an axis."""
    return raw.Slice(input_, begin, size, name=name)


# -- StridedSlice ----------------------------------------------------------------------------------------------------

_MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")


def _masks(node):
    return tuple(node.attrs[mask] for mask in _MASKS)


def _strided(node):
    shapes.with_rank(node, 1, 1)
    begin, end, strides = (shapes.constant_value(x) for x in node.inputs[1:4])
    sizes = node.inputs[0].shape.dims_or_none
    for i in (2, 3):
        shapes.merged_into(node, node.inputs[1].shape, node.inputs[i].shape)
    if sizes is None or strides is None:
        return shapes.UNKNOWN
    try:
        return TensorShape(tuple(kernel.output_sizes(sizes, begin, end, strides, _masks(node))))
    except ValueError as error:
        raise shapes.misfit(node, error.args[0], [1, 2, 3] if "out of bounds" in error.args[0] else [3]) from None


def _strided_fixed(first, masks=_masks):
    """begin, end and strides decide the program, unless they only pick single indices."""

    def positions(node):
        count = node.inputs[first].shape.with_rank(1).dims_or_none[0]
        if count is not None and kernel.only_picks(count, masks(node)):
            return []
        return [first, first + 1, first + 2]

    return positions


def _pick_check(shape, begin, masks):
    """For picked indices that are not known yet: that they are inside."""
    if isinstance(begin, np.ndarray):
        return []
    axes, _ = kernel.axes_of(len(shape), begin.shape[0], masks)
    picked = [(axis.position, number, shape[number]) for number, axis in enumerate(axes) if axis.shrink]
    ok = [(begin[p] >= -size) & (begin[p] < size) for p, _, size in picked]

    def message(b):
        return next(
            f"slice index {b[p]} of dimension {number} out of bounds."
            for p, number, size in picked
            if not -size <= b[p] < size
        )

    return [Check(jnp.stack(ok), InvalidArgumentError, message, [begin])] if picked else []


@op(
    "input: T, begin: Index, end: Index, strides: Index -> output: T",
    Index=INDICES,
    fixed=_strided_fixed(1),
    folds=True,
    padding=("input",),
    checks=lambda input, begin, end, strides, **masks: _pick_check(input.shape, begin, [masks[m] for m in _MASKS]),
    out=_strided,
)
def StridedSlice(
    input, begin, end, strides, *, begin_mask=0, end_mask=0, ellipsis_mask=0, new_axis_mask=0, shrink_axis_mask=0
):
    masks = begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask
    if isinstance(begin, np.ndarray):
        _validate(input.shape, begin, end, strides, masks)
    return kernel.strided_slice(input, begin, end, strides, masks)


def _validate(shape, begin, end, strides, masks):
    try:
        kernel.output_sizes(shape, begin, end, strides, masks)
    except ValueError as error:
        raise InvalidArgumentError(None, None, error.args[0]) from None


@StridedSlice.gradient
def _(node, dy):
    x, begin, end, strides = node.inputs
    masks = {mask: node.attrs[mask] for mask in _MASKS}
    return [raw.StridedSliceGrad(tf.shape(x), begin, end, strides, dy, **masks), None, None, None]


@op(
    "shape: Index, begin: Index, end: Index, strides: Index, dy: T -> output: T",
    Index=INDICES,
    fixed=lambda node: [0, *_strided_fixed(1)(node)],
    out=shapes.from_input(0),
)
def StridedSliceGrad(
    shape, begin, end, strides, dy, *, begin_mask=0, end_mask=0, ellipsis_mask=0, new_axis_mask=0, shrink_axis_mask=0
):
    masks = begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask
    return kernel.strided_slice_grad(tuple(shape.tolist()), begin, end, strides, dy, masks)


@StridedSliceGrad.gradient
def _(node, dy):
    _, begin, end, strides, _ = node.inputs
    masks = {mask: node.attrs[mask] for mask in _MASKS}
    return [None, None, None, None, tf.strided_slice(dy, begin, end, strides, **masks)]


@op(
    "ref: &T, begin: Index, end: Index, strides: Index, value: T -> output_ref: &T",
    Index=INDICES,
    writes=("ref",),
    fixed=("begin", "end", "strides"),
    gradient=None,
    out=shapes.same,
)
def StridedSliceAssign(
    ref, begin, end, strides, value, *, begin_mask=0, end_mask=0, ellipsis_mask=0, new_axis_mask=0, shrink_axis_mask=0
):
    masks = begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask
    _validate(ref.shape, begin, end, strides, masks)
    return kernel.strided_slice_assigned(ref, begin, end, strides, value, masks)


@api("strided_slice")
def strided_slice(
    input_,
    begin,
    end,
    strides=None,
    begin_mask=0,
    end_mask=0,
    ellipsis_mask=0,
    new_axis_mask=0,
    shrink_axis_mask=0,
    var=None,
    name=None,
):
    """`input_[begin:end:strides]`, several axes at once; bit i of a mask says what position i means
    (kernels/strided_slice.py).

    The result has `assign(value)`, which writes to the same place of the variable `var`.
    """
    if strides is None:
        strides = tf.ones_like(begin)
    masks = {
        "begin_mask": begin_mask,
        "end_mask": end_mask,
        "ellipsis_mask": ellipsis_mask,
        "new_axis_mask": new_axis_mask,
        "shrink_axis_mask": shrink_axis_mask,
    }
    part = raw.StridedSlice(input_, begin, end, strides, name=name, **masks)

    own = (name or part.op.name) + "_assign"

    def assign(value, name=None):
        if var is None:
            raise ValueError("Sliced assignment is only supported for variables")
        name = own if name is None else name
        return raw.StridedSliceAssign(var, begin, end, strides, value, name=name, **masks)

    part.assign = assign
    return part


def sliced(tensor, spec, var=None):
    """`tensor[spec]`: numbers, slices, Ellipsis, tf.newaxis and scalar integer tensors, or a tuple of them.

    `var` is the variable that `tensor` reads, to make `v[1:3].assign(value)` possible.
    """
    spec = spec if isinstance(spec, (list, tuple)) else [spec]
    begin, end, strides, masks = [], [], [], dict.fromkeys(_MASKS, 0)

    def add(b, e, stride, *marks):
        for mask in marks:
            masks[mask] |= 1 << len(begin)
        begin.append(b)
        end.append(e)
        strides.append(stride)

    for part in spec:
        if isinstance(part, slice):
            open_ = part.start is None or part.start is sys.maxsize, part.stop is None or part.stop == sys.maxsize
            add(
                0 if open_[0] else part.start,
                0 if open_[1] else part.stop,
                1 if part.step is None else part.step,
                *(mask for mask, is_open in zip(_MASKS, open_) if is_open),
            )
        elif part is Ellipsis:
            add(0, 0, 1, "ellipsis_mask")
        elif part is None:
            add(0, 0, 1, "new_axis_mask")
        else:
            _check_index(part)
            add(part, part + 1, 1, "shrink_axis_mask")
    with name_scope(None, "strided_slice", [tensor, *begin, *end, *strides]) as scope:
        if begin:
            begin, end, strides = _one_dtype([tf.stack(begin), tf.stack(end), tf.stack(strides)])
        else:
            begin = end = strides = tf.constant([], dtype=dtypes.int32)
        return tf.strided_slice(tensor, begin, end, strides, var=var, name=scope, **masks)


def _check_index(part):
    if (
        isinstance(part, (str, bytes))
        or not hasattr(part, "__index__")
        and not isinstance(part, (int, Tensor))
        and not hasattr(part, "dtype")
    ):
        raise TypeError(
            "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar tf.int32/tf.int64 "
            f"tensors are valid indices, got {part!r}"
        )


def _one_dtype(parts):
    if all(x.dtype != dtypes.int64 for x in parts):
        return parts
    return [x if x.dtype == dtypes.int64 else tf.cast(x, dtypes.int64) for x in parts]


Tensor._override_operator("__getitem__", sliced)
