import jax
import jax.numpy as jnp
import numpy as np
import pytest

from funcfit import batches


def test_every_row_is_used_once_an_epoch_even_when_the_size_does_not_divide():
    data = batches(jnp.arange(7), 3, seed=1)
    line = np.concatenate([data[t] for t in range(7)])
    for epoch in line.reshape(3, 7):
        np.testing.assert_array_equal(np.sort(epoch), np.arange(7))
    assert len({tuple(epoch) for epoch in line.reshape(3, 7)}) == 3


def test_a_batch_is_a_function_of_the_step_alone():
    data = batches({"x": np.arange(50.0), "y": np.arange(50)}, 8)
    data[3]
    again, compiled = batches({"x": np.arange(50.0), "y": np.arange(50)}, 8), jax.jit(lambda data, t: data[t])
    jax.tree.map(np.testing.assert_array_equal, data[11], again[11])
    jax.tree.map(np.testing.assert_array_equal, data[11], compiled(data, 11))


def test_columns_of_a_row_stay_together():
    batch = batches((np.arange(50), np.arange(50) * 2), 8)[4]
    np.testing.assert_array_equal(batch[0] * 2, batch[1])


def test_seed_decides_the_order_and_shuffle_false_keeps_it():
    x = np.arange(100)
    assert not np.array_equal(batches(x, 10, seed=0)[0], batches(x, 10, seed=1)[0])
    np.testing.assert_array_equal(batches(x, 10, shuffle=False)[13], np.arange(30, 40))


def test_without_a_size_a_batch_is_all_rows_as_they_are():
    x = np.arange(5)
    np.testing.assert_array_equal(batches(x)[3], x)


def test_a_batch_may_be_larger_than_the_data():
    np.testing.assert_array_equal(np.bincount(batches(np.arange(3), 9)[5]), [3, 3, 3])


def test_steps_cover_epochs():
    data = batches(np.arange(7), 3)
    assert [data.steps(epochs) for epochs in (1, 2, 3, 0.5)] == [3, 5, 7, 2]


@pytest.mark.parametrize(
    ("arrays", "size", "says"),
    [
        ((np.zeros(3), np.zeros(4)), 2, r"'0': \(3,\), '1': \(4,\)"),
        ([1.0, 2.0], 2, r"'0': \(\)"),
        (np.zeros(0), 2, "at least one row"),
        ((), 2, "at least one row"),
        (np.zeros(3), 0, "at least one row, not 0"),
    ],
)
def test_arrays_that_make_no_batches_are_refused(arrays, size, says):
    with pytest.raises(ValueError, match=says):
        batches(arrays, size)
