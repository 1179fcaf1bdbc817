"""Moving averages, against their sums."""

import pytest

import funcfit.tf1 as tf
from funcfit.tf1.api.train.moving_averages import assign_moving_average, weighted_moving_average


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def test_an_average_of_a_variable_starts_at_its_initial_value(session):
    v = tf.Variable(10.0, name="v")
    averages = tf.train.ExponentialMovingAverage(0.75)
    update = averages.apply([v])
    session.run(tf.global_variables_initializer())
    assert session.run(averages.average(v)) == 10.0
    session.run(v.assign(2.0))
    session.run(update)
    assert session.run(averages.average(v)) == 8.0
    assert averages.average(v).op.name == averages.average_name(v) == "v/ExponentialMovingAverage"


def test_an_average_of_a_tensor_starts_at_zero_or_is_corrected_for_that(session):
    v = tf.Variable(4.0)
    x = v * 1.0
    plain, corrected = (
        tf.train.ExponentialMovingAverage(0.75),
        tf.train.ExponentialMovingAverage(0.75, zero_debias=True, name="D"),
    )
    updates = [plain.apply([x]), corrected.apply([x])]
    session.run(tf.global_variables_initializer())
    session.run(updates)
    assert session.run([plain.average(x), corrected.average(x)]) == pytest.approx([1.0, 4.0])
    session.run(v.assign(8.0))
    session.run(updates)
    assert session.run([plain.average(x), corrected.average(x)]) == pytest.approx([2.75, 2.75 / (1 - 0.75**2)])


def test_early_steps_weigh_more_with_a_step_counter(session):
    v, step = tf.Variable(0.0), tf.Variable(1.0, trainable=False)
    averages = tf.train.ExponentialMovingAverage(0.99, num_updates=step)
    update = averages.apply([v])
    session.run(tf.global_variables_initializer())
    session.run(v.assign(11.0))
    session.run(update)
    assert session.run(averages.average(v)) == pytest.approx(11.0 * (1 - 2 / 11))


def test_names_to_restore_from_are_the_averages_where_there_are_any(session):
    a, b = tf.Variable(1.0, name="a"), tf.Variable(2.0, name="b", trainable=False)
    averages = tf.train.ExponentialMovingAverage(0.9)
    averages.apply([a])
    names = averages.variables_to_restore()
    assert names["a/ExponentialMovingAverage"] is a and names["b"] is b and "a" not in names


def test_what_cannot_be_averaged_is_refused(session):
    averages = tf.train.ExponentialMovingAverage(0.9)
    with pytest.raises(TypeError, match="must be half, float, or double"):
        averages.apply([tf.Variable(1)])
    v = tf.Variable(1.0)
    averages.apply([v])
    with pytest.raises(ValueError, match="Moving average already computed for"):
        averages.apply([v])
    assert averages.average(tf.Variable(2.0)) is None


def test_an_average_is_assigned_in_place(session):
    v = tf.Variable([10.0, 11.0])
    update = assign_moving_average(v, tf.constant([1.0, 2.0]), 0.25, zero_debias=False)
    session.run(tf.global_variables_initializer())
    assert session.run(update).tolist() == pytest.approx([3.25, 4.25])


def test_a_weighted_average_weighs(session):
    value, weight = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [])
    average = weighted_moving_average(value, 0.5, weight)
    session.run(tf.global_variables_initializer())
    session.run(average, {value: 2.0, weight: 1.0})
    # (0.5 * 0.5 * 2 * 1 + 0.5 * 8 * 3) / (0.5 * 0.5 * 1 + 0.5 * 3)
    assert session.run(average, {value: 8.0, weight: 3.0}) == pytest.approx(12.5 / 1.75)
