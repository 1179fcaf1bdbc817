"""Op cards by family. A file is a family; files never import one another: they call `raw.OpType` and `tf.public_name`.

Importing this package fills the registry.
"""

import importlib
import pkgutil

for _module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")
