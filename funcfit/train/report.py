"""What a compiled program costs."""

from typing import Any, NamedTuple


class Report(NamedTuple):
    """A compiled program in numbers, for one step where XLA counts a loop's body once.

    `flops` and `bytes` are what a step computes and moves; `state_bytes`, `temporary_bytes` and `program_bytes` are
    device memory; None where the platform does not tell.
    """

    compile_seconds: float
    flops: float | None
    bytes: float | None
    state_bytes: int | None
    temporary_bytes: int | None
    program_bytes: int | None

    @staticmethod
    def of(compiled: Any, compile_seconds: float) -> "Report":
        cost, memory = compiled.cost_analysis() or {}, compiled.memory_analysis()
        return Report(
            compile_seconds,
            cost.get("flops"),
            cost.get("bytes accessed"),
            getattr(memory, "argument_size_in_bytes", None),
            getattr(memory, "temp_size_in_bytes", None),
            getattr(memory, "generated_code_size_in_bytes", None),
        )

    @property
    def intensity(self) -> float | None:
        """Operations for each byte moved: below a device's own ratio of the two, memory sets the pace."""
        return self.flops / self.bytes if self.flops and self.bytes else None

    def __str__(self) -> str:
        numbers = {name: value for name, value in self._asdict().items() if value is not None}
        return "\n".join(f"{name.replace('_', ' '):16} {value:,.6g}" for name, value in numbers.items())
