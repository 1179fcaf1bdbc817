"""The optimizers of tf.train: each makes slots, and one update node a variable.

optimizer           Optimizer: minimize, compute_gradients, apply_gradients, and the hooks that subclasses fill in
gradient_descent    GradientDescent, Momentum, ProximalGradientDescent
adagrad             Adagrad, AdagradDA, ProximalAdagrad, Adadelta
adam                Adam
rmsprop             RMSProp, plain and centered
ftrl                Ftrl
sync_replicas       SyncReplicas, which needs several machines and says so
"""

import importlib
import pkgutil

for _module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")
