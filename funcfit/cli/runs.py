"""`funcfit info|plot|verify|diff`: what is in the directories of runs. Nothing in them is changed."""

import json
from pathlib import Path

import numpy as np

from funcfit import checkpoint
from funcfit.train.history import columns_in
from funcfit.train.plots import Course, panels
from funcfit.tree import described


def info(run: Path) -> int:
    """Print what made a run, what it measured last, and its checkpoints."""
    facts = json.loads((run / "run.json").read_text())
    print(f"{run}: started {facts['started']} by {' '.join(facts['arguments'])}")
    print("  with", ", ".join(f"{name} {version}" for name, version in facts["versions"].items()))
    print("  data", ", ".join(f"{name} {value}" for name, value in facts["data"].items()))
    for kind in ("metrics", "validation"):
        numbers = {name: column for name, column in columns_in(run / f"{kind}.jsonl").items() if column.ndim == 1}
        if numbers:
            print(f"  {kind}", ", ".join(f"{name} {column[-1]:.6g}" for name, column in numbers.items()))
    clock = columns_in(run / "clock.jsonl")
    if clock:
        step, seconds = clock["step"][-1], clock["milliseconds"][-1] / 1000
        print(f"  time {seconds:,.1f} s for {step:,} steps")
    for step, saved in checkpoint.facts(run / "checkpoints").items():
        ended = f", the end: {saved['why']}" if saved["why"] else ""
        print(f"  checkpoint of step {step}, saved {saved['saved']}{ended}")
    return 0


def plot(runs: list[Path], metric: str, file: Path) -> int:
    """Draw the courses of a metric, of learning rate and throughput in all runs into one file."""
    import matplotlib.pyplot as plt

    figure = panels(metric, {run.name: course_of(run) for run in runs})[0].figure
    figure.savefig(file)
    plt.close(figure)
    print(f"{metric} of {len(runs)} runs: {file}")
    return 0


def course_of(run: Path) -> Course:
    return Course(*(columns_in(run / f"{name}.jsonl") for name in ("metrics", "validation", "clock")))


def verify(run: Path) -> int:
    """Read every checkpoint whole and say which are damaged; the exit status is 1 if any is."""
    found = checkpoint.verify(run / "checkpoints")
    for name, faults in found.items():
        print(f"{name}: {'; '.join(faults) or 'whole'}")
    for place in sorted((run / "checkpoints").glob("damaged-*")):
        print(f"{place.name}: set aside before")
    return int(not found or any(found.values()))


def diff(first: Path, second: Path) -> int:
    """Say in which leaves the newest checkpoints of two runs differ, and by how much; then the exit status is 1."""
    a, b = (checkpoint.restore(run / "checkpoints", set_aside=False) for run in (first, second))
    different = int(a.step != b.step)
    if different:
        print(f"step {a.step} and step {b.step}")
    for name in sorted(a.tree.keys() | b.tree.keys()):
        said = difference(a.tree.get(name), b.tree.get(name))
        if said:
            print(f"{name}: {said}")
            different = 1
    print("they differ" if different else f"the same bits, at step {a.step}")
    return different


def difference(a, b) -> str | None:
    """
    >>> difference(np.array([1.0, 2.0]), np.array([1.0, 2.5]))
    '1 of 2 numbers, by up to 0.5'
    """
    if a is None or b is None:
        return "only in the first" if b is None else "only in the second"
    if described(a) != described(b):
        return f"{described(a)} and {described(b)}"
    if not isinstance(a, np.ndarray):
        return None if (a == b).all() else "another key"
    if a.tobytes() == b.tobytes():
        return None
    apart = np.abs(a.astype(np.float64) - b.astype(np.float64))
    return f"{np.count_nonzero(a != b)} of {a.size} numbers, by up to {apart.max():.6g}"
