"""The generator itself: known answers, counters that carry, seeds."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funcfit.kernels.philox import block, new_stream, skip, unit_float64, word_by_word, words

WORD = st.integers(0, 2**32 - 1)


def stream_at(key, counter):
    return np.array([*key, *(counter >> 32 * i & 0xFFFFFFFF for i in range(4))], np.uint32)


@pytest.mark.parametrize(
    "stream, expected",
    [
        ([0] * 6, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ([0xFFFFFFFF] * 6, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            [0xA4093822, 0x299F31D0, 0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_blocks_are_the_known_answers_of_random123(stream, expected):
    got = block(np.array(stream, np.uint32), jnp.zeros((), jnp.uint32))
    assert [f"{int(word):08x}" for word in got] == expected.split()


def test_words_come_one_by_one_too():
    for stream in (new_stream(1, 2, entropy=lambda: 0), stream_at((3, 4), 2**128 - 1)):
        one_by_one = word_by_word(stream)
        assert [next(one_by_one) for _ in range(9)] == words(stream, 9).tolist()


@given(st.integers(0, 2**128 - 1), st.integers(0, 2**64 - 1))
def test_skip_adds_to_the_128_bit_counter(counter, samples):
    key = (7, 8)
    expected = stream_at(key, (counter + samples) % 2**128)
    np.testing.assert_array_equal(skip(stream_at(key, counter), samples), expected)
    np.testing.assert_array_equal(skip(jnp.asarray(stream_at(key, counter)), samples), expected)


@pytest.mark.parametrize("counter", [5, 2**32 - 1, 2**64 - 2, 2**96 - 1, 2**128 - 1])
def test_words_go_on_over_a_carry(counter):
    stream = stream_at((1, 2), counter)
    blocks = [block(skip(stream, i), jnp.zeros((), jnp.uint32)) for i in range(3)]
    np.testing.assert_array_equal(words(stream, 11), np.ravel(blocks)[:11])
    np.testing.assert_array_equal(words(stream, 4, start=5), np.ravel(blocks)[5:9])


def test_seeds_fill_the_key_and_the_upper_half_of_the_counter():
    np.testing.assert_array_equal(new_stream(2**32 + 3, -1, entropy=int), [3, 1, 0, 0, 2**32 - 1, 2**32 - 1])


def test_no_seeds_ask_for_entropy_twice():
    numbers = iter([2**32 + 5, 7 * 2**32 + 6])
    np.testing.assert_array_equal(new_stream(0, 0, numbers.__next__), [5, 1, 0, 0, 6, 7])


def test_64_bit_lines_leave_the_mode_as_it_was():
    jax.jit(lambda w: unit_float64(w, w).astype(jnp.float32))(jnp.ones(3, jnp.uint32))
    assert jnp.arange(3).dtype == jnp.int32
