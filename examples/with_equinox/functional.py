# %% [markdown]
# # A picture as a function, with Equinox
#
# A photograph says what colour there is at each pixel. Here a network learns it as a function of the place, from half
# of the pixels, and is then asked for the others. The network is an [Equinox](https://docs.kidger.site/equinox) module
# (`pip install equinox`); `fit` needs to know nothing of that.

# %%
import equinox as eqx
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax
from sklearn.datasets import load_sample_image
from sklearn.neighbors import KNeighborsRegressor

from funcfit import batches, fit, predict
from funcfit.losses import squared_error

photograph = load_sample_image("flower.jpg")[100:420:4, 100:500:4] / 255
height, width, _ = photograph.shape
down, right = np.mgrid[0:height, 0:width] / height
places = np.stack([right, down], -1).reshape(-1, 2)
colours = photograph.reshape(-1, 3)
shown = np.random.default_rng(0).random(len(places)) < 0.5


# %% [markdown]
# A network that is given a place as two numbers draws soft spots of colour. To draw edges it is given waves instead, in
# many directions and of many lengths, at the height that they have there. Tancik et al. 2020.


# %%
class Painter(eqx.Module):
    waves: jax.Array
    layers: eqx.nn.MLP

    def __init__(self, key):
        first, second = jax.random.split(key)
        self.waves = 12 * jax.random.normal(first, (2, 64))
        self.layers = eqx.nn.MLP(128, 3, 160, 2, final_activation=jax.nn.sigmoid, key=second)

    def __call__(self, place):
        phases = place @ self.waves
        return self.layers(jnp.concatenate([jnp.sin(phases), jnp.cos(phases)]))


# %% [markdown]
# An Equinox module is a pytree, of arrays and of other things, such as functions. `partition` takes the arrays out,
# which are the parameters, and `combine` puts them back. It is written for one place; `vmap` maps it over a batch.

# %%
params, rest = eqx.partition(Painter(jax.random.key(0)), eqx.is_array)


def painted(params, places):
    return jax.vmap(eqx.combine(params, rest))(places)


def loss(params, batch, key):
    places, colours = batch
    return squared_error(painted(params, places), colours)


# %% [markdown]
# The parameters have the names of the module's fields. The waves are to stay as they were drawn, and so they are frozen
# by theirs.

# %%
data, hidden = batches((places[shown], colours[shown]), 512), (places[~shown], colours[~shown])
optimizer = optax.adam(optax.cosine_decay_schedule(0.01, 800))
result = fit(loss, params, data, optimizer, steps=800, freeze="waves", validation=hidden)
nearest = KNeighborsRegressor(1).fit(places[shown], colours[shown]).predict(hidden[0])
error, of_nearest = result.validation["loss"][-1], squared_error(nearest, hidden[1])
print(f"squared error at the pixels that it has not seen: {error:.4f}")
print(f"that is {error / of_nearest:.0%} of what the nearest pixel shown would give")

# %%
seen = np.where(shown[:, None], colours, 1)
told = predict(painted, result.params, places)
figure, (course, *panes) = plt.subplots(1, 4, figsize=(14, 3), layout="constrained")
result.plot(ax=course)
course.set_yscale("log")
for axes, (title, image) in zip(panes, {"Shown": seen, "Told": told, "The photograph": colours}.items(), strict=True):
    axes.imshow(image.reshape(photograph.shape))
    axes.set(title=title, xticks=[], yticks=[])
plt.show()
