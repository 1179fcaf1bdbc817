"""The values of pixels: dtypes, greys, brightness, contrast, hue, saturation, gamma, standardization."""

from funcfit.tf1.api.image.geometry import after, assertion, image_tensor
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.opdef import api, raw, tf


@api("image.convert_image_dtype")
def convert_image_dtype(image, dtype, saturate=False, name=None):
    """`image` in another dtype, scaled: floats are in [0, 1], integers in [0, the largest of their dtype].

    `saturate` clips what the new dtype cannot hold.
    """
    image, dtype = convert_to_tensor(image, name="image"), dtypes.as_dtype(dtype)
    if dtype == image.dtype:
        return tf.identity(image, name=name)
    cast = tf.saturate_cast if saturate else tf.cast
    with name_scope(name, "convert_image", [image]) as name:
        if image.dtype.is_integer and dtype.is_integer:
            return _rescaled(image, dtype, cast, name)
        if image.dtype.is_floating and dtype.is_floating:
            return tf.cast(image, dtype, name=name)
        if image.dtype.is_integer:
            return tf.multiply(tf.cast(image, dtype), 1.0 / image.dtype.max, name=name)
        scaled = tf.multiply(image, dtype.max + 0.5)  # so that 1.0 is the largest integer, and rounding is even
        return cast(scaled, dtype, name=name)


def _rescaled(image, dtype, cast, name):
    if image.dtype.max > dtype.max:
        return cast(tf.div(image, (image.dtype.max + 1) // (dtype.max + 1)), dtype, name=name)
    return tf.multiply(cast(image, dtype), (dtype.max + 1) // (image.dtype.max + 1), name=name)


@api("image.rgb_to_grayscale")
def rgb_to_grayscale(images, name=None):
    """0.2989 R + 0.587 G + 0.114 B: [..., 3] -> [..., 1], in the dtype of `images`."""
    with name_scope(name, "rgb_to_grayscale", [images]) as name:
        images = convert_to_tensor(images, name="images")
        floats = convert_image_dtype(images, dtypes.float32)
        last = tf.expand_dims(tf.rank(images) - 1, 0)
        grey = tf.reduce_sum(floats * [0.2989, 0.5870, 0.1140], last, keep_dims=True)
        grey.set_shape(images.get_shape()[:-1].concatenate([1]))
        return convert_image_dtype(grey, images.dtype, name=name)


@api("image.grayscale_to_rgb")
def grayscale_to_rgb(images, name=None):
    """The one channel three times: [..., 1] -> [..., 3]."""
    with name_scope(name, "grayscale_to_rgb", [images]) as name:
        images = convert_to_tensor(images, name="images")
        others = tf.expand_dims(tf.rank(images) - 1, 0)
        times = tf.concat([tf.ones(others, dtype=dtypes.int32), tf.expand_dims(3, 0)], 0)
        colours = tf.tile(images, times, name=name)
        colours.set_shape(images.get_shape()[:-1].concatenate([3]))
        return colours


@api("image.per_image_standardization", "image.per_image_whitening")
def per_image_standardization(image):
    """(image - mean) / max(standard deviation, 1 / sqrt(number of elements)), as float32; each of a batch by itself.

    1.15 scales integers to [0, 1] before, and gives the image's dtype.
    """
    image, is_batch = image_tensor(image)
    if is_batch:
        return _standardized_batch(image)
    count = tf.reduce_prod(tf.shape(image))
    image = tf.cast(image, dtypes.float32)
    mean = tf.reduce_mean(image)
    variance = tf.reduce_mean(tf.square(image)) - tf.square(mean)
    deviation = tf.sqrt(tf.nn.relu(variance))
    least = tf.rsqrt(tf.cast(count, dtypes.float32))
    scale = tf.maximum(deviation, least)
    return tf.div(tf.subtract(image, mean), scale)


def _standardized_batch(images):
    count = tf.reduce_prod(tf.shape(images)[1:])
    images = tf.cast(images, dtypes.float32)
    mean = tf.reduce_mean(images, axis=[1, 2, 3], keep_dims=True)
    mean_square = tf.reduce_mean(tf.square(images), axis=[1, 2, 3], keep_dims=True)
    deviation = tf.sqrt(tf.nn.relu(mean_square - tf.square(mean)))
    return (images - mean) / tf.maximum(deviation, tf.rsqrt(tf.cast(count, dtypes.float32)))


# -- adjustments ----------------------------------------------------------------------------------------------------


@api("image.adjust_brightness")
def adjust_brightness(image, delta):
    """`image` + `delta`, computed with floats in [0, 1]."""
    with name_scope(None, "adjust_brightness", [image, delta]) as name:
        image = convert_to_tensor(image, name="image")
        floats = convert_image_dtype(image, dtypes.float32)
        adjusted = tf.add(floats, tf.cast(delta, dtypes.float32), name=name)
        return convert_image_dtype(adjusted, image.dtype, saturate=True)


@api("image.random_brightness")
def random_brightness(image, max_delta, seed=None):
    """`adjust_brightness` by a random number in [-max_delta, max_delta)."""
    return adjust_brightness(image, _delta(max_delta, seed))


def _delta(largest, seed):
    if largest < 0:
        raise ValueError("max_delta must be non-negative.")
    return tf.random_uniform([], -largest, largest, seed=seed)


@api("image.adjust_contrast")
def adjust_contrast(images, contrast_factor):
    """(x - mean) * `contrast_factor` + mean, with the mean of each channel of each image."""
    with name_scope(None, "adjust_contrast", [images, contrast_factor]) as name:
        images = convert_to_tensor(images, name="images")
        floats = convert_image_dtype(images, dtypes.float32)
        adjusted = raw.AdjustContrastv2(floats, contrast_factor, name=name)
        return convert_image_dtype(adjusted, images.dtype, saturate=True)


@api("image.random_contrast")
def random_contrast(image, lower, upper, seed=None):
    """`adjust_contrast` by a random factor in [lower, upper)."""
    return adjust_contrast(image, _factor(lower, upper, seed))


def _factor(lower, upper, seed):
    if upper <= lower:
        raise ValueError("upper must be > lower.")
    if lower < 0:
        raise ValueError("lower must be non-negative.")
    return tf.random_uniform([], lower, upper, seed=seed)


@api("image.adjust_hue")
def adjust_hue(image, delta, name=None):
    """`image` (RGB) with its hues turned by `delta` turns; batches too."""
    with name_scope(name, "adjust_hue", [image]) as name:
        image = convert_to_tensor(image, name="image")
        floats = convert_image_dtype(image, dtypes.float32)
        if image.get_shape().ndims not in (None, 3):
            return convert_image_dtype(raw.AdjustHue(floats, delta), image.dtype)
        hue, saturation, value = _channels(raw.RGBToHSV(floats))
        hue = tf.mod(hue + (delta + 1.0), 1.0)
        return convert_image_dtype(_from_channels(hue, saturation, value), image.dtype)


@api("image.random_hue")
def random_hue(image, max_delta, seed=None):
    """`adjust_hue` by a random number in [-max_delta, max_delta), max_delta being in [0, 0.5]."""
    if max_delta > 0.5:
        raise ValueError("max_delta must be <= 0.5.")
    return adjust_hue(image, _delta(max_delta, seed))


@api("image.adjust_saturation")
def adjust_saturation(image, saturation_factor, name=None):
    """`image` (RGB) with its saturation multiplied by `saturation_factor` and clipped; batches too."""
    with name_scope(name, "adjust_saturation", [image]) as name:
        image = convert_to_tensor(image, name="image")
        floats = convert_image_dtype(image, dtypes.float32)
        if image.get_shape().ndims not in (None, 3):
            return convert_image_dtype(raw.AdjustSaturation(floats, saturation_factor), image.dtype)
        hue, saturation, value = _channels(raw.RGBToHSV(floats))
        saturation = tf.clip_by_value(saturation * saturation_factor, 0.0, 1.0)
        return convert_image_dtype(_from_channels(hue, saturation, value), image.dtype)


@api("image.random_saturation")
def random_saturation(image, lower, upper, seed=None):
    """`adjust_saturation` by a random factor in [lower, upper)."""
    return adjust_saturation(image, _factor(lower, upper, seed))


# TF 1.1 goes the way of these nodes; the fused op types, which it had too, take batches.
def _channels(image):
    return [tf.slice(image, [0, 0, i], [-1, -1, 1]) for i in range(3)]


def _from_channels(*channels):
    return raw.HSVToRGB(tf.concat(channels, 2))


@api("image.adjust_gamma")
def adjust_gamma(image, gamma=1, gain=1):
    """gain * image**gamma, with pixels taken as fractions of their dtype's range, as float32.

    A negative gamma is a ValueError, or an InvalidArgumentError at run time. 1.15 gives the image's dtype.
    """
    with name_scope(None, "adjust_gamma", [image, gamma, gain]):
        image = convert_to_tensor(image, name="image")
        floats = tf.cast(image, dtypes.float32)
        checks = assertion(gamma >= 0, "Gamma should be a non-negative real number.")
        gamma = after(checks, gamma) if checks else gamma
        low, high = image.dtype.limits
        scale = tf.constant(high - low, dtype=dtypes.float32)
        return (floats / scale) ** gamma * scale * gain


# -- other colour spaces --------------------------------------------------------------------------------------------

_YIQ = [[0.299, 0.59590059, 0.2115], [0.587, -0.27455667, -0.52273617], [0.114, -0.32134392, 0.31119955]]
_RGB_OF_YIQ = [[1, 1, 1], [0.95598634, -0.27201283, -1.10674021], [0.6208248, -0.64720424, 1.70423049]]
_YUV = [[0.299, -0.14714119, 0.61497538], [0.587, -0.28886916, -0.51496512], [0.114, 0.43601035, -0.10001026]]
_RGB_OF_YUV = [[1, 1, 1], [0, -0.394642334, 2.03206185], [1.13988303, -0.58062185, 0]]


def _mixed(images, matrix):
    images = convert_to_tensor(images, name="images")
    matrix = convert_to_tensor(matrix, dtype=images.dtype, name="kernel")
    return tf.tensordot(images, matrix, axes=[[images.get_shape().ndims - 1], [0]])


@api("image.rgb_to_yiq")
def rgb_to_yiq(images):
    """RGB to NTSC's luma and chroma."""
    return _mixed(images, _YIQ)


@api("image.yiq_to_rgb")
def yiq_to_rgb(images):
    """The inverse of `rgb_to_yiq`."""
    return _mixed(images, _RGB_OF_YIQ)


@api("image.rgb_to_yuv")
def rgb_to_yuv(images):
    """RGB to PAL's luma and chroma."""
    return _mixed(images, _YUV)


@api("image.yuv_to_rgb")
def yuv_to_rgb(images):
    """The inverse of `rgb_to_yuv`."""
    return _mixed(images, _RGB_OF_YUV)
