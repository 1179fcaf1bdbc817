"""Python values as arrays."""

import pytest

from funcfit.tf1.graph.values import array_of


def test_a_shape_without_elements_takes_any_value():
    assert array_of(0.0, shape=[0, 2]).shape == (0, 2)


def test_the_last_element_fills_a_larger_shape_up():
    assert array_of([1, 2], shape=[2, 2]).tolist() == [[1, 2], [2, 2]]


def test_more_elements_than_a_shape_has_are_refused():
    with pytest.raises(ValueError, match=r"Too many elements provided\. Needed at most 2, but received 3"):
        array_of([1, 2, 3], shape=[2])
