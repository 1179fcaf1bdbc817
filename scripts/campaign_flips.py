#!/usr/bin/env python3
"""One bit flipped anywhere in a saved step is never a wrong number.

python scripts/campaign_flips.py           200 trials: a random bit of a random file of the newest of three steps

Each trial restores from a copy of the folder. Ends with status 1 unless what comes back is bit for bit the newest step
(where the bit did not matter) or the one before it, and nothing crashes.
"""

import argparse
import collections
import random
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

import jax
import numpy as np

from funcfit import checkpoint


def tree(step: int) -> dict:
    rng = np.random.default_rng(step)
    return {
        "step": np.int32(step),
        "params": {f"layer{n}": rng.normal(size=(40, 40)).astype(np.float32) for n in range(4)},
        "half": jax.numpy.asarray(rng.normal(size=100), jax.numpy.bfloat16),
        "flags": rng.random(30) > 0.5,
    }


def same(a: dict, b: dict) -> bool:
    return all(
        np.asarray(x).tobytes() == np.asarray(y).tobytes() for x, y in zip(*map(jax.tree.leaves, (a, b)), strict=True)
    )


def trial(original: Path, folder: Path, chance: random.Random) -> str:
    """What became of one flip: "unharmed", "set aside", or what went wrong."""
    shutil.copytree(original, folder)
    newest = checkpoint.saved_steps(folder)[-1][1]
    path = chance.choice(sorted(path for path in newest.rglob("*") if path.is_file()))
    data = bytearray(path.read_bytes())
    bit = chance.randrange(8 * len(data))
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)
    try:
        saved = checkpoint.restore(folder, tree(0))
    except Exception as error:
        return f"crash: {type(error).__name__}: {error}"
    if not same(saved.tree, tree(saved.step)):
        return "wrong numbers"
    return {3: "unharmed", 2: "set aside"}.get(saved.step, f"step {saved.step}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    chance, ends = random.Random(options.seed), collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        for step in (1, 2, 3):
            checkpoint.save(Path(folder) / "original", step, tree(step))
        for number in range(options.trials):
            ends[trial(Path(folder) / "original", Path(folder) / str(number), chance)] += 1
            shutil.rmtree(Path(folder) / str(number))
    print(dict(ends))
    return int(not ends.keys() <= {"unharmed", "set aside"})


if __name__ == "__main__":
    sys.exit(main())
