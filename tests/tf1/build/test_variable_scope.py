"""get_variable: one variable for each name, made or found as the scope says."""

import pytest

import funcfit.tf1 as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def test_a_variable_is_made_once_and_found_with_reuse():
    with tf.variable_scope("a"):
        v = tf.get_variable("v", [2])
    with tf.variable_scope("a", reuse=True):
        assert tf.get_variable("v", [2]) is v
        assert tf.get_variable("v") is v
    with tf.variable_scope("a") as scope:
        scope.reuse_variables()
        assert tf.get_variable("v") is v
    for _ in range(2):
        with tf.variable_scope("b", reuse=tf.AUTO_REUSE):
            w = tf.get_variable("w", [3])
    assert [x.name for x in tf.global_variables()] == ["a/v:0", "b/w:0"]
    assert w.shape.as_list() == [3]


def test_a_second_variable_of_a_name_is_refused_with_the_line_of_the_first():
    tf.get_variable("v", [2])
    with pytest.raises(ValueError, match="Variable v already exists, disallowed") as error:
        tf.get_variable("v", [2])
    assert "test_variable_scope.py" in str(error.value) and 'tf.get_variable("v", [2])' in str(error.value)


def test_what_does_not_fit_is_refused():
    tf.get_variable("v", [2])
    with tf.variable_scope("", reuse=True):
        with pytest.raises(ValueError, match=r"share variable v, but specified shape \(3,\) and found shape \(2,\)"):
            tf.get_variable("v", [3])
        with pytest.raises(ValueError, match="specified dtype int32 and found dtype float32_ref"):
            tf.get_variable("v", [2], dtype=tf.int32)
        with pytest.raises(ValueError, match=r"Variable w does not exist, or was not created with tf.get_variable\(\)"):
            tf.get_variable("w", [2])
    with pytest.raises(ValueError, match="must be fully defined"):
        tf.get_variable("u", [None, 2])
    with pytest.raises(ValueError, match="do not specify shape"):
        tf.get_variable("u", [2], initializer=tf.constant([1.0, 2.0]))
    with pytest.raises(ValueError, match="don't match"):
        tf.get_variable("u", initializer=tf.constant(1.0), dtype=tf.int32)


def test_reuse_is_inherited_and_cannot_be_taken_back():
    with tf.variable_scope("a", reuse=True):
        with tf.variable_scope("b", reuse=False) as inner:
            assert inner.reuse


def test_defaults_come_from_the_innermost_scope_that_has_them():
    constant = tf.constant_initializer
    with tf.variable_scope("a", initializer=constant(1.0), dtype=tf.float64):
        with tf.variable_scope("b", initializer=constant(2.0)):
            v = tf.get_variable("v", [1])
            w = tf.get_variable("w", [1], initializer=constant(3.0))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert v.dtype.base_dtype is tf.float64
        assert session.run([v, w]) == [[2.0], [3.0]]


def test_integers_and_booleans_start_at_zero():
    with tf.Session() as session:
        made = [tf.get_variable(d.name, [2], dtype=d) for d in (tf.int32, tf.int64, tf.bool)]
        session.run(tf.global_variables_initializer())
        assert [v.tolist() for v in session.run(made)] == [[0, 0], [0, 0], [False, False]]
    with pytest.raises(ValueError, match="An initializer for variable s of"):
        tf.get_variable("s", [2], dtype=tf.string)


def test_initializers_are_classes_functions_of_many_kinds_or_values():
    made = [
        tf.get_variable("a", [2], initializer=tf.ones_initializer),
        tf.get_variable("b", [2], initializer=lambda shape, dtype, partition_info: tf.ones(shape, dtype)),
        tf.get_variable("c", [2], initializer=lambda shape, dtype: tf.ones(shape, dtype)),
        tf.get_variable("d", initializer=lambda: tf.ones([2])),
        tf.get_variable("e", initializer=[1.0, 1.0]),
    ]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert all(value.tolist() == [1.0, 1.0] for value in session.run(made))


def test_regularizers_leave_their_penalty_in_a_collection():
    with tf.variable_scope("a", regularizer=lambda w: tf.reduce_sum(w)):
        tf.get_variable("v", [2], initializer=tf.ones_initializer())
        tf.get_variable("u", [2], regularizer=tf.no_regularizer)
    (penalty,) = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    assert penalty.name.startswith("a/v/Regularizer/")


def test_getters_nest_from_the_outside_in():
    calls = []

    def getter(name_of_getter):
        def get(getter, name, *args, **kwargs):
            calls.append(name_of_getter)
            return getter(name, *args, **kwargs)

        return get

    with tf.variable_scope("a", custom_getter=getter("outer")), tf.variable_scope("b", custom_getter=getter("inner")):
        v = tf.get_variable("v", [1])
    assert calls == ["inner", "outer"] and v.name == "a/b/v:0"


def test_unnamed_scopes_are_numbered_and_a_scope_object_is_entered_again():
    names = []
    for _ in range(2):
        with tf.variable_scope(None, "block") as scope:
            names.append(tf.get_variable("v", [1]).name)
    assert names == ["block/v:0", "block_1/v:0"]
    with tf.variable_scope("elsewhere"), tf.variable_scope(scope, reuse=True):
        assert tf.get_variable("v").name == "block_1/v:0"
        assert tf.constant(1.0).name.startswith("elsewhere/block_1/")


def test_a_scope_without_its_name_scope_names_variables_only():
    with tf.variable_scope("a", auxiliary_name_scope=False):
        assert tf.get_variable("v", [1]).name == "a/v:0"
        assert tf.constant(1.0, name="c").name == "c:0"


def test_local_variables_are_not_trained():
    v = tf.get_local_variable("v", [1])
    assert tf.local_variables() == [v] and not tf.trainable_variables() and not tf.global_variables()


def test_two_graphs_have_variables_of_their_own():
    tf.get_variable("v", [1])
    with tf.Graph().as_default():
        assert tf.get_variable("v", [2]).shape.as_list() == [2]
