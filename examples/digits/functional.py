# %% [markdown]
# # Reading digits
#
# A first network. 1797 images of handwritten digits, eight pixels square, ship with scikit-learn. We show a network
# three quarters of them and ask it about the others.

# %%
import jax
import matplotlib.pyplot as plt
import optax
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from funcfit import batches, fit, nn, predict
from funcfit.losses import cross_entropy
from funcfit.metrics import accuracy

pixels, labels = load_digits(return_X_y=True)
x, new_x, y, new_y = train_test_split(pixels / 16, labels, random_state=0)

# %% [markdown]
# The network takes 64 pixels to ten numbers, one for each digit: the largest is its answer. It is a function, and its
# parameters are a value apart from it, which `init` makes. (Beside them it makes a carry, which some layers have, and
# these have not.)

# %%
network = nn.sequential(nn.dense(64), nn.relu, nn.dense(10))
params, _ = network.init(jax.random.key(0), (64,))

# %% [markdown]
# What it is to learn is a function as well: the loss, of parameters and a batch of images with their labels. `fit`
# makes it small. What else the loss returns is measured at every step.


# %%
def loss(params, batch, key):
    x, y = batch
    logits = network(params, x)
    return cross_entropy(logits, y), {"accuracy": accuracy(logits, y)}


result = fit(loss, params, batches((x, y), 64), optax.adam(1e-3), epochs=40, validation=(new_x, new_y))
print(f"{result.validation['accuracy'][-1]:.1%} of the images that it has not seen are read right")

# %% [markdown]
# The course of the learning, and images that were misread.

# %%
answers = predict(network, result.params, new_x).argmax(-1)
wrong = answers != new_y
figure, (course, *misread) = plt.subplots(1, 6, figsize=(12, 3), width_ratios=[4, 1, 1, 1, 1, 1], layout="tight")
result.plot("accuracy", course)
for image, answer, axes in zip(new_x[wrong], answers[wrong], misread, strict=False):
    axes.imshow(image.reshape(8, 8), cmap="gray_r")
    axes.set(title=f"{answer}?", xticks=[], yticks=[])
plt.show()
