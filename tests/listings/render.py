"""A graph as text, one line an operation, the same for TensorFlow 1.1.0's graphs and for ours.

    MatMul = MatMul(x, w/read) {T: float32, transpose_a: False, transpose_b: False} -> float32(2, 1)

In order: name, type, inputs as a GraphDef writes them (`:0` left out), control inputs (`^name`), attributes by name,
and for each output its dtype and static shape. Attributes come from `op.attrs` where the graph is ours and from
`op.node_def` where it is TensorFlow's. Devices are left out. TensorFlow 1.1's Python 3.6 reads this file too.
"""

import zlib

import numpy as np


def listing(graph):
    """The lines of all operations, in the order of `graph.get_operations()`."""
    return [line(op) for op in graph.get_operations()]


WAYS_IN = ("Enter", "RefEnter")


def everything(graph):
    """All that may be fetched: operations, then tensors. TF does not run the operation of a fed placeholder, has no
    array to show for a resource, and never returns (or crashes) when the way into a loop is fetched without the loop.
    """
    operations = [op for op in graph.get_operations() if graph.is_fetchable(op) and op.type not in WAYS_IN]
    tensors = [t for op in operations for t in op.outputs if graph.is_fetchable(t)]
    tensors = [t for t in tensors if dtype_name(t.dtype) != "resource"]
    return [op for op in operations if op.type != "Placeholder"] + tensors


def summary(value):
    """Mean and mean magnitude, to six digits."""
    value = np.asarray(value, np.complex128 if np.iscomplexobj(value) else np.float64)
    if not value.size:
        return "0 0"
    return f"{value.real.mean():.6g} {np.abs(value).mean():.6g}"


def line(op):
    inputs = [tensor_name(t) for t in op.inputs] + ["^" + c.name for c in op.control_inputs]
    attrs = dict(op.attrs if hasattr(op, "attrs") else node_def_attrs(op))
    if op.type == "Placeholder":
        del attrs["shape"]  # 1.1 keeps it only when it is fully known, later releases always; the output shows it
    shown = [f"{key}: {attr_text(value)}" for key, value in sorted(attrs.items())]
    text = "{} = {}({})".format(op.name, op.type, ", ".join(inputs))
    if shown:
        text += " {" + ", ".join(shown) + "}"
    if op.outputs:
        text += " -> " + ", ".join(dtype_name(t.dtype) + shape_text(t.get_shape()) for t in op.outputs)
    return text


def tensor_name(tensor):
    return tensor.name[:-2] if tensor.name.endswith(":0") else tensor.name


def dtype_name(dtype):
    return str(dtype.name)


def shape_text(shape):
    """`(2, ?)` from a TensorShape; `?` when not even the rank is known."""
    if shape.ndims is None:
        return "?"
    sizes = ["?" if size is None else str(size) for size in shape.as_list()]
    return "(" + ", ".join(sizes) + ")"


def attr_text(value):
    """One attribute, from a Python value: None is an empty string attribute's or an unset value's text."""
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(attr_text(item) for item in value) + "]"
    if isinstance(value, np.ndarray):
        return array_text(value)
    if isinstance(value, bytes):
        return repr(value.decode("utf-8"))
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (float, np.floating)):
        return f"{value:.7g}"
    if hasattr(value, "base_dtype"):
        return dtype_name(value)
    if hasattr(value, "ndims"):
        return shape_text(value)
    return repr(value) if isinstance(value, str) else str(value)


def array_text(array):
    """Up to nine elements in full; a longer array as its shape, first three elements and checksum."""
    items = [attr_text(item) if isinstance(item, bytes) else number_text(item) for item in array.flatten()]
    if len(items) <= 9:
        return "{}{}".format(list(array.shape), "[" + " ".join(items) + "]")
    crc = zlib.crc32(" ".join(items).encode("utf-8")) & 0xFFFFFFFF
    return "{}[{} ... crc32 {:08x}]".format(list(array.shape), " ".join(items[:3]), crc)


def number_text(item):
    return f"{item:.7g}" if isinstance(item, np.floating) else str(item)


def node_def_attrs(op):
    """TensorFlow's protocol buffers as the Python values that ours keeps."""
    return {key: attr_value(value) for key, value in op.node_def.attr.items()}


def attr_value(value):
    from tensorflow import TensorShape, as_dtype
    from tensorflow.contrib.util import make_ndarray

    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "list":
        items = value.list
        if items.type:
            return [as_dtype(t) for t in items.type]
        if items.shape:
            return [TensorShape(s) for s in items.shape]
        return list(items.s) or list(items.i) or list(items.f) or list(items.b)
    inner = getattr(value, kind)
    if kind == "type":
        return as_dtype(inner)
    if kind == "shape":
        return TensorShape(inner)
    if kind == "tensor":
        return make_ndarray(inner)
    if kind == "func":
        return str(inner.name)
    return inner
