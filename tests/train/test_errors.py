"""What people do wrong, and what they are told: the leaf, both sides and the cure.

The mistakes are made in a process of their own, without the checks of types that the tests have, so that what is
tested is what a user reads.
"""

import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import traceback
import warnings
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from funcfit import Every, Run, batches, checkpoint, early_stopping, fit, on, predict

X = np.linspace(-1, 1, 64, dtype=np.float32).reshape(16, 4)
Y = X.sum(1)
HOLED = np.where(np.arange(64).reshape(16, 4) == 38, np.nan, X)


def loss(w, batch, key):
    x, y = batch
    return ((x @ w["w"] + w["b"] - y) ** 2).mean()


def start(size=4, dtype=np.float32):
    return {"w": np.zeros(size, dtype), "b": np.float32(0)}


def train(loss=loss, params=None, data=(X, Y), optimizer=None, steps=3, **options):
    optimizer = optax.sgd(0.1) if optimizer is None else optimizer
    return fit(loss, start() if params is None else params, data, optimizer, steps=steps, **options)


def trained(**options):
    """The folder of a run."""
    folder = tempfile.mkdtemp()
    train(run=folder)
    return {"run": folder, "steps": 9, **options}


def gives(out):
    """A loss that gives something else than the number."""
    return lambda w, batch, key: out(loss(w, batch, key))


def without_a_return(w, batch, key):
    loss(w, batch, key)


def drawn_twice(w, batch, key):
    x, y = batch
    noise = jax.random.normal(key, x.shape) * jax.random.bernoulli(key, 0.5, x.shape)
    return loss(w, (x + noise, y), key)


class Rows:
    """Rows by number, of which one is short."""

    def __len__(self):
        return 16

    def __getitem__(self, i):
        return X[i][: 3 if i == 5 else 4]


def changing():
    return itertools.chain([X[:8]] * 3, [X[:8, :3]])


def early(metric):
    return [early_stopping(metric, when=Every(steps=1))]


def answering(answer):
    return [on(Every(steps=1), lambda event: answer)]


def predict_a_mean():
    return predict(lambda w, batch: (batch[0] @ w["w"]).mean(), start(), batches((X, Y), 8))


def line(w, x, key):
    return (x @ w["w"]).mean()


# What was done, and the words of what is said. A dict is what `train` is given.
MISTAKES = {
    "no data": (dict(data=()), "arrays need at least one row"),
    "data without rows": (dict(data=(X[:0], Y[:0])), "at least one row '0': (0, 4) '1': (0,)"),
    "an empty iterator": (dict(data=iter([])), "this data is empty"),
    "data that is None": (lambda: train(data=lambda: None and 0), "NoneType"),
    "a file's name": (dict(data="train.npz"), "'train.npz': load it first"),
    "words as labels": (dict(data=(X, np.array(["cat"] * 16))), "leaf '1' <U3[16] np.unique(words"),
    "identifiers of 64 bits": (
        dict(data={"x": X, "id": np.arange(16) + 2**40}),
        "numbers from 1099511627776 id, int64[16] 32 bits as int32 (np.unique(ids",
    ),
    "other row counts": (dict(data=(X, Y[:9])), "one row count '0': (16, 4) '1': (9,)"),
    "a list of rows": (dict(data=list(zip(X, Y))), "'0/0': (4,) a list of rows np.stack"),
    "a short row": (lambda: train(line, data=batches(Rows(), 8)), "float32[4] float32[3] pad or cut"),
    "a batch of another shape": (dict(loss=line, data=changing, steps=9), "float32[8,4] float32[8,3] pad or cut"),
    "half a batch size": (lambda: batches(X, 8.5), "'float' object cannot be interpreted as an integer"),
    "NaN in the data": (dict(data=(HOLED, Y)), "step 0 not finite: batch/0 float32[16,4] in 1 place, first at [9, 2]"),
    "NaN in the parameters": (
        dict(params={"w": np.full(4, np.nan, "f"), "b": 0.0}),
        "step 0 not finite: params/w float32[4] in 4 places",
    ),
    "a missing leaf": (
        dict(loss=lambda w, batch, key: batch["label"].mean(), data={"x": X, "y": Y}),
        "KeyError: 'label' batch: x float32[16,4], y float32[16]",
    ),
    "params that do not fit the data": (
        dict(params=start(3)),
        "It was called as loss(params, batch, key) params: b float32[], w float32[3] batch: 0 float32[16,4]",
    ),
    "parameters of whole numbers": (dict(params=start() | {"b": 0}), "params/b is int32[] float (0.0 freeze='b'"),
    "a parameter that is none": (dict(params=start() | {"f": jnp.tanh}), "params/f is a Pjit keep out eqx.partition"),
    "no parameters": (dict(params={}), "no parameters to train"),
    "nothing left to train": (dict(freeze="*"), "freeze leaves no parameter"),
    "an optimizer's name": (dict(optimizer="adam"), "optax transformation, not 'adam': give optax.adam(1e-3)"),
    "an optimizer that is not made": (dict(optimizer=optax.adam), "the function adam: call it, adam(1e-3)"),
    "arguments in another order": (
        lambda: train(loss, start(), data=optax.sgd(0.1), optimizer=(X, Y)),
        "leaf 'init' is a function fit(loss, params, data, optimizer) is the order",
    ),
    "params before the loss": (dict(loss=start(), params=loss), "not of type dict: fit(loss, params, data, optimizer)"),
    "a learning rate": (dict(learning_rate=0.1), "no option 'learning_rate' optax.adam(1e-3) There are freeze"),
    "a slip of the pen": (dict(freze="w"), "no option 'freze': freeze is the nearest"),
    "no checkpoint kept": (lambda: Run("run", keep=0), "keeps at least one checkpoint, not 0"),
    "half a step": (dict(steps=2.5), "whole numbers, not 2.5"),
    "a decay of two": (dict(ema=2.0), "less than 1, not 2.0"),
    "seven microbatches": (dict(microbatches=7), "16 rows does not part into 7 microbatches, but into 1, 2, 4, 8, 16"),
    "some microbatches": (dict(microbatches="some"), "a number, or 'auto', not 'some'"),
    "no microbatch": (dict(microbatches=0), "one microbatch or more, not in 0"),
    "a vector": (
        dict(loss=lambda w, batch, key: batch[0] @ w["w"]),
        "one number, and this one has the shape (16,): return its mean or its sum",
    ),
    "nothing returned": (dict(loss=without_a_return), "this one gave None: does it end with a return?"),
    "a dict": (dict(loss=gives(lambda x: {"loss": x})), "gave a dict of 'loss': return d['loss'], d"),
    "another order": (dict(loss=gives(lambda x: ({"a": x}, x))), "gave the dict first: return the number before it"),
    "a list returned": (dict(loss=gives(lambda x: [x])), "(a number, {name: value}) gave a list"),
    "two numbers": (dict(loss=gives(lambda x: (x, x))), "second float32[]: give it a name, {'name': value}"),
    "a tuple of one": (dict(loss=gives(lambda x: (x,))), "gave a tuple of 1"),
    "a count": (dict(loss=gives(lambda x: (x > 0).sum())), "this one is int32[] argmax have none"),
    "a loss of two arguments": (
        dict(loss=lambda w, batch: 0.0),
        "It was called as <lambda>(params, batch, key): a loss takes params, batch and key",
    ),
    "a carry that nobody gave": (
        dict(loss=lambda w, batch, key, carry: (loss(w, batch, key), {}, carry)),
        "a carry if the run has one (fit(..., carry=...))",
    ),
    "a carry that stays away": (
        dict(loss=lambda w, batch, key, carry: loss(w, batch, key), carry={"n": 0.0}),
        "gives back a carry n is missing (float32[])",
    ),
    "a carry of another shape": (
        dict(loss=lambda w, batch, key, carry: (loss(w, batch, key), {}, {"n": w["w"]}), carry={"n": 0.0}),
        "n should be float32[] and is float32[4]",
    ),
    "a metric of words": (dict(loss=gives(lambda x: (x, {"a": "good"}))), "(sum, weight), and 'a' is a str"),
    "metrics in metrics": (dict(loss=gives(lambda x: (x, {"a": {"b": x}}))), "(sum, weight), and 'a' is a dict"),
    "a metric named step": (dict(loss=gives(lambda x: (x, {"step": x}))), "named 'step' give it another name"),
    "a metric that is NaN": (
        dict(loss=gives(lambda x: (x, {"a": jnp.log(x - 9)}))),
        "UserWarning: the metric 'a' was not finite in 3 steps, first in step 1",
    ),
    "a key drawn from twice": (dict(loss=drawn_twice), "KeyReuseError twice, at test_errors.py jax.random.split clone"),
    "a validation of another shape": (
        dict(validation=(X[:, :3], Y)),
        "params: b float32[], w float32[4] batch: 0 float32[16,3] This was the validation.",
    ),
    "NaN in the validation": (
        dict(validation=(HOLED, Y)),
        "UserWarning validation, loss is not finite: its data/0 float32[16,4] in 1 place, first at [9, 2]",
    ),
    "a validation without end": (dict(validation=iter([(X, Y)])), "nobody knows where this data ends"),
    "predictions without rows": (predict_a_mean, "a row for each of the batch's 8 rows float32[]"),
    "a bare callback": (dict(events=[print]), "a callback has a pace: on(Every(epochs=1), print)"),
    "a callback that answers": (lambda: train(events=answering("stop")), "nothing, a Stop or a State gave 'stop'"),
    "a metric that is not there": (
        lambda: train(events=early("acc")),
        "nothing named 'acc' was measured, but step, loss",
    ),
    "another state": (
        lambda: train(params=train().state, optimizer=optax.adam(0.1), steps=9),
        "the state is not one of this program's: opt/0/count is missing (int32[]) program.init",
    ),
    "a run of another shape": (
        lambda: train(loss=gives(lambda x: 0.0), params=start(5), **trained()),
        "params/w should be float32[5] and is float32[4] saved by another model what was saved is as it was",
    ),
    "a run of other names": (
        lambda: train(lambda w, x, key: w["W"].sum(), {"W": start()["w"], "b": 0.0}, **trained()),
        "params/W is missing (float32[4]; there is params/w, float32[4])",
    ),
    "a run of another dtype": (
        lambda: train(params=start(dtype=np.float16), **trained()),
        "params/w should be float16[4] and is float32[4]",
    ),
    "a run of another optimizer": (
        lambda: train(optimizer=optax.adam(0.1), **trained()),
        "opt/0/mu/w is missing (float32[4]) another model, optimizer",
    ),
    "a run of another key": (
        lambda: train(params=train().state._replace(key=jax.random.key(0, impl="rbg")), **trained()),
        "key should be key<rbg>[] and is key<fry>[]",
    ),
    "a run of other data": (
        lambda: train(data=(X + 1, Y), **trained()),
        "the data of this run has changed float32[16,4] float32[16,4] (before, now); train in another directory",
    ),
}


def said(done) -> str:
    """What a user reads: warnings, and the error with its notes."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            train(**done) if isinstance(done, dict) else done()
            text = "no error"
        except Exception as error:
            text = "".join(traceback.format_exception_only(error))
    return "\n".join([text, *(f"{warning.category.__name__}: {warning.message}" for warning in seen)])


@pytest.fixture(scope="module")
def answers():
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    made = subprocess.run([sys.executable, __file__], capture_output=True, text=True, timeout=300, env=env)
    assert made.returncode == 0, made.stderr
    return json.loads(made.stdout)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_is_said_names_what_is_wrong_and_what_to_do(answers, mistake):
    in_order(MISTAKES[mistake][1], answers[mistake])


def in_order(words, text):
    place = 0
    for word in words.split(" "):
        place = text.find(word, place)
        assert place >= 0, f"{word!r} is not, or not there, in:\n{text}"


@pytest.mark.parametrize(
    ("room", "says"), [(200_000, "step 4 was not saved earlier steps are whole"), (100, "metrics.jsonl' room")]
)
def test_a_full_disk_is_told_and_what_was_saved_stays_and_goes_on(tmp_path, room, says):
    large = {"w": np.random.default_rng(0).normal(size=(4, 60_000)).astype(np.float32)}

    def go(steps):
        return fit(lambda w, x, key: jnp.square(x @ w["w"]).mean(), large, X, optax.sgd(0.1), steps=steps, run=tmp_path)

    go(2)
    limit, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, most))  # no file may grow beyond it, as on a full disk
    try:
        with warnings.catch_warnings(), pytest.raises(OSError) as error:
            warnings.simplefilter("ignore")  # of JAX, whose cache of programs is not kept either
            go(4)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, most))
    in_order(says, "".join(traceback.format_exception_only(error.value)))
    assert [step for step, _ in checkpoint.saved_steps(tmp_path / "checkpoints")] == [2]
    assert checkpoint.verify(tmp_path / "checkpoints") == {"step-000000002": []}
    assert go(4).history["step"].tolist() == [1, 2, 3, 4]


if __name__ == "__main__":
    print(json.dumps({mistake: said(done) for mistake, (done, _) in MISTAKES.items()}))
