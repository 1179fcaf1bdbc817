"""tf.TensorArray: what is written is read, in loops and outside, forwards and backwards, and what cannot be is refused
in TensorFlow's words.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import funcfit.tf1 as tf

X = np.arange(6, dtype=np.float32).reshape(3, 2) + 1


@pytest.fixture
def session():
    with tf.Graph().as_default(), tf.Session() as session:
        yield session


def array(size=3, **arguments):
    return tf.TensorArray(tf.float32, size, **arguments)


def filled(steps, write, **arguments):
    """An array to which a loop writes `write(i)` at i, for each i below `steps`."""
    start = tf.constant(0), array(3, **arguments)
    return tf.while_loop(lambda i, _: i < steps, lambda i, a: (i + 1, a.write(i, write(i))), start)[1]


def test_elements_may_differ_in_shape_where_they_are_not_inferred(session):
    a = array(2, infer_shape=False).write(0, [[1.0, 2.0]]).write(1, 3.0)
    first, second = session.run([a.read(0), a.read(1)])
    assert first.tolist() == [[1, 2]] and second == 3


def test_what_is_known_of_the_elements_shows_in_static_shapes():
    with tf.Graph().as_default():
        a = array().unstack(X)
        assert a.read(0).shape == (2,) and a.stack().shape.as_list() == [None, 2]
        assert a.gather([0, 1]).shape.as_list() == [None, 2] and a.concat().shape.as_list() == [None]
        assert array(element_shape=[None, 2]).read(0).shape.as_list() == [None, 2]
        assert array().split(X, [1, 1, 1]).element_shape.as_list() == [1, 2]
        assert array(infer_shape=False).unstack(X).read(0).shape.ndims is None


MOVES = {
    "write and read": (lambda x: array(1).write(0, x).read(0), lambda x: x),
    "unstack and stack": (lambda x: array().unstack(x).stack(), lambda x: x),
    "0.x's unpack and pack": (lambda x: array().unpack(x).pack(), lambda x: x),
    "scatter and gather": (lambda x: array(4).scatter([3, 0, 2], x).gather([2, 3]), lambda x: x[jnp.array([2, 0])]),
    "split and concat": (lambda x: array(2).split(x, [1, 2]).concat(), lambda x: x),
    "split and read": (lambda x: array(2, infer_shape=False).split(x, [1, 2]).read(1), lambda x: x[1:]),
    "unstack and concat": (lambda x: array().unstack(x).concat(), lambda x: x.reshape(-1)),
    "read twice": (
        lambda x: (lambda a: a.read(0) * a.read(0))(array(clear_after_read=False).unstack(x)),
        lambda x: x[0] * x[0],
    ),
    "growing": (
        lambda x: array(0, dynamic_size=True).write(1, x).write(0, 2.0 * x).stack(),
        lambda x: jnp.stack([2 * x, x]),
    ),
    "grown after unstack": (
        lambda x: array(0, dynamic_size=True).unstack(x).write(3, 2.0 * x[0]).stack(),
        lambda x: jnp.concatenate([x, 2 * x[:1]]),
    ),
    "grown after split": (
        lambda x: array(0, dynamic_size=True).split(x, [2, 1]).write(2, x[:1]).concat(),
        lambda x: jnp.concatenate([x, x[:1]]),
    ),
    "written in a loop": (
        lambda x: filled(3, lambda i: x[i] * tf.to_float(i)).stack(),
        lambda x: x * jnp.arange(3.0)[:, None],
    ),
    "read back in the loop": (
        lambda x: tf.while_loop(
            lambda i, _: i < 5,
            lambda i, a: (i + 1, a.write(i, a.read(i - 1) * a.read(i - 2))),
            (2, array(5, clear_after_read=False).write(0, x[0]).write(1, x[1])),
        )[1].stack(),
        lambda x: jnp.stack([x[0], x[1], x[0] * x[1], x[0] * x[1] ** 2, x[0] ** 2 * x[1] ** 3]),
    ),
    "written backwards, read out of order": (
        lambda x: tf.while_loop(lambda i, _: i >= 0, lambda i, a: (i - 1, a.write(i, x[(i * 2) % 3])), (2, array(3)))[
            1
        ].stack(),
        lambda x: x[jnp.array([0, 2, 1])],
    ),
    "grown in a loop": (
        lambda x: tf.while_loop(
            lambda i, _: i < 3, lambda i, a: (i + 1, a.write(i, x[i] * x[0])), (0, array(0, dynamic_size=True))
        )[1].stack(),
        lambda x: x * x[0],
    ),
    "through a cond": (
        lambda x: (
            lambda a: array().write(0, tf.cond(x[0, 0] > 0, lambda: a.read(1) * 2.0, lambda: a.read(2))).read(0)
        )(array().unstack(x)),
        lambda x: 2 * x[1],
    ),
}


@pytest.mark.parametrize("move", MOVES)
def test_values_and_gradients_are_those_of_the_same_arrays_in_jax(session, move):
    ours, theirs = MOVES[move]
    x = tf.constant(X)
    y = ours(x)
    value, d = session.run([y, tf.gradients(tf.reduce_sum(tf.sin(y)), x)[0]])
    np.testing.assert_allclose(value, theirs(jnp.asarray(X)), rtol=1e-6)
    expected = jax.grad(lambda x: jnp.sin(theirs(x)).sum())(jnp.asarray(X))
    np.testing.assert_allclose(session.run(tf.convert_to_tensor(d)), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("steps", [0, 2, 3])
def test_how_many_turns_write_may_be_known_to_the_run_only(session, steps):
    fed = tf.placeholder(tf.int32, [])
    a = filled(fed, tf.to_float)
    assert session.run(a.gather(tf.range(fed)), {fed: steps}).tolist() == list(range(steps))


def test_gradients_are_apart_by_their_call_and_add_up_within_one(session):
    x = tf.constant(X)
    a = array(clear_after_read=False).unstack(x)
    once, twice = tf.gradients(a.read(0), x)[0], tf.gradients([a.read(0), a.read(0), a.read(1)], x)[0]
    first, second = session.run([once, twice])
    assert first[:, 0].tolist() == [1, 0, 0] and second[:, 0].tolist() == [2, 1, 0]


def test_gradients_that_the_caller_gives_find_their_call(session):
    x = tf.constant(X)
    y = array().unstack(x).stack()
    assert session.run(tf.gradients(y, x, grad_ys=tf.constant(2 * X))[0]).tolist() == (2 * X).tolist()


def test_a_gradient_array_belongs_to_its_name(session):
    a = array(2)
    there, again, other = a.grad("one"), a.grad("one"), a.grad("two")
    with tf.control_dependencies([there.write(0, 3.0).flow, other.write(0, 4.0).flow]):
        assert session.run([again.read(0), other.read(0)]) == [3, 4]


def test_strings_are_elements_too(session):
    a = tf.TensorArray(tf.string, 2).write(0, "a").write(1, "b")
    assert session.run(a.stack()).tolist() == [b"a", b"b"]
    assert session.run(tf.TensorArray(tf.string, 2).unstack(["a", "b"]).read(1)) == b"b"


def test_an_index_from_a_variable_makes_the_array_grow(session):
    v = tf.Variable(4)
    session.run(v.initializer)
    a = array(0, dynamic_size=True).write(v + 1, 2.0)
    assert session.run([a.size(), a.read(5)]) == [6, 2]
    session.run(v.assign(1))
    assert session.run(a.size()) == 3


REFUSED = {
    "nothing is written there": (lambda i: array().write(1, 3.0).read(i), 2, "Could not read from .* index 2 because"),
    "read before the array": (lambda i: array().read(i), -1, "Tried to read from index -1 but array size is: 3"),
    "read after the array": (lambda i: array().read(i), 3, "Tried to read from index 3 but array size is: 3"),
    "written before the array": (lambda i: array().write(i, 3.0).flow, -1, "Tried to write to index -1 but array is"),
    "written after the array": (
        lambda i: array().write(i, 3.0).flow,
        3,
        "Tried to write to index 3 but array is not resizeable and size is: 3",
    ),
    "written twice": (
        lambda i: array(tensor_array_name="foo").write(1, 3.0).write(i, 3.0).flow,
        1,
        "TensorArray foo_.*: Could not write to TensorArray index 1 because it has already been written to.",
    ),
    "not all written": (lambda i: array().write(i, [3.0]).stack(), 1, "Could not read from .* index 0 because it has"),
    "gathered outside": (lambda i: array().unstack(X).gather([0, i]), 4, "Tried to read from index 4 but array size"),
    "scattered outside": (lambda i: array().scatter([0, i], X[:2]).flow, 4, r"Max scatter index must be < array size"),
    "scattered twice": (lambda i: array().scatter([1, 1], X[:2]).flow, 0, "index 1 because it has already been writt"),
    "scattered in part": (lambda i: array().scatter([1], X[:2]).flow, 0, "Expected len.indices. == values.shape"),
    "too many rows": (lambda i: array(2).unstack(X).flow, 0, r"Max scatter index must be < .* \(2 vs. 2\)"),
    "stacked of several shapes": (
        lambda i: array(2, infer_shape=False).write(0, 3.0).write(1, [3.0]).stack(),
        0,
        r"TensorArray has inconsistent shapes.  Index 0 has shape: \[\] but index 1 has shape: \[1\]",
    ),
    "scalars joined": (lambda i: array(1).write(0, 3.0).concat(), 0, "Concat saw a scalar shape at index 0 but requ"),
    "shapes that do not join": (
        lambda i: array(2, infer_shape=False).write(0, [3.0]).write(1, [[3.0]]).concat(),
        0,
        r"Index 0 has \(excepting dimension 0\) shape: \[\] but index 1 has \(excepting dimension 0\) shape: \[1\]",
    ),
    "rows that are not there": (
        lambda i: array(1).split([1.0, 2.0, 3.0], [i]).flow,
        1,
        r"Expected sum of lengths to be equal to values.shape\[0\], but sum of lengths is 1 and .* is: \[3\]",
    ),
    "pieces without a place": (
        lambda i: array(2).split([1.0], [i]).flow,
        1,
        r"TensorArray's size is not equal to the size of lengths \(2 vs. 1\), and the TensorArray is not marked as dy",
    ),
    "a scalar split": (lambda i: array(1).split(1.0, [i]).flow, 1, "Expected value to be at least a vector, but rece"),
    "another dtype written": (lambda i: array().write(i, "x").flow, 0, "dtype is float but Op is trying to write dty"),
    "a size below zero": (lambda i: array(i).flow, -1, "Size should be >= 0."),
    "past the end in a loop": (lambda i: filled(4 + i, tf.to_float).stack(), 0, "Tried to write to index 3 but arr"),
    "twice in a loop": (
        lambda i: (
            tf.while_loop(
                lambda k, _: k < 3, lambda k, a: (k + 1, a.write(k // 2 + i, 1.0)), (0, array().write(2, 1.0))
            )[1].flow
        ),
        0,
        "Could not write to TensorArray index 0 because it has already been written to",
    ),
    "a turn too many reads": (
        lambda i: (lambda a: tf.while_loop(lambda k, y: k < 3, lambda k, y: (k + 1, y + a.read(k)), (i, 0.0))[1])(
            array().write(0, 1.0)
        ),
        0,
        "Could not read from TensorArray index 1 because it has not yet been written to",
    ),
}


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_and_the_session_goes_on(session, case, known):
    build, index, message = REFUSED[case]
    fed = tf.constant(index) if known else tf.placeholder(tf.int32, [])
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        session.run(build(fed), {} if known else {fed: index})
    assert session.run(tf.constant(1)) == 1


@pytest.mark.parametrize("method", ["stack", "concat"])
def test_nothing_of_unknown_shape_cannot_be_stacked(session, method):
    with pytest.raises(tf.errors.UnimplementedError, match=r"TensorArray has size zero, but element.shape"):
        session.run(getattr(array(0), method)())
    assert session.run(array(0, element_shape=[2]).stack()).shape == (0, 2)


def test_static_shapes_that_differ_are_refused_while_the_graph_is_built():
    with tf.Graph().as_default():
        for start in (array().write(0, [1.0, 2.0]), array(element_shape=[2])):
            with pytest.raises(ValueError, match=r"Inconsistent shapes: saw \(3,\) but expected \(2,\)"):
                start.write(1, [1.0, 2.0, 3.0])
        with pytest.raises(ValueError, match="Shape must be rank 1 but is rank 0 for 'TensorArraySplit"):
            array().split(X, 1)


def test_arguments_that_contradict_each_other_are_refused():
    with tf.Graph().as_default():
        a = array()
        with pytest.raises(ValueError, match="Size must be provided if handle is not provided"):
            tf.TensorArray(tf.float32)
        with pytest.raises(ValueError, match="Cannot construct with both handle and tensor_array_name"):
            tf.TensorArray(tf.float32, handle=a.handle, tensor_array_name="foo")
        with pytest.raises(TypeError, match="Handle must be a Tensor"):
            tf.TensorArray(tf.float32, handle="foo")
        with pytest.raises(ValueError, match="flow must not be None if handle is not None"):
            tf.TensorArray(tf.float32, handle=a.handle)
        for name in ("size", "element_shape", "dynamic_size", "clear_after_read"):
            with pytest.raises(ValueError, match=f"Cannot provide both a handle and {name} at the same time"):
                tf.TensorArray(tf.float32, handle=a.handle, flow=a.flow, **{name: 1})


def test_a_wrapped_handle_is_the_same_array(session):
    a = array().unstack(X)
    again = tf.TensorArray(tf.float32, handle=a.handle, flow=a.flow)
    assert again.dtype is tf.float32 and again.handle is a.handle
    with tf.control_dependencies([again.identity().flow]):
        np.testing.assert_array_equal(session.run(again.read(2)), X[2])
