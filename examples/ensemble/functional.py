# %% [markdown]
# # Where sixteen networks differ
#
# A network that is shown something it knows nothing of says something all the same, and often surely. Sixteen
# networks that began differently agree on what they have learned, and on little else. Here they learn to read the
# digits from 0 to 7, and are then shown 8 and 9 as well.

# %%
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from funcfit import batches, fit, nn
from funcfit.losses import cross_entropy

MEMBERS, KNOWN = 16, 8

pixels, labels = load_digits(return_X_y=True)
x, new_x, y, new_y = train_test_split(pixels / 16, labels, random_state=0)

# %% [markdown]
# One network, and sixteen sets of parameters: `vmap` makes them side by side, as arrays with a first axis of sixteen.

# %%
network = nn.sequential(nn.dense(64), nn.relu, nn.dense(KNOWN))
members = jax.vmap(lambda key: network.init(key, (64,))[0])(jax.random.split(jax.random.key(0), MEMBERS))
print(jax.tree.map(jnp.shape, members))

# %% [markdown]
# `vmap` maps the loss of one over the members as well, and their sum is what `fit` makes small. Nobody's loss depends
# on another one's parameters, so each learns as it would alone, all in one program. A metric may be an array: the
# history keeps the sixteen losses of every step.


# %%
def loss(params, batch, key):
    x, y = batch
    return cross_entropy(network(params, x), y)


def sum_of_losses(members, batch, key):
    losses = jax.vmap(loss, (0, None, None))(members, batch, key)
    return losses.sum(), {"losses": losses}


known = y < KNOWN
result = fit(sum_of_losses, members, batches((x[known], y[known]), 64), optax.adam(3e-3), epochs=40)
first, last = result.history["losses"][[0, -1]]
print(
    f"the sixteen losses: {first.min():.2f} to {first.max():.2f} at first, {last.min():.4f} to {last.max():.4f} at last"
)

# %% [markdown]
# For each new image there are sixteen answers now, each with its chances. Their spread is how far the chances lie from
# their mean, over the digits together. One network alone can only say how sure it is.

# %%
chances = jax.nn.softmax(jax.vmap(network, (0, None))(result.params, new_x))
spread = np.asarray(chances.std(axis=0).sum(-1))
right, unknown = chances.mean(0).argmax(-1) == new_y, new_y >= KNOWN

print(f"{right[~unknown].mean():.1%} of the new images of 0 to 7 are read right")
for name, rows in (("read right", right), ("misread", ~unknown & ~right), ("of 8 and 9", unknown)):
    print(f"the spread over images {name}: {np.median(spread[rows]):.3f} (median)")

doubt = np.asarray(1 - chances[0].max(-1))
for who, measure in (("the sixteen", spread), ("the first one alone", doubt)):
    told = (measure[unknown][:, None] > measure[~unknown]).mean()
    print(f"a known digit and an unknown one, told apart by {who}: {told:.1%} of such pairs")

# %% [markdown]
# The spread over digits that they have learned and over those that they have not, and at the two ends of it five
# images with all the answers that they were given.

# %%
figure = plt.figure(figsize=(11, 4), layout="constrained")
panes = figure.subplot_mosaic([["spread", *range(5)], ["spread", *range(5, 10)]], width_ratios=[6, 1, 1, 1, 1, 1])
bins = np.geomspace(spread.min(), spread.max(), 30)
panes["spread"].hist([spread[~unknown], spread[unknown]], bins, label=["0 to 7", "8 and 9"])
panes["spread"].set(xscale="log", xlabel="spread", ylabel="images")
panes["spread"].legend()
rising = spread.argsort()
for place, row in enumerate([*rising[:5], *rising[-5:]]):
    panes[place].imshow(new_x[row].reshape(8, 8), cmap="gray_r")
    panes[place].axis("off")
    panes[place].set_title(" ".join(map(str, np.unique(chances[:, row].argmax(-1)))))
plt.show()
