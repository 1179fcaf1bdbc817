# %% [markdown]
# # Four levels of abstraction, one descent (functional style)
#
# Find $a$ and $b$ with $2a + b = 3$, by gradient descent on the squared error. There is nothing to it, which is the
# point: each level below hides one more thing that the level above did in the open, and all four print the same
# numbers.

# %%
import jax
import numpy as np
import optax

from funcfit import fit

START = {"a": -1.2, "b": 0.4}
RATE, STEPS = 0.02, 50


def report(step, cost, a, b):
    if step % 10 == 0:
        print(f"  step {step:2}   cost {cost:.4g}   a {a:.4f}   b {b:.4f}")


# %% [markdown]
# **Level 1: numbers.** The error is $e = 2a + b - 3$; the slopes of $e^2$ are $4e$ along $a$ and $2e$ along $b$. Both
# are taken from the old $a$ and $b$ before either changes.

# %%
print("numbers")
a, b = START["a"], START["b"]
for step in range(STEPS):
    error = 2 * a + b - 3
    a, b = a - RATE * 4 * error, b - RATE * 2 * error
    report(step, (2 * a + b - 3) ** 2, a, b)

# %% [markdown]
# **Level 2: a gradient.** The cost is a function, and `jax.grad` derives its slopes.


# %%
def cost(w):
    return (2 * w["a"] + w["b"] - 3) ** 2


print("grad")
w = START
slopes = jax.jit(jax.grad(cost))
for step in range(STEPS):
    g = slopes(w)
    w = {name: w[name] - RATE * g[name] for name in w}
    report(step, cost(w), **w)

# %% [markdown]
# **Level 3: an optimizer.** The rule of descent is a value: it turns slopes into changes, and keeps what it has to
# remember (nothing, here) in a state of its own.

# %%
print("optimizer")
optimizer = optax.sgd(RATE)
w, memory = START, optimizer.init(START)
for step in range(STEPS):
    change, memory = optimizer.update(slopes(w), memory)
    w = optax.apply_updates(w, change)
    report(step, cost(w), **w)

# %% [markdown]
# **Level 4: fit.** The loop is a name. The history holds the weights *before* each step, and one step more shows
# where the last one led.


# %%
def loss(w, example, key):
    x, y = example
    return ((w["a"] * x + w["b"] - y) ** 2).sum(), w


print("fit")
example = np.array([2.0]), np.array([3.0])
history = fit(loss, START, example, optax.sgd(RATE), steps=STEPS + 1).history
for step in range(STEPS):
    report(step, history["loss"][step + 1], history["a"][step + 1], history["b"][step + 1])
