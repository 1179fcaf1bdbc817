"""TensorArrays do what lists do, by indices that are known while tracing and by those that only the run knows."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funcfit.kernels.tensor_array import TensorArray

SIZE = 4

ORDERS = st.permutations(range(SIZE)).flatmap(lambda order: st.integers(1, SIZE).map(lambda n: order[:n]))


def element(number):
    return np.full((2,), number, np.float32)


def traced(function, *indices):
    """`function` of indices that are not known while tracing."""
    return jax.jit(function)(*map(jnp.asarray, indices))


def content(array):
    """The elements, None where nothing is written."""
    count = int(array.size)
    there = np.asarray(array.present(np.arange(count)))
    return [np.asarray(array.read(i)) if there[i] else None for i in range(count)]


def assert_holds(array, model):
    found = content(array)
    assert [x is None for x in found] == [x is None for x in model]
    for x, y in zip(found, model):
        if x is not None:
            np.testing.assert_array_equal(x, y)


def written(order, array=None):
    """An array with element(i) written to each i of `order`, by known indices, and the list that it is like."""
    array = TensorArray.empty(np.float32, SIZE) if array is None else array
    model = [None] * SIZE
    for i in order:
        array, model[i] = array.write(np.int32(i), element(i)), element(i)
    return array, model


@settings(deadline=None, max_examples=20)
@given(order=ORDERS)
def test_known_and_traced_indices_write_the_same(order):
    array, model = written(order)
    assert_holds(array, model)

    def write(indices):
        array = TensorArray.empty(np.float32, SIZE)
        for i, number in enumerate(order):
            array = array.write(indices[i], jnp.asarray(element(number)))
        return array

    assert_holds(traced(write, np.int32(order)), model)


def test_elements_side_by_side_may_differ_in_shape():
    array = TensorArray.empty(np.float32, 2).write(0, np.ones(3, np.float32)).write(1, np.float32(2))
    assert array.read(0).shape == (3,) and array.read(1).shape == ()


@pytest.mark.parametrize("index", [np.int32(2), np.int32([3, 0])])
def test_reads_by_traced_indices_give_what_known_ones_give(index):
    array, _ = written(range(SIZE))
    read = array.gather if index.ndim else array.read
    expected = np.stack([element(i) for i in index]) if index.ndim else element(index)
    np.testing.assert_array_equal(read(index), expected)
    np.testing.assert_array_equal(traced(read, index), expected)


@settings(deadline=None, max_examples=20)
@given(order=ORDERS, before=ORDERS)
def test_a_scatter_writes_each_row_where_its_index_says(order, before):
    order = [i for i in order if i not in before]
    array, model = written(before)
    rows = np.stack([element(10 + i) for i in order]) if order else np.zeros((0, 2), np.float32)
    for i in order:
        model[i] = element(10 + i)
    assert_holds(array.scatter(np.int32(order), rows), model)
    assert_holds(traced(lambda i: array.scatter(i, jnp.asarray(rows)), np.int32(order)), model)


def test_a_scatter_of_all_rows_keeps_them_as_they_came():
    rows = np.arange(8, dtype=np.float32).reshape(4, 2)
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]):
        array = TensorArray.empty(np.float32, 4).scatter(np.int32(order), rows)
        np.testing.assert_array_equal(array.gather(np.int32(order)), rows)
        assert isinstance(array.written, np.ndarray) and array.written.all()


def test_split_and_concat_are_each_others_inverse():
    value, lengths = np.arange(12, dtype=np.float32).reshape(6, 2), np.int64([1, 0, 3, 2])
    array = TensorArray.empty(np.float32, 4).split(value, lengths)
    assert [len(x) for x in array.elements()] == [1, 0, 3, 2]
    joined, rows = array.concat()
    np.testing.assert_array_equal(joined, value)
    np.testing.assert_array_equal(rows, lengths)


@pytest.mark.parametrize("start", [(), (0, 1)])
def test_an_array_grows_where_known_indices_say(start):
    array = TensorArray.empty(np.float32, 0, dynamic=True)
    model = []
    for i in (*start, 3):
        array = array.write(np.int32(i), element(i))
        model += [None] * (i + 1 - len(model))
        model[i] = element(i)
    assert array.size == 4
    assert_holds(array, model)
    array = array.scatter(np.int32([5, 4]), np.stack([element(5), element(4)]))
    assert array.size == 6
    assert_holds(array, [*model, element(4), element(5)])


def test_an_array_in_a_buffer_grows_too():
    array = TensorArray.empty(np.float32, 0, dynamic=True).scatter(np.arange(3), np.zeros((3, 2), np.float32))
    array = array.write(np.int32(4), element(4))
    assert array.size == 5
    assert_holds(array, [element(0)] * 3 + [None, element(4)])


def test_nothing_is_there_outside():
    for array in (written([0, 1])[0], written([0, 1])[0].buffered()):
        assert array.present(np.int32([-1, 0, 1, 2, 9])).tolist() == [False, True, True, False, False]
        assert traced(array.present, np.int32([-1, 0, 1, 2, 9])).tolist() == [False, True, True, False, False]


def test_what_is_not_written_reads_as_zeros_of_a_given_shape():
    array = TensorArray.empty(np.float32, 3)
    with pytest.raises(ValueError, match="nothing is written at 1"):
        array.read(np.int32(1))
    for read in (array.read, lambda i, shape: traced(lambda i: array.read(i, shape), i)):
        np.testing.assert_array_equal(read(np.int32(1), (2,)), [0, 0])
    np.testing.assert_array_equal(array.gather(np.int32([0, 2]), (2,)), np.zeros((2, 2)))


@settings(deadline=None, max_examples=20)
@given(indices=st.lists(st.integers(0, SIZE - 1), max_size=6), known=st.booleans(), in_buffer=st.booleans())
def test_gradients_add_up(indices, known, in_buffer):
    array, _ = written(range(SIZE))
    sums = (array.buffered() if in_buffer else array).gradient()
    expected = np.zeros((SIZE, 2))
    for i in indices:
        expected[i] += i + 1

    def add(at):
        added = sums
        for i, number in enumerate(indices):
            added = added.write(at[i], jnp.asarray(element(number + 1)))
        return added

    at = np.asarray(indices, np.int32)
    added = add(at) if known else traced(add, at)
    np.testing.assert_array_equal(added.gather(np.arange(SIZE)), expected)


def test_gradients_of_rows_add_to_what_came_before():
    rows = np.ones((4, 2), np.float32)
    sums = TensorArray.empty(np.float32, 4).scatter(np.arange(4), rows).gradient()
    once = sums.scatter(np.int32([3, 2, 1, 0]), np.stack([element(i) for i in range(4)]))
    twice = once.write(np.int32(1), element(5)).scatter(np.int32([1, 1]), rows[:2])
    np.testing.assert_array_equal(twice.gather(np.arange(4))[:, 0], [3, 2 + 5 + 2, 1, 0])


def test_the_gradient_of_a_split_joins_what_the_split_wrote():
    array = TensorArray.empty(np.float32, 0, dynamic=True).split(np.zeros((3, 2), np.float32), np.int64([1, 2]))
    sums = array.write(np.int32(2), np.zeros((1, 2), np.float32)).gradient()
    joined, lengths = sums.split(np.ones((4, 2), np.float32), np.int64([1, 2, 1])).concat()
    np.testing.assert_array_equal(joined, np.ones((3, 2)))
    assert lengths.tolist() == [1, 2]


def test_a_loop_fills_an_array():
    def turn(i, array):
        return array.write(i, jnp.full((2,), i, jnp.float32)).settled()

    start = TensorArray.empty(np.float32, SIZE).buffered(jax.ShapeDtypeStruct((2,), np.float32))
    start = start.like(jax.eval_shape(turn, 0, start))
    assert_holds(jax.lax.fori_loop(0, 3, turn, start), [element(0), element(1), element(2), None])


def test_strings_stay_numpys():
    array = TensorArray.empty(object, 2).write(np.int32(0), np.array(b"a", object))
    array = array.write(np.int32(1), np.array(b"b", object))
    assert array.gather(np.arange(2)).tolist() == [b"a", b"b"]
    array = TensorArray.empty(object, 2).scatter(np.arange(2), np.array([[b"a"], [b"b"]], object))
    assert array.concat()[0].tolist() == [b"a", b"b"]
