"""The training cases in Keras 3 on JAX: functional models under `model.fit`.

With `steps_per_execution`, which its documentation recommends for small models.
"""

import os

os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np
from keras import layers

from bench.training_cases import RATE, Case, Way


def relu(x):
    return layers.Activation("relu")(x)


def dense(x, p):
    return filled(layers.Dense(p["w"].shape[1]), x, p["w"], p["b"])


def conv(x, p):
    return filled(layers.Conv2D(p["w"].shape[3], p["w"].shape[:2], padding="same"), x, p["w"], p["b"])


def layer_norm(x, p):
    return filled(layers.LayerNormalization(epsilon=1e-6), x, p["scale"], p["offset"])


def filled(layer, x, *weights, **call):
    y = layer(x, **call)
    layer.set_weights([np.asarray(w) for w in weights])
    return y


def mlp(x, params):
    for p in params:
        x = dense(x, p) if p else relu(x)
    return x


def cnn(x, params):
    first, _, _, second, _, _, last = params
    x = layers.MaxPooling2D()(relu(conv(x, first)))
    return dense(layers.Flatten()(relu(conv(x, second))), last)


def lstm(x, params):
    p, _, last = params
    size = len(p["h"])
    return dense(filled(layers.LSTM(size), x, p["x"], p["h"], p["b"] + np.repeat([0, 1, 0, 0], size)), last)


def block(x, params):
    (norm, attention), ((norm2, up, _, down),) = params
    size = len(attention["out"])
    inner = [w.reshape(size, 4, -1) for w in np.split(attention["in"], 3, axis=1)]
    y = layer_norm(x, norm)
    heads = layers.MultiHeadAttention(4, size // 4, use_bias=False)
    attended = filled(
        heads, y, inner[0], inner[1], inner[2], attention["out"].reshape(4, -1, size), value=y, use_causal_mask=True
    )
    x = layers.Add()([x, attended])
    return layers.Add()([x, dense(relu(dense(layer_norm(x, norm2), up)), down)])


class Positions(layers.Layer):
    def build(self, shape):
        self.table = self.add_weight(shape=shape[1:])

    def call(self, x):
        return x + self.table


def transformer(x, params):
    first, positions, *blocks, _, last = params
    x = filled(Positions(), dense(x, first), positions["table"])
    for p in blocks:
        x = block(x, p)
    return dense(layers.GlobalAveragePooling1D()(x), last)


MODELS = {"mlp": mlp, "wide mlp": mlp, "cnn": cnn, "lstm": lstm, "transformer": transformer}


def way(name: str, case: Case) -> Way:
    rows = np.asarray(case.order()).reshape(-1)
    x, y = case.x[rows], case.y[rows]
    inputs = keras.Input(case.x.shape[1:])
    model = keras.Model(inputs, MODELS[name](inputs, case.params()))
    model.compile(
        keras.optimizers.Adam(RATE, epsilon=1e-8),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        steps_per_execution=min(50, case.steps),
    )
    model.optimizer.build(model.trainable_variables)
    changing = [*model.variables, *model.optimizer.variables]
    first = [np.array(v) for v in changing]

    def begin():
        for variable, value in zip(changing, first):
            variable.assign(value)
        return [v.value for v in changing]

    def train(_):
        model.fit(x, y, case.size, shuffle=False, verbose=0)
        return [v.value for v in model.trainable_variables]

    return Way(
        begin,
        train,
        lambda _: [v.value for v in model.trainable_variables],
        lambda _: model.evaluate(case.x, case.y, len(case.x), verbose=0),
    )
