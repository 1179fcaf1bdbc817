# %% [markdown]
# # Why the weights move as they do (functional style)
#
# Written as functions, the question hardly arises: the weights do not change. A step takes weights and gives other
# weights, and the difference between them is there to be looked at: it is the slope of the loss, times the learning
# rate, downhill.
#
# `fit` keeps a row for every step of whatever the loss returns beside its value, so the history of the weights costs
# one dictionary.

# %%
import jax
import matplotlib.pyplot as plt
import numpy as np
import optax

from funcfit import fit

STEPS, RATE = 200, 0.002

rng = np.random.default_rng(3)
x, y = np.linspace(-10, 10, 5) + 1.5 * rng.normal(size=(2, 5))


# %%
def loss(weights, batch, key):
    x, y = batch
    value = 0.5 * ((weights["slope"] * x + weights["bias"] - y) ** 2).sum()
    return value, weights


result = fit(loss, {"bias": 8.0, "slope": -0.5}, (x, y), optax.sgd(RATE), steps=STEPS)

# %% [markdown]
# The slopes of the loss along the path, all at once: `grad` makes the function, `vmap` asks it at every point.

# %%
path = {name: result.history[name] for name in ("bias", "slope")}
uphill = jax.vmap(jax.grad(lambda weights: loss(weights, (x, y), None)[0]))(path)

for name in path:
    moved = np.diff(path[name])
    np.testing.assert_allclose(moved, -RATE * uphill[name][:-1], rtol=1e-3, atol=1e-5)
for step in range(0, STEPS, 40):
    at = {name: f"{name} {path[name][step]:7.4f} - {RATE} * {uphill[name][step]:8.3f}" for name in path}
    print(f"step {step:3}: {at['bias']}     {at['slope']}")

# %% [markdown]
# The loss is a valley over the plane of the two weights. Every arrow points straight downhill; the path goes where
# the arrows point. The slope settles in a few steps, because the valley is steep across; the bias takes long, because
# it is flat along.

# %%
biases, slopes = np.meshgrid(np.linspace(-1, 9, 80), np.linspace(-0.8, 2.4, 80))
valley = 0.5 * ((slopes[..., None] * x + biases[..., None] - y) ** 2).sum(-1)

figure, (plane, lines) = plt.subplots(1, 2, figsize=(11, 4.5))
plane.contour(biases, slopes, valley, levels=np.geomspace(valley.min() + 0.5, valley.max(), 16), cmap="Greys")
plane.plot(path["bias"], path["slope"], "o-", markersize=2)
seen = np.array([0, 1, 2, 4, 8, 40, 100, 180])
arrows = -np.stack([uphill["bias"], uphill["slope"]])[:, seen]
starts = path["bias"][seen], path["slope"][seen]
plane.quiver(*starts, *arrows / np.linalg.norm(arrows, axis=0), angles="xy", color="r", width=0.005, zorder=3)
plane.set(title="Down the valley", xlabel="bias", ylabel="slope")
lines.scatter(x, y, zorder=3)
for age, (b, m) in enumerate(zip(path["bias"], path["slope"], strict=True)):
    lines.axline((0, b), slope=m, color="g", alpha=0.03 + 0.1 * age / STEPS)
lines.set(title="The same path, seen as lines", xlim=(-15, 15), ylim=(-15, 15))
plt.show()
