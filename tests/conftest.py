"""Set up before funcfit is imported: shapes and dtypes in signatures are checked, in tests only."""

import os

from jaxtyping import install_import_hook

os.environ["FUNCFIT_CACHE"] = "off"  # tests compile, whatever ran before them

install_import_hook(
    ["funcfit.kernels", "funcfit.losses", "funcfit.metrics", "funcfit.nn", "funcfit.train"], "beartype.beartype"
)
