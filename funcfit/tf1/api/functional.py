"""Loops over the rows of tensors: map_fn, scan, foldl, foldr. The rows stand in TensorArrays, which a while loop reads
and writes.
"""

import contextlib

import numpy as np

from funcfit.tf1.build import nest
from funcfit.tf1.build.tensor_array import TensorArray
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.node import SparseTensor
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import api, tf


@api("map_fn")
def map_fn(
    fn,
    elems,
    dtype=None,
    parallel_iterations=None,
    back_prop=True,
    swap_memory=False,
    infer_shape=True,
    name=None,
):
    """`fn` of each row of `elems`, stacked: [rows, ...].

    `elems` is a tensor or a nested structure of tensors with as many rows each; `fn` gets the same structure of rows.
    `dtype` tells the structure and dtypes of what `fn` returns, where they differ from those of `elems` (TypeError or
    ValueError otherwise). With `infer_shape=False` what `fn` returns may have a static shape of its own each time it is
    called. TypeError for a SparseTensor.
    """
    _check_callable(fn)
    if isinstance(elems, SparseTensor):
        raise TypeError(
            "To perform a map on the values of a sparse tensor use either  SparseTensor(input.indices, "
            "fn(input.values), input.dense_shape) or  SparseTensor(input.indices, map_fn(fn, input.values), "
            "input.dense_shape)"
        )
    with name_scope(name, "map", nest.flatten(elems)), _variables_read_once():
        tensors = [convert_to_tensor(x, name="elem") for x in nest.flatten(elems)]
        dtype = dtype or nest.pack_sequence_as(elems, [x.dtype for x in tensors])
        n, rows = _rows(tensors)
        start = tf.constant(0)
        results = [TensorArray(each, n, infer_shape=infer_shape) for each in nest.flatten(dtype)]

        def turn(i, results):
            values = fn(nest.pack_sequence_as(elems, [array.read(i) for array in rows]))
            nest.assert_same_structure(dtype, values)
            results = [array.write(i, value) for array, value in zip(results, nest.flatten(values))]
            return i + 1, results

        _, results = tf.while_loop(
            lambda i, _: i < n,
            turn,
            (start, results),
            parallel_iterations=parallel_iterations or 10,
            back_prop=back_prop,
            swap_memory=swap_memory,
        )
        return nest.pack_sequence_as(dtype, _stacked(results, tensors))


@api("scan")
def scan(
    fn,
    elems,
    initializer=None,
    parallel_iterations=10,
    back_prop=True,
    swap_memory=False,
    infer_shape=True,
    reverse=False,
    name=None,
):
    """The states that `fn(state, row)` gives from row to row of `elems`, stacked: [rows, ...].

    The state before the first row is `initializer`, a tensor or a nested structure; without it the first row is the
    first state. `fn` returns the next state, in the same structure (ValueError or TypeError otherwise). With
    `reverse` the rows are taken from the last to the first; each state stands where its row stands.
    """
    _check_callable(fn)
    structure = elems if initializer is None else initializer
    with name_scope(name, "scan", nest.flatten(elems)), _variables_read_once():
        tensors = [convert_to_tensor(x, name="elem") for x in nest.flatten(elems)]
        n, rows = _rows(tensors)
        if initializer is None:
            first = n - 1 if reverse else 0
            state = [array.read(first) for array in rows]
        else:
            state = [convert_to_tensor(x) for x in nest.flatten(initializer)]
        taken = 1 if initializer is None else 0
        start = n - 1 - taken if reverse else tf.constant(taken)
        results = [TensorArray(x.dtype, n, infer_shape=infer_shape) for x in state]
        if initializer is None:
            results = [array.write(first, x) for array, x in zip(results, state)]

        def turn(i, state, results):
            row = nest.pack_sequence_as(elems, [array.read(i) for array in rows])
            values = fn(nest.pack_sequence_as(structure, state), row)
            nest.assert_same_structure(structure, values)
            state = nest.flatten(values)
            results = [array.write(i, x) for array, x in zip(results, state)]
            return i - 1 if reverse else i + 1, state, results

        _, _, results = tf.while_loop(
            lambda i, *_: i >= 0 if reverse else i < n,
            turn,
            (start, state, results),
            parallel_iterations=parallel_iterations,
            back_prop=back_prop,
            swap_memory=swap_memory,
        )
        return nest.pack_sequence_as(structure, _stacked(results, tensors))


@api("foldl")
def foldl(fn, elems, initializer=None, parallel_iterations=10, back_prop=True, swap_memory=False, name=None):
    """The last state that `fn(state, row)` gives from the first row of `elems` to the last.

    The state before the first row is `initializer`; without it the first row is the first state. Both may be nested
    structures of tensors.
    """
    _check_callable(fn)
    with name_scope(name, "foldl", [elems]), _variables_read_once():
        elems = _as_tensors(elems, "elems")
        n, rows = _rows(nest.flatten(elems))
        if initializer is None:
            state, start = nest.pack_sequence_as(elems, [array.read(0) for array in rows]), tf.constant(1)
        else:
            state, start = _as_tensors(initializer), tf.constant(0)

        def turn(i, state):
            state = fn(state, nest.pack_sequence_as(elems, [array.read(i) for array in rows]))
            return [i + 1, state]

        _, state = tf.while_loop(
            lambda i, _: i < n,
            turn,
            [start, state],
            parallel_iterations=parallel_iterations,
            back_prop=back_prop,
            swap_memory=swap_memory,
        )
        return state


@api("foldr")
def foldr(fn, elems, initializer=None, parallel_iterations=10, back_prop=True, swap_memory=False, name=None):
    """The last state that `fn(state, row)` gives from the last row of `elems` to the first; see `foldl`."""
    _check_callable(fn)
    with name_scope(name, "foldr", [elems]), _variables_read_once():
        elems = _as_tensors(elems, "elems")
        n, rows = _rows(nest.flatten(elems))
        if initializer is None:
            start = n - 1
            state = nest.pack_sequence_as(elems, [array.read(start) for array in rows])
        else:
            start, state = n, _as_tensors(initializer)

        def turn(i, state):
            i -= 1
            return [i, fn(state, nest.pack_sequence_as(elems, [array.read(i) for array in rows]))]

        _, state = tf.while_loop(
            lambda i, _: i > 0,
            turn,
            [start, state],
            parallel_iterations=parallel_iterations,
            back_prop=back_prop,
            swap_memory=swap_memory,
        )
        return state


def _check_callable(fn):
    if not callable(fn):
        raise TypeError("fn must be callable.")


@contextlib.contextmanager
def _variables_read_once():
    """The variables that get_variable makes inside are read outside the loop, not in each turn: each is cached."""
    scope = tf.get_variable_scope()
    if scope.caching_device is not None:
        yield
        return
    scope.set_caching_device(lambda node: node.device)
    try:
        yield
    finally:
        scope.set_caching_device(None)


def _rows(tensors):
    """How many rows the tensors have, and for each a TensorArray of its rows."""
    if tensors[0].shape.ndims == 0:
        raise ValueError(
            "elems must be a 1+ dimensional Tensor, not a scalar"
            if len(tensors) == 1
            else "elements in elems must be 1+ dimensional Tensors, not scalars"
        )
    n = tf.shape(tensors[0])[0]
    arrays = [TensorArray(x.dtype, n) for x in tensors]
    return n, [array.unstack(x) for array, x in zip(arrays, tensors)]


def _stacked(arrays, tensors):
    """What the arrays hold, as tensors with as many rows as `tensors` have; ValueError when these differ."""
    results = [array.stack() for array in arrays]
    n, *others = [x.shape.with_rank_at_least(1)[0] for x in tensors]
    for other in others:
        n.assert_is_compatible_with(other)  # TF takes nothing over from the others, which listings show
    for x in results:
        x.set_shape(TensorShape([n]).concatenate(x.shape[1:]))
    return results


def _as_tensors(structure, name=None):
    """Each leaf as a tensor; a list of numbers is one tensor."""
    leaves = nest.flatten(structure)
    if all(isinstance(x, (int, float, complex, np.generic)) for x in leaves):
        return convert_to_tensor(structure, name=name)
    return nest.map_structure(lambda x: convert_to_tensor(x, name=name), structure)
