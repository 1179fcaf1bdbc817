#!/usr/bin/env python3
"""A training run killed again and again ends in the bits of one that was not.

python scripts/campaign_kills.py                          50 kills (SIGKILL) of a run of 2,000 steps
python scripts/campaign_kills.py --kills 5 --steps 600    what the tests do

The run has dropout, shuffled batches, a running mean of its parameters, the memory of early stopping, validation, and a
checkpoint every 50 steps. Each life is killed at a random moment from the compilation on; when a run comes to its end
before all kills are done, another is begun. Ends with status 1 unless every leaf of every last state is the same, and
every log has each step once.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import jax
import numpy as np
import optax

from funcfit import Every, Run, batches, checkpoint, early_stopping, fit

EVERY = 50


def life(folder: Path, steps: int) -> None:
    """What is killed: it goes on with the run in the folder, to its end."""
    x = np.random.default_rng(0).normal(size=(301, 4)).astype(np.float32)
    params = {"a": np.random.default_rng(1).normal(size=(4, 8)).astype(np.float32), "b": np.ones(8, np.float32)}

    def loss(w, batch, key):
        x, y = batch
        hidden = jax.nn.relu(x @ w["a"]) * jax.random.bernoulli(key, 0.8, (x.shape[0], 8))
        return ((hidden @ w["b"] - y) ** 2).mean()

    print("ready", flush=True)
    result = fit(
        loss,
        params,
        batches((x, x.sum(1)), 16, seed=5),
        optax.adam(1e-2),
        steps=steps,
        ema=0.99,
        events=[early_stopping(patience=10**6)],
        validation=(x[:40], x[:40].sum(1)),
        run=Run(folder, every=Every(steps=EVERY)),
    )
    assert result.why == "steps"


def started(folder: Path, steps: int) -> subprocess.Popen:
    command = [sys.executable, __file__, "--life", str(folder), "--steps", str(steps)]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)


def killed(folder: Path, steps: int, delay: float) -> bool:
    """One life, killed a moment after it is ready to train; False when it came to its end before."""
    process = started(folder, steps)
    process.stdout.readline()
    time.sleep(delay)
    process.kill()
    return process.wait() < 0


def differences(first: Path, second: Path) -> list[str]:
    """The leaves whose bits differ in the newest checkpoints of two runs."""
    a, b = (checkpoint.restore(folder / "checkpoints").tree for folder in (first, second))
    bits = [{name: bits_of(leaf) for name, leaf in tree.items()} for tree in (a, b)]
    return sorted(name for name in bits[0].keys() | bits[1].keys() if bits[0].get(name) != bits[1].get(name))


def bits_of(leaf) -> bytes:
    key = jax.numpy.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    return np.asarray(jax.random.key_data(leaf) if key else leaf).tobytes()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--longest", type=float, default=1.0, help="seconds that a life may train, at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--life", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.life:
        life(options.life, options.steps)
        return 0
    chance, kills, bad = random.Random(options.seed), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        whole, broken = Path(folder) / "whole", Path(folder) / "broken"
        begun = time.monotonic()
        if started(whole, options.steps).wait():
            return 1
        print(f"undisturbed: {time.monotonic() - begun:.1f} s", flush=True)
        while kills < options.kills:
            lives = 0
            while kills < options.kills and killed(broken, options.steps, chance.uniform(0, options.longest)):
                kills, lives = kills + 1, lives + 1
            if started(broken, options.steps).wait():
                return 1
            faults = differences(whole, broken) + log_faults(broken, options.steps)
            said = ", ".join(faults) or "the same bits, each step in the log once"
            print(f"{lives} kills, then the end: {said}", flush=True)
            bad += bool(faults)
            broken = broken.with_name(f"{broken.name}-")
    return int(bad > 0)


def log_faults(folder: Path, steps: int) -> list[str]:
    rows = [json.loads(line)["step"] for line in (folder / "metrics.jsonl").open()]
    return [] if rows == list(range(1, steps + 1)) else ["the log"]


if __name__ == "__main__":
    sys.exit(main())
