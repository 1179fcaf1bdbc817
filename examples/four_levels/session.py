# %% [markdown]
# # Four levels of abstraction, one descent (session style)
#
# Find $a$ and $b$ with $2a + b = 3$, by gradient descent on the squared error. There is nothing to it, which is the
# point: each level below hides one more thing that the level above did in the open, and all four print the same
# numbers.

# %%
import funcfit.tf1 as tf

A, B = -1.2, 0.4  # where every descent starts
RATE, STEPS = 0.02, 50


def report(step, cost, a, b):
    if step % 10 == 0:
        print(f"  step {step:2}   cost {cost:.4g}   a {a:.4f}   b {b:.4f}")


# %% [markdown]
# **Level 1: numbers.** The error is $e = 2a + b - 3$; the slopes of $e^2$ are $4e$ along $a$ and $2e$ along $b$. Both
# are taken from the old $a$ and $b$ before either changes.

# %%
print("numbers")
a, b = A, B
for step in range(STEPS):
    error = 2 * a + b - 3
    a, b = a - RATE * 4 * error, b - RATE * 2 * error
    report(step, (2 * a + b - 3) ** 2, a, b)

# %% [markdown]
# For the other three, $a$ and $b$ are variables, $x$ and $y$ are placeholders, and the cost is a node. They differ in
# the node that makes a step.

# %%
a, b = tf.Variable(A), tf.Variable(B)
x, y = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
error = a * x + b - y
cost = tf.square(error)


def descend(step_node):
    example = {x: 2, y: 3}
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for step in range(STEPS):
            sess.run(step_node, example)
            report(step, *sess.run([cost, a, b], example))


# %% [markdown]
# **Level 2: arithmetic in the graph.** The formulas of level 1, as nodes, and one step out of two assignments. A
# graph has no order but the one we give it, so we say that neither assignment comes before both new values are known.


# %%
def assign_both(new_a, new_b):
    with tf.control_dependencies([new_a, new_b]):
        return tf.group(a.assign(new_a), b.assign(new_b))


print("arithmetic")
descend(assign_both(a - RATE * 2 * x * error, b - RATE * 2 * error))

# %% [markdown]
# **Level 3: gradients.** The slopes are derived by `tf.gradients`.

# %%
print("gradients")
slope_a, slope_b = tf.gradients(cost, [a, b])
descend(assign_both(a - RATE * slope_a, b - RATE * slope_b))

# %% [markdown]
# **Level 4: an optimizer.** The rule of descent is a name.

# %%
print("optimizer")
descend(tf.train.GradientDescentOptimizer(RATE).minimize(cost))
