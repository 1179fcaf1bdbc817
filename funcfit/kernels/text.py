"""Numbers and arrays as TensorFlow's C++ side prints them in messages (core/lib/strings/numbers.cc,
core/framework/tensor.cc).
"""

import numpy as np

_DIGITS = {np.dtype(np.float16): (6, 8), np.dtype(np.float32): (6, 8), np.dtype(np.float64): (15, 17)}


def number_text(value):
    """One element: truths are 1 and 0, bytes are text, a float has as few digits as give it back (of two choices)."""
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, (bool, np.bool_)):
        return "1" if value else "0"
    if isinstance(value, np.complexfloating):
        return f"({number_text(value.real)},{number_text(value.imag)})"
    if isinstance(value, np.floating):
        few, many = _DIGITS[value.dtype]
        text = f"{value:.{few}g}"
        return text if type(value)(text) == value or np.isnan(value) else f"{value:.{many}g}"
    return str(value)


def array_text(array, limit):
    """The first `limit` elements with the brackets of their axes, and dots when there are more: [1 2][3...]..."""
    array = np.asarray(array)
    flat = array.ravel().tolist() if array.dtype == object else list(array.ravel())
    limit = array.size if limit < 0 else min(limit, array.size)
    left = iter(flat[:limit])
    text = _axis_text(array.shape, left, [limit])
    return text + ("..." if array.size > limit else "")


def _axis_text(shape, left, count):
    """The elements along the first axis of `shape`, taken from `left`; `count[0]` of them are still to be printed."""
    if len(shape) < 2:
        shown = min(count[0], shape[0] if shape else 1)
        count[0] -= shown
        return " ".join(number_text(next(left)) for _ in range(shown))
    parts = []
    for _ in range(shape[0]):
        if count[0] <= 0:
            break
        parts.append("[" + _axis_text(shape[1:], left, count) + "]")
    return "".join(parts)
