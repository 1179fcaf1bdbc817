"""IndexedSlices as values: made of tensors, summed, and what is done to each of their tensors in turn."""

from funcfit.tf1.graph.node import IndexedSlices, SparseTensor, Tensor
from funcfit.tf1.opdef import raw, tf


def on_parts(function, data, name=None, dense_name="dense_shape"):
    """`function(tensor, name)` of a tensor; of IndexedSlices or a SparseTensor, for each part in TF 1.1's order."""
    if isinstance(data, Tensor):
        return function(data, name)
    if not isinstance(data, (IndexedSlices, SparseTensor)):
        raise TypeError(f"Type {type(data)} not supported")
    values, indices = function(data.values, name), function(data.indices, "indices")
    dense = None if data.dense_shape is None else function(data.dense_shape, dense_name)
    if isinstance(data, SparseTensor):
        return SparseTensor(indices, values, dense)
    return IndexedSlices(values, indices, dense)


def as_slices(x, optimize=True):
    """A tensor as IndexedSlices over all its rows. With `optimize` a known shape is a constant."""
    if isinstance(x, IndexedSlices):
        return x
    shape = tf.shape(x) if optimize else raw.Shape(x)
    return IndexedSlices(x, tf.range(0, shape[0]), shape)


def as_slices_list(values, optimize=True):
    """Each as IndexedSlices, with indices of one dtype."""
    out = [as_slices(x, optimize) for x in values]
    if len({s.indices.dtype for s in out}) > 1:
        out = [IndexedSlices(s.values, tf.cast(s.indices, "int64"), s.dense_shape) for s in out]
    return out


def sum_of_slices(grads):
    """IndexedSlices and tensors as one IndexedSlices: all rows, one after the other."""
    slices = [_flat(g) for g in as_slices_list(grads)]
    return IndexedSlices(
        tf.concat([s.values for s in slices], 0), tf.concat([s.indices for s in slices], 0), slices[0].dense_shape
    )


def _flat(grad):
    """Rows of rows as rows."""
    if isinstance(grad.values, Tensor):
        return grad
    inner = _flat(grad.values)
    return IndexedSlices(inner.values, tf.gather(grad.indices, inner.indices), inner.dense_shape)
