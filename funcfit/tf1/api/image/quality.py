"""Measures of images: total variation, gradients and edges, and how alike two images are (PSNR, SSIM)."""

import math

import numpy as np

from funcfit.tf1.api.image.adjustment import convert_image_dtype
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import control_dependencies, name_scope
from funcfit.tf1.opdef import api, tf


@api("image.total_variation")
def total_variation(images, name=None):
    """The sum of |differences| of neighbouring pixels: of an image a scalar, of a batch one for each."""
    with name_scope(name, "total_variation"):
        rank = images.get_shape().ndims
        if rank == 3:
            down = images[1:, :, :] - images[:-1, :, :]
            right = images[:, 1:, :] - images[:, :-1, :]
            axes = None
        elif rank == 4:
            down = images[:, 1:, :, :] - images[:, :-1, :, :]
            right = images[:, :, 1:, :] - images[:, :, :-1, :]
            axes = [1, 2, 3]
        else:
            raise ValueError("'images' must be either 3 or 4-dimensional.")
        return tf.reduce_sum(tf.abs(down), axis=axes) + tf.reduce_sum(tf.abs(right), axis=axes)


@api("image.image_gradients")
def image_gradients(image):
    """(dy, dx) of images [batch, height, width, channels]: differences to the next row and column, 0 in the last."""
    if image.get_shape().ndims != 4:
        raise ValueError(f"image_gradients expects a 4D tensor [batch_size, h, w, d], not {image.get_shape()}.")
    dy, dx = image[:, 1:, :, :] - image[:, :-1, :, :], image[:, :, 1:, :] - image[:, :, :-1, :]
    padded = tf.pad(dy, [[0, 0], [0, 1], [0, 0], [0, 0]]), tf.pad(dx, [[0, 0], [0, 0], [0, 1], [0, 0]])
    return tuple(tf.reshape(d, tf.shape(image)) for d in padded)


@api("image.sobel_edges")
def sobel_edges(image):
    """[batch, height, width, channels] -> [..., 2]: (dy, dx) by Sobel's filters, with reflected edges."""
    down = np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]])
    filters = np.stack([down, down.T], -1)[:, :, None, :]  # [3, 3, 1, 2]
    static, shape = image.get_shape(), tf.shape(image)
    filters = tf.tile(tf.constant(filters, dtype=image.dtype), [1, 1, shape[-1], 1], name="sobel_filters")
    padded = tf.pad(image, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="REFLECT")
    edges = tf.nn.depthwise_conv2d(padded, filters, [1, 1, 1, 1], "VALID")
    edges = tf.reshape(edges, tf.concat([shape, [2]], 0))
    edges.set_shape(static.concatenate([2]))
    return edges


def _compared(first, second):
    """Shapes of two lists of images, and assertions that they fit. ValueError when they never do."""
    one, other = (x.get_shape().with_rank_at_least(3) for x in (first, second))
    one[-3:].assert_is_compatible_with(other[-3:])
    if None not in (one.ndims, other.ndims):
        for a, b in zip(reversed(one.dims_or_none[:-3]), reversed(other.dims_or_none[:-3])):
            if None not in (a, b) and a != b and 1 not in (a, b):
                raise ValueError(f"Two images are not compatible: {one} and {other}")
    shapes = tf.shape_n([first, second])
    checks = [
        tf.Assert(tf.greater_equal(tf.size(shapes[0]), 3), shapes, summarize=10),
        tf.Assert(tf.reduce_all(tf.equal(shapes[0][-3:], shapes[1][-3:])), shapes, summarize=10),
    ]
    return shapes, checks


def _as_floats(first, second, max_val):
    """The images and the largest value as float32 in [0, 1] (floats stay as they are)."""
    max_val = tf.cast(max_val, first.dtype)
    return [convert_image_dtype(x, dtypes.float32) for x in (first, second, max_val)]


@api("image.psnr")
def psnr(a, b, max_val, name=None):
    """Peak signal-to-noise ratio in decibels: [..., height, width, channels] twice -> [...]."""
    with name_scope(name, "PSNR", [a, b]):
        a, b, max_val = _as_floats(a, b, max_val)
        error = tf.reduce_mean(tf.squared_difference(a, b), [-3, -2, -1])
        peak = 20 * tf.log(max_val) / tf.log(10.0)
        ratio = tf.subtract(peak, np.float32(10 / math.log(10)) * tf.log(error), name="psnr")
        _, checks = _compared(a, b)
        with control_dependencies(checks):
            return tf.identity(ratio)


@api("image.ssim")
def ssim(img1, img2, max_val, filter_size=11, filter_sigma=1.5, k1=0.01, k2=0.03):
    """Structural similarity, at most 1: [..., height, width, channels] twice -> [...]. Wang et al. 2004."""
    _, checks = _compared(img1, img2)
    with control_dependencies(checks):
        img1 = tf.identity(img1)
    img1, img2, max_val = _as_floats(img1, img2, max_val)
    similarity, _ = _ssim_of_channels(img1, img2, max_val, filter_size, filter_sigma, k1, k2)
    return tf.reduce_mean(similarity, [-1])


def _ssim_of_channels(x, y, max_val, filter_size, filter_sigma, k1, k2):
    """(luminance * contrast and structure, contrast and structure) for each channel: [..., channels]."""
    size = tf.constant(filter_size, dtype=dtypes.int32)
    sigma = tf.constant(filter_sigma, dtype=x.dtype)
    shapes = tf.shape_n([x, y])
    checks = [
        tf.Assert(tf.reduce_all(tf.greater_equal(shape[-3:-1], size)), [shape, size], summarize=8) for shape in shapes
    ]
    with control_dependencies(checks):
        x = tf.identity(x)
    window = tf.tile(_gaussian(size, sigma), multiples=[1, 1, shapes[0][-1], 1])

    def blurred(image):
        shape = tf.shape(image)
        images = tf.reshape(image, tf.concat([[-1], shape[-3:]], 0))
        out = tf.nn.depthwise_conv2d(images, window, strides=[1, 1, 1, 1], padding="VALID")
        return tf.reshape(out, tf.concat([shape[:-3], tf.shape(out)[1:]], 0))

    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    mean_x, mean_y = blurred(x), blurred(y)
    products, squares = mean_x * mean_y * 2.0, tf.square(mean_x) + tf.square(mean_y)
    luminance = (products + c1) / (squares + c1)
    mean_products, mean_squares = blurred(x * y) * 2.0, blurred(tf.square(x) + tf.square(y))
    structure = (mean_products - products + c2) / (mean_squares - squares + c2)
    return tf.reduce_mean(luminance * structure, [-3, -2]), tf.reduce_mean(structure, [-3, -2])


def _gaussian(size, sigma):
    """A window [size, size, 1, 1] that sums to 1."""
    at = tf.cast(tf.range(size), sigma.dtype)
    at = at - tf.cast(size - 1, sigma.dtype) / 2.0
    exponents = tf.square(at) * (-0.5 / tf.square(sigma))
    exponents = tf.reshape(exponents, [1, -1]) + tf.reshape(exponents, [-1, 1])
    return tf.reshape(tf.nn.softmax(tf.reshape(exponents, [1, -1])), [size, size, 1, 1])


_SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


@api("image.ssim_multiscale")
def ssim_multiscale(img1, img2, max_val, power_factors=_SCALES, filter_size=11, filter_sigma=1.5, k1=0.01, k2=0.03):
    """SSIM at len(power_factors) scales, each half the size of the one before, multiplied. Wang et al. 2003."""
    with name_scope(None, "MS-SSIM", [img1, img2]):
        img1, img2 = convert_to_tensor(img1, name="img1"), convert_to_tensor(img2, name="img2")
        shapes, checks = _compared(img1, img2)
        with control_dependencies(checks):
            img1 = tf.identity(img1)
        *images, max_val = _as_floats(img1, img2, max_val)
        heads, tails = [shape[:-3] for shape in shapes], [shape[-3:] for shape in shapes]
        factors = []
        for scale in range(len(power_factors)):
            with name_scope(None, f"Scale{scale}", images):
                if scale:
                    images, tails = _halved(images, heads, tails)
                similarity, structure = _ssim_of_channels(*images, max_val, filter_size, filter_sigma, k1, k2)
                factors.append(tf.nn.relu(structure))
        factors = tf.stack([*factors[:-1], tf.nn.relu(similarity)], axis=-1)
        return tf.reduce_mean(tf.reduce_prod(tf.pow(factors, power_factors), [-1]), [-1])


def _halved(images, heads, tails):
    """Images at half their size, with a row or column repeated where it is odd, and the sizes of their last axes."""
    flat = [tf.reshape(x, tf.concat([[-1], tail], 0)) for x, tail in zip(images, tails)]
    odd = tails[0] % tf.constant([2, 2, 1], dtype=dtypes.int32)
    margins = tf.pad(tf.expand_dims(odd, -1), [[1, 0], [1, 0]])
    padded = tf.cond(
        tf.reduce_any(tf.not_equal(odd, 0)),
        lambda: [tf.pad(x, margins, mode="SYMMETRIC") for x in flat],
        lambda: flat,
    )
    window = [1, 2, 2, 1]
    halved = [tf.nn.avg_pool(x, ksize=window, strides=window, padding="VALID") for x in padded]
    tails = [shape[1:] for shape in tf.shape_n(halved)]
    return [tf.reshape(x, tf.concat([head, tail], 0)) for x, head, tail in zip(halved, heads, tails)], tails
