# %% [markdown]
# # Why the weights move as they do (session style)
#
# Somebody reads a TensorFlow program, finds a loop around `update.run()`, and asks: nothing in this loop mentions the
# weights, so why are they different afterwards?
#
# The answer has two parts. `minimize(loss)` looked at which variables the loss depends on, and built a node that
# changes them; running that node *is* the change. And the change is not secret: it is the slope of the loss, times
# the learning rate, downhill. Here we fetch the slope beside the weights and watch one explain the other.

# %%
import matplotlib.pyplot as plt
import numpy as np

import funcfit.tf1 as tf

STEPS, RATE = 200, 0.002

rng = np.random.default_rng(3)
x, y = np.linspace(-10, 10, 5) + 1.5 * rng.normal(size=(2, 5))
x, y = x.astype(np.float32), y.astype(np.float32)

# %%
bias = tf.Variable(8.0, name="bias")
slope = tf.Variable(-0.5, name="slope")
loss = tf.nn.l2_loss(slope * x + bias - y)

optimizer = tf.train.GradientDescentOptimizer(RATE)
pairs = optimizer.compute_gradients(loss)  # what minimize does first: (slope of the loss, variable), for each variable
update = optimizer.apply_gradients(pairs)  # what it does then: the node that moves the variables

print("minimize would move:", ", ".join(variable.op.name for _, variable in pairs))

# %% [markdown]
# In the loop, each step is looked at from outside: the weights before, the slopes there, and the weights after.

# %%
weights, gradients = (bias, slope), [gradient for gradient, _ in pairs]
path, downhill = [], []
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(STEPS):
        before, uphill = sess.run([weights, gradients])
        sess.run(update)
        after = sess.run(weights)
        path.append(before)
        downhill.append([-g for g in uphill])
        np.testing.assert_allclose(after, np.subtract(before, np.multiply(RATE, uphill)), rtol=1e-6)
        if step % 40 == 0:
            print(f"step {step:3}: bias {before[0]:7.4f} - {RATE} * {uphill[0]:8.3f} = {after[0]:7.4f}", end="     ")
            print(f"slope {before[1]:7.4f} - {RATE} * {uphill[1]:8.3f} = {after[1]:7.4f}")

# %% [markdown]
# The loss is a valley over the plane of the two weights. Every arrow points straight downhill; the path goes where
# the arrows point. The slope settles in a few steps, because the valley is steep across; the bias takes long, because
# it is flat along.

# %%
path = np.array(path)
biases, slopes = np.meshgrid(np.linspace(-1, 9, 80), np.linspace(-0.8, 2.4, 80))
valley = 0.5 * ((slopes[..., None] * x + biases[..., None] - y) ** 2).sum(-1)

figure, (plane, lines) = plt.subplots(1, 2, figsize=(11, 4.5))
plane.contour(biases, slopes, valley, levels=np.geomspace(valley.min() + 0.5, valley.max(), 16), cmap="Greys")
plane.plot(*path.T, "o-", markersize=2)
seen = [0, 1, 2, 4, 8, 40, 100, 180]
arrows = np.array(downhill)[seen] / np.linalg.norm(np.array(downhill)[seen], axis=1, keepdims=True)
plane.quiver(*path[seen].T, *arrows.T, angles="xy", color="r", width=0.005, zorder=3)
plane.set(title="Down the valley", xlabel="bias", ylabel="slope")
lines.scatter(x, y, zorder=3)
for age, (b, m) in enumerate(path):
    lines.axline((0, b), slope=m, color="g", alpha=0.03 + 0.1 * age / STEPS)
lines.set(title="The same path, seen as lines", xlim=(-15, 15), ylim=(-15, 15))
plt.show()
