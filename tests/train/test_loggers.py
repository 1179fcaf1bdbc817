"""Loggers are told of each row, once it has arrived; TensorBoard's files say each step once, whatever was killed."""

import json

import numpy as np
import optax
import pytest

from funcfit import Every, Run, batches, checkpoint, fit, on, tensorboard
from funcfit.train.history import Rows

X = np.linspace(-1, 1, 20).astype(np.float32)


def loss(w, batch, key):
    return ((w * batch - 3 * batch) ** 2).mean(), {"both": batch[:2]}


def train(steps=10, **options):
    options = {"validation": X, "every": 4} | options
    return fit(loss, 0.0, batches(X, 8), optax.sgd(0.1), steps=steps, **options)


def test_a_logger_gets_the_rows_of_the_history_and_those_of_the_validation(tmp_path):
    seen = []
    result = train(log=lambda step, values: seen.append((step, values)), run=tmp_path)
    training = [(step, values) for step, values in seen if "loss" in values]
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").open()]
    assert [{"step": step, **values} for step, values in training] == rows
    measured = {step: values["validation/loss"] for step, values in seen if "validation/loss" in values}
    assert list(measured) == [4, 8, 10] and np.float32(measured[8]) == result.validation["loss"][1]
    assert [step for step, _ in seen] == sorted(step for step, _ in seen)


def test_a_logger_is_told_no_earlier_than_the_rows_arrive():
    rows, seen = Rows(tell=lambda step, values: seen.append(step)), []
    rows.add_later(0, 3, {"loss": np.zeros(4)}, 3)
    rows.add_later(3, 5, {"loss": np.zeros(4)}, 2)
    assert seen == []
    rows.read(leave=1)
    assert seen == [1, 2, 3]


def test_an_error_of_a_logger_is_the_users_and_names_the_logger():
    def broken(step, values):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match=r"(?s)^mine.*raised by the logger .*broken, at step 1"):
        train(log=[print, broken])


def test_loggers_belong_to_the_run_where_there_is_one():
    with pytest.raises(ValueError, match="give log= to Run"):
        train(log=print, run=Run())


def test_what_tensorboard_shows_has_each_step_once_after_kills(tmp_path, event_scalars):
    def dies(at):
        def look(event):
            raise KeyboardInterrupt

        return [on(Every(steps=at), look)]

    for at in (13, 8, 5, 17):  # each life dies between two checkpoints, but for the last
        run = Run(tmp_path / "run", every=Every(steps=5), log=tensorboard(tmp_path))
        with pytest.raises(KeyboardInterrupt):
            train(steps=40, run=run, events=dies(at))
    result = train(steps=40, run=tmp_path / "run", log=tensorboard(tmp_path))
    assert checkpoint.latest(tmp_path / "run" / "checkpoints") == 40
    training, validation = (event_scalars(tmp_path / part) for part in ("training", "validation"))
    assert sorted(training) == ["loss", "lr"] and sorted(validation) == ["loss"]  # "both" is no number
    assert training["loss"] == dict(zip(result.history["step"].tolist(), result.history["loss"].tolist()))
    assert validation["loss"] == dict(zip(result.validation["step"].tolist(), result.validation["loss"].tolist()))


def test_a_closed_logger_may_be_used_again(tmp_path, event_scalars):
    log = tensorboard(tmp_path)
    for _ in range(2):
        train(steps=3, log=log)
    assert len(list((tmp_path / "training").iterdir())) == 2
    assert sorted(event_scalars(tmp_path / "training")["loss"]) == [1, 2, 3]
