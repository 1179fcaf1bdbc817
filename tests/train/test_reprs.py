"""What is printed says what matters in a line, and never the numbers of an array."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from funcfit import Every, Run, batches, checkpoint, fit, on, program, replay

X = np.linspace(-1, 1, 256, dtype=np.float32).reshape(64, 4)
DATA = batches(X, 8)


def loss(w, x, key):
    return jnp.square(x @ w["w"] - 1).mean()


def made():
    return program(loss, optax.adam(0.1), DATA, ema=0.9)


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """The representations of all that a user meets, by name."""
    folder, events = tmp_path_factory.mktemp("run"), []
    train = made()
    first = train.init({"w": np.zeros(4, "f")})
    given = train.init({"w": np.zeros(4, "f")})
    before = repr(train)
    state, _ = train(given, 2)
    run = Run(folder)
    empty = repr(run)
    result = fit(
        *(loss, {"w": np.zeros(4, "f")}, DATA, optax.adam(0.1)),
        **dict(steps=5, run=run, ema=0.9, events=[on(Every(steps=5), lambda event: events.append(repr(event)))]),
    )
    return {
        "a program": before,
        "a compiled program": repr(train),
        "a first state": repr(first),
        "a state": repr(state),
        "a state that was given away": repr(given),
        "the shapes of a state": repr(jax.eval_shape(lambda: first)),
        "arrays": repr(DATA),
        "arrays on the host": repr(batches(X, 8, on_device=False)),
        "a stream": repr(batches(iter([X]), 8)),
        "an order": repr(DATA.order),
        "a window": repr(batches(X, 8, on_device=False).feed(0)[0]),
        "a run": empty,
        "a saved run": repr(run),
        "a run without a path": repr(Run()),
        "an event": events[0],
        "a result": repr(result),
        "a report": repr(result.report),
        "a history": repr(run.history),
        "a checkpoint": repr(checkpoint.restore(folder / "checkpoints")),
        "a replay": repr(replay(made(), folder, first, 5)),
        "in a notebook": result._repr_html_(),
    }


SAY = {
    "a program": "not compiled yet, Batches(64 rows",
    "a compiled program": "4 parameters, compiled in",
    "a first state": "State(step 0, params 4 numbers, 16 B, opt 36 B, ema 16 B, halted 1 B)",
    "a state": "State(step 2, params 4 numbers",
    "a state that was given away": "given to a program",
    "the shapes of a state": "State(step int32[], params 4 numbers",
    "arrays": "Batches(64 rows on the device, 8 a batch, shuffled: float32[64,4])",
    "arrays on the host": "Items(64 rows from the host, 8 a batch)",
    "a stream": "Stream(rows from the host, 8 a batch)",
    "an order": "Order(rows=64, size=8, pad=False)",
    "a window": "Window(first=",
    "a run": "nothing saved yet",
    "a saved run": "saved up to step 5",
    "a run without a path": "Run(nothing is kept)",
    "an event": "Event(step 5, loss ",
    "a result": "Result(4 parameters, ended by steps, {'step': '5'",
    "a report": "measured ",
    "a history": "Rows(5 of step, loss, lr)",
    "a checkpoint": "Saved(step 5, ",
    "a replay": "Replay(of State(step 5, ",
    "in a notebook": "<svg ",
}


@pytest.mark.parametrize("what", SAY)
def test_it_is_short_and_says_what_matters(shown, what):
    assert SAY[what] in shown[what]
    if what not in ("a report", "in a notebook"):
        assert "\n" not in shown[what] and len(shown[what]) < 300 and "[0." not in shown[what]
