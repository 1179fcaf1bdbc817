"""minimize, compute_gradients, apply_gradients, slots, and optimizers of one's own."""

import numpy as np
import pytest

import funcfit.tf1 as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


OPTIMIZERS = {
    "gradient_descent": lambda rate: tf.train.GradientDescentOptimizer(rate),
    "momentum": lambda rate: tf.train.MomentumOptimizer(rate, 0.9),
    "nesterov": lambda rate: tf.train.MomentumOptimizer(rate, 0.9, use_nesterov=True),
    "adagrad": lambda rate: tf.train.AdagradOptimizer(rate),
    "adagrad_da": lambda rate: tf.train.AdagradDAOptimizer(rate, tf.Variable(0, trainable=False)),
    "adadelta": lambda rate: tf.train.AdadeltaOptimizer(rate),
    "adam": lambda rate: tf.train.AdamOptimizer(rate),
    "rmsprop": lambda rate: tf.train.RMSPropOptimizer(rate),
    "centered_rmsprop": lambda rate: tf.train.RMSPropOptimizer(rate, momentum=0.5, centered=True),
    "ftrl": lambda rate: tf.train.FtrlOptimizer(rate),
    "proximal_gradient_descent": lambda rate: tf.train.ProximalGradientDescentOptimizer(rate, 0.01, 0.01),
    "proximal_adagrad": lambda rate: tf.train.ProximalAdagradOptimizer(rate),
}
every_optimizer = pytest.mark.parametrize("name", OPTIMIZERS)


@every_optimizer
def test_a_step_goes_down_and_counts(session, name):
    w, step = tf.Variable([2.0, -3.0]), tf.Variable(0, trainable=False)
    loss = tf.reduce_sum(tf.square(w - 1.0))
    train = OPTIMIZERS[name](0.1).minimize(loss, global_step=step)
    session.run(tf.global_variables_initializer())
    before = session.run(loss)
    for _ in range(3):
        session.run(train)
    assert session.run(step) == 3
    if name != "adagrad_da":  # starts anew from zero, wherever the variable was
        assert session.run(loss) < before


@every_optimizer
def test_a_rate_may_be_a_tensor_that_is_fed(session, name):
    rate, reached = tf.placeholder(tf.float32), []
    for fed in (0.1, 0.2):
        w = tf.Variable([2.0, -3.0])
        train = OPTIMIZERS[name](rate).minimize(tf.reduce_sum(tf.square(w)), var_list=[w])
        session.run(tf.global_variables_initializer())
        session.run(train, {rate: fed})
        reached.append(session.run(w))
    assert (reached[0] != reached[1]).all()


@every_optimizer
def test_doubles_and_halves_keep_their_dtype(session, name):
    variables = [tf.Variable([1.0, 2.0], dtype=dtype) for dtype in (tf.float16, tf.float64)]
    for v in variables:
        session.run(tf.variables_initializer([v]))
        train = OPTIMIZERS[name](0.1).minimize(tf.reduce_sum(v * v), var_list=[v])
        session.run(tf.global_variables_initializer())
        session.run(train)
        assert session.run(v).dtype == v.dtype.as_numpy_dtype


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name != "adam"])  # Adam moves all rows, as TF's does
def test_rows_that_are_not_looked_up_stay(session, name):
    start = np.arange(10, dtype=np.float32).reshape(5, 2) + 1
    table = tf.Variable(start)
    train = OPTIMIZERS[name](0.1).minimize(tf.reduce_sum(tf.gather(table, [1, 3, 1])))
    session.run(tf.global_variables_initializer())
    session.run(train)
    moved = session.run(table)
    np.testing.assert_array_equal(moved[[0, 2, 4]], start[[0, 2, 4]])
    assert (moved[[1, 3]] != start[[1, 3]]).all()


def test_gradients_can_be_changed_between_the_halves_of_minimize(session):
    w = tf.Variable([3.0, 4.0])
    optimizer = tf.train.GradientDescentOptimizer(1.0)
    pairs = optimizer.compute_gradients(tf.reduce_sum(tf.square(w)))
    train = optimizer.apply_gradients([(tf.clip_by_value(g, -1.0, 1.0), v) for g, v in pairs])
    session.run(tf.global_variables_initializer())
    session.run(train)
    assert session.run(w).tolist() == [2.0, 3.0]


def test_slots_are_found_by_variable_and_name(session):
    w, b = tf.Variable([1.0], name="w"), tf.Variable(2.0, name="b")
    optimizer = tf.train.AdamOptimizer()
    optimizer.minimize(tf.reduce_sum(w) + b)
    assert optimizer.get_slot_names() == ["m", "v"]
    assert optimizer.get_slot(w, "m").name == "w/Adam:0" and optimizer.get_slot(b, "v").name == "b/Adam_1:0"
    assert optimizer.get_slot(w, "momentum") is None
    assert [v.op.name for v in optimizer.variables()] == [
        "b/Adam",
        "b/Adam_1",
        "beta1_power",
        "beta2_power",
        "w/Adam",
        "w/Adam_1",
    ]
    assert optimizer.get_slot(w, "m") not in tf.trainable_variables()


def test_one_optimizer_serves_two_graphs():
    optimizer = tf.train.AdamOptimizer(0.1)
    for _ in range(2):
        with tf.Graph().as_default(), tf.Session() as session:
            w = tf.Variable(1.0)
            train = optimizer.minimize(w * w)
            session.run(tf.global_variables_initializer())
            session.run(train)
            assert session.run(w) == pytest.approx(0.9, abs=1e-4)


def test_a_constraint_holds_after_each_step(session):
    w = tf.Variable([0.5, 2.0], constraint=lambda x: tf.clip_by_value(x, 0.0, 1.0))
    train = tf.train.GradientDescentOptimizer(1.0).minimize(tf.reduce_sum(w))
    session.run(tf.global_variables_initializer())
    session.run(train)
    assert session.run(w).tolist() == [0.0, 1.0]


def test_the_train_op_is_in_its_collection_once(session):
    train = tf.train.GradientDescentOptimizer(1.0).minimize(tf.Variable(1.0) * 2.0)
    assert tf.get_collection(tf.GraphKeys.TRAIN_OP) == [train]


def test_what_cannot_be_minimized_is_refused(session):
    optimizer = tf.train.GradientDescentOptimizer(0.1)
    with pytest.raises(ValueError, match="No variables to optimize"):
        optimizer.minimize(tf.constant(1.0))
    w = tf.Variable(1.0)
    with pytest.raises(ValueError, match="No gradients provided for any variable"):
        optimizer.minimize(tf.constant(1.0))
    with pytest.raises(ValueError, match="No gradients provided for any variable"):
        optimizer.apply_gradients([(None, w)])
    with pytest.raises(ValueError, match="No variables provided"):
        optimizer.apply_gradients([])
    with pytest.raises(ValueError, match="gate_gradients must be one of"):
        optimizer.compute_gradients(w * w, gate_gradients=7)
    with pytest.raises(ValueError, match=r"Invalid type tf\.int32"):
        optimizer.minimize(tf.Variable(1) * 2)
    with pytest.raises(NotImplementedError, match="unsupported type"):
        optimizer.minimize(w * w, var_list=[tf.constant(1.0)])
    with pytest.raises(ValueError, match="Must specify the optimizer name"):
        tf.train.GradientDescentOptimizer(0.1, name="")
    with pytest.raises(NotImplementedError, match="several machines"):
        tf.train.SyncReplicasOptimizer(optimizer, 2)


def test_an_optimizer_of_ones_own_fills_in_the_hooks(session):
    class Signs(tf.train.Optimizer):
        def __init__(self):
            super().__init__(False, "Signs")

        def _create_slots(self, var_list):
            for v in var_list:
                self._zeros_slot(v, "count", self._name)

        def _apply_dense(self, grad, var):
            counted = self.get_slot(var, "count").assign_add(tf.ones_like(grad))
            with tf.control_dependencies([counted]):
                return var.assign_sub(tf.sign(grad))

        def _apply_sparse(self, grad, var):
            return self._apply_dense(tf.convert_to_tensor(grad), var)

    w = tf.Variable([3.0, -3.0], name="w")
    optimizer = Signs()
    train = optimizer.minimize(tf.reduce_sum(tf.square(w)))
    session.run(tf.global_variables_initializer())
    session.run(train)
    assert session.run(w).tolist() == [2.0, -2.0]
    assert session.run(optimizer.get_slot(w, "count")).tolist() == [1.0, 1.0]
