"""The variables of a graph by full name: found, made, or made in parts (`VariableStore.get_variable`)."""

import functools
import inspect
import traceback
from collections.abc import Sequence

from funcfit.tf1.build.initializers import GlorotUniform, Initializer, Zeros
from funcfit.tf1.build.partitions import PartitionedVariable
from funcfit.tf1.build.variables import Variable
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import colocate_with, name_scope
from funcfit.tf1.graph.keys import GraphKeys, add_to_collection
from funcfit.tf1.graph.node import Tensor
from funcfit.tf1.graph.shape import as_shape
from funcfit.tf1.opdef import api, tf


@api("python.ops.variable_scope._PartitionInfo")
class PartitionInfo:
    """Where in the whole variable a part lies: the whole's shape and the part's offset. TypeError and ValueError for
    what cannot be.
    """

    def __init__(self, full_shape, var_offset):
        for name, value in (("full_shape", full_shape), ("var_offset", var_offset)):
            if not isinstance(value, Sequence) or isinstance(value, str):
                raise TypeError(f"`{name}` must be a sequence (like tuple or list) instead of {type(value).__name__}")
        if len(var_offset) != len(full_shape):
            raise ValueError(
                f"Expected equal length, but `var_offset` is of length {len(var_offset)} while full_shape is of "
                f"length {len(full_shape)}."
            )
        for offset, size in zip(var_offset, full_shape):
            if not 0 <= offset < size:
                raise ValueError(
                    f"Expected 0 <= offset < shape but found offset={offset}, shape={size} for "
                    f"var_offset={var_offset}, full_shape={full_shape}"
                )
        self._full_shape, self._var_offset = full_shape, var_offset

    full_shape = property(lambda self: self._full_shape)
    var_offset = property(lambda self: self._var_offset)

    def single_offset(self, shape):
        """The offset along the one axis that is cut for a part of `shape`; 0 when none is."""
        axis = self.single_slice_dim(shape)
        return 0 if axis is None else self.var_offset[axis]

    def single_slice_dim(self, shape):
        """The one axis along which a part of `shape` is smaller than the whole, or None; ValueError when there are
        several.
        """
        if not isinstance(shape, Sequence) or isinstance(shape, str):
            raise TypeError(f"`shape` must be a sequence (like tuple or list) instead of {type(shape).__name__}")
        if len(shape) != len(self.full_shape):
            raise ValueError(
                f"Expected equal length, but received shape={shape} of length {len(shape)} while "
                f"self.full_shape={self.full_shape} is of length {len(self.full_shape)}."
            )
        for i, size in enumerate(shape):
            if self.var_offset[i] + size > self.full_shape[i]:
                raise ValueError(
                    f"With self.var_offset={self.var_offset}, a partition of shape={shape} would exceed "
                    f"self.full_shape={self.full_shape} in dimension {i}."
                )
        cut = [i for i, size in enumerate(shape) if size != self.full_shape[i]]
        if len(cut) > 1:
            raise ValueError(
                f"Cannot use single_slice_dim() with shape={shape} and self.full_shape={self.full_shape} since slice "
                f"dim could be either dimension {cut[0]} or {cut[1]}."
            )
        return cut[0] if cut else None


@api("python.ops.variable_scope._VariableStore")
class VariableStore:
    """The variables of a graph by full name. Grows with `get_variable`; counts how often each scope was opened."""

    def __init__(self):
        self._vars = {}
        self._partitioned_vars = {}
        self.variable_scopes_count = {}
        self.scopes_opened = 0

    def open_variable_scope(self, scope_name):
        self.variable_scopes_count[scope_name] = self.variable_scope_count(scope_name) + 1
        self.scopes_opened += 1

    def close_variable_subscopes(self, scope_name):
        for name in self.variable_scopes_count:
            if not scope_name or name.startswith(scope_name + "/"):
                self.variable_scopes_count[name] = 0

    def variable_scope_count(self, scope_name):
        return self.variable_scopes_count.get(scope_name, 0)

    def get_variable(self, name, *, custom_getter=None, dtype=dtypes.float32, constraint=None, **arguments):
        """The variable called `name`: found, made or made in parts, through `custom_getter` if there is one."""
        if custom_getter is not None and not callable(custom_getter):
            raise ValueError(f"Passed a custom_getter which is not callable: {custom_getter}")
        dtype = getattr(dtype, "base_dtype", dtype)
        if custom_getter is None:
            return self._get(name=name, dtype=dtype, constraint=constraint, **arguments)
        if _takes(custom_getter, "constraint"):
            arguments["constraint"] = constraint
        return custom_getter(getter=self._get, name=name, dtype=dtype, **arguments)

    def _get(
        self,
        name,
        shape=None,
        dtype=dtypes.float32,
        initializer=None,
        regularizer=None,
        reuse=None,
        trainable=None,
        collections=None,
        caching_device=None,
        partitioner=None,
        validate_shape=True,
        use_resource=None,
        constraint=None,
        synchronization=None,
        aggregation=None,
    ):
        variable_arguments = dict(
            trainable=trainable,
            collections=collections,
            caching_device=caching_device,
            validate_shape=validate_shape,
            use_resource=use_resource,
            constraint=constraint,
        )
        scalar = shape is not None and as_shape(shape).ndims == 0
        if partitioner is not None and not scalar:
            if not callable(partitioner):
                raise ValueError(f"Partitioner must be callable, but received: {partitioner}")
            with name_scope(None):
                return self._partitioned(
                    name, shape, dtype, initializer, regularizer, reuse, partitioner, variable_arguments
                )
        if reuse is True and partitioner is None and name in self._partitioned_vars:
            return self._partitioned(name, shape, dtype, initializer, regularizer, reuse, None, variable_arguments)
        if f"{name}/part_0" in self._vars:
            raise ValueError(
                f"No partitioner was provided, but a partitioned version of the variable was found: {name}/part_0. "
                "Perhaps a variable of the same name was already created with partitioning?"
            )
        return self._single(name, shape, dtype, initializer, regularizer, None, reuse, variable_arguments)

    def _single(self, name, shape, dtype, initializer, regularizer, partition_info, reuse, variable_arguments):
        from_value = initializer is not None and not callable(initializer)
        if shape is not None and from_value:
            raise ValueError("If initializer is a constant, do not specify shape.")
        dtype, shape = dtypes.as_dtype(dtype), as_shape(shape)
        if name in self._vars:
            return self._found(name, shape, dtype, reuse)
        if reuse is True:
            raise ValueError(
                f"Variable {name} does not exist, or was not created with tf.get_variable(). Did you mean to set "
                "reuse=None or reuse=tf.AUTO_REUSE in VarScope?"
            )
        needs_no_shape = (
            callable(initializer)
            and not isinstance(initializer, (type, Initializer))
            and shape.ndims is None
            and not _required(initializer)
        )
        if not shape.is_fully_defined() and not from_value and not needs_no_shape:
            raise ValueError(f"Shape of a new variable ({name}) must be fully defined, but instead was {shape}.")
        if initializer is None:
            initializer = default_initializer(name, dtype)
            if partition_info is None and not dtype.is_floating:
                # 1.1 makes the zeros of an integer variable at once, outside the variable's scope (variable_scope.py).
                initializer, from_value = initializer(shape=shape.as_list(), dtype=dtype.base_dtype), True
        if from_value or needs_no_shape:
            initial_value, variable_dtype = initializer, None
        else:
            if isinstance(initializer, type):
                initializer = initializer(dtype=dtype) if _takes(initializer, "dtype") else initializer()
            extra = {"partition_info": partition_info} if _takes(initializer, "partition_info") else {}
            initial_value, variable_dtype = (
                functools.partial(initializer, shape.as_list(), dtype=dtype, **extra),
                dtype.base_dtype,
            )
        variable = Variable(initial_value=initial_value, name=name, dtype=variable_dtype, **variable_arguments)
        self._vars[name] = variable
        if regularizer:
            with colocate_with(variable.op), name_scope(name + "/Regularizer/"):
                loss = regularizer(variable)
            if loss is not None:
                add_to_collection(GraphKeys.REGULARIZATION_LOSSES, loss)
        return variable

    def _found(self, name, shape, dtype, reuse):
        found = self._vars[name]
        if reuse is False:
            where = "".join(traceback.format_list(found.op.traceback[::-1][:3]))
            raise ValueError(
                f"Variable {name} already exists, disallowed. Did you mean to set reuse=True or reuse=tf.AUTO_REUSE "
                f"in VarScope? Originally defined at:\n\n{where}"
            )
        if not shape.is_compatible_with(found.shape):
            raise ValueError(
                f"Trying to share variable {name}, but specified shape {shape} and found shape {found.shape}."
            )
        if not dtype.is_compatible_with(found.dtype):
            raise ValueError(
                f"Trying to share variable {name}, but specified dtype {dtype.name} and found dtype {found.dtype.name}."
            )
        return found

    def _partitioned(self, name, shape, dtype, initializer, regularizer, reuse, partitioner, variable_arguments):
        """`name` in parts `name/part_0`, ..., cut along one axis as `partitioner(shape=, dtype=)` says."""
        if name in self._vars:
            raise ValueError(
                f"A partitioner was provided, but an unpartitioned version of the variable was found: {name}.  "
                "Perhaps a variable of the same name was already created without partitioning?"
            )
        dtype, shape = dtypes.as_dtype(dtype), as_shape(shape)
        if isinstance(initializer, Tensor):
            shape = shape.merge_with(initializer.shape)
        unpartitioned = bool(reuse) and partitioner is None
        partitions = None if unpartitioned else _partitions(name, partitioner, shape, dtype)
        if name in self._partitioned_vars:
            return self._found_partitioned(name, shape, dtype, reuse, partitions)
        if reuse is True:
            raise ValueError(
                f"PartitionedVariable {name} does not exist, or was not created with tf.get_variable(). Did you mean "
                "to set reuse=False or reuse=tf.AUTO_REUSE in VarScope?"
            )
        sizes = shape.as_list()
        axis, part = slice_axis_and_shape(sizes, partitions)
        count = partitions[axis]
        self._check_parts(name, count)
        parts, start = [], 0
        for i in range(count):
            part_shape, offset = list(part), [0] * len(sizes)
            part_shape[axis] += i < sizes[axis] % count
            offset[axis], start = start, start + part_shape[axis]
            info = PartitionInfo(full_shape=sizes, var_offset=offset)
            part_dtype = dtype
            with name_scope(f"{name}/part_{i}/PartitionedInitializer"):
                if initializer is None:
                    init, init_shape = default_initializer(name, dtype), part_shape
                elif callable(initializer):
                    init, init_shape = initializer, part_shape
                else:
                    whole = (
                        initializer if isinstance(initializer, Tensor) else convert_to_tensor(initializer, dtype=dtype)
                    )
                    init, init_shape = tf.slice(whole, offset, part_shape), None
                    part_dtype = init.dtype.base_dtype
            with name_scope(None):
                variable = self._single(
                    f"{name}/part_{i}", init_shape, part_dtype, init, regularizer, info, reuse, variable_arguments
                )
            variable._set_save_slice_info(Variable.SaveSliceInfo(name, sizes, offset, part_shape))
            parts.append(variable)
        whole = PartitionedVariable(name=name, shape=shape, dtype=dtype, variable_list=parts, partitions=partitions)
        self._partitioned_vars[name] = whole
        return whole

    def _found_partitioned(self, name, shape, dtype, reuse, partitions):
        found = self._partitioned_vars[name]
        if reuse is False:
            raise ValueError(
                f"Partitioned variable with name {name} already exists. Did you mean to set reuse=True or "
                "reuse=tf.AUTO_REUSE in VarScope?"
            )
        if not shape.is_compatible_with(found.get_shape()):
            raise ValueError(
                f"Trying to reuse partitioned variable {name}, but specified shape {shape} and found shape "
                f"{found.get_shape()}."
            )
        if not dtype.is_compatible_with(found.dtype):
            raise ValueError(
                f"Trying to reuse partitioned variable {name}, but specified dtype {dtype.name} and found dtype "
                f"{found.dtype.name}."
            )
        if partitions is not None and list(found._get_partitions()) != list(partitions):
            raise ValueError(
                f"Trying to reuse partitioned variable {name}, but specified partitions {partitions} and found "
                f"partitions {found._get_partitions()}."
            )
        return found

    def _check_parts(self, name, count):
        if f"{name}/part_0" not in self._vars:
            return
        start = (
            "Partitioner returned a different partitioning than what was already found.  "
            f"Partitioner returned {count} shards, and shard {name}/part_0 was found, but"
        )
        if f"{name}/part_{count - 1}" not in self._vars:
            raise ValueError(f"{start} {name}/part_{count - 1} was not.")
        if f"{name}/part_{count}" in self._vars:
            raise ValueError(f"{start} so was the extra shard {name}/part_{count}.")


def default_initializer(name, dtype):
    """What a variable starts from when nothing was said: Glorot's uniform draw for floats, zeros for integers and
    bool.
    """
    if dtype.is_floating:
        return GlorotUniform()
    if dtype.is_integer or dtype.is_bool:
        return Zeros()
    raise ValueError(f"An initializer for variable {name} of {dtype.base_dtype} is required")


def _parameters(function):
    try:
        return inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return ()


def _takes(function, name):
    return any(p.name == name or p.kind is p.VAR_KEYWORD for p in _parameters(function))


def _required(function):
    return [
        p
        for p in _parameters(function)
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]


def _partitions(name, partitioner, shape, dtype):
    if not shape.is_fully_defined():
        raise ValueError(
            f"Shape of a new partitioned variable ({name}) must be fully defined, but instead was {shape}."
        )
    if shape.ndims < 1:
        raise ValueError(f"A partitioned Variable must have rank at least 1, shape: {shape}")
    partitions = partitioner(shape=shape, dtype=dtype)
    if not isinstance(partitions, Sequence):
        raise ValueError(f"Partitioner must return a sequence, but saw: {partitions}")
    if len(partitions) != shape.ndims:
        raise ValueError(
            f"Partitioner returned a partition list that does not match the Variable's rank: {partitions} vs. {shape}"
        )
    if any(p < 1 for p in partitions):
        raise ValueError(f"Partitioner returned zero partitions for some axes: {partitions}")
    return partitions


def slice_axis_and_shape(full_shape, slicing):
    """The one axis that `slicing` cuts (0 when it cuts none) and the shape of a part, rounded down."""
    axis, part = None, list(full_shape)
    for i, count in enumerate(slicing):
        size = full_shape[i]
        if count <= 0 or size < count:
            raise ValueError(f"Cannot create {count} slices for size {size}. shape: {full_shape}, slicing: {slicing}")
        if count == 1:
            continue
        if axis is not None:
            raise ValueError(f"Can only slice a variable along one dimension: shape: {full_shape}, slicing: {slicing}")
        axis, part[i] = i, size // count
    return (0 if axis is None else axis), part
