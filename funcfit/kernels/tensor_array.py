"""An array of tensors as a value: written and read by index, in loops and outside.

While all indices are known the elements stand side by side, of any shapes; the first index that only the run knows
puts them into one buffer, where they must be of one shape.
"""

import jax
import jax.numpy as jnp
import numpy as np


@jax.tree_util.register_pytree_node_class
class TensorArray:
    """`items`: a tuple of arrays, None where nothing is written; or `buffer` [capacity, *element] with the mask
    `written` [capacity], numpy where it is known while tracing. `adds`: a write to what is written adds to it
    (gradients). `length`: the number of elements, less than the capacity where it grows in a loop.
    """

    def __init__(self, dtype, items=None, buffer=None, written=None, length=None, dynamic=False, adds=False):
        self.dtype, self.items, self.buffer, self.written = dtype, items, buffer, written
        self.length, self.dynamic, self.adds = length, dynamic, adds

    @classmethod
    def empty(cls, dtype, size, dynamic=False):
        return cls(np.dtype(dtype), items=(None,) * size, dynamic=dynamic)

    def gradient(self):
        """Zeros for each element: what arrives is added."""
        if self.buffer is not None:
            whole = np.ones(len(self.buffer), bool)
            return TensorArray(
                self.dtype, None, jnp.zeros(self.buffer.shape, self.buffer.dtype), whole, self.length, adds=True
            )
        zeros = tuple(None if x is None else jnp.zeros(x.shape, x.dtype) for x in self.items)
        return TensorArray(self.dtype, zeros, adds=True, dynamic=self.dynamic)

    def tree_flatten(self):
        mask = self.written.tobytes() if isinstance(self.written, np.ndarray) else None
        known = self.length if isinstance(self.length, int) else None
        children = (
            self.items,
            self.buffer,
            None if mask is not None else self.written,
            None if known is not None else self.length,
        )
        return children, (self.dtype, mask, known, self.dynamic, self.adds)

    @classmethod
    def tree_unflatten(cls, fixed, children):
        (dtype, mask, known, dynamic, adds), (items, buffer, written, length) = fixed, children
        if mask is not None:
            written = np.frombuffer(mask, bool)
        return cls(dtype, items, buffer, written, length if known is None else known, dynamic, adds)

    @property
    def size(self):
        """How many elements there are: an int where that is known while tracing."""
        if self.items is not None:
            return len(self.items)
        return len(self.buffer) if self.length is None else self.length

    def present(self, index):
        """Whether the element at `index` (a scalar or a vector) is written."""
        if self.items is None:
            mask = self.written
            return mask[index] if _known(mask, index) else jnp.asarray(mask)[index]
        mask = np.array([x is not None for x in self.items], bool)
        if not _known(index):
            return jnp.asarray(mask)[index] if len(mask) else jnp.zeros(np.shape(index), bool)
        inside = (np.asarray(index) >= 0) & (np.asarray(index) < len(mask))
        return (
            np.where(inside, mask[np.where(inside, index, 0)], False) if len(mask) else np.zeros(np.shape(index), bool)
        )

    def write(self, index, value):
        value = jnp.asarray(value)
        if self.items is not None and _known(index):
            index = int(index)
            items = list(self._grown(index + 1).items if self.dynamic else self.items)
            old = items[index]
            items[index] = old + value if self.adds and old is not None else value
            return TensorArray(self.dtype, tuple(items), dynamic=self.dynamic, adds=self.adds)
        array = self.buffered(value)
        buffer = array.buffer.at[index].add(value) if self.adds else array.buffer.at[index].set(value)
        written = array.written
        if not (isinstance(written, np.ndarray) and written.all()):
            written = jnp.asarray(written).at[index].set(True)
        length = array.length if array.length is None else jnp.maximum(array.length, index + 1)
        return TensorArray(self.dtype, None, buffer, written, length, self.dynamic, self.adds)

    def read(self, index):
        if self.items is not None and _known(index):
            return self.items[int(index)]
        return jax.lax.dynamic_index_in_dim(self.buffered().buffer, index, keepdims=False)

    def buffered(self, element=None):
        """The same array in one buffer; `element` tells the elements' shape where none is written."""
        if self.buffer is not None:
            return self
        shape = next((x.shape for x in self.items if x is not None), None if element is None else element.shape)
        if shape is None:
            raise ValueError("the shape of the TensorArray's elements is not known before one is written")
        zero = jnp.zeros(shape, self.dtype)
        written = np.array([x is not None for x in self.items], bool)
        if not written.any():
            buffer = jnp.zeros((len(self.items), *shape), self.dtype)
        else:
            buffer = jnp.stack([zero if x is None else x for x in self.items])
        length = len(self.items) if self.dynamic else None
        return TensorArray(self.dtype, None, buffer, written, length, self.dynamic, self.adds)

    def with_room(self, capacity):
        """The same array with a buffer of `capacity` elements at least."""
        array, more = self.buffered(), capacity - len(self.buffered().buffer)
        if more <= 0:
            return array
        buffer = jnp.concatenate([array.buffer, jnp.zeros((more, *array.buffer.shape[1:]), self.dtype)])
        none = np.zeros(more, bool)
        written = (
            np.concatenate([array.written, none])
            if isinstance(array.written, np.ndarray)
            else jnp.concatenate([array.written, none])
        )
        return TensorArray(self.dtype, None, buffer, written, array.size, self.dynamic, self.adds)

    def gather(self, indices):
        """[len(indices), *element]"""
        if self.items is not None and _known(indices):
            chosen = [self.items[int(i)] for i in indices]
            return jnp.stack(chosen) if chosen else None
        array = self.buffered()
        if _known(indices) and np.array_equal(indices, np.arange(len(array.buffer))):
            return array.buffer
        return array.buffer[indices]

    def scatter(self, indices, values):
        """Writes values[i] to indices[i]."""
        whole = _known(indices) and np.array_equal(indices, np.arange(self.size if isinstance(self.size, int) else -1))
        if whole and self.items is not None and len(indices) and all(x is None for x in self.items):
            return TensorArray(
                self.dtype, None, jnp.asarray(values), np.ones(len(indices), bool), None, self.dynamic, self.adds
            )
        if _known(indices) and self.items is not None and any(x is not None for x in self.items):
            array = self
            for i, index in enumerate(indices):
                array = array.write(index, values[i])
            return array
        array = self if not self.dynamic or not _known(indices) else self._grown(int(np.max(indices, initial=-1)) + 1)
        array = array.buffered(jax.ShapeDtypeStruct(values.shape[1:], values.dtype))
        buffer = array.buffer.at[indices].add(values) if self.adds else array.buffer.at[indices].set(values)
        if _known(indices, array.written):
            written = array.written.copy()
            written[indices] = True
        else:
            written = jnp.asarray(array.written).at[indices].set(True)
        return TensorArray(self.dtype, None, buffer, written, array.length, self.dynamic, self.adds)

    def _grown(self, size):
        if self.items is None or size <= len(self.items):
            return self
        return TensorArray(self.dtype, self.items + (None,) * (size - len(self.items)), dynamic=True, adds=self.adds)

    def elements(self):
        """All elements, side by side."""
        return self.items if self.items is not None else tuple(self.buffer)

    def concat(self):
        """All elements joined along their first axis, and how many rows each gave."""
        items = self.elements()
        lengths = np.array([x.shape[0] for x in items], np.int64)
        return (jnp.concatenate(items) if len(items) else None), lengths

    def split(self, value, lengths):
        """Writes value[:lengths[0]] to element 0, the next lengths[1] rows to element 1, and so on."""
        array, start = self, 0
        for i, length in enumerate(lengths):
            array = array.write(i, jnp.asarray(value)[start : start + int(length)])
            start += int(length)
        return array


def _known(*values):
    return all(isinstance(v, (int, np.ndarray, np.generic)) for v in values)
