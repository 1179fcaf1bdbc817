# %% [markdown]
# # A line through noisy points, three ways (session style)
#
# Fifty points lie near a line; we look for it by gradient descent. The same step is written three times, each time
# with less help: with an optimizer, with `tf.gradients`, and with the derivative worked out on paper. All three take
# the same path, step for step, because they are the same step.

# %%
import matplotlib.pyplot as plt
import numpy as np

import funcfit.tf1 as tf

STEPS, RATE = 50, 0.002

rng = np.random.default_rng(1)
x, y = np.linspace([-2, -6], [4, 6], 50).T + rng.normal(size=(2, 50))
rows = np.stack([np.ones(50), x], axis=1).astype(
    np.float32
)  # with a column of ones, the bias is a weight like the other
targets = y[:, None].astype(np.float32)

# %% [markdown]
# What the three ways share: the data as constants, the weights as a variable that starts small and random, the error
# of every point, and the loss, which is half the sum of the squared errors. Nothing is computed while the graph is
# built; the session does that, once for every `run`.


# %%
def train(step):
    """Run `step(inputs, weights, error, loss)` again and again; gives the weights and the loss after each step."""
    with tf.Graph().as_default(), tf.Session() as sess:
        inputs = tf.constant(rows)
        weights = tf.Variable(tf.random_normal([2, 1], stddev=0.1, seed=7))
        error = tf.matmul(inputs, weights) - targets
        loss = tf.nn.l2_loss(error)
        update = step(inputs, weights, error, loss)

        sess.run(tf.global_variables_initializer())
        losses = []
        for _ in range(STEPS):
            sess.run(update)
            losses.append(sess.run(loss))
        return sess.run(weights)[:, 0], losses


# %% [markdown]
# **With an optimizer.** `minimize` adds the nodes of the gradient, and one that moves the weights.


# %%
def with_an_optimizer(inputs, weights, error, loss):
    return tf.train.GradientDescentOptimizer(RATE).minimize(loss)


# %% [markdown]
# **With gradients.** `tf.gradients` adds the nodes of the gradient; we move the weights against it.


# %%
def with_gradients(inputs, weights, error, loss):
    (slope,) = tf.gradients(loss, [weights])
    return weights.assign_sub(RATE * slope)


# %% [markdown]
# **By hand.** The loss is $\frac12 \sum_i e_i^2$ with $e = Xw - y$, so its slope along the weights is $X^\top e$.


# %%
def by_hand(inputs, weights, error, loss):
    slope = tf.matmul(inputs, error, transpose_a=True)
    return weights.assign_sub(RATE * slope)


# %%
results = {step.__name__: train(step) for step in (with_an_optimizer, with_gradients, by_hand)}
for name, ((bias, slope), losses) in results.items():
    print(f"{name:18} y = {slope:.4f} x {bias:+.4f}   loss {losses[0]:.3f} -> {losses[-1]:.3f}")

# %%
figure, (fit, course) = plt.subplots(1, 2, figsize=(10, 4))
(bias, slope), _ = results["with_an_optimizer"]
fit.scatter(x, y, alpha=0.7)
fit.axline((0, bias), slope=slope, color="g")
fit.set_title("The points and the line")
for style, (name, (_, losses)) in zip(("-", "--", ":"), results.items(), strict=True):
    course.plot(losses, style, label=name)
course.set(title="The loss on the way", xlabel="steps")
course.legend()
plt.show()
