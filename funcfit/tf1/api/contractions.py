"""Products that sum over named or counted axes: tensordot, einsum, matvec; made of transposes, reshapes and matmul."""

import logging
import re

import numpy as np

from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.opdef import api, tf


@api("linalg.matvec")
def matvec(a, b, transpose_a=False, adjoint_a=False, a_is_sparse=False, b_is_sparse=False, name=None):
    """The product of a matrix and a vector, or of the matrices and vectors in the last dimensions of two tensors."""
    with name_scope(name, "MatVec", [a, b]):
        column = tf.expand_dims(b, axis=-1)
        product = tf.matmul(
            a, column, transpose_a=transpose_a, adjoint_a=adjoint_a, a_is_sparse=a_is_sparse, b_is_sparse=b_is_sparse
        )
        return tf.squeeze(product, axis=-1)


# -- tensordot ---------------------------------------------------------------------------------------------------------


@api("tensordot", "linalg.tensordot")
def tensordot(a, b, axes, name=None):
    """Sums of products over axes of `a` and `b`: over the last of `a` and first of `b` if `axes` is an int.

    Else over those that `axes[0]` and `axes[1]` list.
    """
    with name_scope(name, "Tensordot", [a, b, axes]) as scope:
        a, b = convert_to_tensor(a, name="a"), convert_to_tensor(b, name="b")
        axes_a, axes_b = _contracted_axes(a, axes)
        rows, free_a, static_a = _as_matrix(a, axes_a)
        columns, free_b, static_b = _as_matrix(b, axes_b, flipped=True)
        product = tf.matmul(rows, columns)
        if isinstance(free_a, list) and isinstance(free_b, list):
            return tf.reshape(product, free_a + free_b, name=scope)
        free_a = convert_to_tensor(free_a, dtype=dtypes.int32)
        free_b = convert_to_tensor(free_b, dtype=dtypes.int32)
        out = tf.reshape(product, tf.concat([free_a, free_b], 0), name=scope)
        if static_a is not None and static_b is not None:
            out.set_shape(static_a + static_b)
        return out


def _contracted_axes(a, axes):
    if isinstance(axes, (int, np.integer)):
        if axes < 0:
            raise ValueError("'axes' must be at least 0.")
        rank = a.shape.ndims
        if rank is not None:
            if axes > rank:
                raise ValueError(f"'axes' must not be larger than the number of dimensions of tensor {a}.")
            return tf.range(rank - axes, rank), tf.range(axes)  # tensors in 1.1 too, though they are known
        rank = tf.rank(a)
        return tf.range(rank - axes, rank, dtype=dtypes.int32), tf.range(axes, dtype=dtypes.int32)
    if not isinstance(axes, (list, tuple)):
        axes = convert_to_tensor(axes, name="axes", dtype=dtypes.int32)
        return axes[0], axes[1]
    if len(axes) != 2:
        raise ValueError("'axes' must be an integer or have length 2.")
    axes_a, axes_b = ([x] if isinstance(x, (int, np.integer)) else x for x in axes)
    if len(axes_a) != len(axes_b):
        raise ValueError(f"Different number of contraction axes 'a' and 'b', {len(axes_a)} != {len(axes_b)}.")
    return axes_a, axes_b


def _as_matrix(x, axes, flipped=False):
    """(x as a matrix of free axes by contracted ones, or the other way round; the free sizes; those known now)."""
    rank = x.shape.ndims
    listed = isinstance(axes, (list, tuple))
    if listed and rank is not None:
        axes = [axis if axis >= 0 else axis + rank for axis in axes]
        free = [axis for axis in range(rank) if axis not in axes]
        sizes = x.shape.as_list()
        known = [sizes[axis] for axis in free]
        if x.shape.is_fully_defined():
            counts = [int(np.prod(known)), int(np.prod([sizes[axis] for axis in axes]))]
            order = [*axes, *free] if flipped else [*free, *axes]
            return tf.reshape(tf.transpose(x, order), counts[::-1] if flipped else counts), known, known
    else:
        known = None
    shape, rank = tf.shape(x), tf.rank(x)
    axes = convert_to_tensor(axes, dtype=dtypes.int32, name="axes")
    axes = tf.cast(axes >= 0, dtypes.int32) * axes + tf.cast(axes < 0, dtypes.int32) * (axes + rank)
    free, _ = tf.setdiff1d(tf.range(rank), axes)
    free_sizes, sizes = tf.gather(shape, free), tf.gather(shape, axes)
    free_count, count = tf.reduce_prod(free_sizes), tf.reduce_prod(sizes)
    tf.concat([sizes, free_sizes], 0)  # 1.1 makes this node, and does not use it
    if flipped:
        order, counts = tf.concat([axes, free], 0), tf.stack([count, free_count])
    else:
        order, counts = tf.concat([free, axes], 0), tf.stack([free_count, count])
    return tf.reshape(tf.transpose(x, order), counts), free_sizes, known


# -- einsum ------------------------------------------------------------------------------------------------------------


@api("einsum", "linalg.einsum")
def einsum(equation, *inputs, **kwargs):
    """Sums of products over the labels that `equation` leaves out of its right side: "ij,jk->ik" is a matrix product.

    Without "->" the labels that occur once make the right side, in alphabetical order; "..." stands for any number of
    leading axes. ValueError for equations that do not parse, do not match the inputs, or repeat a label in one input.
    """
    name = kwargs.pop("name", None)
    if kwargs:
        raise TypeError(f"invalid keyword arguments for this function: {', '.join(sorted(kwargs))}")
    if name is not None:
        with name_scope(name):
            return einsum(equation, *inputs)
    inputs = [convert_to_tensor(x) for x in inputs]
    labels, output = _parsed(equation, inputs)
    every = sorted(set("".join(labels)))
    for label in every:
        if sum(label in each for each in labels) > 2 and label not in output:
            logging.getLogger("tensorflow").warning(
                "Falling back to exponential-space implementation of einsum() because index %r is summed over more "
                "than two inputs.",
                label,
            )
            return _by_broadcasting(labels, output, inputs)
    total, total_labels = inputs[0], labels[0]
    for x, x_labels in zip(inputs[1:], labels[1:]):
        summed = (set(total_labels) & set(x_labels)) - set(output)
        total, total_labels = _product(total, total_labels, x, x_labels, summed)
    dropped = [i for i, label in enumerate(total_labels) if label not in output]
    if dropped:
        total = tf.reduce_sum(total, reduction_indices=dropped)
        total_labels = "".join(label for label in total_labels if label in output)
    if sorted(total_labels) != sorted(output):
        raise ValueError(f"Invalid equation: {equation}")
    return tf.transpose(total, perm=[total_labels.index(label) for label in output])


def _parsed(equation, inputs):
    """(the labels of each input, the labels of the output)."""
    equation = equation.replace(" ", "")
    match = re.fullmatch("([a-zA-Z,.]*)(->[a-zA-Z.]*)?", equation)
    if not match:
        raise ValueError(f"Indices have incorrect format: {equation}")
    labels = match.group(1).split(",")
    if len(inputs) != len(labels):
        raise ValueError(f'Got {len(inputs)} arguments for equation "{equation}", expecting {len(labels)}')
    if "." in equation:
        labels, output = _without_dots(labels, match.group(2), inputs)
    else:
        output = match.group(2)
    if output is None:
        joined = "".join(labels)
        output = "".join(label for label in sorted(set(joined)) if joined.count(label) == 1)
    else:
        output = output.removeprefix("->")
    for each in labels:
        if len(set(each)) != len(each):
            raise ValueError(f"Subscript not supported: an axis appears more than once: {each}")
    for label in output:
        if not any(label in each for each in labels):
            raise ValueError(f"Unknown output axis: {label}")
    return labels, output


def _without_dots(labels, output, inputs):
    """The labels with "..." replaced by letters that the equation does not use."""
    free = [c for c in "ZYXWVUTSRQPONMLKJIHGFEDCBAzyxwvutsrqponmlkjihgfedcba" if c not in "".join(labels)]
    widths = []
    for each, x in zip(labels, inputs):
        if each.count("...") > 1 or each.replace("...", "").count("."):
            raise ValueError(f"Unable to resolve ellipsis in subscript: {each}")
        widths.append(x.shape.ndims - len(each.replace("...", "")) if "..." in each else 0)
    longest = "".join(free[: max(widths)])[::-1]
    replaced = [each.replace("...", longest[len(longest) - width :]) for each, width in zip(labels, widths)]
    if output is not None:
        return replaced, output.replace("...", longest)
    joined = "".join(replaced)
    rest = "".join(c for c in sorted(set(joined)) if joined.count(c) == 1 and c not in longest)
    return replaced, "->" + longest + rest


def _product(a, a_labels, b, b_labels, summed):
    """One tensor from two: their product, summed over the labels in `summed`; and its labels."""
    for x, labels in ((a, a_labels), (b, b_labels)):
        if len(labels) != len(x.shape):
            raise ValueError(f"einsum got labels {labels!r} for a tensor of {len(x.shape)} dimensions")
    kept = (set(a_labels) & set(b_labels)) - summed
    only_a, only_b = set(a_labels) - kept - summed, set(b_labels) - kept - summed
    # Kept labels first, then a's own and the summed ones (a), the summed ones and b's own (b): ready for a matmul.
    a_order = sorted(a_labels, key=lambda c: (-1 if c in kept else 0 if c in only_a else 1, c))
    b_order = sorted(b_labels, key=lambda c: (-1 if c in kept else 0 if c in summed else 1, c))
    # 1.1 compares a list with a range here, which are never equal in Python 3: there is always a Transpose.
    a = tf.transpose(a, perm=[a_labels.find(c) for c in a_order])
    b = tf.transpose(b, perm=[b_labels.find(c) for c in b_order])
    if not summed:
        for _ in only_b:
            a = tf.expand_dims(a, -1)
        for _ in only_a:
            b = tf.expand_dims(b, len(kept))
        return tf.multiply(a, b), "".join(a_order + b_order[len(kept) :])
    a_sizes = _sizes(a)
    own, inner = _count(a_sizes[len(kept) : -len(summed)]), _count(a_sizes[-len(summed) :])
    a = _reshaped(a, [*a_sizes[: len(kept)], own, inner])
    b_sizes = _sizes(b)
    own = _count(b_sizes[len(kept) + len(summed) :])

    b = _reshaped(b, [*b_sizes[: len(kept)], inner, own])
    product = tf.matmul(a, b)
    sizes = a_sizes[: len(kept) + len(only_a)] + b_sizes[len(b_sizes) - len(only_b) :]
    return _reshaped(product, sizes), "".join(a_order[: len(kept) + len(only_a)] + b_order[len(kept) + len(summed) :])


def _sizes(x):
    """The sizes of x: ints where they are known, else tensors."""
    sizes = x.shape.as_list()
    if None in sizes:
        shape = tf.shape(x)
        sizes = [shape[i] if size is None else size for i, size in enumerate(sizes)]
    return sizes


def _count(sizes):
    count = 1
    for size in sizes:
        count *= size
    return count


def _reshaped(x, sizes):
    now = x.shape.as_list()
    wanted = [-1 if size is None else size for size in sizes]
    if len(wanted) == len(now) and all(a == b or b == -1 for a, b in zip(now, wanted)):
        return x
    return tf.reshape(x, tuple(wanted))


def _by_broadcasting(labels, output, inputs):
    """The product of all inputs, each spread over all labels, summed once: simple, and large."""
    order = sorted(set("".join(labels)) - set(output)) + list(output)
    shapes = []
    for i, (x, each) in enumerate(zip(inputs, labels)):
        if x.shape.ndims != len(each):
            count = f"(expected {len(each)}, got {x.shape.ndims})"
            raise ValueError(f"Input {i} with axes {each} has incorrect number of dimensions {count}")
        ordered = sorted(each, key=order.index)
        if list(each) != ordered:
            inputs[i] = x = tf.transpose(x, [each.find(c) for c in ordered])
        sizes = dict(zip(ordered, x.shape.as_list()))
        shapes.append([(sizes[c] or -1) if c in sizes else 1 for c in order])
    for position, label in enumerate(order):
        if len({shape[position] for shape in shapes if shape[position] > 1}) > 1:
            raise ValueError(f"Dimension mismatch on axis: {label}")
    product = 1
    for x in [_spread(x, shape, each, order) for x, shape, each in zip(inputs, shapes, labels)]:
        product *= x
    return tf.reduce_sum(product, list(range(len(order) - len(output))))


def _spread(x, shape, labels, order):
    """x with an axis for each label in `order`, of size 1 for those it has not."""
    if shape.count(-1) < 2:
        return tf.reshape(x, shape)
    for position, label in enumerate(order):
        if label not in labels:
            x = tf.expand_dims(x, position)
    return x
