"""TensorArrays as nodes (kernels/tensor_array.py): each write gives a `flow`, which orders the reads after it.

The handle names a value of the run, that reads read and writes replace; the flow's own number means nothing. The class
that programs use is in build/tensor_array.py.
"""

import jax.numpy as jnp
import numpy as np

from funcfit.errors import InvalidArgumentError, UnimplementedError
from funcfit.kernels.tensor_array import TensorArray
from funcfit.kernels.tensor_array import known as known_numbers
from funcfit.tf1 import shapes
from funcfit.tf1.graph.dtypes import kernel_name
from funcfit.tf1.graph.handles import maker, users
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import Check, Empty, also, op, raw, tf

_FLOW = np.float32(0)


class _Array:
    """What the graph tells of the array behind a node's handle."""

    def __init__(self, node):
        self._node, self._sources, self._maker = node, "", maker(node.inputs[0])
        while self._maker.type.startswith("TensorArrayGrad"):
            self._sources = f"@{self._maker.attrs['source']}{self._sources}"
            self._maker = maker(self._maker.inputs[0])

    @property
    def name(self):
        """As messages show it. TF numbers the arrays that a process has made; here each is the first of its name."""
        return f"{self._maker.attrs.get('tensor_array_name') or self._maker.name}_0{self._sources}"

    @property
    def element_shape(self):
        """The elements' shape as a list, as the array was made with, else as the graph's writes show it; or None."""
        for shape in self._element_shapes():
            if shape.is_fully_defined():
                return shape.as_list()
        return None

    def _element_shapes(self):
        yield self._maker.attrs.get("element_shape", shapes.UNKNOWN)
        for user in users(self._maker.outputs[0]):
            if user.type.startswith("TensorArrayWrite"):
                yield user.inputs[2].shape
            elif user.type.startswith("TensorArrayScatter") and user.inputs[2].shape.ndims:
                yield user.inputs[2].shape[1:]

    def check_dtype(self, attr, does):
        ours, asked = self._maker.attrs["dtype"], self._node.attrs[attr]
        if asked is not ours:
            raise InvalidArgumentError(
                message=f"TensorArray dtype is {kernel_name(ours)} but Op {does} dtype {kernel_name(asked)}."
            )


def _handle_and_flow(node):
    return [TensorShape((2,)), shapes.SCALAR]


@op(
    "size: int32 -> handle: resource, flow: float32",
    makes=True,
    fixed=("size",),
    later=("identical_element_shapes",),
    out=_handle_and_flow,
    gradient=None,
)
def TensorArrayV3(
    size,
    *,
    dtype,
    element_shape=shapes.UNKNOWN,
    dynamic_size=False,
    clear_after_read=True,
    identical_element_shapes=False,
    tensor_array_name="",
):
    if size < 0:
        raise InvalidArgumentError(message="Size should be >= 0.")
    return TensorArray.empty(dtype.as_numpy_dtype, int(size), dynamic_size), _FLOW


@op(
    "handle: resource, flow_in: float32 -> grad_handle: resource, flow_out: float32",
    makes=("handle", "source"),
    out=_handle_and_flow,
    gradient=None,
)
def TensorArrayGradV3(made, handle, flow_in, *, source):
    """The array in which the gradients `source` of the array's elements are summed; there is one for each name."""
    return handle.gradient() if isinstance(made, Empty) else made, flow_in


def _size(handle):
    return np.int32(handle.size) if isinstance(handle.size, int) else handle.size


def _each(ok, index, message, *values):
    """The check that `ok` holds for each of `index` (a scalar or a vector): `message(i, *values)` tells of the first
    for which it does not.
    """

    def first(ok, index, *values):
        return message(np.ravel(index)[np.argmin(np.broadcast_to(ok, np.shape(index)))], *values)

    return Check(ok, InvalidArgumentError, first, [ok, index, *values])


def _there(handle, index):
    size = _size(handle)
    text = "Tried to read from index {} but array size is: {}".format
    return _each((index >= 0) & (index < size), index, text, size)


def _written(handle, index, array):
    """What is not written cannot be read; gradients start from zero."""
    text = "TensorArray {}: Could not read from TensorArray index {} because it has not yet been written to.".format
    return [] if handle.adds else [_each(handle.present(index), index, lambda i: text(array.name, i))]


def _room(handle, index, array):
    size = _size(handle)
    text = "TensorArray {}: Tried to write to index {} but array is not resizeable and size is: {}".format
    fits = (index >= 0) if handle.dynamic else (index >= 0) & (index < size)
    return _each(fits, index, lambda i, size: text(array.name, i, size), size)


def _unwritten(handle, index, array):
    """What is written cannot be written again; gradients are added to."""
    text = "TensorArray {}: Could not write to TensorArray index {} because it has already been written to.".format
    return [] if handle.adds else [_each(~handle.present(index), index, lambda i: text(array.name, i))]


def _writable(handle, index, value, flow_in, *, known):
    known.check_dtype("T", "is trying to write")
    checks = [_room(handle, index, known), *_unwritten(handle, index, known)]
    if handle.adds and handle.items is not None and known_numbers(index) and 0 <= index < len(handle.items):
        before = handle.items[index]
        if before is not None and before.shape != value.shape:
            raise InvalidArgumentError(
                message=f"TensorArray {known.name}: Could not aggregate to TensorArray index {index} because the "
                f"existing shape is {_text(before)} but the new input shape is {_text(value)}."
            )
    return checks


def _text(array):
    return shapes.cpp_text(TensorShape(array.shape))


def _at_scalar(node):
    shapes.with_rank(node, 1, 0)


def _deciding(node):
    """Where an array may grow, outside of loops, the index decides its size."""
    made = node.inputs[0].op
    return [1] if made.type.startswith("TensorArrayV") and made.attrs.get("dynamic_size") else []


@op(
    "handle: resource, index: int32, value: T, flow_in: float32 -> flow_out: float32",
    writes=("handle",),
    fixed=_deciding,
    knows=_Array,
    checks=_writable,
    out=lambda node: [_at_scalar(node) or shapes.SCALAR],
)
def TensorArrayWriteV3(handle, index, value, flow_in, *, known):
    return handle.write(index, value), flow_in


@TensorArrayWriteV3.gradient
def _(node, flow):
    grads = _gradients(node.inputs[0], flow, flow, node.attrs["T"])
    return [None, None, grads.read(node.inputs[1]), flow]


def _readable(handle, index, flow_in, *, known, **_):
    known.check_dtype("dtype", "requested")
    return [_there(handle, index), *_written(handle, index, known)]


@op(
    "handle: resource, index: int32, flow_in: float32 -> value: dtype",
    knows=_Array,
    checks=_readable,
    out=lambda node: [_at_scalar(node) or shapes.UNKNOWN],
)
def TensorArrayReadV3(handle, index, flow_in, *, dtype, known):
    return handle.read(index, _shape_of_nothing(handle, known))


def _shape_of_nothing(handle, array):
    """The shape of an element that is not written. Where no element can be read, the checks say so: any will do."""
    shape = array.element_shape
    return () if shape is None and not handle.has_elements and not handle.adds else shape


@TensorArrayReadV3.gradient
def _(node, grad):
    handle, index, flow = node.inputs
    return [None, None, _gradients(handle, flow, grad, node.attrs["dtype"]).write(index, grad).flow]


def _gatherable(handle, indices, flow_in, *, known, **_):
    known.check_dtype("dtype", "requested")
    return [_there(handle, indices), *_written(handle, indices, known)]


def _gathered(node):
    shapes.with_rank(node, 1, 1)
    element = node.attrs["element_shape"]
    return TensorShape(None) if element.ndims is None else TensorShape([None]).concatenate(element)


@op(
    "handle: resource, indices: int32, flow_in: float32 -> value: dtype",
    knows=_Array,
    checks=_gatherable,
    out=_gathered,
)
def TensorArrayGatherV3(handle, indices, flow_in, *, dtype, element_shape=shapes.UNKNOWN, known):
    if not len(indices) and not handle.has_elements and not element_shape.is_fully_defined():
        _refuse_empty("element shape", element_shape, "packing")
    shape = element_shape.as_list() if element_shape.is_fully_defined() else _shape_of_nothing(handle, known)
    if handle.items is not None and known_numbers(indices):
        _check_alike([handle.items[i] for i in indices], "has shape: ", lambda x: TensorShape(x.shape))
    return handle.gather(indices, shape)


def _refuse_empty(what, shape, doing):
    raise UnimplementedError(
        message=f"TensorArray has size zero, but {what} {shapes.cpp_text(shape)} is not fully defined. Currently only "
        f"static shapes are supported when {doing} zero-size TensorArrays."
    )


def _check_alike(items, has, shape):
    """InvalidArgumentError when `shape(item)` differs among the items that are written."""
    found = [(i, shape(x)) for i, x in enumerate(items) if x is not None]
    for i, other in found:
        if other != found[0][1]:
            raise InvalidArgumentError(
                message=f"TensorArray has inconsistent shapes.  Index {found[0][0]} {has}"
                f"{shapes.cpp_text(found[0][1])} but index {i} {has}{shapes.cpp_text(other)}"
            )


@TensorArrayGatherV3.gradient
def _(node, grad):
    handle, indices, flow = node.inputs
    return [None, None, _gradients(handle, flow, grad, node.attrs["dtype"]).scatter(indices, grad).flow]


def _scatterable(handle, indices, value, flow_in, *, known):
    known.check_dtype("T", "is trying to write")
    if not value.ndim:
        raise InvalidArgumentError(
            message=f"Input value for unpack must be at least a vector but received shape: {_text(value)}"
        )
    if len(indices) != len(value):
        raise InvalidArgumentError(
            message=f"Expected len(indices) == values.shape[0], but saw: {len(indices)} vs. {len(value)}"
        )
    if not len(indices):
        return []
    checks = [_room(handle, indices, known), *_unwritten(handle, indices, known)]
    if not handle.dynamic:
        size, most = _size(handle), indices.max()
        text = "Max scatter index must be < array size ({} vs. {})".format
        checks.insert(0, _each(most < size, most, text, size))
    if not handle.adds and known_numbers(indices):
        before = np.array([i in indices[:at] for at, i in enumerate(indices)])
        text = "TensorArray {}: Could not write to TensorArray index {} because it has already been written to.".format
        checks.append(_each(~before, indices, lambda i: text(known.name, i)))
    return checks


def _scattered(node):
    shapes.with_rank(node, 1, 1)
    shapes.with_rank_at_least(node, 2, 1)
    return shapes.SCALAR


@op(
    "handle: resource, indices: int32, value: T, flow_in: float32 -> flow_out: float32",
    writes=("handle",),
    fixed=_deciding,
    knows=_Array,
    checks=_scatterable,
    out=_scattered,
)
def TensorArrayScatterV3(handle, indices, value, flow_in, *, known):
    return handle.scatter(indices, value), flow_in


@TensorArrayScatterV3.gradient
def _(node, flow):
    grads = _gradients(node.inputs[0], flow, flow, node.attrs["T"])
    return [None, None, grads.gather(node.inputs[1]), flow]


def _concatenable(handle, flow_in, *, known, **_):
    known.check_dtype("dtype", "requested")
    return _written(handle, np.arange(handle.size, dtype=np.int32), known) if isinstance(handle.size, int) else []


@op(
    "handle: resource, flow_in: float32 -> value: dtype, lengths: int64",
    knows=_Array,
    checks=_concatenable,
    out=lambda node: [TensorShape(None), TensorShape((None,))],
)
def TensorArrayConcatV3(handle, flow_in, *, dtype, element_shape_except0=shapes.UNKNOWN, known):
    items = handle.elements()
    for i, item in enumerate(items):
        if not item.ndim:
            raise InvalidArgumentError(
                message=f"Concat saw a scalar shape at index {i} but requires at least vectors.  Did you mean to call "
                "pack?"
            )
    _check_alike(items, "has (excepting dimension 0) shape: ", lambda x: TensorShape(x.shape[1:]))
    if items:
        return handle.concat()
    if not element_shape_except0.is_fully_defined():
        _refuse_empty("element_shape_except0", element_shape_except0, "concatenating")
    return jnp.zeros((0, *element_shape_except0.as_list()), handle.dtype), np.zeros(0, np.int64)


@TensorArrayConcatV3.gradient
def _(node, grad, _):
    handle, flow = node.inputs
    grads = _gradients(handle, flow, grad, node.attrs["dtype"])
    return [None, grads.split(grad, lengths=node.outputs[1]).flow]


def _divided(handle, value, lengths, flow_in, *, known):
    known.check_dtype("T", "is trying to write")
    if lengths.ndim != 1:
        raise InvalidArgumentError(message=f"Expected lengths to be a vector, received shape: {_text(lengths)}")
    if not value.ndim:
        raise InvalidArgumentError(
            message=f"Expected value to be at least a vector, but received shape: {_text(value)}"
        )
    if (lengths < 0).any() or lengths.sum() != len(value):
        raise InvalidArgumentError(
            message="Expected sum of lengths to be equal to values.shape[0], but sum of lengths is "
            f"{lengths.sum()} and value's shape is: {_text(value)}"
        )
    if not handle.dynamic and len(lengths) != handle.size:
        raise InvalidArgumentError(
            message=f"TensorArray's size is not equal to the size of lengths ({handle.size} vs. {len(lengths)}), and "
            "the TensorArray is not marked as dynamically resizeable"
        )
    return _unwritten(handle, np.arange(len(lengths), dtype=np.int32), known)


def _split(node):
    shapes.with_rank(node, 2, 1)
    return shapes.SCALAR


@op(
    "handle: resource, value: T, lengths: int64, flow_in: float32 -> flow_out: float32",
    writes=("handle",),
    fixed=("lengths",),
    knows=_Array,
    checks=_divided,
    out=_split,
)
def TensorArraySplitV3(handle, value, lengths, flow_in, *, known):
    return handle.split(value, lengths), flow_in


@TensorArraySplitV3.gradient
def _(node, flow):
    return [None, _gradients(node.inputs[0], flow, flow, node.attrs["T"]).concat(), None, flow]


@op("handle: resource, flow_in: float32 -> size: int32", folds=True, out=shapes.scalar, gradient=None)
def TensorArraySizeV3(handle, flow_in):
    return _size(handle)


@op("handle: resource ->", gradient=None)
def TensorArrayCloseV3(handle):
    return ()


for _card in list(raw):
    if _card.name.startswith("TensorArray") and _card.name.endswith("V3"):
        also(_card, _card.name.removesuffix("V3"), _card.name.removesuffix("3") + "2")


def _gradients(handle, flow, named_after, dtype):
    """The gradient TensorArray of the call of tf.gradients whose scope the tensor's name tells: each call has its own,
    so that several do not add up (1.1 tensor_array_grad.py).
    """
    parts = named_after.name.split("/")
    calls = [i for i, part in enumerate(parts) if part.startswith("gradients")]
    if not calls:  # a tensor that the caller of tf.gradients gave
        parts = handle.graph.get_name_scope().split("/")
        calls = [i for i, part in enumerate(parts) if part.startswith("gradients")]
    if not calls:
        raise ValueError(f"Expected op/tensor name to start with gradients (excluding scope), got: {named_after.name}")
    source = "/".join(parts[: calls[-1] + 1])
    return tf.TensorArray(dtype=dtype, handle=handle, flow=flow).grad(source=source, flow=flow)
