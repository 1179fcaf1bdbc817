"""A loader that can tell where it stands is gone back to; another is passed over from its start, and this is said."""

import json
import warnings

import jax
import numpy as np
import optax
import pytest

from funcfit import Every, Run, batches, checkpoint, fit, on, program, replay
from funcfit.train.data.positions import read, written

DRAWN = []  # batches that were taken from a source


class Iterator:
    """As grain's: get_state and set_state, bytes."""

    def __init__(self, rows, size):
        self.rows, self.size, self.place = rows, size, 0

    def __iter__(self):
        return self

    def __next__(self):
        if self.place >= len(self.rows):
            raise StopIteration
        DRAWN.append(self.place)
        self.place += self.size
        return self.rows[self.place - self.size : self.place]

    def get_state(self):
        return json.dumps({"next": self.place}).encode()

    def set_state(self, state):
        self.place = json.loads(state)["next"]


class Dataset:
    """As grain's datasets and loaders: it makes an iterator for each epoch."""

    def __init__(self, rows, size):
        self.rows, self.size = rows, size

    def __iter__(self):
        return Iterator(self.rows, self.size)


class Loader:
    """As torchdata's: the loader has the state, of which it gives away its own dict, and every epoch another order."""

    def __init__(self, rows, size):
        self.rows, self.size, self.going_on = rows, size, False
        self.state = {"epoch": 0, "used": 0, "generator": np.arange(3, dtype=np.uint8), 5: (None, b"x")}

    def __iter__(self):
        if not self.going_on:
            self.state["used"] = 0
            self.state["generator"] = self.state["generator"] + 1
        self.going_on = False
        order = np.random.default_rng(self.state["generator"]).permutation(len(self.rows))
        while self.state["used"] < len(self.rows):
            DRAWN.append(self.state["used"])
            first = self.state["used"]
            self.state["used"] = first + self.size
            yield {"x": self.rows[order[first : first + self.size]]}
        self.state["epoch"] += 1

    def __len__(self):
        return -(-len(self.rows) // self.size)

    def state_dict(self):
        return self.state

    def load_state_dict(self, state):
        assert state[5] == (None, b"x")
        self.state, self.going_on = state, True


ROWS = np.linspace(-1, 1, 47).astype(np.float32)
SOURCES = {
    "an iterator for each epoch": (lambda: Dataset(ROWS, 4), False),
    "an iterator for each epoch, padded": (lambda: Dataset(ROWS, 4), True),
    "a function": (lambda: lambda: Iterator(ROWS, 4), False),
    "one iterator": (lambda: Iterator(np.resize(ROWS, 2000), 7), False),
    "a loader": (lambda: Loader(ROWS, 4), False),
    "a loader, padded": (lambda: Loader(ROWS, 4), True),
}


def loss(w, batch, key):
    x, weights = batch if isinstance(batch, tuple) else (batch, 1.0)
    x = x["x"] if isinstance(x, dict) else x
    return (weights * (w - x) ** 2).mean()


def train(source, run=None, steps=230, pad=False, events=()):
    return fit(loss, 0.0, batches(source(), 6, pad=pad), optax.sgd(0.01), steps=steps, run=run, events=events)


def dies(event):
    raise KeyboardInterrupt


@pytest.mark.parametrize(("source", "pad"), SOURCES.values(), ids=SOURCES)
def test_a_run_goes_on_at_the_saved_position_in_the_same_bits(tmp_path, source, pad):
    whole = train(source, pad=pad)
    for steps in (120, 217):  # windows are 100 steps: within one, made ahead of the step that is saved
        with pytest.raises(KeyboardInterrupt):
            run = Run(tmp_path, every=Every(steps=35))
            train(source, run, pad=pad, events=[on(Every(steps=steps), dies)])
    DRAWN.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rest = train(source, tmp_path, pad=pad)
    assert len(DRAWN) < 350 and rest.state.step == 230  # for two windows, that of the step and the next
    np.testing.assert_array_equal(rest.params, whole.params)
    jax.tree.map(np.testing.assert_array_equal, rest.history, whole.history)


def test_rows_of_a_batch_that_is_half_used_are_not_lost():
    first, second = (batches(Dataset(np.arange(47), 4), 6) for _ in range(2))
    rows = [first[t].tolist() for t in range(9)]
    first._remember()
    step, place, used = [9, written(first._places[9].position), first._places[9].used]
    assert used == 3 and read(place) == b'{"next": 4}'  # 54 rows are used: 47, and 7 of the second epoch
    second.seek(9, [step, place, used])
    assert second[9].tolist() == first[9].tolist() == [7, 8, 9, 10, 11, 12]
    assert [second[t].tolist() for t in range(9)] == rows  # and what lies behind is had from the start


def test_a_step_behind_is_had_from_the_nearest_place():
    data = batches(Dataset(np.arange(4000), 4), 4)
    data[700]
    DRAWN.clear()
    assert data[650].tolist() == [2600, 2601, 2602, 2603] and len(DRAWN) <= 2


def test_a_step_is_replayed_from_the_position_of_its_checkpoint(tmp_path):
    result = train(lambda: Loader(ROWS, 4), Run(tmp_path, every=Every(steps=105)))
    own = program(loss, optax.sgd(0.01), batches(Loader(ROWS, 4), 6))
    DRAWN.clear()
    found = replay(own, tmp_path, own.init(0.0), 213)
    assert len(DRAWN) < 320
    _, metrics = found.again()
    np.testing.assert_allclose(metrics["loss"], result.history["loss"][213], rtol=1e-6)


def test_a_source_without_positions_is_passed_over_and_this_is_said(tmp_path):
    def generator():
        return (ROWS[first : first + 4] for first in range(0, len(ROWS), 4))

    whole = train(lambda: generator)
    train(lambda: generator, tmp_path, steps=150)
    with pytest.warns(UserWarning, match="where the data stood .* first 100 batches are read and passed over"):
        rest = train(lambda: generator, tmp_path)
    np.testing.assert_array_equal(rest.params, whole.params)


def test_a_position_that_cannot_be_written_is_told_and_does_no_harm(tmp_path):
    class Odd(Dataset):
        def __iter__(self):
            iterator = Iterator(self.rows, self.size)
            iterator.get_state = lambda: {"lock": object()}
            return iterator

    with pytest.warns(UserWarning, match="where the data stands cannot be saved: a object is in it"):
        train(lambda: Odd(ROWS, 4), tmp_path, steps=9)
    assert checkpoint.restore(tmp_path / "checkpoints").facts["position"] is None


class Tensor:
    """As those of torch and tf.data: not NumPy's, but an array can be had of it."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array


def test_batches_of_another_librarys_tensors_are_taken():
    class Dataloader:
        def __iter__(self):
            return ([Tensor(np.arange(n, n + 3)), Tensor(np.ones((3, 2), "f"))] for n in (0, 3))

        def __len__(self):
            return 2

    x, ones = batches(Dataloader())[1]
    np.testing.assert_array_equal(x, [3, 4, 5])
    assert ones.shape == (3, 2)
