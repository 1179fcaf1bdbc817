"""Variables in parts: `PartitionedVariable`, and the partitioners that say how many parts an axis is cut into."""

import math

from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import register_tensor_conversion_function
from funcfit.tf1.graph.graph import control_dependencies, name_scope
from funcfit.tf1.graph.shape import TensorShape, as_shape
from funcfit.tf1.opdef import api, tf


@api("python.ops.variables.PartitionedVariable")
class PartitionedVariable:
    """Variables that together stand for one, cut along an axis. Used in an expression it is their concatenation.

    ValueError or TypeError for parts that do not make up `shape`. Iterating gives the parts in order of their offsets.
    """

    def __init__(self, name, shape, dtype, variable_list, partitions):
        if not isinstance(variable_list, (list, tuple)):
            raise TypeError(f"variable_list is not a list or tuple: {variable_list}")
        if not isinstance(partitions, (list, tuple)):
            raise TypeError(f"partitions is not a list or tuple: {partitions}")
        if not all(p >= 1 for p in partitions):
            raise ValueError(f"partition values must be positive: {partitions}")
        if not variable_list:
            raise ValueError("variable_list may not be empty")
        slices = [v._get_save_slice_info() for v in variable_list]
        if None in slices:
            raise ValueError(f"All variables must have a save_slice_info available: {[v.name for v in variable_list]}")
        if len(shape) != len(partitions):
            raise ValueError(f"len(shape) != len(partitions): {shape} vs. {partitions}")
        for each in slices:
            if as_shape(each.full_shape) != as_shape(shape):
                raise ValueError(
                    f"All variables' full shapes must match shape: {shape}; but full shapes were: {[each.full_shape]}"
                )
        self._variable_list = sorted(variable_list, key=lambda v: v._get_save_slice_info().var_offset)
        self._name, self._shape, self._dtype, self._partitions = name, shape, dtype, partitions

    name = property(lambda self: self._name)
    dtype = property(lambda self: self._dtype)
    shape = property(lambda self: self._shape)

    def get_shape(self):
        return self._shape

    def __iter__(self):
        return iter(self._variable_list)

    def __len__(self):
        self._only_axis("Cannot get a length for {} > 1 partition axes", ValueError)
        return len(self._variable_list)

    def _partition_axes(self):
        return [i for i, p in enumerate(self._partitions) if p > 1] or [0]

    def _only_axis(self, message, error):
        axes = self._partition_axes()
        if len(axes) > 1:
            raise error(message.format(len(axes)))
        return axes[0]

    def _concat(self):
        if len(self._variable_list) == 1:
            with name_scope(None):
                return tf.identity(self._variable_list[0], name=self._name)
        axis = self._only_axis(
            "Cannot concatenate along more than one dimension: {}.  Multi-axis partition concat is not supported",
            NotImplementedError,
        )
        with name_scope(self._name + "/ConcatPartitions/"):
            whole = tf.concat(self._variable_list, axis)
        with name_scope(None):
            return tf.identity(whole, name=self._name)

    def as_tensor(self):
        """The parts one after the other, in a new node."""
        with control_dependencies(None):
            return self._concat()

    def _get_variable_list(self):  # programs made of TensorFlow's own modules ask for the parts by this name
        return self._variable_list

    def _get_partitions(self):
        return self._partitions

    def _assigned(self, method, value, **arguments):
        axis = self._only_axis(
            "Cannot do assign action along more than one dimension: {}.  Multi-axis partition assign action is not "
            "supported",
            NotImplementedError,
        )
        if not isinstance(value, (list, PartitionedVariable)):
            value = tf.split(value, [v.shape.as_list()[axis] for v in self._variable_list], axis=axis)
        return [getattr(v, method)(part, **arguments) for v, part in zip(self._variable_list, value)]

    def assign(self, value, use_locking=False, name=None, read_value=True):
        """Assigns each part its share of `value`, a tensor or a list with one tensor a part: a list of results."""
        return self._assigned("assign", value, use_locking=use_locking, name=name, read_value=read_value)

    def assign_add(self, value, use_locking=False, name=None, read_value=True):
        return self._assigned("assign_add", value, use_locking=use_locking, name=name, read_value=read_value)

    def assign_sub(self, value, use_locking=False, name=None, read_value=True):
        return self._assigned("assign_sub", value, use_locking=use_locking, name=name, read_value=read_value)


def _converted(variable, dtype=None, name=None, as_ref=False):
    if dtype is not None and not dtypes.as_dtype(dtype).is_compatible_with(variable.dtype):
        raise ValueError(
            f"Incompatible type conversion requested to type '{dtypes.as_dtype(dtype).name}' for variable of type "
            f"'{variable.dtype.name}'"
        )
    if as_ref:
        raise NotImplementedError("PartitionedVariable doesn't support being used as a reference.")
    return variable.as_tensor()


register_tensor_conversion_function(PartitionedVariable, _converted)


@api("fixed_size_partitioner")
def fixed_size_partitioner(num_shards, axis=0):
    """A partitioner that cuts `axis` into `num_shards` parts, or as many as it has elements."""

    def partitioner(shape, **_):
        parts = [1] * len(shape)
        parts[axis] = min(num_shards, shape[axis].value)
        return parts

    return partitioner


@api("variable_axis_size_partitioner")
def variable_axis_size_partitioner(max_shard_bytes, axis=0, bytes_per_string_element=16, max_shards=None):
    """A partitioner that cuts `axis` so that no part has more than `max_shard_bytes`, into at most `max_shards`
    parts.
    """
    if max_shard_bytes < 1 or bytes_per_string_element < 1:
        raise ValueError("Both max_shard_bytes and bytes_per_string_element must be positive.")
    if max_shards and max_shards < 1:
        raise ValueError("max_shards must be positive.")

    def partitioner(shape, dtype):
        if not isinstance(shape, TensorShape):
            raise ValueError(f"shape is not a TensorShape: {shape}")
        if not shape.is_fully_defined():
            raise ValueError(f"shape is not fully defined: {shape}")
        if not isinstance(dtype, dtypes.DType):
            raise ValueError(f"dtype is not a DType: {dtype}")
        length = shape[axis].value
        slice_bytes = shape.num_elements() / length * _element_bytes(dtype, bytes_per_string_element)
        shards = math.ceil(length / max(1, math.floor(max_shard_bytes / slice_bytes)))
        parts = [1] * shape.ndims
        parts[axis] = min(max_shards, shards) if max_shards else shards
        return parts

    return partitioner


@api("min_max_variable_partitioner")
def min_max_variable_partitioner(max_partitions=1, axis=0, min_slice_size=256 << 10, bytes_per_string_element=16):
    """A partitioner that cuts `axis` into up to `max_partitions` parts of at least `min_slice_size` bytes."""

    def partitioner(shape, dtype):
        if axis >= len(shape):
            raise ValueError(f"Can not partition variable along axis {axis} when shape is only {shape}")
        whole = shape.num_elements() * _element_bytes(dtype, bytes_per_string_element)
        parts = [1] * len(shape)
        parts[axis] = max(1, min(shape[axis].value, max_partitions, math.ceil(whole / min_slice_size)))
        return parts

    return partitioner


def _element_bytes(dtype, bytes_per_string_element):
    return bytes_per_string_element if dtype.base_dtype is dtypes.string else dtype.size
