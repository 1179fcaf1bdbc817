"""Stacks do what lists do, whether what is pushed is known while tracing or not."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funcfit.kernels.stack import NoRoom, Stack

STEPS = st.lists(
    st.one_of(st.floats(-9, 9, width=32), st.just("pop"), st.just("settle"), st.just("block")), max_size=12
)


def element(number):
    return np.full((2,), number, np.float32)


def play(steps, as_pushed):
    """The steps done to a stack, with `as_pushed` of each element, and to a list: the stack, both lists of the popped,
    the list.
    """
    stack, model, popped, expected = Stack.empty(np.float32), [], [], []
    for step in steps:
        if step == "settle":
            stack = stack.settled()
        elif step == "block":
            stack = stack.push_block(jnp.stack([as_pushed(element(i)) for i in range(3)]))
            model += [element(i) for i in range(3)]
        elif step != "pop":
            stack = stack.push(as_pushed(element(step)))
            model.append(element(step))
        elif model:
            stack, top = stack.pop()
            popped.append(top)
            expected.append(model.pop())
    return stack, popped, expected, model


def content(stack):
    stack = stack.settled()
    return [] if stack.buffer is None else list(np.asarray(stack.buffer)[: int(stack.top)])


@pytest.mark.parametrize("as_pushed", [np.asarray, jnp.asarray])
@settings(deadline=None, max_examples=50)
@given(steps=STEPS)
def test_a_stack_does_what_a_list_does(as_pushed, steps):
    stack, popped, expected, model = play(steps, as_pushed)
    np.testing.assert_array_equal(popped, expected)
    np.testing.assert_array_equal(content(stack), model)


@settings(deadline=None, max_examples=15)
@given(steps=STEPS)
def test_a_stack_enters_and_leaves_jit_as_it_is(steps):
    stack, _, _, model = play(steps, jnp.asarray)
    passed = jax.jit(lambda s: s.push(jnp.ones(2)))(stack)
    np.testing.assert_array_equal(content(passed), [*model, [1, 1]])


def test_what_is_pushed_is_known_again_when_it_is_popped():
    stack = jax.jit(lambda x: Stack.empty(np.int32).push(np.int32([2, 3])).push(np.int32([4, 5])))(0.0)
    stack, top = stack.settled().pop()
    assert isinstance(top, np.ndarray) and top.tolist() == [4, 5]
    with pytest.raises(NoRoom, match="Stack is empty when calling Pop"):
        stack.pop()[0].pop()


@pytest.mark.parametrize(("before", "count"), [(0, 1), (0, 4), (2, 3), (3, 1)])
def test_with_room_a_loop_pushes_in_place(before, count):
    stack = Stack.empty(np.float32)
    for i in range(before):
        stack = stack.push(element(-1 - i))

    def turn(i, stack):
        return stack.push(jnp.full((2,), i, jnp.float32)).settled()

    pushed = jax.lax.fori_loop(0, count, turn, stack.with_room(count, element(0).shape).with_traced_top())
    assert len(pushed.buffer) == before + count
    assert np.asarray(pushed.buffer)[:, 0].tolist() == [*(-1.0 - i for i in range(before)), *range(count)]
    assert int(pushed.top) == before + count


def test_one_element_that_a_loop_pushes_in_all_its_turns_stays_known():
    shape, popped = np.int32([2, 3]), []

    def looped(count):
        first = Stack.empty(np.int32).push(shape).settled()
        stack = Stack.empty(np.int32).with_room(4, shape.shape, first.only_element()).with_traced_top()
        stack = jax.lax.fori_loop(0, count, lambda _, stack: stack.push(shape).settled(), stack)
        stack, top = stack.pop()
        popped.append(top)
        return stack.settled().top

    assert jax.jit(looped)(3) == 2
    assert isinstance(popped[0], np.ndarray) and popped[0].tolist() == [2, 3]
    assert Stack.empty(np.int32).push(shape).push(shape + 1).settled().only_element() is None


@pytest.mark.parametrize("count", [1, 4])
def test_a_loop_pops_what_is_where_its_turn_says(count):
    stack = Stack.empty(np.float32).push_block(jnp.arange(2.0 * count).reshape(-1, 2))
    seen = jax.lax.map(lambda k: stack.lowered(k).pop()[1], jnp.arange(count))
    np.testing.assert_array_equal(seen, np.asarray(stack.settled().buffer)[::-1])


def test_a_loop_that_does_not_know_its_turns_needs_room_first():
    stack = Stack.empty(np.float32).with_traced_top()
    with pytest.raises(NoRoom):
        stack.push(element(1)).settled()
