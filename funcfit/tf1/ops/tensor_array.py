"""TensorArrays as nodes (kernels/tensor_array.py): each write gives a `flow`, which orders the reads after it.

The handle names a value of the run, that reads read and writes replace; the flow's own number means nothing. The class
that programs use is in build/tensor_array.py.
"""

import jax.numpy as jnp
import numpy as np

from funcfit.errors import InvalidArgumentError
from funcfit.kernels.tensor_array import TensorArray
from funcfit.tf1 import shapes
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import Check, Empty, also, op, raw, tf

_FLOW = np.float32(0)


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
        raise InvalidArgumentError(message=f"Size should be >= 0 (got {size})")
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


def _exists(handle, index, verb):
    inside = (index >= 0) & (index < handle.size)
    return Check(
        inside,
        InvalidArgumentError,
        lambda i, n: f"Tried to {verb} index {i} but array size is: {n}",
        [index, np.int32(handle.size) if isinstance(handle.size, int) else handle.size],
    )


def _written(handle, index):
    return Check(
        handle.present(index),
        InvalidArgumentError,
        lambda i: f"Could not read from TensorArray index {i} because it has not yet been written to.",
        [index],
    )


def _writable(handle, index, value, flow_in):
    if handle.dynamic:
        return []
    checks = [_exists(handle, index, "write to")]
    if not handle.adds:
        unwritten = np.logical_not(handle.present(index)) if isinstance(index, np.generic | np.ndarray) else None
        if isinstance(unwritten, np.generic | np.ndarray):
            checks.append(
                Check(
                    unwritten,
                    InvalidArgumentError,
                    lambda i: f"Could not write to TensorArray index {i} because it has already been written to.",
                    [index],
                )
            )
    return checks


@op(
    "handle: resource, index: int32, value: T, flow_in: float32 -> flow_out: float32",
    writes=("handle",),
    checks=_writable,
    out=shapes.scalar,
)
def TensorArrayWriteV3(handle, index, value, flow_in):
    return handle.write(index, value), flow_in


@TensorArrayWriteV3.gradient
def _(node, flow):
    grads = _gradients(node.inputs[0], flow, flow, node.attrs["T"])
    return [None, None, grads.read(node.inputs[1]), flow]


def _readable(handle, index, flow_in, **_):
    return [_exists(handle, index, "read from"), _written(handle, index)]


@op(
    "handle: resource, index: int32, flow_in: float32 -> value: dtype",
    checks=_readable,
    out=shapes.unknown,
)
def TensorArrayReadV3(handle, index, flow_in, *, dtype):
    return handle.read(index)


@TensorArrayReadV3.gradient
def _(node, grad):
    handle, index, flow = node.inputs
    return [None, None, _gradients(handle, flow, grad, node.attrs["dtype"]).write(index, grad).flow]


def _gatherable(handle, indices, flow_in, **_):
    whole = handle.items is None and isinstance(handle.written, np.ndarray) and handle.written.all()
    if whole and isinstance(indices, np.ndarray) and np.array_equal(indices, np.arange(handle.size)):
        return []
    present = handle.present(indices)
    if isinstance(present, np.ndarray | np.generic):
        missing = np.asarray(indices)[~present]
        return [_written(handle, missing[0])] if len(missing) else []
    return [
        Check(
            present,
            InvalidArgumentError,
            lambda mask, at: (
                f"Could not read from TensorArray index {at[int(np.argmin(mask))]} because it has not yet been "
                "written to."
            ),
            [present, jnp.asarray(indices)],
        )
    ]


def _gathered(node):
    element = node.attrs["element_shape"]
    return TensorShape(None) if element.ndims is None else TensorShape([None]).concatenate(element)


@op(
    "handle: resource, indices: int32, flow_in: float32 -> value: dtype",
    checks=_gatherable,
    out=_gathered,
)
def TensorArrayGatherV3(handle, indices, flow_in, *, dtype, element_shape=shapes.UNKNOWN):
    value = handle.gather(indices)
    if value is None:
        if not element_shape.is_fully_defined():
            raise InvalidArgumentError(
                message="TensorArray has size zero, but element shape is not fully defined. Currently only static "
                "shapes are supported when packing zero-size TensorArrays."
            )
        value = jnp.zeros((0, *element_shape.as_list()), handle.dtype)
    return value


@TensorArrayGatherV3.gradient
def _(node, grad):
    handle, indices, flow = node.inputs
    return [None, None, _gradients(handle, flow, grad, node.attrs["dtype"]).scatter(indices, grad).flow]


@op(
    "handle: resource, indices: int32, value: T, flow_in: float32 -> flow_out: float32",
    writes=("handle",),
    out=shapes.scalar,
)
def TensorArrayScatterV3(handle, indices, value, flow_in):
    return handle.scatter(indices, value), flow_in


@TensorArrayScatterV3.gradient
def _(node, flow):
    grads = _gradients(node.inputs[0], flow, flow, node.attrs["T"])
    return [None, None, grads.gather(node.inputs[1]), flow]


@op(
    "handle: resource, flow_in: float32 -> value: dtype, lengths: int64",
    out=lambda node: [TensorShape(None), TensorShape((None,))],
)
def TensorArrayConcatV3(handle, flow_in, *, dtype, element_shape_except0=shapes.UNKNOWN):
    for i, item in enumerate(handle.elements()):
        if item is None:
            raise InvalidArgumentError(
                message=f"Could not read from TensorArray index {i} because it has not yet been written to."
            )
    value, lengths = handle.concat()
    if value is None:
        value = jnp.zeros((0, *element_shape_except0.as_list()), handle.dtype)
    return value, lengths


@TensorArrayConcatV3.gradient
def _(node, grad, _):
    handle, flow = node.inputs
    grads = _gradients(handle, flow, grad, node.attrs["dtype"])
    return [None, grads.split(grad, lengths=node.outputs[1]).flow]


def _divided(handle, value, lengths, flow_in):
    total, rows = int(np.sum(lengths)), value.shape[0]
    sized = handle.dynamic or len(lengths) == handle.size
    return [
        Check(
            np.bool_(total == rows),
            InvalidArgumentError,
            lambda: (
                f"Expected sum of lengths to be equal to values.shape[0], but sum of lengths is {total} and value's "
                f"shape is: {list(value.shape)}"
            ),
        ),
        Check(
            np.bool_(sized),
            InvalidArgumentError,
            lambda: (
                f"TensorArray's size is not equal to the size of lengths ({handle.size} vs. {len(lengths)}), and the "
                "TensorArray is not marked as dynamically resizeable"
            ),
        ),
    ]


@op(
    "handle: resource, value: T, lengths: int64, flow_in: float32 -> flow_out: float32",
    writes=("handle",),
    fixed=("lengths",),
    checks=_divided,
    out=shapes.scalar,
)
def TensorArraySplitV3(handle, value, lengths, flow_in):
    return handle.split(value, lengths), flow_in


@TensorArraySplitV3.gradient
def _(node, flow):
    return [None, _gradients(node.inputs[0], flow, flow, node.attrs["T"]).concat(), None, flow]


@op("handle: resource, flow_in: float32 -> size: int32", out=shapes.scalar, gradient=None)
def TensorArraySizeV3(handle, flow_in):
    return np.int32(handle.size) if isinstance(handle.size, int) else handle.size


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
    if not calls:
        raise ValueError(f"Expected op/tensor name to start with gradients (excluding scope), got: {named_after.name}")
    source = "/".join(parts[: calls[-1] + 1])
    return tf.TensorArray(dtype=dtype, handle=handle, flow=flow).grad(source=source, flow=flow)
