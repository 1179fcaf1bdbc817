# %% [markdown]
# # Cold days and hospital visits (functional style)
#
# In a made-up town, people go to hospital more often when it is cold: about a thousand visits at 0 degrees
# Fahrenheit, five fewer for each degree, and a lot of chance. We fit a line to 800 days, a hundred at a time, keep
# 100 days to watch the fit by, and 100 to judge it at the end.

# %%
import tempfile

import matplotlib.pyplot as plt
import numpy as np
import optax

from funcfit import batches, evaluate, fit

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

# %% [markdown]
# `batches` shuffles the days anew for each epoch. The batch of a step depends on the step and the seed and nothing
# else, so that a run which stops and goes on sees the same days as one that did not stop.


# %%
def loss(line, days, key):
    x, y = days
    return ((line["slope"] * x + line["level"] - y) ** 2).mean()


data = batches(training, BATCH, seed=5)
start = {"slope": 0.0, "level": 0.0}
result = fit(loss, start, data, optax.sgd(RATE), steps=STEPS, validation=watching, every=100)

for step, watched in zip(result.validation["step"], result.validation["loss"], strict=True):
    if step % 500 == 0:
        print(f"step {step}: training loss {result.history['loss'][step - 1]:.0f}, watching loss {watched:.0f}")
final = evaluate(loss, result.params, judging)["loss"]
m, b = (float(result.params[name]) for name in ("slope", "level"))
per_degree = m / temperature.std()
print(f"visits = {b - per_degree * temperature.mean():.0f} {per_degree:+.2f} x degrees; judged at {final:.0f}")

# %%
figure, (days, course) = plt.subplots(1, 2, figsize=(10, 4))
days.plot(temperature, visits, ".", markersize=3)
days.axline((temperature.mean(), b), slope=per_degree, color="r")
days.set(title="A thousand days", xlabel="degrees Fahrenheit", ylabel="visits")
result.plot(ax=course)
course.set_yscale("log")
plt.show()

# %% [markdown]
# Stopping and going on: with a directory, `fit` keeps what it has, and the next call goes on from there, after a crash
# too. 700 steps, then the rest. Not nearly the same line: the same bits.

# %%
with tempfile.TemporaryDirectory() as folder:
    fit(loss, start, data, optax.sgd(RATE), steps=700, run=folder)
    whole = fit(loss, start, data, optax.sgd(RATE), steps=STEPS, run=folder)
print("the same bits:", all(whole.params[name] == result.params[name] for name in start))
