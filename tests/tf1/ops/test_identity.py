"""What is passed on, and when."""

import funcfit.tf1 as tf


def test_a_reference_passed_on_is_the_variable_still():
    with tf.Graph().as_default(), tf.Session() as session:
        v = tf.Variable(1.0)
        first = tf.assign(v, 2.0)
        same = tf.contrib.framework.with_dependencies([first], v._ref())
        assert same.op.type == "RefIdentity"
        session.run(v.initializer)
        assert session.run(tf.assign_add(same, 5.0)) == 7
        assert session.run(v) == 7
