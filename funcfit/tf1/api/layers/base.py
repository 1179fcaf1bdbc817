"""`Layer`: an object that makes its variables when it is first called and finds them again later."""

import copy
import inspect
import re

import numpy as np

from funcfit.tf1.build.partitions import PartitionedVariable
from funcfit.tf1.graph import dtypes
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import colocate_with, get_default_graph, name_scope
from funcfit.tf1.graph.keys import GraphKeys, get_collection, get_collection_ref
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import api, tf


@api("layers.Layer")
class Layer:
    """What all layers share: a subclass makes variables with `add_weight` in `build` and nodes in `call`.

    Calling the layer builds it the first time, inside a variable scope named like the layer. Changes: by its calls.
    """

    def __init__(self, trainable=True, name=None, dtype=None, activity_regularizer=None, _scope=None, _reuse=None):
        self.trainable, self.built, self.input_spec = trainable, False, None
        self.activity_regularizer = activity_regularizer
        self._dtype = None if dtype is None else dtypes.as_dtype(dtype).base_dtype
        self._base_name = getattr(name, "name", name) or _snake_case(type(self).__name__)
        self._reuse, self._scope, self._graph = _reuse, None, get_default_graph()
        self._call_takes_scope = "scope" in inspect.signature(self.call).parameters
        if _scope:
            with tf.variable_scope(_scope) as self._scope:
                pass
        self._trainable_weights, self._non_trainable_weights = [], []
        self._losses, self._updates = [], []  # (value, the inputs it is for)
        self._calls = []  # (inputs, outputs), each a list of tensors

    def __deepcopy__(self, memo):
        """A layer like this one in the same graph."""
        copied = memo[id(self)] = type(self).__new__(type(self))
        for key, value in vars(self).items():
            setattr(copied, key, value if key == "_graph" else copy.deepcopy(value, memo))
        return copied

    # -- for subclasses ----------------------------------------------------------------------------------------------

    def build(self, input_shape):
        """Makes the variables, for inputs of a static shape (of several, for several inputs)."""
        self.built = True

    def call(self, inputs, **kwargs):
        """The layer's outputs."""
        return inputs

    def compute_output_shape(self, input_shape):
        """The outputs' static shape, from the inputs'."""
        raise NotImplementedError

    def add_weight(
        self,
        name,
        shape,
        dtype=None,
        initializer=None,
        regularizer=None,
        trainable=True,
        constraint=None,
        use_resource=None,
        synchronization=None,
        aggregation=None,
        partitioner=None,
    ):
        """A variable in the layer's scope, or the one that is there when the scope reuses.

        The layer lists it, and adds the loss of its `regularizer`, only if it is new.
        """
        existing = _identities(tf.global_variables())
        self._take_scope(None)
        with (
            tf.variable_scope(self._scope, reuse=self.built or self._reuse, auxiliary_name_scope=False) as scope,
            name_scope(scope.original_name_scope),
        ):
            variable = tf.get_variable(
                name,
                shape=shape,
                dtype=dtypes.as_dtype(dtype or self._dtype or dtypes.float32),
                initializer=initializer,
                regularizer=tf.no_regularizer if regularizer else None,  # the layer's own instead of the scope's
                trainable=trainable and self.trainable,
                constraint=constraint,
                partitioner=partitioner,
            )
            if id(variable) in existing:
                return variable
            for part in _parts(variable):
                self._regularize(part, name, regularizer)
        if trainable and self.trainable:  # a custom getter may have made it otherwise
            trainable = _identities(_parts(variable)) <= _identities(tf.trainable_variables())
        (self._trainable_weights if trainable else self._non_trainable_weights).append(variable)
        return variable

    def _regularize(self, variable, name, regularizer):
        if regularizer:
            with colocate_with(variable.op), name_scope(name + "/Regularizer"):
                loss = regularizer(variable)
            if loss is not None:
                self.add_loss(loss)

    def add_variable(self, *args, **kwargs):
        """The older name of `add_weight`."""
        return self.add_weight(*args, **kwargs)

    def add_loss(self, losses, inputs=None):
        """Adds losses to the layer's and to the collection REGULARIZATION_LOSSES; `inputs` are those they depend on."""
        losses = _flat(losses)
        self._losses += [(loss, _flat(inputs)) for loss in losses]
        _add_new(losses, GraphKeys.REGULARIZATION_LOSSES)

    def add_update(self, updates, inputs=None):
        """Adds nodes that training should run to the layer's, and so to the collection UPDATE_OPS."""
        self._updates += [(update, _flat(inputs)) for update in _flat(updates)]

    # -- calling -----------------------------------------------------------------------------------------------------

    def __call__(self, inputs, *args, **kwargs):
        """The layer's outputs for `inputs`: a tensor, an array, or a nest of them.

        ValueError when they do not fit the layer's `input_spec` or belong to another graph than the layer.
        """
        self._take_scope(kwargs.pop("scope", None))
        inputs = _map(lambda x: convert_to_tensor(x) if isinstance(x, np.ndarray) else x, inputs)
        tensors = _flat(inputs)
        self._check_graph(tensors)
        # The scope's name is taken a second time, as TF 1.1 does: the second layer `dense` stands in `dense_2`.
        with (
            tf.variable_scope(self._scope, reuse=True if self.built else self._reuse) as scope,
            name_scope(scope.original_name_scope),
        ):
            if not self.built:
                self._check_inputs(tensors)
                if self._dtype is None and tensors:
                    self._dtype = tensors[0].dtype.base_dtype
                self.build(_map(lambda x: x.get_shape(), inputs))
            self._check_inputs(tensors)
            if self._call_takes_scope:
                kwargs["scope"] = scope
            outputs = self.call(inputs, *args, **kwargs)
            if outputs is None:
                raise ValueError("A layer's `call` method should return a Tensor or a list of Tensors, not None.")
            for output in _flat(outputs) if self.activity_regularizer else ():
                with name_scope("ActivityRegularizer"):
                    loss = self.activity_regularizer(output)
                self.add_loss(loss, inputs=inputs)
        _add_new(self.updates, GraphKeys.UPDATE_OPS)
        self._calls.append((tensors, _flat(outputs)))
        self.built = True
        return outputs

    def apply(self, inputs, *args, **kwargs):
        """The same as calling the layer."""
        return self(inputs, *args, **kwargs)

    def _take_scope(self, scope):
        """Opens the layer's variable scope if it has none yet: `scope`, or one named like the layer, made unique."""
        if self._scope is not None:
            return
        if self._reuse:
            opened = tf.variable_scope(self._base_name if scope is None else scope)
        else:
            opened = tf.variable_scope(scope, default_name=self._base_name)
        with opened as self._scope:
            pass

    def _check_graph(self, tensors):
        for x in tensors:
            if x.graph is not self._graph:
                raise ValueError(f"Input graph and Layer graph are not the same: {x} is not from the layer's graph.")

    def _check_inputs(self, tensors):
        if self.input_spec is None:
            return
        specs = _flat(self.input_spec)
        if len(tensors) != len(specs):
            raise ValueError(
                f"Layer {self.name} expects {len(specs)} inputs, but it received {len(tensors)} input tensors. "
                f"Inputs received: {tensors}"
            )
        for i, (tensor, spec) in enumerate(zip(tensors, specs)):
            complaint = spec.complaint(tensor)
            if complaint:
                raise ValueError(f"Input {i} of layer {self.name} is incompatible with the layer: {complaint}")

    # -- what a layer has --------------------------------------------------------------------------------------------

    @property
    def name(self):
        return self._scope.name.split("/")[-1] if self._scope is not None else self._base_name

    @property
    def scope_name(self):
        """The name of the variable scope; ValueError before the first call, which decides it."""
        if self._scope is None:
            raise ValueError(
                f'No name available for layer scope because the layer "{self.name}" has not been used yet: the scope '
                "is determined the first time the layer is called."
            )
        return self._scope.name

    graph = property(lambda self: self._graph)
    dtype = property(lambda self: self._dtype and self._dtype.name)

    @property
    def trainable_weights(self):
        return self._trainable_weights if self.trainable else []

    @property
    def non_trainable_weights(self):
        return self._non_trainable_weights if self.trainable else self._trainable_weights + self._non_trainable_weights

    weights = property(lambda self: self.trainable_weights + self.non_trainable_weights)
    variables = property(lambda self: self.weights)
    trainable_variables = property(lambda self: self.trainable_weights)
    non_trainable_variables = property(lambda self: self.non_trainable_weights)
    losses = property(lambda self: [loss for loss, _ in self._losses])
    updates = property(lambda self: [update for update, _ in self._updates])

    def get_losses_for(self, inputs):
        """The losses that depend on `inputs`; None asks for those that depend on no inputs."""
        return _for_inputs(self._losses, inputs)

    def get_updates_for(self, inputs):
        """The updates that depend on `inputs`; None asks for those that depend on no inputs."""
        return _for_inputs(self._updates, inputs)

    def count_params(self):
        """How many numbers the variables hold. ValueError before the layer is built."""
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on {self.name}, but the layer isn't built. You can build it "
                f"manually via: `{self.name}.build(batch_input_shape)`."
            )
        return sum(variable.get_shape().num_elements() for variable in self.weights)

    # -- where a layer stands ----------------------------------------------------------------------------------------

    def _tensors_of_call(self, index, side):
        if not 0 <= index < len(self._calls):
            raise ValueError(
                f"Asked to get {('input', 'output')[side]} at node {index}, but the layer has only "
                f"{len(self._calls)} inbound nodes."
            )
        return self._calls[index][side]

    def get_input_at(self, node_index):
        """The inputs of the call number `node_index`: a tensor, or a list when there were more."""
        return _alone(self._tensors_of_call(node_index, 0))

    def get_output_at(self, node_index):
        return _alone(self._tensors_of_call(node_index, 1))

    def get_input_shape_at(self, node_index):
        """The static shape of a call's inputs as a tuple, unknown sizes None."""
        return _alone([_sizes(x) for x in self._tensors_of_call(node_index, 0)])

    def get_output_shape_at(self, node_index):
        return _alone([_sizes(x) for x in self._tensors_of_call(node_index, 1)])

    def _first(self, get, what):
        if not self._calls:
            raise AttributeError(f"Layer {self.name} is not connected, no {what} to return.")
        return get(0)

    def _only_shape(self, get, what):
        first = self._first(get, what)
        if any(get(i) != first for i in range(len(self._calls))):
            raise AttributeError(
                f'The layer "{self.name}" has been called with different shapes, so that "{what}" is ill-defined. '
                f"Use `get_{what.replace(' ', '_')}_at(node_index)` instead."
            )
        return first

    input = property(lambda self: self._first(self.get_input_at, "input"))
    output = property(lambda self: self._first(self.get_output_at, "output"))
    input_shape = property(lambda self: self._only_shape(self.get_input_shape_at, "input shape"))
    output_shape = property(lambda self: self._only_shape(self.get_output_shape_at, "output shape"))


@api("layers.InputSpec")
class InputSpec:
    """What a layer asks of an input: its dtype, its shape (None: any size), its rank, the sizes of some axes."""

    def __init__(self, dtype=None, shape=None, ndim=None, max_ndim=None, min_ndim=None, axes=None):
        self.dtype, self.shape, self.axes = dtype, shape, axes or {}
        self.ndim = ndim if shape is None else len(shape)
        self.max_ndim, self.min_ndim = max_ndim, min_ndim

    def complaint(self, tensor):
        """What is wrong with `tensor`, None when it fits."""
        shape = tensor.get_shape()
        sizes, rank = shape.dims_or_none, shape.ndims
        if rank is None:
            if (self.ndim, self.max_ndim, self.min_ndim) == (None, None, None):
                return None
            return "its rank is undefined, but the layer requires a defined rank."
        full = f"Full shape received: {list(sizes)}"
        if self.shape is not None and rank == self.ndim:
            if any(None not in (a, b) and a != b for a, b in zip(TensorShape(self.shape).dims_or_none, sizes)):
                return f"expected shape={self.shape}, found shape={list(sizes)}"
        if self.ndim is not None and rank != self.ndim:
            return f"expected ndim={self.ndim}, found ndim={rank}. {full}"
        if self.max_ndim is not None and rank > self.max_ndim:
            return f"expected max_ndim={self.max_ndim}, found ndim={rank}"
        if self.min_ndim is not None and rank < self.min_ndim:
            return f"expected min_ndim={self.min_ndim}, found ndim={rank}. {full}"
        if self.dtype is not None and tensor.dtype != self.dtype:
            return f"expected dtype={self.dtype}, found dtype={tensor.dtype}"
        for axis, size in self.axes.items():
            size = getattr(size, "value", size)
            if size is not None and sizes[int(axis)] not in (size, None):
                return f"expected axis {axis} of input shape to have value {size} but received shape {list(sizes)}"
        return None


@api("layers.Input")
def Input(shape=None, batch_size=None, name=None, dtype=dtypes.float32, tensor=None):
    """A placeholder for batches of `shape`, or `tensor` as it is: where a chain of layers begins."""
    if tensor is not None:
        return tensor
    return tf.placeholder(dtype, [batch_size, *TensorShape(shape)], name=name or "input")


def _snake_case(name):
    """`Conv2DTranspose` -> `conv2d_transpose`; a leading underscore becomes `private_`."""
    name = re.sub("(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    name = re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
    return "private" + name if name[0] == "_" else name


def _flat(nest):
    """The leaves of nested lists, tuples and dicts (by key); nothing for None."""
    if nest is None:
        return []
    if isinstance(nest, dict):
        return [leaf for key in sorted(nest) for leaf in _flat(nest[key])]
    if isinstance(nest, list | tuple):
        return [leaf for part in nest for leaf in _flat(part)]
    return [nest]


def _map(function, nest):
    """The nest with `function` applied to its leaves."""
    if isinstance(nest, dict):
        return {key: _map(function, part) for key, part in nest.items()}
    if isinstance(nest, list | tuple):
        parts = [_map(function, part) for part in nest]
        return type(nest)(*parts) if hasattr(nest, "_fields") else type(nest)(parts)
    return function(nest)


def _parts(variable):
    return list(variable) if isinstance(variable, PartitionedVariable) else [variable]


def _identities(elements):
    return {id(x) for x in elements}


def _add_new(elements, key):
    present = _identities(get_collection(key))
    get_collection_ref(key).extend(x for x in elements if id(x) not in present)


def _for_inputs(added, inputs):
    wanted = _identities(_flat(inputs))
    return [value for value, these in added if _identities(these) == wanted]


def _alone(values):
    return values[0] if len(values) == 1 else values


def _sizes(tensor):
    return None if tensor.get_shape().ndims is None else tuple(tensor.get_shape().as_list())
