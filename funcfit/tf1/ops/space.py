"""Blocks of space moved into the batch or the depth, and back; image patches."""

import math

import numpy as np

from funcfit.errors import InvalidArgumentError
from funcfit.kernels import space as kernel
from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import INDICES, REAL, api, op, raw, tf

# -- space and batch -------------------------------------------------------------------------------------------------


def _even(node, size, parts, values=()):
    if size % parts:
        raise shapes.misfit(node, f"Dimension size must be evenly divisible by {parts} but is {size}", values)
    return size // parts


def _blocked_shape(node, block, margins, into_batch, block_rank):
    """The static shape of SpaceToBatch (`into_batch`) or BatchToSpace; block and margins are arrays or None."""
    count, known = block_rank, range(1, len(node.inputs))
    sizes = shapes.with_rank_at_least(node, 0, count + 1).dims_or_none
    if block is not None and (block < 1).any():
        raise shapes.misfit(node, "block_shape must be positive", [1])
    if margins is not None and (margins < 0).any():
        raise shapes.misfit(node, f"{'paddings' if into_batch else 'crops'} cannot be negative", [1])
    if sizes is None:
        return shapes.UNKNOWN
    found = [None] * (count + 1)
    if count == 0:
        found[0] = sizes[0]
    elif block is not None and sizes[0] is not None:
        blocks = math.prod(block.tolist())
        found[0] = sizes[0] * blocks if into_batch else _even(node, sizes[0], blocks, known)
    if block is not None and margins is not None:
        for i, (d, b, (before, after)) in enumerate(zip(sizes[1:], block.tolist(), margins.tolist())):
            if d is not None:
                found[i + 1] = _even(node, d + before + after, b, known) if into_batch else d * b - before - after
    return TensorShape((*found, *sizes[count + 1 :]))


def _blocked_nd(into_batch):
    def rule(node):
        (count,) = shapes.with_rank(node, 1, 1)
        if count is None:
            raise shapes.misfit(node, "block_shape must have known size.")
        shapes.merged_into(node, node.inputs[2].shape, TensorShape((count, 2)))
        block, margins = (shapes.constant_value(x) for x in node.inputs[1:])
        return _blocked_shape(node, block, margins, into_batch, count)

    return rule


def _blocked_2d(into_batch):
    def rule(node):
        size = node.attrs["block_size"]
        if size < 2:
            raise shapes.misfit(node, f"Attr block_size {size} must be at least minimum 2")
        shapes.with_rank(node, 0, 4)
        shapes.merged_into(node, node.inputs[1].shape, TensorShape((2, 2)))
        return _blocked_shape(node, np.array([size, size]), shapes.constant_value(node.inputs[1]), into_batch, 2)

    return rule


def _check_block(x, block, margins, name):
    if block.ndim != 1:
        raise InvalidArgumentError(None, None, f"block_shape rank should be 1 instead of {block.ndim}")
    count = len(block)
    if x.ndim < count + 1:
        raise InvalidArgumentError(None, None, f"input rank should be >= {count + 1} instead of {x.ndim}")
    if margins.shape != (count, 2):
        text = f"{name.lower()} should have shape [{count}, 2] instead of [{','.join(map(str, margins.shape))}]"
        raise InvalidArgumentError(None, None, text)
    if count and math.prod(block.tolist()) < 1:
        text = f"Product of block sizes must be positive, got {math.prod(block.tolist())}"
        raise InvalidArgumentError(None, None, text)
    if (margins < 0).any():
        raise InvalidArgumentError(None, None, f"{name} must be non-negative")


def _to_batch(x, block, paddings):
    _check_block(x, block, paddings, "Paddings")
    for i, (b, (before, after)) in enumerate(zip(block.tolist(), paddings.tolist())):
        padded = x.shape[i + 1] + before + after
        if padded % b:
            text = f"padded_shape[{i}]={padded} is not divisible by block_shape[{i}]={b}"
            raise InvalidArgumentError(None, None, text)
    return kernel.space_to_batch(x, block.tolist(), paddings.tolist())


def _to_space(x, block, crops):
    _check_block(x, block, crops, "Crops")
    blocks = math.prod(block.tolist())
    if x.shape[0] % blocks:
        text = f"Input batch dimension ({x.shape[0]}) is not divisible by product of block sizes ({blocks})"
        raise InvalidArgumentError(None, None, text)
    for i, (b, (before, after)) in enumerate(zip(block.tolist(), crops.tolist())):
        cropped = x.shape[i + 1] * b - before - after
        if cropped < 0:
            raise InvalidArgumentError(None, None, f"cropped_shape[{i}]={cropped} must be non-negative")
    return kernel.batch_to_space(x, block.tolist(), crops.tolist())


@api("space_to_batch_nd", "manip.space_to_batch_nd")
@op(
    "input: T, block_shape: Tblock_shape=int32, paddings: Tpaddings=int32 -> output: T",
    Tblock_shape=INDICES,
    Tpaddings=INDICES,
    fixed=("block_shape", "paddings"),
    out=_blocked_nd(into_batch=True),
)
def SpaceToBatchND(input, block_shape, paddings):
    """Blocks of axes 1, 2, ...

    become part of the batch axis: element (i, j) of all blocks together, zeros around as `paddings` say.
    """
    return _to_batch(input, block_shape, paddings)


@SpaceToBatchND.gradient
def _(node, dy):
    return [tf.batch_to_space_nd(dy, node.inputs[1], node.inputs[2]), None, None]


@api("batch_to_space_nd", "manip.batch_to_space_nd")
@op(
    "input: T, block_shape: Tblock_shape=int32, crops: Tcrops=int32 -> output: T",
    Tblock_shape=INDICES,
    Tcrops=INDICES,
    fixed=("block_shape", "crops"),
    out=_blocked_nd(into_batch=False),
)
def BatchToSpaceND(input, block_shape, crops):
    """The reverse of space_to_batch_nd: what was padded is cropped."""
    return _to_space(input, block_shape, crops)


@BatchToSpaceND.gradient
def _(node, dy):
    return [tf.space_to_batch_nd(dy, node.inputs[1], node.inputs[2]), None, None]


@op(
    "input: T, paddings: Tpaddings=int32 -> output: T",
    Tpaddings=INDICES,
    fixed=("paddings",),
    out=_blocked_2d(into_batch=True),
)
def SpaceToBatch(input, paddings, *, block_size):
    return _to_batch(input, np.array([block_size, block_size]), paddings)


@SpaceToBatch.gradient
def _(node, dy):
    return [tf.batch_to_space(dy, node.inputs[1], block_size=node.attrs["block_size"]), None]


@op("input: T, crops: Tidx=int32 -> output: T", Tidx=INDICES, fixed=("crops",), out=_blocked_2d(into_batch=False))
def BatchToSpace(input, crops, *, block_size):
    return _to_space(input, np.array([block_size, block_size]), crops)


@BatchToSpace.gradient
def _(node, dy):
    return [tf.space_to_batch(dy, node.inputs[1], block_size=node.attrs["block_size"]), None]


def _square(block_size):
    return np.array([block_size, block_size], dtype=np.int64)


@api("space_to_batch")
def space_to_batch(input, paddings, block_size=None, name=None, block_shape=None):
    """space_to_batch_nd of images in square blocks."""
    block = _square(block_size) if block_shape is None else block_shape
    result = tf.space_to_batch_nd(input, paddings=paddings, block_shape=block, name=name)
    result.set_shape(result.shape.with_rank(4))
    return result


@api("batch_to_space")
def batch_to_space(input, crops, block_size=None, name=None, block_shape=None):
    """batch_to_space_nd of images in square blocks."""
    block = _square(block_size) if block_shape is None else block_shape
    result = tf.batch_to_space_nd(input, crops=crops, block_shape=block, name=name)
    result.set_shape(result.shape.with_rank(4))
    return result


@api("required_space_to_batch_paddings")
def required_space_to_batch_paddings(input_shape, block_shape, base_paddings=None, name=None):
    """(paddings, crops) that make `input_shape` divisible by `block_shape`, `base_paddings` or more; crops undo what
    was added.
    """
    with name_scope(name, "required_space_to_batch_paddings", [input_shape, block_shape]):
        sizes = convert_to_tensor(input_shape, dtype=dtypes.int32, name="input_shape")
        block = convert_to_tensor(block_shape, dtype=dtypes.int32, name="block_shape")
        block.shape.assert_is_fully_defined()
        block.shape.assert_has_rank(1)
        count = block.shape.dims_or_none[0]
        if count == 0:
            return tf.zeros([0, 2], dtypes.int32), tf.zeros([0, 2], dtypes.int32)
        sizes.shape.assert_is_compatible_with([count])
        if base_paddings is None:
            base = tf.zeros([count, 2], dtypes.int32)
        else:
            base = convert_to_tensor(base_paddings, dtype=dtypes.int32, name="base_paddings")
            base.shape.assert_is_compatible_with([count, 2])
        known = [shapes.constant_value(x) for x in (block, sizes, base)]
        if all(x is not None for x in known):
            block, sizes, base = known
        start, end = base[:, 0], base[:, 1]
        full = sizes + start + end
        extra = (block - full % block) % block
        end = end + extra
        paddings = tf.stack([[start[i], end[i]] for i in range(count)], name="paddings")
        crops = tf.stack([[0, extra[i]] for i in range(count)], name="crops")
        return paddings, crops


# -- space and depth -------------------------------------------------------------------------------------------------


def _deepened(node):
    n, h, w, c = shapes.with_rank(node, 0, 4)
    size = node.attrs["block_size"]
    h, w = (None if d is None else _even(node, d, size) for d in (h, w))
    return TensorShape((n, h, w, None if c is None else c * size * size))


def _check_size(x, size):
    if size < 2:
        raise InvalidArgumentError(None, None, f"Block size should be > 1, but was: {size}")
    if x.ndim != 4:
        raise InvalidArgumentError(None, None, f"Input rank should be: 4 instead of: {x.ndim}")


@op("input: T -> output: T", out=_deepened)
def SpaceToDepth(input, *, block_size):
    _check_size(input, block_size)
    _, h, w, _ = input.shape
    if h % block_size or w % block_size:
        text = f"Image width {w} and height {h} should be divisible by block_size: {block_size}"
        raise InvalidArgumentError(None, None, text)
    return kernel.space_to_depth(input, block_size)


@SpaceToDepth.gradient
def _(node, dy):
    return [tf.depth_to_space(dy, node.attrs["block_size"])]


def _flattened(node):
    n, h, w, c = shapes.with_rank(node, 0, 4)
    size = node.attrs["block_size"]
    h, w = (None if d is None else d * size for d in (h, w))
    return TensorShape((n, h, w, None if c is None else _even(node, c, size * size)))


@op("input: T -> output: T", out=_flattened)
def DepthToSpace(input, *, block_size):
    _check_size(input, block_size)
    if input.shape[3] % block_size**2:
        text = f"Input depth dimension {input.shape[3]} should be divisible by: {block_size**2}"
        raise InvalidArgumentError(None, None, text)
    return kernel.depth_to_space(input, block_size)


@DepthToSpace.gradient
def _(node, dy):
    return [tf.space_to_depth(dy, node.attrs["block_size"])]


def _channels_last(make, input, block_size, name, data_format):
    if block_size < 2:
        raise ValueError(f"Attr 'block_size' of '{make.name}' Op passed {block_size} less than minimum 2.")
    if data_format == "NHWC":
        return make(input, block_size=block_size, name=name)
    if data_format != "NCHW":
        raise ValueError(f"data_format {data_format!r} is not one of 'NHWC', 'NCHW'")
    return tf.transpose(make(tf.transpose(input, [0, 2, 3, 1]), block_size=block_size, name=name), [0, 3, 1, 2])


@api("space_to_depth", "nn.space_to_depth")
def space_to_depth(input, block_size, name=None, data_format="NHWC"):
    """Square blocks of an image become its depth: [n, h, w, c] -> [n, h/b, w/b, c*b*b]."""
    return _channels_last(raw.SpaceToDepth, input, block_size, name, data_format)


@api("depth_to_space", "nn.depth_to_space")
def depth_to_space(input, block_size, name=None, data_format="NHWC"):
    """The reverse of space_to_depth."""
    return _channels_last(raw.DepthToSpace, input, block_size, name, data_format)


# -- patches ---------------------------------------------------------------------------------------------------------


def _extents(node):
    return [node.attrs[key][1:3] for key in ("ksizes", "strides", "rates")]


def _patched(node):
    n, h, w, c = shapes.with_rank(node, 0, 4)
    for key in ("ksizes", "strides", "rates"):
        if len(node.attrs[key]) != 4:
            text = (
                f"ExtractImagePatches requires the {key} attribute to contain 4 values, but got: {len(node.attrs[key])}"
            )
            raise shapes.misfit(node, text)
    sizes, strides, rates = _extents(node)
    same = node.attrs["padding"] == "SAME"
    out = [
        None if d is None else len(kernel.patch_positions(d, *e, same)) for d, *e in zip((h, w), sizes, strides, rates)
    ]
    return TensorShape((n, *out, None if c is None else c * sizes[0] * sizes[1]))


@op("images: T -> patches: T", T=REAL, out=_patched)
def ExtractImagePatches(images, *, ksizes, strides, rates, padding):
    return kernel.patches(images, ksizes[1:3], strides[1:3], rates[1:3], padding == "SAME")


@ExtractImagePatches.gradient
def _(node, dy):
    # The patches as a sparse matrix that gathers pixels: its transpose times dy (1.1 array_grad.py, where VALID has
    # paddings too).
    x = node.inputs[0]
    _, rows, columns, _ = x.shape.dims_or_none
    shape = tf.shape(x)
    batch, channels = shape[0], shape[3]
    (k_rows, k_columns), strides, rates = _extents(node)
    same = node.attrs["padding"] == "SAME"
    at_rows = kernel.patch_positions(rows, k_rows, strides[0], rates[0], same)
    at_columns = kernel.patch_positions(columns, k_columns, strides[1], rates[1], same)
    rows_out, columns_out = len(at_rows), len(at_columns)
    spread = tf.reshape(dy, (batch, rows_out, columns_out, k_rows, k_columns, channels))
    flat = tf.reshape(tf.transpose(spread, (1, 2, 3, 4, 0, 5)), (-1, batch * channels))
    entries = [
        (r * columns + c, ((i * columns_out + j) * k_rows + ri) * k_columns + ci)
        for i in range(rows_out)
        for j in range(columns_out)
        for ri, r in enumerate(at_rows[i].tolist())
        for ci, c in enumerate(at_columns[j].tolist())
        if 0 <= r < rows and 0 <= c < columns
    ]
    size = (rows * columns, rows_out * columns_out * k_rows * k_columns)
    ones = np.array(entries, np.int64).reshape(-1, 2)
    matrix = tf.SparseTensor(tf.constant(ones, dtype=dtypes.int64), tf.ones((len(entries),), dtype=dy.dtype), size)
    summed = tf.reshape(tf.sparse_tensor_dense_matmul(matrix, flat), (rows, columns, batch, channels))
    return [tf.transpose(summed, (2, 0, 1, 3))]


@api("extract_image_patches", "image.extract_image_patches")
def extract_image_patches(images, ksizes=None, strides=None, rates=None, padding=None, name=None, sizes=None):
    """Patches of `ksizes` from images [n, h, w, c], `strides` apart, laid out along the depth; `rates` spreads a
    patch's pixels.
    """
    ksizes = sizes if ksizes is None else ksizes
    lists = (list(map(int, value)) for value in (ksizes, strides, rates))
    return raw.ExtractImagePatches(
        images, **dict(zip(("ksizes", "strides", "rates"), lists)), padding=padding, name=name
    )


def _volumes(node):
    sizes = shapes.with_rank(node, 0, 5)
    same = node.attrs["padding"] == "SAME"
    inner, strides = node.attrs["ksizes"][1:4], node.attrs["strides"][1:4]
    out = [
        None if d is None else len(kernel.patch_positions(d, k, s, 1, same))
        for d, k, s in zip(sizes[1:4], inner, strides)
    ]
    return TensorShape((sizes[0], *out, None if sizes[4] is None else sizes[4] * math.prod(inner)))


@op("input: T -> patches: T", T=REAL, out=_volumes)
def ExtractVolumePatches(input, *, ksizes, strides, padding):
    return kernel.patches(input, ksizes[1:4], strides[1:4], (1, 1, 1), padding == "SAME")


@api("extract_volume_patches")
def extract_volume_patches(input, ksizes, strides, padding, name=None):
    """Boxes of `ksizes` from volumes [n, planes, h, w, c], `strides` apart, laid out along the depth."""
    lists = {"ksizes": list(map(int, ksizes)), "strides": list(map(int, strides))}
    return raw.ExtractVolumePatches(input, padding=padding, name=name, **lists)
