"""tf.compat: strings between Python's two kinds, and the types that count as numbers."""

import numbers
import os

import numpy as np

from funcfit.tf1.opdef import api, place


@api("compat.as_bytes")
def as_bytes(bytes_or_text, encoding="utf-8"):
    """`bytes_or_text` as bytes; TypeError for anything but str and bytes."""
    if isinstance(bytes_or_text, str):
        return bytes_or_text.encode(encoding)
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


@api("compat.as_text", "compat.as_str")
def as_text(bytes_or_text, encoding="utf-8"):
    """`bytes_or_text` as str; TypeError for anything but str and bytes."""
    if isinstance(bytes_or_text, str):
        return bytes_or_text
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text.decode(encoding)
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


@api("compat.as_str_any")
def as_str_any(value):
    return as_text(value) if isinstance(value, bytes) else str(value)


@api("compat.path_to_str")
def path_to_str(path):
    return as_str_any(os.fspath(path)) if hasattr(path, "__fspath__") else path


place("compat.bytes_or_text_types", (bytes, str))
place("compat.integral_types", (numbers.Integral, np.integer))
place("compat.real_types", (numbers.Real, np.integer, np.floating))
place("compat.complex_types", (numbers.Complex, np.number))
