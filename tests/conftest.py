"""Set up before funcfit is imported: shapes and dtypes in signatures are checked, in tests only."""

import os

from jaxtyping import install_import_hook

os.environ["FUNCFIT_CACHE"] = "off"  # tests compile, whatever ran before them
os.environ["JAX_CPU_ENABLE_ASYNC_DISPATCH"] = "1"  # calls return early, as an accelerator's do

install_import_hook(
    ["funcfit.kernels", "funcfit.losses", "funcfit.metrics", "funcfit.nn", "funcfit.train"], "beartype.beartype"
)
