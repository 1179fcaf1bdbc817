"""A stack of arrays of one shape as a value: what a loop's turns push and its gradient's turns pop.

Pushes wait (`pending`) until the value is `settled`: so a conditional hands out what its side pushed instead of a copy
of the whole buffer, and a loop writes once a turn.
"""

import jax
import jax.numpy as jnp
import numpy as np


@jax.tree_util.register_pytree_node_class
class Stack:
    """`buffer` [capacity, *element] (None before the first push) holds `top` elements, of which the uppermost `down`
    have been popped since; `pending` are the pushes since. `top` is a Python int where it is known while tracing.
    """

    def __init__(self, dtype, buffer, top, down=0, pending=()):
        self.dtype, self.buffer, self.top, self.down, self.pending = dtype, buffer, top, down, pending

    @classmethod
    def empty(cls, dtype):
        return cls(np.dtype(dtype), None, 0)

    def tree_flatten(self):
        known = self.top if isinstance(self.top, int) else None
        return (self.buffer, None if known is not None else self.top, self.pending), (self.dtype, known, self.down)

    @classmethod
    def tree_unflatten(cls, fixed, children):
        (dtype, known, down), (buffer, top, pending) = fixed, children
        return cls(dtype, buffer, top if known is None else known, down, pending)

    def push(self, element):
        return Stack(self.dtype, self.buffer, self.top, self.down, (*self.pending, jnp.asarray(element)))

    def pop(self):
        """The stack without its uppermost element, and that element."""
        if self.pending:
            return Stack(self.dtype, self.buffer, self.top, self.down, self.pending[:-1]), self.pending[-1]
        if self.buffer is None:
            raise ValueError("Stack is empty when calling Pop()")
        at = self.top - self.down - 1
        element = jax.lax.dynamic_index_in_dim(self.buffer, at, keepdims=False)
        return Stack(self.dtype, self.buffer, self.top, self.down + 1), element

    def settled(self):
        """The same stack with its pushes written: in place while there is room, else in a buffer that has it."""
        if not self.down and not self.pending:
            return self
        top, buffer = self.top - self.down, self.buffer
        if self.pending:
            capacity = 0 if buffer is None else len(buffer)
            if isinstance(top, int) and top + len(self.pending) > capacity:
                buffer = self.with_room(top + len(self.pending), self.pending[0]).buffer
            for i, element in enumerate(self.pending):
                buffer = jax.lax.dynamic_update_index_in_dim(buffer, element, top + i, 0)
        return Stack(self.dtype, buffer, top + len(self.pending))

    def with_room(self, capacity, element=None):
        """The same stack with a buffer for `capacity` elements at least; `element` has their shape when it has none."""
        buffer = self.buffer
        if buffer is None:
            buffer = jnp.zeros((capacity, *np.shape(element)), self.dtype)
        elif len(buffer) < capacity:
            buffer = jnp.concatenate([buffer, jnp.zeros((capacity - len(buffer), *buffer.shape[1:]), buffer.dtype)])
        return Stack(self.dtype, buffer, self.top, self.down, self.pending)
