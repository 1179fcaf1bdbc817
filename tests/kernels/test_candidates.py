"""Multinomial draws and candidate samplers equal those of genuine TensorFlow, run after run."""

import functools

import jax
import numpy as np
import pytest

from funcfit.kernels import candidates as c
from funcfit.kernels.philox import new_stream, words
from tests.recorded_random import RELEASES, assert_same, cases, replayed

releases = pytest.mark.parametrize("release", RELEASES)


def multinomial(stream, kwargs):
    values, stream = c.multinomial(stream, kwargs["logits"], kwargs["num_samples"])
    return [values], stream


def fixed_unigram(kwargs):
    names = "unigrams", "distortion", "num_reserved_ids"
    return c.fixed_unigram_classes(c.fixed_unigram_weights(**{k: kwargs[k] for k in names if k in kwargs}))


DISTRIBUTIONS = {
    "nn.uniform_candidate_sampler": lambda kwargs: c.uniform_classes(kwargs["range_max"]),
    "nn.log_uniform_candidate_sampler": lambda kwargs: c.log_uniform_classes(kwargs["range_max"]),
    "nn.fixed_unigram_candidate_sampler": fixed_unigram,
}


def sampled_from(distribution):
    def draw(stream, kwargs):
        arguments = (kwargs[name] for name in ("true_classes", "num_sampled", "unique"))
        return c.candidate_sample(stream, distribution(kwargs), *arguments)

    return draw


def assert_same_candidates(drawn, recorded):
    for values, expected, ulps in zip(drawn, recorded, (0, 2, 2)):
        assert_same(values, expected, ulps)


def test_multinomial_draws_as_tensorflow_1_1():
    for _, (drawn,), (recorded,) in replayed("1.1", "multinomial", multinomial):
        assert_same(drawn, recorded)


@releases
@pytest.mark.parametrize("function", DISTRIBUTIONS)
def test_candidates_and_expected_counts_equal_tensorflow(function, release):
    for _, drawn, recorded in replayed(release, function, sampled_from(DISTRIBUTIONS[function])):
        assert_same_candidates(drawn, recorded)


@releases
def test_learned_unigrams_learn_from_run_to_run(release):
    @functools.partial(jax.jit, static_argnames=("num_sampled", "unique"))
    def draw(stream, weights, true_classes, num_sampled, unique):
        distribution = c.learned_unigram_classes(weights)
        drawn, stream = c.candidate_sample(stream, distribution, true_classes, num_sampled, unique)
        return drawn, stream, c.learned_weights(weights, true_classes)

    calls = [call for case in cases(release) for call in case.calls if "learned" in call.function]
    for call in calls:
        (_, seed, seed2), *_ = call.nodes
        stream, weights = new_stream(seed, seed2, entropy=int), np.ones(call.kwargs["range_max"], np.int32)
        arguments = {name: call.kwargs[name] for name in ("true_classes", "num_sampled", "unique")}
        with jax.enable_x64(True):
            for recorded in call.runs:
                drawn, stream, weights = draw(stream, weights, **arguments)
                assert_same_candidates([np.asarray(x) for x in drawn], recorded)


SIZE = 100003  # one try in 45,000 or so hits a word that is thrown away
COUNT = 20000


def below_size(stream, words_a_try):
    """What TF's loops give, one word after the other: (thrown away, numbers)."""
    spare, thrown, numbers, position = 2**32 % SIZE, 0, [], 0
    w = np.asarray(words(stream, 2 * COUNT + 9)).tolist()
    while len(numbers) < COUNT:
        position += words_a_try - 1
        while w[position] < spare:
            position, thrown = position + 1, thrown + 1
        numbers.append(w[position] % SIZE)
        position += 1
    return thrown, numbers


@pytest.mark.parametrize("words_a_try", [1, 2])
def test_words_thrown_away_shift_the_stream_as_in_tensorflow(words_a_try):
    stream = new_stream(1, 38, entropy=int)
    ones = np.ones(SIZE)
    learned, fixed = c.learned_unigram_classes(ones.astype(np.int32)), c.fixed_unigram_classes(ones.astype(np.float32))
    thrown, expected = below_size(stream, words_a_try)
    drawn, _ = c.candidate_sample(stream, (learned, fixed)[words_a_try - 1], np.array([[0]]), COUNT, unique=False)
    assert thrown > 0
    np.testing.assert_array_equal(drawn.sampled, expected)


def test_every_class_is_found_when_all_are_asked_for():
    drawn, _ = c.candidate_sample(new_stream(1, 2, int), c.log_uniform_classes(300), np.array([[0]]), 300, unique=True)
    assert sorted(drawn.sampled.tolist()) == list(range(300))


def test_a_row_without_finite_logits_gives_the_number_of_classes():
    logits = np.float32([[0, -np.inf, 1, np.nan], [-np.inf, np.nan, -np.inf, np.inf]])
    drawn, _ = c.multinomial(new_stream(1, 2, int), logits, 50, np.int32)
    assert set(drawn[0].tolist()) == {0, 2}
    assert set(drawn[1].tolist()) == {4}


def test_fixed_unigram_weights_of_a_shard():
    weights = c.fixed_unigram_weights([4.0, 9.0, 16.0, 25.0], 0.5, num_reserved_ids=3, num_shards=2, shard=1)
    np.testing.assert_array_equal(weights, np.float32([0, 2, 4]))
