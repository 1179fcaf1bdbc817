"""Casts between number types as a C compiler for x86 makes them; NumPy and XLA saturate or wrap elsewhere."""

import numpy as np

from funcfit.kernels.module import numpy_or_jax


def cast_as_c(x, dtype):
    """`x` as `dtype`: floats are cut to integers, complex numbers to their real part, integers wrap.

    A float that no int32 (int64) holds, NaN too, becomes the smallest one; narrower integers are cut from that.

    >>> cast_as_c(np.array([300.7, -1.0, 1e10, np.nan], np.float32), np.uint8).tolist()
    [44, 255, 0, 0]
    """
    kind = np.dtype(dtype)
    if np.iscomplexobj(x) and kind.kind != "c":
        x = x.real if kind.kind != "b" else x
    if kind.kind in "iu" and x.dtype.kind not in "iub":
        x = _cut(x, np.dtype(np.int64 if kind.itemsize == 8 else np.int32))
    return x.astype(kind)


def _cut(x, kind):
    xp = numpy_or_jax(x)
    if x.dtype.itemsize < 4:
        x = x.astype(np.float32)
    lowest = x.dtype.type(np.iinfo(kind).min)
    fits = (x >= lowest) & (x < -lowest)
    return xp.where(fits, xp.where(fits, x, 0).astype(kind), np.iinfo(kind).min).astype(kind)
