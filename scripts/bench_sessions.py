#!/usr/bin/env python3
"""Times session-style programs on funcfit, on a TensorFlow, and the same by hand in JAX, in turns within one run.

    python scripts/bench_sessions.py --tensorflow PYTHON [--cases linear_update,mlp_adam] [--rounds 7] [--json FILE]

PYTHON is the interpreter of an environment that holds a TensorFlow (1.x, or 2.x, whose compat.v1 is used). Without it
only funcfit and JAX run. Each contender is a process of its own that waits for its turn: a round runs every case on
every contender once, so that the machine's moods meet all alike. Prints the median of a case and, round by round, its
ratio to the others (median; spread in brackets). JSON holds all.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

# ---------------------------------------------------------------------------------------------------------------------
# The programs. Each case builds something once and gives a function to be timed; `tf` is the provider.


def linear_update(tf, np):
    """sess.run(update) of a linear model of 50 points: the smallest training step there is."""
    session, update, _, _ = linear_model(tf, np)
    return lambda: session.run(update)


def linear_update_and_loss(tf, np):
    """update.run(), then loss.eval(): the loop of a tutorial."""
    session, update, loss, _ = linear_model(tf, np)

    def step():
        session.run(update)
        session.run(loss)

    return step


def linear_model(tf, np):
    rng = np.random.RandomState(0)
    x = np.stack([np.ones(50), rng.randn(50)], 1).astype("float32")
    inputs, target = tf.constant(x), tf.constant((x @ [[2.0], [0.5]]).astype("float32"))
    weights = tf.Variable(np.zeros((2, 1), "float32"))
    loss = tf.nn.l2_loss(tf.subtract(tf.matmul(inputs, weights), target))
    update = tf.train.GradientDescentOptimizer(0.002).minimize(loss)
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    return session, update, loss, weights


def four_fetches_two_feeds(tf, np):
    """sess.run([train, loss, m, b], {X: batch, y: batch}) with batches of 100."""
    x, y = tf.placeholder(tf.float32), tf.placeholder(tf.float32)
    m, b = tf.Variable(0.0), tf.Variable(0.0)
    loss = tf.reduce_mean(tf.squared_difference(x * m + b, y))
    train = tf.train.GradientDescentOptimizer(0.0005).minimize(loss)
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    rng = np.random.RandomState(0)
    feed = {x: rng.randn(100).astype("float32"), y: rng.randn(100).astype("float32")}
    return lambda: session.run([train, loss, m, b], feed)


def mlp_adam(tf, np):
    """784-256-256-10, batch 128, Adam; one step."""
    x, y = tf.placeholder(tf.float32, [None, 784]), tf.placeholder(tf.int32, [None])
    h = x
    for i, (rows, columns) in enumerate([(784, 256), (256, 256), (256, 10)]):
        w = tf.Variable(np.random.RandomState(i).randn(rows, columns).astype("float32") / rows**0.5)
        h = tf.matmul(h, w) + tf.Variable(np.zeros(columns, "float32"))
        h = tf.nn.relu(h) if i < 2 else h
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=h))
    train = tf.train.AdamOptimizer(1e-3).minimize(loss)
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    rng = np.random.RandomState(0)
    feed = {x: rng.randn(128, 784).astype("float32"), y: rng.randint(0, 10, 128).astype("int32")}
    return lambda: session.run(train, feed)


def cnn_adam(tf, np):
    """Convolutions 5x5x32 and 5x5x64, each with 2x2 max-pooling, dense 1024, on 28x28 images, batch 128; one step."""
    x, y = tf.placeholder(tf.float32, [None, 28, 28, 1]), tf.placeholder(tf.int32, [None])
    weights = [tf.Variable(w) for w in cnn_weights(np)]
    h = x
    for filter, bias in (weights[:2], weights[2:4]):
        h = tf.nn.relu(tf.nn.conv2d(h, filter, [1, 1, 1, 1], "SAME") + bias)
        h = tf.nn.max_pool(h, [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
    h = tf.nn.relu(tf.matmul(tf.reshape(h, [-1, 7 * 7 * 64]), weights[4]) + weights[5])
    logits = tf.matmul(h, weights[6]) + weights[7]
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    train = tf.train.AdamOptimizer(1e-4).minimize(loss)
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    rng = np.random.RandomState(0)
    feed = {x: rng.randn(128, 28, 28, 1).astype("float32"), y: rng.randint(0, 10, 128).astype("int32")}
    return lambda: session.run(train, feed)


def cnn_weights(np):
    shapes = [(5, 5, 1, 32), (5, 5, 32, 64), (7 * 7 * 64, 1024), (1024, 10)]
    rng = np.random.RandomState(0)
    for shape in shapes:
        yield (rng.randn(*shape) / np.prod(shape[:-1]) ** 0.5).astype("float32")
        yield np.full(shape[-1], 0.1, "float32")


def while_loop_1000(tf, np):
    """A while_loop of 1,000 turns over a counter and a number."""
    _, x = tf.while_loop(
        lambda i, x: tf.less(i, 1000), lambda i, x: (i + 1, x * 0.999 + 0.1), [tf.constant(0), tf.constant(1.0)]
    )
    session = tf.Session()
    return lambda: session.run(x)


def lstm_adam(tf, np):
    """LSTM of 128 units over 28 steps of 28 numbers, batch 128, dynamic_rnn, Adam; one step."""
    x, y = tf.placeholder(tf.float32, [None, 28, 28]), tf.placeholder(tf.int32, [None])
    outputs, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.BasicLSTMCell(128), x, dtype=tf.float32)
    w = tf.Variable(np.random.RandomState(0).randn(128, 10).astype("float32") / 128**0.5)
    logits = tf.matmul(outputs[:, -1], w) + tf.Variable(np.zeros(10, "float32"))
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
    train = tf.train.AdamOptimizer(1e-3).minimize(loss)
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    rng = np.random.RandomState(0)
    feed = {x: rng.randn(128, 28, 28).astype("float32"), y: rng.randint(0, 10, 128).astype("int32")}
    return lambda: session.run(train, feed)


def build_200_dense(tf, np):
    """The graph of 200 dense layers of 16 units, with gradients; no run."""

    def build():
        with tf.Graph().as_default():
            h = tf.placeholder(tf.float32, [None, 16])
            variables = []
            for _ in range(200):
                w = tf.Variable(np.zeros((16, 16), "float32"))
                b = tf.Variable(np.zeros(16, "float32"))
                variables += [w, b]
                h = tf.nn.relu(tf.matmul(h, w) + b)
            tf.gradients(tf.reduce_sum(h), variables)

    return build


# By hand in JAX: what a reader of JAX's documentation would write.


def by_hand(jax, jnp, np):
    rng = np.random.RandomState(0)
    points = np.stack([np.ones(50), rng.randn(50)], 1).astype("float32")
    target = (points @ [[2.0], [0.5]]).astype("float32")

    def l2(w):
        return 0.5 * jnp.sum((points @ w - target) ** 2)

    def case_linear_update():
        step = jax.jit(lambda w: w - 0.002 * jax.grad(l2)(w), donate_argnums=0)
        state = [jnp.zeros((2, 1))]

        def run():
            state[0] = step(state[0])

        return run

    def case_linear_update_and_loss():
        step = jax.jit(lambda w: w - 0.002 * jax.grad(l2)(w), donate_argnums=0)
        loss = jax.jit(l2)
        state = [jnp.zeros((2, 1))]

        def run():
            state[0] = step(state[0])
            np.asarray(loss(state[0]))

        return run

    def case_four_fetches_two_feeds():
        def loss(p, x, y):
            return jnp.mean((x * p[0] + p[1] - y) ** 2)

        @jax.jit
        def step(p, x, y):
            value, grads = jax.value_and_grad(loss)(p, x, y)
            return jax.tree.map(lambda a, g: a - 0.0005 * g, p, grads), value

        x, y = (rng.randn(100).astype("float32") for _ in "xy")
        state = [(jnp.zeros(()), jnp.zeros(()))]

        def run():
            state[0], value = step(state[0], x, y)
            np.asarray(value), np.asarray(state[0][0]), np.asarray(state[0][1])

        return run

    def case_mlp_adam():
        import optax

        sizes = [(784, 256), (256, 256), (256, 10)]
        params = [
            (jnp.asarray(np.random.RandomState(i).randn(a, b) / a**0.5, jnp.float32), jnp.zeros(b))
            for i, (a, b) in enumerate(sizes)
        ]

        def loss(params, x, y):
            h = x
            for i, (w, b) in enumerate(params):
                h = h @ w + b
                h = jax.nn.relu(h) if i < 2 else h
            return optax.softmax_cross_entropy_with_integer_labels(h, y).mean()

        adam = optax.adam(1e-3)

        def update(state, x, y):
            params, opt = state
            changes, opt = adam.update(jax.grad(loss)(params, x, y), opt)
            return optax.apply_updates(params, changes), opt

        step = jax.jit(update, donate_argnums=0)
        state = [(params, adam.init(params))]
        x, y = rng.randn(128, 784).astype("float32"), rng.randint(0, 10, 128).astype("int32")

        def run():
            state[0] = step(state[0], x, y)

        run.wait = lambda: jax.block_until_ready(state[0])
        run.lowered = lambda: step.lower(state[0], x, y)
        return run

    def case_cnn_adam():
        import optax

        def convolved(x, filter, bias):
            x = jax.lax.conv_general_dilated(x, filter, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
            pair = (1, 2, 2, 1)
            return jax.lax.reduce_window(jax.nn.relu(x + bias), -jnp.inf, jax.lax.max, pair, pair, "SAME")

        def loss(params, x, y):
            h = convolved(convolved(x, *params[:2]), *params[2:4])
            h = jax.nn.relu(h.reshape(h.shape[0], -1) @ params[4] + params[5])
            return optax.softmax_cross_entropy_with_integer_labels(h @ params[6] + params[7], y).mean()

        adam = optax.adam(1e-4)

        def update(state, x, y):
            params, opt = state
            changes, opt = adam.update(jax.grad(loss)(params, x, y), opt)
            return optax.apply_updates(params, changes), opt

        step = jax.jit(update, donate_argnums=0)
        params = [jnp.asarray(w) for w in cnn_weights(np)]
        state = [(params, adam.init(params))]
        x, y = rng.randn(128, 28, 28, 1).astype("float32"), rng.randint(0, 10, 128).astype("int32")

        def run():
            state[0] = step(state[0], x, y)

        run.wait = lambda: jax.block_until_ready(state[0])
        run.lowered = lambda: step.lower(state[0], x, y)
        return run

    def case_while_loop_1000():
        loop = jax.jit(
            lambda x: jax.lax.while_loop(lambda c: c[0] < 1000, lambda c: (c[0] + 1, c[1] * 0.999 + 0.1), (0, x))[1]
        )
        return lambda: np.asarray(loop(1.0))

    def case_lstm_adam():
        import optax

        params = {
            "kernel": jnp.asarray(np.random.RandomState(1).randn(156, 512) / 156**0.5, jnp.float32),
            "bias": jnp.zeros(512),
            "w": jnp.asarray(np.random.RandomState(0).randn(128, 10) / 128**0.5, jnp.float32),
            "b": jnp.zeros(10),
        }

        def loss(params, x, y):
            def cell(state, x):
                c, h = state
                i, j, f, o = jnp.split(jnp.concatenate([x, h], 1) @ params["kernel"] + params["bias"], 4, axis=1)
                c = c * jax.nn.sigmoid(f + 1.0) + jax.nn.sigmoid(i) * jnp.tanh(j)
                h = jnp.tanh(c) * jax.nn.sigmoid(o)
                return (c, h), None

            zeros = jnp.zeros((x.shape[0], 128))
            (_, h), _ = jax.lax.scan(cell, (zeros, zeros), x.transpose(1, 0, 2))
            return optax.softmax_cross_entropy_with_integer_labels(h @ params["w"] + params["b"], y).mean()

        adam = optax.adam(1e-3)

        def update(state, x, y):
            params, opt = state
            changes, opt = adam.update(jax.grad(loss)(params, x, y), opt)
            return optax.apply_updates(params, changes), opt

        step = jax.jit(update, donate_argnums=0)
        state = [(params, adam.init(params))]
        x, y = rng.randn(128, 28, 28).astype("float32"), rng.randint(0, 10, 128).astype("int32")

        def run():
            state[0] = step(state[0], x, y)

        run.wait = lambda: jax.block_until_ready(state[0])
        run.lowered = lambda: step.lower(state[0], x, y)
        return run

    return {name.removeprefix("case_"): make for name, make in locals().items() if name.startswith("case_")}


CASES = {
    f.__name__: f
    for f in (
        linear_update,
        linear_update_and_loss,
        four_fetches_two_feeds,
        mlp_adam,
        cnn_adam,
        lstm_adam,
        while_loop_1000,
        build_200_dense,
    )
}
BURST = {
    "build_200_dense": 1,
    "mlp_adam": 200,
    "cnn_adam": 5,
    "lstm_adam": 20,
}  # calls timed together; others take a burst of 2,000

# ---------------------------------------------------------------------------------------------------------------------
# A contender: a process that builds a case when first asked, and times a burst of it when it is its turn.


def contend(provider):
    import numpy as np

    if provider == "jax":
        import jax
        import jax.numpy as jnp

        makers = by_hand(jax, jnp, np)
        version = jax.__version__
    else:
        if provider == "funcfit":
            import funcfit.tf1 as tf

            version = "funcfit"
        else:
            os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
            import tensorflow as tf

            version = tf.__version__
            if version >= "2":
                tf = tf.compat.v1
                tf.disable_v2_behavior()
        makers = {name: (lambda case=case: case(tf, np)) for name, case in CASES.items()}
    print(json.dumps({"version": version}), flush=True)
    ready = {}
    for line in sys.stdin:
        name = line.strip()
        if name not in makers:
            print(json.dumps({"us": None}), flush=True)
            continue
        if name not in ready:
            ready[name] = makers[name]()
            for _ in range(3):
                ready[name]()
        run, count = ready[name], BURST.get(name, 2000)
        start = time.perf_counter()
        for _ in range(count):
            run()
        getattr(run, "wait", lambda: None)()
        print(json.dumps({"us": (time.perf_counter() - start) / count * 1e6}), flush=True)


def import_time(interpreter, module):
    """Seconds that `import module` adds to an interpreter that does nothing."""

    compiled = {
        k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"
    }  # byte code is kept, as for any user

    def seconds(code):
        start = time.perf_counter()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([interpreter, "-c", code], check=True, env=compiled, **quiet)
        return time.perf_counter() - start

    return seconds(f"import {module}") - seconds("pass")


class Contender:
    def __init__(self, name, interpreter):
        self.name, self.interpreter = name, interpreter
        self.process = subprocess.Popen(
            [interpreter, os.path.abspath(__file__), "--contend", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.version = self._answer()["version"]

    def _answer(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise SystemExit(
            f"{self.name} ended early; run `{self.interpreter} {__file__} --contend {self.name}` to see why"
        )

    def turn(self, case):
        self.process.stdin.write(case + "\n")
        self.process.stdin.flush()
        return self._answer()["us"]

    def leave(self):
        self.process.stdin.close()
        self.process.wait()


def compare(contenders, cases, rounds):
    times = {case: {c.name: [] for c in contenders} for case in cases}
    for number in range(rounds):
        for case in cases:
            for contender in contenders:
                if case == "import":
                    module = {"funcfit": "funcfit.tf1", "jax": "jax"}.get(contender.name, "tensorflow")
                    us = import_time(contender.interpreter, module) * 1e6
                else:
                    us = contender.turn(case)
                times[case][contender.name].append(us)
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return times


def report(times, contenders):
    names = [c.name for c in contenders]
    print(
        f"{'case':28}"
        + "".join(f"{n + ' (us)':>18}" for n in names)
        + "".join(f"{'funcfit/' + n:>26}" for n in names[1:])
    )
    for case, by_name in times.items():
        row = f"{case:28}"
        for n in names:
            row += f"{'-':>18}" if by_name[n][0] is None else f"{statistics.median(by_name[n]):18.1f}"
        for n in names[1:]:
            if by_name[n][0] is None:
                row += f"{'-':>26}"
                continue
            ratios = [a / b for a, b in zip(by_name["funcfit"], by_name[n])]
            row += f"{statistics.median(ratios):12.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
        print(row)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tensorflow", metavar="PYTHON")
    parser.add_argument("--cases", default=",".join([*CASES, "import"]))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--contend", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contend:
        contend(options.contend)
        return
    contenders = [Contender("funcfit", sys.executable), Contender("jax", sys.executable)]
    if options.tensorflow:
        contenders.append(Contender("tensorflow", options.tensorflow))
    print(
        "  ".join(f"{c.name} {c.version}" for c in contenders),
        f" python {sys.version.split()[0]}, {os.cpu_count()} cores",
    )
    times = compare(contenders, options.cases.split(","), options.rounds)
    for contender in contenders:
        contender.leave()
    report(times, contenders)
    if options.json:
        with open(options.json, "w") as f:
            json.dump({"versions": {c.name: c.version for c in contenders}, "microseconds": times}, f, indent=1)


if __name__ == "__main__":
    main()
