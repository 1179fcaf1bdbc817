"""What a program asks of its data."""

from typing import Any

LINE = 2**32  # rows that data can count


class Data:
    """A batch for every step: `data[t]`, of one shape for all t, depends on t alone.

    A kind of data says how many rows there are (`rows`, None if nobody knows) and how many a batch has (`size`),
    whether it is `on_device`, and gives a program what it indexes by the step: `feed(t)` is such a pytree and the first
    step that is not in it. `fingerprint()` tells one source from another.
    """

    on_device = False

    def __repr__(self) -> str:
        rows = "rows" if self.rows is None else f"{self.rows:,} rows"
        place = "on the device" if self.on_device else "from the host"
        return f"{type(self).__name__}({rows} {place}, {self.size:,} a batch)"

    @property
    def rows(self) -> int | None:
        raise NotImplementedError

    @property
    def size(self) -> int:
        raise NotImplementedError

    def __getitem__(self, t: Any) -> Any:
        raise NotImplementedError

    def feed(self, t: int) -> tuple[Any, int]:
        raise NotImplementedError

    def like(self) -> Any:
        """What `feed` gives, or the shapes and dtypes of it."""
        raise NotImplementedError

    def steps(self, epochs: float | int) -> int:
        """How many steps it takes to have used every row `epochs` times."""
        raise NotImplementedError

    def epochs(self, t: int) -> float:
        """How many times every row has been used after t steps."""
        raise NotImplementedError

    def position(self, t: int) -> Any:
        """What `seek` takes, as JSON has it, for step t to be had at once; None where nothing is needed or known."""
        return None

    def seek(self, t: int, position: Any) -> None:
        """Be ready for step t, with what `position` gave for it, or with None."""

    def in_order(self) -> "Data":
        """The same rows unshuffled, in batches of the same form."""
        raise NotImplementedError

    def fingerprint(self) -> dict[str, Any]:
        raise NotImplementedError
