"""Nested structures are taken apart and put together again as tf.nest does."""

import collections

import pytest

import funcfit.tf1 as tf

Pair = collections.namedtuple("Pair", "a b")
nest = tf.contrib.framework.nest


def test_what_is_taken_apart_comes_back_in_its_structure():
    structure = {"b": [1, 2], "a": Pair(3, (4, None)), "c": "text"}
    assert tf.nest.flatten(structure) == [3, 4, None, 1, 2, "text"]
    assert tf.nest.pack_sequence_as(structure, tf.nest.flatten(structure)) == structure
    doubled = tf.nest.map_structure(lambda x, y: x + y, Pair(1, [2]), Pair(3, [4]))
    assert doubled == Pair(4, [6]) and isinstance(doubled, Pair)


def test_the_order_of_keys_in_an_ordered_dict_is_kept():
    structure = collections.OrderedDict([("z", 1), ("a", 2)])
    packed = tf.nest.pack_sequence_as(structure, tf.nest.flatten(structure))
    assert list(packed.items()) == [("z", 1), ("a", 2)]


def test_a_sparse_tensor_is_a_leaf_unless_composites_are_expanded():
    with tf.Graph().as_default():
        sparse = tf.SparseTensor([[0, 1]], [2.0], [3, 4])
        assert tf.nest.flatten([sparse]) == [sparse]
        assert tf.nest.flatten([sparse], expand_composites=True) == list(sparse.parts)
        (again,) = tf.nest.map_structure(tf.identity, [sparse], expand_composites=True)
        assert isinstance(again, tf.SparseTensor) and again.values.op.type == "Identity"


@pytest.mark.parametrize(
    "one, other, error, words",
    [
        ([1, 2], [1], ValueError, "same number of elements"),
        ([1, [2]], [[1], 2], ValueError, "same nested structure"),
        ([1, 2], (1, 2), TypeError, "same sequence type"),
        ({"a": 1}, {"b": 1}, ValueError, "same set of keys"),
    ],
)
def test_structures_that_differ_are_told_apart(one, other, error, words):
    with pytest.raises(error, match=words):
        tf.nest.assert_same_structure(one, other)


def test_structures_are_compared_without_types_where_that_is_wanted():
    tf.nest.assert_same_structure([1, (2,)], (1, [2]), check_types=False)


def test_parts_up_to_a_shallow_structure():
    shallow, deep = [None, (None,)], [[1, 2], ({"x": 3},)]
    assert nest.flatten_up_to(shallow, deep) == [[1, 2], {"x": 3}]
    assert nest.map_structure_up_to(shallow, len, deep) == [2, (1,)]
    with pytest.raises(ValueError, match="same sequence length"):
        nest.assert_shallow_structure([1, 2], [1])
    with pytest.raises(TypeError, match="input must also be a sequence"):
        nest.assert_shallow_structure([1], 1)


def test_flat_leaves_of_the_wrong_number_are_refused():
    with pytest.raises(ValueError, match="Could not pack sequence"):
        tf.nest.pack_sequence_as([1, 2], [1])
    with pytest.raises(ValueError, match="is not unique"):
        nest.flatten_dict_items({(1, 2): (3, 4), 1: 5})
    assert nest.flatten_dict_items({(1, (2,)): (3, (4,)), 5: 6}) == {1: 3, 2: 4, 5: 6}
