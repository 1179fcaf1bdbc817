"""Python values as arrays."""

import tracemalloc

import pytest

from funcfit.tf1.graph.values import array_of


def test_a_shape_without_elements_takes_any_value():
    assert array_of(0.0, shape=[0, 2]).shape == (0, 2)


def test_the_last_element_fills_a_larger_shape_up():
    assert array_of([1, 2], shape=[2, 2]).tolist() == [[1, 2], [2, 2]]


def test_one_element_that_fills_a_shape_is_held_once():
    tracemalloc.start()
    try:
        array = array_of(0.5, shape=[1024, 1024])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100_000 and array.shape == (1024, 1024) and (array == 0.5).all()


def test_more_elements_than_a_shape_has_are_refused():
    with pytest.raises(ValueError, match=r"Too many elements provided\. Needed at most 2, but received 3"):
        array_of([1, 2, 3], shape=[2])
