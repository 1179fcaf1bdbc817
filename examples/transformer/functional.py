# %% [markdown]
# # Numbers in order
#
# A transformer learns to sort. It reads ten numbers, and then writes the same ten, the least one first; each number
# that it writes it reads as well, and goes on from there. Nobody tells it what comes before what: to it, the numbers
# are words.

# %%
import jax
import matplotlib.pyplot as plt
import numpy as np
import optax

from funcfit import batches, fit, nn, predict
from funcfit.losses import cross_entropy
from funcfit.metrics import accuracy

NUMBERS, LENGTH, SIZE, HEADS, STEPS = 50, 10, 32, 2, 800


def rows(count, seed):
    lists = np.random.default_rng(seed).random((count, NUMBERS)).argsort()[:, :LENGTH]
    go = np.full((count, 1), NUMBERS)
    return np.concatenate([lists, go, np.sort(lists)], axis=1)


print(*rows(1, seed=1)[0])

# %% [markdown]
# A word and its place are vectors, and so is their sum. *Looking*, each place takes what it needs from itself and the
# places before it; *thinking*, each one makes something of it. Both are added to what was there. A larger transformer
# has more of these two layers and is otherwise the same.

# %%
reading = nn.sequential(nn.embedding(NUMBERS + 1, SIZE), nn.positions())
looking = nn.residual(nn.layer_norm(), nn.attention(HEADS, causal=True))
thinking = nn.residual(nn.layer_norm(), nn.dense(4 * SIZE), nn.relu, nn.dense(SIZE))
network = nn.sequential(reading=reading, looking=looking, thinking=thinking, writing=nn.dense(NUMBERS))
params, _ = network.init(jax.random.key(0), (2 * LENGTH + 1,))


# %% [markdown]
# At every place the network says which word comes next. Once the list is over it can know, and there it is asked.


# %%
def loss(params, rows, key):
    logits, following = network(params, rows)[:, LENGTH:-1], rows[:, LENGTH + 1 :]
    return cross_entropy(logits, following), {"accuracy": accuracy(logits, following)}


rate = optax.cosine_decay_schedule(0.01, STEPS)
result = fit(loss, params, batches(rows(20_000, seed=2), 64), optax.adam(rate), steps=STEPS)

# %% [markdown]
# New lists, sorted number by number. What it has written so far, it reads again; what stands behind that it does not
# see, since its attention is causal.

# %%
lists = rows(500, seed=3)
written = np.where(np.arange(2 * LENGTH + 1) > LENGTH, 0, lists)
for place in range(LENGTH, 2 * LENGTH):
    written[:, place + 1] = predict(network, result.params, written)[:, place].argmax(-1)
print(f"{(written == lists).all(1).mean():.1%} of 500 new lists are sorted without a mistake")

# %% [markdown]
# How it sorts can be seen: wherever it stands in the sorted list, it looks for the numbers that come next. The heads
# share the work.

# %%
weights = nn.attention_weights(
    result.params["looking"][1],
    nn.layer_norm()(result.params["looking"][0], reading(result.params["reading"], lists[:1])),
    HEADS,
    causal=True,
)
figure, (course, *heads) = plt.subplots(1, 1 + HEADS, figsize=(12, 4), layout="constrained")
result.plot("accuracy", course)
for number, axes in enumerate(heads):
    axes.imshow(weights[0, number, LENGTH:-1, :LENGTH], cmap="Greens", vmin=0)
    axes.set(xticks=range(LENGTH), xticklabels=lists[0, :LENGTH], xlabel="numbers to sort")
    axes.set(yticks=range(LENGTH), yticklabels=["go", *lists[0, LENGTH + 1 : -1]], ylabel="last one written")
    axes.set_title(f"Head {number + 1} looks at")
plt.show()
