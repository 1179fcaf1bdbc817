# %% [markdown]
# # Which is the greater?
#
# A few pairs of digits, and which one of each is the greater, are not enough to learn to read. For somebody who can
# read, they are enough to learn what each digit is worth. So one network learns to read, and is then frozen, and
# another is built on it.

# %%
import jax
import matplotlib.pyplot as plt
import numpy as np
import optax
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from funcfit import batches, evaluate, fit, nn, predict
from funcfit.losses import binary_cross_entropy, cross_entropy
from funcfit.metrics import accuracy, binary_accuracy

digits = load_digits()
x, new_x, y, new_y = train_test_split(digits.images[..., None] / 16, digits.target, random_state=0)

# %% [markdown]
# **Reading**, from three quarters of the images, with their names.

# %%
reader = nn.sequential(
    nn.conv(8), nn.relu, nn.max_pool(), nn.conv(16), nn.relu, nn.flatten, nn.dense(32), nn.relu, nn.dense(10)
)
unread, _ = reader.init(jax.random.key(0), x.shape[1:])


def naming(params, batch, key):
    x, y = batch
    logits = reader(params, x)
    return cross_entropy(logits, y), {"accuracy": accuracy(logits, y)}


read = fit(naming, unread, batches((x, y), 64), optax.adam(3e-3), epochs=15).params
print(f"of new images, {evaluate(naming, read, (new_x, new_y))['accuracy']:.1%} are read right")

# %% [markdown]
# **Judging.** The reader is the first layer of another network, which gives an image its worth: the sum over the ten
# digits of the chance that it is this one, times what this one is worth. Of a pair, the one of greater worth is taken
# for the greater, and the more surely the further the two are apart. Nobody says which digits they are.

# %%
judge = nn.sequential(reader=reader, chances=jax.nn.softmax, worth=nn.dense(1))
start, _ = judge.init(jax.random.key(1), x.shape[1:])


def judging(params, batch, key):
    left, right, left_is_greater = batch
    lead = (judge(params, left) - judge(params, right))[:, 0]
    return binary_cross_entropy(lead, left_is_greater), {"accuracy": binary_accuracy(lead, left_is_greater)}


def pairs(images, labels, count, seed):
    left, right = np.random.default_rng(seed).integers(0, len(labels), (2, count))
    differ = labels[left] != labels[right]
    left, right = left[differ], right[differ]
    return images[left], images[right], labels[left] > labels[right]


# %% [markdown]
# `freeze` names parameters by their path, and no gradient is computed for them. Beside it, the same network learns from
# the same pairs with nothing frozen: from what the reader knows, and from nothing.

# %%
few, new_pairs = pairs(x, y, 100, seed=1), pairs(new_x, new_y, 1000, seed=2)
print(f"{len(few[0])} pairs to learn from")
judges = {}
for name, params, frozen in (
    ("on a frozen reader", start | {"reader": read}, ["reader"]),
    ("on a reader that goes on learning", start | {"reader": read}, []),
    ("from nothing", start, []),
):
    judges[name] = fit(judging, params, few, optax.adam(0.01), steps=400, freeze=frozen).params
    print(f"{name}: {evaluate(judging, judges[name], new_pairs)['accuracy']:.1%} of new pairs")

# %% [markdown]
# What each new image is worth, by the digit that it shows.

# %%
figure, panes = plt.subplots(1, 3, figsize=(12, 3.5), layout="constrained")
for axes, (name, params) in zip(panes, judges.items(), strict=True):
    worth = predict(judge, params, new_x)[:, 0]
    axes.plot(new_y + np.random.default_rng(0).uniform(-0.3, 0.3, len(new_y)), worth, ".", markersize=3)
    axes.set(title=name.capitalize(), xlabel="digit", xticks=range(10))
panes[0].set_ylabel("worth")
plt.show()
