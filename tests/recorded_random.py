"""What genuine TensorFlow drew (scripts/record_random.py): calls of its Python API, and the values of three runs each.

tests/fixtures/random/tf<release>.json has a line a case: `graph_seed` (null: none set) and `calls`, made in this order
in one graph and fetched together in three runs of one session. A call has the function's name below `tf` (or, for
`parameterized_truncated_normal`, below `random_ops`), its `kwargs` and which of them were `fed` to placeholders, the
seeds of the `nodes` that draw, and `runs`: for each run a list with an entry for each output. An entry is
[dtype, start, shape], a piece of that dtype's array in the .npz; or {"sha256": ...} of the values' bytes, for long
outputs that must be equal to the bit; or null: not kept. In `kwargs`, {"array": values, "dtype": ...} and
{"arange": shape} (int32, counting up) stand for arrays.
"""

import functools
import hashlib
import json
import math
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from funcfit.kernels.philox import new_stream

FOLDER = Path(__file__).parent / "fixtures" / "random"
RELEASES = ("1.1", "1.15")


class Call(NamedTuple):
    """One recorded call; `runs[run][output]` is an array, a Checksum, or None where it was not kept."""

    function: str
    kwargs: dict
    fed: list  # names of the kwargs that were placeholders
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

    def fits(self, x: np.ndarray) -> bool:
        return hashlib.sha256(np.ascontiguousarray(x).tobytes()).hexdigest() == self.sha256


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
        return Call(row["call"], kwargs, row["fed"], row["nodes"], runs)

    return [Case(release, row["graph_seed"], [call(one) for one in row["calls"]]) for row in rows]


def replayed(release: str, function: str, draw) -> Iterator[tuple[Call, list, list]]:
    """For every recorded run of `tf.<function>`: the call, what `draw` gives, and what TF gave.

    `draw(stream, kwargs)` returns (a list of outputs, the stream afterwards). It is jitted, in 64-bit mode only if the
    call's arguments or results have 64 bits, and the streams of one session's runs are threaded through it.
    """
    for case in cases(release):
        for call in case.calls:
            if call.function != function:
                continue
            (_, seed, seed2), *_ = call.nodes
            stream = new_stream(seed, seed2, entropy=int)
            with jax.enable_x64(_is_wide(call)):
                for recorded in call.runs:
                    outputs, stream = _jitted(draw, pickle.dumps({**call.kwargs, "seed": None}))(stream)
                    yield call, [np.asarray(x) for x in outputs], recorded


@functools.cache
def _jitted(draw, pickled_kwargs):
    return jax.jit(lambda stream: draw(stream, pickle.loads(pickled_kwargs)))


def _is_wide(call):
    values = [*call.kwargs.values(), *(x for run in call.runs for x in run)]
    dtypes = {x.dtype.name for x in values if isinstance(x, np.ndarray)} | {call.kwargs.get("dtype")}
    return not dtypes.isdisjoint({"int64", "float64"}) or call.function == "multinomial"


def assert_same(x: np.ndarray, recorded: np.ndarray | Checksum | None, ulps: float = 0, floor: float = 0):
    """The same type and shape, and values at most so many units in the last place of max(|recorded|, floor) apart."""
    if recorded is None:
        return
    if isinstance(recorded, Checksum):
        assert recorded.fits(x)
        return
    assert (x.dtype, x.shape) == (recorded.dtype, recorded.shape)
    if ulps == 0:
        np.testing.assert_array_equal(x, recorded)
    else:
        unit = np.spacing(np.maximum(np.abs(recorded), recorded.dtype.type(floor))).astype(np.float64)
        assert np.all(np.abs(x.astype(np.float64) - recorded.astype(np.float64)) <= ulps * unit)
