"""What a program costs and could at best, and what its steps took."""

import time

import jax.numpy as jnp
import numpy as np
import optax
import pytest

from funcfit import batches, fit, program
from funcfit.train.ceilings import Ceilings, ceilings
from funcfit.train.report import Report, Timing

X = np.random.default_rng(0).normal(size=(512, 64)).astype(np.float32)


def loss(w, x, key):
    return jnp.square(jnp.tanh(x @ w["a"]) @ w["b"] - x).mean()


def start():
    return {"a": np.eye(64, 96, dtype="f"), "b": np.eye(96, 64, dtype="f")}


class Slow:
    """Rows that take longer to come than to use."""

    def __len__(self):
        return 512

    def __getitem__(self, i):
        time.sleep(2e-4)
        return X[i]


def test_a_report_counts_operations_bytes_and_memory():
    train = program(loss, optax.adam(0.1), batches(X, 128))
    with pytest.raises(ValueError, match="nothing is compiled yet"):
        train.report()
    report = train.compile(train.init(start())).report()
    products = 5  # two forward; one of them has an input that needs no gradient
    np.testing.assert_allclose(report.flops, products * 2 * 128 * 64 * 96, rtol=0.1)
    assert report.parameters == 2 * 64 * 96 and report.dtype == "float32" and report.microbatches == 1
    assert 3 * 4 * report.parameters <= report.state_bytes < 3 * 4 * report.parameters + 100
    assert X.nbytes <= report.data_bytes < X.nbytes + 100
    assert report.bytes > 4 * report.parameters and report.temporary_bytes > 0 and report.compile_seconds > 0
    assert report.step_seconds is report.waiting is report.reached is None


def test_what_is_expected_is_the_longer_of_computing_and_moving(monkeypatch):
    report = Report(10, 1, 0.5, "float32", 4e6, 2e6, 1, 1, 1, 1, Timing(100, 1.0, 0.25))
    for most, bound, expected in ((Ceilings(1e9, 1e10), "compute", 4e-3), (Ceilings(1e12, 1e9), "memory", 2e-3)):
        monkeypatch.setattr("funcfit.train.report.ceilings", lambda dtype, most=most: most)
        assert report.bound == bound and report.intensity == 2
        np.testing.assert_allclose(report.expected_seconds, expected)
        np.testing.assert_allclose([report.step_seconds, report.waiting], [0.01, 0.25])
        np.testing.assert_allclose(report.reached, expected / 0.01)
    assert "memory: 2 ms a step at best" in str(report)
    assert "10 ms a step over 100, 20% of the bound, 25% waiting for data" in str(report)


def test_a_device_is_measured_once():
    begin = time.perf_counter()
    first = ceilings()
    took = time.perf_counter() - begin
    assert 1e8 < first.flops_per_second < 1e16 and 1e8 < first.bytes_per_second < 1e14 and took < 20
    assert ceilings() is first


def test_a_result_says_how_long_its_steps_took_and_that_data_on_the_device_is_not_waited_for():
    report = fit(loss, start(), batches(X, 128), optax.adam(0.1), steps=40).report
    assert report.timing.steps == 40 and report.timing.waited == 0 and 0 < report.step_seconds < 1


def test_time_in_which_the_device_waits_for_rows_is_seen():
    report = fit(loss, start(), batches(Slow(), 64), optax.adam(0.1), steps=40).report
    assert report.waiting > 0.8 and report.step_seconds > 64 * 2e-4


def test_callbacks_and_validation_are_no_part_of_a_step():
    from funcfit import Every, on

    seen = []

    def slow(event):
        seen.append(event.timing)
        time.sleep(0.3)

    report = fit(loss, start(), batches(X, 128), optax.adam(0.1), steps=9, events=[on(Every(steps=3), slow)]).report
    assert [timing.steps for timing in seen] == [3, 6, 9]
    assert report.timing.seconds < 0.6
