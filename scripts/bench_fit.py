#!/usr/bin/env python3
"""Training steps by `program` against the same steps written by hand, in one process, round by round.

python scripts/bench_fit.py                  all models
python scripts/bench_fit.py --rounds 9 mlp   some

For each model: microseconds a step (median), and the ratio to a hand-written lax.scan round by round (median, spread);
beside it a hand-written loop over a jitted step. All see the same batches in the same
order, made before the clock starts for the hand-written ones; `program` shuffles and gathers inside.
"""

import argparse
import statistics
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax

from funcfit import batches, losses, nn, program

RNG = np.random.default_rng(0)
OPTIMIZER = optax.adam(1e-3)


def classes(rows: int, *shape: int):
    return RNG.normal(size=(rows, *shape)).astype(np.float32), RNG.integers(0, 10, rows)


def block(size: int):
    feed = nn.sequential(nn.layer_norm(), nn.dense(4 * size), nn.relu, nn.dense(size))
    return nn.sequential(nn.residual(nn.layer_norm(), nn.attention(4, causal=True)), nn.residual(feed))


# name: network, rows, batch, steps in a round
MODELS = {
    "mlp": (nn.sequential(nn.dense(32), nn.relu, nn.dense(10)), classes(1437, 64), 32, 2000),
    "wide mlp": (
        nn.sequential(nn.dense(512), nn.relu, nn.dense(512), nn.relu, nn.dense(10)),
        classes(1437, 64),
        128,
        100,
    ),
    "cnn": (
        nn.sequential(nn.conv(16), nn.relu, nn.max_pool(), nn.conv(32), nn.relu, nn.flatten, nn.dense(10)),
        classes(1437, 8, 8, 1),
        64,
        100,
    ),
    "lstm": (nn.sequential(nn.lstm(64), nn.of(lambda x: x[:, -1]), nn.dense(10)), classes(500, 20, 16), 32, 50),
    "transformer": (
        nn.sequential(nn.dense(64), nn.positions(), block(64), block(64), nn.of(lambda x: x.mean(1)), nn.dense(10)),
        classes(500, 32, 16),
        16,
        20,
    ),
}


def ways(network, data, size: int, steps: int):
    """{name: a function that takes all steps and waits for them}."""
    params, _ = network.init(jax.random.key(0), data[0].shape[1:])

    def loss(w, batch, key):
        return losses.cross_entropy(network(w, batch[0], key), batch[1])

    def step(carry, rows):
        w, opt = carry
        value, gradient = jax.value_and_grad(loss)(w, jax.tree.map(lambda a: a[rows], arrays), None)
        change, opt = OPTIMIZER.update(gradient, opt, w)
        return (optax.apply_updates(w, change), opt), value

    source = batches(data, size)
    train, arrays = program(loss, OPTIMIZER, source), source.arrays
    order = jnp.stack([batches(jnp.arange(len(data[0])), size)[t] for t in range(steps)])
    scan = jax.jit(lambda carry: jax.lax.scan(step, carry, order), donate_argnums=0)
    one = jax.jit(step, donate_argnums=0)

    def begun():
        w = jax.tree.map(jnp.copy, params)
        return jax.block_until_ready((w, OPTIMIZER.init(w)))

    def loop(carry):
        for rows in order:
            carry, value = one(carry, rows)
        return carry, value

    def by_program(state):
        return train(state, steps)

    return {
        "scan": (begun, scan),
        "loop": (begun, loop),
        "program": (lambda: jax.block_until_ready(train.init(params)), by_program),
    }


def seconds(start, run) -> float:
    state = start()
    begun = time.perf_counter()
    jax.block_until_ready(run(state))
    return time.perf_counter() - begun


def spread(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", help=f"of {', '.join(MODELS)}; default all")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    print("| model | scan, us/step | jitted loop | program | loop / scan | program / scan |")
    print("|---|---:|---:|---:|---:|---:|")
    for name in options.models or MODELS:
        network, data, size, steps = MODELS[name]
        taken = {way: [] for way in ("scan", "loop", "program")}
        runs = ways(network, data, size, steps)
        for way in runs.values():
            seconds(*way)
        for _ in range(options.rounds):
            for way, run in runs.items():
                taken[way].append(1e6 * seconds(*run) / steps)
        medians = " | ".join(f"{statistics.median(times):,.1f}" for times in taken.values())
        ratios = [[a / b for a, b in zip(taken[way], taken["scan"], strict=True)] for way in ("loop", "program")]
        print(f"| {name} | {medians} | {' | '.join(map(spread, ratios))} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
