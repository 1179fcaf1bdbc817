"""Python values as numpy arrays, with TensorFlow's rules: floats are float32, ints int32, strings bytes, and nothing is
cast silently.
"""

import numbers

import numpy as np

from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.shape import Dimension, TensorShape, as_shape

_LEAVES = {
    "float": (numbers.Real, np.integer, np.floating),
    "int": (numbers.Integral, np.integer, Dimension),
    "uint": (numbers.Integral, np.integer, Dimension),
    "complex": (numbers.Complex, np.number),
    "bool": (bool, np.bool_),
    "string": (str, bytes),
    "quantized": (numbers.Integral, np.integer),
}


def _misfit(value, allowed):
    """The first leaf of nested lists that is not of the `allowed` types, in a list; None when all are."""
    if isinstance(value, (list, tuple)):
        return next((found for found in (_misfit(v, allowed) for v in value) if found is not None), None)
    if isinstance(value, np.ndarray):
        return None
    return None if isinstance(value, allowed) else [value]


def array_of(value, dtype=None, shape=None):
    """`value` as a new numpy array, of `dtype` when given.

    With `shape`, fewer elements are filled up with the last one; a single one is held once, however large the array
    (which cannot be written to then). ValueError for None, ragged lists or too many
    elements; TypeError for an element that `dtype` does not take ("Expected int32, got 1.5 of type 'float' instead.").
    """
    if value is None:
        raise ValueError("None values not supported.")
    dtype = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
    if isinstance(value, (np.ndarray, np.generic)) or hasattr(value, "__array__"):
        array = np.asarray(value)
        if array.dtype.kind in "SU":
            array = _bytes(array)
        array = array.astype(dtype.as_numpy_dtype) if dtype is not None else np.array(array)
    elif shape is not None and as_shape(shape).num_elements() == 0:
        return np.empty(as_shape(shape).dims_or_none, np.float32 if dtype is None else dtype.as_numpy_dtype)
    else:
        array = _from_python(value, dtype)
    if array.dtype == np.object_:
        array = _bytes(array)
    return array if shape is None else _shaped(array, as_shape(shape))


def _from_python(value, dtype):
    if isinstance(value, TensorShape):
        value = value.as_list()
    elif isinstance(value, range):
        value = list(value)
    value = _plain(value)
    if dtype is not None:
        misfit = _misfit(value, _LEAVES[dtype._kind])
        if misfit is not None:
            raise TypeError(f"Expected {dtype.name}, got {misfit[0]!r} of type '{type(misfit[0]).__name__}' instead.")
    elif _misfit(value, (numbers.Number, np.generic, str, bytes, Dimension)) is not None:
        bad = _misfit(value, (numbers.Number, np.generic, str, bytes, Dimension))[0]
        raise TypeError(
            f"Failed to convert object of type {type(value)} to Tensor. Contents: {value}. Consider casting elements "
            f"to a supported type ({bad!r} is a {type(bad).__name__})."
        )
    try:
        array = np.array(value, dtype=None if dtype is None or dtype is dtypes.string else dtype.as_numpy_dtype)
    except OverflowError as error:
        if dtype is None or not dtype.is_unsigned:
            raise ValueError(str(error)) from None
        array = np.array(value).astype(dtype.as_numpy_dtype)  # wraps around, as TF's NumPy did
    except ValueError:
        if dtype is not None:
            raise ValueError(
                f"setting an array element with a sequence: {value} has rows of different lengths"
            ) from None
        raise ValueError(f"Argument must be a dense tensor: {value} - got rows of different lengths.") from None
    if array.dtype.kind in "SUO":
        misfit = _misfit(value, (str, bytes))
        if misfit is not None:
            raise TypeError(f"Expected binary or unicode string, got {misfit[0]!r}")
        return _bytes(np.array(value, dtype=np.object_))
    if dtype is None:
        if array.dtype == np.float64:
            with np.errstate(over="ignore"):
                return array.astype(np.float32)
        if array.dtype == np.int64 and (np.abs(array) <= np.iinfo(np.int32).max).all():
            return array.astype(np.int32)
        if array.dtype == np.complex128:
            return array
    return array


def _plain(value):
    """Nested lists with known Dimensions as ints."""
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value.value if isinstance(value, Dimension) else value


def _bytes(array):
    flat = [x.encode() if isinstance(x, str) else x for x in array.ravel()]
    out = np.empty(array.size, np.object_)
    out[:] = flat
    return out.reshape(array.shape)


def _shaped(array, shape):
    if not shape.is_fully_defined():
        raise TypeError(f"the shape of a constant must be fully known, and {shape} is not")
    sizes, wanted = shape.dims_or_none, shape.num_elements()
    if array.size == wanted:
        return array.reshape(sizes)
    if wanted == 0:
        return np.empty(sizes, array.dtype)
    if array.size > wanted:
        raise ValueError(f"Too many elements provided. Needed at most {wanted}, but received {array.size}")
    if array.size == 0:
        raise ValueError(f"Cannot fill shape {shape} from no elements")
    if array.size == 1:
        return np.broadcast_to(array.reshape(()), sizes)  # one number in memory, however many are shown
    flat = array.ravel()
    return np.concatenate([flat, np.full(wanted - flat.size, flat[-1], dtype=array.dtype)]).reshape(sizes)
