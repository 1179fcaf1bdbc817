"""Standing beside `import`: another answer to a name, and something to do when a module has arrived."""

import contextlib
import importlib.abc
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType


@contextlib.contextmanager
def answered(name: str, file: Path) -> Iterator[None]:
    """While the block runs, `import name` gives the module in `file`, made when first asked for."""
    before = sys.modules.pop(name, None)
    try:
        with _first(_Answer(name, file)):
            yield
    finally:
        sys.modules.pop(name, None)
        if before is not None:
            sys.modules[name] = before


@contextlib.contextmanager
def arrival(name: str, action: Callable[[ModuleType], None]) -> Iterator[None]:
    """`action(module)` is done when the module is first imported in the block, or at once if it has been."""
    if name in sys.modules:
        action(sys.modules[name])
        yield
        return
    with _first(_Arrival(name, action)):
        yield


@contextlib.contextmanager
def _first(finder: importlib.abc.MetaPathFinder) -> Iterator[None]:
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Answer(importlib.abc.MetaPathFinder):
    def __init__(self, name, file):
        self.name, self.file = name, file

    def find_spec(self, fullname, path=None, target=None):
        return importlib.util.spec_from_file_location(fullname, self.file) if fullname == self.name else None


class _Arrival(importlib.abc.MetaPathFinder):
    """Finds the module where the other finders do, and lets its loader tell when it has run."""

    def __init__(self, name, action):
        self.name, self.action = name, action
        self.searching = False

    def find_spec(self, fullname, path=None, target=None):
        if fullname != self.name or self.searching:
            return None
        self.searching = True
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self.searching = False
        if spec is None or spec.loader is None:
            return None
        run = spec.loader.exec_module

        def run_and_tell(module):
            run(module)
            self.action(module)

        spec.loader.exec_module = run_and_tell
        return spec
