"""tf.logging: Python's logging under the names and levels that TensorFlow gave it."""

import logging

from funcfit.tf1.opdef import api, place

_logger = logging.getLogger("tensorflow")
_logger.setLevel(logging.WARNING)

for _name in ("DEBUG", "INFO", "WARN", "ERROR", "FATAL"):
    place(f"logging.{_name}", getattr(logging, _name))
for _name in ("debug", "info", "error", "fatal", "log"):
    place(f"logging.{_name}", getattr(_logger, _name))
for _name in ("warn", "warning"):
    place(f"logging.{_name}", _logger.warning)

_counts = {}


@api("logging.set_verbosity")
def set_verbosity(v):
    """Messages below level `v` are dropped; the first call for more than warnings shows them on standard error."""
    if v < logging.WARNING and not _logger.handlers and not logging.getLogger().handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(levelname)s:tensorflow:%(message)s"))
        _logger.addHandler(handler)
        _logger.propagate = False
    _logger.setLevel(v)


@api("logging.get_verbosity")
def get_verbosity():
    return _logger.getEffectiveLevel()


@api("logging.vlog")
def vlog(level, msg, *args, **kwargs):
    """Messages for TensorFlow's own developers: shown at DEBUG only."""
    _logger.debug(msg, *args, **kwargs)


@api("logging.log_first_n")
def log_first_n(level, msg, n, *args):
    """Logs the first `n` times that `msg` comes."""
    _counts[msg] = _counts.get(msg, 0) + 1
    if _counts[msg] <= n:
        _logger.log(level, msg, *args)


@api("logging.log_every_n")
def log_every_n(level, msg, n, *args):
    """Logs every `n`th time that `msg` comes, the first included."""
    _counts[msg] = _counts.get(msg, -1) + 1
    if _counts[msg] % n == 0:
        _logger.log(level, msg, *args)


@api("logging.log_if")
def log_if(level, msg, condition, *args):
    if condition:
        _logger.log(level, msg, *args)


@api("logging.flush")
def flush():
    for handler in _logger.handlers:
        handler.flush()
