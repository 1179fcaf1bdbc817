"""What all cells are made of: `RNNCell`, `LSTMStateTuple`, zero states, linear maps of several inputs."""

import collections

from funcfit.tf1.api.layers.base import Layer
from funcfit.tf1.api.rnn.names import BIAS, KERNEL
from funcfit.tf1.build import nest
from funcfit.tf1.build.partitions import PartitionedVariable
from funcfit.tf1.graph.graph import name_scope
from funcfit.tf1.graph.shape import Dimension, as_shape
from funcfit.tf1.opdef import api, tf


@api("nn.rnn_cell.RNNCell", "contrib.rnn.RNNCell")
class RNNCell(Layer):
    """One step of a recurrent network: (inputs [batch, n], state) -> (outputs [batch, output_size], new state).

    The state is [batch, state_size], or a nest of such when `state_size` is one. A subclass defines `state_size`,
    `output_size` and `call(inputs, state)`, which makes variables with `tf.get_variable`; or `__call__` as a whole, as
    before 1.2. The first call decides the cell's variable scope; later calls find its variables, wherever they stand.
    """

    # 1.1 looks for old weights before a cell's first step, which takes a name scope; its wrappers do not.
    _looks_for_weights = False
    _scope_initializer = None

    def __call__(self, inputs, state, scope=None, *args, **kwargs):
        if self.input_spec is not None:
            self._check_inputs(nest.flatten(inputs))
        with self._entered(scope) as entered:
            if not self.built:
                if self._looks_for_weights:
                    with tf.variable_scope(entered, reuse=True):
                        pass
                if self._dtype is None:
                    self._dtype = nest.flatten(inputs)[0].dtype.base_dtype
                self.build(nest.map_structure(lambda x: x.get_shape(), inputs))
            result = self.call(inputs, state, *args, **kwargs)
        self.built = True
        return result

    def _entered(self, scope):
        """The cell's variable scope, opened; the first time it is `scope`, or one named like the cell."""
        if self._scope is not None:
            return tf.variable_scope(self._scope, reuse=True if self.built else self._reuse)
        first = dict(custom_getter=self._kept, initializer=self._scope_initializer)
        if self._reuse:
            opened = tf.variable_scope(self._base_name if scope is None else scope, reuse=self._reuse, **first)
        else:
            opened = tf.variable_scope(scope, default_name=self._base_name, **first)
        return _Remembered(self, opened)

    def _kept(self, getter, *args, **kwargs):
        """What `tf.get_variable` gives, after it was added to the cell's weights."""
        variable = getter(*args, **kwargs)
        parts = list(variable) if isinstance(variable, PartitionedVariable) else [variable]
        trainable = any(parts[0] is one for one in tf.trainable_variables())
        weights = self._trainable_weights if trainable else self._non_trainable_weights
        if not any(variable is one for one in weights):
            weights.append(variable)
        return variable

    @property
    def state_size(self):
        """The size of a state's row, a shape, or a nest of them."""
        raise NotImplementedError("Abstract method")

    @property
    def output_size(self):
        """The size of an output's row, a shape, or a nest of them."""
        raise NotImplementedError("Abstract method")

    def build(self, inputs_shape):
        """Makes nothing: variables are made by the first step, where TF 1.1 makes them."""

    def zero_state(self, batch_size, dtype):
        """A state of zeros for `batch_size` rows, a number or a tensor."""
        with name_scope(type(self).__name__ + "ZeroState", values=[batch_size]):
            return zero_state(self.state_size, batch_size, dtype)

    def get_initial_state(self, inputs=None, batch_size=None, dtype=None):
        """`zero_state` for as many rows as `inputs` has and of their dtype, or as given."""
        if inputs is not None:
            batch_size, dtype = tf.shape(inputs)[0], inputs.dtype
        if batch_size is None or dtype is None:
            raise ValueError(
                "batch_size and dtype cannot be None while constructing initial state: "
                f"batch_size={batch_size}, dtype={dtype}"
            )
        return self.zero_state(batch_size, dtype)


class _Remembered:
    """A variable scope that `cell` keeps as its own when it is opened."""

    def __init__(self, cell, scope):
        self._cell, self._opened = cell, scope

    def __enter__(self):
        self._cell._scope = self._opened.__enter__()
        return self._cell._scope

    def __exit__(self, *exception):
        return self._opened.__exit__(*exception)


api("contrib.rnn.LayerRNNCell", "python.ops.rnn_cell_impl._LayerRNNCell", "python.ops.rnn_cell_impl._RNNCell")(RNNCell)


@api("nn.rnn_cell.LSTMStateTuple", "contrib.rnn.LSTMStateTuple")
class LSTMStateTuple(collections.namedtuple("LSTMStateTuple", ("c", "h"))):
    """An LSTM's state: its cells `c` and its output `h`."""

    __slots__ = ()

    @property
    def dtype(self):
        c, h = self
        if c.dtype != h.dtype:
            raise TypeError(f"Inconsistent internal state: {c.dtype} vs {h.dtype}")
        return c.dtype


@api("python.ops.rnn_cell_impl._zero_state_tensors")
def zero_state(state_size, batch_size, dtype):
    """Zeros [batch_size, size], in the nest that `state_size` is."""
    if isinstance(batch_size, Dimension):
        batch_size = batch_size.value
    sizes = nest.flatten(state_size)
    states = [tf.zeros(tf.stack([batch_size, *as_shape(size).as_list()]), dtype=dtype) for size in sizes]
    for size, state in zip(sizes, states):
        state.set_shape([None, *as_shape(size).as_list()])
    return nest.pack_sequence_as(state_size, states)


@api("python.ops.rnn_cell_impl._linear")
def linear(args, output_size, bias, bias_initializer=None, kernel_initializer=None, bias_start=0.0, scope=None):
    """All `args` [batch, n_i] side by side, times the variable `kernel` [sum of n_i, output_size], plus `bias`.

    `bias` says whether there is one; it starts from `bias_start`, which before 1.2 was the fourth argument.
    """
    if args is None or nest.is_sequence(args) and not args:
        raise ValueError("`args` must be specified")
    args = list(args) if nest.is_sequence(args) else [args]
    shapes = [x.get_shape() for x in args]
    for shape in shapes:
        if shape.ndims != 2:
            raise ValueError(f"linear is expecting 2D arguments: {shapes}")
        if shape[1].value is None:
            raise ValueError(f"linear expects shape[1] to be provided for shape {shape}, but saw {shape[1]}")
    if isinstance(bias_initializer, int | float):
        bias_start, bias_initializer = bias_initializer, None
    dtype = args[0].dtype
    with tf.variable_scope(scope or tf.get_variable_scope()) as outer:
        columns = sum(shape[1].value for shape in shapes)
        kernel = tf.get_variable(KERNEL, [columns, output_size], dtype=dtype, initializer=kernel_initializer)
        product = tf.matmul(args[0] if len(args) == 1 else tf.concat(args, 1), kernel)
        if not bias:
            return product
        with tf.variable_scope(outer) as inner:
            inner.set_partitioner(None)
            if bias_initializer is None:
                bias_initializer = tf.constant_initializer(bias_start, dtype=dtype)
            bias = tf.get_variable(BIAS, [output_size], dtype=dtype, initializer=bias_initializer)
        return tf.nn.bias_add(product, bias)


@api("python.ops.rnn_cell_impl._Linear")
class Linear:
    """`linear` in two steps: making one makes the variables, for inputs like `args`; calling it applies them."""

    def __init__(self, args, output_size, build_bias, bias_initializer=None, kernel_initializer=None):
        self._is_sequence = nest.is_sequence(args)
        args = list(args) if self._is_sequence else [args]
        shape = [sum(x.get_shape().with_rank(2)[1].value for x in args), output_size]
        self._kernel = tf.get_variable(KERNEL, shape, dtype=args[0].dtype, initializer=kernel_initializer)
        self._bias = None
        if build_bias:
            initializer = bias_initializer or tf.constant_initializer(0.0, dtype=args[0].dtype)
            self._bias = tf.get_variable(BIAS, [output_size], dtype=args[0].dtype, initializer=initializer)

    def __call__(self, args):
        product = tf.matmul(tf.concat(list(args), 1) if self._is_sequence else args, self._kernel)
        return product if self._bias is None else tf.nn.bias_add(product, self._bias)


def known_size(inputs):
    """The static size of the inputs' rows; ValueError when it is not known."""
    size = inputs.get_shape().with_rank(2)[1].value
    if size is None:
        raise ValueError("Could not infer input size from inputs.get_shape()[-1]")
    return size


class ProjectedCell(RNNCell):
    """An LSTM whose output may be projected to another size. Its state is an LSTMStateTuple, or with `_state_is_tuple`
    off both its parts side by side, which are taken apart and joined outside the cell's scope.
    """

    _num_units = _num_proj = None
    _state_is_tuple = True

    output_size = property(lambda self: self._num_proj or self._num_units)
    state_sizes = property(lambda self: LSTMStateTuple(self._num_units, self.output_size))
    state_size = property(lambda self: self.state_sizes if self._state_is_tuple else sum(self.state_sizes))

    def __call__(self, inputs, state, scope=None):
        if self._state_is_tuple:
            return super().__call__(inputs, state, scope)
        sizes = self.state_sizes
        c, h = tf.slice(state, [0, 0], [-1, sizes.c]), tf.slice(state, [0, sizes.c], [-1, sizes.h])
        output, state = super().__call__(inputs, LSTMStateTuple(c, h), scope)
        return output, tf.concat(list(state), 1)


def activation_named(activation):
    """A function, from one or from its name in tf.nn (or its absence: tanh)."""
    if activation is None:
        return tf.tanh
    return getattr(tf.nn, activation) if isinstance(activation, str) else activation


def warn_of(cell, *, input_size=None, state_is_tuple=True):
    """The warnings that TF gives for arguments on their way out."""
    if not state_is_tuple:
        tf.logging.warn(
            "%s: Using a concatenated state is slower and will soon be deprecated.  Use state_is_tuple=True.", cell
        )
    if input_size is not None:
        tf.logging.warn("%s: The input_size parameter is deprecated.", cell)
