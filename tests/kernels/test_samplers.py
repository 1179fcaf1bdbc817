"""Uniforms, integers, normals and shuffles equal those of genuine TensorFlow, run after run."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from funcfit.kernels import samplers
from funcfit.kernels.philox import new_stream, words
from funcfit.kernels.samplers import permutation, shuffle, standard_normal, truncated_normal, uniform, uniform_int
from tests.recorded_random import RELEASES, assert_same, replayed

releases = pytest.mark.parametrize("release", RELEASES)


def random_uniform(stream, kwargs):
    shape, dtype = kwargs["shape"], kwargs.get("dtype", "float32")
    low, high = kwargs.get("minval", 0), kwargs.get("maxval", 1)
    if "int" in dtype:
        values, stream = uniform_int(stream, shape, low, high, dtype)
    else:
        values, stream = uniform(stream, shape, dtype)
        values = values * (high - low) + low
    return [values], stream


def normal_by(sampler):
    def draw(stream, kwargs):
        values, stream = sampler(stream, kwargs["shape"], kwargs.get("dtype", "float32"))
        return [values * kwargs.get("stddev", 1) + kwargs.get("mean", 0)], stream

    return draw


def random_shuffle(stream, kwargs):
    values, stream = shuffle(stream, kwargs["value"])
    return [values], stream


def random_crop(stream, kwargs):
    value, size = kwargs["value"], kwargs["size"]
    draws, stream = uniform_int(stream, (value.ndim,), 0, np.iinfo(np.int32).max)
    offset = draws % (np.array(value.shape) - size + 1)
    return [jax.lax.dynamic_slice(value, offset, size)], stream


def dropout_mask(stream, kwargs):
    x = kwargs["x"]
    draws, stream = uniform(stream, kwargs.get("noise_shape", x.shape), x.dtype)
    kept = jnp.floor(draws + x.dtype.type(kwargs["keep_prob"]))
    return [jnp.broadcast_to(kept, x.shape)], stream


NORMALS = {"random_normal": normal_by(standard_normal), "truncated_normal": normal_by(truncated_normal)}


@releases
@pytest.mark.parametrize("draw", [random_uniform, random_shuffle, random_crop], ids=lambda draw: draw.__name__)
def test_draws_equal_tensorflow_to_the_bit(draw, release):
    for _, (drawn,), (recorded,) in replayed(release, draw.__name__, draw):
        assert_same(drawn, recorded)


@releases
@pytest.mark.parametrize("function", NORMALS)
def test_normals_equal_tensorflow_to_two_units_in_the_last_place(function, release):
    for call, (drawn,), (recorded,) in replayed(release, function, NORMALS[function]):
        assert_same(drawn, recorded, ulps=2, floor=call.kwargs.get("mean", 0))


@pytest.mark.parametrize("function", NORMALS)
def test_normals_print_the_digits_of_tensorflow_1_1(function):
    pairs = [(drawn, want) for _, (drawn,), (want,) in replayed("1.1", function, NORMALS[function]) if want is not None]
    drawn, recorded = (np.concatenate([np.ravel(pair[side]).astype(float) for pair in pairs]) for side in (0, 1))
    assert np.mean(drawn != recorded) < 1e-3


@releases
def test_dropout_drops_what_tensorflow_drops(release):
    for _, (kept,), (recorded,) in replayed(release, "nn.dropout", dropout_mask):
        np.testing.assert_array_equal(kept, recorded != 0)


def test_known_draws_of_op_and_graph_seeds():
    draw = jax.jit(lambda stream: uniform(stream, ()))
    for seeds, expected in {(87654321, 42): (0.95227146, 0.8960779), (42, 3): (0.63789964, 0.8774011)}.items():
        stream = new_stream(*seeds, entropy=int)
        for value in expected:
            drawn, stream = draw(stream)
            assert drawn == np.float32(value)


def test_bfloat16_uniforms_have_seven_random_bits():
    values, _ = uniform(new_stream(1, 2, entropy=int), (4096,), jnp.bfloat16)
    assert set(np.asarray(values, np.float32) * 128) == set(range(128))


@pytest.mark.parametrize("n", [2, 3, 10, 1000])
def test_permutation_is_fisher_yates(n):
    stream = new_stream(3, n, entropy=int)
    expected = list(range(n))
    for i, word in enumerate(np.asarray(words(stream, n - 1)).tolist()):
        j = i + word % (n - i)
        expected[i], expected[j] = expected[j], expected[i]
    np.testing.assert_array_equal(jax.jit(lambda stream: permutation(stream, n))(stream), expected)


@pytest.mark.parametrize("shape", [(), (0,), (1,), (1, 5), (3, 0)])
def test_shuffling_nothing_uses_no_random_numbers(shape):
    stream = new_stream(1, 2, entropy=int)
    values, after = shuffle(stream, np.zeros(shape))
    assert values.shape == shape
    np.testing.assert_array_equal(after, stream)


@pytest.mark.parametrize("sampler", [uniform, standard_normal, truncated_normal])
def test_draws_do_not_depend_on_the_callers_mode(sampler):
    stream = new_stream(5, 6, entropy=int)
    draw = jax.jit(lambda stream: sampler(stream, (9, 5)))
    narrow, _ = draw(stream)
    with jax.enable_x64(True):
        wide, _ = draw(stream)
    assert wide.dtype == narrow.dtype
    np.testing.assert_array_equal(wide, narrow)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_truncated_normals_are_the_same_however_many_are_drawn_at_once(dtype, monkeypatch):
    stream = new_stream(5, 6, entropy=int)
    with jax.enable_x64(True):
        whole, _ = truncated_normal(stream, (10, 9), dtype)
        monkeypatch.setattr(samplers, "GROUPS_AT_ONCE", 7)
        parts, _ = truncated_normal(stream, (10, 9), dtype)
    np.testing.assert_array_equal(parts, whole)


@pytest.mark.parametrize("sampler", [uniform, standard_normal, truncated_normal])
def test_large_draws_take_no_more_memory_than_they_give(sampler):
    draw = jax.jit(lambda stream: sampler(stream, (1 << 22,))[0])
    memory = draw.lower(new_stream(5, 6, entropy=int)).compile().memory_analysis()
    assert memory.temp_size_in_bytes <= memory.output_size_in_bytes


def test_shapes_may_be_of_numpy_integers():
    stream = new_stream(5, 6, entropy=int)
    (values, after), (same, also) = uniform(stream, np.array([2, 3])), uniform(stream, (2, 3))
    np.testing.assert_array_equal(values, same)
    np.testing.assert_array_equal(after, also)
    assert after.dtype == np.uint32
