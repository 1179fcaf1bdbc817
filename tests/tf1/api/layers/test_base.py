"""A layer makes its variables once, in a scope of its own, and remembers what it was called with."""

import numpy as np
import pytest

import funcfit.tf1 as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


class Scaled(tf.layers.Layer):
    def build(self, input_shape):
        self.factor = self.add_weight("factor", [input_shape[-1].value], initializer=tf.ones_initializer())
        self.count = self.add_variable("count", [], initializer=tf.zeros_initializer(), trainable=False)
        self.built = True

    def call(self, inputs, plus=0.0):
        return inputs * self.factor + plus


def inputs(*shape):
    return tf.placeholder(tf.float32, shape)


def names(variables):
    return [v.name for v in variables]


def test_a_layer_called_twice_has_one_set_of_variables():
    layer = Scaled(name="scaled")
    first, second = layer(inputs(None, 3)), layer.apply(inputs(4, 3), plus=2.0)
    assert names(layer.variables) == ["scaled/factor:0", "scaled/count:0"]
    assert names(layer.trainable_variables) == names(tf.trainable_variables()) == ["scaled/factor:0"]
    assert names(layer.non_trainable_weights) == ["scaled/count:0"]
    assert layer.count_params() == 4
    assert layer.get_output_at(0) is first and layer.get_output_at(1) is second
    assert layer.get_input_shape_at(1) == (4, 3)
    assert layer.output is first
    with pytest.raises(AttributeError, match="different shapes"):
        layer.input_shape


def test_a_frozen_layer_trains_nothing():
    layer = Scaled(trainable=False)
    layer(inputs(2, 3))
    assert layer.trainable_weights == tf.trainable_variables() == []
    assert len(layer.non_trainable_weights) == 2


def test_a_layer_takes_the_scope_in_which_it_is_first_called():
    layer, other = Scaled(), Scaled()
    with tf.variable_scope("model"):
        layer(inputs(1, 2))
        other(inputs(1, 2))
    layer(inputs(1, 2))
    assert names(layer.weights) == ["model/scaled/factor:0", "model/scaled/count:0"]
    assert other.scope_name == "model/scaled_1"
    assert (layer.name, other.name) == ("scaled", "scaled_1")
    with pytest.raises(ValueError, match="has not been used yet"):
        Scaled().scope_name


def test_an_unnamed_layer_stands_in_a_name_scope_as_tensorflow_1_1_numbers_it():
    x = inputs(1, 2)
    assert [tf.layers.dense(x, 1).op.name for _ in range(3)] == ["dense/BiasAdd", "dense_2/BiasAdd", "dense_3/BiasAdd"]
    assert names(tf.trainable_variables()[::2]) == ["dense/kernel:0", "dense_1/kernel:0", "dense_2/kernel:0"]


def test_functions_reuse_by_argument_and_by_scope():
    x = inputs(1, 2)
    tf.layers.dense(x, 3, name="d")
    with pytest.raises(ValueError, match="already exists"):
        tf.layers.dense(x, 3, name="d")
    tf.layers.dense(x, 3, name="d", reuse=True)
    with tf.variable_scope(tf.get_variable_scope(), reuse=True):
        tf.layers.dense(x, 3, name="d")
    with tf.variable_scope("auto", reuse=tf.AUTO_REUSE):
        tf.layers.dense(x, 3, name="d")
        tf.layers.dense(x, 3, name="d")
    assert names(tf.global_variables()) == ["d/kernel:0", "d/bias:0", "auto/d/kernel:0", "auto/d/bias:0"]


def test_regularizers_add_a_loss_for_each_new_variable():
    square = lambda w: tf.reduce_sum(w * w)
    layer = tf.layers.Dense(3, kernel_regularizer=square, activity_regularizer=square)
    x = inputs(2, 4)
    layer(x)
    assert [loss.op.name for loss in layer.losses] == ["dense/kernel/Regularizer/Sum", "dense/ActivityRegularizer/Sum"]
    assert tf.losses.get_regularization_losses() == layer.losses
    assert layer.get_losses_for(x) == layer.losses[1:]
    assert layer.get_losses_for(None) == layer.losses[:1]
    layer(x)
    assert len(layer.losses) == 3


def test_a_layers_own_regularizer_stands_instead_of_the_scopes():
    with tf.variable_scope("s", regularizer=lambda w: tf.constant(1.0)):
        tf.layers.dense(inputs(1, 2), 3, kernel_regularizer=lambda w: tf.constant(10.0))
    with tf.Session() as session:
        assert sorted(session.run(tf.losses.get_regularization_losses())) == [1.0, 10.0]


def test_partitioned_variables_are_one_weight_and_are_regularized_in_parts():
    with tf.variable_scope("s", partitioner=tf.fixed_size_partitioner(2)):
        layer = tf.layers.Dense(3, kernel_regularizer=tf.nn.l2_loss, use_bias=False)
        layer(inputs(1, 4))
    assert len(layer.trainable_weights) == 1
    assert len(layer.losses) == len(tf.trainable_variables()) == 2


@pytest.mark.parametrize(
    ("spec", "shape", "complaint"),
    [
        (dict(ndim=2), [3], "expected ndim=2, found ndim=1"),
        (dict(max_ndim=2), [1, 2, 3], "expected max_ndim=2, found ndim=3"),
        (dict(min_ndim=2), [3], "expected min_ndim=2, found ndim=1"),
        (dict(axes={-1: 4}), [2, 3], "expected axis -1 of input shape to have value 4"),
        (dict(shape=(None, 4)), [2, 3], "expected shape="),
        (dict(dtype="int32"), [2, 3], "expected dtype=int32"),
        (dict(ndim=2), None, "requires a defined rank"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(spec, shape, complaint):
    layer = tf.layers.Layer()
    layer.input_spec = tf.layers.InputSpec(**spec)
    with pytest.raises(ValueError, match=f"incompatible with the layer: .*{complaint}"):
        layer(tf.placeholder(tf.float32, shape))


def test_a_layer_belongs_to_a_graph():
    layer = Scaled()
    with tf.Graph().as_default(), pytest.raises(ValueError, match="graph are not the same"):
        layer(inputs(1, 2))


def test_several_inputs_and_outputs_keep_their_structure():
    class Sums(tf.layers.Layer):
        def build(self, input_shape):
            assert [shape.as_list() for shape in input_shape] == [[2], [2]]

        def call(self, pair):
            return {"sum": pair[0] + pair[1], "difference": pair[0] - pair[1]}

    layer = Sums()
    out = layer([tf.constant([1.0, 2.0]), tf.constant([3.0, 5.0])])
    assert len(layer.input) == len(layer.output) == 2
    with tf.Session() as session:
        values = session.run(out)
    np.testing.assert_array_equal(values["sum"], [4, 7])
    np.testing.assert_array_equal(values["difference"], [-2, -3])
