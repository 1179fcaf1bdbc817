"""What a compiled program costs, what it could cost at best, and what its steps took."""

from typing import Any, NamedTuple

from funcfit.tree import in_bytes

from .ceilings import Ceilings, ceilings
from .compiled import Compiled


class Timing(NamedTuple):
    """Steps that were taken, the seconds they took, and those of them in which the device waited for data."""

    steps: int = 0
    seconds: float = 0.0
    waited: float = 0.0


NO_STEPS = Timing()


class Report(NamedTuple):
    """A compiled program in numbers, those of one step where nothing else is said. `print` it.

    `flops` are counted in the traced step, loops with all their turns; `bytes` are what it moves to and from memory, as
    XLA tells. `state_bytes`, `data_bytes`, `temporary_bytes` and `program_bytes` are device memory; what the platform
    does not tell is None. `microbatches` is in how many parts a batch is worked on.
    The roofline: a step takes at least its flops or its bytes by what the device does at best, measured beside it
    (`ceilings`); the larger of the two is `expected_seconds`, and which it is, the `bound`. A program that runs in a
    CPU's caches can be quicker. `step_seconds` and `waiting` tell of steps that were taken, and are None without.
    """

    parameters: int
    microbatches: int
    compile_seconds: float
    dtype: str
    flops: float
    bytes: float | None
    state_bytes: int
    data_bytes: int
    temporary_bytes: int | None
    program_bytes: int | None
    timing: Timing = NO_STEPS

    @property
    def intensity(self) -> float | None:
        """Operations for each byte moved: below a device's own ratio of the two, memory sets the pace."""
        return self.flops / self.bytes if self.bytes else None

    @property
    def ceilings(self) -> Ceilings:
        """What the device does at best in the program's dtype; measured when it is first asked for."""
        return ceilings(self.dtype)

    @property
    def bound(self) -> str:
        """What sets the pace of a step at best: "compute" or "memory"."""
        computing, moving = self._at_best()
        return "compute" if computing >= moving else "memory"

    @property
    def expected_seconds(self) -> float:
        """What a step takes at best."""
        return max(self._at_best())

    @property
    def step_seconds(self) -> float | None:
        """What a step took, waiting for data included; callbacks, validation and compiling are not in it."""
        return self.timing.seconds / self.timing.steps if self.timing.steps else None

    @property
    def waiting(self) -> float | None:
        """The share of the steps' time in which the device waited for data."""
        return self.timing.waited / self.timing.seconds if self.timing.steps else None

    @property
    def reached(self) -> float | None:
        """The share of the bound that the steps reached: 1 is as fast as the device could."""
        return self.expected_seconds / self.step_seconds if self.step_seconds else None

    def _at_best(self) -> tuple[float, float]:
        most = self.ceilings
        return self.flops / most.flops_per_second, (self.bytes or 0) / most.bytes_per_second

    def __str__(self) -> str:
        most = self.ceilings
        held = {"state": self.state_bytes, "data": self.data_bytes, "temporaries": self.temporary_bytes}
        memory = ", ".join(f"{name} {in_bytes(n)}" for name, n in held.items() if n is not None)
        parts = f", in {self.microbatches} microbatches" if self.microbatches > 1 else ""
        moved = "" if self.bytes is None else f", {in_bytes(self.bytes)} moved, {self.intensity:.3g} flops a byte"
        rows = {
            "parameters": f"{self.parameters:,}",
            "compiled in": in_time(self.compile_seconds),
            "memory": memory,
            "a step": f"{in_flops(self.flops)} in {self.dtype}{moved}{parts}",
            "the device": f"{in_flops(most.flops_per_second)}/s and {in_bytes(most.bytes_per_second)}/s at best",
            "bound": f"{self.bound}: {in_time(self.expected_seconds)} a step at best",
        }
        if self.step_seconds:
            rows["measured"] = (
                f"{in_time(self.step_seconds)} a step over {self.timing.steps:,}, {self.reached:.0%} of the bound, "
                f"{self.waiting:.0%} waiting for data"
            )
        return "\n".join(f"{name:12} {value}" for name, value in rows.items())

    __repr__ = __str__


def report_of(made: Compiled, **facts: Any) -> Report:
    """The report of a compiled program."""
    step, cost = made.work, made.run.cost_analysis() or {}
    moved = cost.get("bytes accessed")  # XLA takes the body of a loop once
    return Report(
        dtype=step.dtype,
        flops=float(step.flops.total()),
        bytes=moved and moved * step.bytes / max(step.bytes_once, 1),
        temporary_bytes=getattr(made.memory, "temp_size_in_bytes", None),
        program_bytes=getattr(made.memory, "generated_code_size_in_bytes", None),
        **facts,
    )


def in_time(seconds: int | float) -> str:
    """
    >>> in_time(0.00012), in_time(2.5), in_time(0.1)
    ('120 us', '2.5 s', '100 ms')
    """
    units = (("s", 1.0), ("ms", 1e-3), ("us", 1e-6))
    unit, part = next(((unit, part) for unit, part in units if seconds >= part), units[-1])
    return f"{seconds / part:.3g} {unit}"


def in_flops(number: int | float) -> str:
    """
    >>> in_flops(2e6), in_flops(3.3e13)
    ('2 Mflop', '33 Tflop')
    """
    units = (("T", 1e12), ("G", 1e9), ("M", 1e6), ("K", 1e3), ("", 1.0))
    unit, part = next(((unit, part) for unit, part in units if number >= part), units[-1])
    return f"{number / part:.3g} {unit}flop"
