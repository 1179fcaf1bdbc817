# %% [markdown]
# # The same digits, with Flax
#
# `fit` takes a function of parameters, wherever they come from. Here a network is built with
# [Flax](https://flax.readthedocs.io) (`pip install flax`), with both of its interfaces, Linen and NNX. It normalizes
# its batches, so that it has more than parameters: running moments, which a step leaves behind for the next one.

# %%
import jax
import matplotlib.pyplot as plt
import optax
from flax import linen, nnx
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from funcfit import batches, fit
from funcfit.losses import cross_entropy
from funcfit.metrics import accuracy

digits = load_digits()
x, new_x, y, new_y = train_test_split(digits.images[..., None] / 16, digits.target, random_state=0)

# %% [markdown]
# What one step hands to the next is the carry: a loss that takes one gives one back. In training the moments are the
# batch's, and the running ones follow them; otherwise the running ones are used as they are.


# %%
def loss_of(apply, training):
    def loss(params, batch, key, moments):
        x, y = batch
        logits, moments = apply(params, x, moments, training)
        return cross_entropy(logits, y), {"accuracy": accuracy(logits, y)}, moments

    return loss


# %% [markdown]
# **Linen.** A module is a description. What it needs is kept outside, in collections: the parameters are one, the
# moments another.


# %%
class LinenReader(linen.Module):
    @linen.compact
    def __call__(self, x, training):
        x = linen.Conv(16, (3, 3), name="first")(x)
        x = linen.BatchNorm(use_running_average=not training, momentum=0.9, name="norm")(x)
        x = linen.relu(linen.Conv(32, (3, 3), name="second")(linen.max_pool(linen.relu(x), (2, 2), (2, 2))))
        return linen.Dense(10, name="last")(x.reshape(len(x), -1))


reader = LinenReader()
variables = reader.init(jax.random.key(0), x[:1], training=False)


def linen_apply(params, x, moments, training):
    variables = {"params": params, "batch_stats": moments}
    logits, after = reader.apply(variables, x, training, mutable=["batch_stats"])
    return logits, after["batch_stats"]


# %% [markdown]
# **NNX.** A module holds its arrays, and changes them. `split` takes it apart into what it is and what it holds, each
# kind by itself, and `as_pure` leaves plain arrays of that; `merge` puts a module together again, for one step.


# %%
class NNXReader(nnx.Module):
    def __init__(self, rngs):
        self.first = nnx.Conv(1, 16, (3, 3), rngs=rngs)
        self.norm = nnx.BatchNorm(16, momentum=0.9, rngs=rngs)
        self.second = nnx.Conv(16, 32, (3, 3), rngs=rngs)
        self.last = nnx.Linear(512, 10, rngs=rngs)

    def __call__(self, x):
        x = nnx.relu(self.norm(self.first(x)))
        x = nnx.relu(self.second(nnx.max_pool(x, (2, 2), (2, 2))))
        return self.last(x.reshape(len(x), -1))


description, weights, moments = nnx.split(NNXReader(nnx.Rngs(0)), nnx.Param, nnx.BatchStat)


def nnx_apply(params, x, moments, training):
    reader = nnx.merge(description, params, moments)
    reader.set_attributes(use_running_average=not training)
    return reader(x), nnx.as_pure(nnx.state(reader, nnx.BatchStat))


# %% [markdown]
# The same `fit` for both.

# %%
figure, panes = plt.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
for axes, name, apply, params, carry in (
    (panes[0], "Linen", linen_apply, variables["params"], variables["batch_stats"]),
    (panes[1], "NNX", nnx_apply, nnx.as_pure(weights), nnx.as_pure(moments)),
):
    result = fit(
        loss_of(apply, training=True),
        params,
        batches((x, y), 64),
        optax.adam(3e-3),
        epochs=15,
        carry=carry,
        validation=(new_x, new_y),
        metric=loss_of(apply, training=False),
    )
    print(f"{name}: {result.validation['accuracy'][-1]:.1%} of the images that it has not seen are read right")
    result.plot("accuracy", axes).set(title=name, ylim=(0.8, 1.005))
plt.show()
