"""while_loop: what it gives, the structures it takes, and its gradients, against the same written out turn by turn."""

import collections

import numpy as np
import pytest

import funcfit.tf1 as tf
from tests.listings.render import listing


@pytest.fixture(autouse=True)
def fresh_graph():
    with tf.Graph().as_default():
        yield


def run(fetches, feeds=None):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(fetches, feeds)


def repeated(turns, body, start, **options):
    """The last value of `x = body(x)`, so many times."""
    return tf.while_loop(lambda i, x: i < turns, lambda i, x: (i + 1, body(x)), [0, start], **options)[1]


def written_out(turns, body, x):
    for _ in range(turns):
        x = body(x)
    return x


BODIES = {
    "products": lambda x, c: x * x * c,
    "matrices": lambda x, c: tf.tanh(tf.matmul(x, x) + c),
    "a sum": lambda x, c: x + tf.reduce_sum(x) * c,
    "a cond": lambda x, c: tf.cond(tf.reduce_sum(x) > 1.0, lambda: tf.sin(x) * c, lambda: x + c),
    "a loop": lambda x, c: repeated(2, lambda y: tf.sin(y * c) + x, x),
    "a loop in a cond": lambda x, c: tf.cond(x[0, 0] > 0.3, lambda: repeated(2, lambda y: y * c + x, x), lambda: x + c),
    "rows": lambda x, c: tf.gather(x, [1, 0]) * c + tf.gather(c, [1, 1]),
    "rows in a cond": lambda x, c: tf.cond(x[0, 0] > 0.3, lambda: tf.nn.embedding_lookup(c, [1, 1]) * x, lambda: x / 2),
    "no use of what was": lambda x, c: c * c,
    "no use of what is outside": lambda x, c: tf.exp(-x),
}


@pytest.mark.parametrize("what", BODIES)
def test_a_loop_and_its_gradients_are_those_of_its_turns_written_out(what):
    x = tf.placeholder(tf.float32, [2, 2])
    c = tf.Variable([[0.5, 0.3], [0.2, 0.7]])
    ys = [make(3, lambda y: BODIES[what](y, c), x) for make in (repeated, written_out)]
    fetches = [[y, *(tf.zeros([2, 2]) if g is None else g for g in tf.gradients(y, [x, c]))] for y in ys]
    looped, plain = run(fetches, {x: [[0.9, 0.1], [0.4, 0.3]]})
    for a, b in zip(looped, plain, strict=True):
        if hasattr(a, "indices") or hasattr(b, "indices"):
            a, b = (dense(each) for each in (a, b))
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def dense(value):
    """IndexedSlices as the array that they stand for."""
    if not hasattr(value, "indices"):
        return value
    out = np.zeros([2, 2])
    np.add.at(out, value.indices, value.values)
    return out


def test_structures_come_back_as_the_body_gives_them():
    Pair = collections.namedtuple("Pair", "j k")
    start = (0, Pair(1, [2.0, {"b": [3.0], "a": 4.0}]))

    def body(i, p):
        return i + 1, Pair(p.j * 2, [p.k[0] + 1.0, {"a": p.k[1]["a"], "b": [p.k[1]["b"][0] + p.k[1]["a"]]}])

    i, pair = run(tf.while_loop(lambda i, p: i < 3, body, start))
    assert i == 3 and isinstance(pair, Pair) and pair.j == 8 and pair.k[0] == 5.0
    assert pair.k[1] == {"a": 4.0, "b": [15.0]}


def test_one_variable_comes_alone_unless_its_list_is_wanted():
    assert isinstance(tf.while_loop(lambda i: i < 3, lambda i: i + 1, [0]), tf.Tensor)
    (alone,) = tf.while_loop(lambda i: i < 3, lambda i: [i + 1], [0], return_same_structure=True)
    assert run(alone) == 3


def test_maximum_iterations_end_a_loop():
    x = tf.constant(1.0)
    assert run(tf.while_loop(lambda x: x < 100.0, lambda x: x * 2.0, [x], maximum_iterations=3)) == 8.0
    y, z = tf.while_loop(
        lambda x, y: x < 4.0,
        lambda x, y: (x * 2.0, y + x),
        (x, x),
        shape_invariants=(tf.TensorShape([]), tf.TensorShape(None)),
        maximum_iterations=tf.constant(5),
    )
    assert run([y, z]) == [4.0, 4.0]


def test_a_tensor_array_grows_through_a_cond_and_a_loop():
    x = tf.constant([1.0, 2.0, 3.0])
    array = tf.TensorArray(tf.float32, size=3)
    _, array = tf.while_loop(
        lambda i, a: i < 3,
        lambda i, a: (i + 1, tf.cond(i < 2, lambda: a.write(i, x[i] * 2.0), lambda: a.write(i, x[i]))),
        [0, array],
    )
    y = array.stack()
    np.testing.assert_array_equal(run(y), [2.0, 4.0, 3.0])


def test_what_waits_outside_of_a_loop_keeps_its_control_edges_and_what_is_inside_does_not():
    v, start = tf.Variable(0.0), tf.constant(1.0)
    first = tf.assign(v, 5.0, name="first")
    with tf.control_dependencies([first]):
        y = repeated(3, lambda x: x + tf.constant(1.0, name="one"), start)
    edges = {node.name: [c.name for c in node.control_inputs] for node in y.graph.get_operations()}
    assert edges["while/Enter_1"] == ["first"]
    assert edges["while/one"] == ["while/Identity"]
    assert run([y, v]) == [4.0, 5.0]


def test_loops_in_control_dependencies_of_an_outer_frame_stay_in_theirs():
    before = tf.no_op(name="before")

    def outer(x):
        with tf.control_dependencies([before]):
            return repeated(2, lambda y: y * 2.0, x)

    assert run(repeated(2, outer, tf.constant(1.0))) == 16.0


def test_gradients_inside_a_body_are_values_of_each_turn():
    x = tf.constant(3.0)
    y = repeated(3, lambda y: tf.gradients(tf.square(y), y)[0] * 0.75, x)
    np.testing.assert_allclose(run(y), 3.0 * 1.5**3, rtol=1e-6)


def test_a_stopped_gradient_of_a_loop_is_a_constant_to_the_next_gradient():
    v = tf.Variable(1.0)
    total = tf.reduce_sum(repeated(1, lambda y: y * v, tf.ones([5])))
    size = tf.norm(tf.gradients(total, v)[0])
    slope = tf.gradients(total + tf.stop_gradient(size), v)[0]
    assert run(slope) == 5.0


def test_the_same_loop_is_differentiated_twice():
    x = tf.constant(1.5)
    y = repeated(2, tf.square, x)
    slopes = [tf.gradients(y, x)[0] for _ in range(2)]
    np.testing.assert_allclose(run(slopes), [4 * 1.5**3] * 2, rtol=1e-6)


def test_variables_that_decide_together_when_to_stop_do_not_keep_a_gradient_waiting():
    x = tf.constant(1.0)
    _, y = tf.while_loop(lambda i, y: tf.logical_and(i < 5, y < 4.0), lambda i, y: (i + 1, y * y + 1.0), [0, x])
    assert run(tf.gradients(y, x)) == [8.0]


@pytest.mark.parametrize("shape", [[2, 3], [None], None])
def test_hessians_of_what_is_no_vector_of_known_length_are_taken_in_a_loop(shape):
    x = tf.placeholder(tf.float32, shape)
    value = np.array([1.0, 2.0]) if shape == [None] else np.arange(6.0).reshape(2, 3)
    (hessian,) = run(tf.hessians(tf.reduce_sum(x**3), x), {x: value})
    assert hessian.shape == value.shape * 2
    np.testing.assert_allclose(hessian.reshape(value.size, -1), np.diag(6.0 * value.ravel()), rtol=1e-6)


def test_integers_of_a_conditional_have_no_gradient():
    p, v = tf.placeholder(tf.bool, []), tf.constant(10)
    assert tf.gradients(tf.cond(p, lambda: v + 1, lambda: v - 1), v) == [None]


def test_contexts_are_in_the_collections():
    repeated(2, lambda x: tf.cond(x > 1.0, lambda: x, lambda: x * 2.0), tf.constant(1.0))
    assert len(tf.get_collection(tf.GraphKeys.WHILE_CONTEXT)) == 1
    assert len(tf.get_collection(tf.GraphKeys.COND_CONTEXT)) == 2


def test_a_loop_without_back_prop_gives_no_gradient_and_adds_no_stacks():
    x = tf.constant(2.0)
    assert tf.gradients(repeated(3, tf.square, x, back_prop=False), x) == [None]
    assert not any("Stack" in line for line in listing(x.graph))


@pytest.mark.parametrize("what", ["maximum_iterations must be a scalar", "are in different while loops", "parallel"])
def test_what_later_releases_refuse_is_refused_in_their_words(what):
    kept = []

    def keep(i):
        kept.append(i * 2)
        return i + 1

    tf.while_loop(lambda i: i < 3, keep, [0])
    with pytest.raises((ValueError, TypeError), match=what):
        if what.startswith("maximum"):
            tf.while_loop(lambda i: i < 3, lambda i: i + 1, [0], maximum_iterations=[3])
        elif what.startswith("are"):
            tf.while_loop(lambda i: i < 3, lambda i: i + kept[0], [0])
        else:
            tf.while_loop(lambda i: i < 3, lambda i: i + 1, [0], parallel_iterations=0)
