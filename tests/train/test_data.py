import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from funcfit import Every, batches, fit
from funcfit.compile import traces
from funcfit.train.data import host, sources
from funcfit.train.data.device import Batches


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


def test_parts_of_epochs_are_counted_without_rounding():
    for pad in (False, True):
        data, step, paced = batches(np.arange(10), 1, pad=pad), 0, []
        while step < 10:
            step = Every(epochs=0.1).after(step, data)
            paced.append(step)
        assert paced == list(range(1, 11))
    assert [batches(np.arange(n), 1).steps(k / n) for n, k in ((9, 5), (100, 7), (10**6, 3))] == [5, 7, 3]


@pytest.mark.parametrize("pace", [{"steps": -5}, {"epochs": -0.5}, {"minutes": float("nan")}])
def test_a_pace_that_leads_backwards_is_refused(pace):
    with pytest.raises(ValueError, match="leads forward"):
        Every(**pace)


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


class Items:
    """Rows by number, as a PyTorch dataset has them."""

    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return {"x": np.float32(i) * 10, "y": i}


class Loader:
    """Batches one after the other, the last one short, as loaders give them."""

    def __init__(self, rows, size):
        self.rows, self.size = rows, size

    def __iter__(self):
        return (self.rows[i : i + self.size] for i in range(0, len(self.rows), self.size))


def test_rows_by_number_and_arrays_on_the_host_come_in_the_order_of_those_on_the_device():
    x = np.arange(50)
    here, host, items = (
        batches(x, 8, seed=4),
        batches(x, 8, seed=4, on_device=False),
        batches(Items(50), 8, seed=4),
    )
    for t in (0, 6, 31):
        np.testing.assert_array_equal(here[t], host[t])
        np.testing.assert_array_equal(here[t], items[t]["y"])
    assert [d.steps(2) for d in (here, host, items)] == [13, 13, 13]


def test_a_loaders_rows_are_cut_anew_and_any_step_can_be_asked_for():
    data = batches(Loader(np.arange(7), 3))
    assert [data[t].tolist() for t in (0, 1, 2, 4)] == [[0, 1, 2], [3, 4, 5], [6, 0, 1], [5, 6, 0]]
    assert data[1].tolist() == [3, 4, 5]
    assert batches(lambda: iter(Loader(np.arange(7), 3)), 5)[1].tolist() == [5, 6, 0, 1, 2]


def test_a_generator_gives_each_batch_once_and_then_says_so():
    data = batches(np.full(2, n) for n in range(4))
    assert [data[t].tolist() for t in range(4)] == [[0, 0], [1, 1], [2, 2], [3, 3]]
    with pytest.raises(ValueError, match="an iterator can be used once; give a function"):
        data[4]


def test_a_generator_may_end_with_the_run_and_not_before():
    def run(steps):
        data = batches(np.full(2, n, np.float32) for n in range(7))
        return fit(lambda w, x, key: ((w - x) ** 2).mean(), 0.0, data, optax.sgd(0.1), steps=steps).history["loss"]

    assert len(run(7)) == 7
    with pytest.raises(ValueError, match="an iterator can be used once"):
        run(8)


@pytest.mark.parametrize("source", [np.arange(7), Items(7), Loader(np.arange(7), 3)], ids=["arrays", "items", "loader"])
def test_padding_ends_the_batch_with_the_epoch(source):
    data = batches(source, 3, shuffle=False, pad=True)
    for epoch in (0, 3):
        counted = []
        for t in range(epoch, epoch + 3):
            rows, weights = data[t]
            rows = rows["y"] if isinstance(rows, dict) else rows
            counted += [int(row) for row, weight in zip(rows, weights) if weight]
        assert counted == list(range(7))


@pytest.mark.parametrize("source", [Items(40), Loader(np.arange(40.0).reshape(40, 1), 7)], ids=["items", "loader"])
def test_data_from_the_host_trains_in_one_compilation_and_resumes_anywhere(source):
    def loss(w, batch, key):
        x = batch["x"] if isinstance(batch, dict) else batch[:, 0]
        return ((w - x) ** 2).mean()

    whole = fit(loss, 0.0, batches(source, 6, seed=2), optax.sgd(0.01), steps=230)
    before = traces()
    half = fit(loss, 0.0, batches(source, 6, seed=2), optax.sgd(0.01), steps=117)
    assert traces() - before <= 3  # the program, an update's shapes, an order of rows
    rest = fit(loss, half.state, batches(source, 6, seed=2), optax.sgd(0.01), steps=230)
    np.testing.assert_array_equal(rest.params, whole.params)
    np.testing.assert_array_equal(np.append(half.history["loss"], rest.history["loss"]), whole.history["loss"])


class Tensor:
    """Another library's array: it has a dtype of its own, and NumPy can read it."""

    dtype = "float of another library"

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values, dtype)


def test_rows_may_be_another_librarys_tensors():
    rows = [(Tensor([n, 2.0 * n]), n) for n in range(4)]

    class Tensors(Items):
        def __getitem__(self, i):
            return rows[i]

    x, y = batches(Tensors(4), 4, shuffle=False)[0]
    np.testing.assert_array_equal(x, [[n, 2 * n] for n in range(4)])
    assert y.tolist() == [0, 1, 2, 3]


def test_rows_without_an_end_are_refused():
    with pytest.raises(ValueError, match=r"9223372036854775807 rows .*leave out its repeat\(\)"):
        batches(Items(2**63 - 1), 8)


def test_rows_that_differ_in_shape_are_named():
    with pytest.raises(ValueError, match=r"float32\[2\].*float32\[3\]"):
        batches(Ragged(), 2, shuffle=False)[0]


class Ragged(Items):
    def __init__(self):
        super().__init__(2)

    def __getitem__(self, i):
        return np.zeros(i + 2, "f")


def test_a_stream_has_no_epochs():
    with pytest.raises(ValueError, match="count in steps, not in epochs"):
        fit(lambda w, x, k: (w - x).mean(), 0.0, batches(Loader(np.arange(7.0), 3)), optax.sgd(0.1), epochs=1)


@pytest.fixture
def mapped(tmp_path):
    rows = np.arange(4000, dtype=np.int64).reshape(1000, 4)
    np.save(tmp_path / "rows.npy", rows)
    return np.load(tmp_path / "rows.npy", mmap_mode="r+")


def test_memory_mapped_rows_stay_in_their_file(mapped, monkeypatch):
    looked = []
    monkeypatch.setattr(sources, "check_range", lambda name, array: looked.append(array.nbytes))
    data = batches({"x": mapped}, 5)
    assert isinstance(data, host.Items)
    data.feed(0)
    assert max(looked) < mapped.nbytes
    assert isinstance(batches({"x": mapped}, 5, on_device=True), Batches)
    same = batches({"x": np.array(mapped)}, 5)
    assert isinstance(same, Batches)
    np.testing.assert_array_equal(data[7]["x"], same[7]["x"])


@pytest.mark.parametrize("on_device", ["auto", True])
def test_numbers_of_a_map_that_jax_would_cut_are_refused(mapped, on_device):
    mapped[-1, -1] = 2**40
    with pytest.raises(ValueError, match=r"last 32 bits"):
        data = batches(mapped, 5, on_device=on_device)
        for t in range(0, 200, data.width):
            data.feed(t)


@pytest.mark.parametrize("rows", [3, 64, 100_000])
def test_arrays_may_be_written_to_once_they_are_data(rows):
    buffer = np.zeros(rows * 4 + 16, np.float32)
    x = buffer[-buffer.ctypes.data % 64 // 4 :][: rows * 4].reshape(rows, 4)  # aligned: JAX might use it where it is
    data = batches(x, 2, shuffle=False)
    x[:] = 7
    assert not np.asarray(data[0]).any()
