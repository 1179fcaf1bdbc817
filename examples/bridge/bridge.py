# %% [markdown]
# # Over the bridge: a graph, trained as a function
#
# A model written in session style does not have to stay there. `tf.functionalize` turns any part of a graph into a
# pure function of its variables and its feeds, and from then on it is a function like any other: it can be trained by
# `fit` with an optax optimizer, repeated for a whole population with `vmap`, and exported.

# %%
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax

import funcfit.tf1 as tf
from funcfit import batches, fit, program

rng = np.random.default_rng(4)
turn = np.pi * rng.random(400)
side = np.arange(400) % 2
points = (
    np.stack([np.cos(turn), np.sin(turn)], 1) * np.where(side, 1, -1)[:, None] + np.where(side, 0, [[1.0], [0.4]]).T
)
points = (points + 0.15 * rng.normal(size=(400, 2))).astype(np.float32)
labels = side.astype(np.float32)

# %% [markdown]
# The model, as a graph: two moons, to be told apart by a small network. Placeholders take any number of points.

# %%
x = tf.placeholder(tf.float32, [None, 2])
y = tf.placeholder(tf.float32, [None])
tf.set_random_seed(1)


def layer(inputs, size, name):
    weights = tf.Variable(tf.random_normal([int(inputs.shape[1]), size]), name=f"{name}/weights")
    return tf.matmul(inputs, weights) + tf.Variable(tf.zeros([size]), name=f"{name}/bias")


logits = tf.reshape(layer(tf.tanh(layer(x, 16, "hidden")), 1, "out"), [-1])
loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(logits=logits, labels=y))

# %% [markdown]
# Over the bridge. The state is a dictionary of arrays, named as the variables are; the function gives the fetched
# values and the state afterwards.

# %%
loss_fn, weights = tf.functionalize(loss, [x, y])
predict, _ = tf.functionalize(logits, [x])
print({name: value.shape for name, value in sorted(weights.items())})


# %%
def objective(weights, batch, key):
    value, _ = loss_fn(weights, *batch)
    return value


data = batches((points, labels), 50)
result = fit(objective, weights, data, optax.adam(0.03), steps=300)
print(f"loss {result.history['loss'][:10].mean():.3f} -> {result.history['loss'][-10:].mean():.3f}")

# %% [markdown]
# **A population.** Eight networks that start differently, trained side by side: the step is vmapped over their
# states.

# %%
noise = jax.random.normal(jax.random.key(0), (8,))
crowd = jax.vmap(lambda scale: jax.tree.map(lambda w: w * (1 + scale), weights))(noise)
train = program(objective, optax.adam(0.03), data)
states = jax.vmap(train.init)(crowd)
step = jax.jit(jax.vmap(train.update, in_axes=(0, None)))
for t in range(300):
    states, metrics = step(states, data[t])
print("losses of the eight:", *(f"{value:.3f}" for value in metrics["loss"]))

# %% [markdown]
# **An export.** The trained network as StableHLO, for four hundred points at a time, which needs neither this program
# nor funcfit to be compiled and run.

# %%
exported = jax.export.export(jax.jit(lambda weights, x: predict(weights, x)[0]))(result.params, jnp.asarray(points))
guesses = exported.call(result.params, points) > 0
size = len(exported.mlir_module()) // 1000
print(f"the export, {size} kB of StableHLO, tells {(guesses == side).mean():.1%} of the points apart")

# %% [markdown]
# And back: the session that built the graph can have the weights, and agrees.

# %%
with tf.Session() as sess:
    for variable in tf.global_variables():
        variable.load(result.params[variable.op.name], sess)
    print(
        "the session agrees:", np.allclose(sess.run(logits, {x: points}), predict(result.params, points)[0], atol=1e-4)
    )

# %%
east, north = np.meshgrid(np.linspace(-1.6, 2.6, 120), np.linspace(-1.2, 1.7, 120))
plane = np.stack([east.ravel(), north.ravel()], 1).astype(np.float32)
votes = jax.vmap(lambda weights: predict(weights, plane)[0] > 0)(states.params).mean(0)
plt.contourf(east, north, votes.reshape(east.shape), levels=8, cmap="RdBu", alpha=0.6)
plt.colorbar(label="votes of the eight")
plt.scatter(*points.T, c=side, cmap="RdBu", s=8)
plt.title("Two moons, told apart by a graph that crossed the bridge")
plt.show()
