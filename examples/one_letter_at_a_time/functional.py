# %% [markdown]
# # One letter at a time (functional style)
#
# A recurrent network reads a story letter by letter and learns to say which letter comes next. What it has learned it
# then writes down: from a first letter on, each next one is drawn from what the network expects, and read in turn.

# %%
import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import optax

from funcfit import fit
from funcfit.kernels.recurrent import lstm, over_time

STEPS, BATCH, LENGTH, SIZE, UNITS, RATE = 200, 8, 40, 12, 48, 0.01

STORY = """the miller had a mill on the hill, and the mill had a wheel, and the wheel had a song.
the wheel sang to the water, and the water sang to the wheel, and the miller sang to them all.
one day the water was still. the wheel was still. the mill on the hill was still, and the miller sat in the sun.
he sang to the sun, and the sun sang to the snow, and the snow sang to the water on the hill.
then the water sang to the wheel, and the wheel sang to the mill, and all had a song.
"""

letters = sorted(set(STORY))
text = np.array([letters.index(letter) for letter in STORY])
rng = np.random.default_rng(3)

# %% [markdown]
# Each letter is a row of a table. The network's weights start from small random numbers, and a window of the story may
# begin anywhere.

# %%
start = {
    "embedding": rng.normal(0, 0.5, (len(letters), SIZE)),
    "kernel": rng.uniform(-0.15, 0.15, (SIZE + UNITS, 4 * UNITS)),
    "output": rng.normal(0, 0.1, (UNITS, len(letters))),
}
windows = rng.integers(0, len(text) - LENGTH, (STEPS, BATCH))

# %% [markdown]
# A step of the network is a function from a state and a letter to a new state and what it expects next; `over_time`
# repeats it. The state is a value like any other: zeros to begin with, and whoever writes keeps it.


# %%
def expected(params, state, letter):
    step = lstm(params["embedding"][letter], *state, params["kernel"], params["gates"])
    return (step.c, step.h), step.h @ params["output"] + params["bias"]


def loss(params, batch, key):
    read, following = batch
    zeros = jnp.zeros((len(read), UNITS))
    _, logits = over_time(lambda state, letter: expected(params, state, letter), (zeros, zeros), read.T)
    return optax.softmax_cross_entropy_with_integer_labels(logits, following.T).mean()


# %% [markdown]
# The windows are drawn beforehand, one batch a step, so that both styles read the same ones.


# %%
def batches_of(windows):
    for first in windows:
        window = text[first[:, None] + np.arange(LENGTH + 1)]
        yield window[:, :-1], window[:, 1:]


params = {name: jnp.asarray(value, jnp.float32) for name, value in start.items()}
params |= {"gates": jnp.zeros(4 * UNITS), "bias": jnp.zeros(len(letters))}
result = fit(loss, params, batches_of(windows), optax.adam(RATE, eps=1e-12), steps=STEPS)
for step in range(49, STEPS, 50):
    print(f"step {step + 1}: {result.history['loss'][step]:.2f} nats a letter")

# %%
noise = np.random.default_rng(8).gumbel(size=(160, len(letters)))  # a letter drawn: the largest of logits and noise


def write(memory, drawn):
    state, letter = memory
    state, logits = expected(result.params, state, letter)
    letter = jnp.argmax(logits / 0.5 + drawn)
    return (state, letter), letter


zeros = jnp.zeros(UNITS)
_, written = jax.lax.scan(write, ((zeros, zeros), letters.index("t")), noise)
print("t" + "".join(letters[letter] for letter in written))

# %%
figure, course = plt.subplots(figsize=(6, 4))
course.plot(result.history["loss"])
course.axhline(np.log(len(letters)), color="gray", linestyle=":", label="any letter, at random")
course.set(title="Surprise at the next letter", xlabel="steps", ylabel="nats")
course.legend()
plt.show()
