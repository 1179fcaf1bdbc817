"""Nested structures: what tuples, namedtuples, lists and dicts hold, as a flat list and back again.

Anything else is a leaf, arrays, strings and None included. Dicts are read in the order of their keys. With
`expand_composites`, a SparseTensor or IndexedSlices is taken apart into its tensors; else it is a leaf.
"""

from collections.abc import Mapping, Sequence

from funcfit.tf1.graph.node import IndexedSlices, SparseTensor, SparseTensorValue
from funcfit.tf1.opdef import api


@api("nest.is_nested", "nest.is_sequence", "contrib.framework.nest.is_sequence")
def is_sequence(seq):
    """True for what is taken apart: a dict, or a sequence that is neither text nor a SparseTensorValue."""
    return isinstance(seq, (Mapping, Sequence)) and not isinstance(seq, (str, bytes, SparseTensorValue))


@api("nest.flatten", "contrib.framework.nest.flatten")
def flatten(structure, expand_composites=False):
    """The leaves as a list; of a leaf, a list of itself."""
    if is_sequence(structure):
        return [leaf for part in _parts(structure) for leaf in flatten(part, expand_composites)]
    return tensors_of(structure) if expand_composites and _is_composite(structure) else [structure]


def tensors_of(value):
    """The tensors that a tensor, SparseTensor or IndexedSlices is made of."""
    if not _is_composite(value):
        return [value]
    if isinstance(value, SparseTensor):
        return list(value.parts)
    return [x for x in (value.values, value.indices, value.dense_shape) if x is not None]


def like(value, tensors):
    """What `value` is, made of other tensors."""
    return type(value)(*tensors) if _is_composite(value) else next(iter(tensors))


def _is_composite(value):
    return isinstance(value, (IndexedSlices, SparseTensor))


@api("nest.pack_sequence_as", "contrib.framework.nest.pack_sequence_as")
def pack_sequence_as(structure, flat_sequence, expand_composites=False):
    """A structure like `structure` with the leaves of `flat_sequence`; ValueError when they are too few or too many."""
    if not is_sequence(flat_sequence):
        raise TypeError("flat_sequence must be a sequence")
    if not is_sequence(structure) and not expand_composites and len(flat_sequence) != 1:
        raise ValueError(f"Structure is a scalar but len(flat_sequence) == {len(flat_sequence)} > 1")
    count = len(flatten(structure, expand_composites))
    if count != len(flat_sequence):
        raise ValueError(
            f"Could not pack sequence. Structure had {count} elements, but flat_sequence had {len(flat_sequence)} "
            f"elements.  Structure: {structure}, flat_sequence: {flat_sequence}."
        )
    leaves = iter(flat_sequence)
    return _rebuilt(
        structure,
        lambda leaf: (
            like(leaf, [next(leaves) for _ in flatten(leaf, expand_composites)]) if expand_composites else next(leaves)
        ),
    )


@api("nest.map_structure", "contrib.framework.nest.map_structure")
def map_structure(func, *structure, check_types=True, expand_composites=False):
    """`func` of the leaves that stand at one place in all the structures, in the first's structure."""
    if not callable(func):
        raise TypeError(f"func must be callable, got: {func}")
    if not structure:
        raise ValueError("Must provide at least one structure")
    for other in structure[1:]:
        assert_same_structure(structure[0], other, check_types, expand_composites)
    leaves = zip(*(flatten(each, expand_composites) for each in structure))
    return pack_sequence_as(structure[0], [func(*each) for each in leaves], expand_composites)


@api("nest.assert_same_structure", "contrib.framework.nest.assert_same_structure")
def assert_same_structure(nest1, nest2, check_types=True, expand_composites=False):
    """ValueError when the structures hold different numbers of leaves or nest differently, TypeError when their
    sequences are of different types (with `check_types`).
    """
    counts = [len(flatten(each, expand_composites)) for each in (nest1, nest2)]
    if counts[0] != counts[1]:
        raise ValueError(
            f"The two structures don't have the same number of elements.\n\nFirst structure ({counts[0]} elements): "
            f"{nest1}\n\nSecond structure ({counts[1]} elements): {nest2}"
        )
    _check_same(nest1, nest2, check_types)


def _check_same(one, other, check_types):
    if is_sequence(one) != is_sequence(other):
        raise ValueError(
            "The two structures don't have the same nested structure.\n\n"
            f"First structure: {one}\n\nSecond structure: {other}."
        )
    if not is_sequence(one):
        return
    if check_types and type(one) is not type(other):
        raise TypeError(
            f"The two structures don't have the same sequence type. First structure has type {type(one)}, while "
            f"second structure has type {type(other)}."
        )
    if check_types and isinstance(one, Mapping) and set(one) != set(other):
        raise ValueError(
            f"The two dictionaries don't have the same set of keys. First structure has keys {set(one)}, while second "
            f"structure has keys {set(other)}."
        )
    for a, b in zip(_parts(one), _parts(other)):
        _check_same(a, b, check_types)


@api("contrib.framework.nest.assert_shallow_structure")
def assert_shallow_structure(shallow_tree, input_tree, check_types=True):
    """ValueError or TypeError unless `input_tree` has the structure `shallow_tree`, with anything as its leaves."""
    if not is_sequence(shallow_tree):
        return
    if not is_sequence(input_tree):
        raise TypeError(
            f"If shallow structure is a sequence, input must also be a sequence. Input has type: {type(input_tree)}."
        )
    if check_types and not isinstance(input_tree, type(shallow_tree)):
        raise TypeError(
            f"The two structures don't have the same sequence type. Input structure has type {type(input_tree)}, while "
            f"shallow structure has type {type(shallow_tree)}."
        )
    if len(input_tree) != len(shallow_tree):
        raise ValueError(
            f"The two structures don't have the same sequence length. Input structure has length {len(input_tree)}, "
            f"while shallow structure has length {len(shallow_tree)}."
        )
    if check_types and isinstance(shallow_tree, Mapping) and set(input_tree) != set(shallow_tree):
        raise ValueError(
            f"The two structures don't have the same keys. Input structure has keys {list(input_tree)}, while shallow "
            f"structure has keys {list(shallow_tree)}."
        )
    for shallow, part in zip(_parts(shallow_tree), _parts(input_tree)):
        assert_shallow_structure(shallow, part, check_types)


@api("contrib.framework.nest.flatten_up_to")
def flatten_up_to(shallow_tree, input_tree, check_types=True):
    """The parts of `input_tree` that stand where `shallow_tree` has leaves."""
    assert_shallow_structure(shallow_tree, input_tree, check_types)
    return list(_up_to(shallow_tree, input_tree))


@api("contrib.framework.nest.map_structure_up_to")
def map_structure_up_to(shallow_tree, func, *inputs, check_types=True):
    """`func` of the parts that stand where `shallow_tree` has leaves, in its structure."""
    if not inputs:
        raise ValueError("Cannot map over no sequences")
    parts = [flatten_up_to(shallow_tree, tree, check_types) for tree in inputs]
    return pack_sequence_as(shallow_tree, [func(*each) for each in zip(*parts)])


@api("contrib.framework.nest.flatten_dict_items")
def flatten_dict_items(dictionary):
    """A dict whose keys may be structures, as one with their leaves as keys; ValueError when a key comes twice."""
    if not isinstance(dictionary, dict):
        raise TypeError("input must be a dictionary")
    flat = {}
    for key, value in dictionary.items():
        keys, values = (flatten(key), flatten(value)) if is_sequence(key) else ([key], [value])
        if len(keys) != len(values):
            raise ValueError(
                f"Could not flatten dictionary. Key had {len(keys)} elements, but value had {len(values)} elements. "
                f"Key: {keys}, value: {values}."
            )
        for k, v in zip(keys, values):
            if k in flat:
                raise ValueError(f"Could not flatten dictionary: key {k} is not unique.")
            flat[k] = v
    return flat


@api("contrib.framework.nest.get_traverse_shallow_structure")
def get_traverse_shallow_structure(traverse_fn, structure):
    """The top of `structure`, with booleans as leaves: `traverse_fn(part)` says whether to go on below a part, with one
    boolean or with one for each of its own parts. TypeError when it gives anything else.
    """
    goes_on = traverse_fn(structure)
    if not is_sequence(structure):
        if not isinstance(goes_on, bool):
            raise TypeError(f"traverse_fn returned structure: {goes_on} for non-structure: {structure}")
        return goes_on
    if goes_on is False:
        return False
    if goes_on is True:
        chosen = [True] * len(structure)
    elif not is_sequence(goes_on):
        raise TypeError(f"traverse_fn returned a non-bool scalar: {goes_on} for input: {structure}")
    else:
        assert_shallow_structure(goes_on, structure)
        chosen = list(_parts(goes_on))
        if not all(isinstance(choice, bool) for choice in chosen):
            raise TypeError(
                f"traverse_fn didn't return a depth=1 structure of bools.  saw: {goes_on}  for structure: {structure}"
            )
    below = (
        choice and get_traverse_shallow_structure(traverse_fn, part) for choice, part in zip(chosen, _parts(structure))
    )
    return _like(structure, list(below))


def _up_to(shallow, tree):
    if not is_sequence(shallow):
        yield tree
        return
    for branch, part in zip(_parts(shallow), _parts(tree)):
        yield from _up_to(branch, part)


def _parts(structure):
    return [structure[key] for key in sorted(structure)] if isinstance(structure, Mapping) else structure


def _rebuilt(structure, leaf):
    if not is_sequence(structure):
        return leaf(structure)
    return _like(structure, [_rebuilt(part, leaf) for part in _parts(structure)])


def _like(structure, parts):
    """A sequence of the type of `structure`."""
    if isinstance(structure, Mapping):
        made = dict(zip(sorted(structure), parts))
        return type(structure)((key, made[key]) for key in structure)
    return type(structure)(*parts) if hasattr(structure, "_fields") else type(structure)(parts)
