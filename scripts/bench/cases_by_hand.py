"""The session programs by hand in JAX, as a reader of its documentation would write them."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import optax

from bench.session_cases import cnn_weights

CASES = {}


def case(make):
    """Makes a case of a function that gives the function to be timed. What that leaves under way, `wait` of it ends."""
    CASES[make.__name__] = make
    return make


def line_of_points():
    rng = np.random.RandomState(0)
    points = np.stack([np.ones(50), rng.randn(50)], 1).astype("float32")
    target = (points @ [[2.0], [0.5]]).astype("float32")
    return lambda w: 0.5 * jnp.sum((points @ w - target) ** 2)


@case
def linear_update():
    l2 = line_of_points()
    step = jax.jit(lambda w: w - 0.002 * jax.grad(l2)(w), donate_argnums=0)
    state = [jnp.zeros((2, 1))]

    def run():
        state[0] = step(state[0])

    return run


@case
def linear_update_and_loss():
    l2 = line_of_points()
    step = jax.jit(lambda w: w - 0.002 * jax.grad(l2)(w), donate_argnums=0)
    loss = jax.jit(l2)
    state = [jnp.zeros((2, 1))]

    def run():
        state[0] = step(state[0])
        np.asarray(loss(state[0]))

    return run


@case
def four_fetches_two_feeds():
    def loss(p, x, y):
        return jnp.mean((x * p[0] + p[1] - y) ** 2)

    @jax.jit
    def step(p, x, y):
        value, grads = jax.value_and_grad(loss)(p, x, y)
        return jax.tree.map(lambda a, g: a - 0.0005 * g, p, grads), value

    rng = np.random.RandomState(0)
    x, y = (rng.randn(100).astype("float32") for _ in "xy")
    state = [(jnp.zeros(()), jnp.zeros(()))]

    def run():
        state[0], value = step(state[0], x, y)
        np.asarray(value), np.asarray(state[0][0]), np.asarray(state[0][1])

    return run


@case
def while_loop_1000():
    loop = jax.jit(
        lambda x: jax.lax.while_loop(lambda c: c[0] < 1000, lambda c: (c[0] + 1, c[1] * 0.999 + 0.1), (0, x))[1]
    )
    return lambda: np.asarray(loop(1.0))


@case
def mlp_adam():
    return training(optax.adam(1e-3), classifier, dense([784, 256, 256, 10]), *digits())


@case
def cnn_adam():
    def convolved(x, filter, bias):
        x = jax.lax.conv_general_dilated(x, filter, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        pair = (1, 2, 2, 1)
        return jax.lax.reduce_window(jax.nn.relu(x + bias), -jnp.inf, jax.lax.max, pair, pair, "SAME")

    def loss(params, x, y):
        h = convolved(convolved(x, *params[:2]), *params[2:4])
        h = jax.nn.relu(h.reshape(h.shape[0], -1) @ params[4] + params[5])
        return optax.softmax_cross_entropy_with_integer_labels(h @ params[6] + params[7], y).mean()

    rng = np.random.RandomState(0)
    x, y = rng.randn(128, 28, 28, 1).astype("float32"), rng.randint(0, 10, 128).astype("int32")
    return training(optax.adam(1e-4), loss, [jnp.asarray(w) for w in cnn_weights(np)], x, y)


@case
def lstm_adam():
    params = {
        "kernel": jnp.asarray(np.random.RandomState(1).randn(156, 512) / 156**0.5, jnp.float32),
        "bias": jnp.zeros(512),
        "out": dense([128, 10]),
    }

    def loss(params, x, y):
        return classifier(params["out"], lstm(params["kernel"], params["bias"], x), y)

    rng = np.random.RandomState(0)
    x, y = rng.randn(128, 28, 28).astype("float32"), rng.randint(0, 10, 128).astype("int32")
    return training(optax.adam(1e-3), loss, params, x, y)


@case
def deep_q_learning():
    rng = np.random.RandomState(0)
    now, before, after = (rng.randn(n, 4).astype("float32") for n in (1, 32, 32))
    actions, rewards = rng.randint(0, 2, 32).astype("int32"), rng.randn(32).astype("float32")
    of_target, q = dense([4, 64, 64, 2]), jax.jit(chain)

    def loss(params, x, actions, wanted):
        return jnp.mean((wanted - chain(params, x)[jnp.arange(32), actions]) ** 2)

    step, state = update_with(optax.adam(1e-3), loss, dense([4, 64, 64, 2]))

    def run():
        np.asarray(q(state[0][0], now)).argmax()
        future = np.asarray(q(of_target, after)).max(1)
        state[0], value = step(state[0], before, actions, rewards + 0.99 * future)
        np.asarray(value)

    return run


@case
def policy_gradient():
    rng = np.random.RandomState(0)
    states, rewards = rng.randn(5, 4).astype("float32"), rng.randn(5).astype("float32")

    def loss(params, x, actions, rewards):
        costs = optax.softmax_cross_entropy_with_integer_labels(chain(params, x), actions)
        return jnp.mean(costs * rewards)

    chances = jax.jit(lambda params, x: jax.nn.softmax(chain(params, x)))
    step, state = update_with(optax.adam(1e-2), loss, dense([4, 10, 2]))

    def run():
        actions = [np.asarray(chances(state[0][0], s[None]))[0].argmax() for s in states]
        state[0], _ = step(state[0], states, np.array(actions, "int32"), rewards)

    run.wait = lambda: jax.block_until_ready(state[0])
    return run


@case
def gan():
    rng = np.random.RandomState(0)
    images, noise = rng.rand(128, 784).astype("float32"), rng.randn(128, 100).astype("float32")

    def cost(logits, label):
        return optax.sigmoid_binary_cross_entropy(logits, jnp.full_like(logits, label)).mean()

    def made(params, z):
        return jax.nn.sigmoid(chain(params, z))

    def of_discriminator(params, generator, x, z):
        return cost(chain(params, x), 1.0) + cost(chain(params, made(generator, z)), 0.0)

    def of_generator(params, discriminator, z):
        return cost(chain(discriminator, made(params, z)), 1.0)

    learn_to_tell, teller = update_with(optax.adam(1e-3), of_discriminator, dense([784, 128, 1]))
    learn_to_make, maker = update_with(optax.adam(1e-3), of_generator, dense([100, 128, 784]))

    def run():
        teller[0], value = learn_to_tell(teller[0], maker[0][0], images, noise)
        np.asarray(value)
        maker[0], value = learn_to_make(maker[0], teller[0][0], noise)
        np.asarray(value)

    return run


@case
def batch_norm():
    params = {"in": dense([784, 256]), "beta": jnp.zeros(256), "gamma": jnp.ones(256), "out": dense([256, 10])}

    def loss(params, x, y):
        h = chain(params["in"], x)
        mean, variance = h.mean(0), h.var(0)
        h = (h - mean) * jax.lax.rsqrt(variance + 1e-3) * params["gamma"] + params["beta"]
        return classifier(params["out"], jax.nn.relu(h), y), (mean, variance)

    def update(state, x, y):
        params, averages = state
        grads, new = jax.grad(loss, has_aux=True)(params, x, y)
        averages = jax.tree.map(lambda old, new: 0.99 * old + 0.01 * new, averages, new)
        return jax.tree.map(lambda p, g: p - 0.1 * g, params, grads), averages

    step = jax.jit(update, donate_argnums=0)
    state, (x, y) = [(params, (jnp.zeros(256), jnp.ones(256)))], digits()

    def run():
        state[0] = step(state[0], x, y)

    run.wait = lambda: jax.block_until_ready(state[0])
    return run


@case
def masked_loss():
    masks = [np.random.RandomState(i).rand(128) < 0.5 for i in range(20)]
    turn = iter(range(1 << 62))

    def loss(params, x, y, mask):
        costs = optax.softmax_cross_entropy_with_integer_labels(chain(params, x), y)
        return jnp.where(mask, costs, 0).sum() / mask.sum()

    step, state = update_with(optax.adam(1e-3), loss, dense([784, 64, 10]))
    x, y = digits()

    def run():
        state[0], _ = step(state[0], x, y, masks[next(turn) % 20])

    run.wait = lambda: jax.block_until_ready(state[0])
    return run


@case
def sparse_adam():
    """As TensorFlow does it: the moments of all rows decay, those of the rows in the batch are added to."""
    rng = np.random.RandomState(0)
    table = jnp.asarray(rng.randn(50000, 64), jnp.float32)
    ids, target = rng.randint(0, 50000, 128).astype("int32"), rng.randn(128, 64).astype("float32")

    def loss(rows, target):
        return jnp.mean((rows - target) ** 2)

    def update(state, ids, target):
        table, m, v, turn = state
        grad = jax.grad(loss)(table[ids], target)
        unique, places = jnp.unique(ids, return_inverse=True, size=128, fill_value=50000)
        grad = jnp.zeros_like(grad).at[places].add(grad)
        m = (0.9 * m).at[unique].add(0.1 * grad, mode="drop")
        v = (0.999 * v).at[unique].add(0.001 * grad**2, mode="drop")
        rate = 1e-3 * jnp.sqrt(1 - 0.999**turn) / (1 - 0.9**turn)
        return table - rate * m / (jnp.sqrt(v) + 1e-8), m, v, turn + 1

    step = jax.jit(update, donate_argnums=0)
    state = [(table, jnp.zeros_like(table), jnp.zeros_like(table), jnp.ones(()))]

    def run():
        state[0] = step(state[0], ids, target)

    run.wait = lambda: jax.block_until_ready(state[0])
    return run


@case
def rnn_of_50_lengths():
    """Padded to the longest, with the lengths beside: what keeps JAX from compiling fifty times."""
    return lambda: trained_on_50_lengths()()


@case
def rnn_of_50_lengths_again():
    return trained_on_50_lengths()


@case
def data_as_a_constant():
    images = np.random.RandomState(0).randn(20000, 784).astype("float32")

    def step():
        update = jax.jit(lambda w, x: w - 0.01 * jax.grad(lambda w: jnp.mean((x @ w - 1.0) ** 2))(w))
        jax.block_until_ready(update(jnp.zeros((784, 1)), images))

    return step


# What the programs share.


def dense(sizes):
    return [
        (jnp.asarray(np.random.RandomState(i).randn(a, b) / a**0.5, jnp.float32), jnp.zeros(b))
        for i, (a, b) in enumerate(pairwise(sizes))
    ]


def chain(params, x):
    """Dense layers with relu between them."""
    for i, (w, b) in enumerate(params):
        x = x @ w + b
        x = jax.nn.relu(x) if i < len(params) - 1 else x
    return x


def classifier(params, x, y):
    return optax.softmax_cross_entropy_with_integer_labels(chain(params, x), y).mean()


def lstm(kernel, bias, x, length=None):
    """The last output of an LSTM over x, (batch, time, features), or that at `length`."""
    zeros = jnp.zeros((x.shape[0], kernel.shape[1] // 4))

    def cell(state, at):
        (c, h), (turn, x) = state, at
        i, j, f, o = jnp.split(jnp.concatenate([x, h], 1) @ kernel + bias, 4, axis=1)
        new_c = c * jax.nn.sigmoid(f + 1.0) + jax.nn.sigmoid(i) * jnp.tanh(j)
        new = new_c, jnp.tanh(new_c) * jax.nn.sigmoid(o)
        if length is not None:
            new = jax.tree.map(lambda a, b: jnp.where(turn < length, a, b), new, state)
        return new, None

    (_, h), _ = jax.lax.scan(cell, (zeros, zeros), (jnp.arange(x.shape[1]), x.transpose(1, 0, 2)))
    return h


def update_with(optimizer, loss, params):
    """A compiled step that gives the new state and the loss, and the state it starts from, in a list."""

    def update(state, *batch):
        params, opt = state
        value, grads = jax.value_and_grad(loss)(params, *batch)
        changes, opt = optimizer.update(grads, opt)
        return (optax.apply_updates(params, changes), opt), value

    return jax.jit(update, donate_argnums=0), [(params, optimizer.init(params))]


def training(optimizer, loss, params, x, y):
    """One step on one batch."""

    def update(state, x, y):
        params, opt = state
        changes, opt = optimizer.update(jax.grad(loss)(params, x, y), opt)
        return optax.apply_updates(params, changes), opt

    step = jax.jit(update, donate_argnums=0)
    state = [(params, optimizer.init(params))]

    def run():
        state[0] = step(state[0], x, y)

    run.wait = lambda: jax.block_until_ready(state[0])
    run.lowered = lambda: step.lower(state[0], x, y)
    return run


def digits():
    rng = np.random.RandomState(0)
    return rng.randn(128, 784).astype("float32"), rng.randint(0, 10, 128).astype("int32")


def trained_on_50_lengths():
    rng = np.random.RandomState(0)
    batches = [rng.randn(16, 5 + i, 8).astype("float32") for i in range(50)]
    kernel = jnp.asarray(rng.randn(40, 128) / 40**0.5, jnp.float32)

    def loss(params, x, length):
        return jnp.mean(lstm(*params, x, length) ** 2)

    step = jax.jit(lambda p, *rest: jax.tree.map(lambda a, g: a - 0.1 * g, p, jax.grad(loss)(p, *rest)))

    def epoch():
        params = kernel, jnp.zeros(128)
        for batch in batches:
            padded = np.zeros((16, 54, 8), "float32")
            padded[:, : batch.shape[1]] = batch
            params = step(params, padded, batch.shape[1])
        jax.block_until_ready(params)

    return epoch
