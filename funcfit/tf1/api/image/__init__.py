"""tf.image: array functions on images [height, width, channels] or batches of them.

geometry    flips, turns, crops, pads
resizing    resizes by any method, to any size
adjustment  dtypes, greys, brightness, contrast, hue, saturation, gamma, standardization
quality     total variation, gradients, edges, PSNR, SSIM

The op cards are in ops/resize.py, crop.py, colour.py and boxes.py. Nodes are those of TensorFlow 1.1, so for single
images without a scope of the function's name; batches, and what later releases added, follow those.
"""

import importlib
import pkgutil

for _module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")
