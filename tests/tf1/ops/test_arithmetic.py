"""Operators of tensors: their names, dtypes, signs, and what is refused."""

import numpy as np
import pytest

import funcfit.tf1 as tf


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


X = np.array([-7.0, 7.0, -7.0, 7.0], np.float32)
Y = np.array([2.0, 2.0, -2.0, -2.0], np.float32)


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.float32, np.float64])
def test_quotients_and_remainders_round_as_python_does(session, dtype):
    x, y = tf.constant(X.astype(dtype)), tf.constant(Y.astype(dtype))
    quotient, remainder, chopped, rest = session.run([x // y, x % y, tf.truncatediv(x, y), tf.truncatemod(x, y)])
    np.testing.assert_array_equal(quotient, X // Y)
    np.testing.assert_array_equal(remainder, X % Y)
    np.testing.assert_array_equal(chopped, np.trunc(X / Y) if np.issubdtype(dtype, np.integer) else X / Y)
    np.testing.assert_array_equal(rest, np.fmod(X, Y))
    assert quotient.dtype == dtype


@pytest.mark.parametrize("operate", [lambda x, y: x // y, lambda x, y: x % y, tf.truncatediv, tf.truncatemod, tf.div])
def test_dividing_integers_by_zero_fails_the_run_and_not_the_session(session, operate):
    y = tf.placeholder(tf.int32, [2])
    quotient = operate(tf.constant([3, 4]), y)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Integer division by zero"):
        session.run(quotient, {y: [1, 0]})
    assert session.run(quotient, {y: [2, 3]}).shape == (2,)


def test_an_empty_quotient_divides_nothing(session):
    assert session.run(tf.zeros([0], tf.int32) // tf.constant(0)).shape == (0,)


def test_integers_have_no_negative_powers(session):
    y = tf.placeholder(tf.int32)
    power = tf.constant(2) ** y
    with pytest.raises(tf.errors.InvalidArgumentError, match="Integers to negative integer powers are not allowed"):
        session.run(power, {y: -1})
    assert session.run(power, {y: 5}) == 32


def test_true_division_gives_floats_and_tf_div_does_not(session):
    x = tf.constant([7], tf.int32)
    assert (x / 2).dtype is tf.float64 and (tf.constant([7], tf.int8) / tf.constant([2], tf.int8)).dtype is tf.float32
    assert session.run([x / 2, tf.div(x, 2)]) == [[3.5], [3]]
    with pytest.raises(TypeError, match="x and y must have the same dtype"):
        tf.truediv(x, tf.constant([2.0]))


def test_operators_name_their_nodes(session):
    x = tf.constant([1.0], name="x")
    names = [t.op.name for t in (x + 1, 2 * x, 1 / x, x - x, -x, x**2, abs(x), x % 2.0)]
    assert names == ["add", "mul", "truediv", "sub", "Neg", "pow", "Abs", "mod"]
    assert (1 + x).op.inputs[0].name == "add_1/x:0"


def test_operators_convert_the_other_side_to_the_tensors_dtype(session):
    x = tf.constant([1, 2], tf.int64)
    assert (x + 1).dtype is tf.int64 and (1 + x).dtype is tf.int64 and (np.array([1, 2]) * x).dtype is tf.int64
    with pytest.raises(TypeError, match="Expected int64"):
        x + 1.5


def test_equality_is_identity(session):
    x = tf.constant([1.0])
    assert (x == x) is True and (x == tf.identity(x)) is False and {x: 1}[x] == 1


def test_shapes_that_do_not_broadcast_are_refused_when_both_are_known(session):
    with pytest.raises(ValueError, match=r"Dimensions must be equal, but are 2 and 3 for 'add' \(op: 'Add'\)"):
        tf.constant([1.0, 2.0]) + tf.constant([1.0, 2.0, 3.0])
    x = tf.placeholder(tf.float32)
    y = x + tf.constant([1.0, 2.0, 3.0])
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"Incompatible shapes: \[2\] vs. \[3\]"):
        session.run(y, {x: [1.0, 2.0]})


def test_add_n_sums_tensors_of_one_shape(session):
    x = tf.constant([1.0, 2.0])
    assert tf.add_n([x]) is x
    assert session.run(tf.add_n([x, x, x])).tolist() == [3.0, 6.0]
    with pytest.raises(ValueError, match="inputs must be a list of at least one Tensor"):
        tf.add_n([])
    with pytest.raises(ValueError, match="Dimension 0 in both shapes must be equal, but are 2 and 3"):
        tf.add_n([x, tf.zeros([3])])


def test_the_names_of_012_are_there(session):
    x, y = tf.constant([3.0]), tf.constant([2.0])
    values = session.run([tf.sub(x, y), tf.mul(x, y), tf.neg(x), tf.inv(y)])
    assert [v[0] for v in values] == [1.0, 6.0, -3.0, 0.5]


def test_a_gradient_of_a_broadcast_has_the_shape_of_its_input(session):
    x, y = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.float32, [None])
    dx, dy = tf.gradients(x * y, [x, y])
    feeds = {x: np.ones([2, 3]), y: [1.0, 2.0, 3.0]}
    values = session.run([dx, dy], feeds)
    assert [v.shape for v in values] == [(2, 3), (3,)] and values[1].tolist() == [2.0, 2.0, 2.0]


def test_integers_are_differentiated_too(session):
    x = tf.constant(3)
    assert session.run(tf.gradients(x * x + 2 * x, x)) == [8]


def test_a_sparse_tensor_is_scaled_by_a_dense_one(session):
    indices = tf.constant([[0, 1], [1, 2]], tf.int64)
    x = tf.SparseTensor(indices, tf.constant([2.0, 3.0]), tf.constant([2, 3], tf.int64))
    dense = tf.constant([1.0, 2.0, 4.0])
    product, quotient, other_way = session.run([x * dense, x / dense, dense * x])
    assert product.values.tolist() == other_way.values.tolist() == [4.0, 12.0]
    assert quotient.values.tolist() == [1.0, 0.75]
    dx, dy = session.run(tf.gradients((x * dense).values, [x.values, dense]))
    assert dx.tolist() == [2.0, 4.0] and dy.tolist() == [0.0, 2.0, 3.0]


@pytest.mark.filterwarnings("error")
def test_constants_overflow_in_silence(session):
    zero, most = tf.constant(0.0), tf.constant(2**31 - 1)
    values = session.run([1.0 / zero, zero / zero, tf.log(zero), tf.sqrt(zero - 1.0), most + 1])
    assert str(values[:4]) == "[np.float32(inf), np.float32(nan), np.float32(-inf), np.float32(nan)]"
    assert values[4] == -(2**31)


@pytest.mark.parametrize("operate", [lambda x, y: x / y, lambda x, y: x // y, tf.div, lambda x, y: 2.0 - x / y])
def test_a_number_divided_by_itself_is_one(session, operate):
    """Times its reciprocal it is not always: 41 in float32 is such a number."""
    x = tf.placeholder(tf.float32, [])
    quotients = {n: operate(x, float(n)) for n in (41, 47, 55, 61, 82, 83)}
    assert [session.run(quotient, {x: n}) for n, quotient in quotients.items()] == [1.0] * 6


def test_the_mean_of_ones_is_one(session):
    x = tf.placeholder(tf.float32, [41])
    assert session.run(tf.reduce_mean(x), {x: np.ones(41)}) == 1.0
