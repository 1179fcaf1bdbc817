# %% [markdown]
# # One letter at a time (session style)
#
# A recurrent network reads a story letter by letter and learns to say which letter comes next. What it has learned it
# then writes down: from a first letter on, each next one is drawn from what the network expects, and read in turn.

# %%
import matplotlib.pyplot as plt
import numpy as np

import funcfit.tf1 as tf

STEPS, BATCH, LENGTH, SIZE, UNITS, RATE = 200, 8, 40, 12, 48, 0.01

STORY = """the miller had a mill on the hill, and the mill had a wheel, and the wheel had a song.
the wheel sang to the water, and the water sang to the wheel, and the miller sang to them all.
one day the water was still. the wheel was still. the mill on the hill was still, and the miller sat in the sun.
he sang to the sun, and the sun sang to the snow, and the snow sang to the water on the hill.
then the water sang to the wheel, and the wheel sang to the mill, and all had a song.
"""

letters = sorted(set(STORY))
text = np.array([letters.index(letter) for letter in STORY])
rng = np.random.default_rng(3)

# %% [markdown]
# Each letter is a row of a table. The network's weights start from small random numbers, and a window of the story may
# begin anywhere.

# %%
start = {
    "embedding": rng.normal(0, 0.5, (len(letters), SIZE)),
    "kernel": rng.uniform(-0.15, 0.15, (SIZE + UNITS, 4 * UNITS)),
    "output": rng.normal(0, 0.1, (UNITS, len(letters))),
}
windows = rng.integers(0, len(text) - LENGTH, (STEPS, BATCH))

# %% [markdown]
# The graph reads windows `[batch, time]` from a state that may be fed: zeros while it learns, and while it writes what
# the last letter left behind. `dynamic_rnn` takes the cell through time, however long that is.

# %%
read = tf.placeholder(tf.int32, [None, None], name="read")
following = tf.placeholder(tf.int32, [None, None], name="following")
embedding = tf.get_variable("embedding", initializer=start["embedding"].astype("f"))
cell = tf.nn.rnn_cell.LSTMCell(UNITS, initializer=tf.constant_initializer(start["kernel"]))
state = cell.zero_state(tf.shape(read)[0], tf.float32)
outputs, last_state = tf.nn.dynamic_rnn(cell, tf.nn.embedding_lookup(embedding, read), initial_state=state)
output = tf.get_variable("output", initializer=start["output"].astype("f"))
bias = tf.get_variable("bias", [len(letters)], initializer=tf.zeros_initializer())
logits = tf.tensordot(outputs, output, [[2], [0]]) + bias
next_letter = logits[0, -1]
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=following, logits=logits))
train = tf.train.AdamOptimizer(RATE, epsilon=1e-12).minimize(loss)

# %%
losses = []
noise = np.random.default_rng(8).gumbel(size=(160, len(letters)))  # a letter drawn: the largest of logits and noise
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for step in range(STEPS):
        window = windows[step][:, None] + np.arange(LENGTH + 1)
        _, batch_loss = sess.run([train, loss], {read: text[window[:, :-1]], following: text[window[:, 1:]]})
        losses.append(batch_loss)
        if step % 50 == 49:
            print(f"step {step + 1}: {batch_loss:.2f} nats a letter")
    letter, written = letters.index("t"), "t"
    memory = [np.zeros([1, UNITS], "f"), np.zeros([1, UNITS], "f")]
    for drawn in noise:
        expected, memory = sess.run([next_letter, last_state], {read: [[letter]], **dict(zip(state, memory))})
        letter = int(np.argmax(expected / 0.5 + drawn))
        written += letters[letter]
print(written)

# %%
figure, course = plt.subplots(figsize=(6, 4))
course.plot(losses)
course.axhline(np.log(len(letters)), color="gray", linestyle=":", label="any letter, at random")
course.set(title="Surprise at the next letter", xlabel="steps", ylabel="nats")
course.legend()
plt.show()
