"""Record graphs that TensorFlow 1.15.5 builds: tests/fixtures/graphs/PROGRAM.json has their nodes, one a line, and what
they give.

PATH/TO/tf1.15/bin/python scripts/record_graphs.py

A node's inputs are written as a GraphDef writes them: `x`, `x:1`, `^x` for a control edge. Attrs are plain JSON;
dtypes, shapes and tensors are objects.
"""

import json
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow.compat.v1 as tf
from tensorflow.contrib.framework import nest

assert tf.__version__ == "1.15.5", tf.__version__
tf.logging.set_verbosity(tf.logging.ERROR)
GRAPHS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests", "fixtures", "graphs")


def numbers(*shape):
    count = int(np.prod(shape))
    return np.cos(np.arange(1, count + 1)).astype(np.float32).reshape(shape)


# A program gives its feeds, what to fetch, and what to differentiate: (y, xs), or None where its graph has gradients.


def captured():
    x, n = tf.placeholder(tf.float32, [2, 3], name="x"), tf.placeholder(tf.int32, [], name="n")
    w = tf.get_variable("w", initializer=tf.constant(numbers(3, 3)))
    b = tf.identity(0.1 * x, name="b")
    _, h = tf.while_loop(lambda i, h: i < n, lambda i, h: (i + 1, tf.tanh(tf.matmul(h, w) + b)), [0, x])
    loss = tf.reduce_sum(tf.square(h), name="loss")
    return {x: numbers(2, 3), n: 4}, [h, loss], (loss, [x, w])


def bounded():
    x = tf.placeholder(tf.float32, [None], name="x")
    found = tf.while_loop(
        lambda y: tf.reduce_sum(y) < 100.0, lambda y: y * y + x, [x], maximum_iterations=3, swap_memory=True
    )
    return {x: numbers(3)}, [found], (found, [x])


def cond_in_a_loop():
    x, w = tf.placeholder(tf.float32, [3], name="x"), tf.get_variable("w", initializer=tf.constant(numbers(3)))

    def body(i, y):
        return i + 1, tf.cond(tf.equal(i % 2, 0), lambda: y * w, lambda: tf.sin(y) + x)

    _, y = tf.while_loop(lambda i, _: i < 5, body, [0, x])
    return {x: numbers(3)}, [y], (y, [x, w])


def loop_in_a_cond():
    x, go = tf.placeholder(tf.float32, [3], name="x"), tf.placeholder(tf.bool, [], name="go")

    def repeated():
        return tf.while_loop(lambda i, _: i < 3, lambda i, y: (i + 1, tf.sin(y) * x), [0, x])[1]

    y = tf.cond(go, repeated, lambda: x * 2.0)
    return {x: numbers(3), go: True}, [y], (y, [x])


def nested_loops():
    x, w = tf.placeholder(tf.float32, [3], name="x"), tf.get_variable("w", initializer=tf.constant(numbers(3)))

    def outer(i, y):
        _, z = tf.while_loop(lambda j, _: j <= i, lambda j, z: (j + 1, tf.sin(z) * w), [0, y])
        return i + 1, z + x

    _, y = tf.while_loop(lambda i, _: i < 3, outer, [0, x])
    return {x: numbers(3)}, [y], (y, [x, w])


def loops_and_conds():
    x, w = tf.placeholder(tf.float32, [3], name="x"), tf.get_variable("w", initializer=tf.constant(numbers(3)))
    n = tf.placeholder(tf.int32, [], name="n")

    def inner(i, y):
        def body(j, z):
            mixed = tf.cond(n > 3, lambda: x * y, lambda: tf.zeros([3]))
            return j + 1, tf.cond(tf.equal(j % 2, 0), lambda: tf.sin(z) * w, lambda: z + mixed)

        return tf.while_loop(lambda j, _: j < i, body, [0, y])[1]

    def body(i, y):
        other = lambda: tf.cond(y[0] > 0.0, lambda: y + w, lambda: y - x)
        return i + 1, tf.cond(tf.reduce_sum(y) > 0.0, lambda: inner(i, y), other)

    _, y = tf.while_loop(lambda i, _: i < n, body, [0, x])
    return {x: numbers(3), n: 4}, [y], (y, [x, w])


def conds():
    x, w = tf.placeholder(tf.float32, [3], name="x"), tf.get_variable("w", initializer=tf.constant(numbers(4, 3)))

    def on():
        return tf.cond(x[0] > 5.0, lambda: tf.gather(w, [0, 2])[0] * x, lambda: tf.gather(w, [1, 1, 3])[0] + tf.sin(x))

    y = tf.cond(tf.reduce_sum(x) < 3.0, on, lambda: tf.exp(x))
    z = tf.cond(tf.reduce_sum(y) > 30.0, lambda: y + 1.0, lambda: x)
    count, z = tf.cond(z[0] > 0.0, lambda: (tf.constant(3), z * 2.0), lambda: (tf.constant(4), y))
    z = z * tf.cast(count, tf.float32) + y
    return {x: numbers(3)}, [z], (z, [x, w])


def arrays():
    x, w = tf.placeholder(tf.float32, [None, 2], name="x"), tf.get_variable("w", initializer=tf.constant(numbers(5, 2)))
    count = tf.shape(x)[0]
    rows = tf.TensorArray(tf.float32, count).unstack(x)
    out = tf.TensorArray(tf.float32, 0, dynamic_size=True, clear_after_read=False)

    def body(i, s, out):
        row = rows.read(i)
        looked_up = lambda: out.write(i, tf.nn.embedding_lookup(w, i) + row)
        out = tf.cond(i % 2 > 0, lambda: out.write(i, row * s), looked_up)
        return i + 1, s + out.read(i), out

    _, s, out = tf.while_loop(lambda i, *_: i < count, body, [0, tf.ones([2]), out])
    y = tf.reduce_sum(out.stack()) + tf.reduce_sum(s)
    return {x: numbers(4, 2)}, [y, s], (y, [x, w])


def mapped():
    x, w = tf.placeholder(tf.float32, [None, 3], name="x"), tf.get_variable("w", initializer=tf.constant(numbers(3)))
    y = tf.map_fn(lambda row: tf.cumsum(tf.exp(row) * w), x)
    return {x: numbers(4, 3)}, [y], (y, [x, w])


def folded():
    x, w = tf.placeholder(tf.float32, [4, 2], name="x"), tf.get_variable("w", initializer=tf.constant(numbers(5, 2)))
    rows = tf.scan(lambda total, row: total * row + tf.gather(w, [3, 1, 3])[1], x)
    return {x: numbers(4, 2)}, [rows], (rows, [x, w])


def recurrent(cell):
    x, lengths = tf.placeholder(tf.float32, [3, None, 2], name="x"), tf.placeholder(tf.int32, [3], name="lengths")
    with tf.variable_scope("model", initializer=tf.random_uniform_initializer(-1.0, 1.0, seed=7)):
        outputs, state = tf.nn.dynamic_rnn(cell, x, sequence_length=lengths, dtype=tf.float32)
    loss = tf.reduce_sum(outputs * outputs) + tf.reduce_sum(tf.stack(nest.flatten(state)))
    return {x: numbers(3, 5, 2), lengths: [5, 2, 4]}, outputs, loss, [x, *tf.trainable_variables()]


def lstm():
    feeds, outputs, loss, xs = recurrent(tf.nn.rnn_cell.LSTMCell(4, use_peepholes=True))
    return feeds, [outputs, loss], (loss, xs)


def cond_with_gradients():
    feeds, found, (y, xs) = cond_in_a_loop()
    z = tf.cond(tf.reduce_sum(y) > 0.0, lambda: tf.sin(y) * xs[0], lambda: y / xs[1])
    return feeds, [*found, z, *tf.gradients(z, xs)], None


def trained():
    feeds, _, loss, xs = recurrent(tf.nn.rnn_cell.BasicLSTMCell(4))
    step = tf.train.AdamOptimizer(0.1).minimize(loss)
    with tf.control_dependencies([step]):
        return feeds, [tf.identity(loss, name="loss_before")] + [x.read_value() for x in xs[1:]], None


def plain(attr):
    """An attr as JSON."""
    kind = attr.WhichOneof("value")
    if kind == "list":
        return [one for field, values in attr.list.ListFields() for one in map(PLAIN[field.name], values)]
    return PLAIN[kind](getattr(attr, kind))


def tensor(proto):
    value = tf.make_ndarray(proto)
    return {"tensor": value.tolist(), "dtype": tf.as_dtype(proto.dtype).name, "shape": list(value.shape)}


PLAIN = {
    "s": bytes.decode,
    "i": int,
    "f": float,
    "b": bool,
    "type": lambda number: {"dtype": tf.as_dtype(number).name},
    "shape": lambda proto: {"shape": tf.TensorShape(proto).as_list() if not proto.unknown_rank else None},
    "tensor": tensor,
}


def short(value):
    """Seven digits."""
    return [short(item) for item in value] if isinstance(value, list) else float(f"{value:.7g}")


def recorded(program):
    with tf.Graph().as_default() as graph, tf.Session() as session:
        feeds, fetches, wanted = program()
        fetches = [tf.convert_to_tensor(x) for x in fetches]
        initializer = tf.global_variables_initializer()
        nodes = graph.as_graph_def().node
        session.run(initializer)
        lines = [
            {
                "name": n.name,
                "op": n.op,
                "inputs": list(n.input),
                "attrs": {k: plain(n.attr[k]) for k in sorted(n.attr)},
            }
            for n in nodes
        ]
        found = {
            "initializer": initializer.name,
            "feeds": {x.name: np.asarray(value).tolist() for x, value in feeds.items()},
            "fetches": {x.name: short(v.tolist()) for x, v in zip(fetches, session.run(fetches, feeds))},
        }
        if wanted is not None:
            y, xs = wanted
            gradients = session.run([tf.convert_to_tensor(g) for g in tf.gradients(y, xs)], feeds)
            found["y"], found["gradients"] = y.name, {x.name: short(v.tolist()) for x, v in zip(xs, gradients)}
    return lines, found


PROGRAMS = [
    captured,
    bounded,
    cond_in_a_loop,
    loop_in_a_cond,
    nested_loops,
    loops_and_conds,
    conds,
    arrays,
    mapped,
    folded,
    lstm,
    cond_with_gradients,
    trained,
]
os.makedirs(GRAPHS, exist_ok=True)
for program in PROGRAMS:
    lines, found = recorded(program)
    with open(os.path.join(GRAPHS, program.__name__ + ".json"), "w") as file:
        file.write('{\n"nodes": [\n' + ",\n".join(json.dumps(line, default=bytes.decode) for line in lines) + "\n],\n")
        file.write(",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in found.items()) + "\n}\n")
    print(program.__name__, len(lines), "nodes")
