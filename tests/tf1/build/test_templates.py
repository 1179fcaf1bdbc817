"""Templates: variables made on the first call, found on all others."""

import pytest

import funcfit.tf1 as tf


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def scaled(x, by=1.0):
    return x * tf.get_variable("w", [], initializer=tf.constant_initializer(by))


def test_calls_share_variables_and_templates_do_not():
    double, triple = tf.make_template("scale", scaled, by=2.0), tf.make_template("scale", scaled, by=3.0)
    outputs = [double(1.0), double(10.0), triple(1.0)]
    assert [v.name for v in tf.trainable_variables()] == ["scale/w:0", "scale_1/w:0"]
    assert double.trainable_variables == double.variables == tf.trainable_variables()[:1]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(outputs) == [2.0, 20.0, 3.0]


def test_a_scope_opened_at_once_is_where_it_was_made():
    with tf.variable_scope("here"):
        template = tf.make_template("scale", scaled, create_scope_now_=True)
    with tf.variable_scope("there"):
        template(1.0)
    assert tf.trainable_variables()[0].name == "here/scale/w:0"
    assert template.variable_scope_name == "here/scale/"


def test_a_trainable_variable_made_later_is_refused_with_the_line_of_the_template():
    template = tf.make_template("t", lambda: tf.Variable(1.0))
    template()
    with pytest.raises(ValueError, match="perhaps you used tf") as error:
        template()
    assert "test_templates.py" in str(error.value)


def test_a_unique_name_is_taken_as_it_is():
    tf.make_template("t", scaled, unique_name_="u")(1.0)
    with pytest.raises(ValueError, match="Variable u/w already exists"):
        tf.make_template("t", scaled, unique_name_="u")(1.0)
    with pytest.raises(ValueError, match="name cannot be None"):
        tf.make_template(None, scaled)
