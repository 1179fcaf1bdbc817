"""What tf.train has besides optimizers.

decays             learning rates as functions of the step
moving_averages    ExponentialMovingAverage and its updates
steps              the global step
devices            replica_device_setter, ClusterSpec
"""

import importlib
import pkgutil

for _module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")
