"""Stacks as nodes: what is pushed comes back, the last first."""

import pytest

import funcfit.tf1 as tf

raw = tf.raw_ops

NEW = {
    "Stack": (lambda: raw.Stack(elem_type=tf.float32), raw.StackPush, raw.StackPop, raw.StackClose),
    "StackV2": (lambda: raw.StackV2(-1, elem_type=tf.float32), raw.StackPushV2, raw.StackPopV2, raw.StackCloseV2),
}


@pytest.mark.parametrize("kind", NEW)
def test_what_is_pushed_is_popped_the_last_first(kind):
    make, push, pop, close = NEW[kind]
    with tf.Graph().as_default(), tf.Session() as session:
        stack, values = make(), []
        for x in (1.0, 2.0):
            with tf.control_dependencies(values):
                values.append(push(stack, x))
        popped = values
        for _ in range(2):
            with tf.control_dependencies(popped[-1:]):
                popped = [*popped, pop(stack, elem_type=tf.float32)]
        with tf.control_dependencies(popped):
            closed = close(stack)
        for _ in range(2):  # each run has a stack of its own
            assert session.run([popped, closed])[0] == [1, 2, 2, 1]
