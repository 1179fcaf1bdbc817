"""tf.metrics: measures that add up over runs.

streams      local variables, fitting labels and weights to predictions, collections
means        mean, accuracy and errors, of all values or of each element
counts       true and false positives and negatives; precision, recall; confusion matrices
thresholds   the same counts at many thresholds; areas under curves

A metric is a pair: its value as it stands, and an update that adds a batch and gives the value afterwards. Its
variables are in the collections of local and of metric variables, in a scope that `name` names. `weights` are a scalar
or broadcast to the values (api/weights_broadcast.py); 0 leaves an element out.

Nodes are those of TensorFlow 1.1, except where later releases mended values: mean_tensor with weights below 1, mean_iou
with classes that do not occur, confusion matrices with weights that are not whole.
"""

import importlib
import pkgutil

for _module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")
