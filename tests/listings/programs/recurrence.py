"""Recurrent cells and networks.

Where TensorFlow 1.1 calls variables weights and biases, the listings have their later names, kernel and bias: the
recorder writes them so.
"""

import numpy as np


def _steps(tf, count=3, rows=2, columns=4):
    draw = np.random.RandomState(1)
    return [tf.constant(draw.uniform(-1, 1, [rows, columns]).astype("f"), name=f"x{i}") for i in range(count)]


def _batch(tf, rows=2, steps=3, columns=4):
    return tf.constant(np.random.RandomState(1).uniform(-1, 1, [rows, steps, columns]).astype("f"), name="x")


def _settled(tf):
    """Variables start from numbers that every release gives."""
    return tf.variable_scope("model", initializer=tf.constant_initializer(0.1))


def basic_rnn_cell(tf):
    cell = tf.contrib.rnn.BasicRNNCell(3)
    with _settled(tf):
        output, _state = cell(_steps(tf)[0], cell.zero_state(2, tf.float32))
    tf.gradients(output, tf.trainable_variables())


def gru_cell(tf):
    cell = tf.contrib.rnn.GRUCell(3, activation=tf.nn.relu)
    with _settled(tf):
        output, _state = cell(_steps(tf)[0], cell.zero_state(2, tf.float32))
    tf.gradients(output, tf.trainable_variables())


def basic_lstm_cell(tf):
    cell = tf.contrib.rnn.BasicLSTMCell(3, forget_bias=0.5)
    with _settled(tf):
        output, _state = cell(_steps(tf)[0], cell.zero_state(2, tf.float32))
    tf.gradients(output, tf.trainable_variables())


def basic_lstm_cell_with_one_state(tf):
    cell = tf.contrib.rnn.BasicLSTMCell(3, state_is_tuple=False)
    with _settled(tf):
        cell(_steps(tf)[0], cell.zero_state(2, tf.float32))


def lstm_cell(tf):
    cell = tf.contrib.rnn.LSTMCell(
        3, use_peepholes=True, cell_clip=0.5, num_proj=2, proj_clip=0.2, initializer=tf.constant_initializer(0.1)
    )
    output, _state = cell(_steps(tf)[0], cell.zero_state(2, tf.float32))
    tf.gradients(output, tf.trainable_variables())


def lstm_cell_with_one_state(tf):
    cell = tf.contrib.rnn.LSTMCell(3, num_proj=2, state_is_tuple=False, initializer=tf.constant_initializer(0.1))
    cell(_steps(tf)[0], cell.zero_state(2, tf.float32))


def stacked_cells(tf):
    cells = tf.contrib.rnn.MultiRNNCell([tf.contrib.rnn.BasicLSTMCell(3), tf.contrib.rnn.GRUCell(2)])
    with _settled(tf):
        steps = _steps(tf)
        state = cells.zero_state(2, tf.float32)
        _output, state = cells(steps[0], state)
        tf.get_variable_scope().reuse_variables()
        cells(steps[1], state)


def dropout_and_residuals(tf):
    cell = tf.contrib.rnn.DropoutWrapper(
        tf.contrib.rnn.BasicRNNCell(4),
        input_keep_prob=0.5,
        output_keep_prob=tf.placeholder_with_default(0.5, []),
        seed=3,
    )
    with _settled(tf):
        tf.contrib.rnn.static_rnn(tf.contrib.rnn.ResidualWrapper(cell), _steps(tf), dtype=tf.float32)


def variational_dropout(tf):
    cell = tf.contrib.rnn.DropoutWrapper(
        tf.contrib.rnn.BasicRNNCell(4),
        input_keep_prob=0.5,
        output_keep_prob=0.5,
        variational_recurrent=True,
        input_size=4,
        dtype=tf.float32,
        seed=3,
    )
    with _settled(tf):
        tf.contrib.rnn.static_rnn(cell, _steps(tf), dtype=tf.float32)


def attention_cell(tf):
    cell = tf.contrib.rnn.AttentionCellWrapper(tf.contrib.rnn.BasicLSTMCell(3), attn_length=2, state_is_tuple=True)
    with _settled(tf):
        tf.contrib.rnn.static_rnn(cell, _steps(tf, count=2), dtype=tf.float32)


def coupled_gates(tf):
    cell = tf.contrib.rnn.CoupledInputForgetGateLSTMCell(
        3,
        use_peepholes=True,
        num_proj=2,
        num_unit_shards=2,
        state_is_tuple=True,
        initializer=tf.constant_initializer(0.1),
    )
    tf.contrib.rnn.static_rnn(cell, _steps(tf, count=2), dtype=tf.float32)


def cells_over_frequencies(tf):
    x = _steps(tf, columns=6)[0]
    cell = tf.contrib.rnn.TimeFreqLSTMCell(
        2, use_peepholes=True, feature_size=2, frequency_skip=2, initializer=tf.constant_initializer(0.1)
    )
    cell(x, tf.zeros([2, 12]))
    grid = tf.contrib.rnn.GridLSTMCell(
        2,
        use_peepholes=True,
        feature_size=2,
        frequency_skip=2,
        num_frequency_blocks=[3],
        state_is_tuple=True,
        initializer=tf.constant_initializer(0.1),
    )
    grid(x, grid.zero_state(2, tf.float32))


def layer_norm_lstm_cell(tf):
    cell = tf.contrib.rnn.LayerNormBasicLSTMCell(3, norm_gain=0.5, norm_shift=0.1, dropout_keep_prob=0.5)
    with _settled(tf):
        tf.contrib.rnn.static_rnn(cell, _steps(tf, count=2), dtype=tf.float32)


def cell_found_by_search(tf):
    cell = tf.contrib.rnn.NASCell(3, num_proj=2, use_biases=True)
    with _settled(tf):
        cell(_steps(tf)[0], cell.zero_state(2, tf.float32), scope="nas_cell")


def static_rnn(tf):
    with _settled(tf):
        outputs, _state = tf.contrib.rnn.static_rnn(tf.contrib.rnn.BasicLSTMCell(3), _steps(tf), dtype=tf.float32)
    tf.gradients(tf.reduce_sum(outputs[-1]), tf.trainable_variables())


def static_rnn_of_lengths(tf):
    cell = tf.contrib.rnn.GRUCell(3)
    with _settled(tf):
        tf.contrib.rnn.static_rnn(cell, _steps(tf), dtype=tf.float32, sequence_length=[1, 3])


def static_rnn_of_any_batch(tf):
    xs = [tf.placeholder(tf.float32, [None, 4], name=f"x{i}") for i in range(2)]
    with _settled(tf):
        tf.contrib.rnn.static_rnn(tf.contrib.rnn.BasicRNNCell(3), xs, dtype=tf.float32)
    return {x: np.ones([2, 4]) for x in xs}


def static_bidirectional_rnn(tf):
    cells = [tf.contrib.rnn.BasicRNNCell(3) for _ in range(2)]
    with _settled(tf):
        tf.contrib.rnn.static_bidirectional_rnn(
            cells[0], cells[1], _steps(tf), dtype=tf.float32, sequence_length=tf.constant([3, 2])
        )


def stacked_bidirectional_rnn(tf):
    forward, backward = ([tf.contrib.rnn.BasicRNNCell(size) for size in (3, 2)] for _ in range(2))
    with _settled(tf):
        tf.contrib.rnn.stack_bidirectional_rnn(forward, backward, _steps(tf), dtype=tf.float32)


def dynamic_rnn(tf):
    with _settled(tf):
        tf.nn.dynamic_rnn(tf.contrib.rnn.BasicLSTMCell(3), _batch(tf), dtype=tf.float32)


def dynamic_rnn_of_lengths(tf):
    lengths = tf.placeholder(tf.int32, [None], name="lengths")
    with _settled(tf):
        tf.nn.dynamic_rnn(tf.contrib.rnn.GRUCell(3), _batch(tf), sequence_length=lengths, dtype=tf.float32)
    return {lengths: [1, 3]}


def dynamic_rnn_time_first(tf):
    x = tf.placeholder(tf.float32, [None, None, 4], name="x")
    cell = tf.contrib.rnn.BasicRNNCell(3)
    with _settled(tf):
        state = cell.zero_state(tf.shape(x)[1], tf.float32)
        tf.nn.dynamic_rnn(cell, x, initial_state=state, time_major=True, swap_memory=True, parallel_iterations=4)
    return {x: np.ones([3, 2, 4])}


def dynamic_rnn_of_stacked_cells(tf):
    cells = tf.contrib.rnn.MultiRNNCell([tf.contrib.rnn.LSTMCell(3, use_peepholes=True), tf.contrib.rnn.GRUCell(2)])
    with _settled(tf):
        tf.nn.dynamic_rnn(cells, _batch(tf), dtype=tf.float32)


def gradient_of_dynamic_rnn(tf):
    with _settled(tf):
        x = _batch(tf)
        outputs, _state = tf.nn.dynamic_rnn(tf.contrib.rnn.BasicRNNCell(3), x, dtype=tf.float32)
    tf.gradients(tf.reduce_sum(outputs), [*tf.trainable_variables(), x])


def gradient_of_dynamic_rnn_of_lengths(tf):
    with _settled(tf):
        _outputs, state = tf.nn.dynamic_rnn(
            tf.contrib.rnn.BasicLSTMCell(3), _batch(tf), sequence_length=tf.constant([2, 3]), dtype=tf.float32
        )
    tf.gradients(tf.reduce_sum(state.h), tf.trainable_variables())


def bidirectional_dynamic_rnn(tf):
    cells = [tf.contrib.rnn.GRUCell(3) for _ in range(2)]
    with _settled(tf):
        tf.nn.bidirectional_dynamic_rnn(
            cells[0], cells[1], _batch(tf), sequence_length=tf.constant([2, 3]), dtype=tf.float32
        )


def stacked_bidirectional_dynamic_rnn(tf):
    forward, backward = ([tf.contrib.rnn.BasicRNNCell(size) for size in (3, 2)] for _ in range(2))
    with _settled(tf):
        tf.contrib.rnn.stack_bidirectional_dynamic_rnn(forward, backward, _batch(tf), dtype=tf.float32)


def raw_rnn(tf):
    cell = tf.contrib.rnn.BasicRNNCell(3)
    x = tf.TensorArray(tf.float32, size=3).unstack(tf.transpose(_batch(tf), [1, 0, 2]))

    def loop(time, output, state, loop_state):
        finished = time >= tf.constant([2, 3])
        step = tf.cond(tf.reduce_all(finished), lambda: tf.zeros([2, 4]), lambda: x.read(time))
        return finished, step, cell.zero_state(2, tf.float32) if output is None else state, output, None

    with _settled(tf):
        outputs, _state, _ = tf.nn.raw_rnn(cell, loop)
    outputs.stack()


def training_through_dynamic_rnn(tf):
    x = _batch(tf)
    labels = tf.constant([0, 1], name="labels")
    with _settled(tf):
        outputs, _state = tf.nn.dynamic_rnn(tf.contrib.rnn.BasicLSTMCell(3), x, dtype=tf.float32)
        logits = tf.layers.dense(outputs[:, -1], 2)
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))
    tf.train.AdamOptimizer(0.01).minimize(loss)
