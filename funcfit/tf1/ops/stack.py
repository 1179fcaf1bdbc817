"""Tensors of one shape along a new axis, and back; lists that hold tensors."""

from funcfit.errors import InvalidArgumentError
from funcfit.kernels.module import numpy_or_jax
from funcfit.tf1 import shapes
from funcfit.tf1.graph.convert import convert_to_tensor, is_dense_tensor_like, register_tensor_conversion_function
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import api, op, raw, tf


def _merged(node, tensors):
    """The shape that all of `tensors` have."""
    merged = tensors[-1].shape
    for i in reversed(range(len(tensors) - 1)):
        merged = shapes.merged_into(node, tensors[i].shape, merged, f"From merging shape {i} with other shapes.")
    return merged


def _axis(node, rank):
    axis = node.attrs["axis"]
    if not -rank <= axis < rank:
        raise shapes.misfit(node, f"Invalid axis: {axis}; must be in [{-rank},{rank})")
    return axis % rank


def _packed(node):
    sizes = _merged(node, node.inputs).dims_or_none
    if sizes is None:
        return shapes.UNKNOWN
    axis = _axis(node, len(sizes) + 1)
    return TensorShape((*sizes[:axis], len(node.inputs), *sizes[axis:]))


@op("values: N*T -> output: T", folds=True, at_build=True, out=_packed)
def Pack(values, *, axis=0):
    first = values[0].shape
    for i, value in enumerate(values):
        if value.shape != first:
            text = (
                f"Shapes of all inputs must match: values[0].shape = {list(first)} != values[{i}].shape = "
                f"{list(value.shape)}"
            )
            raise InvalidArgumentError(None, None, text)
    return numpy_or_jax(*values).stack(values, axis)


@Pack.gradient
def _(node, dy):
    return tf.unstack(dy, num=len(node.inputs), axis=node.attrs["axis"])


@api("stack")
def stack(values, axis=0, name="stack"):
    """Tensors of one shape as one tensor, along a new axis. ValueError for an axis out of range."""
    if axis == 0:
        try:
            return convert_to_tensor(values, name=name)
        except (TypeError, ValueError):
            pass  # dtypes are mixed, or a shape is not fully known: Pack says what is wrong, or takes it
    rank = convert_to_tensor(values[0], name=name).shape.ndims
    if rank is not None and not -rank - 1 <= axis < rank + 1:
        raise ValueError(f"axis = {axis} not in [{-rank - 1}, {rank + 1})")
    return raw.Pack(values, axis=axis, name=name)


@api("pack")
def pack(values, axis=0, name="pack"):
    """`stack`, as it was called before 1.0."""
    return stack(values, axis, name)


@op("values: N*T -> output: T", out=lambda node: node.attrs["shape"], gradient="unregistered")
def ParallelConcat(values, *, shape):
    return numpy_or_jax(*values).concatenate(values)


@api("parallel_stack")
def parallel_stack(values, name="parallel_stack"):
    """`stack` along axis 0 of tensors whose shapes are fully known; it has no gradient."""
    with name_scope(name):
        first = convert_to_tensor(values[0])
        shape = TensorShape((len(values),)).concatenate(first.shape)
        if not shape.is_fully_defined():
            raise ValueError("shape attr must be fully defined.")
        return raw.ParallelConcat([tf.expand_dims(value, 0) for value in values], shape=shape)


def _unpacked(node):
    sizes, num = node.inputs[0].shape.dims_or_none, node.attrs["num"]
    if sizes is None:
        return [shapes.UNKNOWN] * num
    if not sizes:
        raise shapes.misfit(node, "Shape must be rank at least 1 but is rank 0")
    axis = _axis(node, len(sizes))
    if sizes[axis] not in (num, None):
        raise shapes.misfit(node, f"Dimension must be {num} but is {sizes[axis]}")
    return [TensorShape((*sizes[:axis], *sizes[axis + 1 :]))] * num


@op("value: T -> output: num*T", folds=True, out=_unpacked)
def Unpack(value, *, axis=0):
    return [value[(slice(None),) * (axis % value.ndim) + (i,)] for i in range(value.shape[axis])]


@Unpack.gradient
def _(node, *dys):
    return [tf.stack(dys, axis=node.attrs["axis"])]


@api("unstack")
def unstack(value, num=None, axis=0, name="unstack"):
    """The parts of `value` along `axis`, as a list.

    ValueError when `num` is not given and their number is not known.
    """
    if num is None:
        value = convert_to_tensor(value)
        sizes = value.shape.dims_or_none
        if sizes is not None:
            if not -len(sizes) <= axis < len(sizes):
                raise ValueError(f"axis = {axis} not in [{-len(sizes)}, {len(sizes)})")
            num = sizes[axis]
        if num is None:
            raise ValueError(f"Cannot infer num from shape {value.shape}")
    return raw.Unpack(value, num=num, axis=axis, name=name)


@api("unpack")
def unpack(value, num=None, axis=0, name="unpack"):
    """`unstack`, as it was called before 1.0."""
    return unstack(value, num, axis, name)


# -- lists that hold tensors -----------------------------------------------------------------------------------------


def _tensors_dtype(values):
    """The dtype of the first tensor in nested lists; None when there is none."""
    for value in values:
        if is_dense_tensor_like(value):
            return value.dtype.base_dtype
        if isinstance(value, (list, tuple)):
            found = _tensors_dtype(value)
            if found is not None:
                return found
    return None


def _packed_list(values, dtype, name):
    """Nested lists with tensors in them as Packs of tensors; lists without tensors as they came."""
    with name_scope(name) as scope:
        elements, must_pack = [], False
        for i, value in enumerate(values):
            if is_dense_tensor_like(value):
                if value.dtype.base_dtype != dtype:
                    raise TypeError(
                        f"Cannot convert a list containing a tensor of dtype {value.dtype} to {dtype} (Tensor is: "
                        f"{value!r})"
                    )
                must_pack = True
            elif isinstance(value, (list, tuple)):
                value = _packed_list(value, dtype, str(i))
                must_pack |= is_dense_tensor_like(value)
            elements.append(value)
        if not must_pack:
            return elements
        tensors = [
            x if is_dense_tensor_like(x) else tf.constant(x, dtype=dtype, name=str(i)) for i, x in enumerate(elements)
        ]
        return raw.Pack(tensors, name=scope)


def _from_list(values, dtype=None, name=None, as_ref=False):
    if as_ref:
        return NotImplemented
    found = _tensors_dtype(values)
    if found is None or dtype is not None and dtype != found:
        return NotImplemented
    return _packed_list(values, found, name or "packed")


register_tensor_conversion_function((list, tuple), _from_list, 99)
