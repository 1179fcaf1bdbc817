"""Networks over time: all ways to unroll a cell agree with each other, with the kernels, and with jax.grad."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import funcfit.tf1 as tf
from funcfit.kernels import recurrent

ROWS, STEPS, COLUMNS, UNITS = 2, 4, 3, 5
LENGTHS = np.array([1, 4])
INPUTS = np.random.default_rng(2).uniform(-1, 1, [STEPS, ROWS, COLUMNS]).astype(np.float32)


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default() as graph, tf.variable_scope("net", initializer=tf.random_uniform_initializer(seed=1)):
        yield graph


def lstm(units=UNITS):
    return tf.nn.rnn_cell.BasicLSTMCell(units)


def evaluated(*fetches):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(fetches)


def same(value, expected):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-6), value, expected)


def test_static_and_dynamic_networks_and_kernels_agree_with_their_gradients():
    cell, xs = lstm(), tf.constant(INPUTS)
    dynamic, state = tf.nn.dynamic_rnn(cell, xs, LENGTHS, dtype=tf.float32, time_major=True)
    static, static_state = tf.nn.static_rnn(cell, tf.unstack(xs), dtype=tf.float32, sequence_length=LENGTHS)
    sources = [xs, *cell.trainable_variables]
    loss, static_loss = (tf.reduce_sum(tf.square(y)) for y in (dynamic, tf.stack(static)))
    results = evaluated(
        dynamic,
        tuple(state),
        tf.stack(static),
        tuple(static_state),
        cell.trainable_variables,
        *(tf.gradients(y, sources) for y in (loss, static_loss)),
    )
    outputs, state, static, static_state, (kernel, bias), gradients, static_gradients = results

    def network(inputs, kernel, bias):
        def step(state, x):
            stepped = recurrent.lstm(x, *state, kernel, bias)
            return (stepped.c, stepped.h), stepped.h

        zeros = jnp.zeros([ROWS, UNITS])
        return recurrent.over_time(step, (zeros, zeros), inputs, LENGTHS)

    same((state, outputs), network(INPUTS, kernel, bias))
    same((static_state, static), (state, outputs))
    expected = jax.grad(lambda *given: jnp.sum(network(*given)[1] ** 2), (0, 1, 2))(INPUTS, kernel, bias)
    same(tuple(gradients), expected)
    same(tuple(static_gradients), expected)


def test_a_network_reads_time_first_or_second():
    cell = tf.nn.rnn_cell.GRUCell(UNITS)
    first, _ = tf.nn.dynamic_rnn(cell, tf.constant(INPUTS), dtype=tf.float32, time_major=True)
    second, _ = tf.nn.dynamic_rnn(cell, tf.constant(INPUTS.swapaxes(0, 1)), dtype=tf.float32)
    first, second = evaluated(first, second)
    same(first, second.swapaxes(0, 1))


def test_the_backward_cell_starts_where_each_row_ends():
    cells = lstm(), lstm()
    xs = tf.constant(INPUTS)
    (_, backward), (_, state) = tf.nn.bidirectional_dynamic_rnn(*cells, xs, LENGTHS, dtype=tf.float32, time_major=True)
    alone = [
        tf.nn.dynamic_rnn(cells[1], xs[:length, row : row + 1][::-1], dtype=tf.float32, time_major=True)
        for row, length in enumerate(LENGTHS)
    ]
    backward, state, alone = evaluated(backward, state, alone)
    for row, (outputs, last) in enumerate(alone):
        same(backward[: LENGTHS[row], row], outputs[::-1, 0])
        same(state.h[row], last.h[0])


def test_static_and_dynamic_networks_in_both_directions_agree():
    cells = lstm(), lstm()
    (forward, backward), states = tf.nn.bidirectional_dynamic_rnn(
        *cells, tf.constant(INPUTS), LENGTHS, dtype=tf.float32, time_major=True
    )
    static, *static_states = tf.nn.static_bidirectional_rnn(
        *cells, tf.unstack(INPUTS), dtype=tf.float32, sequence_length=LENGTHS
    )
    joined, states, static, static_states = evaluated(
        tf.concat([forward, backward], 2), states, tf.stack(static), tuple(static_states)
    )
    same(static, joined)
    same(static_states, states)


def test_layers_read_what_the_layers_below_put_out():
    forward, backward = [lstm(2), lstm(3)], [lstm(2), lstm(3)]
    dynamic, *_ = tf.contrib.rnn.stack_bidirectional_dynamic_rnn(
        forward, backward, tf.constant(INPUTS.swapaxes(0, 1)), dtype=tf.float32
    )
    static, *_ = tf.contrib.rnn.stack_bidirectional_rnn(forward, backward, tf.unstack(INPUTS), dtype=tf.float32)
    dynamic, static = evaluated(dynamic, tf.stack(static))
    assert dynamic.shape == (ROWS, STEPS, 6)
    same(static, dynamic.swapaxes(0, 1))


def test_a_raw_network_may_do_what_a_dynamic_one_does():
    cell, xs = lstm(), tf.constant(INPUTS)
    array = tf.TensorArray(tf.float32, STEPS).unstack(xs)

    def loop(time, output, state, loop_state):
        finished = time >= LENGTHS
        step = tf.cond(tf.reduce_all(finished), lambda: tf.zeros([ROWS, COLUMNS]), lambda: array.read(time))
        turns = tf.constant(0) if output is None else loop_state + 1
        return finished, step, cell.zero_state(ROWS, tf.float32) if output is None else state, output, turns

    raw, state, turns = tf.nn.raw_rnn(cell, loop)
    dynamic = tf.nn.dynamic_rnn(cell, xs, LENGTHS, dtype=tf.float32, time_major=True)
    raw, state, turns, (outputs, last) = evaluated(raw.stack(), state, turns, dynamic)
    same(raw, outputs)
    same(tuple(state), tuple(last))
    assert turns == STEPS


def test_a_raw_network_may_have_no_steps():
    xs, lengths = tf.placeholder(tf.float32, [0, ROWS, COLUMNS]), tf.placeholder(tf.int32, [ROWS])
    array = tf.TensorArray(tf.float32, tf.shape(xs)[0]).unstack(xs)
    cell = tf.nn.rnn_cell.GRUCell(UNITS)

    def loop(time, output, state, loop_state):
        finished = time >= lengths
        step = tf.cond(tf.reduce_all(finished), lambda: tf.zeros([ROWS, COLUMNS]), lambda: array.read(time))
        return finished, step, cell.zero_state(ROWS, tf.float32) if output is None else state, output, None

    outputs, state, _ = tf.nn.raw_rnn(cell, loop)
    outputs = outputs.stack()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        outputs, state = session.run([outputs, state], {xs: INPUTS[:0], lengths: [0, 0]})
    assert outputs.shape == (0, ROWS, UNITS)
    np.testing.assert_array_equal(state, np.zeros([ROWS, UNITS]))


def test_a_saved_state_goes_on_where_the_last_run_ended():
    class Saver:
        def __init__(self):
            self.kept = {name: tf.Variable(tf.zeros([ROWS, UNITS]), trainable=False) for name in "ch"}

        def state(self, name):
            return self.kept[name]

        def save_state(self, name, value):
            return tf.assign(self.kept[name], value)

    cell, xs = lstm(), tf.constant(INPUTS[:2])
    outputs, _ = tf.nn.static_state_saving_rnn(cell, tf.unstack(xs), Saver(), ("c", "h"))
    whole, _ = tf.nn.static_rnn(cell, tf.unstack(xs) * 2, dtype=tf.float32)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        parts = [session.run(outputs) for _ in range(2)]
        same(parts[0] + parts[1], session.run(whole))


def test_fused_cells_agree_with_plain_ones():
    xs = tf.constant(INPUTS)
    plain = tf.contrib.rnn.FusedRNNCellAdaptor(tf.nn.rnn_cell.LSTMCell(UNITS, name="plain"), use_dynamic_rnn=True)
    fused = tf.contrib.rnn.LSTMBlockFusedCell(UNITS, name="fused")
    pairs = [cell(xs, dtype=tf.float32, sequence_length=LENGTHS) for cell in (plain, fused)]
    pairs += [
        tf.contrib.rnn.TimeReversedFusedRNN(cell)(xs, dtype=tf.float32, sequence_length=LENGTHS)
        for cell in (plain, fused)
    ]
    variables = tf.trainable_variables()
    copies = [tf.assign(b, a) for a, b in zip(variables[:2], variables[2:])]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(copies)
        (outputs, state), (fused_outputs, fused_state), *reversed_pairs = session.run(pairs)
    same((fused_outputs, tuple(fused_state)), (outputs, tuple(state)))
    same(reversed_pairs[1][0], reversed_pairs[0][0])


def test_a_network_becomes_a_function_that_jax_maps_and_differentiates():
    xs = tf.placeholder(tf.float32, [STEPS, ROWS, COLUMNS])
    outputs, _ = tf.nn.dynamic_rnn(lstm(), xs, dtype=tf.float32, time_major=True)
    total = tf.reduce_sum(tf.square(outputs))
    gradient = tf.gradients(total, xs)[0]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        function, state = tf.functionalize(total, [xs], session=session)
        expected = session.run(gradient, {xs: INPUTS})

    def loss(x):
        return function(state, x)[0]

    same(jax.jit(jax.grad(loss))(INPUTS), expected)
    same(jax.vmap(jax.grad(loss))(np.stack([INPUTS, INPUTS]))[1], expected)
