# %% [markdown]
# # A line through noisy points, three ways (functional style)
#
# Fifty points lie near a line; we look for it by gradient descent. The same step is written three times, each time
# with less help: with `fit` and an optax optimizer, with `jax.grad`, and with the derivative worked out on paper. All
# three take the same path, step for step, because they are the same step.

# %%
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax

from funcfit import fit

STEPS, RATE = 50, 0.002

rng = np.random.default_rng(1)
x, y = np.linspace([-2, -6], [4, 6], 50).T + rng.normal(size=(2, 50))
start = 0.1 * rng.normal(size=2)

# %% [markdown]
# The loss is a function of the weights and the data: half the sum of the squared errors. It is all that training
# needs.


# %%
def error(weights, batch):
    x, y = batch
    bias, slope = weights
    return bias + slope * x - y


def loss(weights, batch, key):
    return 0.5 * (error(weights, batch) ** 2).sum()


# %% [markdown]
# **With fit.** The optimizer is a value; `fit` compiles the step, takes it fifty times, and keeps the loss of each.


# %%
def with_fit(start, data):
    result = fit(loss, start, data, optax.sgd(RATE), steps=STEPS)
    return result.params, result.history["loss"]


# %% [markdown]
# The other two write the loop down: a step is a function from weights to weights, and `scan` repeats it.


# %%
def repeated(slope, start, data):
    def step(weights, _):
        return weights - RATE * slope(weights, data), loss(weights, data, None)

    return jax.lax.scan(step, start, length=STEPS)


# %% [markdown]
# **With a gradient.** `jax.grad` turns the loss into the function that is its slope.


# %%
def with_grad(start, data):
    return repeated(jax.grad(lambda weights, data: loss(weights, data, None)), start, data)


# %% [markdown]
# **By hand.** The loss is $\frac12 \sum_i e_i^2$ with $e_i = b + m x_i - y_i$; its slopes are $\sum_i e_i$ along $b$
# and $\sum_i e_i x_i$ along $m$.


# %%
def by_hand(start, data):
    def slope(weights, data):
        e = error(weights, data)
        return jnp.stack([e.sum(), (e * data[0]).sum()])

    return repeated(slope, start, data)


# %%
data = jnp.asarray(x), jnp.asarray(y)
results = {way.__name__: way(jnp.asarray(start), data) for way in (with_fit, with_grad, by_hand)}
for name, ((bias, slope), losses) in results.items():
    print(f"{name:10} y = {slope:.4f} x {bias:+.4f}   loss {losses[0]:.3f} -> {losses[-1]:.3f}")

# %%
figure, (line, course) = plt.subplots(1, 2, figsize=(10, 4))
(bias, slope), _ = results["with_fit"]
line.scatter(x, y, alpha=0.7)
line.axline((0, bias), slope=slope, color="g")
line.set_title("The points and the line")
for style, (name, (_, losses)) in zip(("-", "--", ":"), results.items(), strict=True):
    course.plot(losses, style, label=name)
course.set(title="The loss on the way", xlabel="steps")
course.legend()
plt.show()
