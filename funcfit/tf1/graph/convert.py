"""Python values become tensors: a registry from types to conversion functions, asked in order of priority."""

from collections.abc import Sequence

from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.node import Operation, Tensor, TensorLike

_registry = []  # (priority, order of registration, types, function), sorted
_dense_like = []


def register_tensor_conversion_function(base_type, conversion_func, priority=100):
    """`conversion_func(value, dtype=None, name=None, as_ref=False)` gives a Tensor for values of `base_type`, or
    NotImplemented.

    Lower priorities are asked first.
    """
    if not (
        isinstance(base_type, type) or isinstance(base_type, tuple) and all(isinstance(x, type) for x in base_type)
    ):
        raise TypeError("base_type must be a type or a tuple of types.")
    if not callable(conversion_func):
        raise TypeError("conversion_func must be callable.")
    _registry.append((priority, len(_registry), base_type, conversion_func))
    _registry.sort(key=lambda entry: entry[:2])


def register_dense_tensor_like_type(tensor_type):
    """Lets objects of `tensor_type` (with `name` and `dtype` properties) pass wherever a tensor is taken."""
    for needed in ("name", "dtype"):
        if not isinstance(getattr(tensor_type, needed, None), property):
            raise TypeError(f"Type {tensor_type} does not define a `{needed}` property")
    _dense_like.append(tensor_type)


def is_dense_tensor_like(value):
    return isinstance(value, (Tensor, *_dense_like))


def convert_to_tensor(value, dtype=None, name=None, preferred_dtype=None, as_ref=False):
    """A Tensor for `value`: itself, a variable's read, or a constant.

    `dtype` is required of the result, `preferred_dtype` only tried. ValueError when a tensor has another dtype,
    TypeError when the value cannot be had in that dtype or there is no conversion for its type.
    """
    if dtype is not None:
        dtype = dtypes.as_dtype(dtype)
    if isinstance(value, Tensor):
        if dtype is not None and not dtype.is_compatible_with(value.dtype):
            raise ValueError(
                f"Tensor conversion requested dtype {dtype.name} for Tensor with dtype {value.dtype.name}: "
                f"{str(value)!r}"
            )
        return value
    prefix = "" if name is None else f"{name}: "
    for _, _, base_type, function in _registry:
        if not isinstance(value, base_type):
            continue
        made = None
        if dtype is None and preferred_dtype is not None:
            try:
                made = function(value, dtype=dtypes.as_dtype(preferred_dtype), name=name, as_ref=as_ref)
            except (TypeError, ValueError):
                pass
        if made is None:
            made = function(value, dtype=dtype, name=name, as_ref=as_ref)
        if made is NotImplemented:
            continue
        if not isinstance(made, Tensor):
            raise RuntimeError(
                f"{prefix}Conversion function {function!r} for type {base_type} returned non-Tensor: {made!r}"
            )
        if dtype is not None and not dtype.is_compatible_with(made.dtype):
            raise RuntimeError(
                f"{prefix}Conversion function {function!r} for type {base_type} returned incompatible dtype: "
                f"requested = {dtype.name}, actual = {made.dtype.name}"
            )
        return made
    raise TypeError(
        f"{prefix}Cannot convert {value!r} with type {type(value)} to Tensor: no conversion function registered."
    )


def convert_n_to_tensor(values, dtype=None, name=None, preferred_dtype=None, as_ref=False):
    """Each of `values` as a tensor; those made are named `name_0`, `name_1`, ..."""
    return [convert_to_tensor(value, dtype, each, preferred_dtype, as_ref) for value, each in _numbered(values, name)]


def convert_to_tensor_or_indexed_slices(value, dtype=None, name=None, as_ref=False):
    """Like `convert_to_tensor`, but IndexedSlices and SparseTensor pass as they are."""
    if isinstance(value, TensorLike):
        if dtype and not dtypes.as_dtype(dtype).is_compatible_with(value.dtype):
            raise ValueError(
                f"Tensor conversion requested dtype {dtypes.as_dtype(dtype).name} for Tensor with dtype "
                f"{value.dtype.name}: {str(value)!r}"
            )
        return value
    return convert_to_tensor(value, dtype=dtype, name=name, as_ref=as_ref)


def convert_n_to_tensor_or_indexed_slices(values, dtype=None, name=None, as_ref=False):
    return [
        None if value is None else convert_to_tensor_or_indexed_slices(value, dtype, each, as_ref)
        for value, each in _numbered(values, name)
    ]


def _numbered(values, name):
    if not isinstance(values, Sequence):
        raise TypeError("values must be a list.")
    return [(value, None if name is None else f"{name}_{i}") for i, value in enumerate(values)]


def _no_operations(value, dtype=None, name=None, as_ref=False):
    raise TypeError(
        f"Can't convert Operation '{value.name}' to Tensor (target dtype={dtype.name if dtype else None!r}, "
        f"name={name!r}, as_ref={as_ref!r})"
    )


register_tensor_conversion_function(Operation, _no_operations)
