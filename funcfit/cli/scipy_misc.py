"""`scipy.misc` as it was before SciPy 1.3, as far as programs use it: image files and sizes, through Pillow.

Nothing imports this file by its path: `import scipy.misc` finds it while `past.restored()` holds.
"""

import numpy as np
from PIL import Image
from scipy.special import comb, factorial, logsumexp

__all__ = ["comb", "factorial", "fromimage", "imread", "imresize", "imsave", "logsumexp", "toimage"]

RESAMPLING = {name: getattr(Image.Resampling, name.upper()) for name in ("nearest", "bilinear", "bicubic", "lanczos")}
RESAMPLING["cubic"] = Image.Resampling.BICUBIC


def imread(name, flatten=False, mode=None):
    """The pixels of an image file; `flatten` gives one layer of floats."""
    with Image.open(name) as image:
        return fromimage(image, flatten, mode)


def fromimage(im, flatten=False, mode=None):
    if mode is not None:
        im = im.convert(mode)
    elif im.mode == "P":
        im = im.convert("RGBA" if "transparency" in im.info else "RGB")
    return np.array(im.convert("F") if flatten else im)


def toimage(arr, high=255, low=0, cmin=None, cmax=None, mode=None):
    """An image of the array, its values spread over `low`..`high` unless they are bytes already."""
    arr = np.asarray(arr)
    if arr.ndim == 3 and arr.shape[2] not in (3, 4):
        arr = np.moveaxis(arr, [n in (3, 4) for n in arr.shape].index(True), 2)
    return Image.fromarray(bytescaled(arr, cmin, cmax, high, low)).convert(mode)


def bytescaled(arr, cmin=None, cmax=None, high=255, low=0):
    if arr.dtype == np.uint8:
        return arr
    cmin, cmax = arr.min() if cmin is None else cmin, arr.max() if cmax is None else cmax
    scaled = (arr - cmin) * (float(high - low) / ((cmax - cmin) or 1)) + low
    return (np.clip(scaled, low, high) + 0.5).astype(np.uint8)


def imsave(name, arr, format=None):
    toimage(arr).save(name, format=format)


def imresize(arr, size, interp="bilinear", mode=None):
    """The image at another size: percent (int), a factor (float), or (rows, columns)."""
    image = toimage(arr, mode=mode)
    if np.ndim(size) == 0:
        factor = size / 100.0 if isinstance(size, int | np.integer) else size
        columns, rows = (int(n * factor) for n in image.size)
    else:
        rows, columns = size[:2]
    return np.array(image.resize((columns, rows), resample=RESAMPLING[interp]))
