import io

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from funcfit import batches, evaluate, fit
from funcfit.train.history import Rows
from funcfit.train.progress import Progress

RNG = np.random.default_rng(7)
X = RNG.normal(size=(200, 2)).astype(np.float32)
Y = X @ np.array([2.0, -3.0], np.float32) + 1


def loss(w, batch, key):
    x, y = batch
    return ((x @ w["w"] + w["b"] - y) ** 2).mean()


def zeros():
    return {"w": np.zeros(2, np.float32), "b": 0.0}


def test_a_line_is_found_from_batches():
    result = fit(loss, zeros(), batches((X, Y), 32), optax.adam(0.1), epochs=60)
    np.testing.assert_allclose(result.params["w"], [2, -3], atol=1e-3)
    np.testing.assert_allclose(result.params["b"], 1, atol=1e-3)


def test_gradient_descent_is_the_textbooks():
    result = fit(loss, zeros(), (X, Y), optax.sgd(0.1), steps=20)
    w, b = np.zeros(2), 0.0
    for expected in result.history["loss"]:
        error = X @ w + b - Y
        np.testing.assert_allclose(expected, (error**2).mean(), rtol=1e-5)
        w, b = w - 0.1 * 2 * X.T @ error / len(X), b - 0.1 * 2 * error.mean()
    np.testing.assert_allclose(result.params["w"], w, rtol=1e-5)


def test_going_on_from_a_state_is_the_same_run():
    data = batches((X, Y), 32, seed=3)
    whole = fit(loss, zeros(), data, optax.adam(0.1), steps=250, seed=1)
    half = fit(loss, zeros(), data, optax.adam(0.1), steps=123, seed=1)
    rest = fit(loss, half.state, data, optax.adam(0.1), steps=250)
    np.testing.assert_array_equal(rest.params["w"], whole.params["w"])
    joined = np.concatenate([half.history["loss"], rest.history["loss"]])
    np.testing.assert_array_equal(joined, whole.history["loss"])
    np.testing.assert_array_equal(np.append(half.history["step"], rest.history["step"]), np.arange(1, 251))
    assert int(half.state.step) == 123  # and the state given is still whole


def test_history_has_every_step_of_every_metric():
    def with_weights(w, batch, key):
        return loss(w, batch, key), {"w": w["w"]}

    history = fit(with_weights, zeros(), (X, Y), optax.sgd(0.1), steps=301).history
    shapes = {name: rows.shape for name, rows in history.items()}
    assert shapes == {"step": (301,), "loss": (301,), "w": (301, 2), "lr": (301,)}


def test_validation_runs_every_epoch_and_at_the_end_and_changes_nothing():
    plain = fit(loss, zeros(), batches((X, Y), 40), optax.adam(0.1), steps=12)
    result = fit(loss, zeros(), batches((X, Y), 40), optax.adam(0.1), steps=12, validation=(X[:50], Y[:50]))
    np.testing.assert_array_equal(result.validation["step"], [5, 10, 12])
    np.testing.assert_array_equal(result.history["loss"], plain.history["loss"])
    last = evaluate(loss, result.params, (X[:50], Y[:50]))["loss"]
    np.testing.assert_array_equal(result.validation["loss"][-1], last)


def test_validation_may_have_a_metric_and_a_pace_of_its_own():
    def accuracy(w, batch, key):
        return jnp.float32(0.25), {"rows": batch[0].shape[0]}

    options = dict(steps=6, validation=(X[:9], Y[:9]), metric=accuracy, every=4)
    validation = fit(loss, zeros(), (X, Y), optax.sgd(0.1), **options).validation
    assert {name: list(rows) for name, rows in validation.items()} == {
        "step": [4, 6],
        "loss": [0.25, 0.25],
        "rows": [9, 9],
    }


def test_each_step_draws_its_own_randomness():
    def drawn(w, batch, key):
        return w * 0.0, {"draw": jax.random.uniform(key)}

    draws = [fit(drawn, 1.0, X, optax.sgd(0.1), steps=50, seed=s).history["draw"] for s in (0, 0, 1)]
    assert len(set(draws[0].tolist())) == 50
    np.testing.assert_array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "one of steps= and epochs="),
        ({"steps": 3, "epochs": 1}, "one of steps= and epochs="),
        ({"steps": 0}, "would end at step 0"),
        ({"steps": 2**32}, "more than the 4294967296 rows"),
    ],
)
def test_runs_without_a_clear_end_are_refused(options, says):
    with pytest.raises(ValueError, match=says):
        fit(loss, zeros(), (X, Y), optax.sgd(0.1), **options)


def test_plot_draws_training_and_validation():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    result = fit(loss, zeros(), (X, Y), optax.sgd(0.1), steps=9, validation=(X, Y), every=3)
    for ax in (result.plot(), result.plot(ax=matplotlib.figure.Figure().subplots())):
        training, validation = ax.get_lines()
        np.testing.assert_array_equal(training.get_ydata(), result.history["loss"])
        np.testing.assert_array_equal(validation.get_xdata(), [3, 6, 9])
    matplotlib.pyplot.close("all")


def test_plot_draws_what_only_the_validation_measured_and_says_what_there_is():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    options = dict(validation=(X, Y), metric=lambda w, batch, key: (0.5, {"half": 0.5}))
    result = fit(loss, zeros(), (X, Y), optax.sgd(0.1), steps=4, **options)
    assert len(result.plot("half").get_lines()) == 1
    with pytest.raises(ValueError, match="has not measured 'accuracy'; it has half, loss, lr"):
        result.plot("accuracy")
    matplotlib.pyplot.close("all")


def test_plot_draws_rate_and_throughput_below():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    result = fit(loss, zeros(), (X, Y), optax.sgd(optax.linear_schedule(0.1, 0, 300)), steps=300)
    assert result.clock["step"][-1] == 300 and (np.diff(result.clock["milliseconds"]) >= 0).all()
    _, rates, pace = result.plot().figure.axes
    np.testing.assert_array_equal(rates.get_lines()[0].get_ydata(), result.history["lr"])
    assert pace.get_ylabel() == "steps a second" and (pace.get_lines()[0].get_ydata() > 0).all()
    matplotlib.pyplot.close("all")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_a_line_on_a_terminal_and_nothing_elsewhere():
    terminal, file = Terminal(), io.StringIO()
    for stream in (terminal, file):
        rows = Rows()
        with Progress(0, 10, stream) as progress:
            for step, loss in ((5, 0.5), (6, 0.4), (10, 0.25)):  # the second too soon to be worth a rewrite
                rows.add(step, {"loss": loss})
                progress.tell(rows)
    assert file.getvalue() == ""
    shown = terminal.getvalue().split("\r")
    assert len(shown) == 3
    assert shown[1].startswith("[##########..........] 5/10  loss 0.5")
    assert shown[2].startswith("[####################] 10/10  loss 0.25")
