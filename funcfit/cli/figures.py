"""A program's plots: shown where there is a display, else saved."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from types import ModuleType
from typing import Any

from . import imports


class Figures:
    """Saves figures as PNG files named for the program; `paths` grows.

    Nothing happens to a program that does not import matplotlib, and matplotlib is not imported for it.
    """

    def __init__(self, folder: Path, stem: str, tell: Callable[[str], None]):
        self.folder, self.stem, self.tell = folder, stem, tell
        self.paths: list[Path] = []
        self._pyplot: ModuleType | None = None

    @contextlib.contextmanager
    def instead_of_windows(self) -> Iterator[None]:
        """While the block runs, `plt.show()` saves and closes the figures that are open.

        Which windows the program asks for, and how long it pauses to show them, is of no concern meanwhile.
        """
        with contextlib.ExitStack() as stack:
            stack.enter_context(replaced(os.environ, "MPLBACKEND", "Agg"))

            def at_matplotlib(matplotlib):
                stack.enter_context(replaced(vars(matplotlib), "use", ignore))

            def at_pyplot(pyplot):
                self._pyplot = pyplot
                pyplot.switch_backend("Agg")
                for name, function in (("show", self._show), ("pause", ignore), ("switch_backend", ignore)):
                    stack.enter_context(replaced(vars(pyplot), name, function))

            stack.enter_context(imports.arrival("matplotlib", at_matplotlib))
            stack.enter_context(imports.arrival("matplotlib.pyplot", at_pyplot))
            yield

    def save_open(self) -> None:
        """Save and close every open figure."""
        if self._pyplot is None:
            return
        for number in self._pyplot.get_fignums():
            path = self.folder / f"{self.stem}-{len(self.paths) + 1}.png"
            self.folder.mkdir(parents=True, exist_ok=True)
            self._pyplot.figure(number).savefig(path)
            self._pyplot.close(number)
            self.paths.append(path)
            self.tell(f"plot saved: {path}")

    def finish(self) -> None:
        """The program has ended: what it drew interactively, and so never had to show, is saved as it stands."""
        if self._pyplot is not None and self._pyplot.isinteractive():
            self.save_open()

    def _show(self, *args, **kwargs) -> None:
        if self._pyplot is not None and not self._pyplot.isinteractive():
            self.save_open()


def ignore(*args, **kwargs) -> None:
    """A wish about windows where there are none."""


@contextlib.contextmanager
def replaced(owner: MutableMapping[str, Any], name: str, value: Any) -> Iterator[None]:
    before = owner.get(name)
    owner[name] = value
    try:
        yield
    finally:
        if before is None:
            del owner[name]
        else:
            owner[name] = before


def display_there() -> bool:
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
