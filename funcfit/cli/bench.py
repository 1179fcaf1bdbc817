"""`funcfit bench`: a program run as `funcfit run` does, and where the time of its session's runs went, plan by plan."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from weakref import WeakKeyDictionary

import jax
import numpy as np

from funcfit.tf1.graph.node import Operation
from funcfit.tf1.run.executable import Executable
from funcfit.tf1.run.program import Program

from .run import run

OFTEN = 20  # calls from which a plan is worth advice
SMALL = 1e-3  # seconds of computing below which a step is small
LARGE = 1 << 20  # bytes a call
COMPILED = "/jax/core/compile/backend_compile_duration"


@dataclass
class Row:
    """What is known of one plan: seconds and bytes, an entry a call."""

    fetches: str
    whys: list[str]  # why it is cut into stages
    calls: int = 0
    compilations: int = 0
    compiling: float = 0.0  # seconds of the calls that compiled something
    dispatch: list[float] = field(default_factory=list)  # of the other calls: all but the next two
    compute: list[float] = field(default_factory=list)  # compiled stages, until their values are there
    host: list[float] = field(default_factory=list)  # stages on the host
    fed: int = 0
    fetched: int = 0


def bench(path: Path, arguments: list[str], plots: Path | None) -> int:
    """Run the program and print a table of its plans; the exit status is the program's own."""
    with watched() as rows:
        status = run(path, arguments, plots)
    print("\n".join(report(rows)))
    return status


@contextmanager
def watched() -> Iterator[list[Row]]:
    """A with-block that gives a row for each plan that sessions run in it.

    Each compiled stage is waited for, so that its time is known: what a program computes while it runs is not hidden.
    """
    watch = Watch()
    with (
        instead(Program, "__call__", watch.noted),
        instead(Program, "_host_stage", lambda run: watch.timed(run, "host")),
        instead(Executable, "_called", lambda run: watch.timed(waited_for(run), "compute")),
        instead(Executable, "_by_numpy", lambda run: watch.timed(run, "compute")),
    ):
        jax.monitoring.register_event_duration_secs_listener(watch.compiled)
        try:
            yield watch.rows
        finally:
            jax.monitoring.unregister_event_duration_listener(watch.compiled)


@contextmanager
def instead(owner: type, name: str, ours: Callable[[Callable], Callable]) -> Iterator[None]:
    """A with-block in which a class has what `ours` makes of one of its methods."""
    before = getattr(owner, name)
    setattr(owner, name, ours(before))
    try:
        yield
    finally:
        setattr(owner, name, before)


class Watch:
    """Methods watched; `rows` grows."""

    def __init__(self):
        self.rows: list[Row] = []
        self._row_of: WeakKeyDictionary[Program, Row] = WeakKeyDictionary()
        self._parts = threading.local()  # seconds of the call under way, by kind
        self._compilations = 0

    def compiled(self, event: str, duration_secs: float, **_) -> None:
        self._compilations += event == COMPILED

    def noted(self, call: Callable) -> Callable:
        """A program's call, which becomes a part of its row."""

        def watched_call(program, values):
            values, parts, before = list(values), self._parts, self._compilations
            parts.compute, parts.host = 0.0, 0.0
            start = time.perf_counter()
            results = call(program, values)
            seconds = time.perf_counter() - start
            row = self._row(program)
            row.calls += 1
            row.fed += sum(np.asarray(x).nbytes for x in values)
            row.fetched += sum(np.asarray(x).nbytes for x in results if x is not None)
            if self._compilations > before:
                row.compilations += 1
                row.compiling += seconds
            else:
                row.compute.append(parts.compute)
                row.host.append(parts.host)
                row.dispatch.append(seconds - parts.compute - parts.host)
            return results

        return watched_call

    def timed(self, function: Callable, kind: str) -> Callable:
        """The function, whose seconds are added to the part `kind` of the call under way."""

        def with_clock(*arguments):
            start = time.perf_counter()
            try:
                return function(*arguments)
            finally:
                setattr(self._parts, kind, getattr(self._parts, kind, 0.0) + time.perf_counter() - start)

        return with_clock

    def _row(self, program: Program) -> Row:
        if program not in self._row_of:
            whys = [stage.why for stage in program.plan.stages if stage.why]
            self._row_of[program] = Row(label(program.elements), whys)
            self.rows.append(self._row_of[program])
        return self._row_of[program]


def waited_for(called: Callable) -> Callable:
    """An executable's call, which ends when all that it gives and writes is there."""

    def whole(executable, *arguments):
        given = called(executable, *arguments)
        with executable.session._lock:
            state = executable.session._state
            jax.block_until_ready([given, [state[cell] for cell in executable.stage.writes if cell in state]])
        return given

    return whole


def label(elements: list[Any]) -> str:
    names = [x.name if isinstance(x, Operation) else x.op.name for x in elements]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def report(rows: list[Row]) -> list[str]:
    """The lines of the table, the plan that took longest first, and after it what to change."""
    rows = sorted(rows, key=lambda row: -total(row))
    lines = [
        f"{'calls':>8}{'total s':>9}{'dispatch us':>13}{'compute us':>12}{'host us':>9}{'compiled':>10}"
        f"{'compile s':>11}{'fed KiB':>10}{'fetched KiB':>13}  plan"
    ]
    for row in rows:
        lines.append(
            f"{row.calls:8}{total(row):9.2f}{microseconds(row.dispatch):>13}{microseconds(row.compute):>12}"
            f"{microseconds(row.host):>9}{row.compilations:10}{row.compiling:11.2f}"
            f"{row.fed / row.calls / 1024:10.1f}{row.fetched / row.calls / 1024:13.1f}  {row.fetches}"
        )
    return lines + [f"- {sentence}" for sentence in advice(rows)]


def total(row: Row) -> float:
    return row.compiling + sum(row.dispatch) + sum(row.compute) + sum(row.host)


def microseconds(seconds: list[float]) -> str:
    return f"{median(seconds) * 1e6:.0f}" if seconds else "-"


def advice(rows: list[Row]) -> Iterator[str]:
    once = [row for row in rows if row.calls == 1]
    if len(once) >= OFTEN:
        yield (
            f"{len(once)} plans ran once: where a loop adds to the graph, build before it; where values "
            "are looked at one by one, fetch them in one run."
        )
    for row in rows:
        if row.compilations >= OFTEN:
            why = f" ({row.whys[0]})" if row.whys else ""
            yield (
                f"{row.fetches}: compiled in {row.compilations} of {row.calls} calls, for shapes that change{why}: "
                "pad to a few sizes."
            )
        if row.calls < OFTEN or not row.compute:
            continue
        if median(row.host) > median(row.compute) + median(row.dispatch):
            yield f"{row.fetches}: most of a call is spent outside compiled code: {'; '.join(row.whys)}."
        elif median(row.dispatch) > median(row.compute) and median(row.compute) < SMALL:
            yield (
                f"{row.fetches}: a call computes less than it takes to make: feed larger batches, or fetch what "
                "belongs together in one run."
            )
        if row.fed / row.calls > LARGE:
            yield (
                f"{row.fetches}: {row.fed / row.calls / LARGE:.0f} MiB are fed in each call: what stays the same is "
                "better kept in a variable."
            )
