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


def _rest_begins_known(begin, size):
    """True when a slice of sizes `size` has a known shape: where the size is -1, the rest, begin is known."""
    return all(d != -1 or b is not None for b, d in zip(begin, size))


def _slice_knows(node):
    return shapes.known_elements(node.inputs[1])


def _slice_fixed(node):
    begin, size = _slice_knows(node), shapes.constant_value(node.inputs[2])
    unknown = begin is None or size is None
    return [2] if not unknown and _rest_begins_known(begin, size.tolist()) else [1, 2]


def _slice_sizes(input, known, size):
    return np.array([d - b if s == -1 else s for d, b, s in zip(input.shape, known, size.tolist())])


def _slice_checks(input, begin, size, known):
    if isinstance(begin, np.ndarray) or len(size) != input.ndim:
        return []
    size = _slice_sizes(input, known, size)
    room = np.array(input.shape) - size

    def message(b):
        i = next(i for i in range(len(b)) if not 0 <= b[i] <= room[i])
        if not 0 <= b[i] <= input.shape[i]:
            return f"Expected begin[{i}] in [0, {input.shape[i]}], but got {b[i]}"
        return f"Expected size[{i}] in [0, {input.shape[i] - b[i]}], but got {size[i]}"

    return [Check((begin >= 0) & (begin <= room), InvalidArgumentError, message, [begin])]


@op(
    "input: T, begin: Index, size: Index -> output: T",
    Index=INDICES,
    fixed=_slice_fixed,
    host="unless known",
    folds=True,
    knows=_slice_knows,
    checks=_slice_checks,
    out=_sliced,
)
def Slice(input, begin, size, *, known):
    if len(size) != input.ndim:
        text = (
            f"Expected begin and size arguments to be 1-D tensors of size {input.ndim}, but got shapes "
            f"{list(begin.shape)} and {list(size.shape)} instead."
        )
        raise InvalidArgumentError(None, None, text)
    if not isinstance(begin, np.ndarray):
        sizes = _slice_sizes(input, known, size)
        if (sizes > np.array(input.shape)).any():
            i = int(np.flatnonzero(sizes > np.array(input.shape))[0])
            raise InvalidArgumentError(None, None, f"Expected size[{i}] in [0, {input.shape[i]}], but got {sizes[i]}")
        return jax.lax.dynamic_slice(jnp.asarray(input), list(begin), sizes.tolist())
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


def _spec(node, first):
    """What is known of begin, end and strides, inputs `first`, `first` + 1, ...; None when not even their number is."""
    numbers = [shapes.known_elements(x) for x in node.inputs[first : first + 3]]
    lengths = {len(n) for n in numbers if n is not None}
    if len(lengths) != 1:
        return None
    (count,) = lengths
    numbers = [[None] * count if n is None else n for n in numbers]
    return kernel.Spec(*numbers, tuple(node.attrs[mask] for mask in _MASKS))


def _strided(node):
    shapes.with_rank(node, 1, 1)
    sizes = node.inputs[0].shape.dims_or_none
    for i in (2, 3):
        shapes.merged_into(node, node.inputs[1].shape, node.inputs[i].shape)
    # 1.1 looks at begin and end only when all their elements are known.
    begin, end, strides = (shapes.constant_value(x) for x in node.inputs[1:4])
    if sizes is None or strides is None:
        return shapes.UNKNOWN
    begin, end = ([None] * len(strides) if n is None else n.tolist() for n in (begin, end))
    spec = kernel.Spec(begin, end, strides.tolist(), tuple(node.attrs[mask] for mask in _MASKS))
    try:
        return TensorShape(tuple(kernel.output_sizes(sizes, spec)))
    except ValueError as error:
        raise shapes.misfit(node, error.args[0], [1, 2, 3] if "out of bounds" in error.args[0] else [3]) from None


def _strided_fixed(node):
    """begin, end and strides decide the program, unless all that is unknown is which single indices are picked."""
    spec = _spec(node, 1)
    return [] if spec is not None and spec.is_decided() else [1, 2, 3]


def _now(known, begin, end, strides, masks):
    """The spec with the numbers that are there: all of them where the inputs are arrays, else what the graph tells."""
    if isinstance(begin, np.ndarray):
        return kernel.Spec(begin.tolist(), end.tolist(), strides.tolist(), tuple(masks))
    return known


def _pick_checks(shape, begin, spec):
    """For picked indices that are not known yet: that they are inside."""
    axes, _ = kernel.axes_of(len(shape), spec)
    picked = [(axis.position, number) for number, axis in enumerate(axes) if axis.shrink]
    picked = [(p, number, shape[number]) for p, number in picked if spec.begin[p] is None]
    if not picked:
        return []

    def message(b):
        p, number, _ = next(pick for pick in picked if not -pick[2] <= b[pick[0]] < pick[2])
        return f"slice index {b[p]} of dimension {number} out of bounds."

    ok = [(begin[p] >= -size) & (begin[p] < size) for p, _, size in picked]
    return [Check(jnp.stack(ok), InvalidArgumentError, message, [begin])]


def _strided_checks(input, begin, end, strides, *, known, **masks):
    spec = _now(known, begin, end, strides, [masks[m] for m in _MASKS])
    try:
        kernel.output_sizes(input.shape, spec)
    except ValueError as error:
        raise InvalidArgumentError(None, None, error.args[0]) from None
    return _pick_checks(input.shape, begin, spec)


@op(
    "input: T, begin: Index, end: Index, strides: Index -> output: T",
    Index=INDICES,
    fixed=_strided_fixed,
    host="unless known",
    folds=True,
    padding=("input",),
    knows=lambda node: _spec(node, 1),
    checks=_strided_checks,
    out=_strided,
)
def StridedSlice(
    input, begin, end, strides, *, begin_mask=0, end_mask=0, ellipsis_mask=0, new_axis_mask=0, shrink_axis_mask=0, known
):
    masks = begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask
    return kernel.strided_slice(input, _now(known, begin, end, strides, masks), begin)


@StridedSlice.gradient
def _(node, dy):
    x, begin, end, strides = node.inputs
    masks = {mask: node.attrs[mask] for mask in _MASKS}
    return [raw.StridedSliceGrad(tf.shape(x), begin, end, strides, dy, **masks), None, None, None]


@op(
    "shape: Index, begin: Index, end: Index, strides: Index, dy: T -> output: T",
    Index=INDICES,
    fixed=lambda node: [0, *_strided_fixed(node)],
    host="unless known",
    knows=lambda node: _spec(node, 1),
    out=shapes.from_input(0),
)
def StridedSliceGrad(
    shape,
    begin,
    end,
    strides,
    dy,
    *,
    begin_mask=0,
    end_mask=0,
    ellipsis_mask=0,
    new_axis_mask=0,
    shrink_axis_mask=0,
    known,
):
    masks = begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask
    return kernel.strided_slice_grad(tuple(shape.tolist()), _now(known, begin, end, strides, masks), dy, begin)


@StridedSliceGrad.gradient
def _(node, dy):
    _, begin, end, strides, _ = node.inputs
    masks = {mask: node.attrs[mask] for mask in _MASKS}
    return [None, None, None, None, tf.strided_slice(dy, begin, end, strides, **masks)]


@op(
    "ref: &T, begin: Index, end: Index, strides: Index, value: T -> output_ref: &T",
    Index=INDICES,
    writes=("ref",),
    writes_rows=True,
    fixed=("begin", "end", "strides"),
    gradient=None,
    out=shapes.same,
)
def StridedSliceAssign(
    ref, begin, end, strides, value, *, begin_mask=0, end_mask=0, ellipsis_mask=0, new_axis_mask=0, shrink_axis_mask=0
):
    masks = begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask
    spec = _now(None, begin, end, strides, masks)
    try:
        kernel.output_sizes(ref.shape, spec)
    except ValueError as error:
        raise InvalidArgumentError(None, None, error.args[0]) from None
    return kernel.strided_slice_assigned(ref, spec, value)


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
