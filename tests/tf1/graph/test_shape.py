"""Partly known shapes obey TensorFlow's rules for what is not known; the rules hold for any shape."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcfit.tf1.graph.shape import Dimension, TensorShape

sizes = st.one_of(st.none(), st.integers(0, 9))
shapes = st.one_of(st.none(), st.lists(sizes, max_size=4)).map(TensorShape)


@given(shapes, shapes)
def test_merging_keeps_what_either_knows(a, b):
    if not a.is_compatible_with(b):
        with pytest.raises(ValueError, match="not compatible"):
            a.merge_with(b)
        return
    both = a.merge_with(b)
    assert both == b.merge_with(a)
    assert both.is_compatible_with(a) and both.is_compatible_with(b)
    for one in (a, b):
        if one.ndims is not None:
            assert all(s is None or s == t for s, t in zip(one.as_list(), both.as_list()))


@given(shapes, shapes)
def test_concatenation_adds_ranks(a, b):
    joined = a.concatenate(b)
    assert joined.ndims == (None if None in (a.ndims, b.ndims) else a.ndims + b.ndims)


@given(shapes)
def test_a_shape_is_what_it_was_made_of(shape):
    assert TensorShape(shape) == shape == TensorShape(shape.dims)
    assert shape.is_fully_defined() == (shape.num_elements() is not None)


@given(sizes, sizes)
def test_arithmetic_with_an_unknown_size_is_unknown(a, b):
    total = Dimension(a) + b
    assert total.value == (None if None in (a, b) else a + b)
    assert (Dimension(a) == b) is (None if None in (a, b) else a == b)


PRINTED = {(): "()", (3,): "(3,)", (None, 784): "(?, 784)", None: "<unknown>"}


@pytest.mark.parametrize("sizes", PRINTED)
def test_shapes_print_as_tensorflow_prints_them(sizes):
    assert str(TensorShape(sizes)) == PRINTED[sizes]


@pytest.mark.parametrize("bad", [[-1], ["a"], [1.5]])
def test_what_is_no_size_is_refused(bad):
    with pytest.raises((ValueError, TypeError)):
        TensorShape(bad)
