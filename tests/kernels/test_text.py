"""Numbers and arrays print as TensorFlow's messages print them."""

import numpy as np
import pytest

from funcfit.kernels.text import array_text, number_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.float32(0.1), "0.1"),
        (np.float32(1 / 3), "0.33333334"),
        (np.float64(1 / 3), "0.33333333333333331"),
        (np.float32(1e10), "1e+10"),
        (np.float32("nan"), "nan"),
        (np.float32(16777216), "16777216"),
        (np.int64(-3), "-3"),
        (np.bool_(True), "1"),
        (b"ab", "ab"),
    ],
)
def test_a_number_has_the_digits_that_tensorflow_gives_it(value, text):
    assert number_text(value) == text


def test_an_array_shows_its_first_elements_in_the_brackets_of_its_axes():
    square = np.array([[1.0, 2.0], [1 / 3, 4.0]], np.float32)
    assert array_text(square, 10) == "[1 2][0.33333334 4]"
    assert array_text(square, 3) == "[1 2][0.33333334]..."
    assert array_text(np.array([1, 2, 3]), 2) == "1 2..."
    assert array_text(np.float32(1.5), 3) == "1.5"
    assert array_text(np.zeros(0), 3) == ""
