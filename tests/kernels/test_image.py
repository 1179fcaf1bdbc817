"""Resizes and crops sample where TensorFlow samples; their gradients are the transposes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from funcfit.kernels import image

RESIZES = [image.resize_nearest, image.resize_bilinear, image.resize_bicubic, image.resize_area]
every_resize = pytest.mark.parametrize("resize", RESIZES)


def row(*pixels):
    return jnp.asarray(np.array(pixels, np.float32).reshape(1, 1, -1, 1))


def random_images(*shape):
    return np.random.default_rng(0).random(shape, np.float32)


@every_resize
def test_a_resize_to_the_same_size_changes_nothing(resize):
    images = random_images(2, 5, 4, 3)
    np.testing.assert_allclose(resize(jnp.asarray(images), (5, 4)), images, rtol=1e-6)


@pytest.mark.parametrize(
    ("resize", "options", "expected"),
    [
        (image.resize_bilinear, {}, [0, 0.5, 1, 1.5, 2, 2]),
        (image.resize_bilinear, {"align_corners": True}, [0, 0.4, 0.8, 1.2, 1.6, 2]),
        (image.resize_bilinear, {"half_pixel_centers": True}, [0, 0.25, 0.75, 1.25, 1.75, 2]),
        (image.resize_nearest, {}, [0, 0, 1, 1, 2, 2]),
        (image.resize_nearest, {"align_corners": True}, [0, 0, 1, 1, 2, 2]),
        (image.resize_bicubic, {}, [0, 0.40625, 1, 1.59375, 2, 2.09375]),
        (image.resize_area, {}, [0, 0, 1, 1, 2, 2]),
    ],
)
def test_outputs_stand_where_tensorflow_puts_them(resize, options, expected):
    doubled = resize(row(0, 1, 2), (1, 6), **options)
    np.testing.assert_allclose(doubled.ravel(), expected, atol=1e-6)


def test_an_area_resize_counts_the_pixels_that_it_covers_in_part():
    np.testing.assert_allclose(image.resize_area(row(3, 6, 9, 12), (1, 3)).ravel(), [3.75, 7.5, 11.25], rtol=1e-6)


@every_resize
def test_a_resize_of_bytes_is_one_of_floats(resize):
    pixels = np.arange(24, dtype=np.uint8).reshape(1, 4, 6, 1) * 10
    ours = resize(jnp.asarray(pixels), (3, 7))
    np.testing.assert_array_equal(ours, resize(jnp.asarray(pixels, jnp.float32), (3, 7)))
    assert ours.dtype == (jnp.uint8 if resize is image.resize_nearest else jnp.float32)


@pytest.mark.parametrize("options", [{}, {"align_corners": True}, {"half_pixel_centers": True}])
@pytest.mark.parametrize("resize", RESIZES[:3])
def test_the_gradient_is_that_of_jax(resize, options):
    images, dy = jnp.asarray(random_images(2, 5, 7, 2)), jnp.asarray(random_images(2, 8, 3, 2))
    _, back = jax.vjp(lambda x: resize(x, (8, 3), **options), images)
    if resize is image.resize_nearest:
        ours = image.resize_nearest_gradient(dy, (5, 7), **options)
    else:
        ours = image.resize_gradient(resize, dy, (5, 7), jnp.float32, **options)
    np.testing.assert_allclose(ours, back(dy)[0], rtol=1e-5, atol=1e-6)


def test_a_crop_of_the_whole_image_is_an_aligned_resize():
    images = jnp.asarray(random_images(2, 5, 7, 3))
    whole = jnp.array([[0.0, 0.0, 1.0, 1.0]] * 2)
    crops = image.crop_and_resize(images, whole, jnp.arange(2), (4, 9))
    np.testing.assert_allclose(crops, image.resize_bilinear(images, (4, 9), align_corners=True), rtol=1e-5, atol=1e-6)


def test_a_crop_beyond_the_image_is_extrapolated_and_a_turned_box_is_turned():
    images = row(1, 2, 3)
    boxes = jnp.array([[0.0, 0.5, 0.0, 1.5], [0.0, 1.0, 0.0, 0.0]])
    crops = image.crop_and_resize(images, boxes, jnp.zeros(2, jnp.int32), (1, 3), extrapolation_value=-1.0)
    np.testing.assert_allclose(crops[:, 0, :, 0], [[2, 3, -1], [3, 2, 1]])


def test_a_crop_of_one_pixel_lies_in_the_middle_of_its_box():
    boxes, index = jnp.array([[0.0, 0.5, 0.0, 1.0]]), jnp.zeros(1, jnp.int32)
    assert image.crop_and_resize(row(1, 2, 3), boxes, index, (1, 1)) == 2.5
    assert image.crop_and_resize(row(1, 2, 3), boxes, index, (1, 1), method="nearest") == 3


def test_glimpses_are_cut_around_their_offsets_and_filled_up_with_noise():
    images = jnp.arange(16.0).reshape(1, 4, 4, 1)
    noise = jnp.full((1, 2, 2, 1), -1.0)

    def glimpse(offset, **options):
        return image.glimpse_windows(images, (2, 2), jnp.array([offset]), noise, **options)[0, :, :, 0].tolist()

    assert glimpse([0.0, 0.0]) == [[5, 6], [9, 10]]
    assert glimpse([-1.0, 1.0]) == [[-1, -1], [3, -1]]
    assert glimpse([1.0, 1.0], centered=False, normalized=False) == [[0, 1], [4, 5]]
    assert glimpse([4.0, 1.0], centered=False, normalized=False) == [[12, 13], [-1, -1]]
