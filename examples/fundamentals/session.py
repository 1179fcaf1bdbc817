# %% [markdown]
# # The fundamentals (session style)
#
# A TensorFlow 1 program has two halves. The first describes a computation and computes nothing; the second runs parts
# of the description. Five ideas carry all of it: the **graph**, the **session**, **placeholders**, **variables** and
# **gradients**. This notebook meets each of them once, and looks inside.

# %%
import matplotlib.pyplot as plt

import funcfit.tf1 as tf

# %% [markdown]
# ## The graph
#
# There is always a graph that is the default one. It begins empty, and whatever we call adds *operations* to it. An
# operation has inputs and outputs; what flows between them are *tensors*. A tensor's name is its operation's, with
# the number of the output.

# %%
tf.reset_default_graph()
graph = tf.get_default_graph()
graph.get_operations()

# %%
width = tf.constant(3.0, name="width")
height = tf.constant(1.5)
area = width * height
graph.get_operations()

# %%
area

# %%
[tensor.name for tensor in area.op.inputs], [tensor.name for tensor in area.op.outputs]

# %% [markdown]
# Nothing has been multiplied. `area` knows its type and its shape, since these follow from the description; its value
# is nobody's business yet.
#
# ## The session
#
# A session runs operations, and only those that the result needs. It takes what we want to know in any shape: a
# tensor, a list of tensors, a dictionary.

# %%
with tf.Session() as sess:
    print(sess.run(area))
    print(sess.run({"area": area, "sides": [width, height]}))

# %% [markdown]
# Here lies the first surprise for many: each `run` starts afresh. Two calls compute `area` twice; one call that asks
# for two things computes what they share once.
#
# ## Placeholders
#
# A placeholder is a tensor whose value comes with the run. Its shape may be left open, and then every run may bring
# another.

# %%
x = tf.placeholder(tf.float32, name="x")
hypotenuse = tf.sqrt(tf.square(x) + tf.square(4.0))
with tf.Session() as sess:
    print(sess.run(hypotenuse, {x: 3.0}))
    print(sess.run(hypotenuse, {x: [[0.0, 3.0], [4.0, 8.0]]}))

# %% [markdown]
# A run that lacks a value says so, by name.

# %%
with tf.Session() as sess:
    try:
        sess.run(hypotenuse)
    except tf.errors.InvalidArgumentError as error:
        print(error.message)

# %% [markdown]
# ## Variables
#
# A variable lasts from run to run. Making one adds four operations: the initial value, the variable itself, the
# assignment of the one to the other, and a reading.

# %%
tf.reset_default_graph()
count = tf.Variable(0, name="count")
[(op.name, op.type) for op in tf.get_default_graph().get_operations()]

# %% [markdown]
# The value lives in the session, not in the graph: it is not there before the initializer has run, and two sessions
# on one graph do not see each other's.

# %%
more = tf.assign_add(count, 1)
with tf.Session() as first, tf.Session() as second:
    try:
        first.run(count)
    except tf.errors.FailedPreconditionError as error:
        print(error.message)
    for sess in (first, second):
        sess.run(count.initializer)
    print([int(first.run(more)) for _ in range(3)], second.run(count))

# %% [markdown]
# ## Gradients
#
# `tf.gradients` reads the description backwards and adds operations that compute slopes. They are operations like any
# others: one can look at them, run them, and take *their* gradients.

# %%
tf.reset_default_graph()
a, b = tf.constant(5, name="a"), tf.constant(7, name="b")
y = a * b + b
before = len(tf.get_default_graph().get_operations())
slopes = tf.gradients(y, [a, b])
print("operations added:", [op.name for op in tf.get_default_graph().get_operations()[before:]][:5], "...")
with tf.Session() as sess:
    print(sess.run(slopes))

# %% [markdown]
# Whole numbers, even. The slope along `a` is `b`, and along `b` it is `a + 1`.
#
# ## All five
#
# Descent on $x^2$: the graph describes one step, the variable carries $x$ from step to step, the placeholder brings
# the size of the step, the gradient gives its direction, and the session takes it.

# %%
tf.reset_default_graph()
x = tf.Variable(5.0, name="x")
rate = tf.placeholder(tf.float32, [], name="rate")
loss = tf.square(x)
(slope,) = tf.gradients(loss, [x])
step = tf.assign_sub(x, rate * slope)

paths = {}
for size in (0.02, 0.1, 0.4, 0.95):
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        paths[size] = [sess.run(x)] + [sess.run(step, {rate: size}) for _ in range(25)]
{size: round(float(path[-1]), 4) for size, path in paths.items()}

# %%
for size, path in paths.items():
    plt.plot(path, "o-", markersize=3, label=f"steps of {size}")
plt.xlabel("steps")
plt.ylabel("x")
plt.title("Small steps take long; large ones leap over the bottom")
plt.legend()
plt.show()
