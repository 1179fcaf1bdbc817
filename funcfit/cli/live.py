"""`%load_ext funcfit`: in the cells that follow, `import tensorflow` gives funcfit.tf1."""

import contextlib

from funcfit import tf1

from . import past

_loaded = contextlib.ExitStack()


def load(ipython) -> None:
    tf1.install()
    _loaded.enter_context(past.restored())


def unload(ipython) -> None:
    _loaded.close()
