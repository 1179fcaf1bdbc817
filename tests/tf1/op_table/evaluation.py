"""A case as nodes, and arrays as text: what the recorder and the replaying test share."""

import numpy as np


class Case:
    """The nodes of one case in the default graph: placeholders for the inputs, the outputs, weights, gradients.

    The gradient of an input is that of the sum of the float outputs, each element weighted by `weights_like`; None
    where the input is no float, nothing flows, or nobody asked. Weights are fed, since outputs may have shapes that
    only a run tells.
    """

    def __init__(self, tf, row, inputs, differentiate=True):
        self.feeds = {tf.placeholder(array.dtype, array.shape): array for array in inputs}
        placeholders = list(self.feeds)
        self.outputs = flat(row.call(tf, *placeholders))
        ys = [y for y in self.outputs if y.dtype.is_floating or y.dtype.is_complex]
        xs = [x for x in placeholders if x.dtype.is_floating or x.dtype.is_complex]
        self.weights = {y: tf.placeholder(y.dtype.base_dtype, y.get_shape()) for y in ys}
        gradients = [None] * len(xs)
        if ys and xs and differentiate:
            gradients = tf.gradients(ys, xs, grad_ys=[self.weights[y] for y in ys])
        dense = {x: None if dx is None else tf.convert_to_tensor(dx) for x, dx in zip(xs, gradients)}
        self.gradients = [dense.get(x) for x in placeholders]

    def weight_feeds(self, values):
        """What to feed for the weights, from the outputs' values or recorded arrays."""
        pairs = zip(self.outputs, values)
        return {self.weights[y]: weights_like(value) for y, value in pairs if y in self.weights}


def flat(nest):
    """The tensors of a nest of lists and tuples, Nones left out."""
    if isinstance(nest, (list, tuple)):
        return [tensor for item in nest for tensor in flat(item)]
    return [] if nest is None else [nest]


def weights_like(array):
    """Simple fractions between -1.25 and 1.25, none of them zero, exact in every float type."""
    array = np.asarray(array)
    count = array.size
    steps = np.arange(count) * 7 % 11
    return ((steps - 5 + (steps == 5)) / 4.0).astype(array.dtype).reshape(array.shape)


def as_text(array):
    """`float32[2, 3] 0.5 nan ...`, each number in the fewest digits that give it back."""
    array = np.asarray(array)
    kind = "str" if array.dtype == object else array.dtype.name
    return " ".join([f"{kind}{list(array.shape)}", *(_item_text(item) for item in array.flatten())])


def _item_text(item):
    if isinstance(item, bytes):
        return item.decode("utf-8")
    if isinstance(item, np.bool_):
        return str(int(item))
    if isinstance(item, np.complexfloating):
        return f"{item.real!s},{item.imag!s}"
    text = str(item)
    return text[:-2] if text.endswith(".0") else text


def from_text(text):
    """The array of `as_text`."""
    head, _, rest = text.partition("]")
    kind, _, shape = head.partition("[")
    shape = [int(size) for size in shape.split(",") if size.strip()]
    items = rest.split()
    if kind == "str":
        return np.array([item.encode("utf-8") for item in items], object).reshape(shape)
    if kind == "bool":
        return np.array([item == "1" for item in items], np.bool_).reshape(shape)
    if kind.startswith("complex"):
        items = [complex(*map(float, item.split(","))) for item in items]
    elif kind.startswith("float"):
        items = [float(item) for item in items]
    else:
        items = [int(item) for item in items]
    return np.array(items, np.dtype(kind)).reshape(shape)
