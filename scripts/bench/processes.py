"""Processes that are measured from their start."""

import os
import subprocess

from .turns import seconds


def as_any_user(**settings):
    """The environment of a measured process: byte code is kept, and no cache but the one given is used."""
    ours = ("PYTHONDONTWRITEBYTECODE", "FUNCFIT_CACHE", "JAX_COMPILATION_CACHE_DIR")
    return {**{k: v for k, v in os.environ.items() if k not in ours}, **settings}


def import_time(interpreter, statement, over="pass"):
    """Seconds that a statement adds to an interpreter that does nothing, or only `over`."""

    def ran(code):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([interpreter, "-c", code], check=True, env=as_any_user(), **quiet)

    return seconds(lambda: ran(statement)) - seconds(lambda: ran(over))
