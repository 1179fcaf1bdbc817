# %% [markdown]
# # Cold days and hospital visits (session style)
#
# In a made-up town, people go to hospital more often when it is cold: about a thousand visits at 0 degrees
# Fahrenheit, five fewer for each degree, and a lot of chance. We fit a line to 800 days, a hundred at a time, keep
# 100 days to watch the fit by, and 100 to judge it at the end.

# %%
import matplotlib.pyplot as plt
import numpy as np

import funcfit.tf1 as tf

STEPS, BATCH, RATE = 2000, 100, 0.005

rng = np.random.default_rng(5)
temperature = rng.normal(55, 20, 1000)
visits = 1000 - 5 * temperature + rng.normal(0, 100, 1000)

# %% [markdown]
# Temperatures are brought to mean 0 and deviation 1. The two weights then matter equally, and one learning rate suits
# both; on raw degrees, descent would crawl along one and leap about on the other.

# %%
warmth = (temperature - temperature.mean()) / temperature.std()
training, watching, judging = ((warmth[days], visits[days]) for days in (slice(800), slice(800, 900), slice(900, None)))


def batches(x, y, size):
    """The days again and again, in a new order each time, `size` of them at a time."""
    while True:
        order = rng.permutation(len(x))
        for start in range(0, len(x) - size + 1, size):
            chosen = order[start : start + size]
            yield x[chosen], y[chosen]


# %%
x = tf.placeholder(tf.float32, [None], name="warmth")
y = tf.placeholder(tf.float32, [None], name="visits")
slope = tf.Variable(0.0, name="slope")
level = tf.Variable(0.0, name="level")
loss = tf.reduce_mean(tf.squared_difference(slope * x + level, y))
train = tf.train.GradientDescentOptimizer(RATE).minimize(loss)

# %% [markdown]
# The placeholders' length is open: a hundred days while training, and any number while looking.

# %%
watched = []
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step, (batch_x, batch_y) in zip(range(STEPS), batches(*training, BATCH)):
        _, batch_loss = sess.run([train, loss], {x: batch_x, y: batch_y})
        if step % 100 == 99:
            watched.append((step + 1, batch_loss, sess.run(loss, dict(zip((x, y), watching, strict=True)))))
        if step % 500 == 499:
            print("step {}: training loss {:.0f}, watching loss {:.0f}".format(*watched[-1]))
    m, b, final = sess.run([slope, level, loss], dict(zip((x, y), judging, strict=True)))
per_degree = m / temperature.std()
print(f"visits = {b - per_degree * temperature.mean():.0f} {per_degree:+.2f} x degrees; judged at {final:.0f}")

# %%
figure, (days, course) = plt.subplots(1, 2, figsize=(10, 4))
days.plot(temperature, visits, ".", markersize=3)
days.axline((temperature.mean(), b), slope=per_degree, color="r")
days.set(title="A thousand days", xlabel="degrees Fahrenheit", ylabel="visits")
steps, batch_losses, watching_losses = zip(*watched, strict=True)
course.semilogy(steps, batch_losses, label="training, one batch")
course.semilogy(steps, watching_losses, label="watching")
course.set(title="The loss on the way", xlabel="steps")
course.legend()
plt.show()
