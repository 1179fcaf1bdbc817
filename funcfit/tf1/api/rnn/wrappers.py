"""Cells made of cells: stacks, dropout, residuals, devices, highways, embeddings, projections."""

import hashlib
import math
import numbers

from funcfit.tf1.api.rnn.cell import LSTMStateTuple, RNNCell, linear, warn_of
from funcfit.tf1.build import nest
from funcfit.tf1.build.tensor_array import TensorArray
from funcfit.tf1.graph.convert import convert_to_tensor
from funcfit.tf1.graph.graph import device, name_scope
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import api, tf
from funcfit.tf1.shapes import constant_value


@api("python.ops.rnn_cell_impl._like_rnncell")
def is_like_a_cell(cell):
    return all(hasattr(cell, name) for name in ("output_size", "state_size", "zero_state")) and callable(cell)


@api("python.ops.rnn_cell_impl.assert_like_rnncell")
def check_cell(name, cell):
    """TypeError unless `cell` has what a cell has."""
    if not is_like_a_cell(cell):
        raise TypeError(f"{name} must be an instance of RNNCell")


class Wrapper(RNNCell):
    """A cell around another: by default with its sizes, weights and zero states."""

    def __init__(self, cell, **kwargs):
        super().__init__(**kwargs)
        if not is_like_a_cell(cell):
            raise TypeError("The parameter cell is not a RNNCell.")
        self._cell = cell

    wrapped_cell = property(lambda self: self._cell)
    cell = property(lambda self: self._cell)
    state_size = property(lambda self: self._cell.state_size)
    output_size = property(lambda self: self._cell.output_size)

    def zero_state(self, batch_size, dtype):
        with name_scope(type(self).__name__ + "ZeroState", values=[batch_size]):
            return self._cell.zero_state(batch_size, dtype)


class Transparent(Wrapper):
    """A wrapper without a variable scope of its own: its weights are the wrapped cell's."""

    trainable_weights = property(lambda self: self._cell.trainable_weights)
    non_trainable_weights = property(lambda self: self._cell.non_trainable_weights)


@api("nn.rnn_cell.MultiRNNCell", "contrib.rnn.MultiRNNCell")
class MultiRNNCell(RNNCell):
    """Cells one above the other: each reads what the one below puts out. The state is the tuple of their states, or
    with `state_is_tuple` off the states side by side.
    """

    def __init__(self, cells, state_is_tuple=True):
        super().__init__()
        if not cells:
            raise ValueError("Must specify at least one cell for MultiRNNCell.")
        if not nest.is_sequence(cells):
            raise TypeError(f"cells must be a list or tuple, but saw: {cells}.")
        self._cells, self._state_is_tuple = cells, state_is_tuple
        sizes = [cell.state_size for cell in cells]
        if not state_is_tuple and any(map(nest.is_sequence, sizes)):
            raise ValueError(
                f"Some cells return tuples of states, but the flag state_is_tuple is not set.  State sizes are: {sizes}"
            )

    @property
    def state_size(self):
        sizes = tuple(cell.state_size for cell in self._cells)
        return sizes if self._state_is_tuple else sum(sizes)

    output_size = property(lambda self: self._cells[-1].output_size)

    def zero_state(self, batch_size, dtype):
        with name_scope(type(self).__name__ + "ZeroState", values=[batch_size]):
            if self._state_is_tuple:
                return tuple(cell.zero_state(batch_size, dtype) for cell in self._cells)
            return super().zero_state(batch_size, dtype)

    def call(self, inputs, state):
        if self._state_is_tuple and not nest.is_sequence(state):
            raise ValueError(f"Expected state to be a tuple of length {len(self.state_size)}, but received: {state}")
        start, states = 0, []
        for i, cell in enumerate(self._cells):
            with tf.variable_scope(f"cell_{i}"):
                if self._state_is_tuple:
                    own = state[i]
                else:
                    own = tf.slice(state, [0, start], [-1, cell.state_size])
                    start += cell.state_size
                inputs, own = cell(inputs, own)
                states.append(own)
        return inputs, tuple(states) if self._state_is_tuple else tf.concat(states, 1)


@api("nn.rnn_cell.DropoutWrapper", "contrib.rnn.DropoutWrapper")
class DropoutWrapper(Transparent):
    """A cell whose inputs, outputs and states lose random elements.

    With `variational_recurrent` all steps of a run (and all rows) lose the same ones: Gal, Ghahramani 2016. An LSTM's
    cells `c` are kept unless `dropout_state_filter_visitor` says otherwise: a function of a state (or part of one) that
    gives whether to drop in it, as a boolean or for each part.
    """

    def __init__(
        self,
        cell,
        input_keep_prob=1.0,
        output_keep_prob=1.0,
        state_keep_prob=1.0,
        variational_recurrent=False,
        input_size=None,
        dtype=None,
        seed=None,
        dropout_state_filter_visitor=None,
        **kwargs,
    ):
        super().__init__(cell, **kwargs)
        if dropout_state_filter_visitor is not None and not callable(dropout_state_filter_visitor):
            raise TypeError("dropout_state_filter_visitor must be callable")
        self._drops_in = dropout_state_filter_visitor or _drops_in_state
        with name_scope("DropoutWrapperInit"):
            self._input_keep_prob, self._state_keep_prob, self._output_keep_prob = (
                _probability(name, value)
                for name, value in (
                    ("input_keep_prob", input_keep_prob),
                    ("state_keep_prob", state_keep_prob),
                    ("output_keep_prob", output_keep_prob),
                )
            )
        self._variational_recurrent, self._seed = variational_recurrent, seed
        self._input_noise = self._state_noise = self._output_noise = None
        if variational_recurrent:
            if dtype is None:
                raise ValueError("When variational_recurrent=True, dtype must be provided")
            self._make_noise(cell, input_size, dtype)

    def _make_noise(self, cell, input_size, dtype):
        def noise(salt, sizes):
            def of_size(i, size):
                shape = tf.concat(([1], TensorShape(size).as_list()), 0)
                return tf.random_uniform(shape, seed=self._seed_of(salt, i), dtype=dtype)

            return _numbered_map(sizes, of_size, sizes)

        if _drops(self._input_keep_prob):
            if input_size is None:
                raise ValueError(
                    "When variational_recurrent=True and input_keep_prob < 1.0 or is unknown, input_size must be "
                    "provided"
                )
            self._input_noise = noise("input", input_size)
        self._state_noise = noise("state", cell.state_size)
        self._output_noise = noise("output", cell.output_size)

    def _seed_of(self, salt, index):
        if self._seed is None:
            return None
        text = f"{self._seed}{salt}_{index}".encode()
        return int(hashlib.md5(text).hexdigest()[:8], 16) & 0x7FFFFFFF

    def _dropped(self, values, salt, noise, keep_prob, chosen=None):
        """`values` after dropout in the parts that `chosen` names (None: in all)."""
        chosen = values if chosen is None else chosen

        def dropped(i, choice, value, *noise):
            if choice is False:
                return value
            if not noise:
                return tf.nn.dropout(value, keep_prob=keep_prob, seed=self._seed_of(salt, i))
            kept = tf.floor(keep_prob + noise[0])
            result = tf.div(value, keep_prob) * kept
            result.set_shape(value.get_shape())
            return result

        return _numbered_map(chosen, dropped, chosen, values, *([noise] if self._variational_recurrent else []))

    def __call__(self, inputs, state, scope=None):
        if _drops(self._input_keep_prob):
            inputs = self._dropped(inputs, "input", self._input_noise, self._input_keep_prob)
        output, state = self._cell(inputs, state, scope=scope)
        if _drops(self._state_keep_prob):
            chosen = nest.get_traverse_shallow_structure(self._drops_in, state)
            state = self._dropped(state, "state", self._state_noise, self._state_keep_prob, chosen)
        if _drops(self._output_keep_prob):
            output = self._dropped(output, "output", self._output_noise, self._output_keep_prob)
        return output, state


def _probability(name, value):
    tensor = convert_to_tensor(value)
    known = constant_value(tensor)
    if known is None:
        return tensor
    if known < 0 or known > 1:
        raise ValueError(f"Parameter {name} must be between 0 and 1: {int(known)}")
    return float(known)


def _drops(keep_prob):
    return not isinstance(keep_prob, numbers.Real) or keep_prob < 1


def _drops_in_state(state):
    if isinstance(state, LSTMStateTuple):
        return LSTMStateTuple(c=False, h=True)
    return not isinstance(state, TensorArray)


def _numbered_map(shallow, function, *nests):
    """`function(number, *parts)` over the parts of the nests that stand where `shallow` has leaves."""
    numbers_of_parts = iter(range(len(nest.flatten(shallow))))
    return nest.map_structure_up_to(shallow, lambda *parts: function(next(numbers_of_parts), *parts), *nests)


@api("nn.rnn_cell.ResidualWrapper", "contrib.rnn.ResidualWrapper")
class ResidualWrapper(Transparent):
    """A cell whose inputs are added to its outputs, or joined to them by `residual_fn(inputs, outputs)`."""

    def __init__(self, cell, residual_fn=None, **kwargs):
        super().__init__(cell, **kwargs)
        self._residual_fn = residual_fn

    def __call__(self, inputs, state, scope=None):
        outputs, state = self._cell(inputs, state, scope=scope)
        if self._residual_fn is not None:
            return self._residual_fn(inputs, outputs), state
        check_same_shapes(inputs, outputs)
        return nest.map_structure(lambda x, y: x + y, inputs, outputs), state


def check_same_shapes(inputs, outputs):
    """TypeError or ValueError unless both have one structure and shapes that fit."""
    nest.assert_same_structure(inputs, outputs)
    for x, y in zip(nest.flatten(inputs), nest.flatten(outputs)):
        x.get_shape().assert_is_compatible_with(y.get_shape())


@api("nn.rnn_cell.DeviceWrapper", "contrib.rnn.DeviceWrapper")
class DeviceWrapper(Transparent):
    """A cell whose nodes stand on `device`."""

    def __init__(self, cell, device, **kwargs):
        super().__init__(cell, **kwargs)
        self._device = device

    def zero_state(self, batch_size, dtype):
        with name_scope(type(self).__name__ + "ZeroState", values=[batch_size]), device(self._device):
            return self._cell.zero_state(batch_size, dtype)

    def __call__(self, inputs, state, scope=None):
        with device(self._device):
            return self._cell(inputs, state, scope=scope)


@api("contrib.rnn.CompiledWrapper")
class CompiledWrapper(Transparent):
    """The cell itself: whatever runs here is compiled."""

    def __init__(self, cell, compile_stateful=False):
        super().__init__(cell)

    def __call__(self, inputs, state, scope=None):
        return self._cell(inputs, state, scope=scope)


@api("contrib.rnn.HighwayWrapper")
class HighwayWrapper(Transparent):
    """A cell whose inputs are carried past it by a gate: inputs * carry + outputs * transform.

    `transform` is 1 - carry, or with `couple_carry_transform_gates` off a gate of its own. Srivastava et al. 2015.
    """

    def __init__(self, cell, couple_carry_transform_gates=True, carry_bias_init=1.0):
        super().__init__(cell)
        self._coupled, self._carry_bias_init = couple_carry_transform_gates, carry_bias_init

    def __call__(self, inputs, state, scope=None):
        outputs, state = self._cell(inputs, state, scope=scope)
        check_same_shapes(inputs, outputs)
        return nest.map_structure(self._joined, inputs, outputs), state

    def _joined(self, inputs, outputs):
        carry = self._gate("carry", inputs, self._carry_bias_init)
        transform = 1 - carry if self._coupled else self._gate("transform", inputs, -self._carry_bias_init)
        return inputs * carry + outputs * transform

    def _gate(self, name, inputs, bias_init):
        size = inputs.get_shape().with_rank(2)[1].value
        weight = tf.get_variable(name + "_w", [size, size])
        bias = tf.get_variable(name + "_b", [size], initializer=tf.constant_initializer(bias_init))
        return tf.sigmoid(tf.nn.xw_plus_b(inputs, weight, bias))


@api("contrib.rnn.EmbeddingWrapper", "nn.rnn_cell.EmbeddingWrapper")
class EmbeddingWrapper(Wrapper):
    """A cell that reads symbols [batch]: rows of the variable `embedding` are looked up for it."""

    _looks_for_weights = True

    def __init__(self, cell, embedding_classes, embedding_size, initializer=None, reuse=None):
        super().__init__(cell, _reuse=reuse)
        if embedding_classes <= 0 or embedding_size <= 0:
            raise ValueError(
                f"Both embedding_classes and embedding_size must be > 0: {embedding_classes}, {embedding_size}."
            )
        self._classes, self._size, self._initializer = embedding_classes, embedding_size, initializer

    def call(self, inputs, state):
        with device("/cpu:0"):
            initializer = self._initializer or tf.get_variable_scope().initializer
            if initializer is None:
                initializer = tf.random_uniform_initializer(-math.sqrt(3), math.sqrt(3))  # a variance of 1
            embedding = tf.get_variable(
                "embedding",
                [self._classes, self._size],
                initializer=initializer,
                dtype=state[0].dtype if type(state) is tuple else state.dtype,
            )
            embedded = tf.nn.embedding_lookup(embedding, tf.reshape(inputs, [-1]))
        return self._cell(embedded, state)


@api("contrib.rnn.InputProjectionWrapper", "nn.rnn_cell.InputProjectionWrapper")
class InputProjectionWrapper(Wrapper):
    """A cell whose inputs are mapped to `num_proj` columns first, and then through `activation`."""

    def __init__(self, cell, num_proj, activation=None, input_size=None, reuse=None):
        super().__init__(cell, _reuse=reuse)
        warn_of(self, input_size=input_size)
        self._num_proj, self._activation = num_proj, activation

    def call(self, inputs, state):
        projected = linear(inputs, self._num_proj, True)
        return self._cell(self._activation(projected) if self._activation else projected, state)


@api("contrib.rnn.OutputProjectionWrapper", "nn.rnn_cell.OutputProjectionWrapper")
class OutputProjectionWrapper(Wrapper):
    """A cell whose outputs are mapped to `output_size` columns, and then through `activation`."""

    _looks_for_weights = True

    def __init__(self, cell, output_size, activation=None, reuse=None):
        super().__init__(cell, _reuse=reuse)
        if output_size < 1:
            raise ValueError(f"Parameter output_size must be > 0: {output_size}.")
        self._output_size, self._activation = output_size, activation

    output_size = property(lambda self: self._output_size)

    def call(self, inputs, state):
        output, state = self._cell(inputs, state)
        projected = linear(output, self._output_size, True)
        return self._activation(projected) if self._activation else projected, state
