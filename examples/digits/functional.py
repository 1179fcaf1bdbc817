# %% [markdown]
# # Digits, and what they teach about other digits (functional style)
#
# 1797 images of handwritten digits, eight pixels square, ship with scikit-learn. A small convolutional network learns
# to read them; then one that has seen only 0 to 4 learns 5 to 9 from twenty images, with its convolutions frozen.

# %%
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax
from sklearn.datasets import load_digits

from funcfit import batches, early_stopping, evaluate, fit, nn, predict
from funcfit.losses import cross_entropy
from funcfit.metrics import accuracy

digits = load_digits()
images = (digits.images[..., None] / 16).astype(np.float32)
labels = digits.target.astype(np.int32)
shuffled = np.random.default_rng(0).permutation(len(labels))
training, others = shuffled[:1400], shuffled[1400:]

# %% [markdown]
# A network is a pair of functions: `init` makes its parameters, a pytree, and calling it applies them. Layers with
# names have parameters with names. With a key the network is being trained, and dropout is on.

# %%
network = nn.sequential(
    body=nn.sequential(
        nn.conv(16), nn.relu, nn.max_pool(), nn.conv(32), nn.relu, nn.flatten, nn.dropout(0.2), nn.dense(32), nn.relu
    ),
    head=nn.dense(10),
)
params, _ = network.init(jax.random.key(1), images.shape[1:])
print({name: sum(leaf.size for leaf in jax.tree.leaves(part)) for name, part in params.items()}, "parameters")


# %% [markdown]
# The loss is a function of the parameters, a batch and a key. What it returns beside its value is kept for every step;
# a metric is a sum and a weight, so that over many batches its mean is exact. The metric of the validation is the same
# without a key.


# %%
def loss(params, batch, key):
    x, y = batch
    logits = network(params, x, key)
    return cross_entropy(logits, y), {"accuracy": accuracy(logits, y)}


def metric(params, batch, key):
    return loss(params, batch, None)


data = batches((images[training], labels[training]), 64, seed=1)
held_out = batches((images[others], labels[others]), 100)
result = fit(
    loss,
    params,
    data,
    optax.adam(3e-3),
    epochs=30,
    validation=held_out,
    metric=metric,
    ema=0.98,
    events=[early_stopping("accuracy", patience=8, higher=True)],
)
print(f"{int(result.state.step)} steps, ended by {result.why}")
right = float(evaluate(metric, result.params, held_out)["accuracy"])
print(f"of the images held out, {right:.1%} are read as they are meant")

# %% [markdown]
# **Transfer.** From 0 to 4 the convolutions learn what strokes look like. Then they are frozen, so that no gradient of
# theirs is computed, and the layers above them learn 5 to 9 from twenty images; beside it, a whole network learns from
# the same twenty.

# %%
low = training[labels[training] < 5]
high = training[labels[training] >= 5][:20]
high_others = others[labels[others] >= 5]
strokes = fit(loss, params, batches((images[low], labels[low]), 64), optax.adam(3e-3), epochs=15).params

few = batches((images[high], labels[high]), 10)
judged = batches((images[high_others], labels[high_others]), 100)
begun = {"body": strokes["body"], "head": params["head"]}
for name, start, frozen in (("frozen convolutions", begun, ["body/0", "body/3"]), ("from scratch", params, [])):
    learned = fit(loss, start, few, optax.adam(3e-3), epochs=40, freeze=frozen)
    right = float(evaluate(metric, learned.params, judged)["accuracy"])
    print(f"{name}: {right:.1%} of the 5 to 9 held out")

# %% [markdown]
# The course of the training, and the images that the first network was least sure of.

# %%
logits = predict(network, result.params, batches(images[others], 100))
sure = jax.nn.softmax(logits).max(-1)
figure, (course, doubts) = plt.subplots(1, 2, figsize=(10, 4))
result.plot("accuracy", course)
course.set_ylim(0.8, 1.005)
unsure = jnp.argsort(sure)[:16]
framed = np.pad(images[others][unsure, ..., 0], ((0, 0), (2, 2), (2, 2)))
doubts.imshow(framed.reshape(4, 4, 12, 12).transpose(0, 2, 1, 3).reshape(48, 48), cmap="gray_r")
doubts.set_title("Read as " + " ".join(str(int(n)) for n in logits[unsure].argmax(-1)), fontsize=9)
doubts.axis("off")
plt.show()
