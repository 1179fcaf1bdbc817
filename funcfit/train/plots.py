"""Pictures of runs."""

from typing import Any, NamedTuple

import numpy as np

Columns = dict[str, np.ndarray]


class Course(NamedTuple):
    """What a run measured on its way, as columns: see History."""

    training: Columns
    validation: Columns
    clock: Columns


def drawn(ax: Any, metric: str, course: Course, name: str = "", colour: str | None = None) -> Any:
    """The course of a metric on `ax`, which is returned; `name` tells one run from others there.

    Raises ValueError when the run has measured no such thing.
    """
    parts = {"training": (course.training, "-"), "validation": (course.validation, ".-")}
    there = {part: (columns, style) for part, (columns, style) in parts.items() if metric in columns}
    if not there:
        names = ", ".join(sorted({*course.training, *course.validation} - {"step"}))
        raise ValueError(f"{name or 'the run'} has not measured {metric!r}; it has {names}")
    for part, (columns, style) in there.items():
        (line,) = ax.plot(columns["step"], columns[metric], style, color=colour, label=f"{name} {part}".strip())
        colour = line.get_color() if name else None
    if name or "validation" in there:
        ax.legend()
    ax.set_xlabel("steps")
    ax.set_ylabel(metric)
    return ax


def panels(metric: str, courses: dict[str, Course]) -> list[Any]:
    """The axes of a new figure: the course of a metric in some runs, by name; below it, where a run has them, the
    learning rate and the throughput.
    """
    import matplotlib.pyplot as plt

    rows = {"learning rate": learning_rate, "steps a second": throughput}
    below = {label: {name: fn(course) for name, course in courses.items()} for label, fn in rows.items()}
    below = {label: lines for label, lines in below.items() if any(len(x) for x, _ in lines.values())}
    heights = [3] + [1] * len(below)
    figure = plt.figure(figsize=(6.4, 1.4 * sum(heights)), layout="constrained")
    first, *others = figure.subplots(len(heights), sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    for number, (name, course) in enumerate(courses.items()):
        drawn(first, metric, course, name, colour=f"C{number}")
        for ax, lines in zip(others, below.values(), strict=True):
            ax.plot(*lines[name], color=f"C{number}")
    for ax, label in zip(others, below, strict=True):
        first.set_xlabel("")
        ax.set_ylabel(label)
        ax.set_ylim(bottom=0)
    figure.axes[-1].set_xlabel("steps")
    return [first, *others]


def learning_rate(course: Course) -> tuple[np.ndarray, np.ndarray]:
    """Steps and their learning rates; none where it could not be read."""
    if "lr" not in course.training:
        return np.empty(0), np.empty(0)
    return course.training["step"], course.training["lr"]


def throughput(course: Course) -> tuple[np.ndarray, np.ndarray]:
    """Steps, and how many of them a second took between one and the next, some sixty times; all that happens between
    steps counts as time.

    >>> clock = {"step": np.array([1, 2, 4, 5, 9]), "milliseconds": np.array([30, 30, 530, 1030, 2030])}
    >>> [x.round(6).tolist() for x in throughput(Course({}, {}, clock))]
    [[4, 5, 9], [6.0, 2.0, 4.0]]
    """
    if not len(course.clock.get("step", ())):
        return np.empty(0), np.empty(0)
    step, seconds = course.clock["step"], course.clock["milliseconds"] / 1000
    marks = np.unique(np.searchsorted(seconds, np.linspace(seconds[0], seconds[-1], 60)))
    return step[marks][1:], np.diff(step[marks]) / np.diff(seconds[marks])
