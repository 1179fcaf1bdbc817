"""What genuine TensorFlow drew (scripts/record_random.py): calls of its Python API, and the values of three runs each.

tests/fixtures/random/tf<release>.json has a line a case: `graph_seed` (null: none set) and `calls`, made in this order
in one graph and fetched together in three runs of one session. A call has the function's name below `tf` (or, for
`parameterized_truncated_normal`, below `random_ops`), its `kwargs`, the seeds of the `nodes` that draw, and `runs`: for
each run a list with an entry for each output. An entry is [dtype, start, shape], a piece of that dtype's array in the
.npz; or {"sha256": ...} of the values' bytes, for long outputs that must be equal to the bit; or null: not kept.
In `kwargs`, {"array": values, "dtype": ...} and {"arange": shape} (int32, counting up) stand for arrays.
"""

import functools
import hashlib
import json
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

FOLDER = Path(__file__).parent / "fixtures" / "random"
RELEASES = ("1.1", "1.15")


class Call(NamedTuple):
    """One recorded call; `runs[run][output]` is an array, a Checksum, or None where it was not kept."""

    function: str
    kwargs: dict
    nodes: list  # [op type, seed, seed2] of each node that draws
    runs: list


class Case(NamedTuple):
    """A graph of calls."""

    release: str
    graph_seed: int | None
    calls: list[Call]


class Checksum(NamedTuple):
    """The SHA-256 of an output's bytes."""

    sha256: str

    def __eq__(self, other):
        digest = hashlib.sha256(np.ascontiguousarray(other).tobytes()).hexdigest()
        return digest == self.sha256


@functools.cache
def cases(release: str) -> list[Case]:
    """The cases recorded from a release."""
    rows = json.loads((FOLDER / f"tf{release}.json").read_text())["cases"]
    arrays = np.load(FOLDER / f"tf{release}.npz")
    values = {dtype: arrays[dtype] for dtype in arrays.files}

    def output(entry):
        if entry is None:
            return None
        if isinstance(entry, dict):
            return Checksum(entry["sha256"])
        dtype, start, shape = entry
        return values[dtype][start : start + math.prod(shape)].reshape(shape)

    def argument(value):
        if not isinstance(value, dict):
            return value
        if "arange" in value:
            return np.arange(math.prod(value["arange"]), dtype=np.int32).reshape(value["arange"])
        return np.array(value["array"], value["dtype"])

    def call(row):
        kwargs = {name: argument(value) for name, value in row["kwargs"].items()}
        runs = [[output(entry) for entry in run] for run in row["runs"]]
        return Call(row["call"], kwargs, row["nodes"], runs)

    return [Case(release, row["graph_seed"], [call(one) for one in row["calls"]]) for row in rows]


def ulps(x: np.ndarray, expected: np.ndarray) -> float:
    """The largest distance, in units of the last place of `expected`."""
    if not expected.size:
        return 0.0
    wide = x.astype(np.float64), expected.astype(np.float64)
    return float(np.max(np.abs(wide[0] - wide[1]) / np.spacing(np.abs(expected)).astype(np.float64)))
