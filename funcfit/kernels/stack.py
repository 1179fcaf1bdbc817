"""A stack of arrays of one shape as a value: what a loop's turns push and its gradient's turns pop.

Pushes wait (`pending`) until the value is `settled`: so a conditional hands out what its side pushed instead of a copy
of the whole buffer, and a loop's turns are stacked by the loop itself.
"""

from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


class NoRoom(Exception):
    """A loop of unknown length pushes on a stack that has no buffer, or one that may have no turns pops from it."""


@jax.tree_util.register_pytree_node_class
@dataclass(frozen=True, eq=False)
class Stack:
    """`buffer` [capacity, *element] (None before the first push) holds `top` elements, of which the uppermost `down`
    have been popped since. `pending` are the pushes since: elements, or blocks [count, *element] where `blocks` says
    so. `top` is a Python int, buffers and pushes are NumPy arrays, where they are known while tracing.
    """

    dtype: np.dtype
    buffer: Any = None
    top: Any = 0
    down: int = 0
    pending: tuple = ()
    blocks: tuple = ()
    holes: Any = None  # true where turns that had nothing to push have pushed zeros: who popped then must pop them
    compact: bool = False  # true where such turns have pushed nothing

    @classmethod
    def empty(cls, dtype):
        return cls(np.dtype(dtype))

    def tree_flatten(self):
        return split_known(
            (self.buffer, self.top, *self.pending), (self.dtype, self.down, self.blocks, self.holes, self.compact)
        )

    @classmethod
    def tree_unflatten(cls, fixed, children):
        (dtype, down, blocks, holes, compact), (buffer, top, *pending) = join_known(fixed, children)
        return cls(dtype, buffer, top, down, tuple(pending), blocks, holes, compact)

    def push(self, element):
        return replace(self, pending=(*self.pending, element), blocks=(*self.blocks, False))

    def push_block(self, block):
        """The stack with all of block [count, *element] on it, the last uppermost."""
        return replace(self, pending=(*self.pending, block), blocks=(*self.blocks, True))

    def pop(self):
        """The stack without its uppermost element, and that element."""
        if self.pending and self.blocks[-1]:
            *rest, block = self.pending
            rest, blocks = ((*rest, block[:-1]), self.blocks) if len(block) > 1 else (tuple(rest), self.blocks[:-1])
            return replace(self, pending=rest, blocks=blocks), block[-1]
        if self.pending:
            return replace(self, pending=self.pending[:-1], blocks=self.blocks[:-1]), self.pending[-1]
        if self.buffer is None or isinstance(self.top, int) and self.top - self.down < 1:
            raise NoRoom("Stack is empty when calling Pop()")
        return replace(self, down=self.down + 1), self._element(self.top - self.down - 1)

    taken = property(lambda self: self.down)

    def shares(self, other):
        """True for stacks that differ only in what is pending and taken."""
        return self.buffer is other.buffer and self.top is other.top and self.down in (0, other.down)

    def with_holes(self, origin=True):
        return replace(self, holes=origin)

    def nothing_pending(self):
        """Pushes like the pending ones that nobody will read: zeros."""
        return tuple(np.zeros((), x.dtype) for x in self.pending)

    def for_any_run(self):
        """The same stack for a program that many runs use: what it compiles for must not be the numbers of this one,
        nor how many they are. One number that was pushed each time stays known: it is a shape.
        """
        try:
            stack = self.settled()
        except ValueError:  # elements of several shapes
            return replace(self, pending=tuple(jnp.asarray(x) for x in self.pending))
        if stack.buffer is None or not isinstance(stack.buffer, np.ndarray):
            return stack
        rows = stack.buffer[: stack.top]
        more = (1 << (len(rows) - 1).bit_length()) - len(rows) if len(rows) else 0
        padded = np.concatenate([rows, rows[-1:].repeat(more, 0)])
        fixed = rows.dtype.kind in "iub" and len(rows) and (rows == rows[:1]).all()
        return replace(stack, buffer=padded if fixed else jnp.asarray(padded), top=jnp.asarray(stack.top, jnp.int32))

    def lowered(self, count):
        """The same stack, settled, without its uppermost `count` elements."""
        stack = self.settled()
        return replace(stack, top=stack.top - count)

    def with_traced_top(self):
        return replace(self, top=jnp.asarray(self.top, jnp.int32))

    def _element(self, at):
        if isinstance(self.buffer, np.ndarray):
            if isinstance(at, int):
                return self.buffer[at]
            if (self.buffer == self.buffer[:1]).all():
                return self.buffer[0]
        return jax.lax.dynamic_index_in_dim(jnp.asarray(self.buffer), at, keepdims=False)

    def settled(self):
        """The same stack with its pushes written: in place while there is room, else in a buffer that has it."""
        top, buffer = self.top - self.down, self.buffer
        for pushed, is_block in zip(self.pending, self.blocks):
            block = pushed if is_block else pushed[None]
            if isinstance(top, int) and (buffer is None or len(buffer) == top or len(buffer) < top + len(block)):
                buffer = block if not top or buffer is None else _concatenated([buffer[:top], block])
            elif buffer is None:
                raise NoRoom
            elif not _is_full_of(buffer, block):
                buffer = jax.lax.dynamic_update_slice_in_dim(jnp.asarray(buffer), jnp.asarray(block), top, 0)
            top = top + len(block)
        return Stack(self.dtype, buffer, top, holes=self.holes, compact=self.compact)

    def with_room(self, more, shape, element=None):
        """The same stack, settled, with room for `more` elements of `shape`, which will all be `element`, if given."""
        stack = self.settled()
        room = jnp.zeros((more, *shape), self.dtype) if element is None else np.broadcast_to(element, (more, *shape))
        buffer = room if stack.buffer is None else _concatenated([stack.buffer, room])
        return replace(stack, buffer=buffer)

    def only_element(self):
        """What each element of the settled stack is, where that is known and always the same; else None."""
        return self.buffer[0] if isinstance(self.buffer, np.ndarray) and _is_full_of(self.buffer, self.buffer) else None


def _concatenated(parts):
    known = all(isinstance(part, np.ndarray) for part in parts)
    return (np if known else jnp).concatenate(parts)


def _is_full_of(buffer, block):
    """Whether all rows of both are the same, known element."""
    known = isinstance(buffer, np.ndarray) and isinstance(block, np.ndarray) and buffer.shape[1:] == block.shape[1:]
    return known and bool(len(buffer)) and (buffer == buffer[:1]).all() and (block == buffer[:1]).all()


def split_known(values, fixed):
    """Children for a pytree and what is fixed: NumPy arrays and Python numbers are known, so they are fixed."""
    kept = tuple(_Known(v) if v is None or isinstance(v, (int, np.ndarray, np.generic)) else None for v in values)
    return tuple(None if k is not None else v for v, k in zip(values, kept)), (fixed, kept)


def join_known(fixed, children):
    fixed, kept = fixed
    return fixed, [c if k is None else k.value for c, k in zip(children, kept)]


class _Known:
    """A known value as part of a pytree's structure: equal when the numbers are."""

    def __init__(self, value):
        self.value = value
        self.key = (value.shape, value.dtype.str, value.tobytes()) if hasattr(value, "tobytes") else value

    def __eq__(self, other):
        return isinstance(other, _Known) and self.key == other.key

    def __hash__(self):
        return hash(self.key)
