"""An array of tensors as a value: written and read by index, in loops and outside.

While all indices are known the elements stand side by side, of any shapes; an index that only the run knows puts them
into one buffer, where they must be of one shape. Such writes wait (`pending`) until something is read, so that a loop
can stack what its turns write.
"""

import operator
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from funcfit.kernels.stack import join_known, split_known


@jax.tree_util.register_pytree_node_class
@dataclass(frozen=True, eq=False)
class TensorArray:
    """`items`: a tuple of arrays, None where nothing is written; or `buffer` [capacity, *element] with the mask
    `written` [capacity], a NumPy array where it is known while tracing. `length`: the number of elements where it is
    less than the capacity. `adds`: a write to what is written adds to it (gradients); `fresh` ones are still all zero.
    `parts`: how many elements a split has written.
    """

    dtype: np.dtype
    items: Any = None
    buffer: Any = None
    written: Any = None
    length: Any = None
    pending: tuple = ()  # (index, value)
    dynamic: bool = False
    adds: bool = False
    fresh: bool = False
    parts: int | None = None

    @classmethod
    def empty(cls, dtype, size, dynamic=False):
        return cls(np.dtype(dtype), items=(None,) * size, dynamic=dynamic)

    def gradient(self):
        """An array like this one, of zeros to which what arrives is added."""
        array, zeros = self.settled(), {"adds": True, "fresh": True}
        if array.buffer is not None:
            whole = np.ones(len(array.buffer), bool)
            return replace(array, buffer=jnp.zeros(array.buffer.shape, self.dtype), written=whole, **zeros)
        return replace(
            array, items=tuple(None if x is None else jnp.zeros(x.shape, x.dtype) for x in array.items), **zeros
        )

    def tree_flatten(self):
        count = None if self.items is None else len(self.items)
        pairs = [x for pair in self.pending for x in pair]
        values = (self.buffer, self.written, self.length, *(self.items or ()), *pairs)
        return split_known(values, (self.dtype, count, self.dynamic, self.adds, self.fresh, self.parts))

    @classmethod
    def tree_unflatten(cls, fixed, children):
        (dtype, count, *flags), (buffer, written, length, *rest) = join_known(fixed, children)
        items = None if count is None else tuple(rest[:count])
        pairs = rest[count or 0 :]
        pending = tuple(zip(pairs[::2], pairs[1::2]))
        return cls(dtype, items, buffer, written, length, pending, *flags)

    @property
    def size(self):
        """How many elements there are: an int where that is known while tracing."""
        array = self.settled() if self.dynamic else self
        if array.items is not None:
            return len(array.items)
        return len(array.buffer) if array.length is None else array.length

    @property
    def has_elements(self):
        """True when the elements' shape is known: one is written, or there is a buffer for them."""
        return self.items is None or bool(self.pending) or any(x is not None for x in self.items)

    def present(self, index):
        """Whether the element at `index` (a scalar or a vector) is there and written."""
        mask = self.written if self.items is None else np.array([x is not None for x in self.items], bool)
        inside = (index >= 0) & (index < len(mask))
        if known(index, mask):
            there = inside & mask[np.where(inside, index, 0)] if len(mask) else np.zeros_like(inside)
        else:
            there = inside & jnp.asarray(mask)[index] if len(mask) else jnp.zeros_like(inside)
        for at, _ in self.pending:
            if not (known(there) and there.all()):
                there = there | (index == at)
        return there

    def write(self, index, value):
        array = self._grown(int(index) + 1) if known(index) else self
        if array.items is None or array.pending or not known(index):
            return replace(array, pending=(*array.pending, (index, value)))
        items, old = list(array.items), array.items[index]
        value = self._numbers.asarray(value)
        items[index] = old + value if self.adds and old is not None else value
        return replace(array, items=tuple(items), fresh=False)

    @property
    def _numbers(self):
        """The library that holds the elements: strings are NumPy's."""
        return np if self.dtype == object else jnp

    def settled(self):
        """The same array with its writes made."""
        array = replace(self, pending=())
        for index, value in self.pending:
            array = array._written_at(index, jnp.asarray(value))
        return array

    def _written_at(self, index, value):
        array = self.buffered(value)
        place = jnp.asarray(array.buffer).at[index]
        buffer = place.add(value, mode="drop") if self.adds else place.set(value, mode="drop")
        written, length = array.written, array.length
        if known(index, written):
            written = written | np.isin(np.arange(len(written)), index)
        elif not (known(written) and written.all()):
            written = jnp.asarray(written).at[index].set(True, mode="drop")
        if length is not None:
            end = (np if known(index) else jnp).max(index) + 1
            length = max(length, int(end)) if known(end, length) else jnp.maximum(length, end)
        return replace(array, buffer=buffer, written=written, length=length, fresh=False)

    def read(self, index, shape=None):
        """The element at `index`: zeros of `shape` where there is none, which ValueError tells without a shape."""
        array, element = self.settled(), _element(shape, self.dtype)
        if array.items is None or not known(index):
            return jax.lax.dynamic_index_in_dim(array.buffered(element).buffer, index, keepdims=False)
        return array._item(index, element)

    def _item(self, index, element):
        item = self.items[index] if 0 <= index < len(self.items) else None
        if item is None and element is None:
            raise ValueError(f"nothing is written at {index}")
        return jnp.zeros(element.shape, element.dtype) if item is None else item

    def gather(self, indices, shape=None):
        """[len(indices), *element]; what is not written counts as zeros of `shape`, see `read`."""
        array, element = self.settled(), _element(shape, self.dtype)
        if array.items is not None and known(indices) and len(indices):
            return self._numbers.stack([array._item(i, element) for i in indices])
        array = array.buffered(element)
        if known(indices) and np.array_equal(indices, np.arange(len(array.buffer))):
            return array.buffer
        return array.buffer[indices]

    def scatter(self, indices, values):
        """Writes values[i] to indices[i]."""
        array = self.settled()
        if known(indices):
            array = array._grown(int(np.max(indices, initial=-1)) + 1)
            untouched = array.fresh or array.items is not None and all(x is None for x in array.items)
            if len(indices) and untouched and np.array_equal(np.sort(indices), np.arange(len(indices))):
                if len(indices) == array.size and self.dtype != object:
                    whole = np.ones(len(indices), bool)
                    buffer = _in_order(jnp.asarray(values, self.dtype), indices)
                    return replace(array, items=None, buffer=buffer, written=whole, length=None, fresh=False)
            if array.items is not None and (len(indices) < 2 or self.dtype == object):
                for i, index in enumerate(indices):
                    array = array.write(index, values[i])
                return array
        array = array.buffered(jax.ShapeDtypeStruct(values.shape[1:], values.dtype))
        return array._written_at(indices, values)

    def _grown(self, size):
        """Room for `size` elements, in an array that may grow."""
        if not self.dynamic or size <= (len(self.buffer) if self.items is None else len(self.items)):
            return self
        if self.items is not None:
            return replace(self, items=self.items + (None,) * (size - len(self.items)))
        more = size - len(self.buffer)
        buffer = jnp.concatenate([self.buffer, jnp.zeros((more, *self.buffer.shape[1:]), self.dtype)])
        written = (np if known(self.written) else jnp).concatenate([self.written, np.zeros(more, bool)])
        return replace(self, buffer=buffer, written=written, length=size if self.length is None else self.length)

    def buffered(self, element=None):
        """The same array in one buffer; `element` tells the elements' shape where none is written."""
        if self.buffer is not None:
            return self
        shape = next((x.shape for x in self.items if x is not None), None if element is None else element.shape)
        if shape is None:
            raise ValueError("the shape of a TensorArray's elements is not known before one is written")
        written = np.array([x is not None for x in self.items], bool)
        items = [] if self.fresh else [x for x in self.items if x is not None]
        if items and written.all():
            buffer = jnp.stack(items)
        else:
            buffer = jnp.zeros((len(self.items), *shape), self.dtype)
            buffer = buffer.at[np.flatnonzero(written)].set(jnp.stack(items)) if items else buffer
        return replace(self, items=None, buffer=buffer, written=written)

    def like(self, other):
        """The same array in the form of `other`: in a buffer where elements were written, with a mask for the run where
        it is so there.
        """
        if other.buffer is None:
            items = [x for x in other.items if x is not None]
            return self.settled().buffered(items[0]) if len({x.shape for x in items}) == 1 else self
        array = self.settled().buffered(jax.ShapeDtypeStruct(other.buffer.shape[1:], self.dtype))
        same = known(array.written, other.written) and np.array_equal(array.written, other.written)
        return replace(array, written=array.written if same else jnp.asarray(array.written), fresh=other.fresh)

    taken, compact = 0, False

    def shares(self, other):
        """True for arrays that differ only in their pending writes."""
        return all(
            getattr(self, name) is getattr(other, name) for name in ("items", "buffer", "written", "length", "fresh")
        )

    def with_holes(self):
        return self  # writes that go nowhere leave none

    def nothing_pending(self):
        """Writes like the pending ones that go nowhere: to an index past the end."""
        nowhere = np.int32(np.iinfo(np.int32).max)
        return tuple((nowhere, np.zeros((), value.dtype)) for _, value in self.pending)

    def continues(self, before):
        """True when this is `before` with some more writes pending, and nothing else."""
        more = self.pending[: len(before.pending)]
        return self.shares(before) and len(more) == len(before.pending) and all(map(operator.is_, before.pending, more))

    def elements(self) -> Any:
        """All elements, side by side; None where nothing is written."""
        array = self.settled()
        if array.items is not None:
            return array.items
        if known(array.written):
            return tuple(x if there else None for x, there in zip(array.buffer, array.written))
        return tuple(array.buffer)

    def concat(self):
        """All elements joined along their first axis (None for none), and how many rows each gave. The gradient of a
        split joins those that the split had written: the array may have grown since.
        """
        items = self.elements()[: self.parts if self.adds else None]
        lengths = np.array([x.shape[0] for x in items], np.int64)
        return (self._numbers.concatenate(items) if len(items) else None), lengths

    def split(self, value, lengths):
        """Writes value[:lengths[0]] to element 0, the next lengths[1] rows to element 1, and so on."""
        array, start = self, 0
        for i, length in enumerate(lengths):
            array = array.write(i, value[start : start + int(length)])
            start += int(length)
        return replace(array, parts=self.parts if self.adds else len(lengths))


def _element(shape, dtype):
    return None if shape is None else jax.ShapeDtypeStruct(shape, dtype)


def _in_order(values, places):
    """values[i] brought to places[i], for places that are all of them."""
    straight = np.arange(len(places))
    if np.array_equal(places, straight):
        return values
    return values[::-1] if np.array_equal(places, straight[::-1]) else values[np.argsort(places)]


def known(*values):
    """True for numbers that are known while tracing."""
    return all(isinstance(v, (int, np.ndarray, np.generic)) for v in values)
