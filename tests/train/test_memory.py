"""A program fits the memory there is, or says what would."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from funcfit import OutOfMemory, batches, fit, program
from funcfit.compile import traces
from funcfit.train.memory import available, fewest, wanted

X = np.random.default_rng(0).normal(size=(16, 4)).astype(np.float32)
START = {"a": np.eye(4, 4096, dtype="f"), "b": np.eye(4096, 4, dtype="f")}


def loss(w, x, key):
    return jnp.square(jnp.tanh(jnp.tanh(x @ w["a"]) * 2) @ w["b"] - x).mean()


def made(microbatches, loss=loss):
    train = program(loss, optax.sgd(1.0), batches(X, 16, shuffle=False), microbatches=microbatches)
    return train, train.init(START)


def want(microbatches):
    train, state = made(microbatches)
    return wanted(train.compile(state)._compiled.memory_analysis())


@pytest.mark.parametrize("counts", [[1], [1, 2, 4], [1, 2, 3, 5, 7, 12]])
def test_the_fewest_that_fits_is_found_in_few_tries(counts):
    for least in (0, *counts, 99):
        tried = []
        found = fewest(counts, lambda n, least=least, tried=tried: tried.append(n) or n >= least)
        assert found == next((n for n in counts if n >= least), None)
        assert len(tried) <= len(counts).bit_length()


def test_auto_is_one_where_everything_fits_and_compiles_once():
    train, state = made("auto")
    before = traces()
    train.compile(state)
    assert train.microbatches == 1 and traces() == before + 1 and train.report().microbatches == 1
    assert "auto" not in repr(train)


def test_auto_is_the_fewest_parts_that_fit_with_the_gradient_of_the_whole():
    sizes = {n: want(n) for n in (1, 2, 4)}
    assert sizes[1] > sizes[2] > sizes[4]
    whole, state = made(1)
    after, metrics = whole(state, 1)
    for limit, count in ((sizes[2], 2), (sizes[2] - 1, 4)):
        train, state = made("auto")
        train.compile(state, memory=limit)
        assert train.microbatches == train.report().microbatches == count and f"{count} microbatches" in repr(train)
        parts, in_parts = train(state, 1)
        for ours, theirs in zip(
            jax.tree.leaves(parts.params), jax.tree.leaves(after.params)
        ):  # at rate 1: the gradient
            np.testing.assert_allclose(ours, theirs, atol=1e-6)
        np.testing.assert_allclose(in_parts["loss"], metrics["loss"], rtol=1e-6)
        again, _ = jax.jit(train.update)(train.init(START), X)
        np.testing.assert_allclose(again.params["a"], parts.params["a"], atol=1e-6)


def test_what_does_not_fit_is_refused_before_the_first_step_with_what_would():
    train, state = made(1)
    with pytest.raises(
        OutOfMemory,
        match=r"wants [\d.]+ [KM]B of memory, and 900 KB are there; microbatches=\d+ fits. The largest: .*"
        r"state/params/a float32\[4,4096\] 65.5 KB.*on the way [\d.]+ KB",
    ):
        train.compile(state, memory=900_000)
    for microbatches in (1, "auto"):
        train, state = made(microbatches)
        with pytest.raises(OutOfMemory, match="no number of microbatches fits"):
            train.compile(state, memory=1000)


def test_memory_that_is_missing_at_the_first_run_is_told_with_what_was_wanted():
    def vast(w, x, key):
        wide = jnp.broadcast_to(x[:, :1] * w["a"][0, 0], (len(x), 2**34))
        return jnp.cumsum(jnp.sort(wide, axis=1), axis=1).mean()

    train, state = made(1, vast)
    train.compile(state, memory=2**60)
    with pytest.raises(OutOfMemory, match=r"wants [\d.]+ TB of memory, and .*GB are there; .*The largest: "):
        train(state, 1)


def test_a_machine_without_a_limit_of_its_own_has_its_memory():
    assert 2**28 < available({}) < 2**50


def test_fit_takes_auto():
    result = fit(loss, START, batches(X, 8), optax.sgd(0.1), steps=3, microbatches="auto")
    assert result.report.microbatches == 1
