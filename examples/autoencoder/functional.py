# %% [markdown]
# # A plane of digits
#
# An image of eight by eight pixels is a point in 64 dimensions; but those that show digits are few among them. A
# variational autoencoder lays them out on a plane: one network says where an image lies, another one draws what lies
# at a place, and both learn from images alone, without a word on what they show. Kingma and Welling 2013.

# %%
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from funcfit import batches, fit, nn
from funcfit.losses import binary_cross_entropy

pixels, labels = load_digits(return_X_y=True)
x, new_x, y, new_y = train_test_split(pixels / 16, labels, random_state=0)

# %% [markdown]
# The encoder gives four numbers: a place on the plane, and how far around it the image reaches, as the logarithm of
# a variance along each direction. The decoder takes a place and gives 64 logits, of how dark each pixel is.

# %%
encoder = nn.sequential(nn.dense(256), nn.relu, nn.dense(64), nn.relu, nn.dense(4))
decoder = nn.sequential(nn.dense(64), nn.relu, nn.dense(256), nn.relu, nn.dense(64))
params = {
    "encoder": encoder.init(jax.random.key(0), (64,))[0],
    "decoder": decoder.init(jax.random.key(1), (2,))[0],
}

# %% [markdown]
# In training an image is drawn from a place near its own, which the key decides, so that places next to each other
# come to mean images that are alike. The loss is in nats, and counts what it takes to tell an image: where it lies, as
# precisely as it needs to be known,
#
# $$\frac12 \sum_i \mu_i^2 + \sigma_i^2 - \log \sigma_i^2 - 1,$$
#
# and then each pixel.


# %%
def loss(params, x, key):
    place, log_variance = jnp.split(encoder(params["encoder"], x), 2, -1)
    near = place + jnp.exp(log_variance / 2) * jax.random.normal(key, place.shape)
    pixels = 64 * binary_cross_entropy(decoder(params["decoder"], near), x)
    where = 0.5 * (place**2 + jnp.exp(log_variance) - log_variance - 1).sum(-1).mean()
    return pixels + where, {"pixels": pixels, "where": where}


result = fit(loss, params, batches(x, 64), optax.adam(2e-3), epochs=150, validation=new_x)
nats, where = result.validation["loss"][-1], result.validation["where"][-1]
print(f"an image that it has not seen takes {nats:.2f} nats, {where:.2f} of them to say where it lies")


def places(images):
    return jnp.split(encoder(result.params["encoder"], images), 2, -1)[0]


neighbours = KNeighborsClassifier().fit(places(x), y)
print(f"{neighbours.score(places(new_x), new_y):.1%} of such images lie among others of the same digit")

# %% [markdown]
# Where it lays out images that it has not seen, each one written as the digit it shows, which nobody told it; and what
# it draws across the plane.

# %%
SIDE, REACH = 16, 2.4
ends = np.linspace(-REACH, REACH, SIDE)
grid = np.stack(np.meshgrid(ends, -ends), -1).reshape(-1, 2)
drawn = jax.nn.sigmoid(decoder(result.params["decoder"], grid)).reshape(SIDE, SIDE, 8, 8)
framed = np.pad(drawn, ((0, 0), (0, 0), (1, 1), (1, 1)))
figure, (plane, drawings) = plt.subplots(1, 2, figsize=(11, 6), layout="constrained")
for spot, digit in zip(places(new_x), new_y, strict=True):
    plane.text(*spot, digit, color=f"C{digit}", fontsize=9, clip_on=True)
plane.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal", title="Where the images lie")
drawings.imshow(framed.swapaxes(1, 2).reshape(SIDE * 10, SIDE * 10), cmap="gray_r", extent=(-REACH, REACH) * 2)
drawings.set_title("What lies there")
plt.show()
