"""Processes that are measured from their start, and the order in which contenders take turns."""

import os
import subprocess
import time


def as_any_user(**settings):
    """The environment of a measured process: byte code is kept, and no cache but the one given is used."""
    ours = ("PYTHONDONTWRITEBYTECODE", "FUNCFIT_CACHE", "JAX_COMPILATION_CACHE_DIR")
    return {**{k: v for k, v in os.environ.items() if k not in ours}, **settings}


def import_time(interpreter, statement, over="pass"):
    """Seconds that a statement adds to an interpreter that does nothing, or only `over`."""

    def seconds(code):
        start = time.perf_counter()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([interpreter, "-c", code], check=True, env=as_any_user(), **quiet)
        return time.perf_counter() - start

    return seconds(statement) - seconds(over)


def turned(contenders, number):
    """Another order in each round: whoever comes after a heavy process has a slower start."""
    number %= len(contenders)
    return contenders[number:] + contenders[:number]
