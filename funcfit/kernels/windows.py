"""How a window walks over an axis: how many places it takes, and what is padded, as TensorFlow counts them."""

from collections.abc import Sequence


def places(size: int, window: int, stride: int, padding: str, dilation: int = 1) -> int:
    """How often a window fits on an axis; not above zero when it is VALID and too long.

    >>> places(5, 3, 2, "SAME"), places(5, 3, 2, "VALID")
    (3, 2)
    """
    if padding == "SAME":
        return -(-size // stride)
    return -(-(size - (window - 1) * dilation) // stride)


def margins(size: int, window: int, stride: int, padding: str, dilation: int = 1) -> tuple[int, int]:
    """Zeros before and after an axis; SAME puts the odd one after it.

    >>> margins(5, 4, 1, "SAME")
    (1, 2)
    """
    if padding == "VALID":
        return 0, 0
    covered = (places(size, window, stride, padding) - 1) * stride + (window - 1) * dilation + 1
    total = max(covered - size, 0)
    return total // 2, total - total // 2


def all_margins(
    sizes: Sequence[int],
    windows: Sequence[int],
    strides: Sequence[int],
    padding: str,
    dilations: Sequence[int] | None = None,
) -> list[tuple[int, int]]:
    """`margins` of each axis."""
    dilations = [1] * len(sizes) if dilations is None else dilations
    return [margins(n, k, s, padding, d) for n, k, s, d in zip(sizes, windows, strides, dilations)]
