"""map_fn, scan, foldl and foldr give what the same loops give in Python and differentiate as in JAX."""

import collections

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import funcfit.tf1 as tf

X = np.array([[0.5, 1.0], [-1.5, 2.0], [1.0, 0.25]], np.float32)
K = np.array([1, 2, 3], np.int32)
Pair = collections.namedtuple("Pair", "first second")


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def accumulated(fn, xs, state=None, reverse=False):
    """What `tf.scan` gives, by a Python loop over jax arrays."""
    xs = xs[::-1] if reverse else xs
    states = []
    for x in xs:
        state = x if state is None else fn(state, x)
        states.append(state)
    return jnp.stack(states[::-1] if reverse else states)


def twisted(library):
    return lambda a, x: library.tanh(a) * x + 0.5


FORMS = {
    "map_fn": (lambda x: tf.map_fn(lambda row: tf.sin(row) * row, x), lambda x: jnp.sin(x) * x),
    "map_fn of a captured tensor": (
        lambda x: tf.map_fn(lambda row: row * x[0, 1], x),
        lambda x: x * x[0, 1],
    ),
    "map_fn of two": (
        lambda x: tf.map_fn(lambda both: both[0] * tf.exp(both[1]), (x, x[::-1]), dtype=tf.float32),
        lambda x: x * jnp.exp(x[::-1]),
    ),
    "map_fn in map_fn": (lambda x: tf.map_fn(lambda row: tf.map_fn(tf.sin, row), x), jnp.sin),
    "scan": (lambda x: tf.scan(twisted(tf), x), lambda x: accumulated(twisted(jnp), x)),
    "scan from a state": (
        lambda x: tf.scan(twisted(tf), x, initializer=x[2]),
        lambda x: accumulated(twisted(jnp), x, x[2]),
    ),
    "scan backwards": (
        lambda x: tf.scan(twisted(tf), x, reverse=True),
        lambda x: accumulated(twisted(jnp), x, reverse=True),
    ),
    "scan backwards from a state": (
        lambda x: tf.scan(twisted(tf), x, initializer=x[1], reverse=True),
        lambda x: accumulated(twisted(jnp), x, x[1], reverse=True),
    ),
    "foldl": (lambda x: tf.foldl(twisted(tf), x), lambda x: accumulated(twisted(jnp), x)[-1]),
    "foldl from a state": (
        lambda x: tf.foldl(twisted(tf), x, initializer=x[2]),
        lambda x: accumulated(twisted(jnp), x, x[2])[-1],
    ),
    "foldr": (lambda x: tf.foldr(twisted(tf), x), lambda x: accumulated(twisted(jnp), x, reverse=True)[0]),
    "foldr from a state": (
        lambda x: tf.foldr(twisted(tf), x, initializer=x[0]),
        lambda x: accumulated(twisted(jnp), x, x[0], reverse=True)[0],
    ),
    "foldl in scan": (
        lambda x: tf.scan(lambda a, row: a + tf.foldl(lambda b, y: b * tf.sin(y), row), x),
        lambda x: jnp.cumsum(jnp.concatenate([x[:1], jnp.broadcast_to(x[1:, :1] * jnp.sin(x[1:, 1:]), (2, 2))]), 0),
    ),
}


@pytest.mark.parametrize("static", [True, False])
@pytest.mark.parametrize("form", FORMS)
def test_values_and_gradients_are_those_of_jax(session, form, static):
    ours, theirs = FORMS[form]
    x = tf.constant(X) if static else tf.placeholder(tf.float32, [None, 2])
    y = ours(x)
    feeds = {} if static else {x: X}
    value, d = session.run([y, tf.gradients(tf.reduce_sum(tf.square(y)), x)[0]], feeds)
    np.testing.assert_allclose(value, theirs(jnp.asarray(X)), rtol=1e-5)
    expected = jax.grad(lambda x: jnp.square(theirs(x)).sum())(jnp.asarray(X))
    np.testing.assert_allclose(d, expected, rtol=1e-4, atol=1e-6)


def test_a_variable_in_the_function_is_made_once_and_differentiated(session):
    def scaled(row):
        with tf.variable_scope("inside"):
            return row * tf.get_variable("w", [], initializer=tf.constant_initializer(3.0))

    y = tf.map_fn(scaled, tf.constant(X))
    (w,) = tf.trainable_variables()
    assert w.name == "inside/w:0" and tf.get_variable_scope().caching_device is None
    session.run(tf.global_variables_initializer())
    value, d = session.run([y, tf.gradients(y, w)[0]])
    np.testing.assert_allclose(value, 3 * X)
    np.testing.assert_allclose(d, X.sum(), rtol=1e-6)


def test_structures_go_in_and_come_out(session):
    elems = {"x": tf.constant(X), "k": tf.constant(K)}
    mapped = tf.map_fn(
        lambda row: Pair(row["k"] + 1, (row["x"] > 0, row["x"])), elems, dtype=Pair(tf.int32, (tf.bool, tf.float32))
    )
    assert isinstance(mapped, Pair) and mapped.first.shape == (3,) and mapped.second[0].shape == (3, 2)
    k, (positive, x) = session.run(mapped)
    assert k.tolist() == [2, 3, 4] and (positive == (X > 0)).all() and (x == X).all()

    state = tf.scan(lambda a, row: Pair(a.first + row[0], a.second * row[1]), (X, K), Pair(np.zeros(2, np.float32), 1))
    sums, products = session.run(state)
    np.testing.assert_allclose(sums, X.cumsum(0))
    assert products.tolist() == [1, 2, 6]

    folded = tf.foldl(lambda a, row: (a[0] + row["x"], a[1] + row["k"]), elems, (tf.zeros([2]), tf.constant(0)))
    assert session.run(folded[1]) == 6
    right = tf.foldr(lambda a, row: (a[0] - row[0], row[1]), (K, X))
    assert session.run(right[0]) == 3 - 2 - 1 and session.run(right[1]).tolist() == X[0].tolist()


def test_lists_of_numbers_are_one_tensor_to_a_fold(session):
    assert session.run(tf.foldl(lambda a, x: 10 * a + x, [1, 2, 3])) == 123
    assert session.run(tf.foldr(lambda a, x: 10 * a + x, [1, 2, 3], initializer=np.int32(0))) == 321
    assert session.run(tf.foldl(lambda a, x: a + x, [1, 2], initializer=[10, 20])).tolist() == [13, 23]


def test_rows_of_unknown_rank_and_of_several_shapes(session):
    x = tf.placeholder(tf.float32)
    assert tf.map_fn(lambda row: row, x).shape.ndims is None
    assert session.run(tf.map_fn(tf.reduce_sum, x), {x: X}).tolist() == X.sum(1).tolist()
    filled = tf.map_fn(lambda k: tf.fill([k], 1.0), tf.constant([2, 2]), tf.float32, infer_shape=False)
    assert session.run(filled).tolist() == [[1, 1], [1, 1]]


def test_nothing_is_mapped_to_nothing(session):
    empty = tf.placeholder(tf.float32, [None, 2])
    mapped, scanned = tf.map_fn(lambda row: row[:1], empty), tf.scan(lambda a, row: a + row, empty, tf.zeros([2]))
    folded = tf.foldl(lambda a, row: a + row, empty, tf.ones([2]))
    values = session.run([mapped, scanned, folded], {empty: np.zeros((0, 2))})
    assert [x.shape for x in values] == [(0, 1), (0, 2), (2,)]


def test_draws_are_new_in_each_turn(session):
    draws = session.run(tf.map_fn(lambda _: tf.random_uniform([]), tf.zeros([4])))
    assert len(set(draws.tolist())) == 4


def test_the_static_shape_has_as_many_rows_as_the_elements():
    with tf.Graph().as_default():
        assert tf.map_fn(lambda row: row[0], tf.constant(X)).shape == (3,)
        assert tf.scan(lambda a, row: a + row, tf.constant(X)).shape == (3, 2)
        assert tf.foldl(lambda a, row: a + row, tf.constant(X)).shape == (2,)


def test_what_is_no_function_or_has_no_rows_is_refused():
    with tf.Graph().as_default():
        for loop in (tf.map_fn, tf.scan, tf.foldl, tf.foldr):
            with pytest.raises(TypeError, match="fn must be callable"):
                loop(3, X)
        sparse = tf.SparseTensor([[0, 0]], [1.0], [2, 2])
        with pytest.raises(TypeError, match="To perform a map on the values of a sparse tensor"):
            tf.map_fn(lambda x: x, sparse)
        with pytest.raises(ValueError, match=r"elems must be a 1\+ dimensional Tensor, not a scalar"):
            tf.map_fn(lambda x: x, 3.0)
        with pytest.raises(ValueError, match=r"elements in elems must be 1\+ dimensional Tensors, not scalars"):
            tf.map_fn(lambda x: x[0], (3.0, 4.0), dtype=tf.float32)
        with pytest.raises(ValueError, match="not compatible"):
            tf.map_fn(lambda both: both[0], (X, K[:2]), dtype=tf.float32)


def test_what_the_function_returns_must_be_as_declared():
    with tf.Graph().as_default():
        with pytest.raises(TypeError, match="two structures don't have the same sequence type"):
            tf.map_fn(lambda x: (x, x), X, dtype=[tf.float32, tf.float32])
        with pytest.raises(ValueError, match="two structures don't have the same number of elements"):
            tf.scan(lambda a, x: (a, a), X)
