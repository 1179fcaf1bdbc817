"""Tensors kept between runs without passing through the program: a run gives a handle, later runs are fed with it.

    handle = session.run(tf.get_session_handle(c))
    holder, c_again = tf.get_session_tensor(handle.handle, tf.float32)
    session.run(c_again * 2, {holder: handle.handle})

A handle holds its value itself; it lives as long as the program keeps the handle.
"""

import numpy as np

from funcfit.errors import InvalidArgumentError
from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.graph import colocate_with
from funcfit.tf1.graph.node import Tensor
from funcfit.tf1.opdef import api, op, raw, tf


class TensorHandle:
    """What fetching a session handle gives. Fed for a tensor it is the value; fed for a holder it is itself. Changes:
    `delete` empties it.
    """

    def __init__(self, value):
        self._value = value

    handle = property(lambda self: self)

    def get_raw_handle(self):
        return self

    def eval(self):
        """The value; InvalidArgumentError when it was deleted."""
        if self._value is None:
            raise InvalidArgumentError(message="The tensor of this handle is not in the session store: it was deleted.")
        return self._value[()]

    def delete(self):
        """Lets go of the value; TypeError the second time."""
        if self._value is None:
            raise TypeError("Persistent tensor may have already been deleted.")
        self._value = None

    def __array__(self, dtype=None, copy=None):
        if dtype is not None and np.dtype(dtype).hasobject:
            return _boxed(self)
        return np.array(self.eval(), dtype)


def _boxed(handle):
    array = np.empty((), object)
    array[()] = handle
    return array


@op("value: T -> handle: resource", host=True, gradient=None, out=shapes.scalar)
def GetSessionHandleV2(value):
    return _boxed(TensorHandle(np.array(value)))


@op("handle: string -> value: dtype", host=True, gradient=None, out=shapes.unknown)
def GetSessionTensor(handle, *, dtype):
    return np.array(handle.item().eval())


@op("handle: string ->", host=True, gradient=None)
def DeleteSessionTensor(handle):
    handle.item().delete()
    return ()


@api("get_session_handle")
def get_session_handle(data, name=None):
    """A tensor whose value is a handle to the value of `data`."""
    if not isinstance(data, Tensor):
        raise TypeError("`data` must be of type Tensor.")
    with colocate_with(data):
        return raw.GetSessionHandleV2(data, name=name)


@api("get_session_tensor")
def get_session_tensor(handle, dtype, name=None):
    """(holder, tensor): feed a handle for `holder`, and `tensor` is its value."""
    holder = tf.placeholder(dtypes.string)
    return holder, raw.GetSessionTensor(holder, dtype, name=name)


@api("delete_session_tensor")
def delete_session_tensor(handle, name=None):
    """(holder, node): feed a handle for `holder`, and running the node deletes its value."""
    holder = tf.placeholder(dtypes.string)
    return holder, raw.DeleteSessionTensor(holder, name=name)
