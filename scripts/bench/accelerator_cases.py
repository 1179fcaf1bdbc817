"""Models at several sizes: a network that a hand-written step and `program` train, and the same model as a TensorFlow 1
program builds it.

A graph builder takes `tf`, the network's parameters, the input, `product` (a matmul in the dtype that is measured) and
`variable`, which makes a variable that is to hold a parameter; it gives the logits.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from bench.training_cases import Case, block, classes
from funcfit import nn


class Model(NamedTuple):
    """What to train, by its sizes: `case(*sizes)`, and `logits`, the graph builder; whether it has one in bfloat16."""

    case: Callable[..., Case]
    logits: Callable
    halves: bool
    sizes: dict[str, tuple[int, ...]]


def mlp(width: int, layers: int, batch: int) -> Case:
    hidden = [part for _ in range(layers) for part in (nn.dense(width), nn.relu)]
    return Case(nn.sequential(*hidden, nn.dense(10)), *classes(4 * batch, 784), size=batch, steps=0)


def cnn(side: int, first: int, second: int, batch: int) -> Case:
    network = nn.sequential(
        *(nn.conv(first), nn.relu, nn.max_pool(), nn.conv(second), nn.relu, nn.max_pool()), nn.flatten, nn.dense(10)
    )
    return Case(network, *classes(4 * batch, side, side, 3), size=batch, steps=0)


def lstm(size: int, times: int, batch: int) -> Case:
    network = nn.sequential(nn.lstm(size), nn.of(lambda x: x[:, -1]), nn.dense(10))
    return Case(network, *classes(4 * batch, times, 32), size=batch, steps=0)


def transformer(size: int, blocks: int, times: int, batch: int) -> Case:
    inner = [block(size) for _ in range(blocks)]
    network = nn.sequential(nn.dense(size), nn.positions(), *inner, nn.of(lambda x: x.mean(1)), nn.dense(10))
    return Case(network, *classes(4 * batch, times, 32), size=batch, steps=0)


# The same in graphs.


def mlp_logits(tf: Any, params: Any, x: Any, product: Callable, variable: Callable) -> Any:
    for i, layer in enumerate(params[::2]):
        x = product(tf.nn.relu(x) if i else x, variable(layer["w"])) + variable(layer["b"])
    return x


def cnn_logits(tf: Any, params: Any, x: Any, product: Callable, variable: Callable) -> Any:
    for layer in (params[0], params[3]):
        x = tf.nn.relu(tf.nn.conv2d(x, variable(layer["w"]), [1, 1, 1, 1], "SAME") + variable(layer["b"]))
        x = tf.nn.max_pool(x, [1, 2, 2, 1], [1, 2, 2, 1], "VALID")
    flat = tf.reshape(x, [-1, params[-1]["w"].shape[0]])
    return product(flat, variable(params[-1]["w"])) + variable(params[-1]["b"])


def lstm_logits(tf: Any, params: Any, x: Any, product: Callable, variable: Callable) -> Any:
    size = params[0]["h"].shape[0]
    bias = variable(_in_order_of_cells(params[0]["b"]))
    kernel = variable(_in_order_of_cells(np.vstack([params[0]["x"], params[0]["h"]])))
    made = {True: bias, False: kernel}
    with tf.variable_scope("cell", custom_getter=lambda getter, name, *_, **__: made["bias" in name]):
        outputs, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.BasicLSTMCell(size), x, dtype=tf.float32)
    return product(outputs[:, -1], variable(params[2]["w"])) + variable(params[2]["b"])


def _in_order_of_cells(columns: Any) -> np.ndarray:
    """Input, candidate, forget, output: BasicLSTMCell's order of gates, from input, forget, candidate, output."""
    i, f, g, o = np.split(np.asarray(columns), 4, axis=-1)
    return np.concatenate([i, g, f, o], axis=-1)


def transformer_logits(tf: Any, params: Any, x: Any, product: Callable, variable: Callable) -> Any:
    times = params[1]["table"].shape[0]
    causal = tf.constant(np.where(np.tril(np.ones((times, times))), 0, -1e9).astype(np.float32))

    def dense(x, w, b=None):
        rows = product(tf.reshape(x, [-1, w.shape[0]]), variable(w))
        return tf.reshape(rows if b is None else rows + variable(b), [-1, times, w.shape[1]])

    def norm(x, layer):
        centred = x - tf.reduce_mean(x, -1, keep_dims=True)
        root = tf.rsqrt(tf.reduce_mean(tf.square(centred), -1, keep_dims=True) + 1e-6)
        return centred * root * variable(layer["scale"]) + variable(layer["offset"])

    def heads(x, size):
        return tf.transpose(tf.reshape(x, [-1, times, 4, size // 4]), [0, 2, 1, 3])

    def attention(x, layer):
        size = layer["out"].shape[0]
        q, k, v = (heads(part, size) for part in tf.split(dense(x, layer["in"]), 3, 2))
        scores = product(q / (size // 4) ** 0.5, k, transpose_b=True) + causal
        seen = product(tf.nn.softmax(scores), v)
        return dense(tf.reshape(tf.transpose(seen, [0, 2, 1, 3]), [-1, times, size]), layer["out"])

    x = dense(x, params[0]["w"], params[0]["b"]) + variable(params[1]["table"])
    for (before, attending), ((inner, first, _, second),) in params[2:-2]:
        x = x + attention(norm(x, before), attending)
        x = x + dense(tf.nn.relu(dense(norm(x, inner), first["w"], first["b"])), second["w"], second["b"])
    return product(tf.reduce_mean(x, 1), variable(params[-1]["w"])) + variable(params[-1]["b"])


MODELS = {
    "mlp": Model(mlp, mlp_logits, True, {"small": (256, 2, 128), "medium": (2048, 3, 1024), "large": (8192, 4, 4096)}),
    "cnn": Model(
        cnn, cnn_logits, False, {"small": (28, 16, 32, 64), "medium": (32, 64, 128, 256), "large": (64, 128, 256, 256)}
    ),
    "lstm": Model(
        lstm, lstm_logits, False, {"small": (64, 28, 64), "medium": (256, 64, 128), "large": (1024, 128, 256)}
    ),
    "transformer": Model(
        transformer,
        transformer_logits,
        True,
        {"small": (64, 2, 32, 16), "medium": (256, 4, 128, 32), "large": (1024, 8, 512, 32)},
    ),
}
