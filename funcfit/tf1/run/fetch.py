"""Fetch structures and feeds, as programs write them.

A fetch is a graph element, its name, or what stands for it (a Variable), IndexedSlices, a SparseTensor, or lists,
tuples, dicts and named tuples of fetches. `FetchTree` flattens it to the graph elements to run, and puts their values
back in the same structure.
"""

from collections.abc import Mapping
from operator import itemgetter

import numpy as np

from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.node import IndexedSlices, SparseTensor, SparseTensorValue, Tensor
from funcfit.tf1.graph.values import array_of
from funcfit.tf1.opdef import api

_expansions = []  # (type, fetches of a value, value from fetched, feeds of a value)


def register_session_run_conversion_functions(
    tensor_type, fetch_function, feed_function=None, feed_function_for_partial_run=None
):
    """Lets objects of `tensor_type` be fetched and fed.

    `fetch_function(obj)` gives (a list of graph elements, a function from their values to the object's value);
    `feed_function(obj, value)` gives (tensor, value) pairs.
    """
    if any(registered is tensor_type for registered, *_ in _expansions):
        raise ValueError(f"{tensor_type} has already been registered so ignore it.")
    _expansions.insert(0, (tensor_type, fetch_function, feed_function))


def _slices_parts(x):
    return [x.values, x.indices] + ([x.dense_shape] if x.dense_shape is not None else [])


@api("IndexedSlicesValue")
class IndexedSlicesValue(tuple):
    """The value of IndexedSlices: (values, indices, dense_shape)."""

    __slots__ = ()
    _fields = ("values", "indices", "dense_shape")

    def __new__(cls, values, indices, dense_shape=None):
        return tuple.__new__(cls, (values, indices, dense_shape))

    values = property(lambda self: self[0])
    indices = property(lambda self: self[1])
    dense_shape = property(lambda self: self[2])

    def __repr__(self):
        return f"IndexedSlicesValue(values={self[0]!r}, indices={self[1]!r}, dense_shape={self[2]!r})"


register_session_run_conversion_functions(
    SparseTensor,
    lambda x: ([x.indices, x.values, x.dense_shape], lambda values: SparseTensorValue(*values)),
    lambda x, value: list(zip([x.indices, x.values, x.dense_shape], value)),
)
register_session_run_conversion_functions(
    IndexedSlices,
    lambda x: (_slices_parts(x), lambda values: IndexedSlicesValue(*values)),
    lambda x, value: list(zip(_slices_parts(x), value)),
)


class FetchTree:
    """A fetch structure over `graph`: `elements` to run, and `rebuild(values)`.

    TypeError for what cannot be fetched, ValueError for another graph's elements, names that are not there, or what
    `prevent_fetching` named.
    """

    def __init__(self, graph, fetches):
        self.graph, self.elements, self._index = graph, [], {}
        self.rebuild = self._build(fetches)
        for x in self.elements:
            if not graph.is_fetchable(x):
                name = x.op.name if isinstance(x, Tensor) else x.name
                raise ValueError(f"Operation {name!r} has been marked as not fetchable.")

    def _build(self, fetch):
        """A function from the list of all values to this fetch's value."""
        if fetch is None:
            raise TypeError(f"Fetch argument {fetch!r} has invalid type {type(fetch)}")
        if isinstance(fetch, (list, tuple)):
            parts = [self._build(each) for each in fetch]
            if hasattr(fetch, "_fields"):
                return lambda values: type(fetch)(*[part(values) for part in parts])
            kind = type(fetch)
            if len(parts) > 1 and all(isinstance(part, itemgetter) for part in parts):
                together = itemgetter(*(part(range(len(self.elements))) for part in parts))
                return lambda values: kind(together(values))
            return lambda values: kind([part(values) for part in parts])
        if isinstance(fetch, Mapping):
            keys, parts = list(fetch), [self._build(fetch[key]) for key in fetch]
            return lambda values: _filled(type(fetch)(), zip(keys, [part(values) for part in parts]))
        for kind, expand, _ in _expansions:
            if isinstance(fetch, kind):
                elements, contract = expand(fetch)
                places = [self._place(self._element(x)) for x in elements]
                return lambda values: contract([values[place] for place in places])
        return itemgetter(self._place(self._element(fetch)))

    def _element(self, fetch):
        try:
            return self.graph.as_graph_element(fetch, allow_tensor=True, allow_operation=True)
        except TypeError as error:
            raise TypeError(
                f"Fetch argument {fetch!r} has invalid type {type(fetch)}, must be a string or Tensor. ({error})"
            ) from None
        except ValueError as error:
            raise ValueError(f"Fetch argument {fetch!r} cannot be interpreted as a Tensor. ({error})") from None
        except KeyError as error:
            raise ValueError(f"Fetch argument {fetch!r} cannot be interpreted as a Tensor. ({error})") from None

    def _place(self, element):
        if element not in self._index:
            self._index[element] = len(self.elements)
            self.elements.append(element)
        return self._index[element]


def _filled(mapping, pairs):
    for key, value in pairs:
        mapping[key] = value
    return mapping


def fed_pairs(graph, feed_dict):
    """(tensor, value) pairs out of a feed dictionary whose keys are tensors, names or what stands for tensors."""
    pairs = []
    for key, value in feed_dict.items():
        for kind, _, feed in _expansions:
            if isinstance(key, kind) and feed is not None:
                parts = feed(key, value)
                break
        else:
            parts = _leaf_pairs(key, value)
        for x, part in parts:
            try:
                tensor = graph.as_graph_element(x, allow_tensor=True, allow_operation=False)
            except (KeyError, ValueError, TypeError) as error:
                raise TypeError(
                    f"Cannot interpret feed_dict key as Tensor: {error.args[0] if error.args else error}"
                ) from None
            if isinstance(part, Tensor):
                raise TypeError(
                    "The value of a feed cannot be a tf.Tensor object. Acceptable feed values include Python "
                    "scalars, strings, lists, numpy ndarrays, or TensorHandles."
                )
            if not graph.is_feedable(tensor):
                raise ValueError(f"Tensor {tensor} may not be fed.")
            pairs.append((tensor, part))
    return pairs


def _leaf_pairs(key, value):
    """A key that is a tuple of tensors, nested as it likes, takes values nested the same way."""
    if not isinstance(key, tuple):
        return [(key, value)]
    if not isinstance(value, (list, tuple)) or len(key) != len(value):
        raise ValueError(f"Could not flatten dictionary: the key {key} has {len(key)} elements, its value is {value!r}")
    return [pair for k, v in zip(key, value) for pair in _leaf_pairs(k, v)]


def feeder(tensor):
    """The function from values to arrays that may be fed for `tensor`; what fits as it is costs next to nothing."""
    dtype, fitting = np.dtype(tensor.dtype.base_dtype.as_numpy_dtype), set()
    text = dtype.hasobject

    def fed(value):
        if type(value) is np.ndarray and value.dtype == dtype and value.shape in fitting:
            return value
        array = fed_array(tensor, value)
        if not text:
            fitting.add(array.shape)
        return array

    return fed


def fed_array(tensor, value):
    """`value` as a numpy array of `tensor`'s dtype, checked against its static shape.

    TypeError for a value of another kind, ValueError for a shape that does not fit.
    """
    dtype = tensor.dtype.base_dtype
    numpy = dtype.as_numpy_dtype
    if type(value) is np.ndarray and value.dtype == numpy and dtype is not dtypes.string:
        array = value
    else:
        array = _converted(tensor, value, dtype, numpy)
    sizes = tensor._static.dims_or_none
    if sizes is not None and (
        len(sizes) != array.ndim or any(d is not None and d != n for d, n in zip(sizes, array.shape))
    ):
        raise ValueError(
            f"Cannot feed value of shape {array.shape!r} for Tensor {tensor.name!r}, which has shape "
            f"{str(tensor.shape)!r}"
        )
    return array


def _converted(tensor, value, dtype, numpy):
    if isinstance(value, int) and not isinstance(value, bool):
        fits = False if dtype is dtypes.string else not dtype.is_integer or dtype.min <= value <= dtype.max
        if not fits:
            raise TypeError(
                f"Type of feed value {value} with type {type(value)} is not compatible with Tensor type {numpy}. "
                "Try explicitly setting the type of the feed tensor to a larger type (e.g. int64)."
            )
    if dtype is dtypes.string:
        return array_of(value if isinstance(value, np.ndarray) else np.asarray(value, np.object_), dtypes.string)
    return np.asarray(value, dtype=numpy)
