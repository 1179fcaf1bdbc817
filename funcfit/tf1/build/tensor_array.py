"""`tf.TensorArray`: elements that loops write and read by index, as the nodes of ops/tensor_array.py.

Each write gives a new object with the same handle and a new `flow`: reads of the new object come after the write.
"""

from funcfit.tf1 import shapes
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import colocate_with, control_dependencies, device, name_scope
from funcfit.tf1.graph.node import Tensor
from funcfit.tf1.graph.shape import TensorShape, as_shape
from funcfit.tf1.opdef import api, raw, tf


@api("TensorArray")
class TensorArray:
    """`size` elements of `dtype`, each written once and read; with `dynamic_size` a write past the end makes it grow.

    With `infer_shape` (or an `element_shape`) all elements have one static shape, and a write of another one is a
    ValueError; it is shared by all objects of one array. `handle` and `flow` wrap an array that is there already.
    Methods that write give a new TensorArray: go on with that one. The rest of the arguments change nothing here.
    """

    def __init__(
        self,
        dtype,
        size=None,
        dynamic_size=None,
        clear_after_read=None,
        tensor_array_name=None,
        handle=None,
        flow=None,
        infer_shape=True,
        element_shape=None,
        colocate_with_first_write_call=True,
        name=None,
    ):
        if handle is None and size is None:
            raise ValueError("Size must be provided if handle is not provided")
        if handle is not None:
            if tensor_array_name:
                raise ValueError("Cannot construct with both handle and tensor_array_name")
            if not isinstance(handle, Tensor):
                raise TypeError("Handle must be a Tensor")
            for what, given in (
                ("size", size),
                ("element_shape", element_shape),
                ("dynamic_size", dynamic_size),
                ("clear_after_read", clear_after_read),
            ):
                if given is not None:
                    raise ValueError(f"Cannot provide both a handle and {what} at the same time")
        self._dtype = dtypes.as_dtype(dtype).base_dtype
        self._infer_shape = infer_shape or element_shape is not None
        self._element_shape = [] if element_shape is None else [as_shape(element_shape)]  # one list for all objects
        with name_scope(name, "TensorArray", [handle, size, flow]) as scope:
            if handle is not None:
                if flow is None:
                    raise ValueError("flow must not be None if handle is not None.")
                self._handle, self._flow = handle, flow
                return
            with device(None), colocate_with(None, ignore_existing=True):  # the first write gives it its device
                self._handle, self._flow = raw.TensorArrayV3(
                    size,
                    dtype=self._dtype,
                    element_shape=element_shape,
                    dynamic_size=bool(dynamic_size),
                    clear_after_read=clear_after_read,
                    tensor_array_name=tensor_array_name,
                    name=scope,
                )

    flow = property(lambda self: self._flow)
    dtype = property(lambda self: self._dtype)
    handle = property(lambda self: self._handle)

    @property
    def element_shape(self):
        """What is known of the elements' shape."""
        return self._element_shape[0] if self._element_shape else shapes.UNKNOWN

    def _merge_element_shape(self, shape):
        if not shape.is_compatible_with(self.element_shape):
            raise ValueError(
                f"Inconsistent shapes: saw {shape} but expected {self.element_shape} (and infer_shape=True)"
            )
        self._element_shape[:] = [self.element_shape.merge_with(shape)]

    def identity(self):
        """The same array; what is read from it comes after the contexts and control dependencies of this call."""
        return self._after(tf.identity(self._flow))

    def _after(self, flow, handle=None):
        handle = self._handle if handle is None else handle
        array = TensorArray(self._dtype, handle=handle, flow=flow, infer_shape=self._infer_shape)
        array._element_shape = self._element_shape
        return array

    def grad(self, source, flow=None, name=None):
        """The array in which the gradients of the elements add up; there is one for each string `source`."""
        flow = self._flow if flow is None else flow  # a dynamic array's size must be final: later than this flow
        with name_scope(name, "TensorArrayGrad", [self._handle]), colocate_with(self._handle):
            handle, _ = raw.TensorArrayGradV3(self._handle, flow, source=source, name=name)
            with control_dependencies([handle]):
                flow = tf.identity(flow, name="gradient_flow")
            return self._after(flow, handle)

    def read(self, index, name=None):
        """The element at the int32 scalar `index`."""
        with colocate_with(self._handle):
            value = raw.TensorArrayReadV3(self._handle, index, self._flow, dtype=self._dtype, name=name)
        value.set_shape(self.element_shape)
        return value

    def write(self, index, value, name=None):
        """The array with `value` at `index`."""
        with name_scope(name, "TensorArrayWrite", [self._handle, index, value]):
            value = self._converted(value)
            with colocate_with(self._handle):
                flow = raw.TensorArrayWriteV3(self._handle, index, value, self._flow, name=name)
            return self._written(flow, value.shape)

    def _converted(self, value):
        value = convert_to_tensor(value, name="value", preferred_dtype=self._dtype)
        if value.device and not self._handle.op.device:
            self._handle.op._set_device(value.device)
        return value

    def _written(self, flow, element_shape):
        array = self._after(flow)
        if array._infer_shape:
            array._merge_element_shape(element_shape)
        return array

    def stack(self, name=None):
        """All elements along a new first axis; they must be of one shape."""
        with colocate_with(self._handle), name_scope(name, "TensorArrayStack", [self._handle]):
            return self.gather(tf.range(0, self.size()), name=name)

    pack = stack  # before 1.0

    def gather(self, indices, name=None):
        """The elements at the vector `indices` along a new first axis."""
        with colocate_with(self._handle):
            value = raw.TensorArrayGatherV3(
                self._handle,
                indices,
                self._flow,
                dtype=self._dtype,
                element_shape=self.element_shape,
                name=name,
            )
        if self.element_shape.ndims is not None:
            value.set_shape(TensorShape([None]).concatenate(self.element_shape))
        return value

    def concat(self, name=None):
        """All elements joined along their first axis."""
        rest = self.element_shape[1:] if self.element_shape.ndims is not None else shapes.UNKNOWN
        with colocate_with(self._handle):
            value, _ = raw.TensorArrayConcatV3(
                self._handle, self._flow, dtype=self._dtype, element_shape_except0=rest, name=name
            )
        if rest.ndims is not None:
            value.set_shape(TensorShape([None]).concatenate(rest))
        return value

    def unstack(self, value, name=None):
        """The array with `value[i]` at every i."""
        with name_scope(name, "TensorArrayUnstack", [self._handle, value]):
            count = tf.shape(value)[0]
            return self.scatter(tf.range(0, count), value, name=name)

    unpack = unstack  # before 1.0

    def scatter(self, indices, value, name=None):
        """The array with `value[i]` at `indices[i]`."""
        with name_scope(name, "TensorArrayScatter", [self._handle, value, indices]):
            value = self._converted(value)
            with colocate_with(self._handle):
                flow = raw.TensorArrayScatterV3(self._handle, indices, value, self._flow, name=name)
            return self._written(flow, value.shape[1:] if value.shape.ndims is not None else shapes.UNKNOWN)

    def split(self, value, lengths, name=None):
        """The array with the first `lengths[0]` rows of `value` at 0, the next `lengths[1]` rows at 1, and so on."""
        with name_scope(name, "TensorArraySplit", [self._handle, value, lengths]):
            value = self._converted(value)
            lengths = tf.to_int64(lengths)
            with colocate_with(self._handle):
                flow = raw.TensorArraySplitV3(self._handle, value, lengths, self._flow, name=name)
            known = shapes.constant_value(lengths)
            element_shape = shapes.UNKNOWN
            if value.shape.ndims and known is not None and known.ndim and len(set(known.tolist())) == 1:
                element_shape = TensorShape([int(known[0])]).concatenate(value.shape[1:])
            return self._written(flow, element_shape)

    def size(self, name=None):
        """How many elements there are."""
        with colocate_with(self._handle):
            return raw.TensorArraySizeV3(self._handle, self._flow, name=name)

    def close(self, name=None):
        """A node that lets go of the elements."""
        with colocate_with(self._handle):
            return raw.TensorArrayCloseV3(self._handle, name=name)
