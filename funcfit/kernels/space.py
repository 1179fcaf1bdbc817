"""Blocks of an image (or of any axes) moved into the batch or the depth, and back; patches of images."""

import math

import numpy as np

from funcfit.kernels.module import numpy_or_jax


def space_to_batch(x, block, paddings):
    """x: [batch, *space, ...] -> [batch * prod(block), *(padded space / block), ...]. block: [m], paddings: [m, 2]."""
    xp, m = numpy_or_jax(x), len(block)
    x = xp.pad(x, [(0, 0), *paddings, *[(0, 0)] * (x.ndim - m - 1)])
    batch, rest = x.shape[0], x.shape[m + 1 :]
    grid = [d // b for d, b in zip(x.shape[1:], block)]
    x = x.reshape([batch, *(n for pair in zip(grid, block) for n in pair), *rest])
    inside, outside = [2 + 2 * i for i in range(m)], [1 + 2 * i for i in range(m)]
    x = x.transpose([*inside, 0, *outside, *range(2 * m + 1, x.ndim)])
    return x.reshape([batch * math.prod(block), *grid, *rest])


def batch_to_space(x, block, crops):
    """The reverse of `space_to_batch`: [batch * prod(block), *grid, ...] -> [batch, *(grid * block - crops), ...]."""
    m = len(block)
    batch, grid, rest = x.shape[0] // math.prod(block), x.shape[1 : m + 1], x.shape[m + 1 :]
    x = x.reshape([*block, batch, *grid, *rest])
    x = x.transpose([m, *(n for i in range(m) for n in (m + 1 + i, i)), *range(2 * m + 1, x.ndim)])
    x = x.reshape([batch, *(g * b for g, b in zip(grid, block)), *rest])
    return x[(slice(None), *(slice(a, d - b) for (a, b), d in zip(crops, x.shape[1:])))]


def space_to_depth(x, size):
    """x: [batch, height, width, depth] -> [batch, height / size, width / size, depth * size * size]."""
    n, h, w, c = x.shape
    x = x.reshape([n, h // size, size, w // size, size, c]).transpose([0, 1, 3, 2, 4, 5])
    return x.reshape([n, h // size, w // size, c * size * size])


def depth_to_space(x, size):
    """The reverse of `space_to_depth`."""
    n, h, w, c = x.shape
    x = x.reshape([n, h, w, size, size, c // (size * size)]).transpose([0, 1, 3, 2, 4, 5])
    return x.reshape([n, h * size, w * size, c // (size * size)])


def patch_positions(size, kernel, stride, rate, same):
    """Where patches look along one axis: (positions [patches, kernel], and the padding before that makes them so).

    `same` pads so that there are ceil(size / stride) patches. Positions outside [0, size) are padding.
    """
    reach = (kernel - 1) * rate + 1
    count = -(-size // stride) if same else -(-(size - reach + 1) // stride)
    before = max(0, (count - 1) * stride + reach - size) // 2 if same else 0
    return np.arange(max(count, 0))[:, None] * stride - before + np.arange(kernel)[None] * rate


def patches(images, sizes, strides, rates, same):
    """images: [batch, *space, depth] -> [batch, *out, prod(sizes) * depth], windows of `sizes` laid out along the
    depth.
    """
    xp, m = numpy_or_jax(images), len(sizes)
    for i in range(m):
        axis, size = 1 + 2 * i, images.shape[1 + 2 * i]
        at = patch_positions(size, sizes[i], strides[i], rates[i], same)
        taken = xp.take(images, at.clip(0, size - 1), axis=axis)
        inside = ((at >= 0) & (at < size)).reshape((1,) * axis + at.shape + (1,) * (taken.ndim - axis - 2))
        images = xp.where(inside, taken, xp.zeros((), taken.dtype))
    outer, inner = [1 + 2 * i for i in range(m)], [2 + 2 * i for i in range(m)]
    shape = images.shape
    depth = math.prod(sizes) * shape[-1]
    return images.transpose([0, *outer, *inner, 2 * m + 1]).reshape([shape[0], *(shape[i] for i in outer), depth])
