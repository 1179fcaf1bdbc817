"""Flips, turns, crops and pads of images."""

from funcfit.tf1.build.variables import Variable
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.node import Tensor
from funcfit.tf1.opdef import api, tf


def image_tensor(image):
    """`image` as a tensor, and whether it is a batch (rank 4); an unknown rank counts as 3.

    ValueError for another rank and for an axis of size 0.
    """
    image = convert_to_tensor(image, name="image")
    shape = image.get_shape()
    if shape.ndims not in (None, 3, 4):
        raise ValueError(f"'image' (shape {shape}) must be three-dimensional, or four-dimensional for a batch.")
    _dimension_checks(image)
    return image, shape.ndims == 4


def _dimension_checks(image):
    """Nodes that assert that no axis has size 0; none when it is known. ValueError for a size of 0 or another rank."""
    shape = image.get_shape()
    if shape.ndims not in (None, 3, 4):
        raise ValueError("'image' must have either 3 or 4 dimensions.")
    if 0 in (shape.dims_or_none or ()):
        raise ValueError(f"all dims of 'image.shape' must be > 0: {shape}")
    if shape.is_fully_defined():
        return []
    return [tf.assert_positive(tf.shape(image), ["all dims of 'image.shape' must be > 0."])]


# -- flips and turns ------------------------------------------------------------------------------------------------


@api("image.flip_left_right")
def flip_left_right(image):
    """The mirror image of an image, or of each of a batch."""
    return _flipped(image, 1)


@api("image.flip_up_down")
def flip_up_down(image):
    """An image, or each of a batch, with its rows in reverse order."""
    return _flipped(image, 0)


def _flipped(image, axis):
    image, is_batch = image_tensor(image)
    return _as_shaped(tf.reverse(image, [axis + is_batch]), image)


def _as_shaped(result, image):
    """`result` with the static shape of `image`, which has three axes if nothing is known."""
    shape = image.get_shape()
    result.set_shape([None] * 3 if shape.ndims is None else shape)
    return result


@api("image.random_flip_left_right")
def random_flip_left_right(image, seed=None):
    """An image, or its mirror image, with equal chances; each of a batch by itself."""
    return _randomly_flipped(image, 1, seed)


@api("image.random_flip_up_down")
def random_flip_up_down(image, seed=None):
    """An image as it is or upside down, with equal chances; each of a batch by itself."""
    return _randomly_flipped(image, 0, seed)


def _randomly_flipped(image, axis, seed):
    image, is_batch = image_tensor(image)
    if is_batch:
        count = tf.shape(image)[0]
        drawn = tf.random_uniform([count], 0, 1.0, seed=seed)
        flips = tf.cast(tf.round(tf.reshape(drawn, [count, 1, 1, 1])), image.dtype)
        return flips * tf.reverse(image, [axis + 1]) + (1 - flips) * image
    flip = tf.less(tf.random_uniform([], 0, 1.0, seed=seed), 0.5)
    return _as_shaped(tf.cond(flip, lambda: tf.reverse(image, [axis]), lambda: image), image)


@api("image.rot90")
def rot90(image, k=1, name=None):
    """An image, or each of a batch, turned counter-clockwise by `k` right angles."""
    with name_scope(name, "rot90", [image, k]) as scope:
        image, is_batch = image_tensor(image)
        k = convert_to_tensor(k, dtype=dtypes.int32, name="k")
        k.get_shape().assert_has_rank(0)
        k = tf.mod(k, 4)
        row, column = (1, 2) if is_batch else (0, 1)
        swap = [0, 2, 1, 3] if is_batch else [1, 0, 2]
        cases = [
            (tf.equal(k, 1), lambda: tf.transpose(tf.reverse_v2(image, [column]), swap)),
            (tf.equal(k, 2), lambda: tf.reverse_v2(image, [row, column])),
            (tf.equal(k, 3), lambda: tf.reverse_v2(tf.transpose(image, swap), [column])),
        ]
        turned = tf.case(cases, default=lambda: image, exclusive=True, name=scope)
        sizes = image.get_shape().dims_or_none or (None,) * 3
        turned.set_shape([*sizes[: int(is_batch)], None, None, sizes[-1]])
        return turned


@api("image.transpose_image", "image.transpose")
def transpose_image(image, name=None):
    """An image, or each of a batch, with rows and columns swapped."""
    image, is_batch = image_tensor(image)
    return tf.transpose(image, [0, 2, 1, 3] if is_batch else [1, 0, 2], name=name or "transpose_image")


# -- crops and pads -------------------------------------------------------------------------------------------------


@api("image.central_crop")
def central_crop(image, central_fraction):
    """The middle of an image, or of each of a batch: `central_fraction` of the height and of the width.

    The margin is int(size * (1 - fraction) / 2), as from TF 1.3 on; 1.1's was size // int(2 / (1 - fraction)).
    """
    image, is_batch = image_tensor(image)
    if not 0.0 < central_fraction <= 1.0:
        raise ValueError("central_fraction must be within (0, 1]")
    if central_fraction == 1.0:
        return image
    sizes = tf.shape(image)
    start = int(is_batch)
    known = [None] * 2 if image.get_shape().ndims is None else image.get_shape().as_list()[start : start + 2]
    margins = [_margin(sizes, axis, known[axis - start], central_fraction) for axis in (start, start + 1)]
    rest = [sizes[start + i] - margin * 2 for i, margin in enumerate(margins)]
    begin, size = tf.stack([*[0] * start, *margins, 0]), tf.stack([*[-1] * start, *rest, -1])
    crop = tf.slice(image, begin, size)
    shape = image.get_shape().dims_or_none or (None,) * 3
    crop.set_shape([*shape[:start], None, None, shape[-1]])
    return crop


def _margin(sizes, axis, known, fraction):
    steps = int(1 / ((1 - fraction) / 2.0))
    if known is not None and known // steps == int((known - known * fraction) / 2):
        return tf.div(sizes[axis], steps)  # the node of 1.1, where it is right
    size = tf.to_double(sizes[axis])
    return tf.to_int32((size - size * fraction) / 2)


def _is_tensor(x):
    return isinstance(x, Tensor | Variable)


def assertion(condition, message):
    """A node that asserts a condition, in a list; for one that is known, nothing, or ValueError."""
    if _is_tensor(condition):
        return [tf.Assert(condition, [message])]
    if not condition:
        raise ValueError(message)
    return []


def as_batch(image):
    """`image` as a batch of images, and whether it was one."""
    rank = image.get_shape().ndims
    if rank == 4:
        return image, True
    if rank not in (None, 3):
        raise ValueError("'image' must have either 3 or 4 dimensions.")
    image = tf.expand_dims(image, 0)
    if rank is None:
        image.set_shape([None] * 4)
    return image, False


def image_sizes(images):
    """The sizes of a batch's axes: numbers where they are known, tensors elsewhere."""
    shape = images.get_shape()
    if shape.is_fully_defined():
        return shape.as_list()
    dynamic = tf.unstack(tf.shape(images), 4)
    return [d if s is None else s for s, d in zip(shape.with_rank(4).as_list(), dynamic)]


def _finished(images, sizes, was_batch):
    """`images` told what is known of its shape, and without the batch axis if the input had none."""
    images.set_shape([None if _is_tensor(size) else size for size in sizes])
    return images if was_batch else tf.squeeze(images, squeeze_dims=[0])


def after(assertions, image):
    """`image`, once the assertions hold."""
    return tf.contrib.framework.with_dependencies(assertions, image)


@api("image.pad_to_bounding_box")
def pad_to_bounding_box(image, offset_height, offset_width, target_height, target_width):
    """An image, or each of a batch, with zeros around it: `offset_*` rows and columns before, and up to `target_*`.

    ValueError, or InvalidArgumentError at run time, when an offset is negative or the target too small.
    """
    image = convert_to_tensor(image, name="image")
    assertions = _dimension_checks(image)
    image, was_batch = as_batch(image)
    batch, height, width, channels = image_sizes(image)
    margin_right = target_width - offset_width - width
    margin_below = target_height - offset_height - height
    assertions += assertion(offset_height >= 0, "offset_height must be >= 0")
    assertions += assertion(offset_width >= 0, "offset_width must be >= 0")
    assertions += assertion(margin_right >= 0, "width must be <= target - offset")
    assertions += assertion(margin_below >= 0, "height must be <= target - offset")
    image = after(assertions, image)
    paddings = tf.stack([0, 0, offset_height, margin_below, offset_width, margin_right, 0, 0])
    padded = tf.pad(image, tf.reshape(paddings, [4, 2]))
    return _finished(padded, [batch, target_height, target_width, channels], was_batch)


@api("image.crop_to_bounding_box")
def crop_to_bounding_box(image, offset_height, offset_width, target_height, target_width):
    """`target_height` x `target_width` of an image, or of each of a batch, from the row and column `offset_*` on.

    ValueError, or InvalidArgumentError at run time, when that does not lie within the image.
    """
    image = convert_to_tensor(image, name="image")
    assertions = _dimension_checks(image)
    image, was_batch = as_batch(image)
    batch, height, width, channels = image_sizes(image)
    assertions += assertion(offset_width >= 0, "offset_width must be >= 0.")
    assertions += assertion(offset_height >= 0, "offset_height must be >= 0.")
    assertions += assertion(target_width > 0, "target_width must be > 0.")
    assertions += assertion(target_height > 0, "target_height must be > 0.")
    assertions += assertion(width >= target_width + offset_width, "width must be >= target + offset.")
    assertions += assertion(height >= target_height + offset_height, "height must be >= target + offset.")
    image = after(assertions, image)
    begin = tf.stack([0, offset_height, offset_width, 0])
    cropped = tf.slice(image, begin, tf.stack([-1, target_height, target_width, -1]))
    return _finished(cropped, [batch, target_height, target_width, channels], was_batch)


@api("image.resize_image_with_crop_or_pad", "image.resize_with_crop_or_pad")
def resize_image_with_crop_or_pad(image, target_height, target_width):
    """An image, or each of a batch, cut or padded evenly on all sides to `target_height` x `target_width`."""
    image = convert_to_tensor(image, name="image")
    image, was_batch = as_batch(image)
    assertions = _dimension_checks(image)
    assertions += assertion(target_width > 0, "target_width must be > 0.")
    assertions += assertion(target_height > 0, "target_height must be > 0.")
    image = after(assertions, image)
    if _is_tensor(target_height):
        target_height = after(assertions, target_height)
    if _is_tensor(target_width):
        target_width = after(assertions, target_width)
    _, height, width, _ = image_sizes(image)
    wider = target_width - width
    crop_width, pad_width = _largest(-wider // 2, 0), _largest(wider // 2, 0)
    higher = target_height - height
    crop_height, pad_height = _largest(-higher // 2, 0), _largest(higher // 2, 0)
    image = crop_to_bounding_box(
        image, crop_height, crop_width, _smallest(target_height, height), _smallest(target_width, width)
    )
    image = pad_to_bounding_box(image, pad_height, pad_width, target_height, target_width)
    _, height, width, _ = image_sizes(image)
    assertions = assertion(_equal(height, target_height), "resized height is not correct.")
    assertions += assertion(_equal(width, target_width), "resized width is not correct.")
    image = after(assertions, image)
    return image if was_batch else tf.squeeze(image, squeeze_dims=[0])


def _largest(x, y):
    return tf.maximum(x, y) if _is_tensor(x) or _is_tensor(y) else max(x, y)


def _smallest(x, y):
    return tf.minimum(x, y) if _is_tensor(x) or _is_tensor(y) else min(x, y)


def _equal(x, y):
    return tf.equal(x, y) if _is_tensor(x) or _is_tensor(y) else x == y


@api("image.extract_patches")
def extract_patches(images, sizes, strides, rates, padding, name=None):
    """Windows of images as rows of channels: the later name and arguments of `extract_image_patches`."""
    return tf.extract_image_patches(images, sizes, strides, rates, padding, name=name)
