# %% [markdown]
# # Reading digits by their strokes
#
# To a network of dense layers an image is 64 numbers. Convolutions know which pixels are neighbours, and look for the
# same small strokes everywhere. Here they read the digits that ship with scikit-learn, and the training has what one
# usually wants of it: dropout, a running mean of the parameters, images held out to watch it by, an end when it gets no
# better, and others to judge it by then.

# %%
import jax
import matplotlib.pyplot as plt
import numpy as np
import optax
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from funcfit import batches, early_stopping, evaluate, fit, nn, predict
from funcfit.losses import cross_entropy
from funcfit.metrics import accuracy

digits = load_digits()
x, new_x, y, new_y = train_test_split(digits.images[..., None] / 16, digits.target, random_state=0)
x, watched_x, y, watched_y = train_test_split(x, y, test_size=200, random_state=0)

# %% [markdown]
# Each layer is made for what the one before it gives, and only the shape of an image has to be said. Parts that have
# names have parameters with names.

# %%
network = nn.sequential(
    strokes=nn.sequential(nn.conv(16), nn.relu, nn.max_pool(), nn.conv(32), nn.relu, nn.flatten),
    reading=nn.sequential(nn.dropout(0.3), nn.dense(32), nn.relu, nn.dense(10)),
)
params, _ = network.init(jax.random.key(1), x.shape[1:])
print({name: sum(leaf.size for leaf in jax.tree.leaves(part)) for name, part in params.items()}, "parameters")

# %% [markdown]
# The loss hands the network its key, another one at every step, and the network draws from it what dropout leaves
# out. Without a key nothing is left out: so the network is watched, and judged.


# %%
def loss(params, batch, key):
    x, y = batch
    logits = network(params, x, key)
    return cross_entropy(logits, y), {"accuracy": accuracy(logits, y)}


def metric(params, batch, key):
    return loss(params, batch, None)


result = fit(
    loss,
    params,
    batches((x, y), 64),
    optax.adam(3e-3),
    epochs=40,
    validation=(watched_x, watched_y),
    metric=metric,
    ema=0.98,
    events=[early_stopping("accuracy", patience=8, higher=True)],
)
print(f"{int(result.state.step)} steps, ended because {result.why}")
right = evaluate(metric, result.params, (new_x, new_y))["accuracy"]
print(f"{right:.1%} of the images that it has not seen are read right")

# %% [markdown]
# The course of the learning, and the images that the network is least sure of, with its two best guesses. Those that
# it misreads are red.

# %%
chances = jax.nn.softmax(predict(network, result.params, new_x))
best = np.argsort(chances)[:, ::-1]
doubted = np.argsort(chances.max(-1))[:10]
figure = plt.figure(figsize=(11, 4), layout="constrained")
panes = figure.subplot_mosaic([["course", *range(5)], ["course", *range(5, 10)]], width_ratios=[5, 1, 1, 1, 1, 1])
result.plot("accuracy", panes["course"])
panes["course"].set_ylim(0.8, 1.005)
for place, row in enumerate(doubted):
    panes[place].imshow(new_x[row, ..., 0], cmap="gray_r")
    panes[place].axis("off")
    panes[place].set_title(f"{best[row, 0]} or {best[row, 1]}", color="k" if best[row, 0] == new_y[row] else "r")
plt.show()
