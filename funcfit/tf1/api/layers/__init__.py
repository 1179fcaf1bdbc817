"""tf.layers: layers as objects that own variables, and as functions that make one and apply it.

base            Layer: when variables are made, their scopes, losses and updates; InputSpec
arguments       kernel sizes, paddings and data formats as layers take them; conditions known while building
functions       the function of a layer class
core            Dense, Dropout, Flatten
convolution     convolutions, separable and transposed ones
pooling         maxima and averages of windows
normalization   BatchNormalization
maxout          MaxOut
flatten         contrib.layers.flatten

Nodes and names are those of TensorFlow 1.1. Classes behave as from 1.2 on, when they became public: a layer takes its
variable scope when it is first called, not when it is made.
"""

import importlib
import pkgutil

for _module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")
